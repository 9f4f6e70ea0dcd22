// JSON in lines, for people.
#pragma once

#include <string>
#include <string_view>

namespace bpfcast {

/// Breaks correct JSON without white space into indented lines, in one pass and without reading it into a
/// tree: ten thousand groups are not to be waited for.
std::string Indented(std::string_view json);

}  // namespace bpfcast
