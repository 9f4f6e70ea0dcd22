// Which hosts of a link may join anything (`allow-hosts`, `deny-hosts`), with the kernels of two of them.
#include "diagnosis.h"
#include "fixture.h"

namespace bpfcast::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class HostLists : public E2e {
 protected:
  static Scenario Deny(const AnyAddress& host) {
    return {.profile = kTiny, .settings = {{"lan1", "deny-hosts = [\"" + host.ToString() + "\"]\n"}}};
  }
  CommandResult AclTest(const AnyAddress& host) const {
    return daemon_->Cli("acl test --port lan1 --group " + AnyGroup().ToString() + " --host " +
                        host.ToString());
  }
};
INSTANTIATE_TEST_SUITE_P(Hook, HostLists, ::testing::Values("tc", "tc-ipv6"), HookName);

/// Both hosts are on lan1, behind a switch.
TEST_P(HostLists, ARefusedHostBringsNothingToItsPortAndTakesNothingFromTheOthersThere) {
  const AnyAddress permitted = bed_.h1().Reporter(version());
  const AnyAddress denied = bed_.h2().Reporter(version());
  const AnyAddress wanted = MoreGroups(2);  // by the denied host alone
  StartDaemon(Deny(denied));
  const Capture lan1(bed_.h1().ns, "eth0", Capture::What::kUdp);
  Receiver keeps(bed_.h1(), AnyGroup());
  Receiver leaves(bed_.h2(), AnyGroup());
  Receiver nothing(bed_.h2(), wanted);
  keeps.Join();
  leaves.Join();
  nothing.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  const auto verdict = ExpectVerdict(*daemon_, wanted.ToString(), "join-refused");
  EXPECT_THAT(verdict["sentence"].get<std::string>(),
              AllOf(HasSubstr("lan1"), HasSubstr(denied.ToString()), HasSubstr("deny-hosts")));
  EXPECT_THAT(verdict["next"].get<std::string>(), HasSubstr("[interface.lan1]"));
  EXPECT_TRUE(GroupOn(wanted, "lan1").is_null());
  EXPECT_EQ(AclTest(permitted).status, 0);
  const CommandResult no = AclTest(denied);
  EXPECT_EQ(no.status, 2) << no.out << no.err;
  EXPECT_THAT(no.out,
              AllOf(HasSubstr("this host may ask"), HasSubstr("deny-hosts has " + denied.ToString())));

  const Sender stream(bed_.up(), FromUpstream(AnyGroup()));
  Sender unwanted(bed_.up(), FromUpstream(wanted), Sender::Start::kLater);
  ASSERT_TRUE(keeps.WaitForFirst(SourceNo(1)));
  unwanted.Send(20);
  leaves.Leave();
  // The time in which a leave ends what nobody keeps, and more.
  const std::uint64_t before = keeps.Total();
  std::this_thread::sleep_for(2 * kTiny.LastMemberQueryTime());
  EXPECT_TRUE(keeps.WaitForTotal(before + 500, 15s));
  ExpectNoGap(keeps, SourceNo(1));
  EXPECT_EQ(lan1.Count(DataFor(wanted)), 0U);

  // The other way round: what the first host has ends, and what the second one asks for comes.
  daemon_->config().Write(Configuration(Deny(permitted)));
  const CommandResult reloaded = daemon_->Cli("reload");
  ASSERT_EQ(reloaded.status, 0) << reloaded.err;
  EXPECT_THAT(reloaded.out, HasSubstr("lan1: deny-hosts added " + permitted.ToString()));
  EXPECT_TRUE(WaitForNoGroup(AnyGroup(), "lan1", 15s));
  EXPECT_TRUE(WaitForGroup(wanted, "lan1", 15s));
}

}  // namespace
}  // namespace bpfcast::test
