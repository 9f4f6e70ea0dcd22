// What BPF maps cost.
#pragma once

#include <set>

#include "support/bpf_objects.h"

namespace bpfcast::test {

/// Memory of the maps among `objects` and of the maps inside of these, as the kernel charges it. Throws when
/// a map cannot be opened.
std::size_t MapKilobytes(const std::set<BpfObject>& objects);

}  // namespace bpfcast::test
