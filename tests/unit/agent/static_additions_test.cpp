#include "agent/static_additions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace bpfcast {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using Until = StaticAdditions::Until;

class StaticAdditionsTest : public testing::Test {
 protected:
  StaticAdditionsTest()
      : config_(
            *ParseConfig("upstream = 'wan'\ndownstream = ['lan1', 'lan2']\n"
                         "[interface.lan1]\nstatic-groups = ['239.1.1.1']\nboundaries = ['239.9.0.0/16']\n",
                         "test.toml")) {
    std::string name = fs::temp_directory_path() / "bpfcast-static-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot create " + name);
    directory_ = name;
  }
  ~StaticAdditionsTest() override {
    std::error_code error;
    fs::remove_all(directory_, error);
  }
  StaticAdditions Open() const { return {UntilStop(), UntilLeave()}; }
  std::string UntilStop() const { return directory_ / "run"; }
  std::string UntilLeave() const { return directory_ / "lib" / "static"; }  // the directory is not there
  static std::string Read(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  const InterfaceConfig& Lan1() const { return config_.downstreams[0]; }
  const InterfaceConfig& Lan2() const { return config_.downstreams[1]; }
  static std::vector<StaticMembership<Igmp>> Of(const InterfaceConfig& config) {
    return config.ipv4.downstream.static_memberships;
  }

  fs::path directory_;
  Config config_;
};

const Ipv4Address kGroup = MakeIpv4(239, 1, 2, 3);
const Ipv4Address kChannel = MakeIpv4(232, 1, 1, 1);
const Ipv4Address kSource = MakeIpv4(10, 0, 0, 1);

TEST_F(StaticAdditionsTest, E_07_WhatIsJoinedComesToWhatTheConfigurationHas) {
  StaticAdditions additions = Open();
  ASSERT_TRUE(additions.Join(Lan1(), "239.1.2.3", Until::kStop));
  ASSERT_TRUE(additions.Join(Lan1(), "10.0.0.1@232.1.1.1", Until::kStop));
  const StaticMembership<Igmp> named{MakeIpv4(239, 1, 1, 1), std::nullopt};
  EXPECT_THAT(Of(additions.With(Lan1())),
              testing::UnorderedElementsAre(named, StaticMembership<Igmp>{kGroup, std::nullopt},
                                            StaticMembership<Igmp>{kChannel, kSource}));
  EXPECT_EQ(additions.With(Lan2()), Lan2()) << "it is of the other port";
}

TEST_F(StaticAdditionsTest, OnTheUpstreamItIsAskedForAndForwardedToNobody) {
  StaticAdditions additions = Open();
  ASSERT_TRUE(additions.Join(config_.upstream, "ff1e::1", Until::kStop));
  const InterfaceConfig with = additions.With(config_.upstream);
  ASSERT_EQ(with.ipv6.upstream.pull.size(), 1U);
  EXPECT_EQ(with.ipv6.upstream.pull[0].group, *Ipv6Address::Parse("ff1e::1"));
  EXPECT_TRUE(with.ipv6.downstream.static_memberships.empty());
}

TEST_F(StaticAdditionsTest, ACrashLosesNothingAndACleanStopWhatWasNotPersistent) {
  {
    StaticAdditions additions = Open();
    ASSERT_TRUE(additions.Join(Lan2(), "239.1.2.3", Until::kStop));
    ASSERT_TRUE(additions.Join(Lan2(), "10.0.0.1@232.1.1.1", Until::kLeave));
  }
  EXPECT_EQ(Read(UntilStop()), "lan2 239.1.2.3\n");
  EXPECT_EQ(Read(UntilLeave()), "lan2 10.0.0.1@232.1.1.1\n");
  StaticAdditions after_crash = Open();
  EXPECT_EQ(Of(after_crash.With(Lan2())).size(), 2U);
  after_crash.Stop();
  EXPECT_FALSE(fs::exists(UntilStop()));
  const auto after_stop = Of(Open().With(Lan2()));
  ASSERT_EQ(after_stop.size(), 1U);
  EXPECT_EQ(after_stop[0], (StaticMembership<Igmp>{kChannel, kSource}));
}

TEST_F(StaticAdditionsTest, JoinedAgainPersistentlyItIsPersistentAlone) {
  StaticAdditions additions = Open();
  ASSERT_TRUE(additions.Join(Lan2(), "239.1.2.3", Until::kStop));
  ASSERT_TRUE(additions.Join(Lan2(), "239.1.2.3", Until::kLeave));
  EXPECT_FALSE(fs::exists(UntilStop()));
  EXPECT_EQ(Read(UntilLeave()), "lan2 239.1.2.3\n");
}

TEST_F(StaticAdditionsTest, WhatIsPersistentStaysSoWhenItIsJoinedAgain) {
  StaticAdditions additions = Open();
  ASSERT_TRUE(additions.Join(Lan2(), "239.1.2.3", Until::kLeave));
  const auto again = additions.Join(Lan2(), "239.1.2.3", Until::kStop);
  ASSERT_TRUE(again);
  EXPECT_THAT(*again, HasSubstr("persistently already"));
  EXPECT_FALSE(fs::exists(UntilStop()));
  additions.Stop();
  EXPECT_EQ(Of(Open().With(Lan2())).size(), 1U);
}

TEST_F(StaticAdditionsTest, LeaveTakesBackWhatWasJoinedAndNothingElse) {
  StaticAdditions additions = Open();
  ASSERT_TRUE(additions.Join(Lan2(), "239.1.2.3", Until::kLeave));
  ASSERT_TRUE(additions.Leave(Lan2(), "239.1.2.3"));
  EXPECT_EQ(additions.With(Lan2()), Lan2());
  EXPECT_FALSE(fs::exists(UntilLeave()));
  const auto never = additions.Leave(Lan2(), "239.1.2.3");
  ASSERT_FALSE(never);
  EXPECT_THAT(never.error().message, AllOf(HasSubstr("lan2"), HasSubstr("bpfcast groups")));
  const auto of_the_file = additions.Leave(Lan1(), "239.1.1.1");
  ASSERT_FALSE(of_the_file);
  EXPECT_THAT(of_the_file.error().message, AllOf(HasSubstr("static-groups"), HasSubstr("reload")));
}

TEST_F(StaticAdditionsTest, WhatCannotBeJoinedIsRefusedWithItsReason) {
  StaticAdditions additions = Open();
  const auto refusal = [&](const std::string& membership) {
    const auto joined = additions.Join(Lan1(), membership, Until::kStop);
    return joined ? "joined" : joined.error().message;
  };
  EXPECT_THAT(refusal("10.1.1.1"), HasSubstr("is no group"));
  EXPECT_THAT(refusal("224.0.0.5"), HasSubstr("stays on its link"));
  EXPECT_THAT(refusal("232.1.1.1"), HasSubstr("10.0.0.1@232.1.1.1")) << "C-70: it names no source";
  EXPECT_THAT(refusal("239.1.1.1@239.1.1.2"), HasSubstr("no packet has"));
  EXPECT_FALSE(fs::exists(UntilStop()));
  const auto bounded = additions.Join(Lan1(), "239.9.1.1", Until::kStop);
  ASSERT_TRUE(bounded);
  EXPECT_THAT(*bounded, HasSubstr("boundary of 239.9.0.0/16")) << "it is told that it has no effect";
}

TEST_F(StaticAdditionsTest, JoiningWhatIsThereIsNoFailure) {
  StaticAdditions additions = Open();
  const auto named = additions.Join(Lan1(), "239.1.1.1", Until::kStop);
  ASSERT_TRUE(named);
  EXPECT_THAT(*named, HasSubstr("in the configuration already"));
  EXPECT_FALSE(fs::exists(UntilStop()));
}

TEST_F(StaticAdditionsTest, WhatCannotBeKeptIsNotJoined) {
  std::ofstream(directory_ / "lib") << "a file where the directory should be";
  StaticAdditions additions = Open();
  const auto joined = additions.Join(Lan2(), "239.1.2.3", Until::kLeave);
  ASSERT_FALSE(joined);
  EXPECT_THAT(joined.error().message, AllOf(HasSubstr("lan2"), HasSubstr("is not joined")));
  EXPECT_EQ(additions.With(Lan2()), Lan2());
}

/// What is joined is what the next start finds, whichever of the two records cannot be written.
TEST_F(StaticAdditionsTest, RecordsAndMemoryAgreeWhenOneOfTheRecordsCannotBeWritten) {
  const auto block = [](const fs::path& record) {
    fs::remove(record);
    fs::create_directories(record / "in the way");
  };
  StaticAdditions additions = Open();
  ASSERT_TRUE(additions.Join(Lan2(), "239.1.2.3", Until::kStop));
  block(UntilStop());
  EXPECT_FALSE(additions.Join(Lan1(), "239.1.2.3", Until::kStop));
  EXPECT_EQ(additions.With(Lan1()), Lan1());
  EXPECT_TRUE(additions.Join(Lan2(), "239.1.2.3", Until::kLeave)) << "its record is the other one";
  EXPECT_EQ(Of(Open().With(Lan2())).size(), 1U);
  EXPECT_FALSE(additions.Leave(Lan2(), "239.1.2.3")) << "the first record may still have it";
  EXPECT_EQ(Of(additions.With(Lan2())).size(), 1U);
  EXPECT_EQ(Of(Open().With(Lan2())).size(), 1U);

  fs::remove_all(UntilStop());
  block(UntilLeave());
  EXPECT_FALSE(additions.Leave(Lan2(), "239.1.2.3"));
  EXPECT_EQ(Of(additions.With(Lan2())).size(), 1U);
  EXPECT_TRUE(additions.Join(Lan1(), "239.1.2.3", Until::kStop));
  const auto persistently = additions.Join(Lan1(), "239.1.2.3", Until::kLeave);
  ASSERT_FALSE(persistently);
  EXPECT_THAT(persistently.error().message, HasSubstr("not joined persistently"));
  EXPECT_EQ(Of(Open().With(Lan1())).size(), 2U) << "it is joined as before";
  fs::remove_all(UntilLeave());
  EXPECT_TRUE(additions.Leave(Lan2(), "239.1.2.3"));
  EXPECT_EQ(Of(Open().With(Lan2())).size(), 0U);
}

TEST_F(StaticAdditionsTest, ALinkInPlaceOfARecordIsNotFollowed) {
  const std::string secret = directory_ / "secret";
  std::ofstream(secret) << "lan2 239.1.2.3\n";
  fs::create_symlink(secret, UntilStop());
  StaticAdditions additions = Open();
  EXPECT_EQ(additions.With(Lan2()), Lan2());
  ASSERT_TRUE(additions.Join(Lan2(), "239.1.2.4", Until::kStop));
  EXPECT_FALSE(fs::is_symlink(UntilStop()));
  EXPECT_EQ(Read(secret), "lan2 239.1.2.3\n");
}

TEST_F(StaticAdditionsTest, BrokenLinesOfARecordAreLeftOut) {
  std::ofstream(UntilStop()) << "lan2 239.1.2.3\n\nlan2\nlan2 239.1.2.4 and more\nlan2 nonsense\n"
                             << std::string("\0\xff\n", 3);
  EXPECT_THAT(Of(Open().With(Lan2())), testing::ElementsAre(StaticMembership<Igmp>{kGroup, std::nullopt}));
}

}  // namespace
}  // namespace bpfcast
