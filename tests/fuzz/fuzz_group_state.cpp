// Scripts for one GroupState: records, queries of another querier, time, the role and the settings of its
// link. After every step its invariants hold; in the end, left alone, it is gone.
#include <algorithm>

#include "fuzz/check.h"
#include "fuzz/script.h"
#include "membership/group_state.h"

namespace bpfcast::fuzz {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kMostSources = 4;
constexpr std::size_t kMostHosts = 3;

template <class F>
class GroupStateRun {
 public:
  explicit GroupStateRun(Script& script) : script_(script), state_(Cast<F>::Group(0)) {
    Timing& timing = rules_.timing;
    timing.robustness = 2;
    timing.query_interval = seconds(125);
    timing.query_response_interval = seconds(10);
    timing.last_member_query_interval = seconds(1);
    timing.unsolicited_report_interval = seconds(1);
    timing.last_member_query_count = 2;
    rules_.max_sources_per_group = kMostSources;
    rules_.max_hosts_per_group = kMostHosts;
    rules_.max_sources_per_query = 2;
  }

  void Run() {
    while (!script_.ended()) {
      out_.clear();
      Step();
      CheckState();
      CheckQueries();
    }
    // Nobody reports any more.
    now_ += rules_.timing.GroupMembershipInterval() + rules_.timing.LastMemberQueryTime();
    ExpireTo(now_);
    Check(state_.IsEmpty(), "a group that nobody reports is forgotten");
  }

 private:
  void Step() {
    switch (script_.Below(8)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return Record();
      case 4: {
        constexpr Duration kSteps[] = {milliseconds(1), milliseconds(999), seconds(1),   seconds(2),
                                       seconds(10),     seconds(130),      seconds(258), seconds(270)};
        now_ += script_.OneOf(kSteps);
        return ExpireTo(now_);
      }
      case 5:  // up to the next deadline exactly
        if (state_.NextExpiry() == kNever) return;
        now_ = std::max(now_, state_.NextExpiry());
        return ExpireTo(now_);
      case 6:
        return ForeignQuery();
      default:
        return ChangeRules();
    }
  }

  void Record() {
    GroupRecord<F> record;
    record.type = static_cast<RecordType>(1 + script_.Below(6));
    record.group = state_.group();
    Reporter<F> reporter;
    reporter.address = Cast<F>::Host(script_.Below(6));
    const std::size_t oldest = static_cast<std::size_t>(F::kOldestVersion);
    reporter.version = static_cast<Version>(std::max(oldest, std::size_t{3} - script_.Below(8) / 3));
    if (reporter.version == Version::kV3) {
      for (std::uint8_t bits = script_.Octet(), i = 1; bits != 0; bits >>= 1, ++i) {
        if ((bits & 1) != 0) record.sources.push_back(Cast<F>::Source(i));
      }
    } else {
      const bool leave = record.type == RecordType::kToIn && reporter.version == Version::kV2;
      record.type = leave ? RecordType::kToIn : RecordType::kIsEx;
    }
    state_.OnRecord(record, reporter, rules_, now_, out_);
  }

  void ForeignQuery() {
    Query<F> query;
    query.group = state_.group();
    for (std::uint8_t bits = script_.Octet(), i = 1; bits != 0; bits >>= 1, ++i) {
      if ((bits & 1) != 0) query.sources.push_back(Cast<F>::Source(i));
    }
    state_.OnQuery(query, now_ + rules_.timing.LastMemberQueryTime());
  }

  void ChangeRules() {
    const std::uint8_t bits = script_.Octet();
    rules_.role = (bits & 1) != 0 ? RouterRole::kNonQuerier : RouterRole::kQuerier;
    rules_.fast_leave = (bits & 2) != 0 ? FastLeave::kTracked : FastLeave::kOff;
    if ((bits & 4) != 0) rules_.fast_leave = FastLeave::kAlways;
    rules_.exclude_lists = (bits & 8) != 0 ? ExcludeLists::kIgnored : ExcludeLists::kKept;
    rules_.source_overflow = (bits & 16) != 0 ? SourceOverflow::kWiden : SourceOverflow::kLeaveOut;
    rules_.version = (bits & 32) != 0 ? Version::kV2 : Version::kV3;
    if ((bits & 64) != 0) rules_.version = F::kOldestVersion;
  }

  void ExpireTo(Time now) {
    state_.Expire(now, rules_, out_);
    Check(state_.NextExpiry() > now, "no deadline stays behind");
  }

  void CheckState() const {
    const bool exclude = state_.mode() == FilterMode::kExclude;
    Check(state_.IsEmpty() || state_.NextExpiry() != kNever, "a live state has a deadline");
    Check((state_.GroupTimer() != kNever) == exclude, "the group timer runs in EXCLUDE and only there");
    Check(exclude || state_.Excluded().empty(), "in INCLUDE every source has a timer");
    const SourceSet<F> requested = state_.Requested();
    const SourceSet<F> excluded = state_.Excluded();
    Check((requested * excluded).empty(), "X and Y have nothing in common");
    Check(requested.size() + excluded.size() <= kMostSources, "sources are limited");
    Check(state_.hosts().size() <= kMostHosts, "hosts are limited");
    const Time latest = now_ + rules_.timing.GroupMembershipInterval();
    Check(!exclude || state_.GroupTimer() <= latest, "no group timer is longer than GMI");
    for (const auto& source : requested) {
      const auto timer = state_.SourceTimer(source);
      Check(timer && *timer <= latest, "no source timer is longer than GMI");
      Check(state_.NextExpiry() <= *timer, "the next deadline is the first");
    }
    const MembershipRecord<F> membership = state_.Membership();
    Check(membership.mode == state_.mode(), "what the link wants is in the mode of the state");
    Check(membership.sources == (exclude ? excluded : requested), "what the link wants is A, or all but Y");
  }

  void CheckQueries() const {
    for (const Query<F>& query : out_) {
      Check(query.group == state_.group(), "a group asks about itself");
      Check(query.version == rules_.version, "queries are in the version of the link");
      Check(query.version == Version::kV3 || query.sources.empty(), "older queries name no source");
      Check(query.version != Version::kV1, "IGMPv1 has no specific queries");
      Check(query.sources.size() <= rules_.max_sources_per_query, "queries fit the link");
    }
    Check(out_.size() <= 64, "a step is answered with few queries");
  }

  Script& script_;
  GroupState<F> state_;
  LinkRules rules_;
  Time now_ = Time() + seconds(1000);
  std::vector<Query<F>> out_;
};

}  // namespace
}  // namespace bpfcast::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bpfcast;
  fuzz::Script script({data, size});
  if (script.Below(2) == 0) {
    fuzz::GroupStateRun<Igmp>(script).Run();
  } else {
    fuzz::GroupStateRun<Mld>(script).Run();
  }
  return 0;
}
