// What the views say of a scripted scenario, field by field.
#include "fixture.h"

namespace bpfcast::test {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Ipv4Address kReports = MakeIpv4(224, 0, 0, 22);
const Ipv4Address kReporter = MakeIpv4(203, 0, 113, 77);

std::vector<std::string> Texts(const json& addresses) {
  return addresses.get<std::vector<std::string>>();
}

class StateDump : public E2e {
 protected:
  /// From a host of lan2 whose kernel knows nothing of it, so that nobody answers queries.
  void Say(const Bytes& message, const Ipv4Address& to = kReports) {
    Injector(bed_.h3().ns, "eth0").Send(IgmpFrame(bed_.h3().ns.Mac("eth0"), kReporter, to, message));
    ++said_;
  }
  /// A timer that was set between `begin` and `end` to the Group Membership Interval and read just now,
  /// between `asked` and now.
  static void ExpectTimer(const json& seconds, Instant begin, Instant end, Instant asked) {
    ASSERT_TRUE(seconds.is_number()) << seconds;
    const double gmi = Seconds(kFast.GroupMembershipInterval());
    EXPECT_LE(seconds.get<double>(), gmi - Seconds(asked - end) + 0.1);
    EXPECT_GE(seconds.get<double>(), gmi - Seconds(Clock::now() - begin) - 0.1);
  }

  int said_ = 0;
};
BPFCAST_FOR_EACH_HOOK(StateDump);

TEST_P(StateDump, TX_08_GroupsTimersMergeEntriesAndCountersAreThoseOfTheScenario) {
  StartDaemon();
  const Instant begin = Clock::now();
  Say(ReportV3({{kAllow, kSsm, {Source(1), Source(2)}}}));
  Say(ReportV3({{kToEx, kG, {Source(3)}}, {kIsIn, kG, {Source(4)}}}));
  Say(IgmpV2(0x16, 0, Group(1)), Group(1));
  Bytes broken = ReportV3({{kToEx, Group(2), {}}});
  broken[2] ^= 1;
  Say(broken);                                          // CSUM
  Say({0x13, 0, 0xec, 0xff, 0, 0, 0, 0});               // TYPE: DVMRP
  Say(ReportV3({{kToEx, kSsm, {}}}));                   // SSM
  Say(ReportV3({{kToEx, MakeIpv4(10, 1, 1, 1), {}}}));  // GROUP
  ASSERT_TRUE(Eventually([&] { return Port("lan2")["igmp_drops"]["GROUP"] == 1; })) << Port("lan2").dump(1);
  const Instant end = Clock::now();
  Sender sender(bed_.up(), FromUpstream(kSsm), Sender::Start::kLater);
  sender.Send(50);
  ASSERT_TRUE(Eventually([&] { return GroupOn(kSsm, "lan2")["forwarded_packets"] == 50; }));

  const Instant asked = Clock::now();
  const json ssm = GroupOn(kSsm, "lan2");
  EXPECT_EQ(ssm["mode"], "include");
  EXPECT_THAT(Texts(ssm["sources"]), ElementsAre("10.0.0.1", "10.0.0.2"));
  ExpectTimer(ssm["expires_s"], begin, end, asked);
  ASSERT_EQ(ssm["source_timers"].size(), 2U);
  for (const json& timer : ssm["source_timers"]) ExpectTimer(timer["expires_s"], begin, end, asked);
  EXPECT_EQ(ssm["host_version"], 3);
  EXPECT_EQ(ssm["last_reporter"], kReporter.ToString());
  EXPECT_EQ(ssm["asked_upstream"]["mode"], "include");
  EXPECT_THAT(Texts(ssm["asked_upstream"]["sources"]), ElementsAre("10.0.0.1", "10.0.0.2"));

  const Instant asked_again = Clock::now();
  const json asm_group = GroupOn(kG, "lan2");
  EXPECT_EQ(asm_group["mode"], "exclude");
  EXPECT_THAT(Texts(asm_group["sources"]), ElementsAre("10.0.0.3"));
  EXPECT_THAT(Texts(asm_group["requested"]), ElementsAre("10.0.0.4"));
  ExpectTimer(asm_group["expires_s"], begin, end, asked_again);
  ASSERT_EQ(asm_group["source_timers"].size(), 1U);
  EXPECT_EQ(asm_group["source_timers"][0]["source"], "10.0.0.4");
  ExpectTimer(asm_group["source_timers"][0]["expires_s"], begin, end, asked_again);
  EXPECT_EQ(asm_group["asked_upstream"]["mode"], "exclude");
  EXPECT_THAT(Texts(asm_group["asked_upstream"]["sources"]), ElementsAre("10.0.0.3"));

  const json older = GroupOn(Group(1), "lan2");
  EXPECT_EQ(older["mode"], "exclude");
  EXPECT_THAT(Texts(older["sources"]), IsEmpty());
  EXPECT_EQ(older["host_version"], 2);
  EXPECT_EQ(Groups().size(), 3U) << Groups().dump(1);

  const json lan2 = Port("lan2");
  EXPECT_EQ(lan2["reports_received"], said_ - 2) << "all but the broken one and the unknown one";
  EXPECT_EQ(lan2["queries_received"], 0);
  EXPECT_EQ(lan2["tx_packets"], 50);
  EXPECT_EQ(Port("wan0")["rx_packets"], 50);
  for (const auto& [reason, count] : lan2["igmp_drops"].items()) {
    const bool expected = reason == "CSUM" || reason == "TYPE" || reason == "SSM" || reason == "GROUP";
    EXPECT_EQ(count, expected ? 1 : 0) << reason;
  }
}

}  // namespace
}  // namespace bpfcast::test
