// An igmpproxy.conf as TOML, with notes of what is otherwise: `bpfcast migrate FILE`.
#pragma once

#include <string>

#include "config/check.h"
#include "config/config.h"

namespace bpfcast {

/// A TOML file that gives `config` again, notes first, as comments. `config` was read from an igmpproxy.conf.
std::string MigratedToml(const Config& config);

/// The file is unusable, too, when it is TOML already.
FileReport MigrateFile(const std::string& path);

}  // namespace bpfcast
