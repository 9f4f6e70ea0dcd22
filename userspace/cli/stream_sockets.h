// The sockets of test streams. What the kernel refuses is told in one sentence with the way out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/any_ip.h"
#include "os/unique_fd.h"

namespace bpfcast {

struct SenderOptions {
  enum class Loop : std::uint8_t { kOff, kOn };  // whether members on this machine get it, too

  AnyIp group;
  std::uint16_t port = 0;
  unsigned interface = 0;  // 0: the kernel chooses, by its routes
  std::optional<AnyIp> source;
  unsigned ttl = 0;  // Hop Limit
  Loop loop = Loop::kOff;
};

/// Connected to the group: send() is enough.
Result<UniqueFd> OpenSender(const SenderOptions& options);
/// The sentence for a send() that failed.
std::string SendTrouble(const AnyIp& group, int error);

struct Membership {
  enum class Mode : std::uint8_t { kInclude, kExclude };

  AnyIp group;
  std::uint16_t port = 0;
  unsigned interface = 0;  // 0: the kernel chooses, by its routes
  Mode mode = Mode::kExclude;
  std::vector<AnyIp> sources;
};

struct Arrival {
  AnyIp source;
  std::size_t size = 0;         // of the payload; what did not fit into the buffer is cut off
  int ttl = 0;                  // Hop Limit
  std::int64_t arrived_ns = 0;  // since 1970, when the kernel got it
};

/// A member of one group, that receives what is sent to it and to the port and nothing else.
class StreamReceiver {
 public:
  static Result<StreamReceiver> Open(const Membership& membership);

  int fd() const { return fd_.get(); }
  const AnyIp& group() const { return group_; }
  /// The next datagram, without waiting.
  std::optional<Arrival> Receive(std::span<std::uint8_t> buffer);
  /// Datagrams that reached the socket and found it full.
  std::uint64_t Drops() const;

 private:
  StreamReceiver(UniqueFd fd, const AnyIp& group) : fd_(std::move(fd)), group_(group) {}

  UniqueFd fd_;
  AnyIp group_;
};

}  // namespace bpfcast
