#include "datapath/reverse_path.h"

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>

namespace bpfcast {
namespace {

/// What an answer has to say of the interface.
struct Search {
  std::uint32_t ifindex;
  bool found = false;
};

int ReadNextHops(const nlattr* attribute, Search& search) {
  const auto* hop = static_cast<const rtnexthop*>(mnl_attr_get_payload(attribute));
  int left = mnl_attr_get_payload_len(attribute);
  while (left >= static_cast<int>(sizeof *hop) && RTNH_OK(hop, left)) {
    if (static_cast<std::uint32_t>(hop->rtnh_ifindex) == search.ifindex) search.found = true;
    left -= RTNH_ALIGN(hop->rtnh_len);
    hop = RTNH_NEXT(hop);
  }
  return MNL_CB_OK;
}

int ReadAttribute(const nlattr* attribute, void* data) {
  Search& search = *static_cast<Search*>(data);
  switch (mnl_attr_get_type(attribute)) {
    case RTA_OIF:
      if (mnl_attr_get_u32(attribute) == search.ifindex) search.found = true;
      break;
    case RTA_MULTIPATH:
      return ReadNextHops(attribute, search);
    default:
      break;
  }
  return MNL_CB_OK;
}

int ReadRoute(const nlmsghdr* message, void* data) {
  return mnl_attr_parse(message, sizeof(rtmsg), ReadAttribute, data);
}

}  // namespace

ReversePath::ReversePath() : socket_(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC)) {
  if (socket_ != nullptr && mnl_socket_bind(socket_, 0, MNL_SOCKET_AUTOPID) < 0) {
    mnl_socket_close(socket_);
    socket_ = nullptr;
  }
}

ReversePath::~ReversePath() {
  if (socket_ != nullptr) mnl_socket_close(socket_);
}

template <class Address>
bool ReversePath::Ask(std::uint8_t family, const Address& address, std::uint32_t ifindex) {
  if (socket_ == nullptr) return false;
  alignas(nlmsghdr) std::array<char, 256> request{};
  nlmsghdr* header = mnl_nlmsg_put_header(request.data());
  header->nlmsg_type = RTM_GETROUTE;
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  auto* route = static_cast<rtmsg*>(mnl_nlmsg_put_extra_header(header, sizeof(rtmsg)));
  route->rtm_family = family;
  route->rtm_dst_len = Address::kBits;
  route->rtm_flags = RTM_F_FIB_MATCH;  // the route with all its paths, not the one of this packet
  mnl_attr_put(header, RTA_DST, Address::kBytes, address.bytes().data());
  if (mnl_socket_sendto(socket_, header, header->nlmsg_len) < 0) return false;
  Search search{ifindex};
  alignas(nlmsghdr) std::array<char, 8192> answer;
  for (;;) {
    const ssize_t size = mnl_socket_recvfrom(socket_, answer.data(), answer.size());
    if (size < 0) return false;
    const int more = mnl_cb_run(answer.data(), static_cast<std::size_t>(size), 0,
                                mnl_socket_get_portid(socket_), ReadRoute, &search);
    if (more <= 0) return more == 0 && search.found;
  }
}

bool ReversePath::LeadsTo(const Ipv4Address& address, std::uint32_t ifindex) {
  return Ask(AF_INET, address, ifindex);
}
bool ReversePath::LeadsTo(const Ipv6Address& address, std::uint32_t ifindex) {
  return Ask(AF_INET6, address, ifindex);
}

}  // namespace bpfcast
