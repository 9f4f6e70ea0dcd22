// What is measured: the ways to make one packet many.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/sinks.h"
#include "support/star.h"

namespace bpfcast::test {

struct MemoryUse {
  std::optional<std::size_t> resident_kb;  // of its daemon
  std::optional<std::size_t> maps_kb;      // of its BPF maps
};

/// Forwards kBenchGroup from wan0 to every lan of a star, as long as it lives.
class Forwarder {
 public:
  virtual ~Forwarder() = default;
  virtual MemoryUse Memory() const = 0;
  /// What it has to say when it does not forward.
  virtual std::string Complaints() const { return {}; }
};

struct Candidate {
  std::string name;
  Sinks::Kind sinks;
  int most_ports;     // outgoing
  std::string limit;  // why not more
  /// The star's far ends are ready. Throws when it cannot serve as the candidate's name says.
  std::function<std::unique_ptr<Forwarder>(const Star&)> start;
};

std::vector<Candidate> DatapathCandidates();

}  // namespace bpfcast::test
