// What is on the wire at one interface: a packet socket on a thread of its own. And frames put on the wire as
// they are.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/packet.h"

namespace bpfcast::test {

class Capture {
 public:
  enum class What { kIgmp, kMld, kUdp };  // streams: of both families
  using Predicate = std::function<bool(const Packet&)>;

  /// Captures both directions from now on until it is destroyed.
  Capture(const NetNs& ns, const std::string& interface, What what);
  ~Capture();

  /// What was captured so far and matches; `since` leaves out older ones.
  std::vector<Packet> Packets(const Predicate& match = nullptr, Instant since = Instant::min()) const;
  std::size_t Count(const Predicate& match = nullptr, Instant since = Instant::min()) const;
  /// Waits until something matches; nothing when `limit` is over.
  std::optional<Packet> WaitFor(const Predicate& match, Clock::duration limit = 5s,
                                Instant since = Instant::min()) const;
  /// When the last frame arrived at the interface.
  std::optional<Instant> LastTime() const;
  /// Frames that the kernel could not store for us. A count of nothing proves nothing unless this is 0.
  unsigned Missed() const;

 private:
  void Loop();

  UniqueFd socket_;
  mutable std::mutex mutex_;
  std::vector<Packet> packets_;
  mutable std::atomic<unsigned> missed_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

/// True for what arrived at the captured interface, i.e. what the other end of the link sent.
inline bool Arrived(const Packet& packet) {
  return packet.direction == Packet::Direction::kIn;
}
inline bool Departed(const Packet& packet) {
  return packet.direction == Packet::Direction::kOut;
}

/// Puts frames on the wire as they are.
class Injector {
 public:
  Injector(const NetNs& ns, const std::string& interface);
  void Send(const Bytes& frame) const;
  /// All of them, as fast as the kernel takes them.
  void Send(const std::vector<Bytes>& frames) const;

 private:
  UniqueFd socket_;
};

}  // namespace bpfcast::test
