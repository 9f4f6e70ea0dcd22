#include "datapath/xdp_features.h"

#include <cstring>
#include <optional>
#include <utility>

namespace bpfcast {
namespace {

// linux/netdev.h
constexpr const char* kFamily = "netdev";
constexpr const char* kGroupOfChanges = "mgmt";  // NETDEV_MCGRP_MGMT
constexpr std::uint8_t kDevGet = 1;              // NETDEV_CMD_DEV_GET
constexpr std::uint16_t kDevIfindex = 1;         // NETDEV_A_DEV_IFINDEX
constexpr std::uint16_t kDevXdpFeatures = 3;     // NETDEV_A_DEV_XDP_FEATURES

/// The family is part of a kernel or is not, so one that is missing is not asked for again.
Result<Genetlink> OpenNetdev() {
  static bool is_missing = false;
  if (!is_missing) {
    Result<std::optional<Genetlink>> netdev = Genetlink::Open(kFamily);
    if (!netdev) return tl::unexpected(netdev.error());
    if (*netdev) return std::move(**netdev);
    is_missing = true;
  }
  return Fail("this kernel does not tell the XDP features of interfaces (Linux 6.3 does)");
}

}  // namespace

Result<std::uint64_t> XdpFeatures(std::uint32_t ifindex) {
  auto netdev = OpenNetdev();
  if (!netdev) return tl::unexpected(netdev.error());
  const std::string what = "ask for the XDP features of ifindex " + std::to_string(ifindex);
  bool answered = false;
  std::uint64_t features = 0;
  const auto asked = netdev->Ask(kDevGet, kDevIfindex, ifindex, [&](std::uint16_t type, auto payload) {
    if (type != kDevXdpFeatures || payload.size() < sizeof features) return;
    std::memcpy(&features, payload.data(), sizeof features);
    answered = true;
  });
  if (!asked) return Fail(what + ": " + asked.error().message);
  if (!answered) return Fail(what + ": the answer does not name them");
  return features;
}

Result<XdpFeatureChanges> XdpFeatureChanges::Open() {
  auto netdev = OpenNetdev();
  if (!netdev) return tl::unexpected(netdev.error());
  if (const auto subscribed = netdev->Subscribe(kGroupOfChanges); !subscribed) {
    return tl::unexpected(subscribed.error());
  }
  return XdpFeatureChanges(std::move(*netdev));
}

}  // namespace bpfcast
