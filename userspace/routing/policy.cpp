#include "routing/policy.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace bpfcast {
namespace {

enum class Fate : std::uint8_t { kKept, kDropped };

template <class F>
void RemoveDenied(const AccessList<F>& access, GroupRecord<F>& record, DropCounters& drops) {
  const auto denied = std::erase_if(
      record.sources, [&](const auto& source) { return !access.Permits(record.group, source); });
  drops.Add(DropReason::kPolicy, denied);
}

template <class F>
Fate ApplyAccess(const AccessList<F>& access, GroupRecord<F>& record, DropCounters& drops) {
  switch (record.type) {
    case RecordType::kIsEx:
    case RecordType::kToEx:
      if (access.Permits(record.group)) return Fate::kKept;
      drops.Add(DropReason::kPolicy);
      return Fate::kDropped;
    case RecordType::kIsIn:
    case RecordType::kAllow:
      RemoveDenied(access, record, drops);
      return record.sources.empty() ? Fate::kDropped : Fate::kKept;
    case RecordType::kToIn:
      RemoveDenied(access, record, drops);
      return Fate::kKept;
    case RecordType::kBlock:
      break;
  }
  return Fate::kKept;
}

}  // namespace

template <class F>
void RefuseHost(const Report<F>& report, const typename F::Address& host, Time now, RefusedHosts<F>& refused,
                DropCounters& drops) {
  for (const GroupRecord<F>& record : report.records) {
    if (refused.OnRecord(record, host, now)) drops.Add(DropReason::kPolicy);
  }
}

template <class F>
Report<F> ApplyAccess(const AccessList<F>& access, Report<F> report, DropCounters& drops) {
  if (access == AccessList<F>()) return report;
  std::erase_if(report.records,
                [&](GroupRecord<F>& record) { return ApplyAccess(access, record, drops) == Fate::kDropped; });
  return report;
}

template void RefuseHost(const Report<Igmp>&, const Ipv4Address&, Time, RefusedHosts<Igmp>&, DropCounters&);
template void RefuseHost(const Report<Mld>&, const Ipv6Address&, Time, RefusedHosts<Mld>&, DropCounters&);
template Report<Igmp> ApplyAccess(const AccessList<Igmp>&, Report<Igmp>, DropCounters&);
template Report<Mld> ApplyAccess(const AccessList<Mld>&, Report<Mld>, DropCounters&);

}  // namespace bpfcast
