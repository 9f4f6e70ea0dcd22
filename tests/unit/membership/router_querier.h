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

  /// Becomes querier of a link with `config`.
  void Start(double at) {
    querier.emplace(config);
    Call(At(at), [&](QuerierEffects<F>& out) { querier->Start(now, out); });
  }
  void Stop(double at) {
    Call(At(at), [&](QuerierEffects<F>& out) { querier->Stop(out); });
  }
  /// A report at `at`; what was due before has happened, what is due at that very instant has not (B-26).
  void Hear(double at, const Report<F>& report) {
    FireUntil(At(at) - Duration(1));
    Call(At(at), [&](QuerierEffects<F>& out) { querier->OnReport(report, Bed<F>::Host(), now, drops, out); });
  }
  void Hear(double at, RecordType type, const Address& group, std::initializer_list<unsigned> sources = {}) {
    Hear(at, {Version::kV3, {{type, group, Sources<F>(sources)}}});
  }
  void HearOld(double at, Version version, RecordType type, const Address& group) {
    Hear(at, {version, {{type, group, {}}}});
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

  QuerierConfig<F> config;
  std::optional<Querier<F>> querier;
  Time now = At(0);
  DropCounters drops;
  std::vector<SentQuery> sent;
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
    changed = out.changed_groups;
    CheckChanges(before);
    for (const auto& [group, state] : querier->groups()) {
      ASSERT_FALSE(state.IsEmpty());
      ASSERT_LE(querier->NextExpiry(), state.NextExpiry());
    }
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
