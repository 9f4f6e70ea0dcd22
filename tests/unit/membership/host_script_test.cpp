// Random scripts of changes, queries and time: what the neighbour router learns from the reports is the
// database.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>

#include "host_bed.h"

namespace bpfcast {
namespace {

bool TellsAChange(RecordType type) {
  return type != RecordType::kIsIn && type != RecordType::kIsEx;
}

/// What a router that hears only us concludes that we want of a group.
template <class F>
void Learn(MembershipRecord<F>& view, const GroupRecord<F>& record) {
  const SourceSet<F> sources(record.sources);
  const bool include = view.mode == FilterMode::kInclude;
  switch (record.type) {
    case RecordType::kToIn:
      view = {FilterMode::kInclude, sources};
      break;
    case RecordType::kIsEx:
    case RecordType::kToEx:
      view = {FilterMode::kExclude, sources};
      break;
    case RecordType::kIsIn:
    case RecordType::kAllow:
      view.sources = include ? view.sources + sources : view.sources - sources;
      break;
    case RecordType::kBlock:
      view.sources = include ? view.sources - sources : view.sources + sources;
      break;
  }
}

template <class F>
class Script {
 public:
  using Bed = HostBed<F>;
  using Address = typename F::Address;

  Script(std::uint64_t seed, unsigned robustness)
      : robustness_(robustness), random_(seed), bed_(seed, Config(robustness)) {}

  /// Queriers of all versions come and go; in the end each hears the database, as far as it can be said to
  /// it.
  void RunWithQueriersOfAllVersions() {
    for (unsigned step = 0; step < 300; ++step) {
      const unsigned choice = Draw(12);
      if (choice < 5) {
        Change();
      } else if (choice < 7) {
        AskOlder();
      } else if (choice < 8) {
        Ask();
      } else if (choice < 9) {
        bed_.host.OnReport({Version::kV2, {Bed::Record(RecordType::kIsEx, {}, 1 + Draw(5))}});
      } else {
        // Sometimes long enough for the older queriers to be given up (260 s).
        Pass(Draw(20) == 0 ? Draw(400) : Draw(2) == 0 ? Draw(30) / 1e3 : Draw(9000) / 1e3);
      }
      if (testing::Test::HasFailure()) return;
    }
    Pass(400);
    EXPECT_EQ(bed_.host.NextExpiry(), kNever);
    EXPECT_EQ(bed_.host.mode(), Version::kV3);
    for (const Version version : {Version::kV3, Version::kV2, Version::kV1}) {
      if (version >= F::kOldestVersion) HearTheDatabase(version);
    }
  }

  /// `loss`: reports get lost, but never as many in a row about one group as would be too many (RV - 1).
  void Run(bool with_queries, bool with_loss) {
    with_loss_ = with_loss;
    for (unsigned step = 0; step < 300; ++step) {
      const unsigned choice = Draw(10);
      if (choice < 5) {
        Change();
      } else if (choice < 7 && with_queries) {
        Ask();
      } else {
        Pass(Draw(2) == 0 ? Draw(30) / 1e3 : Draw(3000) / 1e3);
      }
      if (testing::Test::HasFailure()) return;
    }
    Pass(60);
    EXPECT_EQ(bed_.host.NextExpiry(), kNever);
    for (const Address& group : Groups()) {
      EXPECT_EQ(view_[group], bed_.database.Merged(group)) << group.ToString();
      if (changed_.contains(group)) {
        EXPECT_EQ(told_[group], robustness_) << group.ToString();
      }
    }
  }

 private:
  static HostConfig<F> Config(unsigned robustness) {
    HostConfig<F> config = Bed::Config(robustness);
    config.mtu = 200;  // several reports at a time
    return config;
  }
  static std::vector<Address> Groups() {
    std::vector<Address> groups{HostBedAddresses<F>::SsmGroup()};
    for (unsigned n = 1; n <= 5; ++n) groups.push_back(Bed::G(n));
    return groups;
  }
  unsigned Draw(unsigned below) { return static_cast<unsigned>(random_() % below); }

  void Change() {
    MembershipRecord<F> record;
    std::vector<Address> sources;
    for (unsigned n = 1; n <= 6; ++n) {
      if (Draw(2) == 0) sources.push_back(Bed::S(n));
    }
    const Address group = Groups()[Draw(6)];
    if (Draw(3) > 0) record.sources = SourceSet<F>(sources);
    if (Draw(2) == 0 && group != HostBedAddresses<F>::SsmGroup()) record.mode = FilterMode::kExclude;
    const PortId link{static_cast<std::uint16_t>(1 + Draw(3))};
    const auto before = bed_.database.Merged(group);
    bed_.WantAddress(record, group, link);
    if (bed_.database.Merged(group) != before) {
      changed_.insert(group);
      told_[group] = 0;
    }
    if (Draw(4) == 0)
      bed_.WantAddress(Bed::Exclude({}), HostBedAddresses<F>::LinkLocalGroups().front(), link);
  }

  void Ask() {
    Query<F> query;
    if (Draw(2) == 0) query.group = Groups()[Draw(6)];
    if (!query.IsGeneral() && Draw(2) == 0) query.sources = {Bed::S(1 + Draw(6)), Bed::S(1 + Draw(6))};
    query.max_response_time = std::chrono::milliseconds(Draw(5000));
    query.robustness = Draw(2) == 0 ? 0 : robustness_;
    bed_.host.OnQuery(query, bed_.now);
  }

  void AskOlder() {
    const Version version = Draw(3) == 0 ? F::kOldestVersion : Version::kV2;
    if (version == Version::kV2 && Draw(2) == 0) {
      bed_.OlderGroupQuery(version, Draw(10) / 1e1, 1 + Draw(5));
    } else {
      bed_.OlderQuery(version, version == Version::kV1 ? 10 : Draw(255) / 1e1);
    }
  }

  void HearTheDatabase(Version version) {
    view_.clear();
    if (version == Version::kV3) {
      bed_.GeneralQuery(10);
    } else {
      bed_.OlderQuery(version);
    }
    Pass(20);
    EXPECT_EQ(bed_.host.mode(), version);
    for (const Address& group : Groups()) {
      MembershipRecord<F> expected = bed_.database.Merged(group);
      if (version != Version::kV3 && !expected.IsEmpty()) expected = Bed::Exclude({});
      if (version != Version::kV3 && group == HostBedAddresses<F>::SsmGroup()) expected = Bed::None();
      EXPECT_EQ(view_[group], expected) << group.ToString() << " in version " << static_cast<int>(version);
    }
  }

  void Pass(double seconds) {
    const Time end = bed_.now + Bed::At(seconds).time_since_epoch();
    while (bed_.host.NextExpiry() <= end) {
      ASSERT_GE(bed_.host.NextExpiry(), bed_.now);
      bed_.now = bed_.host.NextExpiry();
      bed_.Expire();
      ASSERT_GT(bed_.host.NextExpiry(), bed_.now);
      Hear();
    }
    bed_.now = end;
  }

  /// The reports of one wake-up.
  void Hear() {
    std::set<Address> told;
    for (const auto& packet : bed_.sent) {
      std::size_t size = F::kEnvelopeSize + F::kReportHeaderSize;
      for (const auto& record : packet.report.records) {
        size += F::kRecordHeaderSize + record.sources.size() * F::Address::kBytes;
        if (TellsAChange(record.type)) told.insert(record.group);
      }
      EXPECT_LE(size, 200u);
    }
    for (const Address& group : told) ++told_[group];

    bool lost = with_loss_ && Draw(2) == 0;
    for (const Address& group : told) lost = lost && lost_in_a_row_[group] + 1 < robustness_;
    for (const Address& group : told) lost_in_a_row_[group] = lost ? lost_in_a_row_[group] + 1 : 0;

    for (const auto& packet : bed_.sent) {
      for (const auto& record : packet.report.records) {
        packet.report.version == Version::kV3 ? Check(record) : CheckOlder(record);
        if (!lost) Learn(view_[record.group], record);
      }
    }
    bed_.sent.clear();
  }

  void Check(const GroupRecord<F>& record) {
    const auto& current = bed_.database.Merged(record.group);
    EXPECT_TRUE(F::IsRoutable(record.group));
    switch (record.type) {
      case RecordType::kIsEx:
      case RecordType::kToEx:
        EXPECT_NE(record.group, HostBedAddresses<F>::SsmGroup());
        EXPECT_EQ(current, (MembershipRecord<F>{FilterMode::kExclude, SourceSet<F>(record.sources)}));
        break;
      case RecordType::kToIn:
        EXPECT_EQ(current, (MembershipRecord<F>{FilterMode::kInclude, SourceSet<F>(record.sources)}));
        break;
      case RecordType::kIsIn:
      case RecordType::kAllow:
        EXPECT_FALSE(record.sources.empty());
        for (const auto& source : record.sources) EXPECT_TRUE(current.Wants(source));
        break;
      case RecordType::kBlock:
        EXPECT_FALSE(record.sources.empty());
        for (const auto& source : record.sources) EXPECT_FALSE(current.Wants(source));
        break;
    }
  }

  void CheckOlder(const GroupRecord<F>& record) {
    EXPECT_TRUE(F::IsRoutable(record.group));
    EXPECT_NE(record.group, HostBedAddresses<F>::SsmGroup());
    EXPECT_EQ(bed_.database.Merged(record.group).IsEmpty(), record.type == RecordType::kToIn);
  }

  unsigned robustness_;
  bool with_loss_ = false;
  std::mt19937_64 random_;
  Bed bed_;
  std::map<Address, MembershipRecord<F>> view_;
  std::set<Address> changed_;
  std::map<Address, unsigned> told_;  // state-change reports since the last change of the group
  std::map<Address, unsigned> lost_in_a_row_;
};

template <class F>
class HostScriptTest : public testing::Test {};

using BothFamilies = testing::Types<Igmp, Mld>;
TYPED_TEST_SUITE(HostScriptTest, BothFamilies);

TYPED_TEST(HostScriptTest, TheNeighbourLearnsTheDatabase) {
  for (std::uint64_t seed = 1; seed <= 100 && !this->HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Script<TypeParam>(seed, 2).Run(true, false);
  }
}

TYPED_TEST(HostScriptTest, D_20_QueriersOfEachVersionHearTheDatabase) {
  for (std::uint64_t seed = 1; seed <= 100 && !this->HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Script<TypeParam>(seed, 2).RunWithQueriersOfAllVersions();
  }
}

// RV - 1 losses in a row do no harm (B-01).
TYPED_TEST(HostScriptTest, B_01_TheNeighbourLearnsTheDatabaseInSpiteOfLosses) {
  for (std::uint64_t seed = 1; seed <= 100 && !this->HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Script<TypeParam>(seed, 3).Run(false, true);
  }
}

}  // namespace
}  // namespace bpfcast
