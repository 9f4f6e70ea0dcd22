// Rules of nftables, as far as a look at them tells whether they let streams pass.
#pragma once

#include <libmnl/libmnl.h>

#include <cstdint>
#include <string>
#include <vector>

namespace bpfcast {

struct FirewallRule {
  enum class Verdict { kNone, kAccept, kDrop, kJump, kGoto, kReturn };

  std::string table;  // "ip filter"
  std::string chain;
  Verdict verdict = Verdict::kNone;
  std::string target;     // the chain of kJump and kGoto
  bool may_match = true;  // a first packet of multicast UDP between our ports; true where it cannot be told
  bool matches_always = false;  // has no condition
};

/// From an answer to NFT_MSG_GETRULE. `ports`: names of the interfaces of the streams.
FirewallRule ReadRule(const nlmsghdr* message, const std::vector<std::string>& ports);

/// May a rule of the chain, or of one that it jumps to, accept a stream?
bool MayAccept(const std::vector<FirewallRule>& rules, const std::string& table, const std::string& chain);

/// The family of a table as its name begins; empty for those that have no packets to forward.
const char* FirewallFamily(std::uint8_t family);

}  // namespace bpfcast
