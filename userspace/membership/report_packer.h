// ReportPacker: group records into as few reports as the MTU and the version allow (A-70, A-72, D-22).
#pragma once

#include <cstddef>
#include <vector>

#include "wire/message.h"

namespace bpfcast {

/// Appends reports to `out`, in the order of the records.
///
/// v3: A record stays whole where it can: one that does
/// not fit beside the others gets a new report. One that does not fit a report of its own is split, one part
/// a report; a list of excluded sources may not be split (the last part would stand for all), so its first
/// sources are kept and the rest is left out: always the same ones, because the lists are sorted (RFC
/// 9776 4.2.17).
///
/// Older versions: each record is a report of its own: TO_EX({}) and IS_EX({}) a membership report, TO_IN({})
/// a leave, which v1 does not have. They cannot say anything else.
template <class F>
class ReportPacker {
 public:
  ReportPacker(Version version, std::size_t mtu, std::vector<Report<F>>& out);
  void Add(GroupRecord<F> record);

  /// Reports appended so far.
  std::size_t size() const { return out_.size() - first_; }
  /// Would Add() of this record go into the last report?
  bool Fits(const GroupRecord<F>& record) const;

 private:
  void Append(GroupRecord<F> record);
  void AddOlder(const GroupRecord<F>& record);

  Version version_;
  std::size_t capacity_;  // octets for records in one report
  std::size_t used_;      // of them in the last report; full before the first one
  std::vector<Report<F>>& out_;
  std::size_t first_;
};

extern template class ReportPacker<Igmp>;
extern template class ReportPacker<Mld>;

}  // namespace bpfcast
