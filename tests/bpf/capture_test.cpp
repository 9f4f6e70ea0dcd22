// The capture beside the programs: what XDP takes and sends is in it, and whose programs it looks into.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "bpf/lab.h"
#include "capture/forwarding_programs.h"
#include "capture/port_capture.h"
#include "datapath/netns_cookie.h"
#include "support/tracing.h"

namespace bpfcast::bpftest {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const Ipv4Address kAny;
const Ipv4Address kGroup = MakeIpv4(239, 1, 2, 3);
const Ipv6Address kGroup6 = V6("ff0e::1234");

class CaptureOf : public testing::TestWithParam<Hook> {};
INSTANTIATE_TEST_SUITE_P(Hooks, CaptureOf, testing::Values(Hook::kXdp, Hook::kTc),
                         [](const auto& info) { return info.param == Hook::kXdp ? "xdp" : "tc"; });

TEST_P(CaptureOf, EachFrameIsThereAsItArrivedWithItsVerdictAndEachCopyAsItLeft) {
  Lab lab;
  lab.MakeBed(GetParam());
  lab.Route(kAny, kGroup, {kD1, kD2});
  lab.Route(Ipv6Address(), kGroup6, {kD1});
  Result<PortCapture> capture = PortCapture::Start({"u", "d1", "u"}, {true, true}, {});
  const bool judged = test::KernelTracesPrograms();
  if (GetParam() == Hook::kXdp && !judged) {
    ASSERT_FALSE(capture) << "a packet socket would not see it";
    EXPECT_THAT(capture.error().message, StartsWith("what XDP on "));
    EXPECT_THAT(capture.error().message, HasSubstr("this kernel does not let the capture look into"));
    return;
  }
  ASSERT_TRUE(capture) << capture.error().message;
  EXPECT_EQ(capture->ports().size(), 2U) << "a port that is named twice is one";
  const Far u = lab.FarEnd(kU);
  const Far d1 = lab.FarEnd(kD1);
  Frame last_hop;
  last_hop.ttl = 1;
  constexpr std::size_t kPassedOn = 2;
  const std::vector<Bytes> sent{Frame{}.Build(), Frame6{}.Build(), last_hop.Build(), Frame{}.Build()};
  for (std::size_t i = 0; i < sent.size(); ++i) {
    u.Send(sent[i]);
    if (i != kPassedOn) {
      ASSERT_TRUE(d1.Receive()) << i;
    }
  }

  std::vector<CapturedFrame> in;
  std::vector<CapturedFrame> out;
  for (CapturedFrame& each : capture->Finish()) {
    (each.direction == FrameDirection::kIn ? in : out).push_back(std::move(each));
  }
  ASSERT_EQ(in.size(), sent.size());
  ASSERT_EQ(out.size(), sent.size() - 1);
  for (std::size_t i = 0; i < in.size(); ++i) {
    const bool passed_on = i == kPassedOn;
    EXPECT_EQ(in[i].port, 0U);
    EXPECT_EQ(Hex(in[i].octets), Hex(sent[i]));
    EXPECT_TRUE(i == 0 || in[i - 1].time <= in[i].time);
    ASSERT_EQ(in[i].judgement.has_value(), judged) << i;
    if (!judged) continue;
    EXPECT_EQ(in[i].judgement->verdict, passed_on ? BPFCAST_TTL : BPFCAST_FORWARDED);
    EXPECT_EQ(in[i].judgement->by, GetParam() == Hook::kXdp && !passed_on ? JudgedBy::kXdp : JudgedBy::kTc);
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    EXPECT_EQ(out[i].port, 1U);
    EXPECT_EQ(Hex(out[i].octets), Hex(Forwarded(sent[i < kPassedOn ? i : i + 1], lab.port(kD1).mac)));
    EXPECT_FALSE(out[i].judgement);
  }
  EXPECT_EQ(capture->counts().lost, 0U);
  EXPECT_EQ(capture->counts().unjudged, 0U);
}

std::set<std::uint32_t> Ids(const Result<std::vector<ForwardingProgram>>& programs) {
  std::set<std::uint32_t> ids;
  for (const ForwardingProgram& each : programs.value()) ids.insert(each.id);
  return ids;
}

TEST(ForwardingPrograms, ThoseOfAnAgentThatStoppedServeNothingThoughSomebodyHoldsThem) {
  Lab lab;
  lab.MakeBed(Hook::kTc);
  const std::uint64_t here = NetnsCookie().value();
  const auto held = FindForwardingPrograms(here);
  EXPECT_EQ(Ids(held).size(), 4U);
  lab.Close();
  EXPECT_EQ(Ids(FindForwardingPrograms(here)).size(), 0U);
  ASSERT_TRUE(lab.Reopen());
  const std::set<std::uint32_t> next = Ids(FindForwardingPrograms(here));
  EXPECT_EQ(next.size(), 4U);
  EXPECT_GT(*next.begin(), *Ids(held).rbegin()) << "they are the next agent's";
}

TEST(ForwardingPrograms, ThoseOfAllInstancesAreFoundAndNoneOfAnotherNamespace) {
  Lab lab;
  const std::uint64_t here = NetnsCookie().value();
  BpfDatapathConfig other;
  other.instance = "other";
  other.bpffs = lab.bpffs();
  const auto second = BpfDatapath::Open(other);
  ASSERT_TRUE(second) << second.error().message;
  const auto both = FindForwardingPrograms(here);
  EXPECT_EQ(Ids(both).size(), 8U);
  EXPECT_TRUE(std::all_of(both->begin(), both->end(), [](const auto& each) { return bool(each.verdicts); }));
  EXPECT_EQ(Ids(FindForwardingPrograms(here + 1)).size(), 0U);
}

}  // namespace
}  // namespace bpfcast::bpftest
