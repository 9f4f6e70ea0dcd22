// One [interface.NAME] table of the TOML grammar.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "agent/config.h"
#include "agent/config_notes.h"
#include "agent/config_toml_names.h"

namespace bpfcast {

/// The keys at the top of the file, which belong into no table.
inline constexpr std::array<std::string_view, 8> kTopKeys = {"upstream", "downstream", "ipv4", "ipv6",
                                                             "datapath", "loop-guard", "user", "interface"};

/// `at` is the place of the table's name. Nothing when there was a problem.
std::optional<InterfaceConfig> ReadTomlInterface(std::string_view name, const toml::table& table,
                                                 PortRole role, ServedFamilies served, TextPosition at,
                                                 ConfigNotes& notes);

}  // namespace bpfcast
