// One receiver of the demo: a host that joins and leaves, and the account of what it got against what it
// asked for.
#pragma once

#include <optional>
#include <string>

#include "support/capture.h"
#include "support/stream.h"

namespace bpfcast::demo {

struct Wish {
  std::string name;  // "tv1"
  test::Host host;
  std::string port;  // the router's, "lan1"
  Ipv4Address group;
  std::optional<Ipv4Address> only_source;  // SSM
  int igmp_version;                        // 2 or 3
  test::Clock::duration join_at;
  test::Clock::duration leave_at;
};

/// What the table shows, and what the verdict is made of.
struct Account {
  std::uint64_t sent = 0;  // by the source, between the first packet that arrived here and the leave
  std::uint64_t received = 0;
  std::uint64_t lost = 0;
  std::uint64_t duplicated = 0;
  std::uint64_t unasked =
      0;  // on the wire to this host: other group or source, before the join, or long after the leave
  std::optional<double> join_ms;   // join to first packet
  std::optional<double> leave_ms;  // leave to last packet on the wire
};

class Viewer {
 public:
  enum class State { kWaiting, kJoining, kWatching, kLeaving, kGone };

  /// `sender` plays what the viewer wishes to see.
  Viewer(Wish wish, const test::Sender& sender);

  const Wish& wish() const { return wish_; }
  State state() const;
  /// Joins or leaves when its time has come. Gives what happened, or an empty string.
  std::string Step(test::Clock::duration now);
  Account Now() const;
  /// It joined, left, lost nothing, got nothing twice and nothing that it did not ask for.
  bool GotExactlyWhatItAskedFor() const;

 private:
  std::uint64_t Unasked() const;
  std::uint64_t FirstNumberAfter(test::Instant time) const;

  Wish wish_;
  const test::Sender& sender_;
  test::Capture wire_;
  test::Receiver receiver_;
  std::optional<test::Instant> joined_;
  std::optional<test::Instant> left_;
};

const char* ToText(Viewer::State state);

}  // namespace bpfcast::demo
