// What somebody else takes off an interface is put there again when the port is set again, as it is every ten
// seconds.
#include <bpf/bpf.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "bpf/lab.h"

namespace bpfcast::bpftest {
namespace {

const Ipv4Address kAny;
const Ipv4Address kGroup = MakeIpv4(239, 1, 2, 3);

void DetachByPin(const Lab& lab, const std::string& name) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(lab.bpffs() + "/bpfcast/test")) {
    if (entry.path().filename() != name) continue;
    const BpfFd link(bpf_obj_get(entry.path().c_str()));
    ASSERT_EQ(bpf_link_detach(link.get()), 0);
    return;
  }
  FAIL() << name << " is not pinned";
}

class LostAttachments : public testing::TestWithParam<TcAttachment> {
 protected:
  LostAttachments() : lab_(GetParam()) {}

  bool Forwards() {
    const Far d1 = lab_.FarEnd(kD1);
    lab_.FarEnd(kU).Send(Frame{}.Build());
    return d1.Receive(300).has_value();
  }
  void TakeTcAway() {
    const DatapathPort& port = lab_.port(kU);
    if (GetParam() == TcAttachment::kFilter) {
      Shell("tc qdisc del dev u clsact");
    } else {
      DetachByPin(lab_, "link_tc_" + std::to_string(port.ifindex));
    }
  }

  Lab lab_;
};
INSTANTIATE_TEST_SUITE_P(Tc, LostAttachments, testing::Values(TcAttachment::kBest, TcAttachment::kFilter),
                         [](const auto& info) {
                           return info.param == TcAttachment::kBest ? "Tcx" : "Clsact";
                         });

TEST_P(LostAttachments, X_03_ATcProgramThatWasTakenAwayComesBackAndTheStopLeavesNothing) {
  lab_.MakeBed(Hook::kTc);
  lab_.Route(kAny, kGroup, {kD1});
  ASSERT_TRUE(Forwards());
  TakeTcAway();
  EXPECT_FALSE(Forwards());
  lab_.Set(lab_.port(kU));
  EXPECT_TRUE(Forwards());
  if (GetParam() == TcAttachment::kFilter) {
    Shell("tc filter del dev u ingress");  // the qdisc stays
    EXPECT_FALSE(Forwards());
    lab_.Set(lab_.port(kU));
    EXPECT_TRUE(Forwards());
  }
  lab_.Close();
  EXPECT_EQ(Output("tc filter show dev u ingress"), "");
  EXPECT_EQ(Output("tc qdisc show dev u clsact"), "");
  EXPECT_FALSE(std::filesystem::exists(lab_.bpffs() + "/bpfcast"));
}

TEST_P(LostAttachments, X_03_AnXdpProgramThatWasTakenAwayComesBack) {
  lab_.MakeBed(Hook::kXdp);
  lab_.Route(kAny, kGroup, {kD1});
  DetachByPin(lab_, "link_xdp_" + std::to_string(lab_.port(kU).ifindex));
  EXPECT_EQ(Output("ip -d link show u").find("prog/xdp"), std::string::npos);
  EXPECT_TRUE(Forwards()) << "by TC";
  lab_.Set(lab_.port(kU));
  EXPECT_NE(Output("ip -d link show u").find("prog/xdp"), std::string::npos);
  EXPECT_TRUE(Forwards());
  lab_.Close();
  EXPECT_EQ(Output("ip -d link show u").find("prog/xdp"), std::string::npos);
}

}  // namespace
}  // namespace bpfcast::bpftest
