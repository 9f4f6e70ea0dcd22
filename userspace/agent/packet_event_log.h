// PacketEventLog: the single packets that the datapath told of lately, and which of them are worth a line of
// the log.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/time.h"
#include "routing/datapath.h"

namespace bpfcast {

class PacketEventLog {
 public:
  static constexpr std::size_t kEntries = 256;

  struct Entry {
    PacketEvent event;
    std::string port;  // the name of its arrival port
    Time when{};
  };

  /// Remembers it, in place of the oldest if need be. Gives the sentence for the log, if there is to be one:
  /// at most two in a minute for each kind, and none of a source that was named lately. `refusal` says
  /// why a sender is refused and what accepts it; it is asked for that sentence alone.
  std::optional<std::string> Add(PacketEvent event, const std::string& port, Time now,
                                 const std::function<std::string()>& refusal);

  /// The oldest first.
  const std::deque<Entry>& entries() const { return entries_; }

 private:
  static constexpr std::size_t kKinds = 3;

  bool IsWorthALine(const PacketEvent& event, const std::string& source, Time now);

  std::deque<Entry> entries_;
  std::array<Time, kKinds> next_line_{};
  std::map<std::pair<PortId, std::string>, Time> named_;  // sources, until when
};

/// "noroute", "rpf", "too-big": the counters' words where there are any.
const char* Name(PacketEventKind kind);

}  // namespace bpfcast
