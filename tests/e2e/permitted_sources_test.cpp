// `allow-sources` where one host names a sender that is permitted and another one joins the whole group.
#include "diagnosis.h"
#include "fixture.h"

namespace bpfcast::test {
namespace {

using ::testing::HasSubstr;

class PermittedSources : public E2e {
 protected:
  /// The first sender alone.
  Scenario On(const std::string& port) const {
    return {.settings = {{port, "allow-sources = [\"" + SourceNo(1).ToString() + "\"]\n"}}};
  }
  nlohmann::json AskedUpstream(const std::string& port) const {
    return GroupOn(AnyGroup(), port)["asked_upstream"];
  }
  static nlohmann::json Record(const std::string& mode, const std::vector<std::string>& sources) {
    return {{"mode", mode}, {"sources", sources}};
  }
};
INSTANTIATE_TEST_SUITE_P(Hook, PermittedSources, ::testing::Values("tc", "tc-ipv6"), HookName);

TEST_P(PermittedSources, E_08_TheUpstreamIsAskedForWhatIsNamedThoughSomebodyWantsTheWholeGroup) {
  StartDaemon(On("wan0"));
  Receiver names(bed_.h1(), AnyGroup());
  names.socket().JoinSource(AnyGroup(), SourceNo(1));
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  Receiver all(bed_.h3(), AnyGroup());
  all.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan2"));
  EXPECT_EQ(AskedUpstream("lan1"), Record("include", {SourceNo(1).ToString()}));
  const auto verdict = ExpectVerdict(*daemon_, AnyGroup().ToString(), "no-data");
  EXPECT_THAT(verdict["sentence"].get<std::string>(), HasSubstr("of those who want the whole group nothing"));
  EXPECT_THAT(verdict["next"].get<std::string>(), HasSubstr("[interface.wan0]"));
  Sender sender(bed_.up(), FromUpstream(AnyGroup()));
  EXPECT_TRUE(names.WaitForFirst(SourceNo(1)));
  EXPECT_TRUE(all.WaitForFirst(SourceNo(1))) << "what comes is for everybody";
  names.socket().LeaveSource(AnyGroup(), SourceNo(1));
  EXPECT_TRUE(Eventually([&] { return AskedUpstream("lan2") == Record("include", {}); }, 15s));
}

/// Both hosts are on lan1, behind a switch.
TEST_P(PermittedSources, C_85_AReloadThatBringsAListLeavesWhoNamesAPermittedSenderAlone) {
  StartDaemon();
  Receiver names(bed_.h1(), AnyGroup());
  names.socket().JoinSource(AnyGroup(), SourceNo(1));
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  Receiver all(bed_.h2(), AnyGroup());
  all.Join();
  ExpectGroup(AnyGroup(), "lan1", "exclude", {});
  Sender sender(bed_.up(), FromUpstream(AnyGroup(), 1, 1000));
  Sender other(bed_.up(), FromUpstream(AnyGroup(), 2, 100));
  ASSERT_TRUE(names.WaitForFirst(SourceNo(1)));
  ASSERT_TRUE(all.WaitForFirst(SourceNo(2)));
  daemon_->config().Write(Configuration(On("lan1")));
  const CommandResult reloaded = daemon_->Cli("reload");
  ASSERT_EQ(reloaded.status, 0) << reloaded.err;
  EXPECT_THAT(reloaded.out, HasSubstr("allow-sources"));
  EXPECT_TRUE(Eventually([&] {
    return AskedUpstream("lan1") == Record("include", {SourceNo(1).ToString()});
  })) << AskedUpstream("lan1");
  const std::uint64_t refused = all.Of(SourceNo(2)).received;
  EXPECT_TRUE(names.WaitForTotal(names.Total() + 2000, 15s));
  sender.Stop();
  EXPECT_TRUE(Eventually([&] { return names.Of(SourceNo(1)).last == sender.sent() - 1; }));
  ExpectNoGap(names, SourceNo(1));
  EXPECT_LT(all.Of(SourceNo(2)).received, refused + 100) << "the other sender's packets ended";
}

}  // namespace
}  // namespace bpfcast::test
