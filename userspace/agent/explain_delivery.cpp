// The verdict on a stream that is forwarded: to which of the ports that want it, and what keeps it from
// others.
#include <algorithm>
#include <optional>

#include "agent/explain_steps.h"

namespace bpfcast {
namespace {

/// What keeps all multicast from the members of the port; nothing where nothing does. `which` follows its
/// name.
std::optional<StreamVerdict> Unserved(const WishFacts& wish, const std::string& which = "") {
  switch (wish.obstacle) {
    case Obstacle::kOtherQuerier:
    case Obstacle::kLoop:
      return StreamVerdict{StreamState::kWithheld,
                           "members on " + wish.port + " are not served by this router: " + wish.reason,
                           wish.remedy};
    case Obstacle::kNotWorking:
      return StreamVerdict{StreamState::kNotDelivered,
                           wish.port + which + (which.empty() ? "" : ",") + " does not work: " + wish.reason,
                           wish.remedy};
    case Obstacle::kNone:
    case Obstacle::kAccessList:
    case Obstacle::kNoRoom:
    case Obstacle::kBoundary:
    case Obstacle::kOlderHosts:
    case Obstacle::kOlderQuerier:
      break;
  }
  return std::nullopt;
}

std::string OnlyOne(const StreamFacts& facts, const std::vector<const WishFacts*>& wishes) {
  return wishes.size() == 1 ? ", the only port that wants " + StreamName(facts) : ", which wants it too";
}

/// Copies that the port did not take for this reason, of whatever stream.
std::uint64_t Dropped(const PortFactsOfStream& port, const char* reason) {
  const auto found = port.copies_dropped.find(reason);
  return found == port.copies_dropped.end() ? 0 : found->second;
}

/// What keeps this port's members from a stream that is forwarded; nothing when they get it.
std::optional<StreamVerdict> NotDelivered(const StreamFacts& facts, const WishFacts& wish,
                                          const SeenFacts& seen, const std::string& which) {
  if (wish.port == seen.port) return std::nullopt;  // they hear the sender on their own link
  const bool taken = HasWord(seen.takers, wish.port);
  if (wish.obstacle != Obstacle::kNotWorking || !taken) {
    if (auto unserved = Unserved(wish, which)) return unserved;
  }
  const PortFactsOfStream* port = FindPort(facts, wish.port);
  if (port == nullptr) return std::nullopt;
  if (port->hook.empty()) {
    return StreamVerdict{
        StreamState::kNotDelivered,
        wish.port + " carries no packets" + (port->hook_reason.empty() ? "" : ": " + port->hook_reason),
        "bpfcast doctor"};
  }
  if (seen.octets > port->mtu && port->mtu > 0 && !facts.kernel_forwards) {
    return StreamVerdict{StreamState::kNotDelivered,
                         "packets of " + seen.source + " have " + std::to_string(seen.octets) +
                             " octets, more than the MTU of " + wish.port + ", " + std::to_string(port->mtu),
                         "let the sender make smaller packets, or raise the MTU: ip link set " + wish.port +
                             " mtu " + std::to_string(seen.octets)};
  }
  // What the port counts is of all streams: it convicts this one only where none of them passes.
  if (!taken || port->transmitted > 0 || port->copies_dropped.empty()) return std::nullopt;
  if (const auto below = Dropped(*port, "thr"); port->ttl_threshold > 1 && below > 0) {
    return StreamVerdict{StreamState::kNotDelivered,
                         wish.port + " takes only packets whose TTL is above its ttl-threshold of " +
                             std::to_string(port->ttl_threshold) + ", and dropped " + std::to_string(below),
                         "raise the TTL of the sender, or lower ttl-threshold of " + wish.port};
  }
  if (const auto larger = Dropped(*port, "mtu"); larger > 0) {
    return StreamVerdict{
        StreamState::kNotDelivered,
        wish.port + " dropped " + std::to_string(larger) + " copies that are larger than its MTU",
        "let the sender make smaller packets, or raise the MTU: ip link set " + wish.port + " mtu N"};
  }
  std::vector<std::string> reasons;
  for (const auto& [reason, copies] : port->copies_dropped) {
    reasons.push_back(reason + " " + std::to_string(copies));
  }
  return StreamVerdict{StreamState::kNotDelivered,
                       wish.port + " took none of " + std::to_string(port->transmit_dropped()) + " copies (" +
                           JoinWords(reasons) + ")",
                       "ip -s link show " + wish.port};
}

bool Wants(const WishFacts& wish, const std::string& source) {
  return HasWord(wish.sources, source) == (wish.mode == "include");
}

/// Senders that somebody wants as well, and whose packets are not forwarded.
std::optional<StreamVerdict> RefusedBeside(const StreamFacts& facts,
                                           const std::vector<const WishFacts*>& wishes,
                                           const std::vector<const SeenFacts*>& flowing) {
  std::vector<const SeenFacts*> refused;
  for (const SeenFacts* seen : SeenAs(facts, Flowing::kRefused)) {
    if (seen->refused.empty() || seen->refused == "nooif") continue;
    const bool wanted = std::any_of(wishes.begin(), wishes.end(),
                                    [&](const WishFacts* wish) { return Wants(*wish, seen->source); });
    const bool comes_elsewhere = std::any_of(
        flowing.begin(), flowing.end(), [&](const SeenFacts* each) { return each->source == seen->source; });
    if (wanted && !comes_elsewhere) refused.push_back(seen);
  }
  if (refused.empty()) return std::nullopt;
  std::stable_sort(refused.begin(), refused.end(), [](const SeenFacts* a, const SeenFacts* b) {
    return a->last_s.value_or(0) < b->last_s.value_or(0);
  });
  const SeenFacts& first = *refused.front();
  std::string others;
  if (refused.size() > 1) others = " (and of " + std::to_string(refused.size() - 1) + " more)";
  return StreamVerdict{
      StreamState::kDataRefused,
      "packets of " + first.source + others + " are refused on " + first.port + ": " + WhyRefused(first),
      HowAccepted(first)};
}

/// A sender whose packets came from upstream as long as that worked.
std::optional<StreamVerdict> StoppedBeside(const StreamFacts& facts) {
  for (const SeenFacts& seen : facts.seen) {
    if (!seen.from_upstream || seen.stopped_by.empty()) continue;
    return StreamVerdict{StreamState::kNotJoined,
                         "packets of " + seen.source + " came from " + seen.port +
                             ", which does not work any more: " + seen.stopped_by,
                         facts.join.remedy};
  }
  return std::nullopt;
}

struct Doubt {
  std::string sentence;
  std::string next;
};

/// A port that drops streams by their TTL, where it is not known whether this is one of them.
Doubt DoubtOfTtl(const StreamFacts& facts, const std::vector<std::string>& served, const SeenFacts& seen) {
  for (const std::string& name : served) {
    const PortFactsOfStream* port = FindPort(facts, name);
    if (port == nullptr || name == seen.port || port->ttl_threshold <= 1) continue;
    if (Dropped(*port, "thr") == 0) continue;
    return {" if its TTL is above the ttl-threshold of " + name + ", " + std::to_string(port->ttl_threshold),
            "see its TTL: bpfcast capture -i " + seen.port + " -g " + facts.group + " -c 1"};
  }
  return {};
}

}  // namespace

std::optional<StreamVerdict> NoneServed(const StreamFacts& facts,
                                        const std::vector<const WishFacts*>& wishes) {
  std::vector<std::string> broken;
  std::optional<StreamVerdict> first;
  for (const WishFacts* wish : wishes) {
    auto unserved = Unserved(*wish, OnlyOne(facts, wishes));
    if (!unserved) return std::nullopt;
    if (wish->obstacle == Obstacle::kNotWorking) broken.push_back(wish->port + " (" + wish->reason + ")");
    if (!first) first = std::move(unserved);
  }
  if (broken.size() > 1 && broken.size() == wishes.size()) {
    first->sentence = "none of the ports that want " + StreamName(facts) + " works: " + JoinWords(broken);
  }
  return first;
}

StreamVerdict Delivering(const StreamFacts& facts, const std::vector<const WishFacts*>& wishes,
                         const std::vector<const SeenFacts*>& flowing) {
  std::vector<std::string> served;
  std::vector<StreamVerdict> failures;
  const SeenFacts& first = *flowing.front();
  for (const WishFacts* wish : wishes) {
    const auto taken = std::find_if(flowing.begin(), flowing.end(), [&](const SeenFacts* each) {
      return each->port == wish->port || HasWord(each->takers, wish->port);
    });
    auto problem =
        NotDelivered(facts, *wish, taken == flowing.end() ? first : **taken, OnlyOne(facts, wishes));
    if (!problem && taken == flowing.end()) {
      problem =
          StreamVerdict{StreamState::kNotDelivered,
                        "what " + wish->port + " wants of it is not what arrives (" + first.source + ")",
                        "compare the sources above"};
    }
    if (problem) {
      failures.push_back(std::move(*problem));
    } else {
      served.push_back(wish->port);
    }
  }
  if (served.empty()) {
    const auto none = NoneServed(facts, wishes);
    return none ? *none : failures.front();
  }
  const Doubt doubt = DoubtOfTtl(facts, served, first);
  StreamVerdict verdict{
      StreamState::kDelivering,
      StreamName(facts) + " flows from " + first.port + " to " + JoinWords(served) + doubt.sentence, ""};
  if (first.packets_per_s <= 0) verdict.sentence += ", the last packet came " + AgoText(first.last_s);
  if (const auto refused = RefusedBeside(facts, wishes, flowing)) failures.push_back(*refused);
  if (const auto stopped = StoppedBeside(facts)) failures.push_back(*stopped);
  for (const StreamVerdict& failure : failures) {
    verdict.sentence += "; but " + failure.sentence;
    if (verdict.next.empty()) verdict.next = failure.next;
  }
  if (verdict.next.empty()) verdict.next = doubt.next;
  return verdict;
}

}  // namespace bpfcast
