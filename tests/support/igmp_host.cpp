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

sockaddr_storage Storage(const Ipv4Address& address) {
  const sockaddr_in in = ToSockaddr(address, 0);
  sockaddr_storage storage{};
  std::memcpy(&storage, &in, sizeof in);
  return storage;
}

}  // namespace

void ForceIgmpVersion(const Host& host, int version) {
  host.ns.Sysctl("ipv4/conf/" + host.interface + "/force_igmp_version", std::to_string(version));
}

MulticastSocket::MulticastSocket(const Host& host)
    : fd_(host.ns.Socket(AF_INET, SOCK_DGRAM, 0)), ifindex_(host.ns.IfIndex(host.interface)) {
  const int on = 1;
  const int off = 0;
  Check(setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "SO_REUSEADDR");
  // Only what this socket joined: another socket's membership must not make this one look served.
  Check(setsockopt(fd_.get(), IPPROTO_IP, IP_MULTICAST_ALL, &off, sizeof off), "IP_MULTICAST_ALL");
}

void MulticastSocket::GroupOption(int option, const Ipv4Address& group) {
  group_req request{};
  request.gr_interface = static_cast<std::uint32_t>(ifindex_);
  request.gr_group = Storage(group);
  Check(setsockopt(fd_.get(), IPPROTO_IP, option, &request, sizeof request),
        "membership of " + group.ToString());
}

void MulticastSocket::SourceOption(int option, const Ipv4Address& group, const Ipv4Address& source) {
  group_source_req request{};
  request.gsr_interface = static_cast<std::uint32_t>(ifindex_);
  request.gsr_group = Storage(group);
  request.gsr_source = Storage(source);
  Check(setsockopt(fd_.get(), IPPROTO_IP, option, &request, sizeof request),
        "membership of " + group.ToString() + " from " + source.ToString());
}

void MulticastSocket::Join(const Ipv4Address& group) {
  GroupOption(MCAST_JOIN_GROUP, group);
}
void MulticastSocket::Leave(const Ipv4Address& group) {
  GroupOption(MCAST_LEAVE_GROUP, group);
}
void MulticastSocket::JoinSource(const Ipv4Address& group, const Ipv4Address& source) {
  SourceOption(MCAST_JOIN_SOURCE_GROUP, group, source);
}
void MulticastSocket::LeaveSource(const Ipv4Address& group, const Ipv4Address& source) {
  SourceOption(MCAST_LEAVE_SOURCE_GROUP, group, source);
}
void MulticastSocket::Block(const Ipv4Address& group, const Ipv4Address& source) {
  SourceOption(MCAST_BLOCK_SOURCE, group, source);
}
void MulticastSocket::Unblock(const Ipv4Address& group, const Ipv4Address& source) {
  SourceOption(MCAST_UNBLOCK_SOURCE, group, source);
}

void MulticastSocket::Bind(const Ipv4Address& group, std::uint16_t port) {
  const sockaddr_in address = ToSockaddr(group, port);
  Check(bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
        "bind to " + group.ToString());
}

}  // namespace bpfcast::test
