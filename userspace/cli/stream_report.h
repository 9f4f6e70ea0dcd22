// What `bpfcast recv` has received, and the report that it makes of it. Pure.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "cli/any_ip.h"
#include "cli/stream_account.h"
#include "cli/stream_packet.h"

namespace bpfcast {

/// One sender's packets to a group. Those that are not numbered have no stream.
struct StreamKey {
  AnyIp group;
  AnyIp source;
  std::optional<std::uint64_t> stream;

  auto operator<=>(const StreamKey&) const = default;
};

struct StreamTally {
  std::uint64_t packets = 0;  // all, with copies
  std::uint64_t bytes = 0;    // of their payload
  int ttl_min = 0;
  int ttl_max = 0;
  NumberAccount numbers;
  DelayAccount delays;
};

class StreamReport {
 public:
  /// What is beyond is counted as packets of no stream: any sender can make streams.
  static constexpr std::size_t kMostStreams = 1024;

  /// `packet`: what the payload says of itself, nothing when it is of somebody else.
  void Add(const AnyIp& group, const AnyIp& source, const std::optional<StreamPacket>& packet,
           std::uint64_t bytes, int ttl, std::int64_t arrived_ns);
  /// Different packets of all streams.
  std::uint64_t Received() const;
  std::uint64_t Lost() const;
  std::size_t Streams() const { return tallies_.size(); }

  struct End {
    double seconds = 0;
    std::uint64_t socket_drops = 0;       // what this machine lost itself
    std::optional<std::uint64_t> wanted;  // so many packets were to come
  };
  /// Something came, nothing is missing.
  bool IsGood(const End& end) const;
  std::string ToText(const End& end) const;
  nlohmann::ordered_json ToJson(const End& end) const;

 private:
  std::map<StreamKey, StreamTally> tallies_;
  std::uint64_t uncounted_ = 0;
};

}  // namespace bpfcast
