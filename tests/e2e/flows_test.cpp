// What the operator sees: flows, groups with their hosts and timers, ports with hook and reason; as text and
// as JSON.
#include <algorithm>

#include "fixture.h"

namespace bpfcast::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Views : public E2e {
 protected:
  json Flows() const {
    const CommandResult result = daemon_->Cli("flows -j");
    const json flows = json::parse(result.out, nullptr, false);
    if (result.status != 0 || !flows.is_array()) throw std::runtime_error(result.out + result.err);
    return flows;
  }
  json Flow(const AnyAddress& group, const AnyAddress& source) const {
    for (const json& flow : Flows()) {
      if (flow["group"] == group.ToString() && flow["source"] == source.ToString()) return flow;
    }
    return nullptr;
  }
  std::string Reporter(const Host& host) const { return host.Reporter(version()).ToString(); }
};
BPFCAST_FOR_EACH_HOOK_AND_FAMILY(Views);

TEST_P(Views, FlowsShowEveryStreamWithItsPortsItsCountsAndItsRate) {
  StartDaemon();
  EXPECT_THAT(Flows(), IsEmpty());
  EXPECT_EQ(daemon_->Cli("flows").status, 0);
  EXPECT_THAT(daemon_->Cli("flows").out, Not(IsEmpty())) << "a sentence";
  Receiver one(bed_.h1(), AnyGroup());
  Receiver two(bed_.h3(), AnyGroup());
  one.Join();
  two.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan2"));
  Sender sender(bed_.up(), FromUpstream(AnyGroup()));  // 1000 packets/s
  std::this_thread::sleep_for(3s);
  const json playing = Flow(AnyGroup(), SourceNo(1));
  ASSERT_TRUE(playing.is_object()) << Flows().dump(1);
  EXPECT_EQ(playing["arrival"], "wan0");
  EXPECT_EQ(playing["ports"], json::array({"lan1", "lan2"}));
  EXPECT_NEAR(playing["packets_per_s"].get<double>(), 1000, 250);
  const double rate = 1000 * 8 * (version() == IpVersion::k4 ? 228 : 248);  // of 200 octets, and UDP and IP
  EXPECT_NEAR(playing["bits_per_s"].get<double>(), rate, 0.3 * rate);
  EXPECT_LE(playing["last_packet_s"].get<double>(), 1.0);
  EXPECT_GT(playing["first_packet_s"].get<double>(), 1.0);  // three seconds, and what a busy machine adds
  EXPECT_LT(playing["first_packet_s"].get<double>(), 30.0);
  EXPECT_EQ(playing["dropped"], 0);
  const std::string text = daemon_->Cli("flows").out;
  EXPECT_THAT(text, AllOf(HasSubstr(AnyGroup().ToString()), HasSubstr(SourceNo(1).ToString()),
                          HasSubstr("wan0"), HasSubstr("lan1"), HasSubstr("lan2"), HasSubstr("bit/s")));
  sender.Stop();
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(Flow(AnyGroup(), SourceNo(1))["packets"], sender.sent());
  EXPECT_EQ(one.Of(SourceNo(1)).received, sender.sent());
  EXPECT_TRUE(Eventually([&] { return Flow(AnyGroup(), SourceNo(1))["packets_per_s"] == 0.0; }))
      << "it stopped";
  EXPECT_GT(Flow(AnyGroup(), SourceNo(1))["last_packet_s"].get<double>(), 0.5);
}

TEST_P(Views, FlowsAreSortedByGroupAndSourceAndTellWhatNobodyWants) {
  StartDaemon();
  Receiver receiver(bed_.h1(), SsmGroup());
  receiver.socket().JoinSource(SsmGroup(), SourceNo(2));
  Receiver other(bed_.h1(), AnyGroup());
  other.Join();
  ExpectGroup(SsmGroup(), "lan1", "include", {SourceNo(2)});
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  for (const auto& [group, source] :
       {std::pair(AnyGroup(), 3), std::pair(AnyGroup(), 1), std::pair(SsmGroup(), 2)}) {
    Sender(bed_.up(), FromUpstream(group, static_cast<std::uint8_t>(source)), Sender::Start::kLater).Send(50);
  }
  Sender(bed_.h3(), {.group = MoreGroups(5), .source = bed_.h3().Address(version())}, Sender::Start::kLater)
      .Send(50);
  ASSERT_TRUE(Eventually([&] { return Flows().size() >= 4; })) << Flows().dump(1);
  std::vector<std::pair<std::string, std::string>> seen;
  for (const json& flow : Flows()) seen.emplace_back(flow["group"], flow["source"]);
  std::vector<std::pair<AnyAddress, AnyAddress>> played{{SsmGroup(), SourceNo(2)},
                                                        {AnyGroup(), SourceNo(1)},
                                                        {AnyGroup(), SourceNo(3)},
                                                        {MoreGroups(5), bed_.h3().Address(version())}};
  std::sort(played.begin(), played.end());
  std::vector<std::pair<std::string, std::string>> sorted;
  for (const auto& [group, source] : played) sorted.emplace_back(group.ToString(), source.ToString());
  EXPECT_EQ(seen, sorted);
  EXPECT_EQ(Flow(MoreGroups(5), bed_.h3().Address(version()))["ports"], json::array({"wan0"}))
      << "the way up needs no member";
  EXPECT_EQ(Flow(MoreGroups(5), bed_.h3().Address(version()))["arrival"], "lan2");
  EXPECT_EQ(Flow(SsmGroup(), SourceNo(2))["packets"], 50);
}

TEST_P(Views, GroupsShowHostsAndTimers) {
  StartDaemon();
  MulticastSocket h1(bed_.h1(), version());
  MulticastSocket h2(bed_.h2(), version());
  h1.Join(AnyGroup());
  h2.Join(AnyGroup());
  h1.JoinSource(SsmGroup(), SourceNo(1));
  h1.JoinSource(SsmGroup(), SourceNo(2));
  ExpectGroup(SsmGroup(), "lan1", "include", {SourceNo(1), SourceNo(2)});
  ASSERT_TRUE(Eventually([&] {
    const json group = GroupOn(AnyGroup(), "lan1");
    return group.is_object() && group["hosts"].size() == 2;
  })) << GroupOn(AnyGroup(), "lan1").dump(1);
  const double longest = Seconds(kFast.GroupMembershipInterval());
  for (const json& host : GroupOn(AnyGroup(), "lan1")["hosts"]) {
    EXPECT_THAT(host["address"], ::testing::AnyOf(Reporter(bed_.h1()), Reporter(bed_.h2())));
    EXPECT_EQ(host["version"], Newest());
    EXPECT_EQ(host["mode"], "exclude");
    EXPECT_LE(host["last_report_s"].get<double>(), 5.0);
    EXPECT_GT(host["expires_s"].get<double>(), 0.0);
    EXPECT_LE(host["expires_s"].get<double>(), longest);
  }
  const json ssm = GroupOn(SsmGroup(), "lan1");
  ASSERT_EQ(ssm["source_timers"].size(), 2U);
  EXPECT_EQ(ssm["source_timers"][0]["source"], SourceNo(1).ToString());
  EXPECT_GT(ssm["source_timers"][0]["expires_s"].get<double>(), 0.0);
  EXPECT_LE(ssm["source_timers"][0]["expires_s"].get<double>(), longest);
  const CommandResult details = daemon_->Cli("groups -d");
  EXPECT_EQ(details.status, 0) << details.err;
  EXPECT_THAT(details.out, AllOf(HasSubstr(AnyGroup().ToString()), HasSubstr(Reporter(bed_.h1())),
                                 HasSubstr(Reporter(bed_.h2())), HasSubstr(SsmGroup().ToString()),
                                 HasSubstr(SourceNo(2).ToString())));
}

TEST_P(Views, PortsShowHookReasonQuerierAndHostVersion) {
  StartDaemon();
  const std::string text = daemon_->Cli("ports").out;
  EXPECT_THAT(text, AllOf(HasSubstr(Hook()), HasSubstr("wan0"), HasSubstr("lan3")));
  for (const json& port : Ports()) {
    EXPECT_EQ(port["hook"], Hook());
    const std::string reason = port["hook_reason"];
    EXPECT_FALSE(reason.empty());
    EXPECT_THAT(text, HasSubstr(reason));
    const json& family = port[FamilyName()];
    if (port["role"] == "upstream") {
      EXPECT_TRUE(family["querier"].is_null());
      EXPECT_EQ(family["host"]["version"], Newest());
      EXPECT_TRUE(family["host"]["expires_s"].is_null());
    } else {
      EXPECT_TRUE(family["host"].is_null());
      EXPECT_EQ(family["querier"]["role"], "querier");
      EXPECT_EQ(family["querier"]["address"], family["address"]);
      EXPECT_EQ(family["querier"]["version"], Newest());
    }
  }
}

}  // namespace
}  // namespace bpfcast::test
