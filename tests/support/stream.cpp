#include "support/stream.h"

#include <linux/sock_diag.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "support/socket_address.h"

namespace bpfcast::test {
namespace {

constexpr std::size_t kBatch = 64;
constexpr auto kTick = 1ms;
constexpr auto kCatchUpTick = 250us;

void Check(int result, const std::string& what) {
  if (result < 0) throw std::runtime_error(what + ": " + std::strerror(errno));
}

template <class T>
void SetOption(int fd, int level, int option, const T& value, const char* what) {
  Check(setsockopt(fd, level, option, &value, sizeof value), what);
}

std::int64_t ToNs(Instant time) {
  return std::chrono::duration_cast<Nanos>(time.time_since_epoch()).count();
}

}  // namespace

std::optional<StreamHeader> ReadStreamHeader(std::span<const std::uint8_t> payload) {
  StreamHeader header;
  if (payload.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, payload.data(), sizeof header);
  if (header.magic != kStreamMagic) return std::nullopt;
  return header;
}

Sender::Sender(const Host& host, const StreamOptions& options, Start start)
    : options_(options), socket_(host.ns.Socket(ToDomain(options.group.version()), SOCK_DGRAM, 0)) {
  const int fd = socket_.get();
  const int ifindex = host.ns.IfIndex(host.interface);
  if (options_.group.version() == IpVersion::k4) {
    ip_mreqn out{};
    out.imr_ifindex = ifindex;
    SetOption(fd, IPPROTO_IP, IP_MULTICAST_IF, out, "IP_MULTICAST_IF");
    SetOption(fd, IPPROTO_IP, IP_MULTICAST_TTL, options_.ttl, "IP_MULTICAST_TTL");
    SetOption(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 0, "IP_MULTICAST_LOOP");
  } else {
    SetOption(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, ifindex, "IPV6_MULTICAST_IF");
    SetOption(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, options_.ttl, "IPV6_MULTICAST_HOPS");
    SetOption(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0, "IPV6_MULTICAST_LOOP");
  }
  const SocketAddress from = ToSocketAddress(options_.source, 0, ifindex);
  Check(bind(fd, from.get(), from.length), "bind to " + options_.source.ToString());
  const SocketAddress to = ToSocketAddress(options_.group, kStreamPort, ifindex);
  Check(connect(fd, to.get(), to.length), "send to " + options_.group.ToString());
  options_.payload = std::max(options_.payload, sizeof(StreamHeader));
  if (start == Start::kLater) return;
  thread_ = std::thread([this] {
    setpriority(PRIO_PROCESS, 0, -15);  // this thread alone: a busy machine must not slow the source down
    Pace(UINT64_MAX);
  });
}

void Sender::Send(std::uint64_t count) {
  Pace(sent_ + count);
}

void Sender::Stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

Instant Sender::SentAt(std::uint64_t n) const {
  const std::lock_guard lock(mutex_);
  return sent_at_.at(n);
}

void Sender::Pace(std::uint64_t limit) {
  const Instant start = Clock::now();
  const std::uint64_t before = sent_;
  // After a pause of the machine it catches up in small bursts: large ones would fill the 256 frames of a
  // veth's ring.
  const std::uint64_t most = std::max<std::uint64_t>(2, 2 * options_.rate / 1000);
  Instant tick = start;
  while (!stop_ && sent_ < limit) {
    const auto due = before + static_cast<std::uint64_t>(Seconds(Clock::now() - start) * options_.rate) + 1;
    if (due > sent_) Burst(std::min({due - sent_, limit - sent_, most}));
    tick = std::max(tick + kTick, Clock::now() + kCatchUpTick);
    std::this_thread::sleep_until(due > sent_ ? Clock::now() + kCatchUpTick : tick);
  }
}

void Sender::Burst(std::uint64_t count) {
  count = std::min<std::uint64_t>(count, kBatch);
  const Instant now = Clock::now();
  std::array<mmsghdr, kBatch> messages{};
  std::array<iovec, kBatch> data{};
  std::vector<std::uint8_t> payload(count * options_.payload);
  for (std::uint64_t i = 0; i < count; ++i) {
    const StreamHeader header{kStreamMagic, sent_ + i, ToNs(now)};
    std::uint8_t* const at = payload.data() + i * options_.payload;
    std::memcpy(at, &header, sizeof header);
    data[i] = {at, options_.payload};
    messages[i].msg_hdr.msg_iov = &data[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  {
    const std::lock_guard lock(mutex_);
    sent_at_.insert(sent_at_.end(), count, now);
  }
  for (std::uint64_t done = 0; done < count;) {
    const int n = sendmmsg(socket_.get(), messages.data() + done, static_cast<unsigned>(count - done), 0);
    if (n < 0) {
      if (stop_) return;
      std::this_thread::sleep_for(
          100us);  // the interface is down or the buffer full: the number is not lost, it waits
      continue;
    }
    done += static_cast<std::uint64_t>(n);
    sent_ += static_cast<std::uint64_t>(n);
  }
}

Receiver::Receiver(const Host& host, const AnyAddress& group, std::uint16_t port)
    : group_(group), socket_(host, group.version()) {
  const int fd = socket_.fd();
  SetOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20, "SO_RCVBUFFORCE");
  SetOption(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1, "SO_TIMESTAMPNS");
  if (group.version() == IpVersion::k4) {
    SetOption(fd, IPPROTO_IP, IP_RECVTTL, 1, "IP_RECVTTL");
  } else {
    SetOption(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1, "IPV6_RECVHOPLIMIT");
  }
  socket_.Bind(group, port);
  thread_ = std::thread([this] { Loop(); });
}

Receiver::~Receiver() {
  stop_ = true;
  thread_.join();
}

void Receiver::Loop() {
  constexpr std::size_t kData = 128;
  constexpr std::size_t kMessages = 4 * kBatch;
  struct Slot {
    std::array<std::uint8_t, kData> data;
    alignas(cmsghdr) std::array<char, 128> control;
    sockaddr_storage from;
    iovec iov;
  };
  std::vector<Slot> slots(kMessages);
  std::vector<mmsghdr> messages(kMessages);
  setpriority(PRIO_PROCESS, 0, -10);  // this thread alone: what nobody reads in time the kernel drops
  while (!stop_) {
    pollfd wait{socket_.fd(), POLLIN, 0};
    if (poll(&wait, 1, 20) <= 0) continue;
    for (std::size_t i = 0; i < kMessages; ++i) {
      Slot& slot = slots[i];
      slot.iov = {slot.data.data(), kData};
      messages[i] = {};
      messages[i].msg_hdr = {&slot.from,          sizeof slot.from,    &slot.iov, 1,
                             slot.control.data(), slot.control.size(), 0};
    }
    const int n = recvmmsg(socket_.fd(), messages.data(), kMessages, MSG_DONTWAIT, nullptr);
    const Instant epoch = FromWallClock({});
    std::unique_lock lock(mutex_);
    for (int i = 0; i < n; ++i) {
      Slot& slot = slots[static_cast<std::size_t>(i)];
      mmsghdr& message = messages[static_cast<std::size_t>(i)];
      int ttl = -1;
      Instant arrival = Clock::now();
      for (cmsghdr* c = CMSG_FIRSTHDR(&message.msg_hdr); c != nullptr; c = CMSG_NXTHDR(&message.msg_hdr, c)) {
        if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) ||
            (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT))
          std::memcpy(&ttl, CMSG_DATA(c), sizeof ttl);
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
          timespec stamp;
          std::memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
          arrival = epoch + std::chrono::seconds(stamp.tv_sec) + Nanos(stamp.tv_nsec);
        }
      }
      const auto header =
          ReadStreamHeader(std::span(slot.data).first(std::min<std::size_t>(message.msg_len, kData)));
      if (header) Account(FromSocketAddress(slot.from), *header, ttl, arrival);
    }
    lock.unlock();
    // The kernel stamps what arrives, so the rest may wait; a wakeup for each would cost the sender more than
    // the packet does.
    if (n < static_cast<int>(kMessages)) std::this_thread::sleep_for(kTick);
  }
}

void Receiver::Account(const AnyAddress& source, const StreamHeader& header, int ttl, Instant now) {
  StreamCount& count = counts_[source];
  if (header.number >= count.seen.size()) count.seen.resize(header.number + 1);
  if (count.seen[header.number]) {
    ++count.duplicated;
    return;
  }
  count.seen[header.number] = true;
  if (count.received == 0) {
    count.first = count.last = header.number;
    count.first_arrival = now;
  } else if (header.number < count.last) {
    ++count.reordered;
    count.first = std::min(count.first, header.number);
  }
  if (header.number >= count.last) {
    count.last = header.number;
    count.last_sent = Instant(Nanos(header.sent_ns));
  }
  ++count.received;
  count.last_arrival = now;
  count.ttl_min = std::min(count.ttl_min, ttl);
  count.ttl_max = std::max(count.ttl_max, ttl);
}

StreamCount Receiver::Of(const AnyAddress& source) const {
  const std::lock_guard lock(mutex_);
  const auto it = counts_.find(source);
  return it == counts_.end() ? StreamCount{} : it->second;
}

std::uint64_t Receiver::Total() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t total = 0;
  for (const auto& [source, count] : counts_) total += count.received + count.duplicated;
  return total;
}

std::uint64_t Receiver::SocketDrops() const {
  std::array<std::uint32_t, SK_MEMINFO_VARS> info{};
  socklen_t size = sizeof info;
  Check(getsockopt(socket_.fd(), SOL_SOCKET, SO_MEMINFO, info.data(), &size), "SO_MEMINFO");
  return info[SK_MEMINFO_DROPS];
}

bool Receiver::WaitForFirst(const AnyAddress& source, Clock::duration limit) const {
  return Eventually([&] { return Of(source).received > 0; }, limit);
}

bool Receiver::WaitForTotal(std::uint64_t total, Clock::duration limit) const {
  return Eventually([&] { return Total() >= total; }, limit);
}

}  // namespace bpfcast::test
