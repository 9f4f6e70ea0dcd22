// The timing keys of an [interface.NAME] table.
#pragma once

#include <toml++/impl/forward_declarations.h>  // the names alone

#include <optional>
#include <string_view>

#include "agent/config_notes.h"
#include "membership/timing.h"

namespace bpfcast {

/// `key` is one of TimingKeys().
void ReadTomlTiming(std::string_view key, const toml::node& node, TimingConfig& out, ConfigNotes& notes);

/// Problems and warnings stand at the key of `table` that they are about, or `at` its name.
std::optional<Timing> MakeTomlTiming(const TimingConfig& timing, Version version, const toml::table& table,
                                     TextPosition at, ConfigNotes& notes);

}  // namespace bpfcast
