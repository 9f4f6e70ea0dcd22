#include "os/firewall_read.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string_view>

#include "os/firewall_rule.h"
#include "os/nft_attributes.h"

namespace bpfcast {
namespace {

constexpr std::size_t kBufferSize = 32768;

struct Close {
  void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
};

using Visit = std::function<void(const nlmsghdr*)>;

int OnMessage(const nlmsghdr* message, void* data) {
  if (*NftFamily(message) != '\0') (*static_cast<const Visit*>(data))(message);
  return MNL_CB_OK;
}

using AddAttributes = std::function<void(nlmsghdr*)>;

enum class Dumped : std::uint8_t {
  kWhole,  // or what the kernel tells of it
  kTorn,   // something changed meanwhile
};

/// All of what nftables has of a kind; less of it where the kernel does not tell.
Dumped Dump(const mnl_socket* socket, std::uint16_t kind, std::uint8_t family, const AddAttributes& add,
            Visit visit) {
  alignas(nlmsghdr) std::array<char, kBufferSize> buffer;
  nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
  request->nlmsg_type = static_cast<std::uint16_t>((NFNL_SUBSYS_NFTABLES << 8) | kind);
  request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  auto* header = static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(request, sizeof(nfgenmsg)));
  header->nfgen_family = family;
  header->version = NFNETLINK_V0;
  add(request);
  if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0) return Dumped::kWhole;
  for (;;) {
    const ssize_t got = mnl_socket_recvfrom(socket, buffer.data(), buffer.size());
    if (got <= 0) return Dumped::kWhole;
    const int more = mnl_cb_run(buffer.data(), static_cast<std::size_t>(got), 0,
                                mnl_socket_get_portid(socket), OnMessage, &visit);
    if (more <= MNL_CB_STOP) return more < 0 && errno == EINTR ? Dumped::kTorn : Dumped::kWhole;
  }
}

std::optional<FirewallHook> HookOf(std::uint32_t number) {
  switch (number) {
    case NF_INET_PRE_ROUTING:
      return FirewallHook::kPrerouting;
    case NF_INET_LOCAL_IN:
      return FirewallHook::kInput;
    case NF_INET_FORWARD:
      return FirewallHook::kForward;
    case NF_INET_LOCAL_OUT:
      return FirewallHook::kOutput;
    case NF_INET_POST_ROUTING:
      return FirewallHook::kPostrouting;
    default:
      return std::nullopt;
  }
}

void AddChain(const nlmsghdr* message, std::vector<FirewallChain>& chains) {
  FirewallChain chain;
  chain.table = NftFamily(message);
  std::optional<FirewallHook> hook;
  ForEachNft(message, [&](const nlattr* attribute) {
    switch (mnl_attr_get_type(attribute)) {
      case NFTA_CHAIN_TABLE:
        chain.table += std::string(" ") + mnl_attr_get_str(attribute);
        break;
      case NFTA_CHAIN_NAME:
        chain.name = mnl_attr_get_str(attribute);
        break;
      case NFTA_CHAIN_TYPE:
        chain.nat = std::string_view(mnl_attr_get_str(attribute)) == "nat";
        break;
      case NFTA_CHAIN_POLICY:
        chain.drops = ntohl(mnl_attr_get_u32(attribute)) == NF_DROP;
        break;
      case NFTA_CHAIN_HOOK:
        hook = HookOf(NftNumber(attribute, NFTA_HOOK_HOOKNUM));
        break;
      default:
        break;
    }
  });
  if (!hook) return;
  chain.hook = *hook;
  chains.push_back(std::move(chain));
}

void AddElement(const nlattr* element, FirewallSet& set) {
  FirewallElement result;
  result.key = NftData(element, NFTA_SET_ELEM_KEY);
  const nlattr* verdict = NftMember(NftMember(element, NFTA_SET_ELEM_DATA), NFTA_DATA_VERDICT);
  if (verdict != nullptr) result.verdict = ReadVerdict(verdict, result.target);
  if (result.key.empty()) set.exact = false;  // of whatever no other one meets
  set.elements.push_back(std::move(result));
}

std::uint8_t FamilyNumber(const std::string& table) {
  if (table.starts_with("inet ")) return NFPROTO_INET;
  return table.starts_with("ip6 ") ? NFPROTO_IPV6 : NFPROTO_IPV4;
}

/// Lists of senders can be long, and are of no use: who will send is not known.
bool IsAsked(const FirewallCondition& condition) {
  using Is = FirewallCondition::Is;
  if (condition.is != Is::kIn && condition.is != Is::kNotIn) return false;
  return condition.field != FirewallField::kOther && condition.field != FirewallField::kSource4 &&
         condition.field != FirewallField::kSource6;
}

Dumped ReadSets(const mnl_socket* socket, Firewall& firewall) {
  std::set<std::pair<std::string, std::string>> asked;
  for (const FirewallRule& rule : firewall.rules) {
    for (const FirewallCondition& condition : rule.conditions) {
      if (IsAsked(condition)) asked.emplace(rule.table, condition.set);
    }
  }
  Dumped dumped = Dumped::kWhole;
  if (asked.empty()) return dumped;
  const auto all = [](nlmsghdr*) {};
  dumped = Dump(socket, NFT_MSG_GETSET, NFPROTO_UNSPEC, all, [&](const nlmsghdr* message) {
    std::pair<std::string, std::string> name(NftFamily(message), "");
    std::uint32_t flags = 0;
    ForEachNft(message, [&](const nlattr* attribute) {
      const std::uint16_t type = mnl_attr_get_type(attribute);
      if (type == NFTA_SET_TABLE) name.first += std::string(" ") + mnl_attr_get_str(attribute);
      if (type == NFTA_SET_NAME) name.second = mnl_attr_get_str(attribute);
      if (type == NFTA_SET_FLAGS) flags = ntohl(mnl_attr_get_u32(attribute));
    });
    // Intervals and what comes and goes are not looked into.
    constexpr std::uint32_t kInexact = NFT_SET_INTERVAL | NFT_SET_TIMEOUT | NFT_SET_EVAL;
    if (asked.contains(name)) firewall.sets[name].exact = (flags & kInexact) == 0;
  });
  for (auto& [name, set] : firewall.sets) {
    if (!set.exact) continue;
    const auto which = [&name = name](nlmsghdr* request) {
      mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_TABLE,
                        name.first.substr(name.first.find(' ') + 1).c_str());
      mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_SET, name.second.c_str());
    };
    const auto add = [&set = set](const nlmsghdr* message) {
      ForEachNft(message, [&](const nlattr* attribute) {
        if (mnl_attr_get_type(attribute) != NFTA_SET_ELEM_LIST_ELEMENTS) return;
        ForEachNft(attribute, [&](const nlattr* element) { AddElement(element, set); });
      });
    };
    if (dumped == Dumped::kTorn) return dumped;
    dumped = Dump(socket, NFT_MSG_GETSETELEM, FamilyNumber(name.first), which, add);
  }
  return dumped;
}

Dumped ReadAll(const mnl_socket* socket, Firewall& firewall) {
  const auto all = [](nlmsghdr*) {};
  Dumped dumped = Dump(socket, NFT_MSG_GETCHAIN, NFPROTO_UNSPEC, all,
                       [&](const nlmsghdr* message) { AddChain(message, firewall.chains); });
  if (dumped == Dumped::kTorn || firewall.chains.empty()) return dumped;
  dumped = Dump(socket, NFT_MSG_GETRULE, NFPROTO_UNSPEC, all,
                [&](const nlmsghdr* message) { firewall.rules.push_back(ReadRule(message)); });
  return dumped == Dumped::kTorn ? dumped : ReadSets(socket, firewall);
}

}  // namespace

Firewall ReadFirewall() {
  constexpr int kAttempts = 3;  // somebody may load rules just now
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    Firewall firewall;
    const std::unique_ptr<mnl_socket, Close> socket(mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC));
    if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0) return firewall;
    if (ReadAll(socket.get(), firewall) == Dumped::kWhole) return firewall;
  }
  return {};
}

bool HasLegacyFilter() {
  for (const char* names : {"/proc/self/net/ip_tables_names", "/proc/self/net/ip6_tables_names"}) {
    std::ifstream file(names);
    for (std::string name; file >> name;) {
      if (name == "filter") return true;
    }
  }
  return false;
}

}  // namespace bpfcast
