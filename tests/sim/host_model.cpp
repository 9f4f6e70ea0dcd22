#include "host_model.h"

#include <algorithm>
#include <utility>

namespace bpfcast::sim {

template <class F>
void HostModel<F>::Want(unsigned number, const Filter& filter, Time now, Reports& out) {
  Group& group = groups_[number];
  const Filter before = std::exchange(group.wanted, filter);
  if (before == filter) return;
  if (mode_ == Version::kV3) {
    // RFC 9776 5.1: a change of the mode is told with the whole list, other changes source by source; each RV
    // times.
    if (before.exclude != filter.exclude) {
      group.mode_changes_left = variables_.robustness;
      group.source_changes_left.clear();
    } else {
      for (unsigned s = 0; s < 32; ++s) {
        if (before.Lists(s) != filter.Lists(s)) group.source_changes_left[s] = variables_.robustness;
      }
    }
    ChangeNow(number, group, now, out);
    return;
  }
  if (number == kSsmGroup || before.IsEmpty() == filter.IsEmpty()) return;
  if (before.IsEmpty()) {
    // RFC 2236 section 3: at once, and again after up to the Unsolicited Report Interval.
    SendOlder(number, RecordType::kIsEx, out);
    group.last_reporter = true;
    group.unsolicited_left = variables_.robustness - 1;
    group.delay_due =
        group.unsolicited_left == 0 ? kNever : now + dice_.UpTo(Variables::kOlderUnsolicitedReportInterval);
    return;
  }
  group.delay_due = kNever;
  group.unsolicited_left = 0;
  const bool says_so = leaves_ == LeaveHabit::kAlways || group.last_reporter;
  if (mode_ == Version::kV2 && says_so) SendOlder(number, RecordType::kToIn, out);
  group.last_reporter = false;
}

/// The next transmission of what has changed, and the time of the one after it.
template <class F>
void HostModel<F>::ChangeNow(unsigned number, Group& group, Time now, Reports& out) {
  Report<F> report;
  const auto address = Names<F>::Group(number);
  if (group.mode_changes_left > 0) {
    const RecordType type = group.wanted.exclude ? RecordType::kToEx : RecordType::kToIn;
    report.records.push_back({type, address, ToSources<F>(group.wanted.list)});
    --group.mode_changes_left;
  } else {
    std::uint32_t allow = 0;
    std::uint32_t block = 0;
    for (const auto& [source, left] : group.source_changes_left) {
      (group.wanted.Wants(source) ? allow : block) |= 1U << source;
    }
    if (allow != 0) report.records.push_back({RecordType::kAllow, address, ToSources<F>(allow)});
    if (block != 0) report.records.push_back({RecordType::kBlock, address, ToSources<F>(block)});
  }
  for (auto& [source, left] : group.source_changes_left) --left;
  std::erase_if(group.source_changes_left, [](const auto& entry) { return entry.second == 0; });
  if (!report.records.empty()) out.push_back(std::move(report));
  const bool more = group.mode_changes_left > 0 || !group.source_changes_left.empty();
  group.change_due = more ? now + dice_.UpTo(variables_.unsolicited_report_interval) : kNever;
}

template <class F>
void HostModel<F>::Hear(const ReceivedMessage<F>& received, Time now, Reports&) {
  if (const auto* query = std::get_if<Query<F>>(&received.message)) {
    HearQuery(*query, now);
  } else {
    HearOlderReport(std::get<Report<F>>(received.message));
  }
}

template <class F>
void HostModel<F>::HearQuery(const Query<F>& query, Time now) {
  // RFC 9776 7.2.1, RFC 2236 section 4: an older General Query puts the host into the older version.
  if (query.IsGeneral()) {
    const Time until = now + variables_.OlderQuerierPresentInterval();
    if (query.version == Version::kV1) version1_until_ = until;
    if (query.version == Version::kV2) version2_until_ = until;
    FollowMode(now);
  }
  if (mode_ != Version::kV3) {
    if (query.IsGeneral()) {
      const Duration longest = mode_ == Version::kV1 ? Variables::kDelayOfVersion1 : query.max_response_time;
      for (auto& [number, group] : groups_) {
        if (!Told(number).IsEmpty()) Delay(group, longest, now);
      }
    } else if (newest_ != Version::kV1) {  // RFC 1112 knows no specific queries
      const unsigned number = Names<F>::Number(query.group);
      if (!Told(number).IsEmpty()) Delay(groups_[number], query.max_response_time, now);
    }
    return;
  }
  // RFC 9776 5.2, rules 1 to 5.
  const Time due = now + dice_.UpTo(query.max_response_time);
  if (general_due_ <= due) return;
  if (query.IsGeneral()) {
    general_due_ = due;
    return;
  }
  const auto found = groups_.find(Names<F>::Number(query.group));
  if (found == groups_.end() || found->second.wanted.IsEmpty()) return;
  Group& group = found->second;
  if (group.answer_due == kNever) {
    group.answer_all = query.sources.empty();
    group.answer_list = ToList<F>(query.sources);
  } else if (query.sources.empty()) {
    group.answer_all = true;
  } else {
    group.answer_list |= ToList<F>(query.sources);
  }
  group.answer_due = std::min(group.answer_due, due);
}

/// RFC 2236 section 3: the report of another host saves our own.
template <class F>
void HostModel<F>::HearOlderReport(const Report<F>& report) {
  if (mode_ == Version::kV3 || report.version > mode_) return;
  for (const GroupRecord<F>& record : report.records) {
    if (record.type != RecordType::kIsEx) continue;
    const auto found = groups_.find(Names<F>::Number(record.group));
    if (found == groups_.end()) continue;
    found->second.delay_due = kNever;
    found->second.unsolicited_left = 0;
    found->second.last_reporter = false;
  }
}

/// RFC 9776 7.2.1: whenever the mode changes, all pending responses and retransmissions are cancelled.
template <class F>
void HostModel<F>::FollowMode(Time now) {
  const Version oldest = version1_until_ > now   ? Version::kV1
                         : version2_until_ > now ? Version::kV2
                                                 : Version::kV3;
  const Version mode = std::min(newest_, oldest);
  if (std::exchange(mode_, mode) == mode) return;
  general_due_ = kNever;
  for (auto& [number, group] : groups_) {
    const Filter wanted = group.wanted;
    group = {};
    group.wanted = wanted;
  }
}

/// A running timer is only shortened.
template <class F>
void HostModel<F>::Delay(Group& group, Duration longest, Time now) {
  if (group.delay_due == kNever || group.delay_due > now + longest)
    group.delay_due = now + dice_.UpTo(longest);
}

template <class F>
Time HostModel<F>::Next() const {
  Time next = general_due_;
  if (version1_until_ > Time::min()) next = std::min(next, version1_until_);
  if (version2_until_ > Time::min()) next = std::min(next, version2_until_);
  for (const auto& [number, group] : groups_) {
    next = std::min({next, group.change_due, group.answer_due, group.delay_due});
  }
  return next;
}

template <class F>
void HostModel<F>::Fire(Time now, Reports& out) {
  if (version1_until_ <= now) version1_until_ = Time::min();
  if (version2_until_ <= now) version2_until_ = Time::min();
  FollowMode(now);
  for (auto& [number, group] : groups_) {
    if (group.change_due <= now) ChangeNow(number, group, now, out);
    if (group.answer_due <= now) {
      group.answer_due = kNever;
      if (group.answer_all) {
        if (!group.wanted.IsEmpty()) out.push_back({Version::kV3, {Current(number, group.wanted)}});
      } else {
        // INCLUDE (A): IS_IN (A*B); EXCLUDE (A): IS_IN (B-A): those asked about that are wanted.
        std::uint32_t wanted = 0;
        for (unsigned s = 0; s < 32; ++s) {
          if ((group.answer_list >> s & 1) != 0 && group.wanted.Wants(s)) wanted |= 1U << s;
        }
        if (wanted != 0) out.push_back({Version::kV3, {Current(number, {false, wanted})}});
      }
    }
    if (group.delay_due <= now) {
      SendOlder(number, RecordType::kIsEx, out);
      group.last_reporter = true;
      if (group.unsolicited_left > 0) --group.unsolicited_left;
      group.delay_due =
          group.unsolicited_left == 0 ? kNever : now + dice_.UpTo(Variables::kOlderUnsolicitedReportInterval);
    }
  }
  if (general_due_ <= now) {
    general_due_ = kNever;
    Report<F> report;
    for (const auto& [number, group] : groups_) {
      if (!group.wanted.IsEmpty()) report.records.push_back(Current(number, group.wanted));
    }
    if (!report.records.empty()) out.push_back(std::move(report));
  }
}

template <class F>
const Filter& HostModel<F>::Wanted(unsigned number) const {
  static const Filter nothing;
  const auto found = groups_.find(number);
  return found == groups_.end() ? nothing : found->second.wanted;
}

template <class F>
Filter HostModel<F>::Told(unsigned number) const {
  const Filter& wanted = Wanted(number);
  if (mode_ == Version::kV3) return wanted;
  return {!wanted.IsEmpty() && number != kSsmGroup, 0};
}

template <class F>
void HostModel<F>::SendOlder(unsigned number, RecordType type, Reports& out) const {
  out.push_back({mode_, {{type, Names<F>::Group(number), {}}}});
}

template <class F>
GroupRecord<F> HostModel<F>::Current(unsigned number, const Filter& filter) {
  return {filter.exclude ? RecordType::kIsEx : RecordType::kIsIn, Names<F>::Group(number),
          ToSources<F>(filter.list)};
}

template class HostModel<Igmp>;
template class HostModel<Mld>;

}  // namespace bpfcast::sim
