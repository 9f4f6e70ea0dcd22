#include "cli/stream_account.h"

#include <algorithm>
#include <cmath>

namespace bpfcast {
namespace {

/// How far `a` is behind `b`, counted across the end of the numbers (RFC 1982).
std::int64_t Difference(std::uint64_t b, std::uint64_t a) {
  return static_cast<std::int64_t>(b - a);
}

}  // namespace

void NumberAccount::Add(std::uint64_t number) {
  if (received_ == 0) {
    seen_.assign(kWindow, false);
    first_ = last_ = number;
    Mark(number);
    received_ = 1;
    return;
  }
  if (Difference(number, last_) > 0) {
    Advance(number);
    ++received_;
    return;
  }
  if (last_ - number >= kWindow) {
    ++too_late_;
    return;
  }
  if (!Mark(number)) {
    ++duplicated_;
    return;
  }
  ++received_;
  ++reordered_;
  if (Difference(first_, number) > 0) first_ = number;
}

void NumberAccount::Advance(std::uint64_t number) {
  // What comes into the window forgets what had its place.
  if (number - last_ >= kWindow) {
    seen_.assign(kWindow, false);
  } else {
    for (std::uint64_t each = last_ + 1; each != number; ++each) seen_[each % kWindow] = false;
    seen_[number % kWindow] = false;
  }
  last_ = number;
  Mark(number);
}

bool NumberAccount::Mark(std::uint64_t number) {
  const bool is_new = !seen_[number % kWindow];
  seen_[number % kWindow] = true;
  return is_new;
}

void DelayAccount::Add(std::int64_t delay_ns) {
  if (count_ == 0) {
    least_ = most_ = delay_ns;
  } else {
    least_ = std::min(least_, delay_ns);
    most_ = std::max(most_, delay_ns);
    const double change = std::abs(static_cast<double>(delay_ns) - static_cast<double>(previous_));
    jitter_ += (change - jitter_) / 16;
  }
  previous_ = delay_ns;
  sum_ += static_cast<double>(delay_ns);
  ++count_;
}

std::optional<std::int64_t> DelayAccount::Least() const {
  return count_ == 0 ? std::nullopt : std::optional(least_);
}

std::optional<std::int64_t> DelayAccount::Most() const {
  return count_ == 0 ? std::nullopt : std::optional(most_);
}

std::optional<std::int64_t> DelayAccount::Average() const {
  if (count_ == 0) return std::nullopt;
  return static_cast<std::int64_t>(sum_ / static_cast<double>(count_));
}

}  // namespace bpfcast
