// OtherQueriers: the election of the querier of one link, RFC 9776 section 6.6.2 (RFC 9777 section 7.6.2).
#pragma once

#include <cstddef>
#include <map>
#include <optional>

#include "base/time.h"
#include "membership/timing.h"
#include "wire/message.h"

namespace bpfcast {

/// The routers that won against us and were heard within the Other Querier Present Interval (C-53), each with
/// the variables of its last query. The lowest of them is the elected querier. Never empty while the Other
/// Querier Present timer runs, which is the last of their deadlines.
template <class F>
class OtherQueriers {
 public:
  using Address = typename F::Address;

  /// Beyond it the highest addresses are forgotten, which matter least.
  static constexpr std::size_t kMaxRouters = 16;

  /// Does a query from `source` elect it? The unspecified address never wins (C-55).
  static bool Elects(const Query<F>& query, const Address& source, const Address& own);

  /// Notes a query that elects its source.
  void OnElecting(const Query<F>& query, const Address& source);
  /// The source of the query that was just noted stays present until then (C-53).
  void Keep(const Address& source, Time until);
  /// Another query: its variables are noted when its source is known (B-20).
  void OnOther(const Query<F>& query, const Address& source);

  /// The lowest; nothing while we are the querier.
  std::optional<Address> Elected() const;
  /// B-20, B-21, B-23: `configured` with what the elected querier says of it.
  Timing Adopt(const Timing& configured) const;

  /// When the next router is given up; kNever when there is none.
  Time NextExpiry() const;
  /// When the last one is given up: the Other Querier Present timer (C-54).
  Time LastExpiry() const;
  void Expire(Time now);
  void Clear() { routers_.clear(); }

 private:
  struct Router {
    Time expires = kNever;
    unsigned robustness = 0;                          // 0: it did not say
    Duration query_interval{};                        // 0: it did not say
    std::optional<Duration> query_response_interval;  // of its last General Query
  };
  struct IsLower {
    bool operator()(const Address& a, const Address& b) const { return F::ElectionId(a) < F::ElectionId(b); }
  };

  static void Note(const Query<F>& query, Router& router);

  std::map<Address, Router, IsLower> routers_;
};

extern template class OtherQueriers<Igmp>;
extern template class OtherQueriers<Mld>;

}  // namespace bpfcast
