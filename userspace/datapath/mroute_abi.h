// MrouteAbi: how linux/mroute.h and linux/mroute6.h say the same things.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <linux/mroute.h>
#include <linux/mroute6.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

#include "datapath/family_abi.h"
#include "datapath/mroute_kernel.h"

namespace bpfcast {

template <class F>
struct MrouteAbi;

template <>
struct MrouteAbi<Igmp> {
  static constexpr std::string_view kFamilyName = "IPv4";
  static constexpr std::string_view kConfigKey = "ipv4";
  static constexpr int kDomain = AF_INET;
  static constexpr int kProtocol = IPPROTO_IGMP;
  static constexpr int kLevel = IPPROTO_IP;
  static constexpr const char* kSocketList = "/proc/net/raw";
  static constexpr const char* kVifList = "/proc/net/ip_mr_vif";
  static constexpr int kInit = MRT_INIT;
  static constexpr int kPim = MRT_PIM;
  static constexpr int kAssert = MRT_ASSERT;
  static constexpr int kAddVif = MRT_ADD_VIF;
  static constexpr int kRemoveVif = MRT_DEL_VIF;
  static constexpr int kAddEntry = MRT_ADD_MFC;
  static constexpr int kRemoveEntry = MRT_DEL_MFC;
  static constexpr std::uint32_t kMaxIfindex = 0x7fffffff;
  static constexpr unsigned long kCountVif = SIOCGETVIFCNT;
  static constexpr unsigned long kCountEntry = SIOCGETSGCNT;
  using VifControl = vifctl;
  using EntryControl = mfcctl;
  using VifRequest = sioc_vif_req;
  using EntryRequest = sioc_sg_req;

  static VifControl ToControl(Vif vif, std::uint32_t ifindex) {
    VifControl control{};
    control.vifc_vifi = vif;
    control.vifc_flags = VIFF_USE_IFINDEX;
    control.vifc_threshold = 1;  // the kernel looks at those of the entries alone
    control.vifc_lcl_ifindex = static_cast<int>(ifindex);
    return control;
  }
  static void SetVif(VifRequest& request, Vif vif) { request.vifi = vif; }
  static EntryControl ToControl(const MrouteEntry<Igmp>& entry) {
    EntryControl control{};
    WriteAddress(entry.stream.source, control.mfcc_origin);
    WriteAddress(entry.stream.group, control.mfcc_mcastgrp);
    control.mfcc_parent = entry.parent;
    std::copy(entry.thresholds.begin(), entry.thresholds.end(), control.mfcc_ttls);
    return control;
  }
  static EntryRequest ToRequest(const RouteKey<Igmp>& stream) {
    EntryRequest request{};
    WriteAddress(stream.source, request.src);
    WriteAddress(stream.group, request.grp);
    return request;
  }
  /// An upcall is laid over the IP header of its packet, with a protocol of 0; other messages are IGMP that
  /// came to the socket.
  static std::optional<Upcall<Igmp>> ToUpcall(std::span<const std::uint8_t> message) {
    igmpmsg upcall;
    if (message.size() < sizeof upcall) return std::nullopt;
    std::memcpy(&upcall, message.data(), sizeof upcall);
    if (upcall.im_mbz != 0) return std::nullopt;
    Upcall<Igmp> out;
    if (upcall.im_msgtype == IGMPMSG_NOCACHE) {
      out.kind = UpcallKind::kNoEntry;
    } else if (upcall.im_msgtype == IGMPMSG_WRONGVIF) {
      out.kind = UpcallKind::kWrongInterface;
    } else {
      return std::nullopt;
    }
    out.arrival = static_cast<Vif>(upcall.im_vif | upcall.im_vif_hi << 8);
    out.stream = {ReadAddress<Ipv4Address>(upcall.im_src), ReadAddress<Ipv4Address>(upcall.im_dst)};
    return out;
  }
};

template <>
struct MrouteAbi<Mld> {
  static constexpr std::string_view kFamilyName = "IPv6";
  static constexpr std::string_view kConfigKey = "ipv6";
  static constexpr int kDomain = AF_INET6;
  static constexpr int kProtocol = IPPROTO_ICMPV6;
  static constexpr int kLevel = IPPROTO_IPV6;
  static constexpr const char* kSocketList = "/proc/net/raw6";
  static constexpr const char* kVifList = "/proc/net/ip6_mr_vif";
  static constexpr int kInit = MRT6_INIT;
  static constexpr int kPim = MRT6_PIM;
  static constexpr int kAssert = MRT6_ASSERT;
  static constexpr int kAddVif = MRT6_ADD_MIF;
  static constexpr int kRemoveVif = MRT6_DEL_MIF;
  static constexpr int kAddEntry = MRT6_ADD_MFC;
  static constexpr int kRemoveEntry = MRT6_DEL_MFC;
  static constexpr std::uint32_t kMaxIfindex = 0xffff;  // of mif6c_pifi
  static constexpr unsigned long kCountVif = SIOCGETMIFCNT_IN6;
  static constexpr unsigned long kCountEntry = SIOCGETSGCNT_IN6;
  using VifControl = mif6ctl;
  using EntryControl = mf6cctl;
  using VifRequest = sioc_mif_req6;
  using EntryRequest = sioc_sg_req6;

  static VifControl ToControl(Vif vif, std::uint32_t ifindex) {
    VifControl control{};
    control.mif6c_mifi = vif;
    control.vifc_threshold = 1;
    control.mif6c_pifi = static_cast<__u16>(ifindex);
    return control;
  }
  static void SetVif(VifRequest& request, Vif vif) { request.mifi = vif; }
  /// Interfaces have no threshold: the kernel has a set of them.
  static EntryControl ToControl(const MrouteEntry<Mld>& entry) {
    EntryControl control{};
    control.mf6cc_origin = ToSocketAddress(entry.stream.source);
    control.mf6cc_mcastgrp = ToSocketAddress(entry.stream.group);
    control.mf6cc_parent = entry.parent;
    for (std::size_t vif = 0; vif < kMaxVifs; ++vif) {
      if (entry.thresholds[vif] == MrouteEntry<Mld>::kNotSent) continue;
      control.mf6cc_ifset.ifs_bits[vif / NIFBITS] |= if_mask{1} << vif % NIFBITS;
    }
    return control;
  }
  static EntryRequest ToRequest(const RouteKey<Mld>& stream) {
    EntryRequest request{};
    request.src = ToSocketAddress(stream.source);
    request.grp = ToSocketAddress(stream.group);
    return request;
  }
  static std::optional<Upcall<Mld>> ToUpcall(std::span<const std::uint8_t> message) {
    mrt6msg upcall;
    if (message.size() < sizeof upcall) return std::nullopt;
    std::memcpy(&upcall, message.data(), sizeof upcall);
    if (upcall.im6_mbz != 0) return std::nullopt;
    Upcall<Mld> out;
    if (upcall.im6_msgtype == MRT6MSG_NOCACHE) {
      out.kind = UpcallKind::kNoEntry;
    } else if (upcall.im6_msgtype == MRT6MSG_WRONGMIF) {
      out.kind = UpcallKind::kWrongInterface;
    } else {
      return std::nullopt;
    }
    out.arrival = upcall.im6_mif;
    out.stream = {ReadAddress<Ipv6Address>(upcall.im6_src), ReadAddress<Ipv6Address>(upcall.im6_dst)};
    return out;
  }

 private:
  static sockaddr_in6 ToSocketAddress(const Ipv6Address& address) {
    sockaddr_in6 out{};
    out.sin6_family = AF_INET6;
    WriteAddress(address, out.sin6_addr);
    return out;
  }
};

}  // namespace bpfcast
