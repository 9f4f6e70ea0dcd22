// The TOML grammar of the configuration. The only part that knows toml++.
#pragma once

#include <string>
#include <string_view>

#include "config/config.h"

namespace bpfcast {

tl::expected<Configs, ConfigProblems> ParseTomlConfigs(std::string_view text, const std::string& file);

}  // namespace bpfcast
