// A printed value as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "config/printed.h"

namespace bpfcast {

/// Durations are numbers of seconds; a value that differs between the families is {"ipv4", "ipv6"}.
nlohmann::ordered_json ToJson(const PrintedValue& value);

}  // namespace bpfcast
