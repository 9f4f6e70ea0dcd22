// The tables of packets, run through both hooks: what becomes of each, which counter it moves, and its
// octets.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "bpf/matrix.h"
#include "bpf/packet_table.h"
#include "bpf/program_run.h"

namespace bpfcast::bpftest {
namespace {

template <class F>
struct Table;
template <>
struct Table<Igmp> {
  static Prefix<Ipv4Address> Altnet() { return {V4("10.9.0.0"), 16}; }
  static Ipv4Address Blocked() { return V4("10.0.0.66"); }
};
template <>
struct Table<Mld> {
  static Prefix<Ipv6Address> Altnet() { return {V6("2001:db9::"), 32}; }
  static Ipv6Address Blocked() { return V6("2001:db8::66"); }
};

template <class Case>
class PacketTables : public OnMatrix<Case> {
 protected:
  using Base = OnMatrix<Case>;
  using Base::lab_;
  using typename Base::F;

  void SetUp() override {
    Base::SetUp();
    this->Of(kD2).other_sources = {Table<F>::Altnet()};
    lab_.Set(lab_.port(kD2));
    lab_.port(kD3).source_check = SourceCheck::kOff;
    lab_.Set(lab_.port(kD3));
    lab_.Route(this->any_, this->group_, {kD1});
    lab_.Route(Table<F>::Blocked(), this->group_, {});
    AddRoutesOfTable<F>(lab_);
  }
  PortOutcome Run(const Bytes& frame, PortId arrival = kU) {
    return RunPort(lab_, this->kHook, frame, lab_.port(arrival).ifindex);
  }
  // As Forwarded(), with XDP's source address as it is: that is the egress program's work (forwarding_test
  // sees it).
  Bytes Expected(const Bytes& sent, const PortOutcome& got, PortId egress) {
    Bytes expected = Forwarded(sent, lab_.port(egress).mac);
    if (this->kHook == Hook::kXdp) {
      std::copy(got.frame.begin() + 6, got.frame.begin() + 12, expected.begin() + 6);
    }
    return expected;
  }
};
TYPED_TEST_SUITE(PacketTables, EveryCase, CaseName);

// TF-01 ... TF-30. A packet that is forwarded leaves by D1 when it came from U, and by U when it came from
// D1; those with more than one way are the business of forwarding_test.
TYPED_TEST(
    PacketTables,
    TF_01_TF_02_TF_03_TF_04_TF_05_TF_07_TF_09_TF_10_TF_11_TF_13_TF_14_TF_15_TF_20_TF_21_TF_22_TF_23_TF_26_TF_30_EveryPacketHasItsFateItsCounterAndItsOctets) {
  for (const Row& row : PacketTable<typename TestFixture::F>()) {
    SCOPED_TRACE(row.name);
    Bytes sent = row.frame;
    if (row.name == "TF_20_ToOurUnicastAddress") {
      std::copy(this->lab_.port(kU).mac.begin(), this->lab_.port(kU).mac.end(), sent.begin());
    }
    const std::uint64_t counter = row.counter.empty() ? 0 : this->lab_.Counter(row.counter);
    const std::uint64_t sum = this->lab_.Verdicts();
    const std::uint64_t received = this->lab_.PortCounter(row.arrival).received.packets;
    const PortOutcome got = this->Run(sent, row.arrival);
    EXPECT_EQ(got.fate, row.fate);
    if (row.counter.empty()) {
      EXPECT_EQ(this->lab_.Verdicts(), sum);
    } else {
      EXPECT_EQ(this->lab_.Counter(row.counter), counter + 1) << row.counter;
      EXPECT_EQ(this->lab_.Verdicts(), sum + 1);  // F-56
      EXPECT_EQ(this->lab_.PortCounter(row.arrival).received.packets, received + 1);
    }
    if (row.fate == Fate::kPass) {
      EXPECT_EQ(Hex(got.frame), Hex(sent));
    } else if (row.fate == Fate::kForward) {
      Bytes untagged = sent;
      if (sent[12] == 0x81) untagged.erase(untagged.begin() + 12, untagged.begin() + 16);
      const PortId egress = row.arrival == kU ? kD1 : kU;
      Bytes expected = Forwarded(untagged, this->lab_.port(egress).mac);
      // XDP's source address is the egress program's work (forwarding_test sees it); a downstream with two
      // ways to send ends TC's copy at the last of them.
      if (this->kHook == Hook::kXdp || row.arrival != kU) {
        std::copy(got.frame.begin() + 6, got.frame.begin() + 12, expected.begin() + 6);
      }
      EXPECT_EQ(Hex(got.frame), Hex(expected));
    }
  }
}

// Whatever the length, the program reads inside the frame. (The kernel gives TC no frame as short as that to
// test.)
TYPED_TEST(PacketTables, TF_05_ACutFrameIsNeverForwarded) {
  constexpr std::size_t kAddresses = kEth + TestFixture::Frame::kHeader;
  const Bytes whole = this->Stream().Build();
  for (std::size_t size = 14; size < whole.size(); ++size) {
    const Bytes frame(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    const std::uint32_t action = RunXdp(this->lab_, frame, this->lab_.port(kU).ifindex).action;
    EXPECT_EQ(action, size < kAddresses ? 2U : 1U)
        << size;  // XDP_PASS while the addresses are not there, then XDP_DROP
  }
}

// Anything may come: the counters still add up, nothing that was not forwarded has changed, and what was has
// lost one hop. Half of the headers are right but for a few octets.
TYPED_TEST(PacketTables, TF_19_F_56_RandomOctetsAreCountedOnce) {
  const std::uint32_t seed = std::random_device()();
  this->RecordProperty("seed", std::to_string(seed));
  std::mt19937 random(seed);
  const std::uint64_t before = this->lab_.Verdicts();
  const std::uint64_t received = this->lab_.PortCounter(kU).received.packets;
  for (int i = 0; i < 20000; ++i) {
    auto frame = this->Stream();
    frame.payload = Bytes(random() % 200);
    for (auto& byte : frame.payload) byte = static_cast<std::uint8_t>(random());
    if (random() % 2 == 0) frame.protocol = static_cast<std::uint8_t>(random() % 64);
    Bytes sent = frame.Build();
    for (unsigned changes = random() % 4; changes > 0; --changes) {
      sent[kEth + random() % (sent.size() - kEth)] = static_cast<std::uint8_t>(random());
    }
    const PortOutcome got = this->Run(sent);
    if (got.fate == Fate::kPass) {
      ASSERT_EQ(Hex(got.frame), Hex(sent)) << "seed " << seed;
    }
  }
  EXPECT_EQ(this->lab_.Verdicts() - before, this->lab_.PortCounter(kU).received.packets - received)
      << "seed " << seed;
}

// TF-19: nothing but MAC addresses, TTL and checksum changes, over random packets.
template <class Frame>
struct RandomHeader;
template <>
struct RandomHeader<Frame> {
  static void Fill(Frame& frame, std::mt19937& random) {
    frame.tos = static_cast<std::uint8_t>(random());
    frame.id = static_cast<std::uint16_t>(random());
    frame.fragment = static_cast<std::uint16_t>(random());
  }
};
template <>
struct RandomHeader<Frame6> {
  static void Fill(Frame6& frame, std::mt19937& random) { frame.traffic = random() & 0xfffffff; }
};

TYPED_TEST(PacketTables, TF_19_AllOtherOctetsStay) {
  using Frame = typename TestFixture::Frame;
  const std::uint32_t seed = std::random_device()();
  this->RecordProperty("seed", std::to_string(seed));
  std::mt19937 random(seed);
  for (int i = 0; i < 100000; ++i) {
    Frame frame;
    RandomHeader<Frame>::Fill(frame, random);
    frame.ttl = static_cast<std::uint8_t>(2 + random() % 254);
    frame.payload = Bytes(random() % (1501 - Frame::kHeader));
    for (auto& byte : frame.payload) byte = static_cast<std::uint8_t>(random());
    const Bytes sent = frame.Build();
    const PortOutcome got = this->Run(sent);
    ASSERT_EQ(got.fate, Fate::kForward) << "seed " << seed << ": " << Hex(sent);
    ASSERT_EQ(got.frame, this->Expected(sent, got, kD1))
        << "seed " << seed << ": " << Hex(sent) << " became " << Hex(got.frame);
  }
}

// TF-20: the MAC address comes from the group's low 23 or 32 bits.
template <class F>
struct MacCase;
template <>
struct MacCase<Igmp> {
  static Ipv4Address Group() { return V4("239.129.2.3"); }
  static constexpr const char* kMac = "0100 5e01 0203";
};
template <>
struct MacCase<Mld> {
  static Ipv6Address Group() { return V6("ff3e::8000:1"); }
  static constexpr const char* kMac = "3333 8000 0001";
};

TYPED_TEST(PacketTables, TF_20_GroupMac) {
  using Mac = MacCase<typename TestFixture::F>;
  this->lab_.Route(this->any_, Mac::Group(), {kD1});
  const PortOutcome got = this->Run(this->To(Mac::Group()).Build());
  ASSERT_EQ(got.fate, Fate::kForward);
  EXPECT_EQ(Hex(Bytes(got.frame.begin(), got.frame.begin() + 6)), Mac::kMac);
}

// What only IPv4 has: a checksum of the header.
template <class Case>
class Ipv4Sums : public PacketTables<Case> {
 protected:
  // The sums of the matrix are those of packets from 198.51.100.2, which is ours on this bed.
  void MoveOwnAddress() {
    DatapathPort up = this->lab_.port(kU);
    up.ipv4.own_addresses = {MakeIpv4(198, 51, 100, 77)};
    this->lab_.Set(up);
  }
};
using Ipv4Cases = testing::Types<On<Igmp, Hook::kXdp>, On<Igmp, Hook::kTc>>;
TYPED_TEST_SUITE(Ipv4Sums, Ipv4Cases, CaseName);

// TF-17: the sums are those of the matrix.
TYPED_TEST(Ipv4Sums, TF_17_TtlAndChecksumOfTheMatrix) {
  this->MoveOwnAddress();
  struct Case {
    std::uint8_t ttl;
    std::uint16_t before;
    std::uint16_t after;
  };
  for (const Case& c :
       {Case{255, 0x4dfe, 0x4efe}, {128, 0xccfe, 0xcdfe}, {64, 0x0cff, 0x0dff}, {2, 0x4aff, 0x4bff}}) {
    Frame frame;
    frame.source = MakeIpv4(198, 51, 100, 2);
    frame.ttl = c.ttl;
    frame.payload = Bytes(108, 1);
    Bytes sent = frame.Build();
    ASSERT_EQ(sent[24] << 8 | sent[25], c.before);
    const PortOutcome got = this->Run(sent);
    ASSERT_EQ(got.fate, Fate::kForward);
    EXPECT_EQ(got.frame[22], c.ttl - 1);
    EXPECT_EQ(got.frame[24] << 8 | got.frame[25], c.after);
  }
}

// TF-18: end-around carry, through the programs.
TYPED_TEST(Ipv4Sums, TF_18_EdgeSums) {
  this->MoveOwnAddress();
  struct Case {
    std::uint16_t id;
    std::uint16_t before;
    std::uint16_t after;
  };
  for (const Case& c : {Case{0x1f34, 0xfffe, 0x00ff}, {0x2033, 0xfeff, 0x0000}, {0x2032, 0xff00, 0x0001}}) {
    Frame frame;
    frame.source = MakeIpv4(198, 51, 100, 2);
    frame.id = c.id;
    frame.payload = Bytes(108, 1);
    const Bytes sent = frame.Build();
    ASSERT_EQ(sent[24] << 8 | sent[25], c.before);
    const PortOutcome got = this->Run(sent);
    ASSERT_EQ(got.fate, Fate::kForward);
    EXPECT_EQ(got.frame[24] << 8 | got.frame[25], c.after);
  }
}

// TF-06: the update is incremental, so a sum that was wrong is still wrong by as much.
TYPED_TEST(Ipv4Sums, TF_06_ABadSumStaysBad) {
  Frame frame;
  frame.checksum_error = 1;
  const PortOutcome got = this->Run(frame.Build());
  ASSERT_EQ(got.fate, Fate::kForward);
  const int right = HeaderChecksum(&got.frame[kEth], 20);
  EXPECT_EQ(got.frame[24] << 8 | got.frame[25], right + 1);
}

}  // namespace
}  // namespace bpfcast::bpftest
