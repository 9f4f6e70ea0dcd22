// The names of toml++ alone, and how it takes what it asserts: include this before <toml++/toml.h>.
//
// Its version 3.3 asserts of a table header that it begins with a letter, which a file need not ("[.a]"), and
// without asserts tells the compiler so; the code behind refuses the file as it should. So nothing is
// asserted and nothing assumed.
#pragma once

#pragma push_macro("NDEBUG")
#undef NDEBUG
#define TOML_ASSERT(expression) static_cast<void>(expression)
#include <toml++/impl/forward_declarations.h>
#pragma pop_macro("NDEBUG")
