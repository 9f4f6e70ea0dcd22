// Changes packets so that they stay packets: random octets, then most of the time lengths, counts, checksums
// and addresses that fit. Without this nearly every input would end at a checksum.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace bpfcast::fuzz {

using Packet = std::vector<std::uint8_t>;

/// What a mutator knows of a family.
struct PacketFormat {
  std::size_t address_size;
  std::size_t source_at, destination_at;  // in the IP header
  std::uint8_t query, newest_report;
  std::vector<std::uint8_t> older;  // the other types
  std::size_t query_header;         // of the newest version
  std::vector<Packet> addresses;    // worth trying, of sources and destinations
  /// Where the message begins; the end when there is none.
  std::size_t (*message_at)(const Packet&);
  /// Makes versions, lengths and checksums right.
  void (*repair)(Packet&);
};

/// The checksum of RFC 1071 over `bytes`, beginning with `sum`.
std::uint16_t Checksum(const std::uint8_t* bytes, std::size_t size, std::uint32_t sum = 0);

/// Changes something that means something: a count, a type, an address; adds a record or a source.
void ChangeMeaning(Packet& packet, const PacketFormat& format, std::minstd_rand& random);

extern const PacketFormat kIgmpFormat;
extern const PacketFormat kMldFormat;

}  // namespace bpfcast::fuzz
