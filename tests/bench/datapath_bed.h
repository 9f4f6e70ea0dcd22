// One candidate on a star of its own, with sinks at every far end.
#pragma once

#include "bench/cpus.h"
#include "bench/datapath_candidates.h"
#include "bench/datapath_report.h"
#include "bench/traffic.h"

namespace bpfcast::test {

class DatapathBed {
 public:
  /// Throws when the candidate does not forward to every port.
  DatapathBed(const std::string& prefix, const Candidate& candidate, int ports, Generator& generator,
              const CpuPlan& cpus);

  MemoryUse Memory() const { return forwarder_->Memory(); }
  /// Overloads it with frames of this size for this time. Throws when a packet arrived twice.
  Sample Measure(std::size_t frame, Clock::duration window);

 private:
  void WaitUntilItForwards();
  /// What the arrival port says: frames that the router took in, and those that it had no room for.
  struct Arrived {
    std::uint64_t received = 0;
    std::uint64_t dropped = 0;
  };
  Arrived Upstream() const;
  std::uint64_t AllArrivals() const;
  /// Nothing is on its way any more.
  void WaitForSilence() const;

  std::string name_;
  Generator& generator_;
  CpuPlan cpus_;
  Star star_;
  std::vector<pid_t> threads_;  // those that forward, and the sinks'
  std::unique_ptr<Sinks> sinks_;
  std::unique_ptr<Forwarder> forwarder_;
};

}  // namespace bpfcast::test
