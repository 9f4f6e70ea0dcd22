// Numbers and networks as igmpproxy reads them: much that is sloppy has a meaning there, which is kept and
// said.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.h"

namespace bpfcast {

struct LooseNumber {
  std::int64_t value = 0;  // saturates far outside of every range
  bool exact = true;       // the text is this number and nothing else
};

/// The digits at the beginning, 0 without any.
LooseNumber ParseLooseNumber(std::string_view text);

struct LooseNetwork {
  Prefix<Ipv4Address> network;  // without host bits
  std::string doubt;            // why the text may have meant something else; empty: it is clear
};

/// One to four parts, decimal, octal or hexadecimal, the last of which fills what is left; then "/" and a
/// number of bits, 32 without it. Nothing if igmpproxy refuses it.
std::optional<LooseNetwork> ParseLooseNetwork(std::string_view text);

}  // namespace bpfcast
