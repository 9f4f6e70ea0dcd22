#include "os/os_error.h"

#include <system_error>

namespace bpfcast {

std::string ErrorText(int error) {
  return std::generic_category().message(error);
}

tl::unexpected<Error> FailWithErrno(const std::string& what, int error) {
  return Fail(what + ": " + ErrorText(error));
}

}  // namespace bpfcast
