#include "membership/report_packer.h"

#include <algorithm>
#include <utility>

namespace bpfcast {
namespace {

template <class F>
constexpr std::size_t kSourceSize = F::Address::kBytes;

template <class F>
std::size_t RecordSize(const GroupRecord<F>& record) {
  return F::kRecordHeaderSize + record.sources.size() * kSourceSize<F>;
}

/// A length field has 16 bits whatever the link takes, and one source has to fit whatever the link says.
template <class F>
std::size_t Capacity(std::size_t mtu) {
  constexpr std::size_t kFixed = F::kEnvelopeSize + F::kReportHeaderSize;
  constexpr std::size_t kLargest = 65535;
  constexpr std::size_t kSmallest = kFixed + F::kRecordHeaderSize + kSourceSize<F>;
  return std::clamp(mtu, kSmallest, kLargest) - kFixed;
}

}  // namespace

template <class F>
ReportPacker<F>::ReportPacker(std::size_t mtu, std::vector<Report<F>>& out)
    : capacity_(Capacity<F>(mtu)), used_(capacity_), out_(out) {}

template <class F>
void ReportPacker<F>::Add(GroupRecord<F> record) {
  if (RecordSize(record) <= capacity_) {
    Append(std::move(record));
    return;
  }
  const std::size_t most = (capacity_ - F::kRecordHeaderSize) / kSourceSize<F>;
  if (record.type == RecordType::kIsEx || record.type == RecordType::kToEx) {
    record.sources.resize(most);
    Append(std::move(record));
    return;
  }
  // A full part leaves no room for a record beside it.
  for (auto at = record.sources.begin(); at != record.sources.end();) {
    const auto end =
        at + std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(most), record.sources.end() - at);
    Append({record.type, record.group, {at, end}});
    at = end;
  }
}

template <class F>
void ReportPacker<F>::Append(GroupRecord<F> record) {
  const std::size_t size = RecordSize(record);
  if (used_ + size > capacity_) {
    out_.emplace_back();
    used_ = 0;
  }
  used_ += size;
  out_.back().records.push_back(std::move(record));
}

template class ReportPacker<Igmp>;
template class ReportPacker<Mld>;

}  // namespace bpfcast
