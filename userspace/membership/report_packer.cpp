#include "membership/report_packer.h"

#include <algorithm>
#include <cassert>
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
ReportPacker<F>::ReportPacker(Version version, std::size_t mtu, std::vector<Report<F>>& out)
    : version_(version), capacity_(Capacity<F>(mtu)), used_(capacity_), out_(out), first_(out.size()) {}

template <class F>
bool ReportPacker<F>::Fits(const GroupRecord<F>& record) const {
  return version_ == Version::kV3 && used_ + RecordSize(record) <= capacity_;
}

template <class F>
void ReportPacker<F>::Add(GroupRecord<F> record) {
  if (version_ != Version::kV3) return AddOlder(record);
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
void ReportPacker<F>::AddOlder(const GroupRecord<F>& record) {
  const bool leave = record.type == RecordType::kToIn;
  assert((leave || record.type == RecordType::kToEx || record.type == RecordType::kIsEx) &&
         record.sources.empty());
  if (leave && version_ == Version::kV1) return;
  out_.push_back({version_, {{leave ? RecordType::kToIn : RecordType::kIsEx, record.group, {}}}});
}

template <class F>
void ReportPacker<F>::Append(GroupRecord<F> record) {
  if (!Fits(record)) {
    out_.emplace_back();
    used_ = 0;
  }
  used_ += RecordSize(record);
  out_.back().records.push_back(std::move(record));
}

template class ReportPacker<Igmp>;
template class ReportPacker<Mld>;

}  // namespace bpfcast
