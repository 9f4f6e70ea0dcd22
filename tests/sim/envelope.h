// What say of every packet that we send, octet by octet and without the codec.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "wire/family.h"

namespace bpfcast::sim {

/// Empty when the packet is legal, else what is wrong with it.
template <class F>
std::string EnvelopeFault(std::span<const std::uint8_t> packet, std::size_t mtu);

template <>
std::string EnvelopeFault<Igmp>(std::span<const std::uint8_t> packet, std::size_t mtu);
template <>
std::string EnvelopeFault<Mld>(std::span<const std::uint8_t> packet, std::size_t mtu);

}  // namespace bpfcast::sim
