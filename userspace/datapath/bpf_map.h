// BpfMap and MappedArray: typed views of the maps that the programs read. The object that loaded a map owns
// it.
#pragma once

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace bpfcast {

template <class Key, class Value>
class BpfMap {
 public:
  BpfMap() = default;
  BpfMap(int fd, const char* name) : fd_(fd), name_(name) {}

  int fd() const { return fd_; }

  Result<void> Set(const Key& key, const Value& value) {
    if (bpf_map_update_elem(fd_, &key, &value, BPF_ANY) == 0) return {};
    return Fail(std::string("write to BPF map ") + name_ + ": " + std::strerror(errno));
  }
  /// Of an array: the element. Of a hash: an entry that is there.
  Result<Value> Get(const Key& key) {
    Value value{};
    if (bpf_map_lookup_elem(fd_, &key, &value) == 0) return value;
    return Fail(std::string("read BPF map ") + name_ + ": " + std::strerror(errno));
  }
  /// An entry that is not there is no error.
  void Erase(const Key& key) { bpf_map_delete_elem(fd_, &key); }

  /// For maps that nobody else writes to meanwhile; slower than GetAll().
  std::vector<Key> Keys() {
    std::vector<Key> keys;
    Key key{};
    while (bpf_map_get_next_key(fd_, keys.empty() ? nullptr : &keys.back(), &key) == 0) keys.push_back(key);
    return keys;
  }

  /// What a hash holds. In batches of whole buckets, so that entries that come and go meanwhile neither end
  /// the walk nor start it over. `limit` is its max_entries.
  Result<std::vector<std::pair<Key, Value>>> GetAll(std::uint32_t limit) {
    std::vector<std::pair<Key, Value>> all;
    std::vector<Key> keys(limit);
    std::vector<Value> values(limit);
    std::uint64_t position = 0;
    bpf_map_batch_opts options{};
    options.sz = sizeof options;
    for (bool first = true, more = true; more; first = false) {
      std::uint32_t count = limit;
      more = bpf_map_lookup_batch(fd_, first ? nullptr : &position, &position, keys.data(), values.data(),
                                  &count, &options) == 0;
      if (!more && errno != ENOENT) {
        return Fail(std::string("read BPF map ") + name_ + ": " + std::strerror(errno));
      }
      for (std::uint32_t i = 0; i < count; ++i) all.emplace_back(keys[i], values[i]);
    }
    return all;
  }

 private:
  int fd_ = -1;
  const char* name_ = "";
};

/// A map with one value for each CPU. `Value` is a multiple of eight octets, as the kernel hands them out.
template <class Value>
class PerCpuMap {
  static_assert(sizeof(Value) % 8 == 0);

 public:
  PerCpuMap() = default;
  PerCpuMap(int fd, const char* name)
      : fd_(fd), name_(name), buffer_(static_cast<std::size_t>(libbpf_num_possible_cpus())) {}

  /// The values of all CPUs, good until the next call.
  Result<const std::vector<Value>*> Get(std::uint32_t index) {
    if (bpf_map_lookup_elem(fd_, &index, buffer_.data()) == 0) return &buffer_;
    return Fail(std::string("read BPF map ") + name_ + ": " + std::strerror(errno));
  }

 private:
  int fd_ = -1;
  const char* name_ = "";
  std::vector<Value> buffer_;
};

/// A BPF_F_MMAPABLE array: a store is the update.
template <class Value>
class MappedArray {
  static_assert(sizeof(Value) % 8 == 0);

 public:
  MappedArray() = default;
  MappedArray(MappedArray&& other) noexcept
      : values_(std::exchange(other.values_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  MappedArray& operator=(MappedArray&& other) noexcept {
    std::swap(values_, other.values_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~MappedArray() {
    if (values_ != nullptr) ::munmap(values_, size_ * sizeof(Value));
  }

  static Result<MappedArray> Map(int fd, const char* name, std::size_t size) {
    void* memory = ::mmap(nullptr, size * sizeof(Value), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) return Fail(std::string("map BPF array ") + name + ": " + std::strerror(errno));
    MappedArray array;
    array.values_ = static_cast<Value*>(memory);
    array.size_ = size;
    return array;
  }

  Value& operator[](std::size_t index) { return values_[index]; }
  std::size_t size() const { return size_; }

 private:
  Value* values_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace bpfcast
