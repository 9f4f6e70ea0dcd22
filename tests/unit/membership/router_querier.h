// A Querier on a virtual clock, with every query it sends and its contract checked after every call.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "membership/querier.h"
#include "router_support.h"

namespace bpfcast {

template <class F>
class QuerierBed : public testing::Test {
 protected:
  using Address = typename F::Address;

  struct SentQuery {
    double at;
    Query<F> query;
  };

  QuerierBed() { config.timing = DefaultTiming(); }

  struct Told {
    double at;
    LinkNotice<F> notice;
  };

  /// Becomes querier of a link with `config` and the address `own`.
  void Start(double at) {
    querier.emplace(config);
    querier->SetAddress(own);
    Call(At(at), [&](QuerierEffects<F>& out) { querier->Start(now, out); });
  }
  void Stop(double at) {
    Call(At(at), [&](QuerierEffects<F>& out) { querier->Stop(out); });
  }
  /// A report at `at`; what was due before has happened, what is due at that very instant has not (B-26).
  void HearFrom(const Address& host, double at, const Report<F>& report) {
    FireUntil(At(at) - Duration(1));
    Call(At(at), [&](QuerierEffects<F>& out) { querier->OnReport(report, host, now, drops, out); });
  }
  void HearFrom(const Address& host, double at, RecordType type, const Address& group,
                std::initializer_list<unsigned> sources = {}) {
    HearFrom(host, at, {Version::kV3, {{type, group, Sources<F>(sources)}}});
  }
  void Hear(double at, const Report<F>& report) { HearFrom(Bed<F>::Host(), at, report); }
  void Hear(double at, RecordType type, const Address& group, std::initializer_list<unsigned> sources = {}) {
    Hear(at, {Version::kV3, {{type, group, Sources<F>(sources)}}});
  }
  void HearOld(double at, Version version, RecordType type, const Address& group) {
    Hear(at, {version, {{type, group, {}}}});
  }
  void HearQuery(const Address& router, double at, const Query<F>& query) {
    FireUntil(At(at) - Duration(1));
    Call(At(at), [&](QuerierEffects<F>& out) { querier->OnQuery(query, router, now, drops, out); });
  }
  void Reconfigure(double at) {
    FireUntil(At(at) - Duration(1));
    Call(At(at), [&](QuerierEffects<F>&) { querier->Reconfigure(config, now); });
  }

  /// V04 (V02 and V01 in older versions), V05, V06, and V07, with the variables of DEF.
  static Query<F> General(Version version = Version::kV3) {
    Query<F> query;
    query.version = version;
    query.max_response_time = Seconds(10);
    if (version == Version::kV3) {
      query.robustness = 2;
      query.query_interval = Seconds(125);
    }
    return query;
  }
  static Query<F> Specific(const Address& group, std::initializer_list<unsigned> sources = {}) {
    Query<F> query = General();
    query.max_response_time = Seconds(1);
    query.group = group;
    query.sources = Sources<F>(sources);
    return query;
  }
  static Query<F> Suppressed(Query<F> query) {
    query.suppress_router_processing = true;
    return query;
  }

  void RunTo(double at) {
    FireUntil(At(at));
    now = At(at);
  }

  std::vector<SentQuery> GeneralQueries() const {
    std::vector<SentQuery> general;
    for (const SentQuery& query : sent) {
      if (query.query.IsGeneral()) general.push_back(query);
    }
    return general;
  }
  std::vector<double> GeneralQueryTimes() const {
    std::vector<double> times;
    for (const SentQuery& query : GeneralQueries()) times.push_back(query.at);
    return times;
  }
  std::vector<Asked> SpecificQueries() const {
    std::vector<Asked> specific;
    for (const SentQuery& query : sent) {
      if (!query.query.IsGeneral()) specific.push_back(ToAsked(query.query, At(query.at)));
    }
    return specific;
  }

  std::vector<double> ToldTimes(LinkEvent event) const {
    std::vector<double> times;
    for (const Told& each : told) {
      if (each.notice.event == event) times.push_back(each.at);
    }
    return times;
  }
  double GroupTimerLeft(const Address& group) const {
    return InSeconds(querier->Find(group)->GroupTimer() - now);
  }
  /// 0 for a blocked or unknown source.
  double SourceTimerLeft(const Address& group, unsigned source) const {
    const auto timer = querier->Find(group)->SourceTimer(Bed<F>::Source(source));
    return timer ? InSeconds(*timer - now) : 0;
  }

  QuerierConfig<F> config;
  Address own = Bed<F>::Router(5);
  std::optional<Querier<F>> querier;
  Time now = At(0);
  DropCounters drops;
  std::vector<SentQuery> sent;
  std::vector<Told> told;
  std::vector<Address> changed;  // by the last call

 private:
  void FireUntil(Time end) {
    while (querier->NextExpiry() <= end) {
      const Time due = querier->NextExpiry();
      Call(due, [&](QuerierEffects<F>& out) { querier->Expire(now, out); });
      ASSERT_GT(querier->NextExpiry(), due) << "a deadline in the past is left";
    }
  }

  template <class Function>
  void Call(Time time, Function function) {
    now = time;
    std::map<Address, MembershipRecord<F>> before;
    for (const auto& [group, state] : querier->groups()) before[group] = state.Membership();
    QuerierEffects<F> out;
    function(out);
    for (const Query<F>& query : out.queries) sent.push_back({InSeconds(now - At(0)), query});
    for (const LinkNotice<F>& notice : out.notices) told.push_back({InSeconds(now - At(0)), notice});
    changed = out.changed_groups;
    CheckChanges(before);
    CheckRole();
    for (const auto& [group, state] : querier->groups()) {
      ASSERT_FALSE(state.IsEmpty());
      ASSERT_LE(querier->NextExpiry(), state.NextExpiry());
    }
  }
  /// C-50, C-51, C-53: General Queries are planned exactly while no other router is the querier.
  void CheckRole() {
    const bool other = querier->other_querier().has_value();
    ASSERT_EQ(querier->role() == RouterRole::kNonQuerier, other);
    ASSERT_EQ(querier->OtherQuerierExpires() != kNever, other);
    ASSERT_TRUE(!querier->running() || querier->NextExpiry() != kNever);
    ASSERT_LE(querier->NextExpiry(), querier->OtherQuerierExpires());
  }
  void CheckChanges(std::map<Address, MembershipRecord<F>> groups) {
    for (const auto& [group, state] : querier->groups()) groups.try_emplace(group);
    std::vector<Address> expected;
    for (const auto& [group, record] : groups) {
      if (querier->Membership(group) != record) expected.push_back(group);
    }
    ASSERT_THAT(changed, testing::UnorderedElementsAreArray(expected));
  }
};

}  // namespace bpfcast
