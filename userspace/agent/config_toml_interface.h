// One [interface.NAME] table of the TOML grammar.
#pragma once

#include <toml++/impl/forward_declarations.h>  // the names alone

#include <optional>
#include <string_view>
#include <vector>

#include "agent/config.h"
#include "agent/config_notes.h"

namespace bpfcast {

TextPosition PositionOf(const toml::node& node);
/// "'hook' must be WHAT, not a boolean"
void ExpectedInstead(const toml::node& node, std::string_view key, std::string_view what, ConfigNotes& notes);
/// With a suggestion out of `known`.
void UnknownKey(const toml::key& key, const std::vector<std::string>& known, ConfigNotes& notes);

/// `at` is the place of the table's name. Nothing when there was a problem.
std::optional<InterfaceConfig> ReadTomlInterface(std::string_view name, const toml::table& table,
                                                 PortRole role, TextPosition at, ConfigNotes& notes);

}  // namespace bpfcast
