// A configuration as a TOML file.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "config/config.h"
#include "config/effective.h"

namespace bpfcast {

enum class Comments : std::uint8_t {
  kNone,
  kOrigins,  // behind each value where it comes from
};

/// A file that gives `proxies` again. What follows from other settings is a comment.
std::string PrintToml(std::span<const Config> proxies, Settings which = Settings::kAll,
                      Comments comments = Comments::kNone);
std::string PrintToml(const Config& config, Settings which = Settings::kAll,
                      Comments comments = Comments::kNone);

}  // namespace bpfcast
