#include "fuzz/packet_mutator.h"

#include <algorithm>

namespace bpfcast::fuzz {
namespace {

using Difference = Packet::difference_type;

void Put16(Packet& packet, std::size_t at, std::size_t value) {
  if (at + 2 > packet.size()) return;
  packet[at] = static_cast<std::uint8_t>(value >> 8);
  packet[at + 1] = static_cast<std::uint8_t>(value);
}

std::size_t Get16(const Packet& packet, std::size_t at) {
  return at + 2 > packet.size() ? 0 : packet[at] * 256u + packet[at + 1];
}

void Overwrite(Packet& packet, std::size_t at, const Packet& bytes) {
  if (at + bytes.size() <= packet.size()) {
    std::copy(bytes.begin(), bytes.end(), packet.begin() + static_cast<Difference>(at));
  }
}

std::size_t IgmpAt(const Packet& packet) {
  if (packet.size() < 20) return packet.size();
  return std::min<std::size_t>(packet.size(), std::max(20, packet[0] % 16 * 4));
}

void RepairIgmp(Packet& packet) {
  if (packet.size() < 20) return;
  packet[0] = static_cast<std::uint8_t>(0x40 | std::max(5, packet[0] & 15));
  const std::size_t header = packet[0] % 16 * 4u;
  if (header > packet.size()) return;
  Put16(packet, 2, packet.size());
  Put16(packet, 6, 0x4000);
  packet[8] = 1;
  packet[9] = 2;
  Put16(packet, 10, 0);
  Put16(packet, 10, Checksum(packet.data(), header));
  if (packet.size() < header + 4) return;
  Put16(packet, header + 2, 0);
  Put16(packet, header + 2, Checksum(packet.data() + header, packet.size() - header));
}

std::size_t MldAt(const Packet& packet) {
  if (packet.size() < 48 || packet[6] != 0) return std::min<std::size_t>(packet.size(), 40);
  return std::min<std::size_t>(packet.size(), 48 + packet[41] * 8u);
}

void RepairMld(Packet& packet) {
  if (packet.size() < 48) return;
  packet[0] = 0x60;
  Put16(packet, 4, packet.size() - 40);
  packet[6] = 0;
  packet[7] = 1;
  packet[40] = 58;
  const std::size_t at = MldAt(packet);
  if (packet.size() < at + 4) return;
  Put16(packet, at + 2, 0);
  const std::size_t length = packet.size() - at;
  const auto addresses = static_cast<std::uint16_t>(~Checksum(packet.data() + 8, 32));
  Put16(packet, at + 2,
        Checksum(packet.data() + at, length, addresses + static_cast<std::uint32_t>(length) + 58));
}

Packet V4(std::uint32_t address) {
  return {static_cast<std::uint8_t>(address >> 24), static_cast<std::uint8_t>(address >> 16),
          static_cast<std::uint8_t>(address >> 8), static_cast<std::uint8_t>(address)};
}

Packet V6(std::uint8_t first, std::uint8_t second, std::uint8_t before_last, std::uint8_t last) {
  Packet address(16);
  address[0] = first;
  address[1] = second;
  address[14] = before_last;
  address[15] = last;
  return address;
}

/// Where the records of a report begin, up to one that does not fit.
std::vector<std::size_t> RecordsAt(const Packet& packet, std::size_t message, const PacketFormat& format) {
  std::vector<std::size_t> out;
  const std::size_t count = Get16(packet, message + 6);
  std::size_t at = message + 8;
  while (out.size() < count && at + 4 + format.address_size <= packet.size()) {
    out.push_back(at);
    at += 4 + format.address_size * (1 + Get16(packet, at + 2)) + packet[at + 1] * 4u;
  }
  return out;
}

}  // namespace

std::uint16_t Checksum(const std::uint8_t* bytes, std::size_t size, std::uint32_t sum) {
  for (std::size_t i = 0; i < size; ++i) sum += i % 2 == 0 ? bytes[i] * 256u : bytes[i];
  while (sum >= 0x10000) sum = sum % 0x10000 + sum / 0x10000;
  return static_cast<std::uint16_t>(~sum);
}

const PacketFormat kIgmpFormat = {
    4,
    12,
    16,
    0x11,
    0x22,
    {0x12, 0x16, 0x17},
    12,
    {V4(0xe0000001), V4(0xe0000016), V4(0xe0000002), V4(0xef010203), V4(0xe8010101), V4(0xc0000201),
     V4(0xc000020a), V4(0), V4(0x0a000001), V4(0x7f000001), V4(0xe00000fb), V4(0xffffffff)},
    IgmpAt,
    RepairIgmp,
};

const PacketFormat kMldFormat = {
    16,
    8,
    24,
    130,
    143,
    {131, 132},
    28,
    {V6(0xff, 2, 0, 1), V6(0xff, 2, 0, 0x16), V6(0xff, 2, 0, 2), V6(0xff, 0x0e, 0x12, 0x34),
     V6(0xff, 0x3e, 0, 1), V6(0xfe, 0x80, 0, 1), V6(0xfe, 0x80, 0, 10), V6(0, 0, 0, 0), V6(0x20, 1, 0, 1),
     V6(0, 0, 0, 1), V6(0xff, 1, 0, 5), V6(0xff, 2, 0, 0xfb)},
    MldAt,
    RepairMld,
};

void ChangeMeaning(Packet& packet, const PacketFormat& format, std::minstd_rand& random) {
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  const auto some_address = [&] { return format.addresses[below(format.addresses.size())]; };
  const std::size_t message = format.message_at(packet);
  if (message + 8 > packet.size()) return;
  const std::size_t width = format.address_size;
  const auto records = RecordsAt(packet, message, format);
  switch (below(8)) {
    case 0:
      Overwrite(packet, format.source_at, some_address());
      break;
    case 1:
      Overwrite(packet, format.destination_at, some_address());
      break;
    case 2:  // another kind of message
      packet[message] = below(3) == 0   ? format.older[below(format.older.size())]
                        : below(2) == 0 ? format.query
                                        : format.newest_report;
      break;
    case 3: {  // a group, a source
      if (packet[message] == format.newest_report && !records.empty()) {
        const std::size_t record = records[below(records.size())];
        Overwrite(packet, record + 4 + width * below(1 + Get16(packet, record + 2)), some_address());
      } else {
        const std::size_t group = format.query_header - 4 - width;
        Overwrite(packet, message + group, some_address());
        if (below(2) == 0) Overwrite(packet, format.destination_at, some_address());
      }
      break;
    }
    case 4:  // one source more
      if (packet[message] == format.newest_report && !records.empty()) {
        const std::size_t record = records[below(records.size())];
        const Packet source = some_address();
        packet.insert(packet.begin() + static_cast<Difference>(record + 4 + width), source.begin(),
                      source.end());
        Put16(packet, record + 2, Get16(packet, record + 2) + 1);
      } else if (message + format.query_header <= packet.size()) {
        const Packet source = some_address();
        packet.insert(packet.begin() + static_cast<Difference>(message + format.query_header), source.begin(),
                      source.end());
        Put16(packet, message + format.query_header - 2,
              Get16(packet, message + format.query_header - 2) + 1);
      }
      break;
    case 5: {  // one record more
      if (packet[message] != format.newest_report) break;
      Packet record(4 + width);
      record[0] = static_cast<std::uint8_t>(below(8));
      Overwrite(record, 4, some_address());
      packet.insert(packet.begin() + static_cast<Difference>(message + 8), record.begin(), record.end());
      Put16(packet, message + 6, Get16(packet, message + 6) + 1);
      break;
    }
    case 6:  // auxiliary data
      if (packet[message] == format.newest_report && !records.empty()) {
        const std::size_t record = records[below(records.size())];
        const std::size_t end = record + 4 + width * (1 + Get16(packet, record + 2));
        if (end > packet.size() || packet[record + 1] == 255) break;
        packet.insert(packet.begin() + static_cast<Difference>(end), 4, 0xa5);
        ++packet[record + 1];
      }
      break;
    default:  // cut, or longer
      if (below(2) == 0) {
        packet.resize(message + below(packet.size() - message + 1));
      } else {
        packet.resize(packet.size() + below(20));
      }
      break;
  }
}

}  // namespace bpfcast::fuzz
