// InstanceLock: one agent for each instance name.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "os/unique_fd.h"

namespace bpfcast {

/// 1 to 32 of A-Z a-z 0-9 _ -: it becomes part of paths, and the BPF file system takes no dots.
bool IsInstanceName(std::string_view name);

/// Locks DIRECTORY/NAME.lock, which holds our pid; made if missing, removed at the end.
class InstanceLock {
 public:
  static Result<InstanceLock> Take(const std::string& directory, const std::string& instance);
  InstanceLock(InstanceLock&&) noexcept = default;
  InstanceLock& operator=(InstanceLock&&) = delete;
  ~InstanceLock();

 private:
  InstanceLock(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  UniqueFd fd_;
  std::string path_;
};

}  // namespace bpfcast
