// NetnsCookie: the number that no other network namespace has had since the machine started.
#pragma once

#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

#include "base/result.h"
#include "datapath/bpf_fd.h"

namespace bpfcast {

/// Of the namespace of the calling thread.
inline Result<std::uint64_t> NetnsCookie() {
  constexpr int kNetnsCookie = 71;  // SO_NETNS_COOKIE, since Linux 5.14
  const BpfFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  std::uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  if (socket && ::getsockopt(socket.get(), SOL_SOCKET, kNetnsCookie, &cookie, &size) == 0) return cookie;
  return Fail(std::string("read the cookie of the network namespace: ") + std::strerror(errno));
}

}  // namespace bpfcast
