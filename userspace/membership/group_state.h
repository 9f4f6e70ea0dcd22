// GroupState: router state of one group on one link, RFC 9776 section 6.2-6.6 (RFC 9777 section 7.2-7.6).
#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "base/time.h"
#include "membership/membership_record.h"
#include "membership/timing.h"
#include "wire/drop_reason.h"
#include "wire/message.h"

namespace bpfcast {

/// Only the querier sends queries and lowers timers (C-56).
enum class RouterRole : std::uint8_t { kQuerier, kNonQuerier };

// (owner of this file fills in the class GroupState<F>; it is a value without I/O, clock or callbacks)

}  // namespace bpfcast
