#include "os/firewall_rule.h"

// Before the kernel's headers, which define the same otherwise.
#include <arpa/inet.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_state.h>

#include <cstddef>
#include <cstring>
#include <string_view>

#include "os/nft_attributes.h"

namespace bpfcast {
namespace {

using Is = FirewallCondition::Is;

FirewallField OfPayload(const nlattr* data) {
  const std::uint32_t offset = NftNumber(data, NFTA_PAYLOAD_OFFSET);
  const std::uint32_t length = NftNumber(data, NFTA_PAYLOAD_LEN);
  switch (NftNumber(data, NFTA_PAYLOAD_BASE)) {
    case NFT_PAYLOAD_TRANSPORT_HEADER:
      return offset == 0 ? FirewallField::kTransport : FirewallField::kOther;
    case NFT_PAYLOAD_NETWORK_HEADER:
      break;
    default:
      return FirewallField::kOther;
  }
  constexpr std::uint32_t kIpv4 = 4;
  switch (offset) {
    case 6:
      return length == 1 ? FirewallField::kNextHeader6 : FirewallField::kOther;
    case 8:
      return FirewallField::kSource6;
    case 9:
      return length == 1 ? FirewallField::kProtocol4 : FirewallField::kOther;
    case 12:
      return length <= kIpv4 ? FirewallField::kSource4 : FirewallField::kOther;  // or both addresses
    case 16:
      return length <= kIpv4 ? FirewallField::kDestination4 : FirewallField::kOther;
    case 24:
      return FirewallField::kDestination6;
    default:
      return FirewallField::kOther;
  }
}

FirewallField OfMeta(std::uint32_t key) {
  switch (key) {
    case NFT_META_NFPROTO:
      return FirewallField::kFamily;
    case NFT_META_L4PROTO:
      return FirewallField::kLayer4;
    case NFT_META_PKTTYPE:
      return FirewallField::kPacketType;
    case NFT_META_IIFNAME:
      return FirewallField::kInput;
    case NFT_META_OIFNAME:
      return FirewallField::kOutput;
    case NFT_META_IIF:
      return FirewallField::kInputIndex;
    case NFT_META_OIF:
      return FirewallField::kOutputIndex;
    default:
      return FirewallField::kOther;
  }
}

std::size_t SizeOf(FirewallField field) {
  constexpr std::size_t kName = 16;
  switch (field) {
    case FirewallField::kInput:
    case FirewallField::kOutput:
      return kName;
    case FirewallField::kInputIndex:
    case FirewallField::kOutputIndex:
    case FirewallField::kConnection:
      return sizeof(std::uint32_t);
    default:
      return 1;
  }
}

/// A condition on the state of the connection: is one of these bits its?
FirewallCondition HasState(std::uint32_t states, bool inverted) {
  FirewallCondition condition;
  condition.is = inverted ? Is::kEqual : Is::kNotEqual;
  condition.field = FirewallField::kConnection;
  condition.length = sizeof states;
  condition.mask.resize(sizeof states);
  std::memcpy(condition.mask.data(), &states, sizeof states);
  condition.value.assign(sizeof states, 0);
  return condition;
}

/// What matches of iptables ask for, as far as somebody knows.
FirewallCondition OfMatch(const nlattr* data) {
  const std::string name = NftText(data, NFTA_MATCH_NAME);
  const nlattr* info = NftMember(data, NFTA_MATCH_INFO);
  FirewallCondition condition;
  if (name == "comment") condition.is = Is::kAlways;
  if (info == nullptr) return condition;
  const auto* octets = static_cast<const std::uint8_t*>(mnl_attr_get_payload(info));
  const std::size_t size = mnl_attr_get_payload_len(info);
  if (name == "state" && size >= sizeof(xt_state_info)) {
    xt_state_info state{};
    std::memcpy(&state, octets, sizeof state);
    return HasState(state.statemask, false);
  }
  // Revision 2 is the beginning of revision 3; the first one had other sizes.
  constexpr std::size_t kRevision2 = offsetof(xt_conntrack_mtinfo3, origsrc_port_high);
  if (name == "conntrack" && NftNumber(data, NFTA_MATCH_REV) >= 2 && size >= kRevision2) {
    xt_conntrack_mtinfo3 asked{};
    std::memcpy(&asked, octets, kRevision2);
    if (asked.match_flags == XT_CONNTRACK_STATE) {
      return HasState(asked.state_mask, (asked.invert_flags & XT_CONNTRACK_STATE) != 0);
    }
  }
  return condition;
}

/// Follows the expressions of a rule: what was loaded last, and what is asked of it.
class Reader {
 public:
  explicit Reader(FirewallRule& rule) : rule_(rule) {}

  void Read(std::string_view name, const nlattr* data) {
    if (name == "immediate") return Immediate(data);
    if (name == "counter" || name == "log") return;
    if (name == "reject") return Ends(FirewallVerdict::kDrop);
    if (name == "masq") return Ends(FirewallVerdict::kRewrite);
    if (name == "nat") {
      if (NftNumber(data, NFTA_NAT_TYPE) == NFT_NAT_SNAT) Ends(FirewallVerdict::kRewrite);
      return;
    }
    if (name == "queue") return Ends(FirewallVerdict::kAccept);  // a program decides
    if (name == "target") return Target(NftText(data, NFTA_TARGET_NAME));
    if (name == "payload") return Load(OfPayload(data), NftNumber(data, NFTA_PAYLOAD_LEN));
    if (name == "meta") {
      if (NftMember(data, NFTA_META_SREG) != nullptr) return;  // sets a mark
      const FirewallField field = OfMeta(NftNumber(data, NFTA_META_KEY));
      return Load(field, SizeOf(field));
    }
    if (name == "ct") {
      if (NftMember(data, NFTA_CT_SREG) != nullptr) return;
      const bool state = NftNumber(data, NFTA_CT_KEY) == NFT_CT_STATE;
      return Load(state ? FirewallField::kConnection : FirewallField::kOther, sizeof(std::uint32_t));
    }
    if (name == "bitwise") return Bitwise(data);
    if (name == "cmp") return Compare(data);
    if (name == "lookup") return Lookup(data);
    if (name == "match") return Add(OfMatch(data));
    Load(FirewallField::kOther, 0);
    Add(loaded_);  // whatever it is, it may be a condition
  }

 private:
  void Add(FirewallCondition condition) { rule_.conditions.push_back(std::move(condition)); }
  void Ends(FirewallVerdict verdict) { rule_.verdict = verdict; }

  void Load(FirewallField field, std::size_t length) {
    loaded_ = FirewallCondition();
    loaded_.field = field;
    loaded_.length = length;
  }

  void Bitwise(const nlattr* data) {
    const bool masks = NftNumber(data, NFTA_BITWISE_OP) == 0;  // NFT_BITWISE_BOOL; others shift
    if (!masks || !loaded_.mask.empty()) loaded_.field = FirewallField::kOther;
    loaded_.mask = NftData(data, NFTA_BITWISE_MASK);
    loaded_.flip = NftData(data, NFTA_BITWISE_XOR);
  }

  void Compare(const nlattr* data) {
    FirewallCondition condition = loaded_;
    condition.value = NftData(data, NFTA_CMP_DATA);
    const std::uint32_t operation = NftNumber(data, NFTA_CMP_OP);
    if (operation == NFT_CMP_EQ) condition.is = Is::kEqual;
    if (operation == NFT_CMP_NEQ) condition.is = Is::kNotEqual;
    Add(std::move(condition));
  }

  void Lookup(const nlattr* data) {
    FirewallCondition condition = loaded_;
    constexpr std::uint32_t kInverted = NFT_LOOKUP_F_INV;
    condition.is = (NftNumber(data, NFTA_LOOKUP_FLAGS) & kInverted) != 0 ? Is::kNotIn : Is::kIn;
    condition.set = NftText(data, NFTA_LOOKUP_SET);
    Add(std::move(condition));
    constexpr std::uint32_t kVerdictRegister = NFT_REG_VERDICT;
    const nlattr* to = NftMember(data, NFTA_LOOKUP_DREG);
    if (to == nullptr) return;
    if (NftNumber(data, NFTA_LOOKUP_DREG) == kVerdictRegister) rule_.by_map = true;
    Load(FirewallField::kOther, 0);
  }

  void Target(std::string_view name) {
    if (name == "REJECT" || name == "DROP") Ends(FirewallVerdict::kDrop);
    if (name == "MASQUERADE" || name == "SNAT" || name == "NETMAP") Ends(FirewallVerdict::kRewrite);
    if (name == "NFQUEUE") Ends(FirewallVerdict::kAccept);
  }

  void Immediate(const nlattr* data) {
    const nlattr* verdict = NftMember(NftMember(data, NFTA_IMMEDIATE_DATA), NFTA_DATA_VERDICT);
    if (verdict != nullptr) rule_.verdict = ReadVerdict(verdict, rule_.target);
  }

  FirewallRule& rule_;
  FirewallCondition loaded_;
};

}  // namespace

FirewallVerdict ReadVerdict(const nlattr* verdict, std::string& target) {
  target = NftText(verdict, NFTA_VERDICT_CHAIN);
  switch (static_cast<int>(NftNumber(verdict, NFTA_VERDICT_CODE))) {
    case NF_ACCEPT:
      return FirewallVerdict::kAccept;
    case NF_DROP:
      return FirewallVerdict::kDrop;
    case NFT_JUMP:
      return FirewallVerdict::kJump;
    case NFT_GOTO:
      return FirewallVerdict::kGoto;
    case NFT_RETURN:
      return FirewallVerdict::kReturn;
    default:
      return FirewallVerdict::kNone;
  }
}

FirewallRule ReadRule(const nlmsghdr* message) {
  FirewallRule rule;
  rule.table = NftFamily(message);
  Reader reader(rule);
  ForEachNft(message, [&](const nlattr* attribute) {
    switch (mnl_attr_get_type(attribute)) {
      case NFTA_RULE_TABLE:
        rule.table += std::string(" ") + mnl_attr_get_str(attribute);
        break;
      case NFTA_RULE_CHAIN:
        rule.chain = mnl_attr_get_str(attribute);
        break;
      case NFTA_RULE_EXPRESSIONS:
        ForEachNft(attribute, [&](const nlattr* each) {
          const std::string name = NftText(each, NFTA_EXPR_NAME);
          if (!name.empty()) reader.Read(name, NftMember(each, NFTA_EXPR_DATA));
        });
        break;
      default:
        break;
    }
  });
  return rule;
}

}  // namespace bpfcast
