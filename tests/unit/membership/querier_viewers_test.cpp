// C-81, C-82: whatever the hosts of a link do, nobody loses a source that somebody else gave up. Hosts of
// both versions with random wishes join, change and leave; those of the older version suppress each other's
// reports.
#include <cstdint>
#include <iostream>
#include <random>

#include "router_querier.h"

namespace bpfcast {
namespace {

constexpr unsigned kHosts = 5;
constexpr unsigned kSources = 3;
#ifdef NDEBUG
constexpr int kSteps = 20000;
#else
constexpr int kSteps = 4000;
#endif

template <class F>
class Viewers : public QuerierBed<F> {
 protected:
  struct Viewer {
    bool older = false;
    bool was_heard = false;  // the router had a report since it started
    bool last_to_report = false;
    MembershipRecord<F> wants;
  };
  struct Answer {
    unsigned host;
    Query<F> query;
  };

  long Below(long n) { return static_cast<long>(random() % static_cast<std::uint64_t>(n)); }
  std::vector<typename F::Address> RandomSources() {
    std::vector<typename F::Address> sources;
    for (unsigned n = 1; n <= kSources; ++n) {
      if (Below(2) == 0) sources.push_back(Bed<F>::Source(n));
    }
    return sources;
  }

  void Say(unsigned host, RecordType type, const SourceSet<F>& sources = {}) {
    const Version version = viewers[host].older ? Version::kV2 : Version::kV3;
    this->HearFrom(Bed<F>::Host(host), at, {version, {{type, kGroup, sources.addresses()}}});
    if (type != RecordType::kToIn && type != RecordType::kBlock) viewers[host].was_heard = true;
    if (viewers[host].older && type == RecordType::kIsEx) {
      for (Viewer& viewer : viewers) viewer.last_to_report = false;
      viewers[host].last_to_report = true;
      // The others of its version need not answer any more.
      for (auto it = answers.begin(); it != answers.end();) {
        it = viewers[it->second.host].older ? answers.erase(it) : std::next(it);
      }
    }
    FollowQueries();
  }

  /// Every host will answer every query in its time.
  void FollowQueries() {
    for (; queries_seen < this->sent.size(); ++queries_seen) {
      const auto& [when, query] = this->sent[queries_seen];
      for (unsigned host = 0; host < kHosts; ++host) {
        const double delay = InSeconds(query.max_response_time) * static_cast<double>(1 + Below(99)) / 100;
        answers.emplace(when + delay, Answer{host, query});
      }
    }
  }

  void Reply(const Answer& answer) {
    const Viewer& viewer = viewers[answer.host];
    if (viewer.wants.IsEmpty()) return;
    const bool exclude = viewer.wants.mode == FilterMode::kExclude;
    if (viewer.older || answer.query.sources.empty()) {
      Say(answer.host, exclude ? RecordType::kIsEx : RecordType::kIsIn, viewer.wants.sources);
      return;
    }
    const SourceSet<F> asked(answer.query.sources);
    const auto wanted = exclude ? asked - viewer.wants.sources : asked * viewer.wants.sources;
    if (!wanted.empty()) Say(answer.host, RecordType::kIsIn, wanted);
  }

  void ChangeMind(unsigned host) {
    Viewer& viewer = viewers[host];
    const MembershipRecord<F> before = viewer.wants;
    const bool leaves = Below(3) != 0;
    if (viewer.older) {
      viewer.wants = leaves ? MembershipRecord<F>() : Exclude<F>({});
      if (viewer.wants == before) return;
      if (leaves && !viewer.last_to_report) return;  // leaves without a word
      Say(host, leaves ? RecordType::kToIn : RecordType::kIsEx);
      return;
    }
    viewer.wants = MembershipRecord<F>();
    if (!leaves) {
      viewer.wants = {Below(3) == 0 ? FilterMode::kInclude : FilterMode::kExclude,
                      SourceSet<F>(Below(2) == 0 ? RandomSources() : std::vector<typename F::Address>())};
    }
    const auto& [mode, list] = viewer.wants;
    for (int transmission = 0; transmission < 2; ++transmission) {
      if (mode != before.mode) {
        Say(host, mode == FilterMode::kExclude ? RecordType::kToEx : RecordType::kToIn, list);
        continue;
      }
      const bool exclude = mode == FilterMode::kExclude;
      const auto allow = exclude ? before.sources - list : list - before.sources;
      const auto block = exclude ? list - before.sources : before.sources - list;
      if (!allow.empty()) Say(host, RecordType::kAllow, allow);
      if (!block.empty()) Say(host, RecordType::kBlock, block);
    }
  }

  /// Timers and answers in the order of their times.
  void Advance(double until) {
    while (!this->HasFatalFailure()) {
      const double timer = InSeconds(this->querier->NextExpiry() - At(0));
      const double answer = answers.empty() ? until : answers.begin()->first;
      if (std::min(timer, answer) >= until) break;
      at = std::max(at, std::min(timer, answer));
      if (answer <= timer) {
        const Answer next = answers.begin()->second;
        answers.erase(answers.begin());
        Reply(next);
      } else {
        this->RunTo(at);
        FollowQueries();
      }
      CheckAllAreServed();
    }
    at = until;
  }

  void CheckAllAreServed() {
    const auto served = this->querier->Membership(kGroup);
    for (unsigned host = 0; host < kHosts; ++host) {
      if (!viewers[host].was_heard) continue;
      for (unsigned n = 1; n <= kSources; ++n) {
        const auto source = Bed<F>::Source(n);
        ASSERT_TRUE(!viewers[host].wants.Wants(source) || served.Wants(source))
            << "host " << host << " lost source " << n << " at " << at;
      }
    }
  }

  std::mt19937_64 random;
  std::vector<Viewer> viewers{kHosts};
  std::multimap<double, Answer> answers;
  std::size_t queries_seen = 0;
  double at = 0;
  const typename F::Address kGroup = Bed<F>::Group();
};
TYPED_TEST_SUITE(Viewers, BothFamilies);

TYPED_TEST(Viewers, C_82_NobodyLosesWhatSomebodyElseGivesUp) {
  const std::uint64_t seed = std::random_device()();
  std::cout << "seed " << seed << '\n';
  this->random.seed(seed);
  this->config.fast_leave = FastLeave::kTracked;
  Timing& timing = this->config.timing;
  timing.query_interval = Seconds(5);
  timing.query_response_interval = Seconds(1);
  timing.startup_query_interval = Seconds(1.25);
  timing.last_member_query_interval = Seconds(0.2);
  this->Start(0);
  int gone_at_once = 0;
  for (int step = 0; step < kSteps && !this->HasFatalFailure(); ++step) {
    SCOPED_TRACE(testing::Message() << "seed " << seed << " step " << step);
    this->Advance(this->at + static_cast<double>(1 + this->Below(this->Below(10) == 0 ? 20000 : 500)) / 1000);
    const unsigned host = static_cast<unsigned>(this->Below(kHosts));
    if (this->viewers[host].wants.IsEmpty() && this->Below(3) == 0) {
      this->viewers[host] = {};
      this->viewers[host].older = host < 2 && this->Below(3) == 0;
    }
    const bool was_there = this->querier->Find(this->kGroup) != nullptr;
    this->ChangeMind(host);
    if (was_there && this->querier->Find(this->kGroup) == nullptr) ++gone_at_once;
    this->CheckAllAreServed();
  }
  EXPECT_GT(gone_at_once, kSteps / 500) << "the case is hardly ever there";
}

}  // namespace
}  // namespace bpfcast
