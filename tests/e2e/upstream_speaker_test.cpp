// What is said upstream by bpfcastd itself and, when it is told so, by the kernel's host side: the cases of
// section D marked "both", for both families.
#include <iostream>
#include <map>
#include <set>
#include <sstream>

#include "fixture.h"
#include "support/wiring.h"

namespace bpfcast::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using What = Capture::What;

class UpstreamSpeaker : public E2e {
 protected:
  UpstreamSpeaker() : wire_(bed_.up().ns, "up0", Control()) {}

  MulticastSocket Member(const Host& host) const { return MulticastSocket(host, version()); }
  /// After all transmissions of a change: the kernel's interval is one second.
  static void LetRepeatsPass() { std::this_thread::sleep_for(1300ms); }
  /// A report that no socket of a host could ask for: longer than its own limits.
  void Report(std::uint8_t type, const AnyAddress& group, const std::vector<AnyAddress>& sources) const {
    const Host host = bed_.h3();
    const AnyAddress routers =
        version() == IpVersion::k4 ? AnyAddress(MakeIpv4(224, 0, 0, 22)) : Ipv6("ff02::16");
    Injector(host.ns, host.interface)
        .Send(IgmpFrame(host.ns.Mac(host.interface), host.Reporter(version()), routers,
                        ReportV3({{type, group, sources}})));
  }
  /// More than the kernel lets one socket name: igmp_max_msf is 10, mld_max_msf is 64.
  std::vector<AnyAddress> ManySources() const {
    std::vector<AnyAddress> sources;
    for (std::uint8_t n = 11; n < (version() == IpVersion::k4 ? 23 : 81); ++n) {
      sources.push_back(version() == IpVersion::k4 ? AnyAddress(MakeIpv4(10, 0, 1, n))
                                                   : Ipv6("2001:db8::1:" + std::to_string(n)));
    }
    std::sort(sources.begin(), sources.end());
    return sources;
  }
  /// The records of a group that the upstream router saw, without those that repeat the one before.
  std::vector<std::string> Said(const AnyAddress& group) const {
    std::vector<std::string> said;
    for (const Packet& packet : wire_.Packets(Arrived)) {
      if (!packet.igmp) continue;
      for (const IgmpRecord& record : packet.igmp->records) {
        const std::string text = ToText(record);
        if (record.group == group && (said.empty() || said.back() != text)) said.push_back(text);
      }
    }
    return said;
  }
  /// "ALLOW 232.1.1.1 {10.0.0.1}"
  static std::string Text(std::uint8_t type, const AnyAddress& group, std::vector<AnyAddress> sources = {}) {
    return ToText(IgmpRecord{type, group, std::move(sources)});
  }

  /// A file of the router's /proc/net.
  std::string ProcNet(const std::string& file) const {
    return MustRun({"cat", "/proc/net/" + file}, &bed_.router());
  }
  /// The counter of /proc/net/snmp, netstat ("Udp", "RcvbufErrors") or snmp6 ("", "Udp6RcvbufErrors").
  std::uint64_t Counter(const std::string& ipv4_table, const std::string& name) const;
  /// Has a socket of the router joined the group on wan0?
  bool IsJoinedByRouter(const AnyAddress& group) const {
    std::ostringstream hex;
    hex << std::hex << std::uppercase;
    const auto bytes = group.bytes();
    if (version() == IpVersion::k6) {
      for (const std::uint8_t byte : bytes) hex << (byte < 16 ? "0" : "") << std::nouppercase << int{byte};
      return ProcNet("igmp6").find(hex.str()) != std::string::npos;
    }
    for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte)
      hex << (*byte < 16 ? "0" : "") << int{*byte};
    return ProcNet("igmp").find(hex.str()) != std::string::npos;
  }
  /// Packets to groups that the router's own stack took.
  std::uint64_t TakenByTheStack() const {
    return version() == IpVersion::k4 ? Counter("IpExt", "InMcastPkts") : Counter("", "Ip6InMcastPkts");
  }

  Capture wire_;
};
BPFCAST_FOR_EACH_FAMILY_AND_SPEAKER(UpstreamSpeaker);

std::uint64_t UpstreamSpeaker::Counter(const std::string& ipv4_table, const std::string& name) const {
  if (ipv4_table.empty()) {
    std::istringstream text(ProcNet("snmp6"));
    std::string key;
    for (std::uint64_t value = 0; text >> key >> value;) {
      if (key == name) return value;
    }
    throw std::runtime_error("no counter " + name);
  }
  // A line of names, then a line of values, each after "Table:".
  std::istringstream text(ProcNet(ipv4_table == "IpExt" ? "netstat" : "snmp"));
  for (std::string names; std::getline(text, names);) {
    std::string values;
    std::getline(text, values);
    const std::vector<std::string> name_words = Words(names);
    const std::vector<std::string> value_words = Words(values);
    if (name_words.empty() || name_words[0] != ipv4_table + ":") continue;
    for (std::size_t i = 1; i < name_words.size(); ++i) {
      if (name_words[i] == name) return std::stoull(value_words.at(i));
    }
  }
  throw std::runtime_error("no counter " + ipv4_table + " " + name);
}

TEST_P(UpstreamSpeaker, TD_27_D_30_D_31_MoreGroupsThanASocketMayJoinAreAllReported) {
  StartDaemon();
  MulticastSocket some = Member(bed_.h1());
  MulticastSocket rest = Member(bed_.h1());
  for (std::uint8_t n = 1; n <= 25; ++n) (n <= 13 ? some : rest).Join(MoreGroups(n));
  for (std::uint8_t n = 1; n <= 25; ++n) {
    EXPECT_TRUE(wire_.WaitFor(Both(Arrived, Record(kToEx, MoreGroups(n), {}))))
        << MoreGroups(n).ToString() << "\n"
        << daemon_->Stderr();
  }
}

TEST_P(UpstreamSpeaker, TD_28_D_31_EverySourceOfALongIncludeListIsAskedFor) {
  StartDaemon();
  const std::vector<AnyAddress> sources = ManySources();
  Report(kAllow, SsmGroup(), sources);
  ExpectGroup(SsmGroup(), "lan2", "include", sources);
  std::set<AnyAddress> allowed;
  EXPECT_TRUE(Eventually([&] {
    for (const Packet& packet : wire_.Packets(Both(Arrived, Record(kAllow, SsmGroup())))) {
      for (const IgmpRecord& record : packet.igmp->records) {
        if (record.group == SsmGroup()) allowed.insert(record.sources.begin(), record.sources.end());
      }
    }
    return allowed == std::set<AnyAddress>(sources.begin(), sources.end());
  })) << allowed.size()
      << " sources were asked for";
  EXPECT_EQ(daemon_->Stderr().find("max_msf"), std::string::npos) << "exact, so there is nothing to warn of";
}

TEST_P(UpstreamSpeaker, D_31_OfALongExcludeListAsMuchAsTheKernelTakesIsExcludedAndTheRestIsNotForwarded) {
  StartDaemon();
  const std::vector<AnyAddress> sources = ManySources();
  Report(kToEx, AnyGroup(), sources);
  ExpectGroup(AnyGroup(), "lan2", "exclude", sources);
  std::vector<AnyAddress> expected = sources;
  if (KernelSpeaks()) expected.resize(version() == IpVersion::k4 ? 10 : 64);
  EXPECT_TRUE(wire_.WaitFor(Both(Arrived, Record(kToEx, AnyGroup(), expected))));
  const std::string limit =
      version() == IpVersion::k4 ? "net.ipv4.igmp_max_msf = 10" : "net.ipv6.mld_max_msf = 64";
  EXPECT_EQ(Eventually([&] { return daemon_->Stderr().find(limit) != std::string::npos; },
                       KernelSpeaks() ? 5s : 0s),
            KernelSpeaks())
      << daemon_->Stderr();

  bed_.up().ns.IpBatch(
      AddAddresses("up0", {sources.back().ToString() + (version() == IpVersion::k4 ? "/32" : "/128")}));
  const LinkEnd end = bed_.Far("lan2");
  const Capture data(end.ns, end.interface, What::kUdp);
  Sender excluded(bed_.up(), {.group = AnyGroup(), .source = sources.back()}, Sender::Start::kLater);
  Sender wanted(bed_.up(), FromUpstream(AnyGroup()), Sender::Start::kLater);
  excluded.Send(200);
  wanted.Send(200);
  EXPECT_TRUE(data.WaitFor(Both(Arrived, DataFor(AnyGroup()))));
  std::this_thread::sleep_for(200ms);
  const auto from = [](const AnyAddress& source) {
    return Both(Arrived, [source](const Packet& packet) { return packet.udp && packet.from == source; });
  };
  EXPECT_EQ(data.Count(from(sources.back())), 0U);
  EXPECT_EQ(data.Count(from(SourceNo(1))), 200U);
}

TEST_P(UpstreamSpeaker, TD_29_D_33_FiftyGroupsAtTenThousandPacketsASecondQueueNothingInTheRouter) {
  StartDaemon();
  MulticastSocket members[] = {Member(bed_.h1()), Member(bed_.h1()), Member(bed_.h1())};
  for (std::uint8_t n = 1; n <= 50; ++n) members[n / 20].Join(MoreGroups(n));
  for (std::uint8_t n = 1; n <= 50; ++n)
    ASSERT_TRUE(wire_.WaitFor(Both(Arrived, Record(kToEx, MoreGroups(n)))));
  std::this_thread::sleep_for(500ms);  // the daemon has seen the kernel's joins and swept
  const std::uint64_t taken = TakenByTheStack();
  const Capture data(bed_.Far("lan1").ns, bed_.Far("lan1").interface, What::kUdp);
  std::vector<std::unique_ptr<Sender>> senders;
  for (std::uint8_t n = 1; n <= 50; ++n) {
    senders.push_back(std::make_unique<Sender>(
        bed_.up(), StreamOptions{.group = MoreGroups(n), .source = SourceNo(1), .rate = 200}));
  }
  std::uint64_t longest_queue = 0;
  for (const Instant end = Clock::now() + 3s; Clock::now() < end; std::this_thread::sleep_for(100ms)) {
    std::istringstream sockets(ProcNet(version() == IpVersion::k4 ? "udp" : "udp6"));
    for (std::string line; std::getline(sockets, line);) {
      const std::vector<std::string> words = Words(line);
      if (words.size() < 5 || words[4].find(':') == std::string::npos) continue;
      longest_queue = std::max<std::uint64_t>(longest_queue, std::stoull(words[4].substr(9), nullptr, 16));
    }
  }
  std::uint64_t sent = 0;
  for (const auto& sender : senders) {
    sender->Stop();
    sent += sender->sent();
  }
  std::cout << sent << " packets, " << TakenByTheStack() - taken << " in the router's stack\n";
  EXPECT_EQ(longest_queue, 0U);
  EXPECT_EQ(version() == IpVersion::k4 ? Counter("Udp", "RcvbufErrors") : Counter("", "Udp6RcvbufErrors"),
            0U);
  EXPECT_LT(TakenByTheStack() - taken, sent / 100) << "our own memberships are no local listeners (F-52)";
  EXPECT_GE(sent, 10000U);
  const auto delivered = [&] {
    return data.Count([](const Packet& p) { return Arrived(p) && p.udp.has_value(); });
  };
  EXPECT_TRUE(Eventually([&] { return delivered() == sent; })) << delivered() << " of " << sent;
  EXPECT_EQ(data.Missed(), 0U);
}

TEST_P(UpstreamSpeaker, TD_30_D_36_QueriesNeverLeaveUpstreamReportsNeverLeaveDownstream) {
  const Capture lan1(bed_.Far("lan1").ns, bed_.Far("lan1").interface, Control());
  StartDaemon({.profile = kTiny});
  MulticastSocket h1 = Member(bed_.h1());
  h1.Join(AnyGroup());
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  const AnyAddress routers =
      version() == IpVersion::k4 ? AnyAddress(MakeIpv4(224, 0, 0, 22)) : Ipv6("ff02::16");
  Injector(bed_.up().ns, "up0")
      .Send(IgmpFrame(bed_.up().ns.Mac("up0"), bed_.up().Reporter(version()), routers,
                      ReportV3({{kToEx, MoreGroups(1), {}}})));
  h1.Leave(AnyGroup());
  ASSERT_TRUE(WaitForNoGroup(AnyGroup(), "lan1"));
  std::this_thread::sleep_for(kTiny.query_interval);
  EXPECT_TRUE(GroupOn(MoreGroups(1), "wan0").is_null());
  EXPECT_EQ(wire_.Count([](const Packet& p) { return Arrived(p) && p.igmp && p.igmp->IsQuery(); }), 0U);
  EXPECT_EQ(Said(MoreGroups(1)), std::vector<std::string>());
  EXPECT_GE(lan1.Count(Both(Arrived, QueryFor(AnyAddress::Unspecified(version())))), 2U);
  for (const Packet& packet : lan1.Packets(Arrived)) {
    ASSERT_TRUE(packet.igmp);
    for (const IgmpRecord& record : packet.igmp->records) {  // the box's own are those of the link's scope
      const auto bytes = record.group.bytes();
      EXPECT_TRUE(version() == IpVersion::k4 ? bytes[0] == 224 && bytes[1] == 0 && bytes[2] == 0
                                             : bytes[1] == 2)
          << ToText(packet);
    }
  }
}

TEST_P(UpstreamSpeaker, TD_31_X_02_AnUpstreamThatWasDownForFiveSecondsIsToldEverythingTwice) {
  StartDaemon();
  MulticastSocket h1 = Member(bed_.h1());
  h1.Join(AnyGroup());
  h1.JoinSource(SsmGroup(), SourceNo(1));
  ASSERT_TRUE(wire_.WaitFor(Both(Arrived, Record(kAllow, SsmGroup(), {SourceNo(1)}))));
  LetRepeatsPass();
  bed_.router().Ip("link set wan0 down");
  std::this_thread::sleep_for(5s);
  const Instant up = Clock::now();
  std::string batch = "link set wan0 up\n";
  if (version() == IpVersion::k6) batch += AddAddresses("wan0", {"fe80::2/64", "2001:db8:100::2/64"});
  bed_.router().IpBatch(batch);
  for (const auto& record : {Record(kToEx, AnyGroup(), {}), Record(kAllow, SsmGroup(), {SourceNo(1)})}) {
    const auto first = wire_.WaitFor(Both(Arrived, record), 5s, up);
    ASSERT_TRUE(first);
    std::cout << "after " << Millis(first->time - up) << " ms\n";
    EXPECT_LE(first->time - up, 1s) << "usual is below 100 ms";
    EXPECT_TRUE(wire_.WaitFor(Both(Arrived, record), 5s, first->time + 1us)) << "RV transmissions";
  }
}

TEST_P(UpstreamSpeaker, TD_32_X_03_ACleanStopLeavesEveryGroup) {
  StartDaemon();
  MulticastSocket h1 = Member(bed_.h1());
  MulticastSocket h3 = Member(bed_.h3());
  h1.Join(AnyGroup());
  h1.JoinSource(SsmGroup(), SourceNo(1));
  h3.Join(MoreGroups(1));
  for (const auto& record : {Record(kToEx, AnyGroup(), {}), Record(kToEx, MoreGroups(1), {}),
                             Record(kAllow, SsmGroup(), {SourceNo(1)})}) {
    ASSERT_TRUE(wire_.WaitFor(Both(Arrived, record)));
  }
  LetRepeatsPass();
  const Instant stopped = Clock::now();
  EXPECT_EQ(daemon_->Stop(), 0) << daemon_->Stderr();
  const Instant exited = Clock::now();
  for (const auto& record : {Record(kToIn, AnyGroup(), {}), Record(kToIn, MoreGroups(1), {}),
                             Record(kBlock, SsmGroup(), {SourceNo(1)})}) {
    const auto leave = wire_.WaitFor(Both(Arrived, record), 2s, stopped);
    ASSERT_TRUE(leave);
    // The kernel sends its leaves from a timer of its own, a few milliseconds after the sockets are closed.
    EXPECT_LE(leave->time, KernelSpeaks() ? exited + 1s : exited) << "sent before the exit";
  }
  EXPECT_FALSE(IsJoinedByRouter(AnyGroup()));
}

TEST_P(UpstreamSpeaker, TD_37_D_35_TheSameScriptIsToldInTheSameRecords) {
  StartDaemon();
  const AnyAddress g = AnyGroup();
  const AnyAddress ssm = SsmGroup();
  const AnyAddress one = SourceNo(1);
  const AnyAddress two = SourceNo(2);
  MulticastSocket h1 = Member(bed_.h1());
  MulticastSocket h3 = Member(bed_.h3());
  const auto step = [&](const std::function<void()>& act, const Capture::Predicate& expected) {
    const Instant begin = Clock::now();
    act();
    EXPECT_TRUE(wire_.WaitFor(Both(Arrived, expected), 5s, begin));
    LetRepeatsPass();  // a change that meets one that is still being repeated is told together with it
  };
  step([&] { h1.Join(g); }, Record(kToEx, g, {}));
  step([&] { h1.Block(g, one); }, Record(kBlock, g, {one}));
  step([&] { h3.JoinSource(g, one); }, Record(kAllow, g, {one}));
  step([&] { h1.Leave(g); }, Record(kToIn, g, {one}));
  step([&] { h3.JoinSource(g, two); }, Record(kAllow, g, {two}));
  step([&] { h1.Join(g); }, Record(kToEx, g, {}));
  step([&] { h1.Leave(g); }, Record(kToIn, g, {one, two}));
  step([&] { h3.LeaveSource(g, one); }, Record(kBlock, g, {one}));
  step([&] { h3.LeaveSource(g, two); }, Record(kBlock, g, {two}));
  step([&] { h1.JoinSource(ssm, one); }, Record(kAllow, ssm, {one}));
  step([&] { h1.JoinSource(ssm, two); }, Record(kAllow, ssm, {two}));
  step([&] { h1.LeaveSource(ssm, one); }, Record(kBlock, ssm, {one}));
  step([&] { h1.LeaveSource(ssm, two); }, Record(kBlock, ssm, {two}));
  EXPECT_THAT(Said(g),
              ElementsAre(Text(kToEx, g), Text(kBlock, g, {one}), Text(kAllow, g, {one}),
                          Text(kToIn, g, {one}), Text(kAllow, g, {two}), Text(kToEx, g),
                          Text(kToIn, g, {one, two}), Text(kBlock, g, {one}), Text(kBlock, g, {two})));
  EXPECT_THAT(Said(ssm), ElementsAre(Text(kAllow, ssm, {one}), Text(kAllow, ssm, {two}),
                                     Text(kBlock, ssm, {one}), Text(kBlock, ssm, {two})));
}

TEST_P(UpstreamSpeaker, TD_34_E_09_AListenerOnTheRouterKeepsReceivingWhenTheLastMemberDownstreamLeaves) {
  StartDaemon();
  Receiver local({bed_.router(), "wan0", kWan, kWanLinkLocal}, AnyGroup());
  local.Join();
  Receiver member(bed_.h1(), AnyGroup());
  member.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  std::this_thread::sleep_for(500ms);  // the sweep has seen the local one
  Sender sender(bed_.up(), FromUpstream(AnyGroup()));
  ASSERT_TRUE(member.WaitForTotal(200));
  ASSERT_TRUE(local.WaitForTotal(200));
  member.Leave();
  ASSERT_TRUE(WaitForNoGroup(AnyGroup(), "lan1"));
  std::this_thread::sleep_for(500ms);
  sender.Stop();
  EXPECT_TRUE(Eventually([&] { return local.Of(SourceNo(1)).last == sender.sent() - 1; }));
  ExpectNoGap(local, SourceNo(1));
  EXPECT_EQ(local.Of(SourceNo(1)).ttl_max, 16) << "the original TTL (F-52)";
  EXPECT_EQ(local.Of(SourceNo(1)).ttl_min, 16);
}

TEST_P(UpstreamSpeaker, D_33_F_52_AListenerOnTheRouterThatLeavesAndOurOwnMembershipThatStays) {
  StartDaemon();
  MulticastSocket member = Member(bed_.h1());
  member.Join(AnyGroup());
  ASSERT_TRUE(wire_.WaitFor(Both(Arrived, Record(kToEx, AnyGroup(), {}))));
  {
    Receiver local({bed_.router(), "wan0", kWan, kWanLinkLocal}, AnyGroup());
    local.Join();
    std::this_thread::sleep_for(10500ms);  // a sweep for sure: the kernel says nothing of a second member
    Sender sender(bed_.up(), FromUpstream(AnyGroup()), Sender::Start::kLater);
    sender.Send(200);
    ExpectComplete(local, SourceNo(1), 200);
  }
  std::this_thread::sleep_for(10500ms);
  const std::uint64_t taken = TakenByTheStack();
  const Capture data(bed_.Far("lan1").ns, bed_.Far("lan1").interface, What::kUdp);
  Sender sender(bed_.up(), FromUpstream(AnyGroup()), Sender::Start::kLater);
  sender.Send(200);
  EXPECT_TRUE(Eventually([&] { return data.Count(Both(Arrived, DataFor(AnyGroup()))) == 200; }));
  EXPECT_LT(TakenByTheStack() - taken, 20U) << "nobody on the router listens any more";
}

TEST_P(UpstreamSpeaker, X_05_D_30_AnUpstreamThatIsMadeAnewIsToldEverything) {
  StartDaemon();
  MulticastSocket h1 = Member(bed_.h1());
  h1.Join(AnyGroup());
  ASSERT_TRUE(wire_.WaitFor(Both(Arrived, Record(kToEx, AnyGroup(), {}))));
  bed_.router().Ip("link del wan0");
  Veth(bed_.router(), "wan0", bed_.up().ns, "up0");
  std::vector<std::string> addresses{"198.51.100.2/24"};
  if (version() == IpVersion::k6) addresses.insert(addresses.end(), {"fe80::2/64", "2001:db8:100::2/64"});
  const Capture wire(bed_.up().ns, "up0", Control());
  ReadyHost(bed_.up().ns, "up0", {"198.51.100.1/24"});
  bed_.router().IpBatch("link set wan0 up\n" + AddAddresses("wan0", addresses));
  EXPECT_TRUE(wire.WaitFor(Both(Arrived, Record(kToEx, AnyGroup(), {}))));
}

/// Begins with own reports.
class SpeakerChange : public UpstreamSpeaker {
 protected:
  void ChangeTo(const std::string& speaker) {
    daemon_->config().Write(Configuration({.settings = {{"wan0", "membership = \"" + speaker + "\"\n"}}}));
    ASSERT_EQ(daemon_->Cli("reload").status, 0);
  }
};
INSTANTIATE_TEST_SUITE_P(Hook, SpeakerChange, ::testing::Values("tc", "tc-ipv6"), HookName);

TEST_P(SpeakerChange, D_35_X_04_AReloadChangesTheSpeakerLeavesNothingBehindAndTheStreamFlowsOn) {
  StartDaemon();
  Receiver receiver(bed_.h1(), AnyGroup());
  receiver.Join();
  Sender sender(bed_.up(), FromUpstream(AnyGroup()));
  ASSERT_TRUE(receiver.WaitForTotal(200));
  EXPECT_FALSE(IsJoinedByRouter(AnyGroup()));
  Instant changed = Clock::now();
  ChangeTo("kernel");
  EXPECT_TRUE(wire_.WaitFor(Both(Arrived, Record(kToEx, AnyGroup(), {})), 5s, changed));
  EXPECT_TRUE(Eventually([&] { return IsJoinedByRouter(AnyGroup()); }));
  LetRepeatsPass();
  changed = Clock::now();
  ChangeTo("own");
  EXPECT_TRUE(wire_.WaitFor(Both(Arrived, Record(kToEx, AnyGroup(), {})), 5s, changed));
  EXPECT_TRUE(Eventually([&] { return !IsJoinedByRouter(AnyGroup()); }));
  LetRepeatsPass();
  // The kernel said that it leaves; who acts on that asks, and is answered.
  const Instant asked = Clock::now();
  Injector(bed_.up().ns, "up0")
      .Send(IgmpFrame(bed_.up().ns.Mac("up0"), bed_.up().Reporter(version()), AnyGroup(),
                      QueryV3(MaxRespCode(version(), 200ms), AnyGroup())));
  EXPECT_TRUE(wire_.WaitFor(Both(Arrived, Record(kIsEx, AnyGroup(), {})), 5s, asked));
  sender.Stop();
  ExpectNoGap(receiver, SourceNo(1));
}

}  // namespace
}  // namespace bpfcast::test
