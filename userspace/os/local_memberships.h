// Which groups sockets on this machine have joined (E-09, F-52).
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wire/family.h"

namespace bpfcast {

template <class F>
struct LocalMember {
  typename F::Address group;
  std::uint32_t users = 0;  // sockets that have joined it

  bool operator==(const LocalMember&) const = default;
};

/// Groups of each ifindex.
template <class F>
using LocalMemberships = std::map<std::uint32_t, std::vector<LocalMember<F>>>;

/// Reads the text of /proc/net/igmp or /proc/net/igmp6; lines that it does not understand are left out.
template <class F>
LocalMemberships<F> ParseLocalMemberships(std::string_view text);

/// A kernel without the family has no members.
template <class F>
Result<LocalMemberships<F>> ReadLocalMemberships();

template <>
LocalMemberships<Igmp> ParseLocalMemberships<Igmp>(std::string_view text);
template <>
LocalMemberships<Mld> ParseLocalMemberships<Mld>(std::string_view text);
extern template Result<LocalMemberships<Igmp>> ReadLocalMemberships<Igmp>();
extern template Result<LocalMemberships<Mld>> ReadLocalMemberships<Mld>();

}  // namespace bpfcast
