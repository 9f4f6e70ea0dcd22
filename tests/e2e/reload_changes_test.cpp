// What `bpfcast reload` says that it changed is what it changed; a stream to a port that it does not concern
// does not notice.
#include "fixture.h"

namespace bpfcast::test {
namespace {

using ::testing::HasSubstr;

class ReloadChanges : public E2e {
 protected:
  /// The output of `bpfcast reload` with the configuration of `scenario`.
  std::string ReloadWith(const Scenario& scenario) const {
    daemon_->config().Write(Configuration(scenario));
    const CommandResult result = daemon_->Cli("reload");
    EXPECT_EQ(result.status, 0) << result.err;
    return result.out;
  }
  bool WaitForHook(const std::string& port, const std::string& hook) const {
    return Eventually([&] { return Port(port)["hook"] == hook; });
  }
  static void WaitForMore(const Receiver& receiver, std::uint64_t more = 200) {
    EXPECT_TRUE(receiver.WaitForTotal(receiver.Total() + more));
  }
};
BPFCAST_FOR_EACH_HOOK_AND_FAMILY(ReloadChanges);

TEST_P(ReloadChanges, TX_04_X_04_PolicyTimingAndHooksOfOtherPortsChangeUnderAStreamWithoutALostPacket) {
  Scenario scenario;
  StartDaemon(scenario);
  Receiver stays(bed_.h1(), AnyGroup());
  Receiver other(bed_.h3(), AnyGroup());
  stays.Join();
  other.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan2"));
  Sender sender(bed_.up(), FromUpstream(AnyGroup(), 1, 5000));
  ASSERT_TRUE(stays.WaitForFirst(SourceNo(1)));
  ASSERT_TRUE(other.WaitForFirst(SourceNo(1)));
  EXPECT_EQ(ReloadWith(scenario), "reloaded: nothing changed\n");

  const std::string denied = MoreGroups(9).ToString();
  const std::string length = version() == IpVersion::k4 ? "/32" : "/128";
  scenario.settings["lan2"] = "deny-groups = [\"" + denied + "\"]\nttl-threshold = 3\nrobustness = 3\n";
  EXPECT_EQ(ReloadWith(scenario), "reloaded:\n  lan2: ttl-threshold 1 -> 3\n  lan2: deny-groups added " +
                                      denied + length + "\n  lan2: robustness 2 -> 3\n");
  Receiver refused(bed_.h3(), MoreGroups(9));
  refused.Join();
  Receiver allowed(bed_.h3(), MoreGroups(10));
  allowed.Join();
  EXPECT_TRUE(WaitForGroup(MoreGroups(10), "lan2"));
  EXPECT_TRUE(GroupOn(MoreGroups(9), "lan2").is_null());

  const std::string second = Hook() == "xdp" ? "tc" : "xdp";
  // Of a port where members are, of the one where the stream arrives, and back again.
  for (const std::string port : {"lan2", "wan0"}) {
    scenario.other_hooks = {{port, second}};
    EXPECT_EQ(ReloadWith(scenario), "reloaded:\n  " + port + ": hook " + Hook() + " -> " + second + "\n");
    EXPECT_TRUE(WaitForHook(port, second));
    WaitForMore(stays);
    scenario.other_hooks.clear();
    EXPECT_EQ(ReloadWith(scenario), "reloaded:\n  " + port + ": hook " + second + " -> " + Hook() + "\n");
    EXPECT_TRUE(WaitForHook(port, Hook()));
    WaitForMore(stays);
  }
  scenario.settings.clear();
  EXPECT_THAT(ReloadWith(scenario), HasSubstr("lan2: deny-groups removed " + denied));
  EXPECT_TRUE(WaitForGroup(MoreGroups(9), "lan2")) << "the next query brings what was refused";
  sender.Stop();
  EXPECT_TRUE(Eventually([&] { return stays.Of(SourceNo(1)).last == sender.sent() - 1; }));
  ExpectNoGap(stays, SourceNo(1));
  ExpectNoGap(other, SourceNo(1));
}

class ReloadTells : public ReloadChanges {};
INSTANTIATE_TEST_SUITE_P(Hook, ReloadTells, ::testing::Values("tc"), HookName);

TEST_P(ReloadTells, X_04_EachChangeStandsInTheOutputTheJsonAndTheLog) {
  StartDaemon();
  Scenario scenario{.downstreams = {"lan1", "lan2"}};
  scenario.settings["wan0"] = "altnet = [\"10.0.0.0/29\"]\n";
  const std::string text = "datapath = \"bpf\"\n" + Configuration(scenario);
  daemon_->config().Write(text);
  const auto answer = nlohmann::json::parse(daemon_->Cli("reload -j").out);
  EXPECT_EQ(answer, nlohmann::json::parse(R"json({"changed": [
      {"interface": "lan3", "setting": "role", "before": "downstream", "after": null, "added": [], "removed": [],
       "takes_effect": "now", "text": "lan3: no downstream any more"},
      {"interface": null, "setting": "datapath", "before": "auto", "after": "bpf", "added": [], "removed": [],
       "takes_effect": "next start", "text": "datapath auto -> bpf (at the next start)"},
      {"interface": "wan0", "setting": "altnet", "before": [], "after": ["10.0.0.0/29"], "added": ["10.0.0.0/29"],
       "removed": [], "takes_effect": "now", "text": "wan0: altnet added 10.0.0.0/29"}]})json"));
  for (const auto& change : answer["changed"]) {
    EXPECT_THAT(daemon_->Stderr(), HasSubstr("reload: " + change["text"].get<std::string>()));
  }
  EXPECT_EQ(daemon_->Cli("reload").out, "reloaded:\n  datapath auto -> bpf (at the next start)\n")
      << "what still waits is told again";
  daemon_->config().Write(Configuration(scenario));
  EXPECT_EQ(daemon_->Cli("reload").out, "reloaded: nothing changed\n");
  EXPECT_THAT(daemon_->Stderr(), HasSubstr("nothing changed"));
}

}  // namespace
}  // namespace bpfcast::test
