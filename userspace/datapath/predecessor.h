// Predecessor: what an earlier agent of the instance left pinned, and whether it still forwards by that.
//
// The map `control` makes maps a set: it is pinned when the others are complete. An agent whose version of
// the maps is another one gives it another name, `control_before`, for as long as its own set is not
// complete. So after a crash at any moment `control` says which set decides, and else `control_before`.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "base/time.h"
#include "datapath/bpf_pins.h"
#include "routing/datapath.h"

namespace bpfcast {

inline constexpr const char* kControlMap = "control";
inline constexpr const char* kControlBefore = "control_before";

class Predecessor {
 public:
  /// Of agents of this network namespace, by its cookie, whose lease has not ended. Only maps of our version
  /// can be read. Changes nothing; fails when a pin is there and cannot be opened.
  static Result<Predecessor> Find(const BpfPins& pins, std::uint64_t netns);

  Estate estate() const { return estate_; }
  /// Keeps an opaque predecessor's programs forwarding until then at least, on the clock of the programs.
  void ProlongLease(Time end);

 private:
  Estate estate_ = Estate::kNone;
  BpfFd control_;  // of an opaque one
};

}  // namespace bpfcast
