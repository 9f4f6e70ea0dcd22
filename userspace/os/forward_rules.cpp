#include "os/forward_rules.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace bpfcast {
namespace {

using Octets = std::span<const std::uint8_t>;

using Use = std::function<void(const nlattr*)>;

/// The macros of libmnl are no C++.
void ForEachUntil(const char* end, const nlattr* each, const Use& use) {
  while (mnl_attr_ok(each, static_cast<int>(end - reinterpret_cast<const char*>(each)))) {
    use(each);
    each = mnl_attr_next(each);
  }
}

void ForEach(const nlattr* nest, const Use& use) {
  const auto* first = static_cast<const nlattr*>(mnl_attr_get_payload(nest));
  ForEachUntil(reinterpret_cast<const char*>(first) + mnl_attr_get_payload_len(nest), first, use);
}

/// A member of an expression; null when it has none.
const nlattr* Member(const nlattr* nest, std::uint16_t type) {
  const nlattr* found = nullptr;
  if (nest == nullptr) return found;
  ForEach(nest, [&](const nlattr* each) {
    if (mnl_attr_get_type(each) == type) found = each;
  });
  return found;
}

std::uint32_t Number(const nlattr* nest, std::uint16_t type) {
  const nlattr* member = Member(nest, type);
  return member == nullptr ? 0 : ntohl(mnl_attr_get_u32(member));
}

Octets Data(const nlattr* nest, std::uint16_t type) {
  const nlattr* value = Member(Member(nest, type), NFTA_DATA_VALUE);
  if (value == nullptr) return {};
  return {static_cast<const std::uint8_t*>(mnl_attr_get_payload(value)), mnl_attr_get_payload_len(value)};
}

/// Follows the expressions of a rule: what was loaded last, and what is asked of it.
class Reader {
 public:
  Reader(FirewallRule& rule, const std::vector<std::string>& ports) : rule_(rule), ports_(ports) {
    rule_.matches_always = true;
  }

  void Read(std::string_view name, const nlattr* data) {
    if (name == "immediate") return Immediate(data);
    if (name == "counter" || name == "log") return;
    rule_.matches_always = false;
    if (name == "payload") {
      Load(OfPayload(data));
    } else if (name == "meta") {
      Load(OfMeta(Number(data, NFTA_META_KEY)));
    } else if (name == "ct") {
      Load(Number(data, NFTA_CT_KEY) == NFT_CT_STATE ? Loaded::kConnection : Loaded::kOther);
    } else if (name == "bitwise") {
      Mask(Data(data, NFTA_BITWISE_MASK));
    } else if (name == "cmp" && Number(data, NFTA_CMP_OP) == NFT_CMP_EQ) {
      if (!MayBe(Data(data, NFTA_CMP_DATA))) rule_.may_match = false;
    } else if (name == "lookup" && Member(data, NFTA_LOOKUP_DREG) != nullptr) {
      // A map of verdicts may have one that accepts; those by the state of connections have it for old ones.
      if (loaded_ != Loaded::kConnection) rule_.verdict = FirewallRule::Verdict::kAccept;
    } else if (name == "match") {
      const nlattr* match = Member(data, NFTA_MATCH_NAME);
      const std::string_view what = match == nullptr ? "" : mnl_attr_get_str(match);
      if (what == "conntrack" || what == "state") rule_.may_match = false;
    }
  }

 private:
  enum class Loaded { kOther, kGroup4, kGroup6, kProtocol, kPort, kConnection };

  static Loaded OfPayload(const nlattr* data) {
    if (Number(data, NFTA_PAYLOAD_BASE) != NFT_PAYLOAD_NETWORK_HEADER) return Loaded::kOther;
    switch (Number(data, NFTA_PAYLOAD_OFFSET)) {
      case 6:  // of the IPv6 header
      case 9:
        return Number(data, NFTA_PAYLOAD_LEN) == 1 ? Loaded::kProtocol : Loaded::kOther;
      case 16:
        return Loaded::kGroup4;
      case 24:
        return Loaded::kGroup6;
      default:
        return Loaded::kOther;
    }
  }
  static Loaded OfMeta(std::uint32_t key) {
    if (key == NFT_META_L4PROTO) return Loaded::kProtocol;
    return key == NFT_META_IIFNAME || key == NFT_META_OIFNAME ? Loaded::kPort : Loaded::kOther;
  }
  void Load(Loaded what) {
    loaded_ = what;
    first_of_mask_ = 0xff;
  }

  void Mask(Octets mask) {
    if (!mask.empty()) first_of_mask_ = mask[0];
    if (loaded_ != Loaded::kConnection || mask.size() < sizeof(std::uint32_t)) return;
    std::uint32_t states = 0;
    std::memcpy(&states, mask.data(), sizeof states);
    constexpr std::uint32_t kNew = 1U << (IP_CT_NEW + 1);
    if ((states & kNew) == 0) rule_.may_match = false;
  }

  /// Can what was loaded have this value?
  bool MayBe(Octets value) const {
    if (value.empty()) return true;
    switch (loaded_) {
      case Loaded::kOther:
      case Loaded::kConnection:
        return true;
      case Loaded::kGroup4:
        for (int octet = 0xe0; octet <= 0xef; ++octet) {
          if ((octet & first_of_mask_) == value[0]) return true;
        }
        return false;
      case Loaded::kGroup6:
        return (0xff & first_of_mask_) == value[0];
      case Loaded::kProtocol:
        return value[0] == IPPROTO_UDP;
      case Loaded::kPort:
        return std::any_of(ports_.begin(), ports_.end(), [&](const std::string& port) {
          std::array<std::uint8_t, 16> name{};
          std::copy_n(port.begin(), std::min(port.size(), name.size() - 1), name.begin());
          return std::equal(value.begin(), value.begin() + std::min(value.size(), name.size()), name.begin());
        });
    }
    return true;
  }

  void Immediate(const nlattr* data) {
    const nlattr* verdict = Member(Member(data, NFTA_IMMEDIATE_DATA), NFTA_DATA_VERDICT);
    if (verdict == nullptr) return;
    using Verdict = FirewallRule::Verdict;
    switch (static_cast<int>(Number(verdict, NFTA_VERDICT_CODE))) {
      case NF_ACCEPT:
        rule_.verdict = Verdict::kAccept;
        break;
      case NF_DROP:
        rule_.verdict = Verdict::kDrop;
        break;
      case NFT_JUMP:
        rule_.verdict = Verdict::kJump;
        break;
      case NFT_GOTO:
        rule_.verdict = Verdict::kGoto;
        break;
      case NFT_RETURN:
        rule_.verdict = Verdict::kReturn;
        break;
      default:
        break;
    }
    if (const nlattr* chain = Member(verdict, NFTA_VERDICT_CHAIN)) rule_.target = mnl_attr_get_str(chain);
  }

  FirewallRule& rule_;
  const std::vector<std::string>& ports_;
  Loaded loaded_ = Loaded::kOther;
  int first_of_mask_ = 0xff;
};

/// `seen`: chains of which it is known already. The kernel lets no chain jump in a circle.
bool MayAcceptWithin(const std::vector<FirewallRule>& rules, const std::string& table,
                     const std::string& chain, std::set<std::string>& seen) {
  using Verdict = FirewallRule::Verdict;
  for (const FirewallRule& rule : rules) {
    if (rule.table != table || rule.chain != chain || !rule.may_match) continue;
    const bool jumps = rule.verdict == Verdict::kJump || rule.verdict == Verdict::kGoto;
    if (rule.verdict == Verdict::kAccept) return true;
    if (jumps && seen.insert(rule.target).second && MayAcceptWithin(rules, table, rule.target, seen))
      return true;
    const bool ends = rule.verdict != Verdict::kNone && rule.verdict != Verdict::kJump;
    if (ends && rule.matches_always) return false;
  }
  return false;
}

}  // namespace

const char* FirewallFamily(std::uint8_t family) {
  switch (family) {
    case NFPROTO_IPV4:
      return "ip";
    case NFPROTO_IPV6:
      return "ip6";
    case NFPROTO_INET:
      return "inet";
    default:
      return "";
  }
}

FirewallRule ReadRule(const nlmsghdr* message, const std::vector<std::string>& ports) {
  FirewallRule rule;
  rule.table = FirewallFamily(static_cast<const nfgenmsg*>(mnl_nlmsg_get_payload(message))->nfgen_family);
  Reader reader(rule, ports);
  const auto* first = static_cast<const nlattr*>(mnl_nlmsg_get_payload_offset(message, sizeof(nfgenmsg)));
  const auto* end = static_cast<const char*>(mnl_nlmsg_get_payload_tail(message));
  ForEachUntil(end, first, [&](const nlattr* attribute) {
    switch (mnl_attr_get_type(attribute)) {
      case NFTA_RULE_TABLE:
        rule.table += std::string(" ") + mnl_attr_get_str(attribute);
        break;
      case NFTA_RULE_CHAIN:
        rule.chain = mnl_attr_get_str(attribute);
        break;
      case NFTA_RULE_EXPRESSIONS:
        ForEach(attribute, [&](const nlattr* each) {
          const nlattr* name = Member(each, NFTA_EXPR_NAME);
          if (name != nullptr) reader.Read(mnl_attr_get_str(name), Member(each, NFTA_EXPR_DATA));
        });
        break;
      default:
        break;
    }
  });
  return rule;
}

bool MayAccept(const std::vector<FirewallRule>& rules, const std::string& table, const std::string& chain) {
  std::set<std::string> seen{chain};
  return MayAcceptWithin(rules, table, chain, seen);
}

}  // namespace bpfcast
