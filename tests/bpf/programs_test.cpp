// What the programs cost: the verifier when they are loaded, and a packet when it passes.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include "bpf/matrix.h"
#include "bpf/program_run.h"

namespace bpfcast::bpftest {
namespace {

// The record: program and number of instructions, one a line.
std::map<std::string, std::uint32_t> RecordedInstructions() {
  std::map<std::string, std::uint32_t> recorded;
  std::ifstream file(BPFCAST_VERIFIED_INSTRUCTIONS);
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string name;
    words >> name >> recorded[name];
  }
  return recorded;
}

// A million is the kernel's limit, and loading takes time: what a change costs is seen when it is made.
TEST(Programs, TheVerifierLooksAtFewInstructions) {
  Lab lab;
  const BpfObject& object = lab.datapath().object();
  const std::pair<const char*, int> programs[] = {{"bpfcast_xdp", object.xdp_program()},
                                                  {"bpfcast_egress", object.egress_program()},
                                                  {"bpfcast_tc", object.tc_program()},
                                                  {"bpfcast_tc_bare", object.tc_bare_program()}};
  const auto recorded = RecordedInstructions();
  EXPECT_EQ(recorded.size(), std::size(programs)) << BPFCAST_VERIFIED_INSTRUCTIONS;
  for (const auto& [name, program] : programs) {
    const std::uint32_t instructions = VerifiedInstructions(program);
    const auto found = recorded.find(name);
    ASSERT_NE(found, recorded.end()) << name << " is not in " << BPFCAST_VERIFIED_INSTRUCTIONS;
    std::printf("%s: %u instructions verified, %u recorded\n", name, instructions, found->second);
    EXPECT_GT(instructions, 0U) << name;
    EXPECT_LE(instructions, found->second + found->second / 4)
        << name << " costs the verifier a quarter more than recorded. If that is meant, write "
        << instructions << " in " << BPFCAST_VERIFIED_INSTRUCTIONS << " and say why in the commit.";
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
