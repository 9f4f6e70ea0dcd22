// The part of Agent that hears of single packets from the datapath.
#include <spdlog/spdlog.h>

#include <utility>
#include <variant>

#include "agent/agent.h"
#include "agent/explain_gather.h"
#include "agent/explain_verdict.h"
#include "log/log.h"
#include "os/clock.h"

namespace bpfcast {
namespace {

/// To all senders. The datapath tells of each stream ten times a second at most (RFC 4443 2.4 f).
constexpr std::uint32_t kPacketsTooBigPerSecond = 100;
constexpr Duration kBetweenComplaints = std::chrono::seconds(30);

/// Why the sender is refused where its packets arrive, and what accepts it there.
template <class F>
std::string WhyAndHow(const Ports& ports, const RouteKey<F>& stream, PortId arrival) {
  SeenFacts seen = ArrivalOf<F>(ports, stream.source, arrival);
  seen.refused = Name(PacketEventKind::kWrongInterface);
  return WhyRefused(seen) + " (" + HowAccepted(seen) + ")";
}

}  // namespace

void Agent::OnPacketEvents() {
  const Time now = Now();
  for (PacketEvent& event : datapath_->TakeEvents()) {
    if (event.kind == PacketEventKind::kTooBig) TellSender(event, now);
    const auto port = ports_.find(event.arrival);
    const std::string name = port == ports_.end() ? std::string() : port->second.config.name;
    const auto refusal = [this, stream = event.stream, arrival = event.arrival] {
      return std::visit([&](const auto& each) { return WhyAndHow(ports_, each, arrival); }, stream);
    };
    if (const auto line = packet_events_.Add(std::move(event), name, now, refusal)) {
      Log(Subsystem::kDatapath).warn("{}", *line);
    }
  }
}

/// F-42: of all errors that a router may send only this one answers multicast.
void Agent::TellSender(const PacketEvent& event, Time now) {
  const auto* stream = std::get_if<RouteKey<Mld>>(&event.stream);
  if (stream == nullptr || !packets_too_big_.Take(1, kPacketsTooBigPerSecond, now)) return;
  if (!icmpv6_) {
    auto socket = Icmpv6Socket::Open();
    if (!socket) return ComplainSeldom(socket.error().message, now);
    icmpv6_ = std::move(*socket);
  }
  const auto sent = icmpv6_->SendPacketTooBig(stream->source, event.mtu, event.packet);
  if (!sent) ComplainSeldom(sent.error().message, now);
}

/// what packets cause must not fill the log.
void Agent::ComplainSeldom(const std::string& failure, Time now) {
  if (now < next_complaint_) return;
  next_complaint_ = now + kBetweenComplaints;
  Log(Subsystem::kDatapath).warn("{}", failure);
}

}  // namespace bpfcast
