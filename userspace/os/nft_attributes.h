// Attributes of nftables' messages. The macros of libmnl are no C++.
#pragma once

#include <libmnl/libmnl.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace bpfcast {

using NftUse = std::function<void(const nlattr*)>;

/// The attributes behind the header of a message.
void ForEachNft(const nlmsghdr* message, const NftUse& use);
/// Those inside one.
void ForEachNft(const nlattr* nest, const NftUse& use);

/// A member of a nest; null when it has none, or there is no nest.
const nlattr* NftMember(const nlattr* nest, std::uint16_t type);
/// 0 and empty when it has none.
std::uint32_t NftNumber(const nlattr* nest, std::uint16_t type);
std::string NftText(const nlattr* nest, std::uint16_t type);
/// NFTA_DATA_VALUE of a member.
std::vector<std::uint8_t> NftData(const nlattr* nest, std::uint16_t type);

/// The family of a table as its name begins, of a message; empty for those that no IP packets come to.
const char* NftFamily(const nlmsghdr* message);

}  // namespace bpfcast
