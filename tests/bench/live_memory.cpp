#include "live_memory.h"

#include <malloc.h>

#include <cstdlib>
#include <new>

namespace {

std::size_t live = 0;
constexpr std::size_t kChunkHeader = sizeof(std::size_t);  // glibc keeps the size in front of each block

}  // namespace

void* operator new(std::size_t size) {
  void* block = std::malloc(size);
  if (block == nullptr) throw std::bad_alloc();
  live += malloc_usable_size(block) + kChunkHeader;
  return block;
}

void operator delete(void* block) noexcept {
  if (block == nullptr) return;
  live -= malloc_usable_size(block) + kChunkHeader;
  std::free(block);
}

void operator delete(void* block, std::size_t) noexcept {
  operator delete(block);
}

namespace bpfcast {

std::size_t LiveBytes() {
  return live;
}

}  // namespace bpfcast
