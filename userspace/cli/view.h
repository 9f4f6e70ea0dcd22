// Asks the agent and prints its answer, as text for people or as the JSON that it is.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/result.h"
#include "cli/verb.h"

namespace bpfcast {

using ViewText = std::function<std::string(const nlohmann::ordered_json&)>;

/// Complains on stderr when it cannot.
Exit Show(const Invocation& invocation, const std::string& method, const ViewText& text,
          const CallParams& params = {});
/// The same for a view whose rows, or parts of rows, are of one family each: -4 and -6 choose.
Exit ShowRows(const Invocation& invocation, const std::string& method, const ViewText& text);
/// Its rows of the families that were chosen, for what shows them otherwise.
CallResult AskRows(const Invocation& invocation, const std::string& method);
inline constexpr Argument kIpv4Flag{Argument::Kind::kFlag, "-4,--ipv4", "IPv4 only"};
inline constexpr Argument kIpv6Flag{Argument::Kind::kFlag, "-6,--ipv6", "IPv6 only"};

/// To stdout, all of it; kRuntime when it does not take it.
Exit Print(const std::string& text);
/// To stderr, a line; gives the exit status that goes with it.
Exit Complain(const CallError& error);
/// The same for what was typed, or what this machine refuses: kRuntime.
Exit Complain(const Error& error);

}  // namespace bpfcast
