#include "os/forward_chains.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <memory>

#include "os/forward_rules.h"

namespace bpfcast {
namespace {

constexpr std::size_t kBufferSize = 32768;

struct Close {
  void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
};

struct Chain {
  std::string table;
  std::string name;
  bool forwards = false;
  bool drops = false;
};

int OnHookAttribute(const nlattr* attribute, void* data) {
  if (mnl_attr_get_type(attribute) == NFTA_HOOK_HOOKNUM) {
    static_cast<Chain*>(data)->forwards = ntohl(mnl_attr_get_u32(attribute)) == NF_INET_FORWARD;
  }
  return MNL_CB_OK;
}

int OnAttribute(const nlattr* attribute, void* data) {
  Chain& chain = *static_cast<Chain*>(data);
  switch (mnl_attr_get_type(attribute)) {
    case NFTA_CHAIN_TABLE:
      chain.table = mnl_attr_get_str(attribute);
      break;
    case NFTA_CHAIN_NAME:
      chain.name = mnl_attr_get_str(attribute);
      break;
    case NFTA_CHAIN_POLICY:
      chain.drops = ntohl(mnl_attr_get_u32(attribute)) == NF_DROP;
      break;
    case NFTA_CHAIN_HOOK:
      return mnl_attr_parse_nested(attribute, OnHookAttribute, data);
    default:
      break;
  }
  return MNL_CB_OK;
}

int OnChain(const nlmsghdr* message, void* data) {
  const auto* header = static_cast<const nfgenmsg*>(mnl_nlmsg_get_payload(message));
  const std::string family = FirewallFamily(header->nfgen_family);
  Chain chain;
  if (family.empty() || mnl_attr_parse(message, sizeof(nfgenmsg), OnAttribute, &chain) < 0) return MNL_CB_OK;
  if (chain.forwards && chain.drops) {
    chain.table = family + " " + chain.table;
    static_cast<std::vector<Chain>*>(data)->push_back(chain);
  }
  return MNL_CB_OK;
}

struct Rules {
  const std::vector<std::string>& ports;
  std::vector<FirewallRule> rules;
};

int OnRule(const nlmsghdr* message, void* data) {
  Rules& rules = *static_cast<Rules*>(data);
  rules.rules.push_back(ReadRule(message, rules.ports));
  return MNL_CB_OK;
}

/// All of what nftables has of a kind; less of it where the kernel does not tell.
void Dump(const mnl_socket* socket, std::uint16_t message, mnl_cb_t use, void* data) {
  alignas(nlmsghdr) std::array<char, kBufferSize> buffer;
  nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
  request->nlmsg_type = static_cast<std::uint16_t>((NFNL_SUBSYS_NFTABLES << 8) | message);
  request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  auto* header = static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(request, sizeof(nfgenmsg)));
  header->nfgen_family = NFPROTO_UNSPEC;
  header->version = NFNETLINK_V0;
  if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0) return;
  for (;;) {
    const ssize_t got = mnl_socket_recvfrom(socket, buffer.data(), buffer.size());
    if (got <= 0) return;
    if (mnl_cb_run(buffer.data(), static_cast<std::size_t>(got), 0, mnl_socket_get_portid(socket), use,
                   data) <= MNL_CB_STOP) {
      return;
    }
  }
}

}  // namespace

std::vector<std::string> DroppingForwardChains(const std::vector<std::string>& ports) {
  const std::unique_ptr<mnl_socket, Close> socket(mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC));
  if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0) return {};
  std::vector<Chain> chains;
  Dump(socket.get(), NFT_MSG_GETCHAIN, OnChain, &chains);
  if (chains.empty()) return {};
  Rules rules{ports, {}};
  Dump(socket.get(), NFT_MSG_GETRULE, OnRule, &rules);
  std::vector<std::string> dropping;
  for (const Chain& chain : chains) {
    if (!MayAccept(rules.rules, chain.table, chain.name)) dropping.push_back(chain.table + " " + chain.name);
  }
  return dropping;
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
