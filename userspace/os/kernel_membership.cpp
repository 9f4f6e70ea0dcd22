#include "os/kernel_membership.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <fstream>
#include <type_traits>

#include "os/os_error.h"

namespace bpfcast {
namespace {

template <class F>
struct SocketFamily;

template <>
struct SocketFamily<Igmp> {
  static constexpr int kDomain = AF_INET;
  static constexpr int kLevel = IPPROTO_IP;
  static constexpr const char* kGroupsPerSocket = "net.ipv4.igmp_max_memberships";
  static constexpr const char* kSourcesPerFilter = "net.ipv4.igmp_max_msf";
  static constexpr MembershipLimits kDefaults{20, 10};
};

template <>
struct SocketFamily<Mld> {
  static constexpr int kDomain = AF_INET6;
  static constexpr int kLevel = IPPROTO_IPV6;
  /// They are not counted. Their octets are, by net.core.optmem_max: our own limit is below what a small one
  /// has room for.
  static constexpr const char* kGroupsPerSocket = nullptr;
  static constexpr const char* kSourcesPerFilter = "net.ipv6.mld_max_msf";  // not shown in every namespace
  static constexpr MembershipLimits kDefaults{64, 64};                      // groups: see above
};

/// "net.ipv4.igmp_max_msf"
std::size_t ReadSysctl(std::string name, std::size_t otherwise) {
  std::replace(name.begin(), name.end(), '.', '/');
  std::ifstream file("/proc/sys/" + name);
  std::size_t value = 0;
  if (!(file >> value)) value = otherwise;
  return std::max<std::size_t>(value, 1);
}

template <class F>
MembershipLimits ReadLimits() {
  using Family = SocketFamily<F>;
  MembershipLimits limits = Family::kDefaults;
  if constexpr (Family::kGroupsPerSocket != nullptr)
    limits.groups_per_socket = ReadSysctl(Family::kGroupsPerSocket, limits.groups_per_socket);
  limits.sources_per_filter = ReadSysctl(Family::kSourcesPerFilter, limits.sources_per_filter);
  return limits;
}

sockaddr_storage ToStorage(const Ipv4Address& address) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  std::memcpy(&in.sin_addr, address.bytes().data(), sizeof in.sin_addr);
  sockaddr_storage storage{};
  std::memcpy(&storage, &in, sizeof in);
  return storage;
}

sockaddr_storage ToStorage(const Ipv6Address& address) {
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  std::memcpy(&in.sin6_addr, address.bytes().data(), sizeof in.sin6_addr);
  sockaddr_storage storage{};
  std::memcpy(&storage, &in, sizeof in);
  return storage;
}

}  // namespace

template <class F>
KernelMembership<F>::KernelMembership(std::uint32_t ifindex, std::string name)
    : ifindex_(ifindex), name_(std::move(name)), plan_(ReadLimits<F>()) {}

template <class F>
Result<void> KernelMembership<F>::Set(const Address& group, const MembershipRecord<F>& record) {
  std::deque<FilterCall<F>> calls;
  const auto add = [&](const std::vector<FilterCall<F>>& more) {
    calls.insert(calls.end(), more.begin(), more.end());
  };
  // After a failure it is not known what the kernel has: from the beginning.
  if (failed_.erase(group) > 0) add(plan_.Change(group, {}));
  add(plan_.Change(group, record));
  Result<void> result;
  while (!calls.empty()) {
    const FilterCall<F> call = calls.front();
    calls.pop_front();
    const int error = TryFilter(call);
    if (error == 0) continue;
    const std::vector<FilterCall<F>> elsewhere =
        error == ENOBUFS || error == ENOMEM ? plan_.Elsewhere(call) : std::vector<FilterCall<F>>();
    calls.insert(calls.begin(), elsewhere.begin(), elsewhere.end());
    if (!elsewhere.empty()) continue;
    failed_.insert(group);
    result = FailWithErrno("join " + group.ToString() + " on " + name_, error);
  }
  return result;
}

template <class F>
std::size_t KernelMembership<F>::Users(const Address& group) const {
  const auto first = joined_.lower_bound({group, 0});
  const auto last = std::find_if(first, joined_.end(), [&](const auto& each) { return each.first != group; });
  return static_cast<std::size_t>(std::distance(first, last));
}

template <class F>
bool KernelMembership<F>::RefreshLimits() {
  const MembershipLimits limits = ReadLimits<F>();
  if (limits == plan_.limits()) return false;
  plan_.SetLimits(limits);
  return true;
}

template <class F>
const char* KernelMembership<F>::SourceLimitName() {
  return SocketFamily<F>::kSourcesPerFilter;
}

template <class F>
int KernelMembership<F>::TryFilter(const FilterCall<F>& call) {
  if (call.filter.IsEmpty()) return Leave(call);
  if (sockets_.size() <= call.socket) sockets_.resize(call.socket + 1);
  Socket& socket = sockets_[call.socket];
  if (!socket.fd) socket.fd = UniqueFd(::socket(SocketFamily<F>::kDomain, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.fd) return errno;
  const bool is_new = !joined_.contains({call.group, call.socket});
  if (is_new) {
    if (const int error = Join(socket.fd.get(), call); error != 0) return error;
    joined_.insert({call.group, call.socket});
    ++socket.groups;
    // Most memberships are what a join gives.
    if (call.filter.sources.size() == (call.filter.mode == FilterMode::kInclude ? 1 : 0)) return 0;
  }
  const sockaddr_storage group = ToStorage(call.group);
  std::vector<sockaddr_storage> sources;
  for (const Address& source : call.filter.sources) sources.push_back(ToStorage(source));
  const std::uint32_t mode = call.filter.mode == FilterMode::kInclude ? MCAST_INCLUDE : MCAST_EXCLUDE;
  if (setsourcefilter(socket.fd.get(), ifindex_, reinterpret_cast<const sockaddr*>(&group),
                      SocketFamily<F>::kDomain == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6), mode,
                      static_cast<std::uint32_t>(sources.size()), sources.data()) == 0) {
    return 0;
  }
  const int error = errno;
  if (is_new) Leave(call);
  return error;
}

/// A full-state filter can only be set on a member. A join of a source never asks for all sources in between.
template <class F>
int KernelMembership<F>::Join(int fd, const FilterCall<F>& call) const {
  int done = 0;
  if (call.filter.mode == FilterMode::kInclude) {
    group_source_req request{};
    request.gsr_interface = ifindex_;
    request.gsr_group = ToStorage(call.group);
    request.gsr_source = ToStorage(*call.filter.sources.begin());
    done = setsockopt(fd, SocketFamily<F>::kLevel, MCAST_JOIN_SOURCE_GROUP, &request, sizeof request);
  } else {
    group_req request{};
    request.gr_interface = ifindex_;
    request.gr_group = ToStorage(call.group);
    done = setsockopt(fd, SocketFamily<F>::kLevel, MCAST_JOIN_GROUP, &request, sizeof request);
  }
  return done == 0 ? 0 : errno;
}

/// Nothing to do for what is no member. An interface that has gone has no members, so no failure is one.
template <class F>
int KernelMembership<F>::Leave(const FilterCall<F>& call) {
  if (joined_.erase({call.group, call.socket}) == 0) return 0;
  Socket& socket = sockets_.at(call.socket);
  group_req request{};
  request.gr_interface = ifindex_;
  request.gr_group = ToStorage(call.group);
  setsockopt(socket.fd.get(), SocketFamily<F>::kLevel, MCAST_LEAVE_GROUP, &request, sizeof request);
  if (--socket.groups == 0) UniqueFd(std::move(socket.fd));
  return 0;
}

template class KernelMembership<Igmp>;
template class KernelMembership<Mld>;

}  // namespace bpfcast
