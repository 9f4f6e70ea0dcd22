#include "capture/port_capture.h"

#include <net/if.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <thread>
#include <utility>

#include "datapath/bpf_link.h"
#include "datapath/port_facts.h"

namespace bpfcast {
namespace {

using std::chrono::nanoseconds;

constexpr auto kFollowAgain = std::chrono::milliseconds(200);
/// Records of two CPUs that were made within this time may come in either order.
constexpr nanoseconds kUnsettled = std::chrono::milliseconds(5);
/// To look into programs that come or go at this moment.
constexpr int kAttempts = 3;

nanoseconds WallClock() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return std::chrono::seconds(now.tv_sec) + nanoseconds(now.tv_nsec);
}

}  // namespace

Result<PortCapture> PortCapture::Start(const std::vector<std::string>& names,
                                       SocketTap::Directions directions, const FrameFilter& filter) {
  PortCapture capture;
  capture.directions_ = directions;
  capture.filter_ = filter;
  Result<std::unique_ptr<ProgramTap>> programs = ProgramTap::Open(filter);
  if (!programs) return tl::unexpected(programs.error());
  capture.programs_ = std::move(*programs);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (Result<void> refreshed = capture.programs_->Refresh(); !refreshed) {
      return tl::unexpected(refreshed.error());
    }
    if (!capture.programs_->failures().any()) break;
  }
  for (const std::string& name : names) {
    const std::uint32_t ifindex = if_nametoindex(name.c_str());
    if (ifindex == 0)
      return Fail("there is no interface " + name + " here; `ip link` shows those that there are");
    if (capture.Captures(ifindex)) continue;
    const LinkKind link = ProbePort(name, ifindex).bare ? LinkKind::kBare : LinkKind::kEthernet;
    capture.ports_.push_back({name, link});
    capture.sockets_.emplace_back();
    if (Result<void> followed = capture.FollowPort(capture.ports_.size() - 1); !followed) {
      return tl::unexpected(followed.error());
    }
  }
  if (Result<void> visible = capture.CheckNothingIsHidden(); !visible) {
    return tl::unexpected(visible.error());
  }
  return capture;
}

/// XDP on any interface may send to a port.
Result<void> PortCapture::CheckNothingIsHidden() const {
  if (!programs_->failures().any()) return {};
  const std::unique_ptr<struct if_nameindex, void (*)(struct if_nameindex*)> all(if_nameindex(),
                                                                                 if_freenameindex);
  for (const struct if_nameindex* each = all.get(); each != nullptr && each->if_index != 0; ++each) {
    const std::string name = each->if_name;
    const bool captured = Captures(each->if_index);
    if ((captured || directions_.out) && BpfLink::HasXdp(each->if_index)) {
      const std::string what = "what XDP on " + name + (captured ? " takes or sends" : " sends") +
                               " cannot be captured: " + programs_->failures().Text();
      return Fail(programs_->refused().empty() ? what
                                               : what + "; set hook = \"tc\" for " + name +
                                                     ", run `bpfcast reload` and capture again");
    }
  }
  return {};
}

bool PortCapture::Captures(std::uint32_t ifindex) const {
  return std::any_of(ports_.begin(), ports_.end(), [&](const Port& port) { return port.ifindex == ifindex; });
}

Result<void> PortCapture::FollowPort(std::size_t place) {
  Port& port = ports_[place];
  const std::uint32_t ifindex = if_nametoindex(port.name.c_str());
  // An interface that was renamed to the name of another one, which went, is captured already.
  if (ifindex != port.ifindex && ifindex != 0 && !Captures(ifindex)) {
    Result<SocketTap> socket = SocketTap::Open(ifindex, port.name, port.link);
    if (!socket) return tl::unexpected(socket.error());
    if (port.ifindex != 0) programs_->Remove(port.ifindex);
    const auto watch = directions_.in && directions_.out ? ProgramTap::Watch::kBoth
                       : directions_.in                  ? ProgramTap::Watch::kIn
                                                         : ProgramTap::Watch::kOut;
    if (Result<void> added = programs_->Add(ifindex, watch, place, port.link); !added) return added;
    // Not before: until then the old socket stays, and is counted itself.
    if (port.ifindex != 0) {
      gone_.left_out += sockets_[place].left_out();
      gone_.lost += sockets_[place].lost();
    }
    sockets_[place] = std::move(*socket);
    port.ifindex = ifindex;
  }
  const bool served = programs_->Serves(port.ifindex);
  port.arrivals = served ? Port::Arrivals::kOfPrograms : Port::Arrivals::kOfSocket;
  return sockets_[place].Turn({directions_.in && !served, directions_.out});
}

void PortCapture::Follow() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_follow_) return;
  next_follow_ = now + kFollowAgain;
  trouble_.clear();
  if (Result<void> refreshed = programs_->Refresh(); !refreshed) trouble_ = refreshed.error().message;
  for (std::size_t place = 0; place < ports_.size(); ++place) {
    if (Result<void> followed = FollowPort(place); !followed) trouble_ = followed.error().message;
  }
  const AttachFailures& failures = programs_->failures();
  if (failures.Text(2).empty()) return;
  if (failures.refused().empty()) trouble_ = failures.Text();
  if (Result<void> visible = CheckNothingIsHidden(); !visible) trouble_ = visible.error().message;
}

void PortCapture::Drain() {
  programs_->Drain(queue_);
  for (std::size_t place = 0; place < sockets_.size(); ++place) {
    sockets_[place].Drain(filter_, place, queue_);
  }
}

std::vector<int> PortCapture::descriptors() const {
  std::vector<int> descriptors{programs_->fd()};
  for (const SocketTap& socket : sockets_) descriptors.push_back(socket.fd());
  return descriptors;
}

std::vector<CapturedFrame> PortCapture::Take() {
  Follow();
  const nanoseconds end = WallClock() - kUnsettled;
  Drain();
  return queue_.TakeBefore(end);
}

std::vector<CapturedFrame> PortCapture::Finish() {
  for (const Port& port : ports_) programs_->Remove(port.ifindex);
  for (SocketTap& socket : sockets_) static_cast<void>(socket.Turn({}));
  Drain();
  // What arrived before may still be decided.
  for (int attempt = 0; attempt < kAttempts && queue_.Waits(); ++attempt) {
    std::this_thread::sleep_for(kUnsettled);
    Drain();
  }
  return queue_.TakeAll();
}

PortCapture::Counts PortCapture::counts() {
  Counts counts = gone_;
  counts.unjudged = queue_.given_up();
  const ProgramTap::Counts programs = programs_->counts();
  counts.left_out += programs.left_out;
  counts.lost += programs.lost;
  for (SocketTap& socket : sockets_) {
    counts.left_out += socket.left_out();
    counts.lost += socket.lost();
  }
  return counts;
}

}  // namespace bpfcast
