#include "agent/explain_verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bpfcast {
namespace {

using testing::HasSubstr;

WishFacts Member(const std::string& port) {
  WishFacts wish;
  wish.port = port;
  wish.wants = true;
  wish.mode = "exclude";
  wish.hosts = {{"192.0.2.10", "IGMPv3", "exclude", 9, 250}};
  return wish;
}

WishFacts Nobody(const std::string& port) {
  WishFacts wish;
  wish.port = port;
  return wish;
}

PortFactsOfStream Carries(const std::string& port) {
  PortFactsOfStream facts;
  facts.port = port;
  facts.hook = "tc";
  facts.received = facts.transmitted = 100;
  return facts;
}

/// One member on lan1, asked for on wan0, with a querier there; nothing arrives.
StreamFacts Asked() {
  StreamFacts facts;
  facts.family = "ipv4";
  facts.group = "239.1.2.3";
  facts.wishes = {Member("lan1"), Nobody("lan2")};
  facts.join.port = "wan0";
  facts.join.asked = true;
  facts.join.protocol = "IGMPv3";
  facts.join.reports_sent = 3;
  facts.join.queries_received = 5;
  facts.join.querier = "198.51.100.1";
  facts.join.last_query_s = 41;
  facts.ports = {Carries("wan0"), Carries("lan1"), Carries("lan2")};
  return facts;
}

/// A source on wan0 from which 10 packets a second flow to lan1.
SeenFacts Flow() {
  SeenFacts seen;
  seen.source = "10.0.0.1";
  seen.port = "wan0";
  seen.from_upstream = true;
  seen.packets = 900;
  seen.packets_per_s = 10;
  seen.last_s = 0.1;
  seen.takers = {"lan1"};
  return seen;
}

SeenFacts RefusedFor(const std::string& why) {
  SeenFacts seen = Flow();
  seen.packets = 0;
  seen.packets_per_s = 0;
  seen.dropped = 12;
  seen.refused = why;
  return seen;
}

TEST(StreamVerdict, AStreamThatItsMembersGetIsDelivering) {
  StreamFacts facts = Asked();
  facts.seen = {Flow()};
  const StreamVerdict verdict = Judge(facts);
  EXPECT_EQ(verdict.state, StreamState::kDelivering);
  EXPECT_EQ(verdict.sentence, "239.1.2.3 flows from wan0 to lan1");
  EXPECT_EQ(verdict.next, "");
}

TEST(StreamVerdict, WhileProgramsOfAnotherVersionForwardNothingIsCalledMissing) {
  StreamFacts facts = Asked();
  facts.taking_over = true;
  facts.join.queries_received = 0;
  const StreamVerdict verdict = Judge(facts);
  EXPECT_EQ(verdict.state, StreamState::kNoData);
  EXPECT_THAT(verdict.sentence, HasSubstr("another version of bpfcastd"));
  EXPECT_THAT(verdict.next, HasSubstr("ask again"));
}

TEST(StreamVerdict, AMemberOnTheSendersOwnLinkHearsItThere) {
  StreamFacts facts = Asked();
  facts.seen = {Flow()};
  facts.seen[0].port = "lan1";
  facts.seen[0].takers = {"wan0"};
  EXPECT_EQ(Judge(facts).state, StreamState::kDelivering);
}

TEST(StreamVerdict, ASecondPortThatGetsNothingIsNamedBesideTheOneThatDoes) {
  StreamFacts facts = Asked();
  facts.wishes[1] = Member("lan2");
  facts.wishes[1].obstacle = Obstacle::kOtherQuerier;
  facts.wishes[1].reason = "192.0.2.99 is the querier there";
  facts.wishes[1].remedy = "stop it";
  facts.seen = {Flow()};
  const StreamVerdict verdict = Judge(facts);
  EXPECT_EQ(verdict.state, StreamState::kDelivering);
  EXPECT_THAT(verdict.sentence, HasSubstr("but members on lan2 are not served by this router: 192.0.2.99"));
  EXPECT_EQ(verdict.next, "stop it");
}

TEST(StreamVerdict, AGroupOfTheLinkIsForwardedByNoRouter) {
  StreamFacts facts = Asked();
  facts.group = "224.0.0.251";
  facts.routable = false;
  EXPECT_EQ(Judge(facts).state, StreamState::kLinkLocal);
}

TEST(StreamVerdict, WithoutMembersNobodyWantsItWhateverArrives) {
  StreamFacts facts = Asked();
  facts.wishes = {Nobody("lan1"), Nobody("lan2")};
  EXPECT_EQ(Judge(facts).state, StreamState::kNobodyWants);
  SeenFacts unwanted;
  unwanted.source = "10.0.0.1";
  unwanted.port = "wan0";
  unwanted.nobody_asked = true;
  unwanted.last_s = 12;
  facts.seen = {unwanted};
  const StreamVerdict verdict = Judge(facts);
  EXPECT_EQ(verdict.state, StreamState::kNobodyWants);
  EXPECT_THAT(verdict.sentence, HasSubstr("though packets of 10.0.0.1 arrive on wan0"));
}

TEST(StreamVerdict, AHostThatNeverAnswersQueriesIsTheReceiversFault) {
  StreamFacts facts = Asked();
  facts.wishes = {Nobody("lan1")};
  facts.wishes[0].queries_sent = 3;
  const StreamVerdict verdict = Judge(facts);
  EXPECT_THAT(verdict.sentence, HasSubstr("on lan1 no host ever answered 3 queries"));
  EXPECT_THAT(verdict.next, HasSubstr("firewall"));
}

TEST(StreamVerdict, ARefusedJoinNamesThePortTheReasonAndTheWayOut) {
  for (const Obstacle obstacle : {Obstacle::kAccessList, Obstacle::kNoRoom, Obstacle::kBoundary}) {
    StreamFacts facts = Asked();
    facts.wishes = {Nobody("lan1")};
    facts.wishes[0].obstacle = obstacle;
    facts.wishes[0].met = true;
    facts.wishes[0].reason = "WHY";
    facts.wishes[0].remedy = "REMEDY";
    const StreamVerdict verdict = Judge(facts);
    EXPECT_EQ(verdict.state, StreamState::kJoinRefused);
    EXPECT_THAT(verdict.sentence, HasSubstr("lan1 refuses joins of 239.1.2.3, WHY"));
    EXPECT_EQ(verdict.next, "REMEDY");
    facts.wishes[0].met = false;
    EXPECT_EQ(Judge(facts).state, StreamState::kNobodyWants) << "nobody was refused";
  }
}

TEST(StreamVerdict, MembersOnALinkOfAnotherQuerierAreWithheldFrom) {
  StreamFacts facts = Asked();
  facts.wishes[0].obstacle = Obstacle::kOtherQuerier;
  facts.wishes[0].reason = "192.0.2.1 is the querier there";
  EXPECT_EQ(Judge(facts).state, StreamState::kWithheld);
  facts.seen = {Flow()};
  facts.seen[0].takers = {};
  EXPECT_EQ(Judge(facts).state, StreamState::kWithheld);
}

TEST(StreamVerdict, WhatIsNotAskedForUpstreamIsNotJoined) {
  StreamFacts facts = Asked();
  facts.join.asked = false;
  facts.join.obstacle = Obstacle::kNotWorking;
  facts.join.reason = "link is down";
  facts.join.remedy = "ip link set wan0 up";
  const StreamVerdict verdict = Judge(facts);
  EXPECT_EQ(verdict.state, StreamState::kNotJoined);
  EXPECT_EQ(verdict.sentence, "239.1.2.3 is not asked for on wan0: link is down");
  EXPECT_EQ(verdict.next, "ip link set wan0 up");
}

TEST(StreamVerdict, ASenderBehindADownstreamNeedsNoJoin) {
  StreamFacts facts = Asked();
  facts.join.asked = false;
  facts.join.obstacle = Obstacle::kBoundary;
  facts.seen = {Flow()};
  facts.seen[0].port = "lan2";
  EXPECT_EQ(Judge(facts).state, StreamState::kDelivering);
}

TEST(StreamVerdict, WithoutDataTheQuerierUpstreamIsToBeAsked) {
  const StreamVerdict verdict = Judge(Asked());
  EXPECT_EQ(verdict.state, StreamState::kNoData);
  EXPECT_THAT(verdict.next, HasSubstr("198.51.100.1"));
}

TEST(StreamVerdict, WithoutDataAndWithoutQueriesNobodyMayHaveHeardTheReports) {
  StreamFacts facts = Asked();
  facts.join.queries_received = 0;
  facts.join.querier.clear();
  const StreamVerdict verdict = Judge(facts);
  EXPECT_EQ(verdict.state, StreamState::kNoData);
  EXPECT_THAT(verdict.sentence, HasSubstr("no router there ever sent a query"));
  EXPECT_THAT(verdict.next, HasSubstr("tcpdump -ni wan0"));
}

TEST(StreamVerdict, AnUpstreamWithoutAddressIsTheFirstSuspect) {
  StreamFacts facts = Asked();
  facts.join.reason = "wan0 has no address";
  facts.join.remedy = "ip addr add";
  const StreamVerdict verdict = Judge(facts);
  EXPECT_EQ(verdict.state, StreamState::kNoData);
  EXPECT_EQ(verdict.next, "ip addr add");
}

TEST(StreamVerdict, WhereTheKernelForwardsItsReversePathFilterIsTheFirstSuspect) {
  StreamFacts facts = Asked();
  facts.ports[0].reverse_path_filter = 1;
  facts.reverse_path_drops = 20;
  EXPECT_THAT(Judge(facts).next, testing::Not(HasSubstr("rp_filter"))) << "BPF does not mind it";
  facts.kernel_forwards = true;
  EXPECT_THAT(Judge(facts).sentence, HasSubstr("dropped 20 packets"));
  EXPECT_THAT(Judge(facts).next, HasSubstr("net.ipv4.conf.wan0.rp_filter=0"));
  facts.reverse_path_drops = 0;
  EXPECT_THAT(Judge(facts).next, testing::Not(HasSubstr("rp_filter"))) << "it has dropped nothing";
}

TEST(StreamVerdict, AStreamThatStoppedIsNoDataAndSaysWhen) {
  StreamFacts facts = Asked();
  facts.seen = {Flow()};
  facts.seen[0].packets_per_s = 0;
  facts.seen[0].last_s = 40;
  const StreamVerdict verdict = Judge(facts);
  EXPECT_EQ(verdict.state, StreamState::kNoData);
  EXPECT_THAT(verdict.sentence, HasSubstr("the last of 10.0.0.1 came 40 s ago"));
}

TEST(StreamVerdict, ASourceOutsideTheAltnetsGetsTheLineThatAcceptsIt) {
  StreamFacts facts = Asked();
  facts.seen = {RefusedFor("rpf")};
  facts.seen[0].source = "195.121.4.2";
  facts.seen[0].altnets = {"217.166.0.0/16"};
  const StreamVerdict verdict = Judge(facts);
  EXPECT_EQ(verdict.state, StreamState::kDataRefused);
  EXPECT_THAT(verdict.sentence, HasSubstr("195.121.4.2"));
  EXPECT_THAT(verdict.next, HasSubstr("[interface.wan0] altnet = [\"217.166.0.0/16\", \"195.121.4.2/32\"]"));
  EXPECT_THAT(verdict.next, HasSubstr("altnet 195.121.4.2/32 under phyint wan0"));
}

TEST(StreamVerdict, AnIpv6SourceIsAcceptedByItsWholeAddress) {
  SeenFacts seen = RefusedFor("rpf");
  seen.source = "2001:db8::5";
  EXPECT_THAT(HowAccepted(seen), HasSubstr("altnet = [\"2001:db8::5/128\"]"));
}

TEST(StreamVerdict, ASourceOfAnotherPortsSubnetArrivesOnTheWrongInterface) {
  StreamFacts facts = Asked();
  facts.seen = {RefusedFor("rpf")};
  facts.seen[0].belongs_to = "lan2";
  const StreamVerdict verdict = Judge(facts);
  EXPECT_EQ(verdict.state, StreamState::kDataRefused);
  EXPECT_THAT(verdict.sentence, HasSubstr("by its address the sender belongs to lan2"));
  EXPECT_THAT(verdict.next, HasSubstr("connect the sender to lan2"));
}

TEST(StreamVerdict, ATtlOfOneIsTheSendersToRaise) {
  StreamFacts facts = Asked();
  facts.seen = {RefusedFor("ttl")};
  const StreamVerdict verdict = Judge(facts);
  EXPECT_EQ(verdict.state, StreamState::kDataRefused);
  EXPECT_THAT(verdict.sentence, HasSubstr("TTL (hop limit) is 1"));
  EXPECT_THAT(verdict.next, HasSubstr("set the TTL of the sender above 1"));
}

TEST(StreamVerdict, MembersOfOneSourceAndPacketsOfAnotherDoNotMeet) {
  StreamFacts facts = Asked();
  facts.group = "232.1.1.1";
  facts.wishes[0].mode = "include";
  facts.wishes[0].sources = {"217.166.5.5"};
  SeenFacts other;
  other.source = "195.121.4.2";
  other.port = "wan0";
  other.nobody_asked = true;
  other.last_s = 3;
  facts.seen = {other};
  const StreamVerdict verdict = Judge(facts);
  EXPECT_EQ(verdict.state, StreamState::kDataRefused);
  EXPECT_THAT(verdict.sentence,
              HasSubstr("195.121.4.2 arrive on wan0, and the members on lan1 want 217.166.5.5"));
  EXPECT_THAT(verdict.next, HasSubstr("(195.121.4.2, 232.1.1.1)"));
}

TEST(StreamVerdict, APortThatTakesNoCopySaysWhichOfItsLimitsItIs) {
  StreamFacts facts = Asked();
  facts.seen = {Flow()};
  facts.ports[1].transmitted = 0;
  facts.ports[1].copies_dropped = {{"thr", 7}};
  facts.ports[1].ttl_threshold = 16;
  EXPECT_EQ(Judge(facts).state, StreamState::kNotDelivered);
  EXPECT_THAT(Judge(facts).sentence, HasSubstr("ttl-threshold of 16, and dropped 7"));
  EXPECT_THAT(Judge(facts).next, HasSubstr("lower ttl-threshold of lan1"));
  facts.ports[1].ttl_threshold = 1;
  facts.ports[1].copies_dropped = {{"mtu", 3}, {"down", 4}};
  EXPECT_THAT(Judge(facts).sentence, HasSubstr("lan1 dropped 3 copies that are larger than its MTU"));
  facts.ports[1].copies_dropped = {{"clone", 3}, {"down", 4}};
  EXPECT_THAT(Judge(facts).sentence, HasSubstr("lan1 took none of 7 copies (clone 3, down 4)"));
  facts.ports[1].hook.clear();
  facts.ports[1].hook_reason = "attach failed";
  EXPECT_THAT(Judge(facts).sentence, HasSubstr("lan1 carries no packets: attach failed"));
}

TEST(StreamVerdict, PacketsLargerThanThePortsMtuAreNotDeliveredWhateverElseIs) {
  StreamFacts facts = Asked();
  facts.seen = {Flow()};
  facts.seen[0].octets = 1328;
  facts.ports[1].mtu = 1328;
  EXPECT_EQ(Judge(facts).state, StreamState::kDelivering);
  facts.ports[1].mtu = 1300;
  const StreamVerdict verdict = Judge(facts);
  EXPECT_EQ(verdict.state, StreamState::kNotDelivered);
  EXPECT_THAT(verdict.sentence, HasSubstr("have 1328 octets, more than the MTU of lan1, 1300"));
  EXPECT_THAT(verdict.next, HasSubstr("ip link set lan1 mtu 1328"));
  facts.kernel_forwards = true;
  EXPECT_EQ(Judge(facts).state, StreamState::kDelivering) << "the kernel makes fragments";
}

TEST(StreamVerdict, AThresholdThatDroppedSomeStreamBlamesNoneThatMayPass) {
  StreamFacts facts = Asked();
  facts.seen = {Flow()};
  facts.ports[1].ttl_threshold = 16;
  facts.ports[1].copies_dropped = {{"thr", 7}};
  const StreamVerdict verdict = Judge(facts);
  EXPECT_EQ(verdict.state, StreamState::kDelivering);
  EXPECT_EQ(verdict.sentence,
            "239.1.2.3 flows from wan0 to lan1 if its TTL is above the ttl-threshold of lan1, 16");
  EXPECT_EQ(verdict.next, "see its TTL: bpfcast capture -i wan0 -g 239.1.2.3 -c 1");
  facts.ports[1].copies_dropped.clear();
  EXPECT_EQ(Judge(facts).sentence, "239.1.2.3 flows from wan0 to lan1");
  EXPECT_EQ(Judge(facts).next, "");
}

TEST(StreamVerdict, AnUpstreamThatDoesNotWorkEndsAStreamThatWasCountedAMomentAgo) {
  StreamFacts facts = Asked();
  facts.join.asked = false;
  facts.join.obstacle = Obstacle::kNotWorking;
  facts.join.reason = "link is down";
  facts.join.remedy = "ip link set wan0 up";
  facts.seen = {Flow()};
  facts.seen[0].last_s = 3;
  facts.seen[0].stopped_by = "link is down";
  EXPECT_EQ(StateOf(facts.seen[0]), Flowing::kStopped);
  const StreamVerdict verdict = Judge(facts);
  EXPECT_EQ(verdict.state, StreamState::kNotJoined);
  EXPECT_EQ(verdict.sentence,
            "239.1.2.3 is not asked for on wan0: link is down; the last packet of 10.0.0.1 came from there "
            "3 s ago");
  EXPECT_EQ(verdict.next, "ip link set wan0 up");

  // What comes from another downstream needs no upstream; the sender behind that is named all the same.
  SeenFacts inside = Flow();
  inside.source = "203.0.113.9";
  inside.port = "lan2";
  inside.from_upstream = false;
  facts.seen.push_back(inside);
  const StreamVerdict beside = Judge(facts);
  EXPECT_EQ(beside.state, StreamState::kDelivering);
  EXPECT_EQ(beside.sentence,
            "239.1.2.3 flows from lan2 to lan1; but packets of 10.0.0.1 came from wan0, which does not work "
            "any more: link is down");
  EXPECT_EQ(beside.next, "ip link set wan0 up");
  facts.seen.erase(facts.seen.begin());
  EXPECT_EQ(Judge(facts).sentence, "239.1.2.3 flows from lan2 to lan1");
}

TEST(StreamVerdict, ADownstreamThatDoesNotWorkAnyMoreEndsWhatItsSenderSends) {
  StreamFacts facts = Asked();
  facts.seen = {Flow()};
  facts.seen[0].port = "lan2";
  facts.seen[0].from_upstream = false;
  facts.seen[0].last_s = 4;
  facts.seen[0].stopped_by = facts.wishes[1].reason = "link is down";
  facts.wishes[1].obstacle = Obstacle::kNotWorking;
  facts.wishes[1].remedy = "ip link set lan2 up";
  const StreamVerdict verdict = Judge(facts);
  EXPECT_EQ(verdict.state, StreamState::kNoData);
  EXPECT_THAT(
      verdict.sentence,
      HasSubstr("the last of 10.0.0.1 came 4 s ago on lan2, which does not work any more: link is down"));
  EXPECT_EQ(verdict.next, "ip link set lan2 up");
}

TEST(StreamVerdict, ASenderThatIsRefusedIsNamedBesideOneThatFlows) {
  StreamFacts facts = Asked();
  facts.seen = {Flow(), RefusedFor("rpf")};
  facts.seen[1].source = "195.121.4.2";
  const StreamVerdict verdict = Judge(facts);
  EXPECT_EQ(verdict.state, StreamState::kDelivering);
  EXPECT_EQ(
      verdict.sentence,
      "239.1.2.3 flows from wan0 to lan1; but packets of 195.121.4.2 are refused on wan0: the sender is "
      "in no subnet and no altnet of wan0");
  EXPECT_THAT(verdict.next, HasSubstr("[interface.wan0] altnet = [\"195.121.4.2/32\"]"));
  facts.seen.push_back(RefusedFor("ttl"));
  facts.seen[2].source = "195.121.4.3";
  facts.seen[2].last_s = 7;
  EXPECT_THAT(Judge(facts).sentence,
              HasSubstr("packets of 195.121.4.2 (and of 1 more) are refused on wan0: "))
      << "the one that came last";
  facts.seen.pop_back();
  facts.wishes[0].sources = {"195.121.4.2"};  // EXCLUDE: they want all but this one
  EXPECT_EQ(Judge(facts).sentence, "239.1.2.3 flows from wan0 to lan1");
}

TEST(StreamVerdict, APortThatWantsItTooAndDoesNotWorkIsNamedBesideTheOneThatGetsIt) {
  StreamFacts facts = Asked();
  facts.wishes[1] = Member("lan2");
  facts.wishes[1].obstacle = Obstacle::kNotWorking;
  facts.wishes[1].reason = "no IPv4 address";
  facts.wishes[1].remedy = "ip addr add";
  facts.seen = {Flow()};
  const StreamVerdict verdict = Judge(facts);
  EXPECT_EQ(verdict.state, StreamState::kDelivering);
  EXPECT_EQ(
      verdict.sentence,
      "239.1.2.3 flows from wan0 to lan1; but lan2, which wants it too, does not work: no IPv4 address");
  EXPECT_EQ(verdict.next, "ip addr add");
}

TEST(StreamVerdict, TheOnlyPortThatWantsItAndDoesNotWorkIsTheReasonWhateverComes) {
  StreamFacts facts = Asked();
  facts.join.queries_received = 0;
  facts.wishes[0].obstacle = Obstacle::kNotWorking;
  facts.wishes[0].reason = "no such device";
  facts.wishes[0].remedy = "create lan1";
  const std::string sentence = "lan1, the only port that wants 239.1.2.3, does not work: no such device";
  EXPECT_EQ(Judge(facts).state, StreamState::kNotDelivered);
  EXPECT_EQ(Judge(facts).sentence, sentence);
  EXPECT_EQ(Judge(facts).next, "create lan1");
  facts.seen = {Flow()};
  facts.seen[0].takers = {"lan2"};
  EXPECT_EQ(Judge(facts).sentence, sentence);
  facts.wishes[1] = facts.wishes[0];
  facts.wishes[1].port = "lan2";
  facts.wishes[1].reason = "link is down";
  facts.seen.clear();
  EXPECT_EQ(Judge(facts).sentence,
            "none of the ports that want 239.1.2.3 works: lan1 (no such device), lan2 (link is down)");
}

TEST(StreamVerdict, ASourceSpecificGroupIsToBeJoinedWithASource) {
  StreamFacts facts = Asked();
  facts.wishes = {Nobody("lan1")};
  facts.group = "232.5.5.5";
  EXPECT_EQ(Judge(facts).next, "join it at a receiver: bpfcast recv 232.5.5.5");
  facts.source_specific = true;
  EXPECT_EQ(Judge(facts).next, "join it at a receiver: bpfcast recv 232.5.5.5 --source ADDRESS");
  facts.source = "10.0.0.1";
  EXPECT_EQ(Judge(facts).next, "join it at a receiver: bpfcast recv 232.5.5.5 --source 10.0.0.1");
}

TEST(StreamVerdict, WhatAMemberWouldMeetUpstreamIsSaidBeforeThereIsOne) {
  StreamFacts facts = Asked();
  facts.wishes = {Nobody("lan1")};
  facts.join.asked = false;
  facts.join.obstacle = Obstacle::kBoundary;
  facts.join.reason = "WHY";
  facts.join.remedy = "boundaries = []";
  const StreamVerdict verdict = Judge(facts);
  EXPECT_EQ(verdict.state, StreamState::kNobodyWants);
  EXPECT_THAT(verdict.sentence, HasSubstr("; nor could it be asked for on wan0: WHY"));
  EXPECT_EQ(verdict.next, "boundaries = []; then join it at a receiver: bpfcast recv 239.1.2.3");
}

TEST(StreamVerdict, AFamilyThatIsNotServedIsTheReason) {
  StreamFacts facts = Asked();
  facts.family = "ipv6";
  facts.group = "ff0e::1";
  facts.wishes = {Nobody("lan1")};
  facts.served = false;
  EXPECT_EQ(Judge(facts).sentence, "IPv6 is not served (ipv6 = false), so that no wish for ff0e::1 counts");
  EXPECT_THAT(Judge(facts).next, HasSubstr("take ipv6 = false out"));
}

TEST(StreamVerdict, APortThatDoesNotWorkIsMentionedWhereOthersWork) {
  StreamFacts facts = Asked();
  facts.wishes = {Nobody("lan1"), Nobody("lan2")};
  facts.wishes[1].obstacle = Obstacle::kNotWorking;
  facts.wishes[1].reason = "no such device";
  facts.wishes[1].remedy = "create lan2";
  EXPECT_THAT(Judge(facts).sentence, HasSubstr("; lan2 does not work: no such device"));
  EXPECT_EQ(Judge(facts).next, "join it at a receiver: bpfcast recv 239.1.2.3");
  facts.wishes.erase(facts.wishes.begin());
  EXPECT_EQ(Judge(facts).next, "create lan2") << "nothing else can help";
}

TEST(StreamVerdict, APortWithoutHostsIsNoneOfTheReasonWhereHostsOfAnotherAnswer) {
  StreamFacts facts = Asked();
  facts.wishes = {Nobody("lan1"), Nobody("lan2")};
  facts.wishes[0].queries_sent = 3;
  facts.wishes[1].queries_sent = 3;
  facts.wishes[1].reports_received = 1;
  EXPECT_EQ(Judge(facts).sentence, "no host on a downstream interface wants 239.1.2.3");
}

TEST(StreamVerdict, ASenderThatIsSilentWhileOthersComeIsToBeLookedAtItself) {
  StreamFacts facts = Asked();
  facts.source = "10.20.30.9";
  facts.others = {"10.20.30.254"};
  facts.join.queries_received = 0;
  const StreamVerdict verdict = Judge(facts);
  EXPECT_EQ(verdict.state, StreamState::kNoData);
  EXPECT_EQ(verdict.sentence,
            "10.20.30.9 to 239.1.2.3 is asked for on wan0, and no packet of it comes; other senders of it "
            "come: 10.20.30.254");
  EXPECT_THAT(verdict.next, HasSubstr("see at 10.20.30.9 whether it sends to 239.1.2.3"));
}

TEST(StreamVerdict, WhatAnotherPortDroppedIsNotSaidOfThisOne) {
  StreamFacts facts = Asked();
  facts.seen = {Flow()};
  facts.ports[1].ttl_threshold = 16;
  facts.ports[1].copies_dropped = {{"refused", 7}};
  facts.ports[0].copies_dropped = {{"thr", 9}};
  EXPECT_EQ(Judge(facts).state, StreamState::kDelivering);
  EXPECT_THAT(Judge(facts).sentence, Not(HasSubstr("ttl-threshold")));
}

TEST(StreamState, PacketsBeforeTheJoinDoNotMakeASlowStreamRefused) {
  SeenFacts seen = Flow();
  seen.packets_per_s = 0;
  seen.dropped = 5;
  seen.last_s = 4;
  EXPECT_EQ(StateOf(seen), Flowing::kForwarded);
  seen.last_s = 1;
  EXPECT_EQ(StateOf(seen), Flowing::kRefused) << "what came in the last second was not forwarded";
}

}  // namespace
}  // namespace bpfcast
