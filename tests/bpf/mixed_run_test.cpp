// Packets of every kind over real links: what came in is what went out, was dropped for a reason, or was left
// to the stack, and what the counters call transmitted is what the far ends received, octet for octet.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "bpf/mixed_bed.h"

namespace bpfcast::bpftest {
namespace {

constexpr std::uint32_t kSeed = 20251126;
constexpr int kPackets = 100000;  // of both families
constexpr int kWithoutLease = 2000;
constexpr int kBatch = 200;  // fewer than the queue of a link has room for

// What no wire can produce.
const std::map<bpfcast_counter, std::string> kCannotHappen = {
    {BPFCAST_NOMEM, "the kernel always has memory for a test"},
    {BPFCAST_REFUSED, "fewer frames at once than a ring has room for"},
};

const std::vector<PortId> kPorts = {kU, kD1, kD2, kD3, kLost, kSilent, kRefuses};

// Multicast, or what a port would send of it; not what the kernel of this machine says to its neighbours.
bool IsMulticast(const Bytes& frame) {
  return frame.size() >= 34 && (frame[0] & 1) != 0 && frame[0] != 0xff && frame[12] != 0x88;
}

class MixedRun : public testing::TestWithParam<Hook> {
 protected:
  MixedRun() : bed_(GetParam()) {
    for (const PortId id : kPorts) ends_.emplace(id, bed_.lab().FarEnd(id));
    bed_.LosePort();
  }

  void Send(const Bytes& frame, PortId arrival) {
    const Judgement judged = bed_.reference().Judge(frame, bed_.lab().port(arrival).ifindex);
    ends_.at(arrival).Send(frame);
    if (!judged.verdict) return;
    ++in_;
    ++expected_[*judged.verdict];
    if (judged.arrival) ++received_[*judged.arrival];
    if (judged.arrival && *judged.verdict != BPFCAST_FORWARDED) ++reasons_[*judged.arrival][*judged.verdict];
    for (const auto& [id, reason] : judged.refused) {
      ++expected_[reason];
      ++reasons_[id][reason];
    }
    for (const auto& [id, copy] : judged.copies) {
      ++transmitted_[id];
      ++awaited_[id];
      ++outstanding_[id][copy];
      sent_as_[copy] = frame;
    }
  }

  // Takes what the ports sent since the last call; each frame has to be one of those that are outstanding.
  void Collect() {
    for (const PortId id : kPorts) {
      while (awaited_[id] > 0) {
        const auto frame = ends_.at(id).ReceiveAny(2000);
        if (!frame) break;
        Take(id, *frame);
      }
      EXPECT_EQ(awaited_[id], 0) << "copies lost at port " << static_cast<int>(id);
      if (awaited_[id] == 0) continue;
      const Bytes& lost = outstanding_[id].begin()->first;
      ADD_FAILURE() << "lost " << Hex(lost) << "\n of  " << Hex(sent_as_[lost]);
    }
    sent_as_.clear();
  }
  void Take(PortId id, const Bytes& frame) {
    if (!IsMulticast(frame)) return;
    const auto found = outstanding_[id].find(frame);
    ASSERT_NE(found, outstanding_[id].end()) << "port " << static_cast<int>(id) << " sent " << Hex(frame);
    if (--found->second == 0) outstanding_[id].erase(found);
    --awaited_[id];
    ++captured_[id];
  }

  // What the ports count is what the machine counts, but for what is of no port.
  void ExpectSumsOfPorts() {
    std::map<std::string, std::uint64_t> sums;
    const auto counters = bed_.lab().datapath().Counters();
    ASSERT_TRUE(counters);
    for (const PortCounters& port : counters->ports) {
      for (const auto* reasons : {&port.not_forwarded, &port.copies_dropped}) {
        for (const DropCounter& each : *reasons) sums[std::string(each.reason)] += each.packets;
      }
    }
    for (const DropCounter& each : counters->drops) {
      const std::string reason(each.reason);
      if (reason == "iif" || (reason == "down" && GetParam() == Hook::kXdp)) {  // of kLost
        EXPECT_LT(sums[reason], each.packets) << reason;
      } else {
        EXPECT_EQ(sums[reason], each.packets) << reason;
      }
    }
  }

  MixedBed bed_;
  std::map<PortId, Far> ends_;
  std::uint64_t in_ = 0;
  std::map<bpfcast_counter, std::uint64_t> expected_;
  std::map<PortId, std::uint64_t> received_;
  std::map<PortId, std::map<bpfcast_counter, std::uint64_t>> reasons_;
  std::map<PortId, std::uint64_t> transmitted_;
  std::map<PortId, std::uint64_t> captured_;
  std::map<PortId, int> awaited_;
  std::map<PortId, std::map<Bytes, int>> outstanding_;
  std::map<Bytes, Bytes> sent_as_;  // copies of this batch
};

const char* KindOf(bpfcast_counter counter) {
  if (counter == BPFCAST_FORWARDED) return "out";
  if (counter >= BPFCAST_VERDICT_COUNT) return "copy";
  return counter < BPFCAST_FIRST_DROP ? "pass" : "drop";
}

TEST_P(MixedRun, TF_39_F_56_WhatCameInIsForwardedDroppedForAReasonOrPassed) {
  MixedPackets<Igmp> ipv4(bed_, kSeed);
  MixedPackets<Mld> ipv6(bed_, kSeed);
  for (int i = 0; i < kPackets; ++i) {
    if (i == kPackets - kWithoutLease) bed_.EndLease();
    if (i % 2 == 0) {
      const auto packet = ipv4.Next();
      Send(packet.frame, packet.arrival);
    } else {
      const auto packet = ipv6.Next();
      Send(packet.frame, packet.arrival);
    }
    if (i % kBatch != kBatch - 1) continue;
    Collect();
    ASSERT_FALSE(HasFailure()) << "seed " << kSeed << ", packets " << i + 1 - kBatch << " to " << i;
  }
  for (const PortId id : kPorts) {
    while (const auto frame = ends_.at(id).ReceiveAny(100)) Take(id, *frame);
    EXPECT_EQ(ends_.at(id).Missed(), 0U);
  }

  std::printf("seed %u, %llu multicast packets of the served families in\n", kSeed,
              static_cast<unsigned long long>(in_));
  std::uint64_t by_kind = 0;
  for (std::uint32_t i = 0; i < BPFCAST_COUNTER_COUNT; ++i) {
    const auto counter = static_cast<bpfcast_counter>(i);
    const std::uint64_t counted = bed_.lab().Counter(NameOf(counter));
    std::printf("%-5s %-10s %7llu\n", KindOf(counter), NameOf(counter).c_str(),
                static_cast<unsigned long long>(counted));
    EXPECT_EQ(counted, expected_[counter]) << NameOf(counter);
    if (counter < BPFCAST_VERDICT_COUNT) by_kind += counted;
    if (const auto found = kCannotHappen.find(counter); found != kCannotHappen.end()) {
      EXPECT_EQ(counted, 0U) << NameOf(counter) << " happened: " << found->second;
    } else {
      EXPECT_GT(counted, 0U) << NameOf(counter) << " never happened";
    }
  }
  EXPECT_EQ(by_kind, in_);
  std::printf("%-5s %9s %12s %9s %8s\n", "port", "received", "transmitted", "captured", "refused");
  for (const PortId id : kPorts) {
    SCOPED_TRACE(bed_.lab().port(id).name);
    const PortCounters port = bed_.lab().PortCounter(id);
    std::printf("%-5s %9llu %12llu %9llu %8llu\n", bed_.lab().port(id).name.c_str(),
                static_cast<unsigned long long>(port.received.packets),
                static_cast<unsigned long long>(port.transmitted.packets),
                static_cast<unsigned long long>(captured_[id]),
                static_cast<unsigned long long>(port.transmit_dropped()));
    EXPECT_EQ(port.received.packets, received_[id]);
    EXPECT_EQ(port.transmitted.packets, transmitted_[id]);
    EXPECT_EQ(port.transmitted.packets, captured_[id]);
    std::string reasons;
    for (const auto& [reason, packets] : reasons_[id]) {
      reasons += (reasons.empty() ? "" : " ") + NameOf(reason) + " " + std::to_string(packets);
    }
    // Behind an interface that went XDP finds no port any more: then it counts for none.
    if (id != kLost || GetParam() == Hook::kTc) {
      EXPECT_EQ(bed_.lab().Reasons(id), reasons);
    }
  }
  ExpectSumsOfPorts();
}
INSTANTIATE_TEST_SUITE_P(Hooks, MixedRun, testing::Values(Hook::kXdp, Hook::kTc),
                         [](const auto& hook) { return hook.param == Hook::kXdp ? "Xdp" : "Tc"; });

}  // namespace
}  // namespace bpfcast::bpftest
