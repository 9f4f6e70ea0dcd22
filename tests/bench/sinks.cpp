#include "bench/sinks.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>

#include <cstring>
#include <numeric>
#include <stdexcept>
#include <string>

#include "bench/traffic.h"
#include "sink.skel.h"
#include "support/process.h"

namespace bpfcast::test {
namespace {

// Not in the headers of Linux 6.1.
constexpr auto kTcxIngress = static_cast<bpf_attach_type>(46);

void MustAttach(int error, const Host& host) {
  if (error < 0) throw std::runtime_error("sink at " + host.interface + ": " + std::strerror(-error));
}

BpfFd AttachXdp(int program, int ifindex, const Host& host) {
  bpf_link_create_opts options{};
  options.sz = sizeof options;
  options.flags = XDP_FLAGS_DRV_MODE;
  BpfFd link(bpf_link_create(program, ifindex, BPF_XDP, &options));
  MustAttach(link.get(), host);
  return link;
}

// TCX, or before Linux 6.6 a filter, which goes away with the interface.
BpfFd AttachTc(int program, int ifindex, const Host& host) {
  BpfFd link(bpf_link_create(program, ifindex, kTcxIngress, nullptr));
  if (link) return link;
  bpf_tc_hook hook{};
  hook.sz = sizeof hook;
  hook.ifindex = ifindex;
  hook.attach_point = BPF_TC_INGRESS;
  MustAttach(bpf_tc_hook_create(&hook), host);
  bpf_tc_opts options{};
  options.sz = sizeof options;
  options.prog_fd = program;
  MustAttach(bpf_tc_attach(&hook, &options), host);
  return {};
}

}  // namespace

Sinks::Sinks(const Star& star, Kind kind) : object_(sink::open(), sink::destroy) {
  if (object_ == nullptr) throw std::runtime_error("the programs of the sinks cannot be read");
  std::memcpy(const_cast<__be32*>(&object_->rodata->group), kBenchGroup.bytes().data(), sizeof(__be32));
  if (sink::load(object_.get()) != 0) throw std::runtime_error("the programs of the sinks do not load");
  star.host(1).ns.Run([&] {
    for (int n = 1; n <= star.lans(); ++n) {
      const Host host = star.host(n);
      const int ifindex = host.ns.IfIndex(host.interface);
      interfaces_.push_back(static_cast<std::uint32_t>(ifindex));
      links_.push_back(kind == Kind::kXdp ? AttachXdp(bpf_program__fd(object_->progs.sink_xdp), ifindex, host)
                                          : AttachTc(bpf_program__fd(object_->progs.sink_tc), ifindex, host));
    }
  });
}

std::vector<std::uint64_t> Sinks::Arrivals() const {
  std::vector<std::uint64_t> arrivals;
  std::vector<std::uint64_t> by_cpu(static_cast<std::size_t>(libbpf_num_possible_cpus()));
  for (const std::uint32_t ifindex : interfaces_) {
    if (bpf_map_lookup_elem(bpf_map__fd(object_->maps.arrivals), &ifindex, by_cpu.data()) != 0) {
      throw std::runtime_error("a sink has no counter");
    }
    arrivals.push_back(std::accumulate(by_cpu.begin(), by_cpu.end(), std::uint64_t{0}));
  }
  return arrivals;
}

}  // namespace bpfcast::test
