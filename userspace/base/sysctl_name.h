// What sysctl(8) calls a setting.
#pragma once

#include <string>
#include <string_view>

namespace bpfcast {

/// Of an interface: "net.ipv4.conf.lan1.rp_filter", and "net/ipv4/conf/wan.35/rp_filter" where the name has a
/// dot: sysctl takes dots for slashes unless a slash comes first. `family`: "ipv4" or "ipv6".
std::string SysctlName(std::string_view family, std::string_view interface, std::string_view setting);

}  // namespace bpfcast
