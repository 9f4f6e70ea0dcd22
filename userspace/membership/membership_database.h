// MembershipDatabase: the merge over all downstream links (RFC 4605 section 4.1).
#pragma once

#include <map>
#include <optional>
#include <unordered_map>

#include "base/port_id.h"
#include "membership/membership_record.h"

namespace bpfcast {

/// A change of the merged record of one group; an empty record stands for none.
template <class F>
struct MembershipChange {
  typename F::Address group;
  MembershipRecord<F> before;
  MembershipRecord<F> after;
};

/// Keeps the pre-processed record (E-02) of every link that wants a group, and their merge (E-03).
/// Invariants: no empty record is stored; the merged record is that of Merge() over the stored ones.
template <class F>
class MembershipDatabase {
 public:
  using Address = typename F::Address;
  using LinkRecords = std::map<PortId, MembershipRecord<F>>;

  /// Sets what `link` wants of `group`; an empty record removes it. Returns the change of the merged record,
  /// or nothing when it stayed the same (E-04).
  std::optional<MembershipChange<F>> Set(PortId link, const Address& group,
                                         const MembershipRecord<F>& record);

  /// The merged record; empty when nobody wants the group. The reference is good until the next Set().
  const MembershipRecord<F>& Merged(const Address& group) const;
  /// What each link wants of the group. The reference is good until the next Set().
  const LinkRecords& Links(const Address& group) const;

  struct Group {
    LinkRecords links;
    MembershipRecord<F> merged;
  };
  const std::unordered_map<Address, Group>& groups() const { return groups_; }

  /// E-03: all INCLUDE -> INCLUDE(union); else EXCLUDE(intersection of exclude lists - union of include
  /// lists).
  static MembershipRecord<F> Merge(const LinkRecords& links);

 private:
  const Group& Find(const Address& group) const;

  std::unordered_map<Address, Group> groups_;
  Group nobody_;  // stands for every group that is not in the table; never written
};

extern template class MembershipDatabase<Igmp>;
extern template class MembershipDatabase<Mld>;

}  // namespace bpfcast
