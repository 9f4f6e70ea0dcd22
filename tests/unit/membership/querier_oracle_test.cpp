// TC-13 on a whole link: random reports of several records for several groups, each group against its own
// second model of group_oracle.h. QuerierBed checks after every call that exactly the groups whose membership
// changed are named.
#include <array>
#include <cstdint>
#include <random>

#include "group_oracle.h"
#include "router_querier.h"

namespace bpfcast {
namespace {

constexpr unsigned kGroups = 3;

template <class F>
class QuerierOracle : public QuerierBed<F> {
 protected:
  static double InSecondsOf(long tick) { return static_cast<double>(tick) / kOracleTicksPerSecond; }

  void Play(const OracleRun& run, const OracleParameters& parameters) {
    std::mt19937_64 random(run.seed);
    const auto below = [&](long n) { return static_cast<long>(random() % static_cast<std::uint64_t>(n)); };
    std::vector<GroupOracle> oracles(kGroups, GroupOracle(parameters));
    std::array<std::vector<Asked>, kGroups> expected;
    long now = 0;
    // An empty state is no state: the next record meets a new one, with no host known.
    const auto forget_empty = [&] {
      for (GroupOracle& oracle : oracles) {
        if (oracle.Empty()) oracle = GroupOracle(parameters);
      }
    };
    const auto walk_to = [&](long end) {
      while (now < end) {
        ++now;
        for (unsigned g = 0; g < kGroups; ++g) oracles[g].Tick(now, expected[g]);
        forget_empty();
      }
      this->RunTo(InSecondsOf(end));
    };
    this->Start(0);
    for (int step = 0; step < run.steps / 10 && !this->HasFatalFailure(); ++step) {
      SCOPED_TRACE(testing::Message() << "step " << step);
      walk_to(now + (below(20) == 0 ? below(200) : below(6)));
      const long tick = now + 1;
      Report<F> report;
      if (below(30) == 0) {
        report.version = F::kOldestVersion == Version::kV1 && below(2) == 0 ? Version::kV1 : Version::kV2;
      }
      const bool older = report.version != Version::kV3;
      for (long left = older ? 1 : 1 + below(4); left > 0; --left) {
        const auto g = static_cast<unsigned>(below(kGroups));
        const RecordType type = older ? RecordType::kIsEx : static_cast<RecordType>(1 + below(6));
        const unsigned list = older ? 0 : static_cast<unsigned>(below(1 << kOracleSources));
        std::vector<typename F::Address> sources;
        for (unsigned i = 0; i < kOracleSources; ++i) {
          if ((list >> i & 1) != 0) sources.push_back(Bed<F>::Source(i + 1));
        }
        report.records.push_back({type, Bed<F>::Group(g), std::move(sources)});
        oracles[g].Record(type, list, report.version, tick, expected[g]);
        forget_empty();
      }
      this->Hear(InSecondsOf(tick), report);
      walk_to(tick);
      for (unsigned g = 0; g < kGroups; ++g) {
        ASSERT_NO_FATAL_FAILURE(ExpectSame(oracles[g], Bed<F>::Group(g)));
        ASSERT_EQ(AskedAbout(Bed<F>::Group(g)), expected[g]) << "group " << g;
        expected[g].clear();
      }
      this->sent.clear();
    }
  }

 private:
  void ExpectSame(const GroupOracle& oracle, const typename F::Address& group) {
    const auto record = this->querier->Membership(group);
    ASSERT_EQ(record.IsEmpty(), oracle.Empty());
    ASSERT_EQ(record.mode == FilterMode::kExclude, oracle.exclude);
    for (unsigned i = 0; i < kOracleSources; ++i) {
      const auto standing = oracle.sources[i].standing;
      // C-04
      const bool wanted = oracle.exclude ? standing != GroupOracle::Standing::kBlocked
                                         : standing == GroupOracle::Standing::kForwarded;
      ASSERT_EQ(record.Wants(Bed<F>::Source(i + 1)), wanted) << "source " << i + 1;
    }
  }
  std::vector<Asked> AskedAbout(const typename F::Address& group) const {
    std::vector<Asked> asked;
    for (const auto& [at, query] : this->sent) {
      if (query.group == group) asked.push_back(ToAsked(query, At(at)));
    }
    return asked;
  }
};
TYPED_TEST_SUITE(QuerierOracle, BothFamilies);

TYPED_TEST(QuerierOracle, TC_13_RandomReportsGiveTheSameMembershipAndQueriesOfEveryGroup) {
  const OracleRun run = OracleRun::Announce();
  // Profile FAST of B.1: GMI 12 s, OHPI 11 s, LMQI 0.2 s, LMQT 0.4 s.
  Timing& timing = this->config.timing;
  timing.query_interval = Seconds(5);
  timing.query_response_interval = Seconds(1);
  timing.last_member_query_interval = Seconds(0.2);
  timing.startup_query_interval = Seconds(1.25);
  this->Play(run, {120, 110, 2, 4, 2, true});
}

}  // namespace
}  // namespace bpfcast
