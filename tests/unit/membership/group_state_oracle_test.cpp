// TC-13: random records and times against a second model that knows neither sets nor deadlines. It looks at
// one source at a time and walks through time tick by tick.
#include <array>
#include <cstdint>
#include <iostream>
#include <optional>
#include <random>

#include "router_group_state.h"

namespace bpfcast {
namespace {

#ifdef NDEBUG
constexpr int kSteps = 1000000;  // some seconds
#else
constexpr int kSteps = 100000;  // the same under sanitizers
#endif
constexpr unsigned kSources = 6;
constexpr long kTicksPerSecond = 10;

struct Parameters {
  long gmi, ohpi, lmqi, lmqt;  // ticks
  unsigned lmqc;
  bool querier;
};

class Oracle {
 public:
  enum class Standing { kUnknown, kForwarded, kBlocked };
  struct SourceModel {
    Standing standing = Standing::kUnknown;
    long ends = 0;
    unsigned asks = 0;
  };

  explicit Oracle(const Parameters& parameters) : p_(parameters) {}

  void Record(RecordType type, unsigned list, Version version, long now, std::vector<Asked>& out) {
    if (type == RecordType::kIsEx && version == Version::kV1) v1_ends = now + p_.ohpi;
    if (type == RecordType::kIsEx && version == Version::kV2) v2_ends = now + p_.ohpi;
    if (Mode() < 3 && type == RecordType::kBlock) return;
    if (Mode() < 2 && type == RecordType::kToIn) return;
    if (Mode() < 3 && type == RecordType::kToEx) list = 0;

    const long old_group_ends = group_ends;
    const bool was_exclude = exclude;
    bool send = false;
    for (unsigned i = 0; i < kSources; ++i) {
      SourceModel& source = sources[i];
      if (Apply(type, (list >> i & 1) != 0, was_exclude, source, now + p_.gmi, old_group_ends) &&
          p_.querier && source.ends > now + p_.lmqt) {
        source.ends = now + p_.lmqt;
        source.asks = p_.lmqc;
        send = true;
      }
    }
    if (type == RecordType::kIsEx || type == RecordType::kToEx) {
      exclude = true;
      group_ends = now + p_.gmi;
    }
    if (type == RecordType::kToIn && was_exclude && p_.querier) {
      const bool refreshed = group_ends > now + p_.lmqt;
      if (refreshed) group_ends = now + p_.lmqt;
      if (refreshed || group_asks == 0) {
        group_asks = p_.lmqc;
        send = true;
      }
    }
    if (send) Round(now, out);
  }

  /// C-40: Q(G), or Q(G,list), of the querier.
  void Query(unsigned list, long now) {
    const long lowered = now + p_.lmqt;
    if (list == 0 && exclude && group_ends > lowered) group_ends = lowered;
    for (unsigned i = 0; i < kSources; ++i) {
      if ((list >> i & 1) != 0 && sources[i].ends > lowered) sources[i].ends = lowered;
    }
  }

  /// What happens at the tick `now`, after its packets.
  void Tick(long now, std::vector<Asked>& out) {
    if (v1_ends == now) v1_ends = -1;
    if (v2_ends == now) v2_ends = -1;
    for (SourceModel& source : sources) {
      if (source.standing != Standing::kForwarded || source.ends != now) continue;
      source = {};
      if (exclude) source.standing = Standing::kBlocked;
    }
    if (exclude && group_ends == now) {
      exclude = false;
      group_asks = 0;
      for (SourceModel& source : sources) {
        if (source.standing == Standing::kBlocked) source = {};
      }
    }
    if (next_round == now) Round(now, out);
  }

  bool Empty() const {
    for (const SourceModel& source : sources) {
      if (source.standing != Standing::kUnknown) return false;
    }
    return !exclude;
  }
  int Mode() const { return v1_ends >= 0 ? 1 : v2_ends >= 0 ? 2 : 3; }

  std::array<SourceModel, kSources> sources;
  bool exclude = false;
  long group_ends = 0;
  unsigned group_asks = 0;
  long next_round = -1;
  long v1_ends = -1;
  long v2_ends = -1;

 private:
  /// The tables for one source; true when the table sends a query for it.
  static bool Apply(RecordType type, bool listed, bool exclude, SourceModel& source, long gmi,
                    long old_group_ends) {
    const Standing before = source.standing;
    const bool forwarded = before == Standing::kForwarded;
    switch (type) {
      case RecordType::kIsIn:
      case RecordType::kAllow:
      case RecordType::kToIn:
        if (listed) {
          source.standing = Standing::kForwarded;
          source.ends = gmi;
        }
        return type == RecordType::kToIn && forwarded && !listed;
      case RecordType::kIsEx:
      case RecordType::kToEx:
        if (!listed) {
          source = {};
          return false;
        }
        if (before == Standing::kUnknown) {
          source.standing = exclude ? Standing::kForwarded : Standing::kBlocked;
          source.ends = type == RecordType::kIsEx ? gmi : old_group_ends;
        }
        return type == RecordType::kToEx && source.standing == Standing::kForwarded;
      case RecordType::kBlock:
        if (!listed) return false;
        if (exclude && before == Standing::kUnknown) {
          source.standing = Standing::kForwarded;
          source.ends = old_group_ends;
        }
        return source.standing == Standing::kForwarded;
    }
    return false;
  }

  void Round(long now, std::vector<Asked>& out) {
    const double at = static_cast<double>(now) / kTicksPerSecond;
    if (group_asks > 0) out.push_back({at, group_ends > now + p_.lmqt ? 1U : 0U, {}});
    std::vector<unsigned> kept;
    std::vector<unsigned> lapsing;
    bool again = group_asks > 1;
    for (unsigned i = 0; i < kSources; ++i) {
      if (sources[i].asks == 0) continue;
      (sources[i].ends > now + p_.lmqt ? kept : lapsing).push_back(i + 1);
      again |= sources[i].asks > 1;
      --sources[i].asks;
    }
    if (group_asks > 0) --group_asks;
    if (!kept.empty()) out.push_back({at, 1, kept});
    if (!lapsing.empty()) out.push_back({at, 0, lapsing});
    next_round = again ? now + p_.lmqi : -1;
  }

  Parameters p_;
};

template <class F>
class GroupStateOracle : public GroupStateBed<F> {
 protected:
  static double InSecondsOf(long tick) { return static_cast<double>(tick) / kTicksPerSecond; }

  void ExpectSame(const Oracle& oracle) {
    ASSERT_EQ(this->state.IsEmpty(), oracle.Empty());
    ASSERT_EQ(this->state.mode() == FilterMode::kExclude, oracle.exclude);
    ASSERT_EQ(this->state.GroupTimer(), oracle.exclude ? At(InSecondsOf(oracle.group_ends)) : kNever);
    ASSERT_EQ(static_cast<int>(this->state.HostVersion()), oracle.Mode());
    const auto excluded = this->state.Excluded();
    for (unsigned i = 0; i < kSources; ++i) {
      const auto address = Bed<F>::Source(i + 1);
      std::optional<Time> timer;
      if (oracle.sources[i].standing == Oracle::Standing::kForwarded)
        timer = At(InSecondsOf(oracle.sources[i].ends));
      ASSERT_TRUE(this->state.SourceTimer(address) == timer) << "source " << i + 1;
      ASSERT_EQ(excluded.Contains(address), oracle.sources[i].standing == Oracle::Standing::kBlocked);
    }
  }

  void Play(std::uint64_t seed, const Parameters& parameters) {
    std::mt19937_64 random(seed);
    const auto below = [&](long n) { return static_cast<long>(random() % static_cast<std::uint64_t>(n)); };
    Oracle oracle(parameters);
    std::vector<Asked> expected;
    long now = 0;
    const auto walk_to = [&](long end) {
      while (now < end) oracle.Tick(++now, expected);
      this->RunTo(InSecondsOf(end));
    };
    for (int step = 0; step < kSteps / 4 && !this->HasFatalFailure(); ++step) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << " step " << step);
      walk_to(now + (below(20) == 0 ? below(200) : below(6)));
      const bool timers_of_this_tick_first = below(2) == 0;
      const long tick = now + 1;
      if (timers_of_this_tick_first) walk_to(tick);
      const auto type = static_cast<RecordType>(1 + below(6));
      unsigned list = static_cast<unsigned>(below(1 << kSources));
      Version version = Version::kV3;
      if (below(30) == 0 && type == RecordType::kIsEx) {
        version = F::kOldestVersion == Version::kV1 && below(2) == 0 ? Version::kV1 : Version::kV2;
        list = 0;
      }
      std::vector<typename F::Address> sources;
      for (unsigned i = 0; i < kSources; ++i) {
        if ((list >> i & 1) != 0) sources.push_back(Bed<F>::Source(i + 1));
      }
      if (!parameters.querier && below(8) == 0) {
        if (below(2) == 0) {
          list = 0;
          sources.clear();
        }
        this->HearQuery(InSecondsOf(tick), sources, InSecondsOf(tick + parameters.lmqt));
        oracle.Query(list, tick);
      } else {
        this->Record(InSecondsOf(tick), type, sources, version);
        oracle.Record(type, list, version, tick, expected);
      }
      ExpectSame(oracle);
      if (!timers_of_this_tick_first) walk_to(tick);
      ExpectSame(oracle);
      ASSERT_EQ(this->asked, expected);
      this->asked.clear();
      this->queries.clear();
      expected.clear();
      if (oracle.Empty()) {  // as the querier does
        oracle = Oracle(parameters);
        this->state = GroupState<F>(Bed<F>::Group());
      }
    }
  }
};
TYPED_TEST_SUITE(GroupStateOracle, BothFamilies);

TYPED_TEST(GroupStateOracle, TC_13_RandomStepsGiveTheSameStateTimersAndQueries) {
  const std::uint64_t seed = std::random_device()();
  std::cout << "seed " << seed << '\n';
  // Profile FAST of B.1, so that timers run out between the records.
  Timing& timing = this->rules.timing;
  timing.query_interval = Seconds(5);
  timing.query_response_interval = Seconds(1);
  timing.last_member_query_interval = Seconds(0.2);
  for (const RouterRole role : {RouterRole::kQuerier, RouterRole::kNonQuerier}) {
    for (const unsigned lmqc : {2U, 3U}) {
      this->rules.role = role;
      timing.last_member_query_count = lmqc;
      this->state = GroupState<TypeParam>(Bed<TypeParam>::Group());
      this->now = At(0);
      this->Play(seed + lmqc, {120, 110, 2, 2L * lmqc, lmqc, role == RouterRole::kQuerier});
      if (this->HasFatalFailure()) return;
    }
  }
}

}  // namespace
}  // namespace bpfcast
