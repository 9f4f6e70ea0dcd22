// FamilyAbi: the types of include/bpfcast/abi.h that belong to a family, and addresses from and to them.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "bpfcast/abi.h"
#include "routing/datapath.h"

namespace bpfcast {

template <class F>
struct FamilyAbi;

template <>
struct FamilyAbi<Igmp> {
  using Key = bpfcast_key4;
  using PrefixKey = bpfcast_prefix4;
  using FlowKey = bpfcast_flow_key4;
  static constexpr bpfcast_family kFamily = BPFCAST_IPV4;

  static const FamilyPort<Igmp>& Of(const DatapathPort& port) { return port.ipv4; }
  static Key& KeyOf(bpfcast_route& route) { return route.key4; }
};

template <>
struct FamilyAbi<Mld> {
  using Key = bpfcast_key6;
  using PrefixKey = bpfcast_prefix6;
  using FlowKey = bpfcast_flow_key6;
  static constexpr bpfcast_family kFamily = BPFCAST_IPV6;

  static const FamilyPort<Mld>& Of(const DatapathPort& port) { return port.ipv6; }
  static Key& KeyOf(bpfcast_route& route) { return route.key6; }
};

/// `field`: an address of abi.h, in network order.
template <class Address, class Field>
void WriteAddress(const Address& address, Field& field) {
  static_assert(sizeof(Field) == Address::kBytes);
  std::memcpy(&field, address.bytes().data(), sizeof field);
}

template <class Address, class Field>
Address ReadAddress(const Field& field) {
  static_assert(sizeof(Field) == Address::kBytes);
  return Address(std::bit_cast<std::array<std::uint8_t, Address::kBytes>>(field));
}

template <class F>
typename FamilyAbi<F>::Key ToKey(const RouteKey<F>& route) {
  typename FamilyAbi<F>::Key key{};
  WriteAddress(route.source, key.source);
  WriteAddress(route.group, key.group);
  return key;
}

template <class F>
RouteKey<F> FromKey(const typename FamilyAbi<F>::Key& key) {
  using Address = typename F::Address;
  return {ReadAddress<Address>(key.source), ReadAddress<Address>(key.group)};
}

}  // namespace bpfcast
