#include "promises.h"

#include <algorithm>

namespace bpfcast::sim {
namespace {

using namespace std::chrono_literals;

constexpr Duration kJust = 1ns;  // a bound is kept when it is met exactly

}  // namespace

Promises::Promises(const Variables& variables, const LinkTraits& traits, unsigned groups, unsigned sources)
    : variables_(variables), traits_(traits), sources_(sources), groups_(groups) {
  for (Group& group : groups_) group.watches.resize(sources_ + 1);
}

/// A packet and its answer on their way, and the 10 ms in which a proxy collects changes (D-07), on both
/// sides of it.
Duration Promises::Slack() const {
  return 4 * traits_.longest_delay + 60ms;
}

unsigned Promises::AddMember(Version mode) {
  Member member;
  member.mode = mode;
  member.told.resize(groups_.size());
  member.changed.assign(groups_.size(), Time::min());
  member.heard_by.assign(groups_.size(), Time::min());
  member.wanted_since.assign(groups_.size(), std::vector<Time>(sources_ + 1, Time::min()));
  members_.push_back(std::move(member));
  return static_cast<unsigned>(members_.size() - 1);
}

std::vector<Time> Promises::Tell(unsigned number, unsigned group_number, const Filter& told, Departure how,
                                 Time now) {
  Member& member = members_[number];
  Group& group = groups_[group_number];
  const Filter before = member.told[group_number];
  if (before == told) return {};
  member.told[group_number] = told;
  member.changed[group_number] = now;
  // A change to INCLUDE, and what is changed while that is still being told.
  Time& heard_by = member.heard_by[group_number];
  const bool says_to_in = !told.exclude && (before.exclude || now <= heard_by);
  if (says_to_in && Remembers(group.version1_heard, now)) heard_by = now + AnswerTakes();
  if (how == Departure::kSilent) silent_departures_ = true;
  for (unsigned s = 0; s <= sources_; ++s) {
    Watch& watch = group.watches[s];
    if (before.exclude && before.Lists(s)) watch.listed_last = now;
    if (!before.Wants(s) && told.Wants(s)) member.wanted_since[group_number][s] = now;
    if (!before.Wants(s) || told.Wants(s)) continue;
    watch.stops_by = std::max(watch.stops_by, now + StopTakes(member, before, group, how, now));
    if (!IsWanted(group_number, s)) watch.unwanted_since = now;
  }
  std::vector<Time> looks = {now + JoinTakes(member) + kJust, now + StopsAtLast() + kJust};
  if (heard_by > now) looks.push_back(heard_by + kJust);
  for (const Watch& watch : group.watches) {
    if (watch.stops_by > now) looks.push_back(watch.stops_by + kJust);
  }
  return looks;
}

std::vector<Time> Promises::SetMode(unsigned number, Version mode, Time now) {
  Member& member = members_[number];
  if (member.mode == mode) return {};
  member.mode = mode;
  auto looks = FallSilent(number, now);
  member.mode_settles = now + AnswerTakes();
  looks.push_back(member.mode_settles + kJust);
  return looks;
}

std::vector<Time> Promises::FallSilent(unsigned number, Time now) {
  const Member& member = members_[number];
  const Duration said_within = variables_.robustness * std::max(variables_.unsolicited_report_interval,
                                                                Variables::kOlderUnsolicitedReportInterval);
  const Time stops_by = now + std::max(SilenceTakes(), traits_.routers > 1 ? StopsAtLast() : Duration());
  bool any = false;
  for (unsigned g = 0; g < groups_.size(); ++g) {
    if (member.changed[g] == Time::min() || member.changed[g] + said_within < now) continue;
    for (Watch& watch : groups_[g].watches) watch.stops_by = std::max(watch.stops_by, stops_by);
    any = true;
  }
  if (any) silent_departures_ = true;
  return any ? std::vector<Time>{stops_by + kJust} : std::vector<Time>();
}

void Promises::HearOlderReport(unsigned group, Version version, Time now) {
  if (version == Version::kV1) groups_[group].version1_heard = now;
  groups_[group].older_heard = now;
}

std::vector<Time> Promises::SetRouters(unsigned up, Time now) {
  const Duration answers = std::max(variables_.query_response_interval, Variables::kDelayOfVersion1);
  if (up == 0) {
    settles_ = kNever;
  } else if (traits_.routers == 1) {
    settles_ = now + (variables_.robustness - 1) * variables_.StartupQueryInterval() + answers + Slack();
  } else {
    settles_ = now + variables_.OtherQuerierPresentInterval() +
               variables_.robustness * variables_.query_interval + answers + Slack();
  }
  return up == 0 ? std::vector<Time>() : std::vector<Time>{settles_ + kJust};
}

bool Promises::IsWanted(unsigned group, unsigned source) const {
  return std::any_of(members_.begin(), members_.end(),
                     [&](const Member& member) { return member.told[group].Wants(source); });
}

bool Promises::IsListed(unsigned group, unsigned source) const {
  return std::any_of(members_.begin(), members_.end(), [&](const Member& member) {
    return member.told[group].exclude && member.told[group].Lists(source);
  });
}

Duration Promises::JoinTakes(const Member& member) const {
  const Duration interval = member.mode == Version::kV3 ? variables_.unsolicited_report_interval
                                                        : Variables::kOlderUnsolicitedReportInterval;
  return (variables_.robustness - 1) * interval + Slack();
}

/// RV rounds, of which one reaches the member and whose answer reaches the router.
Duration Promises::AnswerTakes() const {
  return variables_.robustness * variables_.query_interval +
         std::max(variables_.query_response_interval, Variables::kDelayOfVersion1) + Slack();
}

/// Does the router still believe in an older host that was heard then (RFC 9776 7.3.2)?
bool Promises::Remembers(Time heard, Time now) const {
  return heard != Time::min() && now <= heard + variables_.OlderHostPresentInterval() + Slack();
}

Duration Promises::StopTakes(const Member& member, const Filter& before, const Group& group, Departure how,
                             Time now) const {
  // Two routers: the one that serves later may have missed the leave, and asks nobody about it.
  if (traits_.routers > 1) return StopsAtLast();
  const Duration silence = SilenceTakes();
  if (how == Departure::kSilent || !traits_.in_order || traits_.version != Version::kV3) return silence;
  if (Remembers(group.version1_heard, now)) return silence;
  // A host that died and came back is known with what it wanted before, too (RFC 6636).
  if (traits_.fast_leave && silent_departures_) return silence;
  const Duration asked = variables_.LastMemberQueryTime() + Slack();
  if (member.mode == Version::kV3) {
    if (!before.exclude && Remembers(group.older_heard, now)) return silence;  // BLOCK
    return (variables_.robustness - 1) * variables_.unsolicited_report_interval + asked;
  }
  return traits_.lossless ? asked : silence;
}

Duration Promises::SilenceTakes() const {
  return variables_.GroupMembershipInterval() + Slack();
}

Duration Promises::StopsAtLast() const {
  return variables_.OlderHostPresentInterval() + 2 * variables_.GroupMembershipInterval() + Slack();
}

Time Promises::StopsBy(unsigned group, unsigned source) const {
  const Watch& watch = groups_[group].watches[source];
  // A list may still be on its way, or be told once more, shortly after the member gave it up.
  const Duration on_its_way = variables_.robustness * variables_.unsolicited_report_interval + Slack();
  const bool listed = IsListed(group, source) || (watch.listed_last != Time::min() &&
                                                  watch.listed_last + on_its_way >= watch.unwanted_since);
  return listed ? std::max(watch.stops_by, watch.unwanted_since + StopsAtLast()) : watch.stops_by;
}

std::string Promises::Check(unsigned number, Time now, const Forwards& forwards) const {
  const Group& group = groups_[number];
  for (unsigned s = 0; s <= sources_; ++s) {
    const bool forwarded = forwards(number, s);
    if (!IsWanted(number, s)) {
      if (forwarded && now > StopsBy(number, s)) {
        return "nobody wants source " + std::to_string(s) + " of group " + std::to_string(number) +
               " any more, and the link still gets it";
      }
      continue;
    }
    if (forwarded || settles_ == kNever || now <= settles_) continue;
    for (unsigned m = 0; m < members_.size(); ++m) {
      const Member& member = members_[m];
      if (!member.told[number].Wants(s) || now <= member.mode_settles || now <= member.heard_by[number])
        continue;
      // RFC 9776 8.13 and I-03: the router may forget a host of version 1 shortly before it reports again,
      // and then asks what such a host does not answer.
      if (member.mode == Version::kV1 && !Remembers(group.version1_heard, now + 2 * Slack())) continue;
      if (now > member.wanted_since[number][s] + JoinTakes(member)) {
        return "member " + std::to_string(m) + " wants source " + std::to_string(s) + " of group " +
               std::to_string(number) + ", and the link does not get it";
      }
    }
  }
  return {};
}

}  // namespace bpfcast::sim
