#include "bpf/lab.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace bpfcast::bpftest {
namespace {

// A test that cannot set up its bed fails: it is never skipped.
void Must(bool condition, const std::string& what) {
  if (!condition) throw std::runtime_error(what + ": " + std::strerror(errno) + " (these tests need root)");
}

void MoveTo(int fd, int kind) {
  if (fd < 0) return;
  ::setns(fd, kind);
  ::close(fd);
}

}  // namespace

void Shell(const std::string& command) {
  if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
}

std::string Output(const std::string& command) {
  std::string text;
  FILE* pipe = ::popen(command.c_str(), "r");
  Must(pipe != nullptr, command);
  std::array<char, 4096> buffer{};
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe))
    text.append(buffer.data(), size);
  ::pclose(pipe);
  return text;
}

Far::Far(const std::string& interface) {
  fd_ = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
  Must(fd_ >= 0, "packet socket");
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
  const int size = 64 << 20;
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
  Must(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "bind to " + interface);
}

Far::~Far() {
  if (fd_ >= 0) ::close(fd_);
}

void Far::Send(const Bytes& frame) const {
  Must(::send(fd_, frame.data(), frame.size(), 0) == static_cast<ssize_t>(frame.size()), "send");
}

std::optional<Bytes> Far::ReceiveAny(int timeout_ms) const {
  for (;;) {
    pollfd poll{fd_, POLLIN, 0};
    if (::poll(&poll, 1, timeout_ms) != 1) return std::nullopt;
    Bytes frame(70000);
    sockaddr_ll from{};
    socklen_t size = sizeof from;
    const ssize_t got =
        ::recvfrom(fd_, frame.data(), frame.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 0 || from.sll_pkttype == PACKET_OUTGOING) continue;
    frame.resize(static_cast<std::size_t>(got));
    return frame;
  }
}

std::optional<Bytes> Far::Receive(int timeout_ms) const {
  while (auto frame = ReceiveAny(timeout_ms)) {
    // The kernel reports its own memberships, and looks for neighbours.
    const bool v4 = frame->size() > 23 && (*frame)[12] == 8 && (*frame)[13] == 0;
    const bool v6 = frame->size() > 54 && (*frame)[12] == 0x86 && (*frame)[13] == 0xdd;
    if (!v4 && !v6) continue;
    const std::uint8_t protocol = v6 ? (*frame)[(*frame)[20] == IPPROTO_HOPOPTS ? 54 : 20] : (*frame)[23];
    if (v4 ? protocol != IPPROTO_IGMP : protocol != IPPROTO_ICMPV6) return frame;
  }
  return std::nullopt;
}

unsigned Far::Missed() const {
  tpacket_stats stats{};
  socklen_t size = sizeof stats;
  Must(::getsockopt(fd_, SOL_PACKET, PACKET_STATISTICS, &stats, &size) == 0, "packet statistics");
  return stats.tp_drops;
}

std::vector<Bytes> Far::Drain(int timeout_ms) const {
  std::vector<Bytes> frames;
  while (auto frame = Receive(timeout_ms)) frames.push_back(std::move(*frame));
  return frames;
}

Lab::Lab(const BpfDatapathConfig& config) : config_(config) {
  old_net_ = ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  old_mount_ = ::open("/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC);
  Must(::unshare(CLONE_NEWNET | CLONE_NEWNS) == 0, "unshare");
  Must(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "private mounts");
  Must(::mount("tmpfs", "/mnt", "tmpfs", 0, nullptr) == 0, "tmpfs");
  bpffs_ = "/mnt/bpf";
  Shell("sysctl -qw net.ipv6.conf.default.disable_ipv6=1 net.ipv6.conf.all.disable_ipv6=1");
  Shell("ip link set lo up");
  config_.instance = "test";
  config_.bpffs = bpffs_;
  const Result<void> opened = Reopen();
  if (!opened) throw std::runtime_error(opened.error().message);
}

Lab::~Lab() {
  datapath_.reset();
  MoveTo(old_net_, CLONE_NEWNET);
  MoveTo(old_mount_, CLONE_NEWNS);
}

Result<void> Lab::Reopen() {
  Result<std::unique_ptr<BpfDatapath>> opened = BpfDatapath::Open(config_);
  if (!opened) return tl::unexpected(opened.error());
  datapath_ = std::move(*opened);
  return {};
}

DatapathPort Lab::MakePort(PortId id, const std::string& name, PortRole role, Hook hook,
                           const Prefix<Ipv4Address>& subnet) {
  Shell("ip link add " + name + " type veth peer name " + name + "-far");
  Shell("ethtool -K " + name + "-far tx off gro on >/dev/null && ethtool -K " + name + " tx off >/dev/null");
  Shell("ip link set " + name + " up && ip link set " + name + "-far up");
  Shell("ip addr add " + subnet.ToString() + " dev " + name);
  DatapathPort port;
  port.id = id;
  port.name = name;
  port.ifindex = ::if_nametoindex(name.c_str());
  port.role = role;
  port.hook = hook;
  port.xdp_target = true;
  port.ipv4.own_addresses = {subnet.address};
  port.ipv4.subnets = {subnet};
  std::array<std::uint8_t, 16> own{0x20, 0x01, 0x0d, 0xb8, 0xf0, static_cast<std::uint8_t>(id)};
  own[15] = subnet.address.bytes()[3];
  port.ipv6.own_addresses = {Ipv6Address(own)};
  port.ipv6.subnets = {{Ipv6Address(own), 64}};
  ifreq request{};
  std::strncpy(request.ifr_name, name.c_str(), IFNAMSIZ - 1);
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  Must(fd >= 0 && ::ioctl(fd, SIOCGIFHWADDR, &request) == 0, "address of " + name);
  ::close(fd);
  std::memcpy(port.mac.data(), request.ifr_hwaddr.sa_data, port.mac.size());
  ports_.insert_or_assign(id, port);
  return port;
}

void Lab::MakeBed(Hook hook) {
  Set(MakePort(kU, "u", PortRole::kUpstream, hook, {MakeIpv4(198, 51, 100, 2), 24}));
  Set(MakePort(kD1, "d1", PortRole::kDownstream, hook, {MakeIpv4(192, 0, 2, 1), 24}));
  Set(MakePort(kD2, "d2", PortRole::kDownstream, hook, {MakeIpv4(203, 0, 113, 1), 24}));
  Set(MakePort(kD3, "d3", PortRole::kDownstream, hook, {MakeIpv4(10, 30, 0, 1), 24}));
}

void Lab::Set(const DatapathPort& port) {
  ports_.insert_or_assign(port.id, port);
  const Result<PortAttachment> attachment = datapath_->SetPort(port);
  ASSERT_TRUE(attachment) << attachment.error().message;
  ASSERT_EQ(attachment->hook, port.hook) << attachment->reason;
}

template <class F>
void Lab::RouteOf(const typename F::Address& source, const typename F::Address& group,
                  const PortSet& downstreams, bool local) {
  bpfcast::Route route;
  route.from_upstream = downstreams;
  route.from_downstream = downstreams;
  route.from_downstream.Add(kU);
  route.not_upstream = downstreams;
  route.local = local;
  const Result<void> applied = datapath_->Apply(ForwardingUpdate<F>{{{source, group}, route}});
  ASSERT_TRUE(applied) << applied.error().message;
}
template void Lab::RouteOf<Igmp>(const Ipv4Address&, const Ipv4Address&, const PortSet&, bool);
template void Lab::RouteOf<Mld>(const Ipv6Address&, const Ipv6Address&, const PortSet&, bool);

std::uint64_t Lab::Counter(const std::string& name) {
  const Result<DatapathCounters> counters = datapath_->Counters();
  if (!counters) throw std::runtime_error(counters.error().message);
  if (name == "forwarded") return counters->forwarded;
  for (const DropCounter& drop : counters->drops) {
    if (drop.reason == name) return drop.packets;
  }
  throw std::runtime_error("no counter " + name);
}

std::uint64_t Lab::Verdicts() {
  const Result<DatapathCounters> counters = datapath_->Counters();
  if (!counters) throw std::runtime_error(counters.error().message);
  std::uint64_t sum = counters->forwarded;
  for (const DropCounter& drop : counters->drops) {
    sum += drop.packets;
    if (drop.reason == "nomem") break;
  }
  return sum;
}

PortCounters Lab::PortCounter(PortId id) {
  const Result<DatapathCounters> counters = datapath_->Counters();
  if (!counters) throw std::runtime_error(counters.error().message);
  for (const PortCounters& port : counters->ports) {
    if (port.id == id) return port;
  }
  throw std::runtime_error("no such port");
}

std::string Lab::Reasons(PortId id) {
  const PortCounters port = PortCounter(id);
  std::string text;
  for (const auto* reasons : {&port.not_forwarded, &port.copies_dropped}) {
    for (const DropCounter& each : *reasons) {
      if (each.packets == 0) continue;
      text += (text.empty() ? "" : " ") + std::string(each.reason) + " " + std::to_string(each.packets);
    }
  }
  return text;
}

}  // namespace bpfcast::bpftest
