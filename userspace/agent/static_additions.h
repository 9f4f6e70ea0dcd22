// What `bpfcast join` added to the static memberships of the configuration (E-07).
#pragma once

#include <map>
#include <string>
#include <utility>

#include "base/result.h"
#include "config/config.h"

namespace bpfcast {

/// Kept in two files, so that a crash or a hand-over loses nothing: one goes with a clean stop, the other
/// with `bpfcast leave` alone. A line is an interface and a membership: "lan1 10.0.0.1@232.1.1.1".
class StaticAdditions {
 public:
  enum class Until : std::uint8_t { kStop, kLeave };

  /// Reads both files; none is there at first. What cannot be read of them is logged and dropped.
  StaticAdditions(std::string until_stop_path, std::string until_leave_path);

  /// The interface with what was added to it. What does not fit to it any more is logged and left out.
  InterfaceConfig With(InterfaceConfig config) const;

  /// Adds `membership`, as in `static-groups`, to the interface that the configuration has as `configured`.
  /// Returns what came of it, a sentence; an error when it is none, cannot be had there, or cannot be kept.
  Result<std::string> Join(const InterfaceConfig& configured, const std::string& membership, Until until);
  /// Takes back what Join() added; an error when that is nothing, or the configuration has it, too.
  Result<std::string> Leave(const InterfaceConfig& configured, const std::string& membership);

  /// A clean stop: forgets what was to last until then.
  void Stop();

 private:
  using Name = std::pair<std::string, std::string>;  // interface, membership
  void Read(Until until);
  Result<void> Write(Until until) const;
  const std::string& PathOf(Until until) const;

  std::string until_stop_path_;
  std::string until_leave_path_;
  std::map<Name, Until> additions_;
};

}  // namespace bpfcast
