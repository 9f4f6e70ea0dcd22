// Senders: which of our links a message of ours left from, when it comes around to another one (E-41).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <unordered_map>

#include "base/port_id.h"
#include "base/random.h"
#include "routing/signature.h"

namespace bpfcast {

template <class F>
class Senders {
 public:
  using Address = typename F::Address;

  /// The link's signature is drawn by lot.
  void Add(PortId port, Random& random) {
    signatures_.try_emplace(port, static_cast<std::uint32_t>(random.UpTo(Duration(0xfffff)).count()));
  }
  void Remove(PortId port) {
    SetAddress(port, std::nullopt);
    signatures_.erase(port);
  }
  /// What the link sends from; nothing while it sends nothing.
  void SetAddress(PortId port, const std::optional<Address>& address) {
    std::erase_if(by_address_, [&](const auto& entry) { return entry.second == port; });
    if (address) by_address_.emplace(*address, port);
  }
  /// `packet` leaves from the link.
  void Sign(PortId port, std::span<std::uint8_t> packet) const {
    Signature<F>::Put(signatures_.at(port), packet);
  }
  /// Which of our links sent it; nothing when none did, or when it cannot be told.
  std::optional<PortId> SenderOf(const Address& source, std::span<const std::uint8_t> packet) const {
    std::optional<PortId> sender;
    const auto [first, last] = by_address_.equal_range(source);
    for (auto at = first; at != last; ++at) {
      if (!Signature<F>::Matches(signatures_.at(at->second), packet)) continue;
      if (sender) return std::nullopt;
      sender = at->second;
    }
    return sender;
  }

 private:
  std::map<PortId, std::uint32_t> signatures_;
  std::unordered_multimap<Address, PortId> by_address_;
};

}  // namespace bpfcast
