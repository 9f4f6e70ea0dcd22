#include "bench/bare_mac.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "bare_mac.skel.h"
#include "bench/bpf_memory.h"

namespace bpfcast::test {
namespace {

void Must(bool condition, const std::string& what) {
  if (!condition) throw std::runtime_error("bare-mac: " + what + ": " + std::strerror(errno));
}

}  // namespace

BareMac::BareMac(const Star& star) : object_(bare_mac::open(), bare_mac::destroy) {
  Must(object_ != nullptr, "open");
  const auto ports = static_cast<std::uint32_t>(star.lans());
  Must(bpf_map__set_max_entries(object_->maps.ports, ports) == 0, "size of the map");
  Must(bare_mac::load(object_.get()) == 0, "load");
  const NetNs& router = star.router();
  // A device map looks for the interface in the namespace of whoever writes.
  router.Run([&] {
    for (std::uint32_t key = 0; key < ports; ++key) {
      const std::string port = Star::LanName(static_cast<int>(key) + 1);
      bpf_devmap_val value{};
      value.ifindex = static_cast<std::uint32_t>(router.IfIndex(port));
      value.bpf_prog.fd = bpf_program__fd(object_->progs.bare_mac_egress);
      Must(bpf_map_update_elem(bpf_map__fd(object_->maps.ports), &key, &value, BPF_ANY) == 0, port);
      std::array<std::uint8_t, 8> mac{};
      std::ranges::copy(router.Mac(port), mac.begin());
      Must(bpf_map_update_elem(bpf_map__fd(object_->maps.macs), &value.ifindex, mac.data(), BPF_ANY) == 0,
           port);
    }
    bpf_link_create_opts options{};
    options.sz = sizeof options;
    options.flags = XDP_FLAGS_DRV_MODE;
    const bpf_program* program = ports == 1 ? object_->progs.bare_mac_one : object_->progs.bare_mac_all;
    link_ = BpfFd(bpf_link_create(bpf_program__fd(program), router.IfIndex("wan0"), BPF_XDP, &options));
    Must(static_cast<bool>(link_), "attach");
  });
}

MemoryUse BareMac::Memory() const {
  std::set<BpfObject> maps;
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object_->obj) {
    bpf_map_info info{};
    std::uint32_t size = sizeof info;
    Must(bpf_obj_get_info_by_fd(bpf_map__fd(map), &info, &size) == 0, "map");
    maps.insert({"map", std::to_string(info.id)});
  }
  return {std::nullopt, MapKilobytes(maps)};
}

}  // namespace bpfcast::test
