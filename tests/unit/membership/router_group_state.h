// A GroupState on a virtual clock, with every query it sends and its invariants checked after every step.
#pragma once

#include <utility>
#include <vector>

#include "membership/group_state.h"
#include "router_support.h"

namespace bpfcast {

template <class F>
class GroupStateBed : public testing::Test {
 protected:
  GroupStateBed() : state(Bed<F>::Group()) { rules.timing = DefaultTiming(); }

  /// A record at `at`; what was due before has happened, what is due at that very instant has not (B-26).
  void Record(double at, RecordType type, std::vector<typename F::Address> sources = {},
              Version version = Version::kV3) {
    FireUntil(At(at) - Duration(1));
    now = At(at);
    std::vector<Query<F>> out;
    state.OnRecord({type, Bed<F>::Group(), std::move(sources)}, {Bed<F>::Host(), version}, rules, now, out);
    Log(out);
    CheckInvariants();
  }
  void Record(double at, RecordType type, std::initializer_list<unsigned> sources) {
    Record(at, type, Sources<F>(sources));
  }
  /// A specific query of the link's querier with S clear; what it names is to end at `end`.
  void HearQuery(double at, std::vector<typename F::Address> sources, double end) {
    FireUntil(At(at) - Duration(1));
    now = At(at);
    Query<F> query;
    query.group = Bed<F>::Group();
    query.sources = std::move(sources);
    state.OnQuery(query, At(end));
    CheckInvariants();
  }
  /// A v1 or v2 report and leave.
  void OldReport(double at, Version version) { Record(at, RecordType::kIsEx, {}, version); }
  void OldLeave(double at) { Record(at, RecordType::kToIn, {}, Version::kV2); }

  /// Everything due at or before `at` happens.
  void RunTo(double at) {
    FireUntil(At(at));
    now = At(at);
  }

  bool Wants(unsigned source) const { return state.Membership().Wants(Bed<F>::Source(source)); }
  bool IsGone() const { return state.IsEmpty(); }

  /// The state of section G's cells, made with records only: INC{1,2}, all ST 100 at time 0.
  void StartInclude12() {
    Record(-170, RecordType::kAllow, {1, 2});
    RunTo(0);
  }
  /// EXC({1,2},{3,4}), all ST 100 and GT 150 at time 0.
  void StartExclude1234() {
    Record(-171, RecordType::kIsEx, {3, 4});
    Record(-170, RecordType::kAllow, {1, 2});
    Record(-120, RecordType::kIsEx, {1, 2, 3, 4});
    RunTo(0);
  }

  double GroupTimerLeft() const { return InSeconds(state.GroupTimer() - now); }
  /// What is left of the source's timer; 0 for a blocked or unknown source.
  double SourceTimerLeft(unsigned source) const {
    const auto timer = state.SourceTimer(Bed<F>::Source(source));
    return timer ? InSeconds(*timer - now) : 0;
  }

  LinkRules rules;
  GroupState<F> state;
  Time now = At(-1000);
  std::vector<Asked> asked;
  std::vector<Query<F>> queries;

 private:
  void FireUntil(Time end) {
    while (state.NextExpiry() <= end) {
      now = state.NextExpiry();
      std::vector<Query<F>> out;
      state.Expire(now, rules, out);
      Log(out);
      CheckInvariants();
      ASSERT_GT(state.NextExpiry(), now) << "a deadline in the past is left";
    }
  }
  void Log(const std::vector<Query<F>>& out) {
    for (const Query<F>& query : out) {
      asked.push_back(ToAsked(query, now));
      queries.push_back(query);
    }
  }
  void CheckInvariants() const {
    const bool exclude = state.mode() == FilterMode::kExclude;
    ASSERT_TRUE(state.IsEmpty() || state.NextExpiry() != kNever) << "a live state without a deadline";
    ASSERT_EQ(state.GroupTimer() != kNever, exclude);
    ASSERT_TRUE(exclude || state.Excluded().empty());
  }
};

}  // namespace bpfcast
