// RefusedFrames: counts what drivers do not take of the frames that native XDP hands to ports.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "datapath/bpf_link.h"
#include "datapath/bpf_object.h"

struct bpfcast_refused;

namespace bpfcast {

/// Owns the program on the kernel's trace point; its link is pinned like those of the ports. Without it such
/// frames count as sent.
class RefusedFrames {
 public:
  /// For ports of the network namespace of the calling thread. Fails without CAP_PERFMON or a kernel with
  /// BTF; nothing is left behind then.
  static Result<RefusedFrames> Attach(const BpfObject& object, const BpfPins& pins);
  RefusedFrames();
  RefusedFrames(RefusedFrames&&) noexcept;
  RefusedFrames& operator=(RefusedFrames&&) noexcept;
  ~RefusedFrames();

  /// The name of its pin; empty without one.
  const std::string& pin() const { return link_.pin(); }
  /// Leaves the program where it is.
  void Release() { link_.Release(); }
  explicit operator bool() const { return static_cast<bool>(link_); }

 private:
  struct Destroy {
    void operator()(bpfcast_refused* object) const;
  };

  std::unique_ptr<bpfcast_refused, Destroy> object_;
  BpfLink link_;
};

}  // namespace bpfcast
