// BpfPins: the directory BPFFS/bpfcast/INSTANCE/, which keeps programs and maps alive over a crash.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "datapath/bpf_fd.h"

namespace bpfcast {

/// Does what attaches programs outlive the agent that attached them?
enum class Survival : std::uint8_t { kOutlivesAgent, kEndsWithAgent };

class BpfPins {
 public:
  /// Mounts bpffs if it is missing and makes the directory. What an earlier agent left in it stays.
  static Result<BpfPins> Open(const std::string& bpffs, const std::string& instance, Survival links);
  /// Takes off the interfaces what the pins of the instance hold there, and removes them with their
  /// directory.
  static void RemoveAll(const std::string& bpffs, const std::string& instance);

  const std::string& directory() const { return directory_; }

  /// Takes the place of a pin of that name.
  Result<void> Pin(int fd, const std::string& name) const;
  /// The same for what attaches a program. Without Survival::kOutlivesAgent it gets no pin, and ends with its
  /// last descriptor.
  Result<void> PinLink(int fd, const std::string& name) const;
  Survival links() const { return links_; }
  void Unpin(const std::string& name) const;
  /// In one step; `to` may be there.
  Result<void> Rename(const std::string& from, const std::string& to) const;
  /// Nothing when there is none, or none that can be opened.
  BpfFd Find(const std::string& name) const;
  /// The same, but what is there and cannot be opened is an error.
  Result<BpfFd> FindOrFail(const std::string& name) const;
  bool IsEmpty() const { return Names().empty(); }
  /// Removes what `belongs` does not know, links and filters with what they attach.
  void RemoveOthers(const std::function<bool(const std::string&)>& belongs) const;
  /// RemoveAll() of this instance.
  void RemoveAll() const;

 private:
  BpfPins(std::string root, const std::string& instance)
      : root_(std::move(root)), directory_(root_ + "/" + instance) {}

  std::vector<std::string> Names() const;

  std::string root_;
  std::string directory_;
  Survival links_ = Survival::kOutlivesAgent;
};

}  // namespace bpfcast
