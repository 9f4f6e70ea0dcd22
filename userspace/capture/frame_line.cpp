#include "capture/frame_line.h"

#include <spdlog/fmt/fmt.h>

#include <ctime>
#include <nlohmann/json.hpp>

#include "capture/frame_facts.h"
#include "capture/verdict_text.h"
#include "datapath/counter_names.h"

namespace bpfcast {
namespace {

const char* Name(FrameDirection direction) {
  return direction == FrameDirection::kIn ? "in" : "out";
}

std::string TimeOfDay(std::chrono::nanoseconds time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  const std::time_t clock = seconds.count();
  std::tm local{};
  localtime_r(&clock, &local);
  return fmt::format("{:02}:{:02}:{:02}.{:06}", local.tm_hour, local.tm_min, local.tm_sec,
                     (time - seconds).count() / 1000);
}

std::string ProtocolText(const FrameFacts& facts) {
  constexpr std::uint8_t kIgmp = 2;
  constexpr std::uint8_t kIcmpv6 = 58;
  if (facts.udp) return fmt::format("udp {}", facts.udp->destination);
  if (facts.protocol == kIgmp) return "igmp";
  if (facts.protocol == kIcmpv6) return "icmp6";
  return fmt::format("protocol {}", facts.protocol);
}

}  // namespace

std::string FrameLine(const CapturedFrame& frame, const std::string& port, LinkKind link) {
  std::string line = fmt::format("{} {} {:3} ", TimeOfDay(frame.time), port, Name(frame.direction));
  if (const auto facts = ReadFrame(frame.octets, link)) {
    line += fmt::format("{} > {} {}, TTL {}, ", MappedText(facts->source), MappedText(facts->group),
                        ProtocolText(*facts), facts->ttl);
  }
  line += fmt::format("{} octets", frame.length);
  if (frame.judgement) line += ": " + VerdictText(*frame.judgement);
  return line;
}

std::string FrameJson(const CapturedFrame& frame, const std::string& port, LinkKind link) {
  nlohmann::ordered_json json;
  json["time"] = static_cast<double>(frame.time.count()) / 1e9;
  json["port"] = port;
  json["direction"] = Name(frame.direction);
  for (const char* key : {"source", "group", "ttl", "protocol", "source_port", "destination_port"}) {
    json[key] = nullptr;
  }
  if (const auto facts = ReadFrame(frame.octets, link)) {
    json["source"] = MappedText(facts->source);
    json["group"] = MappedText(facts->group);
    json["ttl"] = facts->ttl;
    json["protocol"] = facts->protocol;
    if (facts->udp) {
      json["source_port"] = facts->udp->source;
      json["destination_port"] = facts->udp->destination;
    }
  }
  json["octets"] = frame.length;
  json["hook"] = nullptr;
  json["verdict"] = nullptr;
  json["copies_dropped"] = nlohmann::ordered_json::object();
  json["text"] = "";
  if (frame.judgement) {
    json["hook"] = frame.judgement->by == JudgedBy::kXdp ? "xdp" : "tc";
    if (frame.judgement->verdict < BPFCAST_VERDICT_COUNT) {
      json["verdict"] = kCounterNames[frame.judgement->verdict];
    }
    for (std::size_t i = 0; i < frame.judgement->copies_dropped.size(); ++i) {
      const std::uint16_t copies = frame.judgement->copies_dropped[i];
      if (copies > 0) json["copies_dropped"][std::string(kCounterNames[BPFCAST_VERDICT_COUNT + i])] = copies;
    }
    json["text"] = VerdictText(*frame.judgement);
  }
  return json.dump();
}

}  // namespace bpfcast
