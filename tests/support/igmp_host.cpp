#include "support/igmp_host.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "support/socket_address.h"

namespace bpfcast::test {
namespace {

void Check(int result, const std::string& what) {
  if (result < 0) throw std::runtime_error(what + ": " + std::strerror(errno));
}

sockaddr_storage Storage(const AnyAddress& address) {
  return ToSocketAddress(address, 0, 0).storage;
}

}  // namespace

void ForceIgmpVersion(const Host& host, int version) {
  host.ns.Sysctl("ipv4/conf/" + host.interface + "/force_igmp_version", std::to_string(version));
}

void ForceMldVersion(const Host& host, int version) {
  host.ns.Sysctl("ipv6/conf/" + host.interface + "/force_mld_version", std::to_string(version));
}

MulticastSocket::MulticastSocket(const Host& host, IpVersion version)
    : version_(version),
      fd_(host.ns.Socket(ToDomain(version), SOCK_DGRAM, 0)),
      ifindex_(host.ns.IfIndex(host.interface)) {
  const int on = 1;
  const int off = 0;
  Check(setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "SO_REUSEADDR");
  // Only what this socket joined: another socket's membership must not make this one look served.
  const int option = version == IpVersion::k4 ? IP_MULTICAST_ALL : IPV6_MULTICAST_ALL;
  Check(setsockopt(fd_.get(), ToLevel(version), option, &off, sizeof off), "MULTICAST_ALL");
}

void MulticastSocket::GroupOption(int option, const AnyAddress& group) {
  group_req request{};
  request.gr_interface = static_cast<std::uint32_t>(ifindex_);
  request.gr_group = Storage(group);
  Check(setsockopt(fd_.get(), ToLevel(version_), option, &request, sizeof request),
        "membership of " + group.ToString());
}

void MulticastSocket::SourceOption(int option, const AnyAddress& group, const AnyAddress& source) {
  group_source_req request{};
  request.gsr_interface = static_cast<std::uint32_t>(ifindex_);
  request.gsr_group = Storage(group);
  request.gsr_source = Storage(source);
  Check(setsockopt(fd_.get(), ToLevel(version_), option, &request, sizeof request),
        "membership of " + group.ToString() + " from " + source.ToString());
}

void MulticastSocket::Join(const AnyAddress& group) {
  GroupOption(MCAST_JOIN_GROUP, group);
}
void MulticastSocket::Leave(const AnyAddress& group) {
  GroupOption(MCAST_LEAVE_GROUP, group);
}
void MulticastSocket::JoinSource(const AnyAddress& group, const AnyAddress& source) {
  SourceOption(MCAST_JOIN_SOURCE_GROUP, group, source);
}
void MulticastSocket::LeaveSource(const AnyAddress& group, const AnyAddress& source) {
  SourceOption(MCAST_LEAVE_SOURCE_GROUP, group, source);
}
void MulticastSocket::Block(const AnyAddress& group, const AnyAddress& source) {
  SourceOption(MCAST_BLOCK_SOURCE, group, source);
}
void MulticastSocket::Unblock(const AnyAddress& group, const AnyAddress& source) {
  SourceOption(MCAST_UNBLOCK_SOURCE, group, source);
}

void MulticastSocket::Bind(const AnyAddress& group, std::uint16_t port) {
  const SocketAddress address = ToSocketAddress(group, port, ifindex_);
  Check(bind(fd_.get(), address.get(), address.length), "bind to " + group.ToString());
}

}  // namespace bpfcast::test
