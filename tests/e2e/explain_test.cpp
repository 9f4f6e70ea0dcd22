// `bpfcast explain`: each fault is made on a real bed, and the verdict names it and the way out.
#include "diagnosis.h"
#include "fixture.h"

namespace bpfcast::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class Explains : public E2e {
 protected:
  json Ask(const std::string& stream) const { return Explain(*daemon_, stream); }
  json Verdict(const std::string& stream, const std::string& state) const {
    return ExpectVerdict(*daemon_, stream, state);
  }
  void Send(const Host& host, const AnyAddress& source, const AnyAddress& group, int ttl = 16) const {
    Sender sender(host, {.group = group, .source = source, .ttl = ttl}, Sender::Start::kLater);
    sender.Send(20);
  }
  std::string G() const { return AnyGroup().ToString(); }
};
BPFCAST_FOR_EACH_HOOK_AND_FAMILY(Explains);

TEST_P(Explains, FollowsAStreamThroughItsFourSteps) {
  const bool ipv4 = version() == IpVersion::k4;
  StartDaemon(
      {.settings = {{"wan0", ipv4 ? "altnet = [\"10.0.0.0/30\"]\n" : "altnet = [\"2001:db8::/126\"]\n"},
                    {"lan3", "deny-groups = [\"239.9.9.9\", \"ff0e::9\"]\n"}}});
  EXPECT_THAT(Verdict(G(), "nobody-wants")["sentence"].get<std::string>(), HasSubstr("wants " + G()));

  Receiver receiver(bed_.h1(), AnyGroup());
  receiver.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  const json no_data = Verdict(G(), "no-data");
  EXPECT_THAT(no_data["sentence"].get<std::string>(), HasSubstr("no router there ever sent a query"));
  EXPECT_THAT(no_data["next"].get<std::string>(), HasSubstr("tcpdump -ni wan0"));

  // A sender outside the altnet: the line that accepts it.
  Send(bed_.up(), SourceNo(5), AnyGroup());
  const json wrong = Verdict(G(), "data-refused");
  EXPECT_THAT(wrong["next"].get<std::string>(),
              HasSubstr(ipv4 ? "[interface.wan0] altnet = [\"10.0.0.0/30\", \"10.0.0.5/32\"]"
                             : "[interface.wan0] altnet = [\"2001:db8::/126\", \"2001:db8::5/128\"]"));
  // TTL 1.
  Send(bed_.up(), SourceNo(2), AnyGroup(), 1);
  EXPECT_THAT(Verdict(G() + " " + SourceNo(2).ToString(), "data-refused")["next"].get<std::string>(),
              HasSubstr("set the TTL of the sender above 1"));
  // The address of another link's host on the upstream link.
  bed_.up().ns.Ip("addr add " + bed_.h4().Address(version()).ToString() +
                  (ipv4 ? "/32 dev up0" : "/128 dev up0 nodad"));
  Send(bed_.up(), bed_.h4().Address(version()), AnyGroup());
  const json misplaced = Verdict(G() + " " + bed_.h4().Address(version()).ToString(), "data-refused");
  EXPECT_THAT(misplaced["sentence"].get<std::string>(), HasSubstr("belongs to lan3"));

  // What is as it should be.
  Sender sender(bed_.up(), FromUpstream(AnyGroup(), 1, 100));
  ASSERT_TRUE(receiver.WaitForFirst(SourceNo(1)));
  const json good = Verdict(G(), "delivering");
  EXPECT_THAT(good["sentence"].get<std::string>(), HasSubstr("from wan0 to lan1"));
  const json answer = Ask(G() + " " + SourceNo(1).ToString());
  EXPECT_EQ(answer["source"], SourceNo(1).ToString());
  EXPECT_EQ(answer["joined"]["asked"], true);
  EXPECT_GE(answer["joined"]["reports_sent"], 1);
  ASSERT_EQ(answer["data"].size(), 1U);
  EXPECT_EQ(answer["data"][0]["state"], "forwarded");
  EXPECT_EQ(answer["data"][0]["ports"], json::array({"lan1"}));
  const CommandResult text = daemon_->Cli("explain " + G());
  EXPECT_EQ(text.status, 0) << text.err;
  for (const std::string& line :
       {"wanted      lan1 by " + bed_.h1().Reporter(version()).ToString(),
        std::string("joined      wan0: all, in"), "data        " + SourceNo(1).ToString() + " on wan0: ",
        std::string("delivered   lan1: "), "verdict     delivering: " + G() + " flows from wan0 to lan1"}) {
    EXPECT_THAT(text.out, HasSubstr(line));
  }

  // A sender that is refused beside it.
  Send(bed_.up(), SourceNo(5), AnyGroup());
  json beside;
  EXPECT_TRUE(Eventually([&] {
    beside = Ask(G())["verdict"];
    return beside["sentence"].get<std::string>().find("; but packets of " + SourceNo(5).ToString()) !=
           std::string::npos;
  })) << beside;
  EXPECT_EQ(beside["state"], "delivering");
  EXPECT_THAT(beside["next"].get<std::string>(), HasSubstr("[interface.wan0] altnet ="));

  // A group that the access list denies.
  const AnyAddress denied = ipv4 ? AnyAddress(MakeIpv4(239, 9, 9, 9)) : Ipv6("ff0e::9");
  Receiver refused(bed_.h4(), denied);
  refused.Join();
  const json policy = Verdict(denied.ToString(), "join-refused");
  EXPECT_THAT(policy["sentence"].get<std::string>(), HasSubstr("lan3 refuses joins"));
  EXPECT_THAT(policy["next"].get<std::string>(), HasSubstr("[interface.lan3]"));

  EXPECT_EQ(daemon_->Cli("explain 10.0.0.1").status, 1);
  EXPECT_THAT(daemon_->Cli("explain 10.0.0.1").err, HasSubstr("\"10.0.0.1\" is no multicast group"));
  EXPECT_THAT(daemon_->Cli("explain ff02::fb%lan1").err, HasSubstr("give the group without %lan1"));
  EXPECT_EQ(daemon_->Cli("explain " + G() + " nobody").status, 1);
}

/// What does not depend on the hook.
class ExplainsProtocol : public Explains {};
INSTANTIATE_TEST_SUITE_P(Hook, ExplainsProtocol, ::testing::Values("tc", "tc-ipv6"), HookName);

TEST_P(ExplainsProtocol, NamesLimitsOtherQueriersBoundariesAndAnUpstreamThatIsDown) {
  const bool ipv4 = version() == IpVersion::k4;
  StartDaemon({.settings = {{"lan1", "max-groups = 1\n"},
                            {"wan0", ipv4 ? "boundaries = [\"239.1.7.4/32\"]\n"
                                          : "boundaries = [\"ff0e::4/128\"]\n"}}});
  Receiver first(bed_.h1(), AnyGroup());
  first.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  Receiver second(bed_.h1(), MoreGroups(1));
  second.Join();
  const json limit = Verdict(MoreGroups(1).ToString(), "join-refused");
  EXPECT_THAT(limit["sentence"].get<std::string>(), HasSubstr("max-groups of 1"));
  EXPECT_THAT(limit["next"].get<std::string>(), HasSubstr("raise max-groups in [interface.lan1]"));

  const AnyAddress bounded = ipv4 ? AnyAddress(MakeIpv4(239, 1, 7, 4)) : Ipv6("ff0e::4");
  Receiver inside(bed_.h3(), bounded);
  inside.Join();
  ASSERT_TRUE(WaitForGroup(bounded, "lan2"));
  EXPECT_THAT(Verdict(bounded.ToString(), "not-joined")["sentence"].get<std::string>(),
              HasSubstr("boundaries"));

  // Members of one source, and packets of another.
  Receiver specific(bed_.h3(), SsmGroup());
  specific.socket().JoinSource(SsmGroup(), SourceNo(1));
  ASSERT_TRUE(WaitForGroup(SsmGroup(), "lan2"));
  Send(bed_.up(), SourceNo(2), SsmGroup());
  const json source = Verdict(SsmGroup().ToString(), "data-refused");
  EXPECT_THAT(source["next"].get<std::string>(),
              HasSubstr("(" + SourceNo(2).ToString() + ", " + SsmGroup().ToString() + ")"));

  // A stream that flows until its port goes down, which is known before the counters know that it stopped.
  const Sender sender(bed_.up(), FromUpstream(AnyGroup(), 1, 100));
  ASSERT_TRUE(first.WaitForFirst(SourceNo(1)));
  bed_.router().Ip("link set wan0 down");
  ASSERT_TRUE(Eventually([&] { return daemon_->Port("wan0")["state"] != "up"; }));
  EXPECT_EQ(Ask(G())["data"][0]["state"], "stopped");
  const json down = Ask(G())["verdict"];
  EXPECT_EQ(down["state"], "not-joined");
  EXPECT_THAT(down["sentence"].get<std::string>(), HasSubstr("link is down"));
  EXPECT_THAT(down["next"].get<std::string>(), HasSubstr("ip link set wan0 up"));
}

}  // namespace
}  // namespace bpfcast::test
