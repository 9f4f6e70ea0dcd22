#include "membership/host.h"

#include <algorithm>
#include <cassert>
#include <functional>
#include <utility>

namespace bpfcast {
namespace {

using namespace std::chrono_literals;

/// D-07: least time between first transmissions of changes.
constexpr Duration kChangeSpacing = 10ms;
/// D-16: least time between the parts of what is too much for one moment.
constexpr Duration kPartSpacing = 5ms;
/// No answer goes out sooner, also when the query allows no delay at all.
constexpr Duration kTick = 1ms;
/// least time between General Queries that are answered group by group.
constexpr Duration kOlderQuerySpacing = 1s;
/// B-11 in the modes of the older versions.
constexpr Duration kOlderUnsolicitedReportInterval = 10s;

/// All that an older version can say of a group.
template <class F>
MembershipRecord<F> AllSources() {
  return {FilterMode::kExclude, {}};
}

/// What is told upstream of a merged record; empty when nothing may be said of it.
template <class F>
MembershipRecord<F> ToldBy(const HostConfig<F>& config, Version mode, const typename F::Address& group,
                           const MembershipRecord<F>& merged) {
  if (!F::IsRoutable(group)) return {};                                // D-06
  MembershipRecord<F> told = Permitted(config.access, group, merged);  // E-08
  if (mode == Version::kV3 && told.mode == FilterMode::kInclude) return told;
  if (told.IsEmpty()) return {};
  // D-19: the router side keeps SSM groups in INCLUDE mode. D-25: an older version would ask for all sources.
  const bool sayable = mode != Version::kV3 && config.older_ssm == OlderSsm::kReport;
  if (!sayable && IsSsm(config.ssm_ranges, group)) return {};
  if (mode == Version::kV3) return told;
  return Permitted(config.access, group, AllSources<F>());
}

/// D-16: would the record begin a report that has to wait?
template <class F>
bool HasToWait(const GroupRecord<F>& record, const ReportPacker<F>& packer) {
  return packer.size() >= Host<F>::kMostReportsAtOnce && !packer.Fits(record);
}

}  // namespace

template <class F>
Host<F>::Host(const HostConfig<F>& config, const MembershipDatabase<F>& database, Random random)
    : config_(config), database_(&database), random_(random), mode_(ModeNow()) {}

template <class F>
void Host<F>::Start(Time now) {
  running_ = true;
  AnnounceAll(Robustness(), now);
}

template <class F>
void Host<F>::Stop() {
  running_ = false;
  querier_robustness_ = 0;
  older_queriers_ = {};
  mode_ = ModeNow();
  Forget();
}

template <class F>
void Host<F>::Forget() {
  changes_.clear();
  change_deadlines_.Clear();
  first_transmission_due_ = kNever;
  answers_.clear();
  answer_deadlines_.Clear();
  general_answer_due_ = kNever;
  unanswered_.clear();
  asked_anew_from_ = Time::min();
}

template <class F>
void Host<F>::Reconfigure(const HostConfig<F>& config, const MembershipDatabase<F>& database, Time now) {
  config_.version = config.version;
  config_.older_queriers = config.older_queriers;
  FollowMode(Announcement::kAll, now);
  const HostConfig<F> before = std::exchange(config_, config);
  const MembershipDatabase<F>& spoken_for = *std::exchange(database_, &database);
  config_.mtu = before.mtu;
  if (!running_) return;
  const auto follow = [&](const Address& group, const MembershipRecord<F>& merged) {
    ScheduleChange({group, ToldBy(before, mode_, group, merged), Told(group)}, Robustness(), now);
  };
  for (const auto& [group, state] : spoken_for.groups()) follow(group, state.merged);
  for (const auto& [group, state] : database.groups()) {
    if (!spoken_for.groups().contains(group)) follow(group, {});
  }
}

template <class F>
void Host<F>::OnChange(const MembershipChange<F>& change, Time now) {
  assert(running_);
  const auto& [group, before, after] = change;
  ScheduleChange({group, ToldBy(config_, mode_, group, before), ToldBy(config_, mode_, group, after)},
                 Robustness(), now);
}

template <class F>
void Host<F>::OnQuery(const Query<F>& query, Time now) {
  assert(running_);
  querier_robustness_ = query.robustness;
  if (query.IsGeneral()) {
    // B-12 by I-02, and D-20: an older query for one group does not count. Older queries carry no variables.
    const Duration present =
        config_.timing.robustness * config_.timing.query_interval + query.max_response_time;
    older_queriers_.OnHeard(query.version, now + present);
    FollowMode(Announcement::kNothing, now);
    ScheduleGeneralAnswer(query, now);
  } else if (!Told(query.group).IsEmpty()) {
    const Time due = now + std::max(kTick, random_.UpTo(query.max_response_time));  // D-10
    if (GeneralAnswerComesFirst(query.group, due)) return;                          // rule 1, D-11
    ScheduleGroupAnswer(query.group, query.sources, due);
  }
}

template <class F>
void Host<F>::OnReport(const Report<F>& report) {
  assert(running_);
  // A router of an older version does not understand a newer report, so that saves nothing.
  if (mode_ == Version::kV3 || report.version > mode_) return;
  for (const GroupRecord<F>& record : report.records) {
    if (record.type == RecordType::kIsEx) ForgetAnswer(record.group);
  }
}

template <class F>
Time Host<F>::ModeExpires() const {
  return mode_ < config_.version ? older_queriers_.OldestExpires() : kNever;
}

template <class F>
Time Host<F>::NextExpiry() const {
  return std::min(older_queriers_.NextExpiry(), std::max(NextReport(), paced_until_));
}

template <class F>
void Host<F>::Expire(Time now, HostEffects<F>& out) {
  older_queriers_.Expire(now);
  FollowMode(Announcement::kAll, now);
  if (paced_until_ > now) return;
  ReportPacker<F> packer(mode_, config_.mtu, out);
  SendChanges(now, packer);
  SendGroupAnswers(now, packer);
  SendGeneralAnswer(now, packer);
  if (NextReport() <= now) paced_until_ = now + kPartSpacing;
}

template <class F>
void Host<F>::Leave(HostEffects<F>& out) {
  const MembershipRecord<F> nothing;
  for (const auto& [group, state] : database_->groups()) {
    const auto told = Told(group);
    if (!told.IsEmpty()) changes_[group].Add(told, nothing, 1);
  }
  // A leave that is still being retransmitted goes out once more, too.
  std::vector<Address> groups;
  for (const auto& [group, change] : changes_) groups.push_back(group);
  std::sort(groups.begin(), groups.end());
  ReportPacker<F> packer(mode_, config_.mtu, out);
  for (const Address& group : groups) {
    for (auto& record : changes_.at(group).Records(group, nothing)) packer.Add(std::move(record));
  }
  Stop();
}

template <class F>
unsigned Host<F>::Robustness() const {
  return querier_robustness_ != 0 ? querier_robustness_ : config_.timing.robustness;  // D-03
}

template <class F>
MembershipRecord<F> Host<F>::Told(const Address& group) const {
  return ToldBy(config_, mode_, group, database_->Merged(group));
}

template <class F>
std::optional<typename F::Address> Host<F>::NotAskedFor() const {
  if (mode_ == Version::kV3 || config_.older_ssm == OlderSsm::kReport) return std::nullopt;
  for (const auto& [group, state] : database_->groups()) {
    if (IsSsm(config_.ssm_ranges, group) && !ToldBy(config_, Version::kV3, group, state.merged).IsEmpty())
      return group;
  }
  return std::nullopt;
}

template <class F>
Version Host<F>::ModeNow() const {
  switch (config_.older_queriers) {
    case OlderQueriers::kFollow:
      return std::max(F::kOldestVersion, std::min(config_.version, older_queriers_.Oldest()));
    case OlderQueriers::kWarn:
      break;
  }
  return std::max(F::kOldestVersion, config_.version);
}

/// D-21, D-26. A change that was not told at all when the mode changed is told in the new one.
template <class F>
void Host<F>::FollowMode(Announcement announcement, Time now) {
  const Version was = std::exchange(mode_, ModeNow());
  if (was == mode_ || !running_) return;
  std::vector<Address> untold;
  for (const auto& [group, change] : changes_) {
    if (change.IsUntold()) untold.push_back(group);
  }
  Forget();
  if (announcement == Announcement::kAll) AnnounceAll(1, now);
  for (const Address& group : untold) {
    const auto told = Told(group);
    const auto before =
        told.IsEmpty() ? ToldBy(config_, mode_, group, AllSources<F>()) : MembershipRecord<F>();
    ScheduleChange({group, before, told}, Robustness(), now);
  }
}

template <class F>
void Host<F>::AnnounceAll(unsigned robustness, Time now) {
  for (const auto& [group, state] : database_->groups())
    ScheduleChange({group, {}, Told(group)}, robustness, now);
}

template <class F>
void Host<F>::ScheduleChange(const MembershipChange<F>& told, unsigned robustness, Time now) {
  if (told.before == told.after) return;
  if (told.after.IsEmpty()) {
    // Also keeps what queries can make us remember within the size of the database.
    ForgetAnswer(told.group);
    if (changes_.size() >= database_->groups().size() + kMostPendingLeaves &&
        !changes_.contains(told.group)) {
      ++untold_leaves_;
      return;
    }
  }
  // D-22: a leave of an older version is said once.
  const bool once = mode_ != Version::kV3 && told.after.IsEmpty();
  changes_[told.group].Add(told.before, told.after, once ? 1 : robustness);
  if (first_transmission_due_ == kNever) first_transmission_due_ = std::max(now, quiet_until_);
  change_deadlines_.Set(told.group, first_transmission_due_);
}

template <class F>
void Host<F>::ScheduleGeneralAnswer(const Query<F>& query, Time now) {
  if (database_->groups().empty()) return;
  const auto due = [&] { return now + std::max(kTick, random_.UpTo(query.max_response_time)); };  // D-10
  if (mode_ == Version::kV3) {
    general_answer_due_ = std::min(general_answer_due_, due());  // rules 1 and 2, D-11, D-12
    return;
  }
  // A flood of queries, each of which would cost as much as there are groups, counts as one a second.
  if (now < asked_anew_from_ && query.max_response_time >= asked_within_) return;
  asked_anew_from_ = now + kOlderQuerySpacing;
  asked_within_ = query.max_response_time;
  for (const auto& [group, state] : database_->groups()) {  // RFC 2236 section 3: a timer for each group
    if (!Told(group).IsEmpty()) ScheduleGroupAnswer(group, {}, due());
  }
}

/// A general answer that is being sent serves the groups that are still to come, and not those before them.
template <class F>
bool Host<F>::GeneralAnswerComesFirst(const Address& group, Time due) const {
  return general_answer_due_ <= due && (unanswered_.empty() || unanswered_.front() <= group);
}

template <class F>
void Host<F>::ScheduleGroupAnswer(const Address& group, const std::vector<Address>& sources, Time due) {
  const std::vector<Address> all;
  const auto& asked = mode_ == Version::kV3 ? sources : all;
  const auto [answer, is_new] = answers_.try_emplace(group, asked, due);  // rule 3
  if (!is_new) answer->second.Add(asked, due);                            // rules 4 and 5
  answer_deadlines_.Set(group, answer->second.due());
}

template <class F>
void Host<F>::ForgetAnswer(const Address& group) {
  if (answers_.erase(group) > 0) answer_deadlines_.Set(group, kNever);
}

template <class F>
Time Host<F>::NextReport() const {
  return std::min({change_deadlines_.Next(), answer_deadlines_.Next(), general_answer_due_});
}

template <class F>
Time Host<F>::Retransmission(Time now) {
  return now + std::max(kTick, random_.UpTo(mode_ == Version::kV3 ? config_.timing.unsolicited_report_interval
                                                                  : kOlderUnsolicitedReportInterval));
}

template <class F>
void Host<F>::SendChanges(Time now, ReportPacker<F>& packer) {
  if (change_deadlines_.Next() > now) return;
  if (first_transmission_due_ <= now) {
    first_transmission_due_ = kNever;
    quiet_until_ = now + kChangeSpacing;
  }
  // Groups that were told in one report are told again in one report: one random gap for all of them (B-11).
  // In an older version each has its own report, and its own gap.
  const Time together = Retransmission(now);
  while (change_deadlines_.Next() <= now) {
    const Address group = change_deadlines_.NextKey();
    PendingChange<F>& change = changes_.at(group);
    auto records = change.Records(group, Told(group));
    if (!records.empty() && HasToWait(records.front(), packer)) return;
    for (auto& record : records) packer.Add(std::move(record));
    change.CountReport();
    if (change.IsDone()) {
      changes_.erase(group);
      change_deadlines_.Set(group, kNever);
    } else {
      change_deadlines_.Set(group, mode_ == Version::kV3 ? together : Retransmission(now));
    }
  }
}

template <class F>
void Host<F>::SendGroupAnswers(Time now, ReportPacker<F>& packer) {
  while (answer_deadlines_.Next() <= now) {
    const Address group = answer_deadlines_.NextKey();
    if (auto record = answers_.at(group).Record(group, Told(group))) {
      if (HasToWait(*record, packer)) return;
      packer.Add(*std::move(record));
    }
    ForgetAnswer(group);
  }
}

template <class F>
void Host<F>::SendGeneralAnswer(Time now, ReportPacker<F>& packer) {
  if (general_answer_due_ > now) return;
  if (unanswered_.empty()) {
    unanswered_.reserve(database_->groups().size());
    for (const auto& [group, state] : database_->groups()) unanswered_.push_back(group);
    // Sorting would cost its time all at once.
    std::make_heap(unanswered_.begin(), unanswered_.end(), std::greater<>());
  }
  while (!unanswered_.empty()) {
    const Address group = unanswered_.front();
    if (const auto told = Told(group); !told.IsEmpty()) {
      auto record = CurrentState(group, told);
      if (HasToWait(record, packer)) return;
      packer.Add(std::move(record));
    }
    std::pop_heap(unanswered_.begin(), unanswered_.end(), std::greater<>());
    unanswered_.pop_back();
  }
  general_answer_due_ = kNever;
}

template class Host<Igmp>;
template class Host<Mld>;

}  // namespace bpfcast
