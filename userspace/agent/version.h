#pragma once

#include <string_view>

namespace bpfcast {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace bpfcast
