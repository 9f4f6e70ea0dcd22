// Policer: how many control packets an interface takes.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>

#include "base/time.h"
#include "routing/proxy_config.h"

namespace bpfcast {

/// A bucket that holds one second of a rate. Kept as the moment when it will be full again, which is all that
/// there is to it; one that is full is as good as new.
class TokenBucket {
 public:
  bool IsFull(Time now) const { return full_at_ <= now; }
  Time full_at() const { return full_at_; }

  /// Takes so many tokens, all that the bucket can hold at most, if they are there. A rate of 0 is no limit.
  bool Take(std::uint32_t tokens, std::uint32_t rate, Time now) {
    if (rate == 0) return true;
    const Time full_at =
        std::max(full_at_, now) + std::min(tokens, rate) * (Duration(std::chrono::seconds(1)) / rate);
    if (full_at > now + std::chrono::seconds(1)) return false;
    full_at_ = full_at;
    return true;
  }

 private:
  Time full_at_ = Time::min();
};

/// One bucket for the interface and one for each source that sends much, so that a host that floods the link
/// spends its own share before that of the others. What it forgets of a source, for want of room, is in the
/// source's favour; the room and the work for a packet are the same whatever arrives. A long report counts as
/// several, for each of its records is as much work as a short one.
template <class F>
class Policer {
 public:
  using Address = typename F::Address;

  void Configure(const Policing& policing) { policing_ = policing; }

  /// A packet of so many octets.
  bool Admits(const Address& source, std::size_t octets, Time now) {
    const auto tokens = static_cast<std::uint32_t>(1 + octets / kOctetsOfOne);
    return Bucket(source, now).Take(tokens, policing_.packets_per_s_of_one_source, now) &&
           interface_.Take(tokens, policing_.packets_per_s, now);
  }

 private:
  static constexpr std::size_t kOctetsOfOne = 128;
  static constexpr std::size_t kSets = 64;
  static constexpr std::size_t kWays = 4;

  struct Entry {
    Address source;
    TokenBucket bucket;
  };

  /// The bucket of the source; where it has none yet, in place of the fullest of the four it may have.
  TokenBucket& Bucket(const Address& source, Time now) {
    auto& set = sets_[std::hash<Address>()(source) % kSets];
    Entry* place = &set.front();
    for (Entry& entry : set) {
      if (entry.source == source && !entry.bucket.IsFull(now)) return entry.bucket;
      if (entry.bucket.full_at() < place->bucket.full_at()) place = &entry;
    }
    *place = {source, {}};
    return place->bucket;
  }

  Policing policing_;
  TokenBucket interface_;
  std::array<std::array<Entry, kWays>, kSets> sets_{};
};

}  // namespace bpfcast
