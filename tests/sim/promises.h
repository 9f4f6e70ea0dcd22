// Promises: what the members of one link may rely on, and how long it takes. The bounds are those of the
// RFCs, never of the code.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "names.h"
#include "variables.h"
#include "wire/family.h"

namespace bpfcast::sim {

/// Does the link's router hear of a departure, and soon?
enum class Departure : std::uint8_t {
  kSaid,    // in a report of the member's version, with its retransmissions
  kSilent,  // the member died, may not say it, or says it once and the link loses packets
};

struct LinkTraits {
  Version version = Version::kV3;  // of its routers' queries
  unsigned routers = 1;
  bool in_order = true;  // packets do not overtake each other
  bool lossless = true;
  bool fast_leave = false;
  Duration longest_delay{};
};

/// Who is told to want what since when, on one link. Two promises:
///
/// Join. What a member has wanted for the time that robust reports take, the link gets, as long as nobody
/// disturbs the service of the link.
///   - version 3: RV transmissions at most the Unsolicited Report Interval apart (RFC 9776 5.1), of which one
///   arrives.
///   - older: the same with 10 s (RFC 2236 8.10, RFC 1112).
///   - after a router starts: RV-1 startup queries may be lost, the answers to the next one take up to the
///   Query Response
///     Interval (10 s in version 1).
///   - while a querier fails another needs the Other Querier Present Interval, and may have missed RV-1
///   rounds.
///   - a member that changes its version cancels what it had to say (RFC 9776 7.2.1); it answers within RV
///   rounds.
///   - beside hosts of version 1 the router ignores TO_IN (RFC 9776 7.3.2): a member that goes over to
///   INCLUDE lives on what was believed before, and is known by its answer within RV rounds.
///
/// Stop. What nobody wants any more, the link does not get for longer than
///   - a leave that is told: RV-1 lost transmissions, then the Last Member Query Time.
///   - silence, and all leaves that the router has to ignore (version 1; BLOCK beside hosts of older
///   versions; no specific
///     queries in older versions): the Group Membership Interval after the last report.
///   - while hosts in EXCLUDE mode are there that list the source: it is blocked only once a report of them
///   named it, which
///     the router then believes for another Group Membership Interval, and not before the older hosts are
///     forgotten.
class Promises {
 public:
  Promises(const Variables& variables, const LinkTraits& traits, unsigned groups, unsigned sources);

  unsigned AddMember(Version mode);
  /// Returns when to look again.
  std::vector<Time> Tell(unsigned member, unsigned group, const Filter& told, Departure how, Time now);
  std::vector<Time> SetMode(unsigned member, Version mode, Time now);
  /// What the member still had to say of its last changes it does not say any more: it died, lost its link,
  /// or speaks another version.
  std::vector<Time> FallSilent(unsigned member, Time now);
  /// A report of an older version was sent on the link.
  void HearOlderReport(unsigned group, Version version, Time now);
  /// A router of the link came or went; `up` are there now.
  std::vector<Time> SetRouters(unsigned up, Time now);

  const Filter& Told(unsigned member, unsigned group) const { return members_[member].told[group]; }
  Version Mode(unsigned member) const { return members_[member].mode; }
  Duration Slack() const;

  using Forwards = std::function<bool(unsigned group, unsigned source)>;
  /// Empty when the promises about the group hold.
  std::string Check(unsigned group, Time now, const Forwards& forwards) const;

 private:
  struct Member {
    Version mode = Version::kV3;
    Time mode_settles = Time::min();
    std::vector<Filter> told;                     // by group
    std::vector<std::vector<Time>> wanted_since;  // by group and source
    std::vector<Time> changed;                    // by group
    std::vector<Time> heard_by;  // by group: until then the router may not know what it wants
  };
  /// Of one source of a group.
  struct Watch {
    Time unwanted_since = Time::min();
    Time stops_by = Time::min();
    Time listed_last = Time::min();  // by a member in EXCLUDE mode
  };
  struct Group {
    Time version1_heard = Time::min();
    Time older_heard = Time::min();
    std::vector<Watch> watches;
  };

  bool IsWanted(unsigned group, unsigned source) const;
  bool IsListed(unsigned group, unsigned source) const;
  Duration JoinTakes(const Member& member) const;
  Duration AnswerTakes() const;
  Duration StopTakes(const Member& member, const Filter& before, const Group& group, Departure how,
                     Time now) const;
  Time StopsBy(unsigned group, unsigned source) const;
  Duration StopsAtLast() const;
  Duration SilenceTakes() const;
  bool Remembers(Time heard, Time now) const;

  Variables variables_;
  LinkTraits traits_;
  unsigned sources_;  // and one more that nobody names
  std::vector<Member> members_;
  std::vector<Group> groups_;
  Time settles_ = kNever;  // of the service
  bool silent_departures_ = false;
};

}  // namespace bpfcast::sim
