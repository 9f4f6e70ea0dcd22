// The text of a configuration: of a file, or of what a program writes into a pipe.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace bpfcast {

/// The text of a regular file, or why there is none.
tl::expected<std::string, std::string> ReadConfigFile(const std::string& path);

/// "-" and "/dev/stdin": what is checked comes from standard input.
bool IsStandardInput(std::string_view path);
/// All of it until its end.
tl::expected<std::string, std::string> ReadStandardInput();

}  // namespace bpfcast
