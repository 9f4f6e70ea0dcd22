#include "os/nft_attributes.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

namespace bpfcast {
namespace {

void ForEachUntil(const char* end, const nlattr* each, const NftUse& use) {
  while (mnl_attr_ok(each, static_cast<int>(end - reinterpret_cast<const char*>(each)))) {
    use(each);
    each = mnl_attr_next(each);
  }
}

}  // namespace

void ForEachNft(const nlmsghdr* message, const NftUse& use) {
  ForEachUntil(static_cast<const char*>(mnl_nlmsg_get_payload_tail(message)),
               static_cast<const nlattr*>(mnl_nlmsg_get_payload_offset(message, sizeof(nfgenmsg))), use);
}

void ForEachNft(const nlattr* nest, const NftUse& use) {
  const auto* first = static_cast<const nlattr*>(mnl_attr_get_payload(nest));
  ForEachUntil(reinterpret_cast<const char*>(first) + mnl_attr_get_payload_len(nest), first, use);
}

const nlattr* NftMember(const nlattr* nest, std::uint16_t type) {
  const nlattr* found = nullptr;
  if (nest == nullptr) return found;
  ForEachNft(nest, [&](const nlattr* each) {
    if (mnl_attr_get_type(each) == type) found = each;
  });
  return found;
}

std::uint32_t NftNumber(const nlattr* nest, std::uint16_t type) {
  const nlattr* member = NftMember(nest, type);
  return member == nullptr ? 0 : ntohl(mnl_attr_get_u32(member));
}

std::string NftText(const nlattr* nest, std::uint16_t type) {
  const nlattr* member = NftMember(nest, type);
  return member == nullptr ? "" : mnl_attr_get_str(member);
}

std::vector<std::uint8_t> NftData(const nlattr* nest, std::uint16_t type) {
  const nlattr* value = NftMember(NftMember(nest, type), NFTA_DATA_VALUE);
  if (value == nullptr) return {};
  const auto* first = static_cast<const std::uint8_t*>(mnl_attr_get_payload(value));
  return {first, first + mnl_attr_get_payload_len(value)};
}

const char* NftFamily(const nlmsghdr* message) {
  switch (static_cast<const nfgenmsg*>(mnl_nlmsg_get_payload(message))->nfgen_family) {
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

}  // namespace bpfcast
