#include "membership/host.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace bpfcast {
namespace {

using namespace std::chrono_literals;

/// D-07: least time between first transmissions of changes.
constexpr Duration kChangeSpacing = 10ms;
/// No answer goes out sooner, also when the query allows no delay at all.
constexpr Duration kTick = 1ms;

}  // namespace

template <class F>
Host<F>::Host(const HostConfig<F>& config, const MembershipDatabase<F>& database, Random random)
    : config_(config), database_(database), random_(random), robustness_(config.timing.robustness) {}

template <class F>
void Host<F>::Start(Time now) {
  running_ = true;
  for (const auto& [group, state] : database_.groups()) ScheduleChange({group, {}, state.merged}, now);
}

template <class F>
void Host<F>::Stop() {
  running_ = false;
  robustness_ = config_.timing.robustness;
  changes_.clear();
  change_deadlines_.Clear();
  first_transmission_due_ = kNever;
  answers_.clear();
  answer_deadlines_.Clear();
  general_answer_due_ = kNever;
}

template <class F>
void Host<F>::OnChange(const MembershipChange<F>& change, Time now) {
  assert(running_);
  ScheduleChange(change, now);
  // Also keeps what queries can make us remember within the size of the database.
  if (change.after.IsEmpty()) ForgetAnswer(change.group);
}

template <class F>
void Host<F>::OnQuery(const Query<F>& query, Time now) {
  assert(running_);
  robustness_ = query.robustness != 0 ? query.robustness : config_.timing.robustness;
  const bool has_state =
      query.IsGeneral() ? !database_.groups().empty() : !database_.Merged(query.group).IsEmpty();
  if (!has_state) return;
  const Time due = now + std::max(kTick, random_.UpTo(query.max_response_time));  // D-10
  if (general_answer_due_ <= due) return;                                         // rule 1, D-11
  if (query.IsGeneral()) {
    general_answer_due_ = due;  // rule 2, D-12
  } else {
    ScheduleGroupAnswer(query, due);
  }
}

template <class F>
Time Host<F>::NextExpiry() const {
  return std::min({change_deadlines_.Next(), answer_deadlines_.Next(), general_answer_due_});
}

template <class F>
void Host<F>::Expire(Time now, HostEffects<F>& out) {
  ReportPacker<F> packer(config_.mtu, out);
  SendChanges(now, packer);
  SendGroupAnswers(now, packer);
  SendGeneralAnswer(now, packer);
}

template <class F>
void Host<F>::Leave(HostEffects<F>& out) {
  const MembershipRecord<F> nothing;
  for (const auto& [group, state] : database_.groups()) {
    if (IsReportable(group, state.merged)) changes_[group].Add(state.merged, nothing, 1);
  }
  // A leave that is still being retransmitted goes out once more, too.
  std::vector<Address> groups;
  for (const auto& [group, change] : changes_) groups.push_back(group);
  std::sort(groups.begin(), groups.end());
  ReportPacker<F> packer(config_.mtu, out);
  for (const Address& group : groups) {
    for (auto& record : changes_.at(group).Records(group, nothing)) packer.Add(std::move(record));
  }
  Stop();
}

/// D-06; D-19: the router side keeps SSM groups in INCLUDE mode, nothing else may be said of them.
template <class F>
bool Host<F>::IsReportable(const Address& group, const MembershipRecord<F>& record) const {
  return F::IsRoutable(group) && (record.mode == FilterMode::kInclude || !IsSsm(config_.ssm_ranges, group));
}

template <class F>
void Host<F>::ScheduleChange(const MembershipChange<F>& change, Time now) {
  if (!F::IsRoutable(change.group)) return;
  changes_[change.group].Add(change.before, change.after, robustness_);
  if (first_transmission_due_ == kNever) first_transmission_due_ = std::max(now, quiet_until_);
  change_deadlines_.Set(change.group, first_transmission_due_);
}

template <class F>
void Host<F>::ScheduleGroupAnswer(const Query<F>& query, Time due) {
  const auto [answer, is_new] = answers_.try_emplace(query.group, query.sources, due);  // rule 3
  if (!is_new) answer->second.Add(query.sources, due);                                  // rules 4 and 5
  answer_deadlines_.Set(query.group, answer->second.due());
}

template <class F>
void Host<F>::ForgetAnswer(const Address& group) {
  if (answers_.erase(group) > 0) answer_deadlines_.Set(group, kNever);
}

template <class F>
void Host<F>::SendChanges(Time now, ReportPacker<F>& packer) {
  if (change_deadlines_.Next() > now) return;
  if (first_transmission_due_ <= now) {
    first_transmission_due_ = kNever;
    quiet_until_ = now + kChangeSpacing;
  }
  // Groups that were told in one report are told again in one report: one random gap for all of them (B-11).
  const Time again = now + random_.UpTo(config_.timing.unsolicited_report_interval);
  std::vector<Address> due;
  while (change_deadlines_.Next() <= now) {
    due.push_back(change_deadlines_.NextKey());
    change_deadlines_.Set(due.back(), kNever);
  }
  for (const Address& group : due) {
    const auto change = changes_.find(group);
    const MembershipRecord<F>& current = database_.Merged(group);
    if (IsReportable(group, current)) {
      for (auto& record : change->second.Records(group, current)) packer.Add(std::move(record));
    }
    change->second.CountReport();
    if (change->second.IsDone()) {
      changes_.erase(change);
    } else {
      change_deadlines_.Set(group, again);
    }
  }
}

template <class F>
void Host<F>::SendGroupAnswers(Time now, ReportPacker<F>& packer) {
  while (answer_deadlines_.Next() <= now) {
    const Address group = answer_deadlines_.NextKey();
    const MembershipRecord<F>& current = database_.Merged(group);
    auto record = answers_.at(group).Record(group, current);
    if (record && IsReportable(group, current)) packer.Add(*std::move(record));
    ForgetAnswer(group);
  }
}

template <class F>
void Host<F>::SendGeneralAnswer(Time now, ReportPacker<F>& packer) {
  if (general_answer_due_ > now) return;
  general_answer_due_ = kNever;
  std::vector<Address> groups;
  for (const auto& [group, state] : database_.groups()) {
    if (IsReportable(group, state.merged)) groups.push_back(group);
  }
  std::sort(groups.begin(), groups.end());
  for (const Address& group : groups) packer.Add(CurrentState(group, database_.Merged(group)));
}

template class Host<Igmp>;
template class Host<Mld>;

}  // namespace bpfcast
