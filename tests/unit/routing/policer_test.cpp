#include "routing/policer.h"

#include <gtest/gtest.h>

#include "wire/family.h"

namespace bpfcast {
namespace {

template <class F>
typename F::Address Source(std::uint32_t n) {
  std::array<std::uint8_t, F::Address::kBytes> bytes{};
  bytes[0] = F::Address::kBytes == 4 ? 10 : 0xfe;
  for (std::size_t i = 1; i <= 3; ++i) {
    bytes[F::Address::kBytes - i] = static_cast<std::uint8_t>(n);
    n >>= 8;
  }
  return typename F::Address(bytes);
}

Time At(double seconds) {
  return Time(Duration(static_cast<Duration::rep>(seconds * 1e9 + 0.5)));
}

template <class F>
class PolicerTest : public testing::Test {
 protected:
  void Set(std::uint32_t packets_per_s, std::uint32_t of_one_source) {
    policer.Configure({packets_per_s, of_one_source});
  }
  int AdmittedAt(double seconds, std::uint32_t source, int packets) {
    int admitted = 0;
    for (int n = 0; n < packets; ++n) {
      admitted += policer.Admits(Source<F>(source), octets, At(seconds)) ? 1 : 0;
    }
    return admitted;
  }

  Policer<F> policer;
  std::size_t octets = 40;  // a report of one record
};

using BothFamilies = testing::Types<Igmp, Mld>;
TYPED_TEST_SUITE(PolicerTest, BothFamilies);

TYPED_TEST(PolicerTest, X_10_ABurstOfOneSecondsWorthPassesAndThenTheRate) {
  this->Set(0, 100);
  EXPECT_EQ(this->AdmittedAt(5, 1, 1000), 100);
  EXPECT_EQ(this->AdmittedAt(5.05, 1, 1000), 5);
  EXPECT_EQ(this->AdmittedAt(6.05, 1, 1000), 100);
  EXPECT_EQ(this->AdmittedAt(100, 1, 1000), 100) << "what was not used for long is not saved up";
}

TYPED_TEST(PolicerTest, X_10_SourcesHaveTheirOwnShares) {
  this->Set(0, 100);
  EXPECT_EQ(this->AdmittedAt(5, 1, 1000), 100);
  EXPECT_EQ(this->AdmittedAt(5, 2, 1), 1);
  EXPECT_EQ(this->AdmittedAt(5, 3, 100), 100);
}

TYPED_TEST(PolicerTest, X_10_TheInterfaceHasALimitForAllOfThem) {
  this->Set(250, 100);
  int admitted = 0;
  for (std::uint32_t source = 0; source < 10; ++source) admitted += this->AdmittedAt(5, source, 100);
  EXPECT_EQ(admitted, 250);
}

TYPED_TEST(PolicerTest, X_10_WhatASourceIsRefusedIsNotTakenFromTheInterface) {
  this->Set(150, 100);
  EXPECT_EQ(this->AdmittedAt(5, 1, 100000), 100);
  EXPECT_EQ(this->AdmittedAt(5, 2, 50), 50);
}

TYPED_TEST(PolicerTest, X_10_ALongReportCountsAsTheShortOnesThatItIsMadeOf) {
  this->Set(0, 120);
  this->octets = 1500;
  EXPECT_EQ(this->AdmittedAt(5, 1, 1000), 10);
  this->octets = 40;
  EXPECT_EQ(this->AdmittedAt(5, 2, 1000), 120);
  this->Set(0, 5);
  this->octets = 1500;
  EXPECT_EQ(this->AdmittedAt(5, 3, 1000), 1) << "never too long for any bucket";
}

TYPED_TEST(PolicerTest, X_10_ZeroIsNoLimit) {
  this->Set(0, 0);
  EXPECT_EQ(this->AdmittedAt(5, 1, 1000000), 1000000);
}

/// However many sources there are: a flood of them does not refuse a host that sends little, and one that
/// floods among them stays refused.
TYPED_TEST(PolicerTest, X_10_ManySourcesTakeNoRoomFromOneThatSendsLittleNorHideOneThatFloods) {
  this->Set(0, 100);
  ASSERT_EQ(this->AdmittedAt(5, 7, 1000), 100);
  for (std::uint32_t source = 1000; source < 101000; ++source) {
    ASSERT_EQ(this->AdmittedAt(5, source, 1), 1);
  }
  EXPECT_EQ(this->AdmittedAt(5, 7, 1000), 0);
}

TYPED_TEST(PolicerTest, X_10_OtherLimitsHoldAtOnce) {
  this->Set(0, 100);
  EXPECT_EQ(this->AdmittedAt(5, 1, 1000), 100);
  this->Set(0, 0);
  EXPECT_EQ(this->AdmittedAt(5, 1, 1000), 1000);
  this->Set(0, 10);
  EXPECT_EQ(this->AdmittedAt(6, 2, 1000), 10);
}

}  // namespace
}  // namespace bpfcast
