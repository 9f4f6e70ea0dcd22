#include "support/live_stream.h"

#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace bpfcast::test {
namespace {

constexpr auto kTick = 1ms;
constexpr auto kCatchUpTick = 250us;
/// What is older than this is not made up for: a machine that is too slow must not be loaded for ever.
constexpr double kMostDebt = 0.2;  // seconds

Ipv4Address ToIpv4(const AnyAddress& address) {
  const auto bytes = address.bytes();
  if (bytes.size() != 4) throw std::runtime_error("live streams are of IPv4");
  return MakeIpv4(bytes[0], bytes[1], bytes[2], bytes[3]);
}

void StayOnThisCpu() {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET(static_cast<std::size_t>(sched_getcpu()), &cpus);
  if (sched_setaffinity(0, sizeof cpus, &cpus) != 0)
    throw std::runtime_error(std::string("sched_setaffinity: ") + std::strerror(errno));
}

}  // namespace

LiveStream::LiveStream(const Host& sender, const StreamOptions& options) {
  const std::size_t headers = sizeof(ether_header) + sizeof(iphdr) + sizeof(udphdr);
  generator_.Prepare(sender, {.group = ToIpv4(options.group),
                              .source = ToIpv4(options.source),
                              .size = headers + std::max(options.payload, sizeof(StreamHeader)),
                              .ttl = static_cast<std::uint8_t>(options.ttl),
                              .payload = LiveFrames::Payload::kStream});
  begin_ = Clock::now();
  thread_ = std::thread([this, &ns = sender.ns, rate = options.rate] {
    try {
      ns.Run([&] { Pace(rate); });
    } catch (...) {
      failure_ = std::current_exception();
    }
  });
}

LiveStream::~LiveStream() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void LiveStream::Stop() {
  stop_ = true;
  if (thread_.joinable()) {
    thread_.join();
    end_ = Clock::now();
  }
  if (failure_) std::rethrow_exception(failure_);
}

double LiveStream::Rate() const {
  const Instant end = thread_.joinable() ? Clock::now() : end_;
  return static_cast<double>(sent_) / Seconds(end - begin_);
}

void LiveStream::Pace(unsigned rate) {
  StayOnThisCpu();
  setpriority(PRIO_PROCESS, 0, -15);  // this thread alone: a busy machine must not slow the source down
  double due = 0;
  Instant last = Clock::now();
  while (!stop_) {
    const Instant now = Clock::now();
    due = std::min(due + Seconds(now - std::exchange(last, now)) * rate, kMostDebt * rate);
    const auto count = std::min(static_cast<std::uint32_t>(due), Generator::kBatch);
    if (count > 0) generator_.Send(count);
    sent_ += count;
    due -= count;
    if (due >= 1) {
      std::this_thread::sleep_for(kCatchUpTick);
    } else {
      std::this_thread::sleep_until(now + kTick);
    }
  }
}

}  // namespace bpfcast::test
