// The version of the project, from the build.
#pragma once

#include <string_view>

namespace bpfcast {

inline constexpr std::string_view kVersion = BPFCAST_VERSION;

}  // namespace bpfcast
