#include "viewer.h"

#include <algorithm>

namespace bpfcast::demo {

using namespace test;

namespace {

// Packets this young may still be on their way through the router and the receiver's socket.
constexpr auto kUnderWay = 50ms;
// Last member query time (2 s, RFC 9776 8.9), and room for a busy machine.
constexpr auto kLongestLeave = 2s + 1s;
// The stream has stopped when the wire was silent for so long.
constexpr auto kSilence = 300ms;

}  // namespace

const char* ToText(Viewer::State state) {
  switch (state) {
    case Viewer::State::kWaiting:
      return "not yet";
    case Viewer::State::kJoining:
      return "joining";
    case Viewer::State::kWatching:
      return "watching";
    case Viewer::State::kLeaving:
      return "leaving";
    case Viewer::State::kGone:
      return "left";
  }
  return "";
}

Viewer::Viewer(Wish wish, const Sender& sender)
    : wish_(std::move(wish)),
      sender_(sender),
      wire_(wish_.host.ns, wish_.host.interface, Capture::What::kUdp),
      receiver_(wish_.host, wish_.group) {
  if (wish_.igmp_version != 3) ForceIgmpVersion(wish_.host, wish_.igmp_version);
}

Viewer::State Viewer::state() const {
  if (!joined_) return State::kWaiting;
  if (left_) return Now().leave_ms ? State::kGone : State::kLeaving;
  return receiver_.Total() > 0 ? State::kWatching : State::kJoining;
}

std::string Viewer::Step(Clock::duration now) {
  if (!joined_ && now >= wish_.join_at) {
    joined_ = Clock::now();
    if (wish_.only_source) {
      receiver_.socket().JoinSource(wish_.group, *wish_.only_source);
    } else {
      receiver_.Join();
    }
    return wish_.name + " joins " + wish_.group.ToString();
  }
  if (joined_ && !left_ && now >= wish_.leave_at) {
    left_ = Clock::now();
    if (wish_.only_source) {
      receiver_.socket().LeaveSource(wish_.group, *wish_.only_source);
    } else {
      receiver_.Leave();
    }
    return wish_.name + " leaves " + wish_.group.ToString();
  }
  return "";
}

std::uint64_t Viewer::FirstNumberAfter(Instant time) const {
  std::uint64_t low = 0;
  for (std::uint64_t high = sender_.sent(); low < high;) {
    const std::uint64_t middle = (low + high) / 2;
    if (sender_.SentAt(middle) < time) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

Account Viewer::Now() const {
  Account account;
  const StreamCount got = receiver_.Of(sender_.source());
  account.duplicated = got.duplicated;
  account.unasked = Unasked();
  if (!joined_ || got.received == 0) return account;
  account.join_ms = Millis(got.first_arrival - *joined_);
  const std::uint64_t end = std::max(FirstNumberAfter(left_.value_or(Clock::now()) - kUnderWay), got.first);
  account.sent = end - got.first;
  for (std::uint64_t n = got.first; n < end; ++n) account.received += got.Has(n) ? 1 : 0;
  account.lost = account.sent - account.received;
  if (left_) {
    const std::optional<Instant> last = wire_.LastTime();
    if (last && Clock::now() - *last > kSilence) account.leave_ms = std::max(0.0, Millis(*last - *left_));
  }
  return account;
}

std::uint64_t Viewer::Unasked() const {
  return wire_.Count([&](const Packet& packet) {
    if (!Arrived(packet) || !packet.udp) return false;
    const bool wanted = packet.to == wish_.group && (!wish_.only_source || packet.from == *wish_.only_source);
    const bool in_time =
        joined_ && packet.time >= *joined_ && (!left_ || packet.time <= *left_ + kLongestLeave);
    return !wanted || !in_time;
  });
}

bool Viewer::GotExactlyWhatItAskedFor() const {
  const Account account = Now();
  return state() == State::kGone && account.received > 0 && account.lost == 0 && account.duplicated == 0 &&
         account.unasked == 0 && wire_.Missed() == 0 && receiver_.SocketDrops() == 0;
}

}  // namespace bpfcast::demo
