#include "loss.h"

#include <algorithm>

namespace bpfcast::sim {
namespace {

bool IsChange(RecordType type) {
  return type != RecordType::kIsIn && type != RecordType::kIsEx;
}

}  // namespace

template <class F>
bool Loss<F>::Takes(const typename F::Address& sender, const Message<F>& message, Time now) {
  if (percent_ == 0) return false;
  if (without_limit_) return dice_.Percent(percent_);
  if (const auto* query = std::get_if<Query<F>>(&message)) {
    // Hosts of version 1 take up to 10 s, whatever the query says.
    const Duration within = std::max(query->max_response_time, Variables::kDelayOfVersion1);
    Round& round = query->IsGeneral() ? general_[sender] : specific_[query->group];
    Begin(round, *query, query->IsGeneral() ? within : query->max_response_time, now);
    return round.bad && dice_.Percent(50);
  }
  const auto& report = std::get<Report<F>>(message);
  const bool may = MayLose(sender, report, now);
  if (!may || !dice_.Percent(percent_)) return false;
  NoteLost(sender, report);
  return true;
}

template <class F>
void Loss<F>::Begin(Round& round, const Query<F>& query, Duration answers_within, Time now) {
  const SourceSet<F> named = query.sources.empty() ? SourceSet<F>{query.group} : SourceSet<F>(query.sources);
  if (round.at == now && (named * round.named).empty()) {  // another packet of the same transmission
    round.named = round.named + named;
    return;
  }
  round.named = named;
  round.bad = round.bad_in_a_row + 1 < variables_.robustness && dice_.Percent(percent_);
  round.bad_in_a_row = round.bad ? round.bad_in_a_row + 1 : 0;
  round.at = now;
  if (!round.bad) round.good_until = now + answers_within + slack_;
}

/// May the loss of an answer about this group be more than the protocol copes with?
template <class F>
bool Loss<F>::AnswersMatter(const typename F::Address& group, Time now) const {
  for (const auto& [router, round] : general_) {
    if (now <= round.good_until) return true;
  }
  const auto found = specific_.find(group);
  return found != specific_.end() && now <= found->second.good_until;
}

template <class F>
bool Loss<F>::LastOfRow(Row& row, Time now) const {
  if (row.at != now) {
    row.lost_before = row.lost ? row.lost_before + 1 : 0;
    row.lost = false;
    row.at = now;
  }
  return row.lost_before + 1 >= variables_.robustness;
}

template <class F>
bool Loss<F>::MayLose(const typename F::Address& sender, const Report<F>& report, Time now) {
  bool may = true;
  for (const GroupRecord<F>& record : report.records) {
    const bool older = report.version != Version::kV3;
    const bool leave = older && record.type == RecordType::kToIn;
    if (leave) continue;
    if (older && LastOfRow(older_[record.group], now)) may = false;
    if (!older && IsChange(record.type) && LastOfRow(changes_[{sender, record.group}], now)) may = false;
    if (!IsChange(record.type) && AnswersMatter(record.group, now)) may = false;
  }
  return may;
}

template <class F>
void Loss<F>::NoteLost(const typename F::Address& sender, const Report<F>& report) {
  for (const GroupRecord<F>& record : report.records) {
    if (report.version != Version::kV3) {
      older_[record.group].lost = true;
    } else if (IsChange(record.type)) {
      changes_[{sender, record.group}].lost = true;
    }
  }
}

template class Loss<Igmp>;
template class Loss<Mld>;

}  // namespace bpfcast::sim
