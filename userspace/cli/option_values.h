// What stands behind the options of a verb, as numbers and addresses. Errors name the option.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/any_ip.h"
#include "cli/verb.h"

namespace bpfcast {

struct NumberRange {
  std::uint64_t least = 0;
  std::uint64_t most = 0;
};

/// The whole number of an option, `otherwise` where it was not given.
Result<std::uint64_t> NumberFrom(const Invocation& invocation, const std::string& key, NumberRange range,
                                 std::uint64_t otherwise);
/// Of an option in seconds, which may have a fraction ("0.5"). Nothing where it was not given.
Result<std::optional<std::chrono::nanoseconds>> SecondsFrom(const Invocation& invocation,
                                                            const std::string& key);
/// All addresses of an option. They must be no groups.
Result<std::vector<AnyIp>> AddressesFrom(const Invocation& invocation, const std::string& key);
/// All groups of an argument: at least one.
Result<std::vector<AnyIp>> GroupsFrom(const Invocation& invocation, const std::string& key);
/// The index of the interface of an option, 0 where it was not given.
Result<unsigned> InterfaceFrom(const Invocation& invocation, const std::string& key);

}  // namespace bpfcast
