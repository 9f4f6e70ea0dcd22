#include "datapath/nic_settings.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "datapath/bpf_fd.h"

namespace bpfcast {
namespace {

class Ethtool {
 public:
  explicit Ethtool(const std::string& ifname) : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    if (ifname.size() < IFNAMSIZ) std::memcpy(request_.ifr_name, ifname.c_str(), ifname.size() + 1);
  }
  bool Ask(void* command) {
    request_.ifr_data = static_cast<char*>(command);
    return socket_ && ::ioctl(socket_.get(), SIOCETHTOOL, &request_) == 0;
  }

 private:
  BpfFd socket_;
  ifreq request_{};
};

/// The number of a feature among all of them; -1 when this kernel does not know it.
int FeatureNumber(Ethtool& ethtool, std::string_view wanted, std::uint32_t& count) {
  // Commands end with an array of what they ask for.
  std::vector<std::uint32_t> asked((sizeof(ethtool_sset_info) + sizeof(std::uint32_t)) /
                                   sizeof(std::uint32_t));
  auto* info = reinterpret_cast<ethtool_sset_info*>(asked.data());
  info->cmd = ETHTOOL_GSSET_INFO;
  info->sset_mask = 1ULL << ETH_SS_FEATURES;
  if (!ethtool.Ask(info) || info->sset_mask == 0) return -1;
  count = info->data[0];
  std::vector<std::uint32_t> space(
      (sizeof(ethtool_gstrings) + std::size_t{count} * ETH_GSTRING_LEN) / sizeof(std::uint32_t) + 1);
  auto* strings = reinterpret_cast<ethtool_gstrings*>(space.data());
  strings->cmd = ETHTOOL_GSTRINGS;
  strings->string_set = ETH_SS_FEATURES;
  strings->len = count;
  if (!ethtool.Ask(strings)) return -1;
  for (std::uint32_t i = 0; i < count; ++i) {
    const char* name = reinterpret_cast<const char*>(strings->data) + std::size_t{i} * ETH_GSTRING_LEN;
    if (std::string_view(name, ::strnlen(name, ETH_GSTRING_LEN)) == wanted) return static_cast<int>(i);
  }
  return -1;
}

void ReadGroHw(Ethtool& ethtool, NicSettings& settings) {
  std::uint32_t count = 0;
  const int number = FeatureNumber(ethtool, "rx-gro-hw", count);
  if (number < 0) return;
  const std::uint32_t blocks = (count + 31) / 32;
  std::vector<std::uint32_t> space((sizeof(ethtool_gfeatures) + blocks * sizeof(ethtool_get_features_block)) /
                                   sizeof(std::uint32_t));
  auto* features = reinterpret_cast<ethtool_gfeatures*>(space.data());
  features->cmd = ETHTOOL_GFEATURES;
  features->size = blocks;
  if (!ethtool.Ask(features)) return;
  const ethtool_get_features_block& block = features->features[number / 32];
  const std::uint32_t bit = 1U << (number % 32);
  settings.gro_hw = (block.active & bit) != 0;
  settings.gro_hw_fixed = (block.never_changed & bit) != 0 || (block.available & bit) == 0;
}

}  // namespace

NicSettings ProbeNic(const std::string& ifname) {
  NicSettings settings;
  Ethtool ethtool(ifname);
  ethtool_value flags{};
  flags.cmd = ETHTOOL_GFLAGS;
  if (ethtool.Ask(&flags)) settings.lro = (flags.data & ETH_FLAG_LRO) != 0;
  ReadGroHw(ethtool, settings);
  ethtool_channels channels{};
  channels.cmd = ETHTOOL_GCHANNELS;
  if (ethtool.Ask(&channels)) {
    settings.combined = channels.combined_count;
    settings.most_rx = channels.max_rx;
  }
  return settings;
}

}  // namespace bpfcast
