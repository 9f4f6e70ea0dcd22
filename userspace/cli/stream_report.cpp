#include "cli/stream_report.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/human.h"
#include "cli/table.h"

namespace bpfcast {
namespace {

using Json = nlohmann::ordered_json;

double Milliseconds(std::int64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / 1e6;
}

Json MillisecondsOrNull(const std::optional<std::int64_t>& nanoseconds) {
  return nanoseconds ? Json(Milliseconds(*nanoseconds)) : Json();
}

std::uint64_t ReceivedOf(const StreamKey& key, const StreamTally& tally) {
  return key.stream ? tally.numbers.received() : tally.packets;
}

/// A sender whose clock is ahead of this one's.
bool ClocksDiffer(const StreamTally& tally) {
  return tally.delays.Least().value_or(0) < 0;
}

std::string Ttl(const StreamTally& tally) {
  return tally.ttl_min == tally.ttl_max ? std::to_string(tally.ttl_min)
                                        : fmt::format("{}-{}", tally.ttl_min, tally.ttl_max);
}

std::string Delay(const StreamTally& tally) {
  if (!tally.delays.Least() || ClocksDiffer(tally)) return "-";
  return fmt::format("{:.3f}/{:.3f}/{:.3f} ms", Milliseconds(*tally.delays.Least()),
                     Milliseconds(*tally.delays.Average()), Milliseconds(*tally.delays.Most()));
}

}  // namespace

void StreamReport::Add(const AnyIp& group, const AnyIp& source, const std::optional<StreamPacket>& packet,
                       std::uint64_t bytes, int ttl, std::int64_t arrived_ns) {
  StreamKey key{group, source, packet ? std::optional(packet->stream) : std::nullopt};
  if (tallies_.size() >= kMostStreams && !tallies_.contains(key)) {
    ++uncounted_;
    return;
  }
  StreamTally& tally = tallies_[std::move(key)];
  tally.ttl_min = tally.packets == 0 ? ttl : std::min(tally.ttl_min, ttl);
  tally.ttl_max = tally.packets == 0 ? ttl : std::max(tally.ttl_max, ttl);
  ++tally.packets;
  tally.bytes += bytes;
  if (packet) {
    tally.numbers.Add(packet->number);
    tally.delays.Add(arrived_ns - packet->sent_ns);
  }
}

std::uint64_t StreamReport::Received() const {
  std::uint64_t received = 0;
  for (const auto& [key, tally] : tallies_) received += ReceivedOf(key, tally);
  return received;
}

std::uint64_t StreamReport::Lost() const {
  std::uint64_t lost = 0;
  for (const auto& [key, tally] : tallies_) lost += tally.numbers.Lost();
  return lost;
}

bool StreamReport::IsGood(const End& end) const {
  return Received() > 0 && Lost() == 0 && end.socket_drops == 0 && Received() >= end.wanted.value_or(0);
}

std::string StreamReport::ToText(const End& end) const {
  std::string text;
  if (!tallies_.empty()) {
    constexpr auto kRight = Table::Align::kRight;
    Table table({{"GROUP"},
                 {"SOURCE"},
                 {"RECEIVED", kRight},
                 {"LOST", kRight},
                 {"DUPLICATED", kRight},
                 {"REORDERED", kRight},
                 {"TTL", kRight},
                 {"DELAY MIN/AVG/MAX", kRight},
                 {"JITTER", kRight}});
    for (const auto& [key, tally] : tallies_) {
      const NumberAccount& numbers = tally.numbers;
      const auto numbered = [has = key.stream.has_value()](const std::string& cell) {
        return has ? cell : "-";
      };
      table.Add({TextOf(key.group), TextOf(key.source), HumanCount(ReceivedOf(key, tally)),
                 numbered(HumanCount(numbers.Lost())), numbered(HumanCount(numbers.duplicated())),
                 numbered(HumanCount(numbers.reordered() + numbers.too_late())), Ttl(tally), Delay(tally),
                 numbered(fmt::format("{:.3f} ms", Milliseconds(tally.delays.Jitter())))});
    }
    text = table.ToString() + "\n";
  }
  const auto note = [&](const std::string& sentence) { text += sentence + "\n"; };
  if (Received() == 0) {
    note(fmt::format("nothing was received in {}", HumanSeconds(end.seconds)));
  } else {
    note(fmt::format("{} packets in {}, {}", HumanCount(Received()), HumanSeconds(end.seconds),
                     Lost() == 0 ? "nothing lost" : HumanCount(Lost()) + " lost"));
  }
  if (end.wanted && Received() > 0 && Received() < *end.wanted) {
    note(fmt::format("{} of the {} that were to come did not", HumanCount(*end.wanted - Received()),
                     HumanCount(*end.wanted)));
  }
  if (end.socket_drops > 0) {
    note(fmt::format("{} packets arrived and were lost here: this machine was too slow for them",
                     HumanCount(end.socket_drops)));
  }
  for (const auto& [key, tally] : tallies_) {
    if (!key.stream) {
      note(fmt::format("packets of {} to {} have no numbers: what is lost of them is not known",
                       TextOf(key.source), TextOf(key.group)));
    }
    if (ClocksDiffer(tally)) {
      note(fmt::format("the clock of {} is ahead of this machine's: delays are not known",
                       TextOf(key.source)));
    }
  }
  if (uncounted_ > 0) {
    note(fmt::format("{} packets of more than {} streams are not counted", HumanCount(uncounted_),
                     HumanCount(kMostStreams)));
  }
  return text;
}

Json StreamReport::ToJson(const End& end) const {
  Json streams = Json::array();
  for (const auto& [key, tally] : tallies_) {
    const NumberAccount& numbers = tally.numbers;
    const auto numbered = [has = key.stream.has_value()](std::uint64_t count) {
      return has ? Json(count) : Json();
    };
    streams.push_back({{"family", IsIpv6(key.group) ? "ipv6" : "ipv4"},
                       {"group", TextOf(key.group)},
                       {"source", TextOf(key.source)},
                       {"stream", key.stream ? Json(fmt::format("{:016x}", *key.stream)) : Json()},
                       {"received", ReceivedOf(key, tally)},
                       {"bytes", tally.bytes},
                       {"lost", numbered(numbers.Lost())},
                       {"duplicated", numbered(numbers.duplicated())},
                       {"reordered", numbered(numbers.reordered())},
                       {"too_late", numbered(numbers.too_late())},
                       {"first", numbered(numbers.first())},
                       {"last", numbered(numbers.last())},
                       {"ttl_min", tally.ttl_min},
                       {"ttl_max", tally.ttl_max},
                       {"delay_min_ms", MillisecondsOrNull(tally.delays.Least())},
                       {"delay_avg_ms", MillisecondsOrNull(tally.delays.Average())},
                       {"delay_max_ms", MillisecondsOrNull(tally.delays.Most())},
                       {"jitter_ms", key.stream ? Json(Milliseconds(tally.delays.Jitter())) : Json()}});
  }
  return {{"complete", IsGood(end)}, {"seconds", end.seconds},           {"received", Received()},
          {"lost", Lost()},          {"socket_drops", end.socket_drops}, {"streams", std::move(streams)}};
}

}  // namespace bpfcast
