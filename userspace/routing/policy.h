// Policy: what of a host's report an access list lets through (C-85).
#pragma once

#include "membership/access_list.h"
#include "routing/refused_hosts.h"
#include "wire/drop_reason.h"
#include "wire/message.h"

namespace bpfcast {

/// What of it a host may say that is not permitted is nothing: neither can it leave what it never had. Noted
/// in `refused`; each record that asks for something is counted as POLICY.
template <class F>
void RefuseHost(const Report<F>& report, const typename F::Address& host, Time now, RefusedHosts<F>& refused,
                DropCounters& drops);

/// IS_EX and TO_EX, and so reports of older versions, need permission for all sources of the group. IS_IN,
/// ALLOW and TO_IN lose the sources that are denied; IS_IN and ALLOW with nothing left are no records any
/// more. Leaves and BLOCK pass: they only end what was permitted. What is refused is counted as POLICY.
template <class F>
Report<F> ApplyAccess(const AccessList<F>& access, Report<F> report, DropCounters& drops);

extern template void RefuseHost(const Report<Igmp>&, const Ipv4Address&, Time, RefusedHosts<Igmp>&,
                                DropCounters&);
extern template void RefuseHost(const Report<Mld>&, const Ipv6Address&, Time, RefusedHosts<Mld>&,
                                DropCounters&);
extern template Report<Igmp> ApplyAccess(const AccessList<Igmp>&, Report<Igmp>, DropCounters&);
extern template Report<Mld> ApplyAccess(const AccessList<Mld>&, Report<Mld>, DropCounters&);

}  // namespace bpfcast
