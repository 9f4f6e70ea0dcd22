// PortId names a configured interface for the life of the agent; its ifindex may come, go and change
// meanwhile.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>

namespace bpfcast {

enum class PortId : std::uint16_t {};

inline constexpr std::size_t kMaxPorts = 1024;

/// A set of ports: one bit each.
class PortSet {
 public:
  PortSet() = default;
  PortSet(std::initializer_list<PortId> ports) {
    for (const PortId port : ports) Add(port);
  }
  void Add(PortId port) { bits_.set(static_cast<std::size_t>(port)); }
  void Remove(PortId port) { bits_.reset(static_cast<std::size_t>(port)); }
  /// Removes what `other` does not contain.
  void Keep(const PortSet& other) { bits_ &= other.bits_; }
  bool Contains(PortId port) const { return bits_.test(static_cast<std::size_t>(port)); }
  bool Includes(const PortSet& other) const { return (other.bits_ & ~bits_).none(); }
  bool empty() const { return bits_.none(); }
  std::size_t size() const { return bits_.count(); }
  bool operator==(const PortSet&) const = default;
  std::size_t Hash() const { return std::hash<std::bitset<kMaxPorts>>()(bits_); }

  /// Calls `visit(PortId)` in rising order.
  template <class Visit>
  void ForEach(Visit visit) const {
    for (std::size_t i = bits_._Find_first(); i < kMaxPorts; i = bits_._Find_next(i))
      visit(static_cast<PortId>(i));
  }

 private:
  std::bitset<kMaxPorts> bits_;
};

}  // namespace bpfcast
