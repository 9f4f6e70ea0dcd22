#include "bench/traffic.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/udp.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "bench/cpus.h"
#include "generator.skel.h"

namespace bpfcast::test {
namespace {

// A run takes some ten milliseconds; until its end nobody can stop it.
constexpr int kFramesOfRun = 131072;
constexpr std::uint32_t kBatch = 64;  // a veth has room for 256
constexpr std::uint8_t kTtl = 16;
constexpr std::size_t kSmallest = 60;

std::uint16_t HeaderChecksum(const iphdr& ip) {
  std::array<std::uint16_t, sizeof ip / 2> words;
  std::memcpy(words.data(), &ip, sizeof ip);
  std::uint32_t sum = 0;
  for (const std::uint16_t word : words) sum += word;
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~(sum + (sum >> 16)));
}

std::vector<std::uint8_t> MakeFrame(const Host& sender, std::size_t size) {
  if (size < kSmallest) throw std::runtime_error("an Ethernet frame has at least 60 octets");
  ether_header ethernet{};
  const auto& group = kBenchGroup.bytes();
  const std::array<std::uint8_t, 6> destination{
      0x01, 0x00, 0x5e, static_cast<std::uint8_t>(group[1] & 0x7f), group[2], group[3]};
  std::copy(destination.begin(), destination.end(), ethernet.ether_dhost);
  const MacAddress source = sender.ns.Mac(sender.interface);
  std::copy(source.begin(), source.end(), ethernet.ether_shost);
  ethernet.ether_type = htons(ETHERTYPE_IP);
  iphdr ip{};
  ip.version = 4;
  ip.ihl = sizeof ip / 4;
  ip.tot_len = htons(static_cast<std::uint16_t>(size - sizeof ethernet));
  ip.ttl = kTtl;
  ip.protocol = IPPROTO_UDP;
  std::memcpy(&ip.saddr, sender.address.bytes().data(), sizeof ip.saddr);
  std::memcpy(&ip.daddr, group.data(), sizeof ip.daddr);
  ip.check = HeaderChecksum(ip);
  udphdr udp{};
  udp.source = udp.dest = htons(5000);
  udp.len = htons(static_cast<std::uint16_t>(size - sizeof ethernet - sizeof ip));

  std::vector<std::uint8_t> frame(size);
  std::memcpy(frame.data(), &ethernet, sizeof ethernet);
  std::memcpy(frame.data() + sizeof ethernet, &ip, sizeof ip);
  std::memcpy(frame.data() + sizeof ethernet + sizeof ip, &udp, sizeof udp);
  return frame;
}

}  // namespace

Generator::Generator() : object_(generator::open_and_load(), generator::destroy) {
  if (object_ == nullptr) throw std::runtime_error("the program that generates traffic does not load");
}

Traffic::Traffic(Generator& generator, const Host& sender, std::size_t frame, int cpu)
    : frame_(MakeFrame(sender, frame)) {
  auto& headers = generator.object_->bss->headers;
  std::memcpy(&headers, frame_.data(), sizeof headers);
  const int program = bpf_program__fd(generator.object_->progs.generate);
  const int ifindex = sender.ns.IfIndex(sender.interface);
  thread_ = std::thread([this, &ns = sender.ns, program, ifindex, cpu] {
    try {
      ns.Run([&] { Loop(program, ifindex, cpu); });
    } catch (...) {
      failure_ = std::current_exception();
    }
  });
}

Traffic::~Traffic() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void Traffic::Stop() {
  stop_ = true;
  thread_.join();
  if (failure_) std::rethrow_exception(failure_);
}

void Traffic::Loop(int program, int ifindex, int cpu) {
  Pin(0, cpu);
  xdp_md context{};
  context.data_end = static_cast<std::uint32_t>(frame_.size());
  context.ingress_ifindex = static_cast<std::uint32_t>(ifindex);
  bpf_test_run_opts options{};
  options.sz = sizeof options;
  options.data_in = frame_.data();
  options.data_size_in = static_cast<std::uint32_t>(frame_.size());
  options.ctx_in = &context;
  options.ctx_size_in = sizeof context;
  options.repeat = kFramesOfRun;
  options.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
  options.batch_size = kBatch;
  while (!stop_) {
    const int error = bpf_prog_test_run_opts(program, &options);
    if (error != 0) throw std::runtime_error(std::string("live frames: ") + std::strerror(-error));
  }
}

}  // namespace bpfcast::test
