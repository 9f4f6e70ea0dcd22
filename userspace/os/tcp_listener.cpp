#include "os/tcp_listener.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "os/os_error.h"

namespace bpfcast {
namespace {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

SocketAddress ToSocketAddress(const Endpoint& endpoint) {
  SocketAddress made;
  if (const auto* ipv4 = std::get_if<Ipv4Address>(&endpoint.address)) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(endpoint.port);
    std::memcpy(&in.sin_addr, ipv4->bytes().data(), Ipv4Address::kBytes);
    std::memcpy(&made.storage, &in, sizeof(in));
    made.length = sizeof(in);
  } else {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(endpoint.port);
    std::memcpy(&in.sin6_addr, std::get<Ipv6Address>(endpoint.address).bytes().data(), Ipv6Address::kBytes);
    std::memcpy(&made.storage, &in, sizeof(in));
    made.length = sizeof(in);
  }
  return made;
}

std::string WayOut(int error, std::uint16_t port) {
  switch (error) {
    case EADDRINUSE:
      return "; choose another port, or end what listens there: ss -ltnp sport = :" + std::to_string(port);
    case EACCES:
      return "; ports below 1024 are root's: choose a higher one";
    case EAFNOSUPPORT:
      return "; this kernel does not have the family: choose an address of the other one";
    default:
      return "";
  }
}

void SetOption(int fd, int level, int option, int value) {
  static_cast<void>(setsockopt(fd, level, option, &value, sizeof(value)));
}

}  // namespace

Result<TcpListener> ListenTcp(const Endpoint& endpoint, int backlog) {
  const auto fail = [&](int error) { return Fail(ErrorText(error) + WayOut(error, endpoint.port)); };
  const SocketAddress address = ToSocketAddress(endpoint);
  const bool ipv6 = address.storage.ss_family == AF_INET6;
  TcpListener listener;
  listener.fd = UniqueFd(socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int fd = listener.fd.get();
  if (!listener.fd) return fail(errno);
  SetOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);  // connections of the process before do not keep it out
  if (ipv6) SetOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  const auto try_bind = [&] {
    return bind(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.length) == 0;
  };
  bool bound = try_bind();
  if (!bound && errno == EADDRNOTAVAIL) {
    listener.address_is_missing = true;
    SetOption(fd, ipv6 ? static_cast<int>(IPPROTO_IPV6) : static_cast<int>(IPPROTO_IP),
              ipv6 ? IPV6_FREEBIND : IP_FREEBIND, 1);
    bound = try_bind();
  }
  if (!bound || listen(fd, backlog) < 0) return fail(errno);
  return listener;
}

}  // namespace bpfcast
