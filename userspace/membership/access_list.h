// AccessList: which groups and sources may be asked for on a link (C-85), or asked for upstream (E-08).
#pragma once

#include <cstdint>
#include <vector>

#include "membership/allowed.h"
#include "membership/membership_record.h"
#include "wire/family.h"

namespace bpfcast {

enum class Access : std::uint8_t { kPermit, kDeny };

template <class F>
struct AccessRule {
  using Address = typename F::Address;

  Access access = Access::kPermit;
  Prefix<Address> group;
  Prefix<Address> source{Address(), 0};

  bool operator==(const AccessRule&) const = default;
};

/// An ordered list; the last rule that matches decides, and `otherwise` when none does. `only_sources` holds
/// beside it: all sources of a group may then be asked for only when it has them all.
template <class F>
struct AccessList {
  using Address = typename F::Address;

  std::vector<AccessRule<F>> rules;
  Access otherwise = Access::kPermit;
  Allowed<Address> only_sources{};

  /// The rule that decides on all sources of the group, or on one; null: none matches, `otherwise` decides.
  const AccessRule<F>* Deciding(const Address& group) const;
  const AccessRule<F>* Deciding(const Address& group, const Address& source) const;

  /// May all sources of the group be asked for? Rules on single sources do not matter here.
  bool Permits(const Address& group) const;
  /// May this source of the group be asked for?
  bool Permits(const Address& group, const Address& source) const;

  /// May some sources of a group be asked for where not all may?
  bool TellsSourcesApart() const;

  bool operator==(const AccessList&) const = default;
};

/// What the list lets through of a record: all sources but denied ones in INCLUDE mode, all or nothing in
/// EXCLUDE mode.
template <class F>
MembershipRecord<F> Permitted(const AccessList<F>& list, const typename F::Address& group,
                              const MembershipRecord<F>& record);

/// The same for a link of which it is known too which sources its hosts ask for one by one: where the list
/// refuses all sources of the group it lets through those of them that it permits. So those who want the
/// whole group take nothing from those who name what they may have. `named()` is a SourceSet<F>.
template <class F, class Named>
MembershipRecord<F> Permitted(const AccessList<F>& list, const typename F::Address& group,
                              const MembershipRecord<F>& record, Named named) {
  const bool refused = record.mode == FilterMode::kExclude && !list.Permits(group);
  if (!refused || !list.TellsSourcesApart()) return Permitted(list, group, record);
  return Permitted(list, group, MembershipRecord<F>{FilterMode::kInclude, named() - record.sources});
}

extern template struct AccessList<Igmp>;
extern template struct AccessList<Mld>;

}  // namespace bpfcast
