#include "os/forward_chains.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <array>
#include <cstdint>
#include <memory>

namespace bpfcast {
namespace {

constexpr std::size_t kBufferSize = 32768;

struct Close {
  void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
};

/// Of one family; empty for those that have no packets to forward.
const char* FamilyName(std::uint8_t family) {
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
  const std::string family = FamilyName(header->nfgen_family);
  Chain chain;
  if (family.empty() || mnl_attr_parse(message, sizeof(nfgenmsg), OnAttribute, &chain) < 0) return MNL_CB_OK;
  if (chain.forwards && chain.drops) {
    static_cast<std::vector<std::string>*>(data)->push_back(family + " " + chain.table + " " + chain.name);
  }
  return MNL_CB_OK;
}

}  // namespace

std::vector<std::string> DroppingForwardChains() {
  std::vector<std::string> chains;
  const std::unique_ptr<mnl_socket, Close> socket(mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC));
  if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0) return chains;
  alignas(nlmsghdr) std::array<char, kBufferSize> buffer;
  nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
  request->nlmsg_type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETCHAIN;
  request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  auto* header = static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(request, sizeof(nfgenmsg)));
  header->nfgen_family = NFPROTO_UNSPEC;
  header->version = NFNETLINK_V0;
  if (mnl_socket_sendto(socket.get(), request, request->nlmsg_len) < 0) return chains;
  for (;;) {
    const ssize_t got = mnl_socket_recvfrom(socket.get(), buffer.data(), buffer.size());
    if (got <= 0) return chains;
    if (mnl_cb_run(buffer.data(), static_cast<std::size_t>(got), 0, mnl_socket_get_portid(socket.get()),
                   OnChain, &chains) <= MNL_CB_STOP) {
      return chains;
    }
  }
}

}  // namespace bpfcast
