// The floor: an XDP router that copies and writes the source MAC address, nothing else.
#pragma once

#include "bench/datapath_candidates.h"
#include "datapath/bpf_fd.h"

struct bare_mac;

namespace bpfcast::test {

class BareMac : public Forwarder {
 public:
  explicit BareMac(const Star& star);
  MemoryUse Memory() const override;

 private:
  std::unique_ptr<bare_mac, void (*)(bare_mac*)> object_;
  BpfFd link_;
};

}  // namespace bpfcast::test
