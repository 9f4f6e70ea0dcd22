// HostModel: a host as RFC 1112, 2236, 2710, 9776 and 9777 describe it, written from them and not from the
// core.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "dice.h"
#include "names.h"
#include "variables.h"
#include "wire/message.h"

namespace bpfcast::sim {

/// RFC 2236 section 3: a leave may be left out when another host reported last.
enum class LeaveHabit : std::uint8_t { kAlways, kWhenLastReporter };

template <class F>
class HostModel {
 public:
  using Reports = std::vector<Report<F>>;

  HostModel(Version newest, LeaveHabit leaves, const Variables& variables, Dice dice)
      : newest_(newest), leaves_(leaves), variables_(variables), dice_(dice), mode_(newest) {}

  /// What applications on the host want of a group from now on.
  void Want(unsigned group, const Filter& filter, Time now, Reports& out);
  void Hear(const ReceivedMessage<F>& received, Time now, Reports& out);
  Time Next() const;
  void Fire(Time now, Reports& out);

  Version mode() const { return mode_; }
  LeaveHabit leaves() const { return leaves_; }
  const Filter& Wanted(unsigned group) const;
  /// What its reports of the present version say of the group; older ones know all or nothing, and say
  /// nothing of source-specific groups (RFC 4604 2.2).
  Filter Told(unsigned group) const;

 private:
  struct Group {
    Filter wanted;
    // Version 3. RFC 9776 5.1: what is still to be transmitted of a change.
    unsigned mode_changes_left = 0;
    std::map<unsigned, unsigned> source_changes_left;
    Time change_due = kNever;
    // RFC 9776 5.2: the pending answer to a specific query.
    Time answer_due = kNever;
    bool answer_all = false;
    std::uint32_t answer_list = 0;
    // Older versions. RFC 2236 section 6: delaying member while the timer runs.
    Time delay_due = kNever;
    unsigned unsolicited_left = 0;
    bool last_reporter = false;
  };

  void ChangeNow(unsigned number, Group& group, Time now, Reports& out);
  void HearQuery(const Query<F>& query, Time now);
  void HearOlderReport(const Report<F>& report);
  void FollowMode(Time now);
  void Delay(Group& group, Duration longest, Time now);
  void SendOlder(unsigned number, RecordType type, Reports& out) const;
  static GroupRecord<F> Current(unsigned number, const Filter& filter);

  Version newest_;
  LeaveHabit leaves_;
  Variables variables_;
  Dice dice_;
  Version mode_;
  Time version1_until_ = Time::min();
  Time version2_until_ = Time::min();
  Time general_due_ = kNever;
  std::map<unsigned, Group> groups_;
};

extern template class HostModel<Igmp>;
extern template class HostModel<Mld>;

}  // namespace bpfcast::sim
