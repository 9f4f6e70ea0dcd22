#include "support/generator.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/udp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "generator.skel.h"
#include "support/packet.h"
#include "support/stream.h"

namespace bpfcast::test {
namespace {

constexpr std::size_t kSmallest = 60;
constexpr int kLoopback = 1;  // its index in every namespace

std::uint16_t HeaderChecksum(const iphdr& ip) {
  std::array<std::uint16_t, sizeof ip / 2> words;
  std::memcpy(words.data(), &ip, sizeof ip);
  std::uint32_t sum = 0;
  for (const std::uint16_t word : words) sum += word;
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~(sum + (sum >> 16)));
}

std::vector<std::uint8_t> MakeFrame(const Host& sender, const LiveFrames& frames) {
  const std::size_t size = frames.size;
  if (size < kSmallest) throw std::runtime_error("an Ethernet frame has at least 60 octets");
  ether_header ethernet{};
  const auto& group = frames.group.bytes();
  const MacAddress destination = GroupMac(frames.group);
  std::copy(destination.begin(), destination.end(), ethernet.ether_dhost);
  const MacAddress source = sender.ns.Mac(sender.interface);
  std::copy(source.begin(), source.end(), ethernet.ether_shost);
  ethernet.ether_type = htons(ETHERTYPE_IP);
  iphdr ip{};
  ip.version = 4;
  ip.ihl = sizeof ip / 4;
  ip.tot_len = htons(static_cast<std::uint16_t>(size - sizeof ethernet));
  ip.ttl = frames.ttl;
  ip.protocol = IPPROTO_UDP;
  std::memcpy(&ip.saddr, frames.source.bytes().data(), sizeof ip.saddr);
  std::memcpy(&ip.daddr, group.data(), sizeof ip.daddr);
  ip.check = HeaderChecksum(ip);
  udphdr udp{};
  udp.source = udp.dest = htons(kStreamPort);
  udp.len = htons(static_cast<std::uint16_t>(size - sizeof ethernet - sizeof ip));

  std::vector<std::uint8_t> frame(size);
  std::memcpy(frame.data(), &ethernet, sizeof ethernet);
  std::memcpy(frame.data() + sizeof ethernet, &ip, sizeof ip);
  std::memcpy(frame.data() + sizeof ethernet + sizeof ip, &udp, sizeof udp);
  return frame;
}

}  // namespace

Generator::Generator() : object_(generator::open(), generator::destroy) {
  if (object_ == nullptr) throw std::runtime_error("the program that generates traffic cannot be read");
  object_->rodata->stream_magic = kStreamMagic;
  if (generator::load(object_.get()) != 0)
    throw std::runtime_error("the program that generates traffic does not load");
}

void Generator::Prepare(const Host& sender, const LiveFrames& frames) {
  frame_ = MakeFrame(sender, frames);
  auto& headers = object_->bss->headers;
  std::memcpy(&headers, frame_.data(), sizeof headers);
  object_->bss->next_number = 0;
  const bool stream = frames.payload == LiveFrames::Payload::kStream;
  program_ = bpf_program__fd(stream ? object_->progs.generate_stream : object_->progs.generate);
  ifindex_ = static_cast<std::uint32_t>(sender.ns.IfIndex(sender.interface));
  // Else the kernel enters the program into its dispatcher, and takes it out again, in every run: that
  // patches code on all CPUs and takes longer than a run of some frames. Nothing speaks on this loopback.
  sender.ns.Run([&] {
    bpf_link_create_opts options{};
    options.sz = sizeof options;
    options.flags = XDP_FLAGS_SKB_MODE;
    dispatched_ = UniqueFd(bpf_link_create(program_, kLoopback, BPF_XDP, &options));
    if (!dispatched_) throw std::runtime_error(std::string("generator on lo: ") + std::strerror(errno));
  });
}

void Generator::Send(std::uint32_t count) {
  xdp_md context{};
  context.data_end = static_cast<std::uint32_t>(frame_.size());
  context.ingress_ifindex = ifindex_;
  bpf_test_run_opts options{};
  options.sz = sizeof options;
  options.data_in = frame_.data();
  options.data_size_in = static_cast<std::uint32_t>(frame_.size());
  options.ctx_in = &context;
  options.ctx_size_in = sizeof context;
  options.repeat = static_cast<int>(count);
  options.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
  options.batch_size = kBatch;
  const int error = bpf_prog_test_run_opts(program_, &options);
  if (error != 0) throw std::runtime_error(std::string("live frames: ") + std::strerror(-error));
}

}  // namespace bpfcast::test
