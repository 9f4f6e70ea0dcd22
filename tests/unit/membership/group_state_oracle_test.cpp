// TC-13: random records and times against the second model of group_oracle.h.
#include <cstdint>
#include <optional>
#include <random>

#include "group_oracle.h"
#include "router_group_state.h"

namespace bpfcast {
namespace {

template <class F>
class GroupStateOracle : public GroupStateBed<F> {
 protected:
  static double InSecondsOf(long tick) { return static_cast<double>(tick) / kOracleTicksPerSecond; }

  void ExpectSame(const GroupOracle& oracle) {
    ASSERT_EQ(this->state.IsEmpty(), oracle.Empty());
    ASSERT_EQ(this->state.mode() == FilterMode::kExclude, oracle.exclude);
    ASSERT_EQ(this->state.GroupTimer(), oracle.exclude ? At(InSecondsOf(oracle.group_ends)) : kNever);
    ASSERT_EQ(static_cast<int>(this->state.HostVersion()), oracle.Mode());
    const auto excluded = this->state.Excluded();
    for (unsigned i = 0; i < kOracleSources; ++i) {
      const auto address = Bed<F>::Source(i + 1);
      std::optional<Time> timer;
      if (oracle.sources[i].standing == GroupOracle::Standing::kForwarded)
        timer = At(InSecondsOf(oracle.sources[i].ends));
      ASSERT_TRUE(this->state.SourceTimer(address) == timer) << "source " << i + 1;
      ASSERT_EQ(excluded.Contains(address), oracle.sources[i].standing == GroupOracle::Standing::kBlocked);
    }
  }

  void Play(std::uint64_t seed, int steps, const OracleParameters& parameters) {
    std::mt19937_64 random(seed);
    const auto below = [&](long n) { return static_cast<long>(random() % static_cast<std::uint64_t>(n)); };
    GroupOracle oracle(parameters);
    std::vector<Asked> expected;
    long now = 0;
    const auto walk_to = [&](long end) {
      while (now < end) oracle.Tick(++now, expected);
      this->RunTo(InSecondsOf(end));
    };
    for (int step = 0; step < steps && !this->HasFatalFailure(); ++step) {
      SCOPED_TRACE(testing::Message() << "generator " << seed << " step " << step);
      walk_to(now + (below(20) == 0 ? below(200) : below(6)));
      const bool timers_of_this_tick_first = below(2) == 0;
      const long tick = now + 1;
      if (timers_of_this_tick_first) walk_to(tick);
      const auto type = static_cast<RecordType>(1 + below(6));
      unsigned list = static_cast<unsigned>(below(1 << kOracleSources));
      Version version = Version::kV3;
      if (below(30) == 0 && type == RecordType::kIsEx) {
        version = F::kOldestVersion == Version::kV1 && below(2) == 0 ? Version::kV1 : Version::kV2;
        list = 0;
      }
      std::vector<typename F::Address> sources;
      for (unsigned i = 0; i < kOracleSources; ++i) {
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
        oracle = GroupOracle(parameters);
        this->state = GroupState<F>(Bed<F>::Group());
      }
    }
  }
};
TYPED_TEST_SUITE(GroupStateOracle, BothFamilies);

TYPED_TEST(GroupStateOracle, TC_13_RandomStepsGiveTheSameStateTimersAndQueries) {
  const OracleRun run = OracleRun::Announce();
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
      this->Play(run.seed + lmqc, run.steps / 4,
                 {120, 110, 2, 2L * lmqc, lmqc, role == RouterRole::kQuerier});
      if (this->HasFatalFailure()) return;
    }
  }
}

}  // namespace
}  // namespace bpfcast
