// Result<T>: what can fail at run time returns one of these. Exceptions do not cross our functions.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace bpfcast {

/// One clear sentence that names object, cause and way out.
struct Error {
  std::string message;
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> Fail(std::string message) {
  return tl::unexpected<Error>(Error{std::move(message)});
}

}  // namespace bpfcast
