// BpfLink: a program on an interface or a trace point, pinned so that it survives a crash.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "datapath/bpf_fd.h"
#include "datapath/bpf_pins.h"

namespace bpfcast {

inline constexpr std::string_view kLinkPinPrefix = "link_";

class BpfLink {
 public:
  BpfLink() = default;
  /// Native mode only. A link that an earlier agent left pinned there gets the program in place of its own,
  /// without a packet in between. On failure the interface is as it was; the error is one phrase for "cannot
  /// use XDP: ...".
  static Result<BpfLink> AttachXdp(int program, std::uint32_t ifindex, const BpfPins& pins);
  /// Has the interface an XDP program, whosever it is?
  static bool HasXdp(std::uint32_t ifindex);
  /// TCX ingress (Linux 6.6). The same.
  static Result<BpfLink> AttachTcx(int program, std::uint32_t ifindex, const BpfPins& pins);
  /// The trace point that the program was loaded for.
  static Result<BpfLink> AttachTracing(int program, const std::string& name, const BpfPins& pins);
  BpfLink(BpfLink&& other) noexcept
      : fd_(std::move(other.fd_)), pins_(other.pins_), pin_(std::move(other.pin_)) {}
  BpfLink& operator=(BpfLink&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(pins_, other.pins_);
    std::swap(pin_, other.pin_);
    return *this;
  }
  /// Takes the program off the interface now, not when the kernel gets to it.
  ~BpfLink();

  explicit operator bool() const { return static_cast<bool>(fd_); }
  /// False once somebody else has taken the program off its interface.
  bool IsAttached() const;
  /// The name of its pin.
  const std::string& pin() const { return pin_; }
  /// Leaves the program where it is, for the pin to hold. Without a pin it ends.
  void Release() { fd_ = BpfFd(); }

 private:
  static Result<BpfLink> Keep(BpfFd fd, std::string pin, const BpfPins& pins);
  static BpfLink TakeOver(int program, std::uint32_t ifindex, const std::string& pin, const BpfPins& pins);

  BpfFd fd_;
  const BpfPins* pins_ = nullptr;
  std::string pin_;
};

}  // namespace bpfcast
