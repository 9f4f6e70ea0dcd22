// RefusedHosts: which hosts of a link asked lately for what they may not have, so that it can be explained.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <optional>

#include "base/time.h"
#include "wire/message.h"

namespace bpfcast {

/// The last ones alone: a host can ask for any number of groups.
template <class F>
class RefusedHosts {
 public:
  using Address = typename F::Address;

  static constexpr std::size_t kMost = 64;

  struct Refusal {
    Address group;
    Address host;
    Time when{};
  };

  /// A record of a host that is not permitted. Returns whether it asked for anything: a leave does not, and
  /// ends what was noted of the host.
  bool OnRecord(const GroupRecord<F>& record, const Address& host, Time now) {
    std::erase_if(refusals_,
                  [&](const Refusal& each) { return each.group == record.group && each.host == host; });
    if (!AsksForMore(record)) return false;
    if (refusals_.size() == kMost) refusals_.pop_front();
    refusals_.push_back({record.group, host, now});
    return true;
  }
  /// Who asked for the group last, `since` then; nothing when nobody did.
  std::optional<Refusal> Last(const Address& group, Time since) const {
    const auto last = std::find_if(refusals_.rbegin(), refusals_.rend(), [&](const Refusal& each) {
      return each.group == group && each.when >= since;
    });
    if (last == refusals_.rend()) return std::nullopt;
    return *last;
  }
  void Clear() { refusals_.clear(); }

 private:
  static bool AsksForMore(const GroupRecord<F>& record) {
    switch (record.type) {
      case RecordType::kIsEx:
      case RecordType::kToEx:
        return true;
      case RecordType::kIsIn:
      case RecordType::kToIn:
      case RecordType::kAllow:
        return !record.sources.empty();
      case RecordType::kBlock:
        break;
    }
    return false;
  }

  std::deque<Refusal> refusals_;
};

}  // namespace bpfcast
