// Frames that the driver of a port does not take from native XDP: they left nowhere, and no counter says so.
#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <filesystem>
#include <thread>

#include "bpf/matrix.h"

namespace bpfcast::bpftest {
namespace {

// The kernel makes the frames and runs the program as a driver would: up to 256 before anybody else runs.
void SendLive(Lab& lab, const Bytes& frame, PortId arrival, int packets) {
  xdp_md context{};
  context.data_end = static_cast<std::uint32_t>(frame.size());
  context.ingress_ifindex = lab.port(arrival).ifindex;
  bpf_test_run_opts options{};
  options.sz = sizeof options;
  options.data_in = frame.data();
  options.data_size_in = static_cast<std::uint32_t>(frame.size());
  options.ctx_in = &context;
  options.ctx_size_in = sizeof context;
  options.repeat = packets;
  options.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
  options.batch_size = 256;
  ASSERT_EQ(bpf_prog_test_run_opts(lab.datapath().object().xdp_program(), &options), 0);
}

template <class Case>
class RefusedFramesTest : public OnMatrix<Case> {
 protected:
  using Base = OnMatrix<Case>;
  using Base::lab_;

  // What became of so many copies for D1.
  void ExpectAddUp(std::uint64_t copies) {
    const PortCounters d1 = lab_.PortCounter(kD1);
    EXPECT_EQ(d1.transmitted.packets + d1.transmit_dropped(), copies);
    EXPECT_EQ(d1.transmit_dropped(), lab_.Counter("refused"));
    EXPECT_EQ(d1.transmitted.bytes, d1.transmitted.packets * (Base::Frame::kHeader + 64));
    EXPECT_EQ(lab_.Counter("forwarded"), lab_.PortCounter(kU).received.packets);
    EXPECT_EQ(lab_.Verdicts(), lab_.PortCounter(kU).received.packets);
  }
};
using XdpCases = testing::Types<On<Igmp, Hook::kXdp>, On<Mld, Hook::kXdp>>;
TYPED_TEST_SUITE(RefusedFramesTest, XdpCases, CaseName);

TYPED_TEST(RefusedFramesTest, F_56_APortWhoseOtherEndIsDownSendsNothing) {
  ASSERT_TRUE(this->lab_.datapath().CountsRefusedFrames());
  this->lab_.Route(this->any_, this->group_, {kD1, kD2});
  SendLive(this->lab_, this->Stream().Build(), kU, 100);
  EXPECT_EQ(this->lab_.Counter("refused"), 0U);
  Shell("ip link set d1-far down");
  SendLive(this->lab_, this->Stream().Build(), kU, 100);
  this->ExpectAddUp(200);
  EXPECT_EQ(this->lab_.PortCounter(kD1).transmitted.packets, 100U);
  EXPECT_EQ(this->lab_.Counter("refused"), 100U);
  EXPECT_EQ(this->lab_.PortCounter(kD2).transmitted.packets, 200U);
}

// Two CPUs fill the one ring of D1, which has room for 256 frames: again and again, until the kernel has not
// emptied it in time.
TYPED_TEST(RefusedFramesTest, F_56_WhatAFullRingRefusesIsNotSent) {
  this->lab_.Route(this->any_, this->group_, {kD1});
  const Far far = this->lab_.FarEnd(kD1);
  const Bytes frame = this->Stream().Build();
  constexpr std::uint64_t kPackets = 256 * 20;
  const auto send = [&](unsigned cpu) {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(cpu, &cpus);
    ::sched_setaffinity(0, sizeof cpus, &cpus);
    SendLive(this->lab_, frame, kU, kPackets);
  };
  std::uint64_t copies = 0;
  std::uint64_t received = 0;
  for (int round = 0; round < 100 && this->lab_.Counter("refused") == 0; ++round) {
    std::thread first(send, 0U);
    std::thread second(send, 1U);
    first.join();
    second.join();
    copies += 2 * kPackets;
    while (far.Receive(300)) ++received;
  }
  this->ExpectAddUp(copies);
  EXPECT_EQ(this->lab_.PortCounter(kD1).transmitted.packets, received);
  std::printf("%lu of %lu sent, %lu refused\n", static_cast<unsigned long>(received),
              static_cast<unsigned long>(copies), static_cast<unsigned long>(this->lab_.Counter("refused")));
  EXPECT_GT(this->lab_.Counter("refused"), 0U);
}

// Copies that the egress program drops were not refused by the driver.
TYPED_TEST(RefusedFramesTest, F_56_WhatTheEgressProgramDropsIsNotRefused) {
  this->lab_.port(kD1).ttl_threshold = 100;
  this->lab_.Set(this->lab_.port(kD1));
  this->lab_.Route(this->any_, this->group_, {kD1, kD2});
  SendLive(this->lab_, this->Stream().Build(), kU, 100);
  EXPECT_EQ(this->lab_.Counter("thr"), 100U);
  EXPECT_EQ(this->lab_.Counter("refused"), 0U);
  EXPECT_EQ(this->lab_.PortCounter(kD1).transmit_dropped(), 100U);
  EXPECT_EQ(this->lab_.PortCounter(kD2).transmitted.packets, 100U);
}

TEST(RefusedFramesPin, IsThereWhileTheDatapathIsAndGoesWithIt) {
  Lab lab;
  const std::string pin = lab.bpffs() + "/bpfcast/test/link_refused";
  EXPECT_TRUE(lab.datapath().CountsRefusedFrames());
  EXPECT_TRUE(std::filesystem::exists(pin));
  lab.Close();
  EXPECT_FALSE(std::filesystem::exists(pin));
}

// Another instance in another namespace may have an interface of the same number.
TEST(RefusedFramesNamespace, PortsOfOthersAreNotCounted) {
  Lab lab;
  lab.MakeBed(Hook::kXdp);
  lab.Route(Ipv4Address(), Matrix<Igmp>::Group(), {kD1});
  {
    Lab other;
    other.MakeBed(Hook::kXdp);
    ASSERT_EQ(other.port(kD1).ifindex, lab.port(kD1).ifindex);
    other.Route(Ipv4Address(), Matrix<Igmp>::Group(), {kD1});
    Shell("ip link set d1-far down");
    SendLive(other, Frame{}.Build(), kU, 50);
    EXPECT_EQ(other.Counter("refused"), 50U);
  }
  SendLive(lab, Frame{}.Build(), kU, 50);
  EXPECT_EQ(lab.Counter("refused"), 0U);
  EXPECT_EQ(lab.PortCounter(kD1).transmitted.packets, 50U);
}

}  // namespace
}  // namespace bpfcast::bpftest
