// One [interface.NAME] table of the TOML grammar.
#pragma once

#include <optional>
#include <string_view>

#include "config/config.h"
#include "config/notes.h"
#include "config/toml_names.h"

namespace bpfcast {

/// `at` is the place of the table's name. Nothing when there was a problem; otherwise
/// the places of what was given are in `origins`.
std::optional<InterfaceConfig> ReadTomlInterface(std::string_view name, const toml::table& table,
                                                 PortRole role, ServedFamilies served, TextPosition at,
                                                 ConfigNotes& notes, ConfigOrigins& origins);

}  // namespace bpfcast
