#include "datapath/mroute_socket.h"

#include <netinet/icmp6.h>
#include <sys/ioctl.h>

#include <linux/filter.h>

#include <cerrno>
#include <cstring>

#include "datapath/mroute_abi.h"
#include "datapath/mroute_owner.h"

namespace bpfcast {
namespace {

constexpr int kReceiveBuffer = 4 << 20;    // some thousand streams that begin at once
constexpr std::size_t kMostUpcalls = 256;  // of one call: the event loop has other work, too

std::string Reason() {
  return std::strerror(errno);
}

template <class Value>
bool SetOption(int fd, int level, int option, const Value& value) {
  return ::setsockopt(fd, level, option, &value, sizeof value) == 0;
}

// The socket is one of the protocol's, too. What of that comes in is the business of others.
bool RefuseMessages(int fd, Igmp) {
  constexpr std::uint32_t kProtocolOffset = 9;  // of IP; upcalls have 0 there
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kProtocolOffset),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0xffff),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  const sock_fprog program{sizeof code / sizeof code[0], code};
  return SetOption(fd, SOL_SOCKET, SO_ATTACH_FILTER, program);
}

bool RefuseMessages(int fd, Mld) {
  icmp6_filter none;
  ICMP6_FILTER_SETBLOCKALL(&none);
  return SetOption(fd, IPPROTO_ICMPV6, ICMP6_FILTER, none);
}

template <class F>
std::string Named(const RouteKey<F>& stream) {
  return "(" + stream.source.ToString() + ", " + stream.group.ToString() + ")";
}

template <class F>
Error RefusedByKernel() {
  const std::string name(MrouteAbi<F>::kFamilyName);
  switch (errno) {
    case EADDRINUSE: {
      const std::string owner = FindMrouteOwner<F>();
      return {"the kernel's multicast routing of " + name + " belongs to " +
              (owner.empty() ? "another program of this network namespace (igmpproxy, smcrouted, pimd or the "
                               "like), or to another proxy of this one"
               : owner.find(" or ") != std::string::npos ? "one of these: " + owner
                                                         : owner) +
              R"(; stop it, serve the family in one proxy alone, or set `datapath = "bpf"`)"};
    }
    case ENOPROTOOPT:
      return {"this kernel has no multicast routing of " + name + " (CONFIG_IP_MROUTE, CONFIG_IPV6_MROUTE)"};
    default:
      return {"take over the kernel's multicast routing of " + name + ": " + Reason()};
  }
}

}  // namespace

template <class F>
Result<std::unique_ptr<MrouteSocket<F>>> MrouteSocket<F>::Open() {
  using Abi = MrouteAbi<F>;
  BpfFd socket(::socket(Abi::kDomain, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, Abi::kProtocol));
  const std::string name(Abi::kFamilyName);
  if (!socket) return Fail("open the socket of multicast routing of " + name + ": " + Reason());
  const int on = 1;
  if (!RefuseMessages(socket.get(), F())) {
    return Fail("filter the socket of multicast routing of " + name + ": " + Reason());
  }
  if (!SetOption(socket.get(), Abi::kLevel, Abi::kInit, on)) return tl::unexpected(RefusedByKernel<F>());
  // Tells of every packet that comes on another interface than its entry says. Kernels without PIM tell of
  // those alone that come from where the stream goes to.
  if (!SetOption(socket.get(), Abi::kLevel, Abi::kPim, on) &&
      !SetOption(socket.get(), Abi::kLevel, Abi::kAssert, on)) {
    return Fail("ask for packets on other interfaces: " + Reason());
  }
  SetOption(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, kReceiveBuffer);
  return std::unique_ptr<MrouteSocket>(new MrouteSocket(std::move(socket)));
}

template <class F>
Result<void> MrouteSocket<F>::AddVif(Vif vif, std::uint32_t ifindex) {
  using Abi = MrouteAbi<F>;
  if (ifindex > Abi::kMaxIfindex) {
    return Fail("the kernel's multicast routing of " + std::string(Abi::kFamilyName) +
                " takes no interface with an ifindex above " + std::to_string(Abi::kMaxIfindex) +
                R"(; set `datapath = "bpf"`, or restart the machine, which numbers them anew)");
  }
  if (SetOption(fd(), Abi::kLevel, Abi::kAddVif, Abi::ToControl(vif, ifindex))) return {};
  return Fail("add it to the multicast routing of " + std::string(Abi::kFamilyName) + ": " + Reason());
}

template <class F>
void MrouteSocket<F>::RemoveVif(Vif vif) {
  using Abi = MrouteAbi<F>;
  SetOption(fd(), Abi::kLevel, Abi::kRemoveVif, Abi::ToControl(vif, 0));
}

template <class F>
Result<void> MrouteSocket<F>::SetEntry(const MrouteEntry<F>& entry) {
  using Abi = MrouteAbi<F>;
  if (SetOption(fd(), Abi::kLevel, Abi::kAddEntry, Abi::ToControl(entry))) return {};
  return Fail("set the multicast route " + Named(entry.stream) + ": " + Reason() + "; it is not forwarded");
}

template <class F>
void MrouteSocket<F>::RemoveEntry(const RouteKey<F>& stream) {
  using Abi = MrouteAbi<F>;
  MrouteEntry<F> entry;
  entry.stream = stream;
  SetOption(fd(), Abi::kLevel, Abi::kRemoveEntry, Abi::ToControl(entry));
}

template <class F>
std::optional<VifCount> MrouteSocket<F>::CountOfVif(Vif vif) {
  using Abi = MrouteAbi<F>;
  typename Abi::VifRequest request{};
  Abi::SetVif(request, vif);
  if (::ioctl(fd(), Abi::kCountVif, &request) != 0) return std::nullopt;
  return VifCount{{request.icount, request.ibytes}, {request.ocount, request.obytes}};
}

template <class F>
std::optional<MrouteEntryCount> MrouteSocket<F>::CountOf(const RouteKey<F>& stream) {
  using Abi = MrouteAbi<F>;
  typename Abi::EntryRequest request = Abi::ToRequest(stream);
  if (::ioctl(fd(), Abi::kCountEntry, &request) != 0) return std::nullopt;
  return MrouteEntryCount{request.pktcnt, request.bytecnt, request.wrong_if};
}

template <class F>
std::vector<Upcall<F>> MrouteSocket<F>::TakeUpcalls() {
  std::vector<Upcall<F>> upcalls;
  std::array<std::uint8_t, 256> message;
  while (upcalls.size() < kMostUpcalls) {
    const ssize_t size = ::recv(fd(), message.data(), message.size(), 0);
    if (size < 0) break;
    if (const auto upcall = MrouteAbi<F>::ToUpcall({message.data(), static_cast<std::size_t>(size)})) {
      upcalls.push_back(*upcall);
    }
  }
  return upcalls;
}

template class MrouteSocket<Igmp>;
template class MrouteSocket<Mld>;

}  // namespace bpfcast
