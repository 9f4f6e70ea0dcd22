// What the views have in common.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "agent/views.h"
#include "membership/membership_record.h"

namespace bpfcast {

/// Fields in the order in which they are written.
using ViewJson = nlohmann::ordered_json;

/// A file name may hold any octets; what is not UTF-8 is replaced.
std::string Text(const ViewJson& json);

/// Rounded to milliseconds.
double Seconds(Duration duration);
/// Null when there is no deadline; what is overdue is due now.
ViewJson SecondsUntil(Time deadline, Time now);

const char* Name(FilterMode mode);
template <class F>
ViewJson ToJson(const SourceSet<F>& sources);
ViewJson ToJson(const PortView& port, const Proxy<Igmp>& ipv4, const Proxy<Mld>& ipv6,
                const DatapathCounters& counters, Time now);

}  // namespace bpfcast
