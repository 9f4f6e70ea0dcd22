// What segmentation offload hands to a port: many packets in one buffer.
#include <gtest/gtest.h>

#include "bpf/far_sender.h"
#include "bpf/lab.h"
#include "bpf/matrix.h"

namespace bpfcast::bpftest {
namespace {

template <class Case>
class SuperPackets : public OnMatrix<Case> {
 protected:
  using Base = OnMatrix<Case>;
  using typename Base::F;
  using typename Base::Frame;
  static constexpr std::size_t kHeaders = kEth + Frame::kHeader + 8;

  void SetUp() override {
    Base::SetUp();
    FarSender<F>::Prepare();
    Shell("ethtool -K u-far tx on tx-udp-segmentation on >/dev/null");
  }
  static void Send(int segment) { SendSuperPacket<F>(segment); }
};
using TcCases = testing::Types<On<Igmp, Hook::kTc>, On<Mld, Hook::kTc>>;
TYPED_TEST_SUITE(SuperPackets, TcCases, CaseName);

// The MTU is that of the packets inside (F-43).
TYPED_TEST(SuperPackets, AreMeasuredAndCountedByTheirSegments) {
  Lab& lab = this->lab_;
  Shell("ip link set d2 mtu 1000");
  lab.port(kD2).mtu = 1000;
  lab.Set(lab.port(kD2));
  lab.Route(this->any_, this->group_, {kD1, kD2});
  const Far d1 = lab.FarEnd(kD1);
  const Far d2 = lab.FarEnd(kD2);
  this->Send(1200);
  std::size_t received = 0;
  for (const Bytes& frame : d1.Drain(300)) {
    EXPECT_EQ(frame[FarSender<typename TestFixture::F>::kTtlAt], kFarTtl - 1);
    received += frame.size() - this->kHeaders;
  }
  EXPECT_EQ(received, 12000U);
  EXPECT_TRUE(d2.Drain().empty());
  EXPECT_EQ(lab.Counter("forwarded"), 10U);
  EXPECT_EQ(lab.Counter("mtu"), 10U);
  EXPECT_EQ(lab.PortCounter(kD1).transmitted.packets, 10U);
}

// A segment that is exactly as long as the MTU goes out, one octet more does not.
TYPED_TEST(SuperPackets, TF_30_TheHeadersOfASegmentCount) {
  Lab& lab = this->lab_;
  Shell("ip link set d1 mtu 1300");
  lab.port(kD1).mtu = 1300;
  lab.Set(lab.port(kD1));
  lab.Route(this->any_, this->group_, {kD1});
  const Far d1 = lab.FarEnd(kD1);
  const int fits = static_cast<int>(1300 - this->kHeaders + kEth);
  this->Send(fits);
  EXPECT_FALSE(d1.Drain(300).empty());
  EXPECT_EQ(lab.Counter("mtu"), 0U);
  this->Send(fits + 1);
  EXPECT_TRUE(d1.Drain(300).empty());
  EXPECT_GT(lab.Counter("mtu"), 0U);
}

}  // namespace
}  // namespace bpfcast::bpftest
