// BpfPins: the directory BPFFS/bpfcast/INSTANCE/, which keeps programs and maps alive over a crash.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace bpfcast {

class BpfPins {
 public:
  /// Mounts bpffs if it is missing, makes the directory and empties it: what is in it belongs to a dead
  /// agent, and its links and filters are taken off their interfaces.
  static Result<BpfPins> Open(const std::string& bpffs, const std::string& instance);
  /// Does the second half of that alone, where there is anything.
  static void RemoveStale(const std::string& bpffs, const std::string& instance);
  BpfPins(BpfPins&& other) noexcept
      : root_(std::exchange(other.root_, {})), directory_(std::exchange(other.directory_, {})) {}
  BpfPins& operator=(BpfPins&& other) noexcept {
    std::swap(root_, other.root_);
    std::swap(directory_, other.directory_);
    return *this;
  }
  /// Removes every pin, and the directories that are empty then.
  ~BpfPins();

  const std::string& directory() const { return directory_; }
  Result<void> Pin(int fd, const std::string& name) const;
  void Unpin(const std::string& name) const;

 private:
  BpfPins(std::string root, std::string directory)
      : root_(std::move(root)), directory_(std::move(directory)) {}

  std::string root_;
  std::string directory_;
};

}  // namespace bpfcast
