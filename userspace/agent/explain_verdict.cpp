#include "agent/explain_verdict.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "agent/explain_steps.h"
#include "base/sysctl_name.h"

namespace bpfcast {
namespace {

/// A stream whose last packet is older has stopped.
constexpr double kStopped = 10;
/// The same of packets that are only told of, every ten seconds.
constexpr double kToldStopped = 15;
/// Packets that came within it, while none is forwarded, are refused now and not only before.
constexpr double kJustNow = 2;

std::string HostAddress(const std::string& address) {
  return address + (address.find(':') == std::string::npos ? "/32" : "/128");
}

/// The line of the configuration that accepts the source on its port, with what stands there already.
std::string AltnetLine(const SeenFacts& seen) {
  std::vector<std::string> networks;
  for (const std::string& network : seen.altnets) networks.push_back("\"" + network + "\"");
  networks.push_back("\"" + HostAddress(seen.source) + "\"");
  return "[interface." + seen.port + "] altnet = [" + JoinWords(networks) + "] (igmpproxy.conf: altnet " +
         HostAddress(seen.source) + " under phyint " + seen.port + "), then: bpfcast reload";
}

std::vector<const WishFacts*> Wishes(const StreamFacts& facts) {
  std::vector<const WishFacts*> wishes;
  for (const WishFacts& wish : facts.wishes) {
    if (wish.wants) wishes.push_back(&wish);
  }
  return wishes;
}

StreamVerdict DataRefused(const StreamFacts& facts, const SeenFacts& seen) {
  StreamVerdict verdict{StreamState::kDataRefused,
                        "packets of " + seen.source + " to " + facts.group + " arrive on " + seen.port +
                            " and are not forwarded: " + WhyRefused(seen),
                        HowAccepted(seen)};
  return verdict;
}

StreamVerdict WrongSource(const StreamFacts& facts, const std::vector<const WishFacts*>& wishes,
                          const SeenFacts& seen) {
  return {StreamState::kDataRefused,
          "packets of " + seen.source + " arrive on " + seen.port + ", and the members on " +
              wishes.front()->port + " want " + JoinWords(wishes.front()->sources) + " alone",
          "let the receivers join (" + seen.source + ", " + facts.group +
              "), or ask the sender's owner which "
              "source is right"};
}

StreamVerdict NotServed(const StreamFacts& facts) {
  const std::string name = facts.family == "ipv6" ? "IPv6" : "IPv4";
  return {
      StreamState::kNobodyWants,
      name + " is not served (" + facts.family + " = false), so that no wish for " + facts.group + " counts",
      "take " + facts.family + " = false out of the configuration, then: bpfcast reload" +
          (facts.family == "ipv6"
               ? " (igmpproxy.conf has no word for IPv6: bpfcast migrate makes a file that has)"
               : "")};
}

StreamVerdict NotJoined(const JoinFacts& join, const StreamFacts& facts) {
  StreamVerdict verdict{StreamState::kNotJoined,
                        StreamName(facts) + " is not asked for on " + join.port +
                            (join.reason.empty() ? "" : ": " + join.reason),
                        join.remedy.empty() ? "bpfcast doctor" : join.remedy};
  for (const SeenFacts& seen : facts.seen) {
    if (!seen.from_upstream || seen.stopped_by.empty()) continue;
    verdict.sentence += "; the last packet of " + seen.source + " came from there " + AgoText(seen.last_s);
    break;
  }
  return verdict;
}

/// Other senders of the group come from upstream, so the reports are heard there.
StreamVerdict OthersCome(const StreamFacts& facts, StreamVerdict verdict) {
  constexpr std::size_t kNamed = 3;
  std::vector<std::string> named(facts.others.begin(),
                                 facts.others.begin() + std::min(facts.others.size(), kNamed));
  if (facts.others.size() > kNamed) named.push_back("...");
  verdict.sentence += "; other senders of it come: " + JoinWords(named);
  verdict.next = "see at " + facts.source + " whether it sends to " + facts.group +
                 ": that others come shows that the group is asked for, and heard";
  return verdict;
}

StreamVerdict NoData(const StreamFacts& facts) {
  const JoinFacts& join = facts.join;
  StreamVerdict verdict{StreamState::kNoData,
                        StreamName(facts) + " is asked for on " + join.port + ", and no packet of it comes",
                        ""};
  const auto stopped = std::max_element(
      facts.seen.begin(), facts.seen.end(),
      [](const auto& a, const auto& b) { return a.last_s.value_or(1e18) > b.last_s.value_or(1e18); });
  if (stopped != facts.seen.end() && stopped->packets > 0) {
    verdict.sentence += " any more; the last of " + stopped->source + " came " + AgoText(stopped->last_s);
    if (!stopped->stopped_by.empty()) {
      verdict.sentence += " on " + stopped->port + ", which does not work any more: " + stopped->stopped_by;
      const auto arrival = std::find_if(facts.wishes.begin(), facts.wishes.end(),
                                        [&](const WishFacts& wish) { return wish.port == stopped->port; });
      verdict.next = arrival == facts.wishes.end() ? "bpfcast ports" : arrival->remedy;
      return verdict;
    }
  }
  const PortFactsOfStream* upstream = FindPort(facts, join.port);
  if (facts.kernel_forwards && upstream != nullptr && upstream->reverse_path_filter > 0 &&
      facts.reverse_path_drops > 0) {
    const std::string filter = SysctlName("ipv4", join.port, "rp_filter");
    verdict.sentence += "; the kernel forwards, and its rp_filter dropped " +
                        std::to_string(facts.reverse_path_drops) +
                        " packets of senders to which no route leads" +
                        (upstream->reverse_path_filter == 1 ? " through " + join.port : "");
    verdict.next = "ip route add SENDER/32 dev " + join.port +
                   ", or sysctl -w net.ipv4.conf.all.rp_filter=0 " + filter + "=0";
    return verdict;
  }
  if (!facts.others.empty()) return OthersCome(facts, std::move(verdict));
  if (!join.reason.empty()) {
    verdict.sentence += "; " + join.reason;
    verdict.next = join.remedy;
    return verdict;
  }
  if (join.queries_received == 0) {
    verdict.sentence += "; no router there ever sent a query, so that nobody may have heard the reports";
    verdict.next =
        "see whether queries reach " + join.port + " (tcpdump -ni " + join.port +
        " igmp or icmp6); a switch or a VLAN between may stop them, or no multicast router is there";
    return verdict;
  }
  if (upstream != nullptr && upstream->received == 0) {
    verdict.sentence += "; nor does any other multicast";
  }
  verdict.next = "see whether it arrives at all (tcpdump -ni " + join.port + " host " + facts.group +
                 "); if not, ask the operator of " + join.querier + ", which heard " +
                 std::to_string(join.reports_sent) + " reports";
  if (join.kernel_speaks) {
    verdict.next = "see whether it arrives at all (tcpdump -ni " + join.port + " host " + facts.group + ")";
  }
  return verdict;
}

}  // namespace

std::string AgoText(const std::optional<double>& seconds) {
  return seconds ? std::to_string(std::lround(*seconds)) + " s ago" : "never";
}

std::string JoinWords(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

bool HasWord(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string StreamName(const StreamFacts& facts) {
  return facts.source.empty() ? facts.group : facts.source + " to " + facts.group;
}

const PortFactsOfStream* FindPort(const StreamFacts& facts, const std::string& port) {
  const auto found = std::find_if(facts.ports.begin(), facts.ports.end(),
                                  [&](const PortFactsOfStream& each) { return each.port == port; });
  return found == facts.ports.end() ? nullptr : &*found;
}

std::vector<const SeenFacts*> SeenAs(const StreamFacts& facts, Flowing state) {
  std::vector<const SeenFacts*> seen;
  for (const SeenFacts& each : facts.seen) {
    if (StateOf(each) == state) seen.push_back(&each);
  }
  return seen;
}

const char* Name(StreamState state) {
  switch (state) {
    case StreamState::kDelivering:
      return "delivering";
    case StreamState::kLinkLocal:
      return "link-local";
    case StreamState::kNobodyWants:
      return "nobody-wants";
    case StreamState::kJoinRefused:
      return "join-refused";
    case StreamState::kWithheld:
      return "withheld";
    case StreamState::kNotJoined:
      return "not-joined";
    case StreamState::kNoData:
      return "no-data";
    case StreamState::kDataRefused:
      return "data-refused";
    case StreamState::kNotDelivered:
      return "not-delivered";
  }
  return "";
}

const char* Name(Obstacle obstacle) {
  switch (obstacle) {
    case Obstacle::kNone:
      return "none";
    case Obstacle::kNotWorking:
      return "not-working";
    case Obstacle::kOtherQuerier:
      return "other-querier";
    case Obstacle::kLoop:
      return "loop";
    case Obstacle::kAccessList:
      return "access-list";
    case Obstacle::kNoRoom:
      return "no-room";
    case Obstacle::kBoundary:
      return "boundary";
    case Obstacle::kOlderHosts:
      return "older-hosts";
    case Obstacle::kOlderQuerier:
      return "older-querier";
  }
  return "";
}

const char* Name(Flowing flowing) {
  switch (flowing) {
    case Flowing::kForwarded:
      return "forwarded";
    case Flowing::kRefused:
      return "refused";
    case Flowing::kUnwanted:
      return "unwanted";
    case Flowing::kStopped:
      return "stopped";
  }
  return "";
}

Flowing StateOf(const SeenFacts& seen) {
  if (!seen.stopped_by.empty()) return Flowing::kStopped;
  const bool counted = seen.packets + seen.dropped > 0;
  if (!seen.last_s || *seen.last_s > (counted ? kStopped : kToldStopped)) return Flowing::kStopped;
  if (seen.nobody_asked) return Flowing::kUnwanted;
  if (seen.packets_per_s > 0) return Flowing::kForwarded;
  const bool refused = seen.packets == 0 || (seen.dropped > 0 && *seen.last_s <= kJustNow);
  return refused ? Flowing::kRefused : Flowing::kForwarded;
}

std::string WhyRefused(const SeenFacts& seen) {
  const std::string& why = seen.refused;
  if (why == "rpf" && !seen.belongs_to.empty()) {
    return "by its address the sender belongs to " + seen.belongs_to;
  }
  if (why == "rpf" && seen.asks_routes) return "no route leads to the sender through " + seen.port;
  if (why == "rpf") return "the sender is in no subnet and no altnet of " + seen.port;
  if (why == "ttl") return "their TTL (hop limit) is 1, which ends here";
  if (why == "opt" || why == "srcroute") return "they have IP options or extension headers";
  if (why == "own") return "the sender uses an address of this machine";
  if (why == "mart") return "no host can have that source address";
  if (why == "bound") return "the group does not pass " + seen.port + " (boundaries, forward-up)";
  if (why == "nooif") return "no other interface wants this source";
  return why.empty() ? "nobody wanted them when they came" : "counted as " + why;
}

std::string HowAccepted(const SeenFacts& seen) {
  const std::string& why = seen.refused;
  if (why == "rpf" && !seen.belongs_to.empty()) {
    return "connect the sender to " + seen.belongs_to + " alone, or accept it here: " + AltnetLine(seen);
  }
  if (why == "rpf" && seen.asks_routes) {
    return "ip route add " + HostAddress(seen.source) + " dev " + seen.port +
           ", or accept it: " + AltnetLine(seen);
  }
  if (why == "rpf") return AltnetLine(seen);
  if (why == "ttl") return "set the TTL of the sender above 1 (ffmpeg: ?ttl=16, VLC: --ttl 16, iperf: -T 16)";
  if (why == "opt" || why == "srcroute") return "let the sender send without IP options";
  if (why == "own") return "give the other machine an address of its own";
  if (why == "mart") return "give the sender an address of its network";
  if (why == "bound") return "take the group out of boundaries, or into forward-up, of " + seen.port;
  if (why == "nooif") return "let the receivers join this source, or all";
  return "bpfcast flows, in a few seconds";
}

StreamVerdict Judge(const StreamFacts& facts) {
  if (!facts.routable) {
    return {StreamState::kLinkLocal, facts.group + " is a group of its link alone, which no router forwards",
            "use a group of a wider scope, as 239.0.0.0/8 or ff0e::/16"};
  }
  if (!facts.served) return NotServed(facts);
  if (facts.taking_over) {
    return {StreamState::kNoData,
            "another version of bpfcastd ran before this one, and its programs forward until hosts have said "
            "what they want: this one does not see what flows",
            "bpfcast ports tells when it is over; ask again then"};
  }
  const auto wishes = Wishes(facts);
  if (wishes.empty()) return NobodyWants(facts);
  if (const auto flowing = SeenAs(facts, Flowing::kForwarded); !flowing.empty()) {
    return Delivering(facts, wishes, flowing);
  }
  if (const auto none = NoneServed(facts, wishes)) return *none;
  if (const auto refused = SeenAs(facts, Flowing::kRefused); !refused.empty()) {
    return DataRefused(facts, *refused.front());
  }
  if (facts.join.obstacle != Obstacle::kNone || !facts.join.asked) return NotJoined(facts.join, facts);
  if (const auto unwanted = SeenAs(facts, Flowing::kUnwanted);
      !unwanted.empty() && wishes.front()->mode == "include" && !wishes.front()->sources.empty()) {
    return WrongSource(facts, wishes, *unwanted.front());
  }
  return NoData(facts);
}

}  // namespace bpfcast
