// StreamAccount: what became of the numbers of one stream, and how long its packets travelled. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace bpfcast {

/// Which numbers came. Lost is what is missing between the first and the last of them: what was sent before
/// the first or after the last is nobody's to know. Numbers count on after 2^64 - 1 with 0 (RFC 1982).
class NumberAccount {
 public:
  /// So far back a number can be told from its copy.
  static constexpr std::uint64_t kWindow = 65536;

  void Add(std::uint64_t number);

  std::uint64_t received() const { return received_; }      // different numbers
  std::uint64_t duplicated() const { return duplicated_; }  // copies of those
  std::uint64_t reordered() const { return reordered_; }    // came after a higher number
  std::uint64_t too_late() const {
    return too_late_;
  }  // beyond the window: whatever they were, they count as lost
  std::uint64_t Lost() const { return received_ == 0 ? 0 : last_ - first_ + 1 - received_; }
  std::uint64_t first() const { return first_; }
  std::uint64_t last() const { return last_; }

 private:
  void Advance(std::uint64_t number);
  bool Mark(std::uint64_t number);

  std::vector<bool> seen_;  // of the last kWindow numbers, by number % kWindow; empty before the first
  std::uint64_t first_ = 0;
  std::uint64_t last_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t duplicated_ = 0;
  std::uint64_t reordered_ = 0;
  std::uint64_t too_late_ = 0;
};

/// Times between sending and arrival, in nanoseconds, as the clocks of both ends have them.
class DelayAccount {
 public:
  void Add(std::int64_t delay_ns);

  /// Nothing before the first; less than 0 when the clocks differ.
  std::optional<std::int64_t> Least() const;
  std::optional<std::int64_t> Most() const;
  std::optional<std::int64_t> Average() const;
  /// The interarrival jitter of RFC 3550 6.4.1. It does not depend on the clocks' difference.
  std::int64_t Jitter() const { return static_cast<std::int64_t>(jitter_); }

 private:
  std::uint64_t count_ = 0;
  std::int64_t least_ = 0;
  std::int64_t most_ = 0;
  std::int64_t previous_ = 0;
  double sum_ = 0;
  double jitter_ = 0;
};

}  // namespace bpfcast
