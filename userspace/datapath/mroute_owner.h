// Who else may have the kernel's multicast routing.
#pragma once

#include <string>
#include <vector>

#include "wire/family.h"

namespace bpfcast {

/// Does the kernel have multicast routing of the family, in this network namespace?
template <class F>
bool HasMroute();

/// "smcrouted (process 123)": the programs of this network namespace that have a socket by which it can be
/// owned; empty when none is found, or may be seen.
template <class F>
std::string FindMrouteOwner();

/// The interfaces that the kernel's multicast routing of the family has now, by name, whoever owns it.
template <class F>
std::vector<std::string> MrouteInterfaces();

}  // namespace bpfcast
