// What a configuration means in a few lines, as the expectations of the corpus are written.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace bpfcast {

/// One line for each interface: role, name, and each setting that is not the default, by its TOML key. What
/// both families have alike is said once.
std::vector<std::string> Summary(const Config& config);

}  // namespace bpfcast
