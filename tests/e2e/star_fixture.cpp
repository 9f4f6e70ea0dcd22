#include "star_fixture.h"

#include <sys/socket.h>

#include <array>
#include <span>

namespace bpfcast::test {

Listener::Listener(const Host& host, const Ipv4Address& group) : socket_(host) {
  socket_.Bind(group, kStreamPort);
  socket_.Join(group);
}

std::size_t Listener::Drain() {
  std::size_t count = 0;
  std::array<std::uint8_t, 64> data;
  for (ssize_t n; (n = recv(socket_.fd(), data.data(), data.size(), MSG_DONTWAIT)) >= 0;) {
    if (ReadStreamHeader(std::span(data).first(static_cast<std::size_t>(n)))) ++count;
  }
  return count;
}

}  // namespace bpfcast::test
