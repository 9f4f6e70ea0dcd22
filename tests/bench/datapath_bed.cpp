#include "bench/datapath_bed.h"

#include <algorithm>
#include <fstream>
#include <numeric>
#include <stdexcept>

#include "support/process.h"
#include "support/wiring.h"

namespace bpfcast::test {
namespace {

constexpr auto kWarmUp = 50ms;
constexpr auto kStill = 20ms;
constexpr std::size_t kProbe = 60;

/// What every candidate is given: NAPI where packets arrive, at the far ends too.
void Prepare(const Star& star) {
  MustRun({"ethtool", "-K", "wan0", "gro", "on"}, &star.router());
  for (int n = 1; n <= star.lans(); ++n) {
    // Without an offload of its own the stack's packets go through the ring of the far end, too.
    MustRun({"ethtool", "-K", Star::LanName(n), "tx", "off"}, &star.router());
    MustRun({"ethtool", "-K", star.host(n).interface, "gro", "on"}, &star.host(n).ns);
  }
}

std::vector<std::string> FarEnds(const Star& star) {
  std::vector<std::string> names;
  for (int n = 1; n <= star.lans(); ++n) names.push_back(star.host(n).interface);
  return names;
}

}  // namespace

DatapathBed::DatapathBed(const std::string& prefix, const Candidate& candidate, int ports,
                         Generator& generator, const CpuPlan& cpus)
    : name_(candidate.name), generator_(generator), cpus_(cpus), star_(prefix, ports) {
  Prepare(star_);
  threads_ = ReceiveOn(cpus.forwarding, star_.router(), {"wan0"}, Urgency::kArrival);
  // Or the rings of the far ends, which have room for four polls of the arrival port, overflow.
  const std::vector<pid_t> sinking =
      ReceiveOn(cpus.forwarding, star_.host(1).ns, FarEnds(star_), Urgency::kSink);
  threads_.insert(threads_.end(), sinking.begin(), sinking.end());
  sinks_ = std::make_unique<Sinks>(star_, candidate.sinks);
  forwarder_ = candidate.start(star_);
  WaitUntilItForwards();
}

void DatapathBed::WaitUntilItForwards() {
  Traffic traffic(generator_, star_.up(), kProbe, cpus_.traffic);
  const bool forwards = Eventually([&] { return std::ranges::count(sinks_->Arrivals(), 0U) == 0; });
  traffic.Stop();
  if (!forwards) throw std::runtime_error(name_ + " does not forward\n" + forwarder_->Complaints());
}

DatapathBed::Arrived DatapathBed::Upstream() const {
  Arrived arrived;
  star_.router().Run([&] {
    std::ifstream file("/proc/thread-self/net/dev");
    for (std::string line; std::getline(file, line);) {
      const std::vector<std::string> words = Words(line);  // wan0: octets packets errors drops ...
      if (words.size() > 4 && words[0] == "wan0:") arrived = {std::stoull(words[2]), std::stoull(words[4])};
    }
  });
  return arrived;
}

std::uint64_t DatapathBed::AllArrivals() const {
  const std::vector<std::uint64_t> arrivals = sinks_->Arrivals();
  return std::accumulate(arrivals.begin(), arrivals.end(), std::uint64_t{0});
}

void DatapathBed::WaitForSilence() const {
  std::uint64_t before = AllArrivals();
  const bool silent = Eventually([&] {
    std::this_thread::sleep_for(kStill);
    return std::exchange(before, AllArrivals()) == before;
  });
  if (!silent) throw std::runtime_error(name_ + " goes on sending without traffic");
}

Sample DatapathBed::Measure(std::size_t frame, Clock::duration window) {
  WaitForSilence();
  const Arrived before = Upstream();
  const std::vector<std::uint64_t> ports_before = sinks_->Arrivals();

  Traffic traffic(generator_, star_.up(), frame, cpus_.traffic);
  std::this_thread::sleep_for(kWarmUp);
  const Instant begin = Clock::now();
  const Clock::duration run_before = RunTime(threads_);
  const std::uint64_t copies_before = AllArrivals();
  std::this_thread::sleep_for(window);
  const Instant end = Clock::now();
  const Clock::duration run = RunTime(threads_) - run_before;
  const auto copies = static_cast<double>(AllArrivals() - copies_before);
  traffic.Stop();

  WaitForSilence();
  const Arrived after = Upstream();
  const std::uint64_t received = after.received - before.received;
  const std::uint64_t dropped = after.dropped - before.dropped;
  std::vector<std::uint64_t> ports = sinks_->Arrivals();
  for (std::size_t n = 0; n < ports.size(); ++n) {
    ports[n] -= ports_before[n];
    if (ports[n] > received) {
      throw std::runtime_error(name_ + ": " + std::to_string(ports[n]) + " packets at " +
                               Star::LanName(static_cast<int>(n) + 1) + " of " + std::to_string(received));
    }
  }
  const auto all = static_cast<double>(std::accumulate(ports.begin(), ports.end(), std::uint64_t{0}));
  return {.copies_per_s = copies / Seconds(end - begin),
          .ns_per_copy = 1e9 * Seconds(run) / copies,
          .busy = Seconds(run) / Seconds(end - begin),
          .overload = static_cast<double>(received + dropped) / static_cast<double>(received),
          .delivered = all / (static_cast<double>(received) * static_cast<double>(ports.size()))};
}

}  // namespace bpfcast::test
