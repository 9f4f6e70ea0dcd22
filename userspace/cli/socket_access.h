// Why the control socket of an agent that runs cannot be used, and by whom it can.
#pragma once

#include <string>

namespace bpfcast {

/// For a user whom the kernel did not let connect to `path`.
std::string NotAllowedToAsk(const std::string& path);

}  // namespace bpfcast
