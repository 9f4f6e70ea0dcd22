// A configuration as a TOML file.
#pragma once

#include <string>

#include "config/config.h"

namespace bpfcast {

/// Every key that means something, with its value: a file that gives `config` again, and says so where
/// TOML has no word for something that an igmpproxy.conf has.
std::string PrintToml(const Config& config);

}  // namespace bpfcast
