// When the packets to each of many groups arrived at an interface; and a source that plays many groups.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "support/clock.h"
#include "support/star.h"

namespace bpfcast::test {

class MulticastTap {
 public:
  explicit MulticastTap(const Host& host);
  ~MulticastTap();

  /// When the first packet arrived that was sent after `since`. A router may hold older ones back and deliver
  /// them once it has a route. Only the first packets of a group are remembered.
  std::optional<Instant> FirstSentAfter(const Ipv4Address& group, Instant since) const;
  std::optional<Instant> Last(const Ipv4Address& group) const;
  /// When the latest packet to any group arrived.
  std::optional<Instant> Latest() const;

 private:
  struct Arrival {
    Instant sent;
    Instant arrived;
  };
  struct Seen {
    std::vector<Arrival> first;
    Instant last;
  };
  void Loop();
  void Account(const Ipv4Address& group, Arrival arrival);

  UniqueFd socket_;
  mutable std::mutex mutex_;
  std::map<Ipv4Address, Seen> seen_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

/// Sends small datagrams to its groups in turn, `rate` a second in all, until it is destroyed.
class Player {
 public:
  Player(const Host& host, std::vector<Ipv4Address> groups, unsigned rate);
  ~Player();

 private:
  void Loop();

  std::vector<Ipv4Address> groups_;
  Nanos interval_;
  UniqueFd socket_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace bpfcast::test
