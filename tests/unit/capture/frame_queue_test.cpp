#include "capture/frame_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bpfcast {
namespace {

using std::chrono::nanoseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int32_t kXdpPass = 2;
constexpr std::int32_t kXdpRedirect = 4;

CapturedFrame At(std::int64_t time) {
  CapturedFrame frame;
  frame.time = nanoseconds(time);
  return frame;
}

Judgement By(JudgedBy by, std::int32_t action) {
  Judgement judgement;
  judgement.by = by;
  judgement.action = action;
  return judgement;
}

std::vector<std::int64_t> Times(const std::vector<CapturedFrame>& frames) {
  std::vector<std::int64_t> times;
  for (const CapturedFrame& frame : frames) times.push_back(frame.time.count());
  return times;
}

TEST(FrameQueue, FramesOfAllPlacesComeInTheOrderOfTime) {
  FrameQueue queue;
  queue.Add(At(30));
  queue.Add(At(10), {0, JudgedBy::kTc, 1});
  queue.Add(At(20), {1, JudgedBy::kXdp, 1});
  queue.Judge({1, JudgedBy::kXdp, 1}, By(JudgedBy::kXdp, kXdpRedirect));
  queue.Judge({0, JudgedBy::kTc, 1}, By(JudgedBy::kTc, 7));
  const auto frames = queue.TakeBefore(nanoseconds(100));
  EXPECT_THAT(Times(frames), ElementsAre(10, 20, 30));
  EXPECT_EQ(frames[0].judgement->action, 7);
  EXPECT_EQ(frames[1].judgement->action, kXdpRedirect);
  EXPECT_FALSE(frames[2].judgement);
  EXPECT_THAT(queue.TakeBefore(nanoseconds(100)), IsEmpty());
}

TEST(FrameQueue, WhatIsLaterStaysForTheNextTime) {
  FrameQueue queue;
  queue.Add(At(50));
  queue.Add(At(49));
  queue.Add(At(51), {0, JudgedBy::kTc, 1});
  EXPECT_THAT(Times(queue.TakeBefore(nanoseconds(50))), ElementsAre(49));
  queue.Judge({0, JudgedBy::kTc, 1}, By(JudgedBy::kTc, 7));
  const auto frames = queue.TakeAll();
  EXPECT_THAT(Times(frames), ElementsAre(50, 51));
  EXPECT_TRUE(frames[1].judgement);
}

TEST(FrameQueue, WhatXdpPassesOnIsLeftToTc) {
  FrameQueue queue;
  queue.Add(At(1), {0, JudgedBy::kXdp, 1});
  queue.Add(At(2), {0, JudgedBy::kTc, 1});
  queue.Judge({0, JudgedBy::kXdp, 1}, By(JudgedBy::kXdp, kXdpPass));
  queue.Judge({0, JudgedBy::kTc, 1}, By(JudgedBy::kTc, kXdpPass));  // there it is TC_ACT_SHOT
  EXPECT_THAT(Times(queue.TakeBefore(nanoseconds(100))), ElementsAre(2));
}

TEST(FrameQueue, AVerdictBelongsToItsCpuHookAndNumber) {
  FrameQueue queue;
  queue.Add(At(1), {0, JudgedBy::kTc, 1});
  queue.Judge({1, JudgedBy::kTc, 1}, By(JudgedBy::kTc, 1));
  queue.Judge({0, JudgedBy::kXdp, 1}, By(JudgedBy::kXdp, kXdpPass));
  queue.Judge({0, JudgedBy::kTc, 2}, By(JudgedBy::kTc, 1));
  const auto frames = queue.TakeBefore(nanoseconds(100));
  EXPECT_THAT(Times(frames), ElementsAre(1)) << "its verdict was lost, the frame was not";
  EXPECT_FALSE(frames[0].judgement);
  EXPECT_EQ(queue.given_up(), 1U) << "a later one of its CPU and hook had come";
}

TEST(FrameQueue, AFrameWaitsForItsVerdictAndWhatIsLaterWaitsWithIt) {
  FrameQueue queue;
  queue.Add(At(10), {0, JudgedBy::kTc, 1});
  queue.Add(At(5));
  queue.Add(At(20));
  queue.Add(At(30), {1, JudgedBy::kTc, 1});
  queue.Judge({1, JudgedBy::kTc, 1}, By(JudgedBy::kTc, 7));
  const auto later = FrameQueue::kPatience / 2;
  EXPECT_THAT(Times(queue.TakeBefore(later)), ElementsAre(5));
  EXPECT_TRUE(queue.Waits());
  queue.Judge({0, JudgedBy::kTc, 1}, By(JudgedBy::kTc, 7));
  const auto frames = queue.TakeBefore(later);
  EXPECT_THAT(Times(frames), ElementsAre(10, 20, 30));
  EXPECT_TRUE(frames[0].judgement);
  EXPECT_EQ(queue.given_up(), 0U);
  EXPECT_FALSE(queue.Waits());
}

TEST(FrameQueue, AVerdictThatWasLostIsWaitedForNoLongerThanUntilTheNextOfItsCpuAndHook) {
  FrameQueue queue;
  queue.Add(At(10), {0, JudgedBy::kTc, 1});
  queue.Add(At(11), {0, JudgedBy::kXdp, 1});
  queue.Add(At(20), {0, JudgedBy::kTc, 2});
  queue.Judge({0, JudgedBy::kTc, 2}, By(JudgedBy::kTc, 7));
  EXPECT_THAT(Times(queue.TakeBefore(nanoseconds(100))), ElementsAre(10)) << "that of XDP may still come";
  queue.Judge({0, JudgedBy::kXdp, 1}, By(JudgedBy::kXdp, kXdpRedirect));
  EXPECT_THAT(Times(queue.TakeBefore(nanoseconds(100))), ElementsAre(11, 20));
  EXPECT_EQ(queue.given_up(), 1U);
}

TEST(FrameQueue, AVerdictThatNeverComesHasASecond) {
  FrameQueue queue;
  queue.Add(At(10), {0, JudgedBy::kTc, 1});
  queue.Add(At(20));
  EXPECT_THAT(queue.TakeBefore(nanoseconds(10) + FrameQueue::kPatience), IsEmpty());
  EXPECT_THAT(Times(queue.TakeBefore(nanoseconds(11) + FrameQueue::kPatience)), ElementsAre(10, 20));
  EXPECT_EQ(queue.given_up(), 1U);
}

TEST(FrameQueue, SoManyDoNotWait) {
  FrameQueue queue;
  queue.Add(At(0), {0, JudgedBy::kTc, 1});
  for (std::size_t i = 1; i < FrameQueue::kMostWaiting; ++i) queue.Add(At(static_cast<std::int64_t>(i)));
  EXPECT_THAT(queue.TakeBefore(FrameQueue::kPatience / 2), IsEmpty());
  queue.Add(At(FrameQueue::kMostWaiting));
  EXPECT_EQ(queue.TakeBefore(FrameQueue::kPatience / 2).size(), FrameQueue::kMostWaiting + 1);
}

}  // namespace
}  // namespace bpfcast
