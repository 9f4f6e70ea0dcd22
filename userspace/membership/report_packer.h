// ReportPacker: group records into as few reports as the MTU allows.
#pragma once

#include <cstddef>
#include <vector>

#include "wire/message.h"

namespace bpfcast {

/// Appends v3 reports to `out`, in the order of the records. A record stays whole where it can: one that does
/// not fit beside the others gets a new report. One that does not fit a report of its own is split, one part
/// a report; a list of excluded sources may not be split (the last part would stand for all), so its first
/// sources are kept and the rest is left out: always the same ones, because the lists are sorted (RFC
/// 9776 4.2.17).
template <class F>
class ReportPacker {
 public:
  ReportPacker(std::size_t mtu, std::vector<Report<F>>& out);
  void Add(GroupRecord<F> record);

 private:
  void Append(GroupRecord<F> record);

  std::size_t capacity_;  // octets for records in one report
  std::size_t used_;      // of them in the last report; full before the first one
  std::vector<Report<F>>& out_;
};

extern template class ReportPacker<Igmp>;
extern template class ReportPacker<Mld>;

}  // namespace bpfcast
