// The verdict on a stream that nobody wants.
#include <algorithm>

#include "agent/explain_steps.h"

namespace bpfcast {
namespace {

/// With what a receiver can join it: all senders of a source-specific group are asked for by nobody (C-70).
std::string JoinAtReceiver(const StreamFacts& facts) {
  std::string source;
  if (facts.source_specific) source = " --source ADDRESS";
  if (!facts.source.empty()) source = " --source " + facts.source;
  return "join it at a receiver: bpfcast recv " + facts.group + source;
}

bool WouldRefuse(const WishFacts& wish) {
  return wish.obstacle == Obstacle::kAccessList || wish.obstacle == Obstacle::kBoundary ||
         wish.obstacle == Obstacle::kNoRoom;
}

/// What a member would meet after its join, so that the way out has both steps.
void AddWhatComesNext(const StreamFacts& facts, const std::vector<const WishFacts*>& working,
                      StreamVerdict& verdict) {
  const bool refused =
      std::all_of(working.begin(), working.end(), [](const WishFacts* wish) { return WouldRefuse(*wish); });
  if (refused) {
    const WishFacts& first = *working.front();
    verdict.sentence += "; " + first.port + " would refuse it: " + first.reason;
    verdict.next = first.remedy + "; then " + verdict.next;
    return;
  }
  const bool from_downstream = std::any_of(facts.seen.begin(), facts.seen.end(),
                                           [](const SeenFacts& seen) { return !seen.from_upstream; });
  if (from_downstream || facts.join.obstacle == Obstacle::kNone) return;
  verdict.sentence += "; nor could it be asked for on " + facts.join.port + ": " + facts.join.reason;
  verdict.next = facts.join.remedy + "; then " + verdict.next;
}

}  // namespace

StreamVerdict NobodyWants(const StreamFacts& facts) {
  for (const WishFacts& wish : facts.wishes) {
    if (!wish.met) continue;
    return {StreamState::kJoinRefused,
            "no member counts: " + wish.port + " refuses joins of " + StreamName(facts) + ", " + wish.reason,
            wish.remedy};
  }
  StreamVerdict verdict{StreamState::kNobodyWants,
                        "no host on a downstream interface wants " + StreamName(facts),
                        JoinAtReceiver(facts)};
  const auto unwanted = SeenAs(facts, Flowing::kUnwanted);
  if (!unwanted.empty()) {
    verdict.sentence +=
        ", though packets of " + unwanted.front()->source + " arrive on " + unwanted.front()->port;
  }
  std::vector<const WishFacts*> working;
  const WishFacts* broken = nullptr;
  bool heard = false;  // a host has reported something, so that queries and reports get through
  for (const WishFacts& wish : facts.wishes) {
    heard = heard || wish.reports_received > 0;
    if (wish.obstacle != Obstacle::kNotWorking) {
      working.push_back(&wish);
    } else if (broken == nullptr) {
      broken = &wish;
    }
  }
  if (broken != nullptr) verdict.sentence += "; " + broken->port + " does not work: " + broken->reason;
  if (working.empty()) {
    if (broken != nullptr) verdict.next = broken->remedy;
    return verdict;
  }
  for (const WishFacts* wish : working) {
    if (heard || wish->queries_sent < 2) continue;
    verdict.sentence +=
        "; on " + wish->port + " no host ever answered " + std::to_string(wish->queries_sent) + " queries";
    verdict.next =
        "see whether the receiver has joined (ip maddr there), and whether a firewall at it, or a "
        "switch between, stops IGMP and MLD";
    return verdict;
  }
  AddWhatComesNext(facts, working, verdict);
  return verdict;
}

}  // namespace bpfcast
