// ProgramTap: gives what the programs that forward see and decide, by programs of its own at their begin and
// end. These end with it, however it ends.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "capture/attach_failures.h"
#include "capture/forwarding_programs.h"
#include "capture/frame_filter.h"
#include "capture/frame_queue.h"

struct bpfcast_capture;
struct perf_buffer;
struct perf_event_header;

namespace bpfcast {

class ProgramTap {
 public:
  enum class Watch : std::uint8_t { kIn = BPFCAST_WATCH_IN, kOut = BPFCAST_WATCH_OUT, kBoth = 3 };

  /// Attaches to nothing yet. Needs CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN.
  static Result<std::unique_ptr<ProgramTap>> Open(const FrameFilter& filter);
  ~ProgramTap();

  /// Attaches to programs that came, and leaves those that went. Fails without the rights of root.
  Result<void> Refresh();
  /// Why there are programs and none of them can be looked into; empty when there is no such reason.
  const std::string& refused() const { return failures_.refused(); }
  /// The same, and programs that cannot be looked into just now: Refresh() tries again.
  const AttachFailures& failures() const { return failures_; }
  /// Does one of the programs forward what arrives on the interface?
  bool Serves(std::uint32_t ifindex) const;
  /// `port`: how its frames name it.
  Result<void> Add(std::uint32_t ifindex, Watch watch, std::size_t port, LinkKind link);
  /// No more frames of it; those that are in the buffers still come.
  void Remove(std::uint32_t ifindex);
  /// Readable when a buffer is a quarter full; what is in them comes with Drain() at any time.
  int fd() const;
  void Drain(FrameQueue& queue);

  struct Counts {
    std::uint64_t left_out = 0;  // by the filter
    std::uint64_t lost = 0;      // Drain() came too late
  };
  Counts counts() const;

 private:
  struct Destroy {
    void operator()(bpfcast_capture* object) const;
    void operator()(perf_buffer* buffer) const;
  };
  using Object = std::unique_ptr<bpfcast_capture, Destroy>;
  struct Port {
    std::size_t number = 0;
    LinkKind link = LinkKind::kEthernet;
  };
  struct Target {
    ForwardingProgram program;
    Object object;
  };

  ProgramTap() = default;
  static int Receive(void* tap, int cpu, perf_event_header* event);
  Result<Object> OpenObject() const;
  tl::expected<Object, int> Attach(const ForwardingProgram& program) const;
  void Take(int cpu, const std::uint8_t* record, std::size_t size);
  void TakeFrame(int cpu, const bpfcast_captured& head, const std::uint8_t* octets, std::size_t size);

  FrameFilter filter_;
  std::uint64_t netns_cookie_ = 0;
  Object maps_;  // without programs
  std::unique_ptr<perf_buffer, Destroy> buffer_;
  std::map<std::uint32_t, Target> targets_;  // by program id
  std::map<std::uint32_t, Port> ports_;      // by ifindex
  AttachFailures failures_;
  FrameQueue* queue_ = nullptr;  // while Drain() runs
  std::int64_t to_wall_clock_ = 0;
};

}  // namespace bpfcast
