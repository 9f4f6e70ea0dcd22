// SourceSet: the sets A, B, X, Y of RFC 9776 section 6.4 with the RFC's algebra.
#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <vector>

#include "wire/family.h"

namespace bpfcast {

/// A sorted vector without duplicates. `+` is union, `*` intersection, `-` difference.
template <class F>
class SourceSet {
 public:
  using Address = typename F::Address;
  using const_iterator = typename std::vector<Address>::const_iterator;

  SourceSet() = default;
  SourceSet(std::initializer_list<Address> sources) : SourceSet(std::vector<Address>(sources)) {}
  explicit SourceSet(std::vector<Address> sources) : sources_(std::move(sources)) {
    std::sort(sources_.begin(), sources_.end());
    sources_.erase(std::unique(sources_.begin(), sources_.end()), sources_.end());
  }

  bool empty() const { return sources_.empty(); }
  std::size_t size() const { return sources_.size(); }
  const_iterator begin() const { return sources_.begin(); }
  const_iterator end() const { return sources_.end(); }
  const std::vector<Address>& addresses() const { return sources_; }
  bool Contains(const Address& source) const { return std::binary_search(begin(), end(), source); }

  friend SourceSet operator+(const SourceSet& a, const SourceSet& b) {
    SourceSet out;
    std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out.sources_));
    return out;
  }
  friend SourceSet operator*(const SourceSet& a, const SourceSet& b) {
    SourceSet out;
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out.sources_));
    return out;
  }
  friend SourceSet operator-(const SourceSet& a, const SourceSet& b) {
    SourceSet out;
    std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out.sources_));
    return out;
  }
  bool operator==(const SourceSet&) const = default;

 private:
  std::vector<Address> sources_;
};

}  // namespace bpfcast
