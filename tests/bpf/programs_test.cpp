// What the programs cost: the verifier when they are loaded, and a packet when it passes.
#include <gtest/gtest.h>

#include <algorithm>

#include "bpf/matrix.h"
#include "bpf/program_run.h"

namespace bpfcast::bpftest {
namespace {

TEST(Programs, TheVerifierLooksAtFewInstructions) {
  Lab lab;
  const BpfObject& object = lab.datapath().object();
  const std::pair<const char*, int> programs[] = {{"bpfcast_xdp", object.xdp_program()},
                                                  {"bpfcast_egress", object.egress_program()},
                                                  {"bpfcast_tc", object.tc_program()}};
  for (const auto& [name, program] : programs) {
    const std::uint32_t instructions = VerifiedInstructions(program);
    std::printf("%s: %u instructions verified\n", name, instructions);
    EXPECT_GT(instructions, 0U) << name;
    EXPECT_LT(instructions, 20000U) << name;  // a million is the kernel's limit, and loading takes time
  }
}

template <class Case>
class Programs : public OnMatrix<Case> {};
TYPED_TEST_SUITE(Programs, EveryCase, CaseName);

// What a packet costs up to its redirect. The figure is for the reader; that every run forwarded is the
// claim.
TYPED_TEST(Programs, WhatOnePacketCosts) {
  constexpr int kRuns = 500;
  constexpr int kPackets = 200;  // fewer than its TTL has steps
  this->lab_.Route(this->any_, this->group_, {kD1});
  auto frame = this->Stream();
  frame.ttl = 255;
  const Bytes bytes = frame.Build();
  std::vector<std::uint32_t> times;
  for (int i = 0; i < kRuns; ++i) {
    times.push_back(MeasureProgram(this->lab_, this->kHook, bytes, this->lab_.port(kU).ifindex, kPackets));
  }
  std::sort(times.begin(), times.end());
  std::printf("%s: %u ns a packet, %u at best\n", CaseName::GetName<TypeParam>(0).c_str(), times[kRuns / 2],
              times[0]);
  EXPECT_EQ(this->lab_.Counter("forwarded"), static_cast<std::uint64_t>(kRuns) * kPackets);
}

}  // namespace
}  // namespace bpfcast::bpftest
