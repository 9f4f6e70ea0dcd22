#include "capture/frame_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "capture/verdict_text.h"
#include "unit/capture/frames.h"

namespace bpfcast {
namespace {

using ::testing::HasSubstr;

Judgement Judged(JudgedBy by, std::uint32_t verdict, std::int32_t action = 0) {
  Judgement judgement;
  judgement.by = by;
  judgement.verdict = verdict;
  judgement.action = action;
  return judgement;
}

TEST(VerdictText, SaysWhoForwardedWhatAndWhyNot) {
  EXPECT_EQ(VerdictText(Judged(JudgedBy::kXdp, BPFCAST_FORWARDED)), "forwarded by xdp");
  EXPECT_EQ(VerdictText(Judged(JudgedBy::kTc, BPFCAST_FORWARDED)), "forwarded by tc");
  EXPECT_EQ(VerdictText(Judged(JudgedBy::kTc, BPFCAST_NOROUTE)),
            "passed on: noroute (from upstream, and no route)");
  EXPECT_EQ(VerdictText(Judged(JudgedBy::kXdp, BPFCAST_RPF)),
            "dropped: rpf (the source belongs to another interface)");
  EXPECT_EQ(VerdictText(Judged(JudgedBy::kTc, BPFCAST_LEASE)),
            "passed on: lease (the agent is gone for longer than its lease)");
}

TEST(VerdictText, CopiesThatDidNotLeaveAreNamedByTheirReason) {
  Judgement judgement = Judged(JudgedBy::kTc, BPFCAST_FORWARDED);
  judgement.copies_dropped[BPFCAST_MTU - BPFCAST_VERDICT_COUNT] = 1;
  EXPECT_EQ(VerdictText(judgement), "forwarded by tc; 1 copy dropped: mtu");
  judgement.copies_dropped[BPFCAST_THR - BPFCAST_VERDICT_COUNT] = 2;
  EXPECT_EQ(VerdictText(judgement), "forwarded by tc; 3 copies dropped: thr 2 mtu 1");
}

TEST(MeaningOf, SaysOfEveryCounterWhatItMeansAndWhatBecameOfThePacket) {
  EXPECT_EQ(MeaningOf("noroute"), "passed on: from upstream, and no route");
  EXPECT_EQ(MeaningOf("rpf"), "dropped: the source belongs to another interface");
  EXPECT_EQ(MeaningOf("thr"), "copy dropped: TTL or hop limit not above the threshold of the port");
  EXPECT_EQ(MeaningOf("of-a-later-version"), "of-a-later-version");
}

TEST(VerdictText, WithoutACounterTheActionSpeaks) {
  const auto text = [](JudgedBy by, std::int32_t action) {
    return VerdictText(Judged(by, BPFCAST_VERDICT_COUNT, action));
  };
  EXPECT_EQ(text(JudgedBy::kXdp, 1), "dropped");                 // XDP_DROP
  EXPECT_EQ(text(JudgedBy::kXdp, 4), "forwarded by xdp");        // XDP_REDIRECT
  EXPECT_EQ(text(JudgedBy::kTc, -1), "passed on, not counted");  // TC_ACT_UNSPEC
  EXPECT_EQ(text(JudgedBy::kTc, 2), "taken by tc");              // TC_ACT_SHOT
}

class FrameText : public ::testing::Test {
 protected:
  FrameText() {
    setenv("TZ", "UTC", 1);
    frame_.time = std::chrono::seconds(43445) + std::chrono::nanoseconds(6'007'999);
    frame_.octets = Joined({Macs(), Ipv4Type(), Ipv4(), Udp()});
    frame_.length = 242;
  }

  CapturedFrame frame_;
};

TEST_F(FrameText, ALineHasTimePortDirectionPacketAndVerdict) {
  EXPECT_EQ(FrameLine(frame_, "wan0", LinkKind::kEthernet),
            "12:04:05.006007 wan0 in  10.0.0.1 > 239.1.2.3 udp 5000, TTL 16, 242 octets");
  frame_.direction = FrameDirection::kOut;
  frame_.judgement = Judged(JudgedBy::kXdp, BPFCAST_FORWARDED);
  EXPECT_EQ(FrameLine(frame_, "wan0", LinkKind::kEthernet),
            "12:04:05.006007 wan0 out 10.0.0.1 > 239.1.2.3 udp 5000, TTL 16, 242 octets: forwarded by xdp");
  frame_.octets = Ipv6(58);
  EXPECT_THAT(FrameLine(frame_, "tun0", LinkKind::kBare),
              HasSubstr("tun0 out 2001:db8::1 > ff0e::1234 icmp6, TTL 200, "));
  frame_.octets = Ipv4(2);
  EXPECT_THAT(FrameLine(frame_, "tun0", LinkKind::kBare), HasSubstr(" > 239.1.2.3 igmp, "));
  frame_.octets = Ipv4(103);
  EXPECT_THAT(FrameLine(frame_, "tun0", LinkKind::kBare), HasSubstr(" > 239.1.2.3 protocol 103, "));
}

TEST_F(FrameText, JsonHasTheSameKeysForEveryFrame) {
  frame_.judgement = Judged(JudgedBy::kTc, BPFCAST_FORWARDED);
  frame_.judgement->copies_dropped[BPFCAST_MTU - BPFCAST_VERDICT_COUNT] = 1;
  const auto json = nlohmann::ordered_json::parse(FrameJson(frame_, "wan0", LinkKind::kEthernet));
  EXPECT_EQ(
      json.dump(),
      R"({"time":43445.006007999,"port":"wan0","direction":"in","source":"10.0.0.1","group":"239.1.2.3",)"
      R"("ttl":16,"protocol":17,"source_port":4660,"destination_port":5000,"octets":242,"hook":"tc",)"
      R"("verdict":"forwarded","copies_dropped":{"mtu":1},"text":"forwarded by tc; 1 copy dropped: mtu"})");
  frame_.judgement.reset();
  frame_.octets = Ipv4(2);
  const auto other = nlohmann::ordered_json::parse(FrameJson(frame_, "tun0", LinkKind::kBare));
  EXPECT_EQ(other.size(), json.size());
  EXPECT_TRUE(other["verdict"].is_null());
  EXPECT_TRUE(other["destination_port"].is_null());
}

}  // namespace
}  // namespace bpfcast
