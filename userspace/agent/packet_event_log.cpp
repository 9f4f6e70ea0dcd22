#include "agent/packet_event_log.h"

#include <algorithm>
#include <variant>

namespace bpfcast {
namespace {

constexpr Duration kBetweenLines = std::chrono::seconds(30);
constexpr Duration kNamed = std::chrono::minutes(10);
constexpr std::size_t kMaxNamed = 64;

std::string SourceOf(const PacketEvent& event) {
  return std::visit([](const auto& stream) { return stream.source.ToString(); }, event.stream);
}

std::string GroupOf(const PacketEvent& event) {
  return std::visit([](const auto& stream) { return stream.group.ToString(); }, event.stream);
}

std::string Sentence(const PacketEvent& event, const std::string& port,
                     const std::function<std::string()>& refusal) {
  const std::string stream = port + ": packets of " + SourceOf(event) + " to " + GroupOf(event);
  switch (event.kind) {
    case PacketEventKind::kNoRoute:
      return {};  // nobody asked for it: nothing that an operator would want to hear of
    case PacketEventKind::kWrongInterface:
      return stream + " are dropped: " + refusal();
    case PacketEventKind::kTooBig:
      return stream + " are larger than the MTU of an outgoing interface, " + std::to_string(event.mtu) +
             ", and do not leave through it";
  }
  return {};
}

}  // namespace

const char* Name(PacketEventKind kind) {
  switch (kind) {
    case PacketEventKind::kNoRoute:
      return "noroute";
    case PacketEventKind::kWrongInterface:
      return "rpf";
    case PacketEventKind::kTooBig:
      return "too-big";
  }
  return "";
}

std::optional<std::string> PacketEventLog::Add(PacketEvent event, const std::string& port, Time now,
                                               const std::function<std::string()>& refusal) {
  std::optional<std::string> line;
  if (event.kind != PacketEventKind::kNoRoute && IsWorthALine(event, SourceOf(event), now)) {
    line = Sentence(event, port, refusal);
  }
  event.packet.clear();
  if (entries_.size() == kEntries) entries_.pop_front();
  // Each has a time of its own, by which who asks again knows what is new.
  if (!entries_.empty()) now = std::max(now, entries_.back().when + std::chrono::microseconds(1));
  entries_.push_back({std::move(event), port, now});
  return line;
}

bool PacketEventLog::IsWorthALine(const PacketEvent& event, const std::string& source, Time now) {
  Time& next_line = next_line_[static_cast<std::size_t>(event.kind)];
  std::erase_if(named_, [&](const auto& entry) { return entry.second <= now; });
  if (now < next_line || named_.size() == kMaxNamed) return false;
  if (!named_.try_emplace({event.arrival, source}, now + kNamed).second) return false;
  next_line = now + kBetweenLines;
  return true;
}

}  // namespace bpfcast
