// A second parser, written from the conformance matrix for clarity and nothing else: the accept set and the
// result of the real one have to equal it (TA-51). It shares no code with userspace/wire, and works on text:
// an address is its octets in hex.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace bpfcast::fuzz {

using Octets = std::vector<int>;

/// What the link accepts. For MLD only `own` matters.
struct ReferenceRules {
  std::string subnet;  // of 24 bits: six digits
  std::set<std::string> own;
  bool strict_ttl = true;
  bool alert_in_queries = false;
  bool alert_in_reports = false;
  bool check_subnet = false;
};

/// The message of an IPv4 packet as text; nothing when it is to be dropped.
std::optional<std::string> ReferenceIgmp(const Octets& packet, const ReferenceRules& rules);
/// The same of an IPv6 packet.
std::optional<std::string> ReferenceMld(const Octets& packet, const ReferenceRules& rules);

}  // namespace bpfcast::fuzz
