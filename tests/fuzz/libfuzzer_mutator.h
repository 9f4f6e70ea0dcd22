// The mutator of the parsers' targets, as libFuzzer calls it: inputs are one octet and a packet.
#pragma once

#include <algorithm>

#include "fuzz/packet_mutator.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace bpfcast::fuzz {

inline std::size_t MutatePacket(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed,
                                const PacketFormat& format) {
  std::minstd_rand random(seed);
  if (size == 0 || random() % 3 == 0) size = LLVMFuzzerMutate(data, size, max_size);
  if (size == 0) return 0;
  Packet packet(data + 1, data + size);
  if (random() % 4 != 0) {
    for (unsigned n = 1 + random() % 3; n > 0; --n) ChangeMeaning(packet, format, random);
  }
  if (random() % 32 != 0) format.repair(packet);
  if (random() % 32 == 0) packet.insert(packet.end(), random() % 14, 0xaa);  // padding of the link layer
  if (random() % 32 == 0) data[0] = static_cast<std::uint8_t>(random());
  packet.resize(std::min(packet.size(), max_size - 1));
  std::copy(packet.begin(), packet.end(), data + 1);
  return packet.size() + 1;
}

}  // namespace bpfcast::fuzz
