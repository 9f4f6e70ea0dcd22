// Firewall: the chains, rules and sets of nftables (and of iptables-nft), as far as a look at them tells what
// becomes of a packet.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace bpfcast {

/// What of a packet a rule looks at.
enum class FirewallField : std::uint8_t {
  kOther,
  kFamily,       // meta nfproto
  kLayer4,       // meta l4proto
  kPacketType,   // meta pkttype
  kInput,        // iifname
  kOutput,       // oifname
  kInputIndex,   // iif
  kOutputIndex,  // oif
  kConnection,   // ct state
  kProtocol4,    // ip protocol
  kSource4,
  kDestination4,
  kNextHeader6,  // ip6 nexthdr
  kSource6,
  kDestination6,
  kTransport,  // from the first octet behind the IP headers on
};

enum class FirewallVerdict : std::uint8_t {
  kNone,
  kAccept,
  kDrop,     // or reject
  kRewrite,  // give the packet another source
  kJump,
  kGoto,
  kReturn,
};

struct FirewallCondition {
  enum class Is : std::uint8_t {
    kUnknown,  // nobody can tell
    kAlways,
    kNever,
    kEqual,
    kNotEqual,
    kIn,
    kNotIn,
  };

  Is is = Is::kUnknown;
  FirewallField field = FirewallField::kOther;
  std::size_t length = 0;           // octets of the field
  std::vector<std::uint8_t> mask;   // empty: all bits count
  std::vector<std::uint8_t> flip;   // empty: none are inverted after that
  std::vector<std::uint8_t> value;  // kEqual, kNotEqual: of as many octets of the field
  std::string set;                  // kIn, kNotIn
};

struct FirewallRule {
  std::string table;  // "ip filter"
  std::string chain;
  std::vector<FirewallCondition> conditions;
  FirewallVerdict verdict = FirewallVerdict::kNone;
  std::string target;   // the chain of kJump and kGoto
  bool by_map = false;  // the set of the last condition has the verdict
};

struct FirewallElement {
  std::vector<std::uint8_t> key;
  FirewallVerdict verdict = FirewallVerdict::kNone;
  std::string target;
};

struct FirewallSet {
  bool exact = false;  // its elements are single values, and all are known
  std::vector<FirewallElement> elements;
};

enum class FirewallHook : std::uint8_t { kPrerouting, kInput, kForward, kOutput, kPostrouting };

/// A base chain: packets come to it from the kernel.
struct FirewallChain {
  std::string table;
  std::string name;
  FirewallHook hook = FirewallHook::kForward;
  bool nat = false;
  bool drops = false;  // its policy
};

struct Firewall {
  std::vector<FirewallChain> chains;
  std::vector<FirewallRule> rules;                                  // in the order of each chain
  std::map<std::pair<std::string, std::string>, FirewallSet> sets;  // by table and name
};

}  // namespace bpfcast
