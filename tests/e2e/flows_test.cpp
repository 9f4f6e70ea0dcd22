// What the operator sees: flows, groups with their hosts and timers, ports with hook and reason; as text and
// as JSON.
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
  json Flow(const Ipv4Address& group, const Ipv4Address& source) const {
    for (const json& flow : Flows()) {
      if (flow["group"] == group.ToString() && flow["source"] == source.ToString()) return flow;
    }
    return nullptr;
  }
};
BPFCAST_FOR_EACH_HOOK(Views);

TEST_P(Views, FlowsShowEveryStreamWithItsPortsItsCountsAndItsRate) {
  StartDaemon();
  EXPECT_THAT(Flows(), IsEmpty());
  EXPECT_EQ(daemon_->Cli("flows").status, 0);
  EXPECT_THAT(daemon_->Cli("flows").out, Not(IsEmpty())) << "a sentence";
  Receiver one(bed_.h1(), kG);
  Receiver two(bed_.h3(), kG);
  one.Join();
  two.Join();
  ASSERT_TRUE(WaitForGroup(kG, "lan1"));
  ASSERT_TRUE(WaitForGroup(kG, "lan2"));
  Sender sender(bed_.up(), FromUpstream(kG));  // 1000 packets/s of 200 + 28 octets of IP
  std::this_thread::sleep_for(3s);
  const json playing = Flow(kG, Source(1));
  ASSERT_TRUE(playing.is_object()) << Flows().dump(1);
  EXPECT_EQ(playing["arrival"], "wan0");
  EXPECT_EQ(playing["ports"], json::array({"lan1", "lan2"}));
  EXPECT_NEAR(playing["packets_per_s"].get<double>(), 1000, 250);
  EXPECT_NEAR(playing["bits_per_s"].get<double>(), 1000 * 8 * 228, 0.3 * 1000 * 8 * 228);
  EXPECT_LE(playing["last_packet_s"].get<double>(), 1.0);
  EXPECT_EQ(playing["dropped"], 0);
  const std::string text = daemon_->Cli("flows").out;
  EXPECT_THAT(text, AllOf(HasSubstr("239.1.2.3"), HasSubstr("10.0.0.1"), HasSubstr("wan0"), HasSubstr("lan1"),
                          HasSubstr("lan2"), HasSubstr("bit/s")));
  sender.Stop();
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(Flow(kG, Source(1))["packets"], sender.sent());
  EXPECT_EQ(one.Of(Source(1)).received, sender.sent());
  EXPECT_TRUE(Eventually([&] { return Flow(kG, Source(1))["packets_per_s"] == 0.0; })) << "it stopped";
  EXPECT_GT(Flow(kG, Source(1))["last_packet_s"].get<double>(), 0.5);
}

TEST_P(Views, FlowsAreSortedByGroupAndSourceAndTellWhatNobodyWants) {
  StartDaemon();
  Receiver receiver(bed_.h1(), kSsm);
  receiver.socket().JoinSource(kSsm, Source(2));
  Receiver other(bed_.h1(), kG);
  other.Join();
  ExpectGroup(kSsm, "lan1", "include", {Source(2)});
  ASSERT_TRUE(WaitForGroup(kG, "lan1"));
  for (const auto& [group, source] : {std::pair(kG, 3), std::pair(kG, 1), std::pair(kSsm, 2)}) {
    Sender(bed_.up(), FromUpstream(group, static_cast<std::uint8_t>(source)), Sender::Start::kLater).Send(50);
  }
  Sender(bed_.h3(), {.group = Group(5), .source = bed_.h3().address}, Sender::Start::kLater).Send(50);
  ASSERT_TRUE(Eventually([&] { return Flows().size() >= 4; })) << Flows().dump(1);
  std::vector<std::pair<std::string, std::string>> seen;
  for (const json& flow : Flows()) seen.emplace_back(flow["group"], flow["source"]);
  const std::vector<std::pair<std::string, std::string>> sorted{{"232.1.1.1", "10.0.0.2"},
                                                                {"239.1.2.3", "10.0.0.1"},
                                                                {"239.1.2.3", "10.0.0.3"},
                                                                {"239.1.7.5", "203.0.113.10"}};
  EXPECT_EQ(seen, sorted);
  EXPECT_EQ(Flow(Group(5), bed_.h3().address)["ports"], json::array({"wan0"}))
      << "the way up needs no member";
  EXPECT_EQ(Flow(Group(5), bed_.h3().address)["arrival"], "lan2");
  EXPECT_EQ(Flow(kSsm, Source(2))["packets"], 50);
}

TEST_P(Views, GroupsShowHostsAndTimers) {
  StartDaemon();
  MulticastSocket h1(bed_.h1());
  MulticastSocket h2(bed_.h2());
  h1.Join(kG);
  h2.Join(kG);
  h1.JoinSource(kSsm, Source(1));
  h1.JoinSource(kSsm, Source(2));
  ExpectGroup(kSsm, "lan1", "include", {Source(1), Source(2)});
  ASSERT_TRUE(Eventually([&] {
    const json group = GroupOn(kG, "lan1");
    return group.is_object() && group["hosts"].size() == 2;
  })) << GroupOn(kG, "lan1").dump(1);
  const double longest = Seconds(kFast.GroupMembershipInterval());
  for (const json& host : GroupOn(kG, "lan1")["hosts"]) {
    EXPECT_THAT(host["address"], ::testing::AnyOf("192.0.2.10", "192.0.2.11"));
    EXPECT_EQ(host["version"], 3);
    EXPECT_EQ(host["mode"], "exclude");
    EXPECT_LE(host["last_report_s"].get<double>(), 5.0);
    EXPECT_GT(host["expires_s"].get<double>(), 0.0);
    EXPECT_LE(host["expires_s"].get<double>(), longest);
  }
  const json ssm = GroupOn(kSsm, "lan1");
  ASSERT_EQ(ssm["source_timers"].size(), 2U);
  EXPECT_EQ(ssm["source_timers"][0]["source"], "10.0.0.1");
  EXPECT_GT(ssm["source_timers"][0]["expires_s"].get<double>(), 0.0);
  EXPECT_LE(ssm["source_timers"][0]["expires_s"].get<double>(), longest);
  const CommandResult details = daemon_->Cli("groups -d");
  EXPECT_EQ(details.status, 0) << details.err;
  EXPECT_THAT(details.out, AllOf(HasSubstr("239.1.2.3"), HasSubstr("192.0.2.10"), HasSubstr("192.0.2.11"),
                                 HasSubstr("232.1.1.1"), HasSubstr("10.0.0.2")));
}

TEST_P(Views, PortsShowHookReasonQuerierAndHostVersion) {
  StartDaemon();
  const std::string text = daemon_->Cli("ports").out;
  EXPECT_THAT(text, AllOf(HasSubstr(GetParam()), HasSubstr("wan0"), HasSubstr("lan3")));
  for (const json& port : Ports()) {
    EXPECT_EQ(port["hook"], GetParam());
    const std::string reason = port["hook_reason"];
    EXPECT_FALSE(reason.empty());
    EXPECT_THAT(text, HasSubstr(reason));
    if (port["role"] == "upstream") {
      EXPECT_TRUE(port["querier"].is_null());
      EXPECT_EQ(port["host"]["version"], 3);
      EXPECT_TRUE(port["host"]["expires_s"].is_null());
    } else {
      EXPECT_TRUE(port["host"].is_null());
      EXPECT_EQ(port["querier"]["role"], "querier");
      EXPECT_EQ(port["querier"]["address"], port["address"]);
      EXPECT_EQ(port["querier"]["version"], 3);
    }
  }
}

}  // namespace
}  // namespace bpfcast::test
