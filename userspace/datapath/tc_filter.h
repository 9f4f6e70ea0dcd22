// TcFilter: the TC program on an interface by a clsact filter, for kernels without TCX (before 6.6).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "datapath/bpf_pins.h"

namespace bpfcast {

/// A filter outlives its agent without a link. Its pin is the program, and the name says where the filter is:
/// tcf_IFINDEX, or tcfq_IFINDEX when the qdisc is ours too. While it gets another program a second pin has
/// that.
inline constexpr std::string_view kFilterPinPrefix = "tcf";

class TcFilter {
 public:
  TcFilter() = default;
  /// A filter that an earlier agent left there gets the program in place of its own. On failure the interface
  /// is as it was.
  static Result<TcFilter> Attach(int program, std::uint32_t ifindex, const BpfPins& pins);
  TcFilter(TcFilter&& other) noexcept
      : ifindex_(std::exchange(other.ifindex_, 0)), pins_(other.pins_), pin_(std::move(other.pin_)) {}
  TcFilter& operator=(TcFilter&& other) noexcept {
    std::swap(ifindex_, other.ifindex_);
    std::swap(pins_, other.pins_);
    std::swap(pin_, other.pin_);
    return *this;
  }
  /// Removes the filter, and the qdisc if we made it and nobody else uses it.
  ~TcFilter();

  explicit operator bool() const { return ifindex_ != 0; }
  /// False once somebody else has taken the filter, or the qdisc with it, off the interface. `program` is
  /// what it was attached with.
  bool IsAttached(int program) const;
  /// The name of its pin.
  const std::string& pin() const { return pin_; }
  /// Leaves it where it is.
  void Release() { ifindex_ = 0; }

  /// Removes the filter that a pin of a dead agent names, if the interface still has this very program there.
  static void RemoveStale(std::string_view pin, int program);

 private:
  std::uint32_t ifindex_ = 0;
  const BpfPins* pins_ = nullptr;
  std::string pin_;
};

}  // namespace bpfcast
