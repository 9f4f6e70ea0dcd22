// Programs, filters and flags of somebody else on our interfaces are respected and stay; where somebody takes
// ours away they come back.
#include <filesystem>

#include "fixture.h"
#include "support/foreign_program.h"

namespace bpfcast::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class ForeignPrograms : public E2e {
 protected:
  /// Without the check that every port has the hook that it was given.
  void StartAnyHook() {
    daemon_.emplace(bed_.router(), Configuration(), NamePrefix("e2e"));
    daemon_->WaitUntilUp(4);
  }
  std::string Xdp(const std::string& port) const {
    const auto link = nlohmann::json::parse(bed_.router().Ip("-d -j link show dev " + port)).at(0);
    return link.contains("xdp") ? link["xdp"].dump() : std::string();
  }
  bool WaitForHook(const std::string& port, const std::string& hook, Clock::duration limit = 5s) const {
    return Eventually([&] { return Port(port)["hook"] == hook; }, limit);
  }
  /// Detaches the link of the port whose pin's name begins so.
  void TakeAway(const std::string& pin, const std::string& port) const {
    const std::string name = pin + std::to_string(bed_.router().IfIndex(port));
    for (const auto& entry : std::filesystem::recursive_directory_iterator(daemon_->Pins())) {
      if (entry.path().filename() == name) return DetachLink(entry.path());
    }
    throw std::runtime_error(name + " is not pinned");
  }
  void EndStream(Sender& sender, const Receiver& receiver) const {
    sender.Stop();
    EXPECT_TRUE(Eventually([&] { return receiver.Of(SourceNo(1)).last == sender.sent() - 1; }));
    ExpectNoGap(receiver, SourceNo(1));
  }
};
INSTANTIATE_TEST_SUITE_P(Hook, ForeignPrograms, ::testing::Values("xdp"), HookName);
class ForeignTcPrograms : public ForeignPrograms {};
INSTANTIATE_TEST_SUITE_P(Hook, ForeignTcPrograms, ::testing::Values("tc"), HookName);

TEST_P(ForeignPrograms, TX_02_X_03_AForeignXdpProgramIsNamedAndServedAroundAndStaysAndXdpIsTakenOnceItGoes) {
  const ForeignProgram foreign(ForeignProgram::Kind::kXdp, "somebody_else");
  foreign.AttachByNetlink(bed_.router(), "lan1");
  foreign.AttachByNetlink(bed_.router(), "wan0");
  StartAnyHook();
  const std::string named =
      "XDP program " + std::to_string(foreign.id()) + " (somebody_else) of somebody else";
  for (const char* port : {"wan0", "lan1"}) {
    EXPECT_EQ(Port(port)["hook"], "tc");
    EXPECT_THAT(Port(port)["hook_reason"].get<std::string>(), HasSubstr(named));
  }
  EXPECT_EQ(Port("lan2")["hook"], "xdp");
  EXPECT_THAT(daemon_->Cli("ports").out, HasSubstr(named));
  EXPECT_THAT(daemon_->Stderr(), HasSubstr(named));
  Sender sender(bed_.up(), FromUpstream(AnyGroup(), 1, 5000));
  Receiver one(bed_.h1(), AnyGroup());
  Receiver two(bed_.h3(), AnyGroup());
  one.Join();
  two.Join();
  ASSERT_TRUE(one.WaitForFirst(SourceNo(1)));
  ASSERT_TRUE(two.WaitForFirst(SourceNo(1)));
  const std::string before = Xdp("wan0");
  ASSERT_NE(before, "");

  bed_.router().Ip("link set lan1 xdpdrv off");
  EXPECT_TRUE(WaitForHook("lan1", "xdp")) << "the kernel told of it: " << Port("lan1").dump(1);
  EXPECT_THAT(Port("lan1")["hook_reason"].get<std::string>(), Not(HasSubstr("somebody")));
  EXPECT_TRUE(one.WaitForTotal(one.Total() + 200));
  EXPECT_TRUE(two.WaitForTotal(two.Total() + 200));
  EXPECT_THROW(foreign.AttachByNetlink(bed_.router(), "lan1"), std::runtime_error) << "ours is there now";
  EndStream(sender, two);
  ExpectNoGap(one, SourceNo(1));

  EXPECT_EQ(daemon_->Stop(), 0);
  EXPECT_EQ(Xdp("wan0"), before) << "it is not ours to take away";
  EXPECT_EQ(Xdp("lan1"), "");
  EXPECT_EQ(Xdp("lan2"), "");
}

// Of a link that ends nobody is told.
TEST_P(ForeignPrograms, X_03_XdpIsTakenWithinTenSecondsOfTheEndOfAForeignLinkAndTheLogSaysItOnce) {
  const ForeignProgram foreign(ForeignProgram::Kind::kXdp, "somebody_else");
  std::optional<UniqueFd> link = foreign.Attach(bed_.router(), "lan1");
  StartAnyHook();
  EXPECT_EQ(Port("lan1")["hook"], "tc");
  bed_.router().Ip("link set lan3 alias looked-at");  // the port is looked at again
  link.reset();
  EXPECT_TRUE(WaitForHook("lan1", "xdp", 15s)) << Port("lan1").dump(1);
  const std::string log = daemon_->Stderr();
  const std::size_t first = log.find("attach XDP to lan1");
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(log.find("attach XDP to lan1", first + 1), std::string::npos) << log;
}

TEST_P(ForeignTcPrograms, TX_02_X_03_ForeignTcxProgramsRunBesideOursAndStay) {
  const ForeignProgram early(ForeignProgram::Kind::kTcx, "early");
  const ForeignProgram late(ForeignProgram::Kind::kTcx, "late");
  const UniqueFd first = early.Attach(bed_.router(), "wan0");
  StartDaemon();
  const UniqueFd second = late.Attach(bed_.router(), "wan0");
  EXPECT_EQ(TcxPrograms(bed_.router(), "wan0").size(), 3U);
  Sender sender(bed_.up(), FromUpstream(AnyGroup(), 1, 5000));
  Receiver one(bed_.h1(), AnyGroup());
  one.Join();
  ASSERT_TRUE(one.WaitForTotal(500));
  EndStream(sender, one);
  EXPECT_EQ(daemon_->Stop(), 0);
  EXPECT_THAT(TcxPrograms(bed_.router(), "wan0"), ElementsAre(early.id(), late.id()));
}

TEST_P(ForeignTcPrograms, X_03_ProgramsThatSomebodyTakesAwayComeBackWithinTenSecondsAndTheLogSaysSo) {
  daemon_.emplace(bed_.router(), Configuration({.other_hooks = {{"lan1", "xdp"}}}), NamePrefix("e2e"));
  daemon_->WaitUntilUp(4);
  Sender sender(bed_.up(), FromUpstream(AnyGroup()));
  Receiver one(bed_.h1(), AnyGroup());
  one.Join();
  ASSERT_TRUE(one.WaitForFirst(SourceNo(1)));
  ASSERT_NE(Xdp("lan1"), "");
  TakeAway("link_tc_", "wan0");
  TakeAway("link_xdp_", "lan1");
  EXPECT_EQ(Xdp("lan1"), "");
  EXPECT_TRUE(one.WaitForTotal(one.Total() + 500, 15s)) << "the stream is back";
  EXPECT_TRUE(Eventually([&] { return !Xdp("lan1").empty(); }, 15s));
  EXPECT_EQ(Port("lan1")["hook"], "xdp");
  const std::string log = daemon_->Stderr();
  for (const std::string& line : {"wan0 (ifindex " + std::to_string(bed_.router().IfIndex("wan0")) +
                                      "): somebody took the TC program away",
                                  "lan1 (ifindex " + std::to_string(bed_.router().IfIndex("lan1")) +
                                      "): somebody took the XDP program away"}) {
    const std::size_t first = log.find(line);
    ASSERT_NE(first, std::string::npos) << line;
    EXPECT_EQ(log.find(line, first + 1), std::string::npos);
  }
  EXPECT_EQ(daemon_->Stop(), 0);
  EXPECT_EQ(TcxPrograms(bed_.router(), "wan0").size(), 0U);
  EXPECT_EQ(Xdp("lan1"), "");
}

TEST_P(ForeignTcPrograms, TX_02_X_03_ACleanStopWhileAPortIsElsewhereOrGoneLeavesNothingAnywhere) {
  StartDaemon();
  const NetNs& elsewhere = bed_.up().ns;
  bed_.router().Ip("link set lan3 netns " + elsewhere.name());
  bed_.router().Ip("link del lan2");
  ASSERT_TRUE(Eventually([&] { return Port("lan3")["reason"] == "no such device"; }));
  EXPECT_EQ(daemon_->Stop(), 0) << daemon_->Stderr();
  EXPECT_EQ(TcxPrograms(elsewhere, "lan3").size(), 0U);
  for (const char* port : {"wan0", "lan1"}) {
    EXPECT_EQ(TcxPrograms(bed_.router(), port).size(), 0U);
    EXPECT_EQ(bed_.router().Ip(std::string("link show dev ") + port).find("ALLMULTI"), std::string::npos);
  }
  EXPECT_FALSE(std::filesystem::exists(daemon_->Pins()));
  EXPECT_FALSE(std::filesystem::exists(daemon_->Socket().replace_extension(".allmulti")));
}

}  // namespace
}  // namespace bpfcast::test
