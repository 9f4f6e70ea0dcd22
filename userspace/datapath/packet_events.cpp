#include "datapath/packet_events.h"

#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "datapath/family_abi.h"

namespace bpfcast {
namespace {

std::optional<PacketEventKind> ToKind(std::uint32_t kind) {
  switch (kind) {
    case BPFCAST_EVENT_NOROUTE:
      return PacketEventKind::kNoRoute;
    case BPFCAST_EVENT_RPF:
      return PacketEventKind::kWrongInterface;
    case BPFCAST_EVENT_TOOBIG:
      return PacketEventKind::kTooBig;
    default:
      return std::nullopt;
  }
}

int Collect(void* context, void* data, std::size_t size) {
  bpfcast_event head{};
  if (size < sizeof head) return 0;
  std::memcpy(&head, data, sizeof head);
  const auto kind = ToKind(head.kind);
  if (!kind) return 0;
  PacketEvent event;
  event.kind = *kind;
  event.arrival = static_cast<PortId>(head.port);
  if (head.family == BPFCAST_IPV4) {
    event.stream = FromKey<Igmp>(head.key4);
  } else {
    event.stream = FromKey<Mld>(head.key6);
  }
  event.mtu = head.mtu;
  const auto* packet = static_cast<const std::uint8_t*>(data) + sizeof head;
  event.packet.assign(packet, packet + std::min<std::size_t>(head.quoted, size - sizeof head));
  static_cast<std::vector<PacketEvent>*>(context)->push_back(std::move(event));
  return 0;
}

}  // namespace

void PacketEvents::Free::operator()(ring_buffer* ring) const {
  ring_buffer__free(ring);
}

Result<PacketEvents> PacketEvents::Open(int map) {
  PacketEvents events;
  events.taken_ = std::make_unique<std::vector<PacketEvent>>();
  events.ring_.reset(ring_buffer__new(map, Collect, events.taken_.get(), nullptr));
  if (!events.ring_) return Fail(std::string("open BPF ring buffer events: ") + std::strerror(errno));
  return events;
}

int PacketEvents::fd() const {
  return ring_ ? ring_buffer__epoll_fd(ring_.get()) : -1;
}

std::vector<PacketEvent> PacketEvents::Take() {
  if (!ring_) return {};
  ring_buffer__consume(ring_.get());
  return std::exchange(*taken_, {});
}

}  // namespace bpfcast
