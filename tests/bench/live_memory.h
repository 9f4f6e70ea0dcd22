// How much memory the program holds: every operator new and delete of it is counted.
#pragma once

#include <cstddef>

namespace bpfcast {

/// Bytes that the allocator has handed out and not got back, its own overhead included.
std::size_t LiveBytes();

}  // namespace bpfcast
