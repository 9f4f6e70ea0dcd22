// What the operator changes and watches while the daemon runs: static memberships, log levels, the answer to
// "may this stream pass", and the views that follow.
#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "fixture.h"
#include "json_reference.h"

namespace bpfcast::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Operator : public E2e {
 protected:
  CommandResult Cli(const std::string& words) const { return daemon_->Cli(words); }
  json Json(const std::string& words) const {
    const CommandResult result = Cli(words);
    const json answer = json::parse(result.out, nullptr, false);
    if (answer.is_discarded()) throw std::runtime_error(words + ": " + result.out + result.err);
    return answer;
  }
  /// A command that runs until it is told to end.
  Process Follow(const std::string& words) const {
    std::vector<std::string> argv{CliPath(), "--instance", daemon_->instance()};
    std::istringstream all(words);
    for (std::string word; all >> word;) argv.push_back(word);
    return Process(argv, &bed_.router());
  }
  bool LogHas(const std::string& text) const { return daemon_->Stderr().find(text) != std::string::npos; }
};
INSTANTIATE_TEST_SUITE_P(Hook, Operator, ::testing::Values("tc", "tc-ipv6"), HookName);

TEST_P(Operator, E_07_JoinForwardsWithoutAHostUntilLeave) {
  StartDaemon();
  const std::string group = AnyGroup().ToString();
  const Capture lan1(bed_.h1().ns, "eth0", Capture::What::kUdp);
  const Capture lan2(bed_.h3().ns, "eth0", Capture::What::kUdp);
  const Sender sender(bed_.up(), FromUpstream(AnyGroup()));
  const CommandResult joined = Cli("join lan1 " + group);
  EXPECT_EQ(joined.status, 0) << joined.err;
  EXPECT_THAT(joined.out, AllOf(HasSubstr("lan1"), HasSubstr(group), HasSubstr("until bpfcastd stops")));
  EXPECT_TRUE(lan1.WaitFor(Both(Arrived, DataFor(AnyGroup()))));
  EXPECT_THAT(Cli("groups").out, ContainsRegex(group + " +lan1 .*static"));
  EXPECT_EQ(Cli("leave lan1 " + group).status, 0);
  ASSERT_TRUE(Eventually([&] { return Json("groups -j").empty(); }));
  const Instant left = Clock::now() + 200ms;  // what was on its way
  std::this_thread::sleep_for(500ms);
  EXPECT_EQ(lan1.Count(DataFor(AnyGroup()), left), 0U);
  EXPECT_EQ(lan2.Count(DataFor(AnyGroup())), 0U) << "it was of lan1";
  const CommandResult again = Cli("leave lan1 " + group);
  EXPECT_EQ(again.status, 1);
  EXPECT_THAT(again.err, AllOf(HasSubstr("lan1"), HasSubstr(group)));
}

TEST_P(Operator, E_07_JoinedIsKeptOverACrashAndEndsWithACleanStopUnlessPersistent) {
  StartDaemon();
  const std::string until_stop = MoreGroups(1).ToString();
  const std::string persistent = MoreGroups(2).ToString();
  ASSERT_EQ(Cli("join lan1 " + until_stop).status, 0);
  ASSERT_EQ(Cli("join lan2 " + SsmGroup().ToString() + " " + SourceNo(1).ToString()).status, 0);
  const CommandResult kept = Cli("join lan1 --persistent " + persistent);
  ASSERT_EQ(kept.status, 0) << kept.err;
  daemon_->Kill();
  daemon_->StartAgain();
  ASSERT_TRUE(WaitForGroup(MoreGroups(1), "lan1"));
  EXPECT_EQ(GroupOn(SsmGroup(), "lan2")["static"]["sources"], json::array({SourceNo(1).ToString()}));
  EXPECT_FALSE(GroupOn(MoreGroups(2), "lan1").is_null());
  ASSERT_EQ(daemon_->Stop(), 0);
  daemon_->StartAgain();
  ASSERT_TRUE(WaitForGroup(MoreGroups(2), "lan1"));
  EXPECT_TRUE(GroupOn(MoreGroups(1), "lan1").is_null());
  EXPECT_TRUE(GroupOn(SsmGroup(), "lan2").is_null());
  EXPECT_EQ(Cli("reload").status, 0);
  EXPECT_FALSE(GroupOn(MoreGroups(2), "lan1").is_null()) << "a reload takes nothing of it away";
  ASSERT_EQ(Cli("leave lan1 " + persistent).status, 0);
  EXPECT_FALSE(std::filesystem::exists("/var/lib/bpfcast/" + daemon_->instance() + "/static"));
}

TEST_P(Operator, JoinRefusesWhatCannotBe) {
  StartDaemon();
  const CommandResult nowhere = Cli("join lan9 " + AnyGroup().ToString());
  EXPECT_EQ(nowhere.status, 1);
  EXPECT_THAT(nowhere.err, AllOf(HasSubstr("lan9"), HasSubstr("lan1")));
  const CommandResult no_group = Cli("join lan1 " + SourceNo(1).ToString());
  EXPECT_EQ(no_group.status, 1);
  EXPECT_THAT(no_group.err, HasSubstr("is no group"));
  // Whatever "*" stands for, there must be something.
  daemon_->config().Write("upstream = \"wan0\"\ndownstream = \"*\"\n");
  ASSERT_EQ(Cli("reload").status, 0);
  EXPECT_EQ(Cli("join lan9 " + AnyGroup().ToString()).status, 1);
  EXPECT_EQ(Cli("join ../lan1 " + AnyGroup().ToString()).status, 1);
  const CommandResult loopback = Cli("join lo " + AnyGroup().ToString());
  EXPECT_EQ(loopback.status, 1);
  EXPECT_THAT(loopback.err, HasSubstr("loopback"));
  EXPECT_THAT(Json("groups -j"), IsEmpty());
}

TEST_P(Operator, DebugShowsEachMessageOfOneSubsystemUntilItIsTakenBack) {
  StartDaemon();
  const std::string subsystem = version() == IpVersion::k4 ? "igmp" : "mld";
  const std::string report = (version() == IpVersion::k4 ? "IGMPv3 report from " : "MLDv2 report from ") +
                             bed_.h1().Reporter(version()).ToString();
  Receiver before(bed_.h1(), MoreGroups(1));
  before.Join();
  ASSERT_TRUE(WaitForGroup(MoreGroups(1), "lan1"));
  EXPECT_FALSE(LogHas(report)) << "the log is quiet";
  ASSERT_EQ(Cli("debug " + subsystem + " debug").status, 0);
  EXPECT_THAT(Cli("debug").out, ContainsRegex(subsystem + " +debug"));
  Receiver during(bed_.h1(), MoreGroups(2));
  during.Join();
  ASSERT_TRUE(WaitForGroup(MoreGroups(2), "lan1"));
  EXPECT_TRUE(LogHas(report));
  EXPECT_TRUE(LogHas("TO_EX " + MoreGroups(2).ToString())) << daemon_->Stderr();
  ASSERT_EQ(Cli("debug " + subsystem + " info").status, 0);
  Receiver after(bed_.h1(), MoreGroups(3));
  after.Join();
  ASSERT_TRUE(WaitForGroup(MoreGroups(3), "lan1"));
  EXPECT_FALSE(LogHas("TO_EX " + MoreGroups(3).ToString()));
  const CommandResult unknown = Cli("debug pim debug");
  EXPECT_EQ(unknown.status, 1);
  EXPECT_THAT(unknown.err, HasSubstr("pim"));
}

TEST_P(Operator, ALevelOfTheFileCountsFromTheReloadOn) {
  StartDaemon();
  const std::string key = version() == IpVersion::k4 ? "log-igmp" : "log-mld";
  daemon_->config().Write(key + " = \"debug\"\n" + Configuration());
  const CommandResult reload = Cli("reload");
  ASSERT_EQ(reload.status, 0) << reload.err;
  EXPECT_THAT(reload.out, HasSubstr(key + " as-started -> debug"));
  Receiver receiver(bed_.h1(), AnyGroup());
  receiver.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  EXPECT_TRUE(LogHas("TO_EX " + AnyGroup().ToString())) << daemon_->Stderr();
}

TEST_P(Operator, AclTestSaysWhatDecides) {
  const std::string denied = version() == IpVersion::k4 ? "239.1.7.2/32" : MoreGroups(2).ToString() + "/128";
  StartDaemon({.settings = {{"lan1", "deny-groups = [\"" + denied + "\"]\n"}}});
  const std::string from = " --source " + SourceNo(1).ToString();
  const CommandResult yes = Cli("acl test --port lan1 --group " + MoreGroups(1).ToString() + from);
  EXPECT_EQ(yes.status, 0) << yes.out << yes.err;
  EXPECT_THAT(yes.out, HasSubstr("permitted"));
  const CommandResult no = Cli("acl test --port lan1 --group " + MoreGroups(2).ToString() + from);
  EXPECT_EQ(no.status, 2) << no.out << no.err;
  EXPECT_THAT(no.out, AllOf(HasSubstr("denied"), HasSubstr(denied)));
  const auto of = [&](const std::string& port, const std::string& source) {
    return Cli("acl test --port " + port + " --group " + MoreGroups(1).ToString() + " --source " + source);
  };
  EXPECT_EQ(of("lan9", SourceNo(1).ToString()).status, 1);
  const CommandResult own = of("lan1", version() == IpVersion::k4 ? "198.51.100.2" : "2001:db8:100::2");
  EXPECT_EQ(own.status, 2) << own.out << own.err;
  EXPECT_THAT(own.out, HasSubstr("is an address of wan0 itself"));
  for (const char* nobody : version() == IpVersion::k4 ? std::array{"0.0.0.0", "255.255.255.255", "239.1.1.1"}
                                                       : std::array{"::", "::1", "ff1e::1"}) {
    const CommandResult refused = of("lan1", nobody);
    EXPECT_EQ(refused.status, 1) << refused.out;
    EXPECT_THAT(refused.err, AllOf(HasSubstr(nobody), HasSubstr("source of no packet")));
  }
  // As the datapath and the protocol have it, too.
  Receiver receiver(bed_.h1(), MoreGroups(2));
  receiver.Join();
  std::this_thread::sleep_for(300ms);
  EXPECT_TRUE(GroupOn(MoreGroups(2), "lan1").is_null());
}

TEST_P(Operator, HostsListsWhoKeepsAStreamAliveOnAPort) {
  StartDaemon();
  Receiver one(bed_.h1(), AnyGroup());
  Receiver two(bed_.h2(), AnyGroup());
  one.Join();
  two.Join();
  const auto hosts = [&] {
    std::set<std::string> found;
    for (const json& row : Json("hosts -j")) {
      if (row["port"] == "lan1" && row["group"] == AnyGroup().ToString()) found.insert(row["host"]);
    }
    return found;
  };
  const std::string first = bed_.h1().Reporter(version()).ToString();
  const std::string second = bed_.h2().Reporter(version()).ToString();
  EXPECT_TRUE(Eventually([&] { return hosts() == std::set<std::string>{first, second}; }));
  EXPECT_THAT(Cli("hosts").out, AllOf(ContainsRegex("lan1 +" + first), ContainsRegex("lan1 +" + second)));
  one.Leave();
  EXPECT_TRUE(Eventually([&] { return hosts() == std::set<std::string>{second}; })) << "C-80";
}

TEST_P(Operator, TopShowsAStreamWithItsRate) {
  StartDaemon();
  Receiver receiver(bed_.h1(), AnyGroup());
  receiver.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  const Sender sender(bed_.up(), FromUpstream(AnyGroup()));
  std::this_thread::sleep_for(2s);
  const json top = Json("top -j");
  ASSERT_EQ(top["streams"].size(), 1U) << top.dump(1);
  EXPECT_EQ(top["streams"][0]["group"], AnyGroup().ToString());
  EXPECT_GT(top["streams"][0]["packets_per_s"].get<double>(), 100.0);
  EXPECT_THAT(Cli("top --once").out, AllOf(HasSubstr(AnyGroup().ToString()), HasSubstr("lan1")));
  const CommandResult no_terminal = Cli("top");
  EXPECT_EQ(no_terminal.status, 1);
  EXPECT_THAT(no_terminal.err, HasSubstr("--once"));
}

TEST_P(Operator, EventsAreFollowedAcrossARestartUntilInterrupted) {
  StartDaemon();
  Process follow = Follow("events -f");
  const auto told = [&](std::uint8_t n) {
    const Sender unwanted(bed_.up(), FromUpstream(MoreGroups(n)));
    return Eventually([&] { return follow.Out().find(MoreGroups(n).ToString()) != std::string::npos; });
  };
  EXPECT_TRUE(told(1)) << follow.Out() << follow.Err();
  ASSERT_EQ(daemon_->Stop(), 0);
  daemon_->StartAgain();
  daemon_->WaitUntilUp(4);
  EXPECT_TRUE(told(2)) << follow.Out() << follow.Err();
  follow.Signal(SIGINT);
  EXPECT_EQ(follow.Wait(5s), 0);
  const std::string complaints = follow.Err();
  EXPECT_LE(std::count(complaints.begin(), complaints.end(), '\n'), 1) << complaints;  // that nobody answers
}

TEST_P(Operator, LinesCarryThePriorityThatTheJournalReads) {
  // What systemd tells a service whose stderr is the journal's.
  const std::string as_service = R"(JOURNAL_STREAM=$(stat -Lc %d:%i /proc/self/fd/2) exec "$0" "$@")";
  daemon_.emplace(bed_.router(), Configuration(), NamePrefix("e2e"), Daemon::Start::kWaitUntilReady,
                  std::vector<std::string>{"sh", "-c", as_service});
  MustRun({"ip", "link", "set", "lan1", "down"}, &bed_.router());
  ASSERT_TRUE(Eventually([&] { return LogHas("lan1: waiting"); })) << daemon_->Stderr();
  std::istringstream log(daemon_->Stderr());
  std::size_t lines = 0;
  for (std::string line; std::getline(log, line); ++lines) {
    EXPECT_THAT(line, ContainsRegex("^<[3-6]>(agent|igmp|mld|datapath|links): "));
  }
  EXPECT_GT(lines, 1U);
}

TEST_P(Operator, EveryFieldOfAViewIsDocumented) {
  StartDaemon({.settings = {{"lan1", "ttl-threshold = 2\n"}}});
  Receiver receiver(bed_.h1(), AnyGroup());
  receiver.Join();
  ASSERT_EQ(Cli("join lan2 " + MoreGroups(1).ToString()).status, 0);
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  const Sender wanted(bed_.up(), FromUpstream(AnyGroup()));
  const Sender unwanted(bed_.up(), FromUpstream(MoreGroups(2)));
  ASSERT_TRUE(Eventually([&] { return !Json("events -j").empty() && !Json("flows -j").empty(); }));
  const auto undocumented = [&](const std::string& view, const std::string& words,
                                const std::string& as = "") {
    const json answer = Json(words + " -j");
    EXPECT_FALSE(answer.empty()) << words;
    return UndocumentedFields(answer, {view, as});
  };
  const std::string group = AnyGroup().ToString();
  EXPECT_EQ(undocumented("status", "status", "ports"), "");
  EXPECT_EQ(undocumented("ports", "ports"), "");
  EXPECT_EQ(undocumented("groups", "groups"), "");
  EXPECT_EQ(undocumented("hosts", "hosts"), "");
  EXPECT_EQ(undocumented("flows", "flows"), "");
  EXPECT_EQ(undocumented("top", "top"), "");
  EXPECT_EQ(undocumented("events", "events"), "");
  EXPECT_EQ(undocumented("explain", "explain " + group), "");
  EXPECT_EQ(undocumented("doctor", "doctor"), "");
  EXPECT_EQ(undocumented("acl test", "acl test --port lan1 --group " + group), "");
  EXPECT_EQ(undocumented("debug", "debug"), "");
  EXPECT_EQ(undocumented("join", "join lan2 " + MoreGroups(3).ToString()), "");
  EXPECT_EQ(undocumented("config", "config"), "");
  EXPECT_EQ(undocumented("keys", "keys"), "");
  EXPECT_EQ(undocumented("check", "check " + daemon_->config().path(), "config"), "");
  daemon_->config().Write(Configuration());
  EXPECT_EQ(undocumented("reload", "reload"), "");
}

}  // namespace
}  // namespace bpfcast::test
