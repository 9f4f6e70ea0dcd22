// Loss: which packets a link may lose so that the protocol's robustness still has to cope with it.
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "dice.h"
#include "membership/source_set.h"
#include "variables.h"
#include "wire/message.h"

namespace bpfcast::sim {

/// RFC 9776 8.1: the protocol is robust to Robustness Variable - 1 lost packets in a row. What a row is:
///  - General Queries: a query with the answers to it is one round; at most RV-1 rounds of a router in a row
///  are bad, and
///    only in a bad round the query or its answers may be lost (GMI = RV * QI + 2 * QRI holds RV rounds).
///  - Specific queries: the same for the LMQC transmissions of a group's query.
///  - State-change reports: at most RV-1 transmissions in a row of one host about one group.
///  - Reports of older versions, which other hosts suppress: RV-1 in a row about one group on the link,
///  whoever sends.
///  - Leaves of version 2 are sent once; RFC 2236 relies on the Group Membership Interval when they are lost.
/// What is sent in one instant is one transmission, however many packets it takes, unless it asks about the
/// same again.
template <class F>
class Loss {
 public:
  Loss(const Variables& variables, Duration slack, unsigned percent, Dice dice)
      : variables_(variables), slack_(slack), percent_(percent), dice_(dice) {}

  /// Is this packet lost (for some, or for all)?
  bool Takes(const typename F::Address& sender, const Message<F>& message, Time now);
  /// No limits: what a link must not do.
  void LoseWithoutLimit() { without_limit_ = true; }

 private:
  /// A query with its answers.
  struct Round {
    Time at = Time::min();
    Time good_until = Time::min();  // answers to a good one may still come
    bool bad = false;
    unsigned bad_in_a_row = 0;
    SourceSet<F> named;  // by the queries at `at`
  };
  /// The transmissions of one sender about one group.
  struct Row {
    Time at = Time::min();
    bool lost = false;  // some part of the one at `at`
    unsigned lost_before = 0;
  };

  void Begin(Round& round, const Query<F>& query, Duration answers_within, Time now);
  bool AnswersMatter(const typename F::Address& group, Time now) const;
  bool LastOfRow(Row& row, Time now) const;
  bool MayLose(const typename F::Address& sender, const Report<F>& report, Time now);
  void NoteLost(const typename F::Address& sender, const Report<F>& report);

  Variables variables_;
  Duration slack_;
  unsigned percent_;
  Dice dice_;
  bool without_limit_ = false;
  std::map<typename F::Address, Round> general_;                                // by router
  std::map<typename F::Address, Round> specific_;                               // by group
  std::map<std::pair<typename F::Address, typename F::Address>, Row> changes_;  // by sender and group
  std::map<typename F::Address, Row> older_;                                    // by group
};

extern template class Loss<Igmp>;
extern template class Loss<Mld>;

}  // namespace bpfcast::sim
