#include "routing/loop_guard.h"

#include <gmock/gmock.h>

namespace bpfcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr PortId kD1{1};
constexpr PortId kD2{2};
constexpr PortId kD3{3};

LoopNotice Notice(LoopNotice::State state, PortId one, PortId other) {
  return {state, one, other};
}
constexpr auto kBegan = LoopNotice::State::kBegan;
constexpr auto kEnded = LoopNotice::State::kEnded;

Time At(int seconds) {
  return Time(std::chrono::seconds(seconds));
}

class LoopGuardTest : public testing::Test {
 protected:
  LoopGuard::Notices Hear(PortId sender, PortId arrival, int until) {
    LoopGuard::Notices notices;
    guard.OnHeard(sender, arrival, At(until), notices);
    return notices;
  }
  LoopGuard::Notices Expire(int now) {
    LoopGuard::Notices notices;
    guard.Expire(At(now), notices);
    return notices;
  }

  LoopGuard guard;
};

TEST_F(LoopGuardTest, E_41_BothDirectionsMakeALoop) {
  EXPECT_THAT(Hear(kD2, kD1, 10), IsEmpty());
  EXPECT_THAT(Hear(kD1, kD2, 10), ElementsAre(Notice(kBegan, kD1, kD2)));
  EXPECT_EQ(guard.looped(), (PortSet{kD1, kD2}));
  EXPECT_TRUE(guard.AreLooped(kD2, kD1));
  EXPECT_THAT(Hear(kD1, kD2, 12), IsEmpty()) << "told once";
}

TEST_F(LoopGuardTest, E_41_OneDirectionIsNoProof) {
  for (int second = 0; second < 100; ++second) EXPECT_THAT(Hear(kD1, kD2, second + 10), IsEmpty());
  EXPECT_THAT(Hear(kD2, kD3, 100), IsEmpty());
  EXPECT_TRUE(guard.looped().empty());
}

TEST_F(LoopGuardTest, C_59_APortThatHearsItselfIsNoLoop) {
  EXPECT_THAT(Hear(kD1, kD1, 10), IsEmpty());
  EXPECT_TRUE(guard.looped().empty());
  EXPECT_EQ(guard.NextExpiry(), kNever);
}

TEST_F(LoopGuardTest, E_41_ADirectionThatFallsSilentEndsTheLoop) {
  Hear(kD1, kD2, 10);
  Hear(kD2, kD1, 20);
  EXPECT_EQ(guard.NextExpiry(), At(10));
  EXPECT_THAT(Expire(9), IsEmpty());
  EXPECT_THAT(Expire(10), ElementsAre(Notice(kEnded, kD1, kD2)));
  EXPECT_TRUE(guard.looped().empty());
  EXPECT_THAT(Expire(20), IsEmpty());
  EXPECT_EQ(guard.NextExpiry(), kNever);
}

TEST_F(LoopGuardTest, E_41_WhatIsHeardAgainLastsLonger) {
  Hear(kD1, kD2, 10);
  Hear(kD2, kD1, 10);
  Hear(kD1, kD2, 30);
  Hear(kD2, kD1, 30);
  EXPECT_THAT(Expire(29), IsEmpty());
  EXPECT_FALSE(guard.looped().empty());
  EXPECT_EQ(guard.NextExpiry(), At(30));
}

TEST_F(LoopGuardTest, E_41_APortIsLoopedWhileItIsSoWithAnyOther) {
  Hear(kD1, kD2, 10);
  Hear(kD2, kD1, 10);
  Hear(kD1, kD3, 20);
  EXPECT_THAT(Hear(kD3, kD1, 20), ElementsAre(Notice(kBegan, kD1, kD3)));
  EXPECT_THAT(Expire(10), ElementsAre(Notice(kEnded, kD1, kD2)));
  EXPECT_EQ(guard.looped(), (PortSet{kD1, kD3}));
}

TEST_F(LoopGuardTest, X_01_APortThatIsForgottenEndsItsLoops) {
  Hear(kD1, kD2, 10);
  Hear(kD2, kD1, 10);
  LoopGuard::Notices notices;
  guard.Forget(kD2, notices);
  EXPECT_THAT(notices, ElementsAre(Notice(kEnded, kD1, kD2)));
  EXPECT_TRUE(guard.looped().empty());
  EXPECT_EQ(guard.NextExpiry(), kNever);
}

}  // namespace
}  // namespace bpfcast
