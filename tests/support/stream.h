// A numbered UDP stream: a paced sender, and receivers that account for every number.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "support/clock.h"
#include "support/igmp_host.h"

namespace bpfcast::test {

inline constexpr std::uint16_t kStreamPort = 5000;

/// The payload begins with this, in host order: sender and receiver are one process.
struct StreamHeader {
  std::uint64_t magic;
  std::uint64_t number;  // from 0
  std::int64_t sent_ns;  // Clock
};
inline constexpr std::uint64_t kStreamMagic = 0x6266706361737401;

struct StreamOptions {
  AnyAddress group;
  AnyAddress source;  // an address of the host
  unsigned rate = 1000;
  int ttl = 16;  // Hop Limit
  std::size_t payload = 200;
};

class Sender {
 public:
  enum class Start { kNow, kLater };

  /// Sends until stopped (Start::kNow), or nothing until Send().
  Sender(const Host& host, const StreamOptions& options, Start start = Start::kNow);
  ~Sender() { Stop(); }

  /// Sends `count` more at the rate, then returns. Only without a running thread.
  void Send(std::uint64_t count);
  void Stop();
  std::uint64_t sent() const { return sent_; }
  const AnyAddress& source() const { return options_.source; }
  /// When number `n` was sent.
  Instant SentAt(std::uint64_t n) const;

 private:
  void Pace(std::uint64_t limit);
  void Burst(std::uint64_t count);

  StreamOptions options_;
  UniqueFd socket_;
  std::atomic<std::uint64_t> sent_{0};
  mutable std::mutex mutex_;
  std::vector<Instant> sent_at_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

/// What arrived from one source.
struct StreamCount {
  std::uint64_t received = 0;  // distinct numbers
  std::uint64_t duplicated = 0;
  std::uint64_t reordered = 0;  // arrived after a higher number
  std::uint64_t first = 0;
  std::uint64_t last = 0;  // highest
  int ttl_min = 256;
  int ttl_max = -1;
  Instant first_arrival;
  Instant last_arrival;
  Instant last_sent;  // when `last` was sent
  std::vector<bool> seen;

  /// Numbers missing between the first and the last that arrived.
  std::uint64_t Lost() const { return received == 0 ? 0 : last - first + 1 - received; }
  bool Has(std::uint64_t number) const { return number < seen.size() && seen[number]; }
};

/// A member's socket and the thread that reads it. It joins nothing by itself.
class Receiver {
 public:
  Receiver(const Host& host, const AnyAddress& group, std::uint16_t port = kStreamPort);
  ~Receiver();

  MulticastSocket& socket() { return socket_; }
  void Join() { socket_.Join(group_); }
  void Leave() { socket_.Leave(group_); }

  StreamCount Of(const AnyAddress& source) const;
  std::uint64_t Total() const;
  /// Packets that reached this socket and found it full: the test's own loss, not the network's.
  std::uint64_t SocketDrops() const;
  bool WaitForFirst(const AnyAddress& source, Clock::duration limit = 5s) const;
  bool WaitForTotal(std::uint64_t total, Clock::duration limit = 5s) const;

 private:
  void Loop();
  void Account(const AnyAddress& source, const StreamHeader& header, int ttl, Instant now);

  AnyAddress group_;
  MulticastSocket socket_;
  mutable std::mutex mutex_;
  std::map<AnyAddress, StreamCount> counts_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

/// The header of a captured or received payload; nothing when it is not ours.
std::optional<StreamHeader> ReadStreamHeader(std::span<const std::uint8_t> payload);

}  // namespace bpfcast::test
