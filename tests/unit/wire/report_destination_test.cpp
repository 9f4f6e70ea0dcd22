// where reports and leaves of both families may be addressed.
#include <gtest/gtest.h>

#include "unit/wire/family_packets.h"

namespace bpfcast::test {
namespace {

template <class F>
class ReportDestination : public testing::Test {
 protected:
  using P = Packets<F>;
  static std::string Outcome(const Octets& message, const typename F::Address& to) {
    return ParsingOf<F>(P::Send(message, {.destination = to}), P::Rules()).Outcome();
  }
};

using BothFamilies = testing::Types<Igmp, Mld>;
TYPED_TEST_SUITE(ReportDestination, BothFamilies);

TYPED_TEST(ReportDestination, TA_35_OfTheNewestVersion) {
  using P = typename TestFixture::P;
  const Octets report = P::ReportHead(1).Add(RecordOctets(RecordType::kToEx, P::kGroup).bytes());
  for (const auto& to : {P::kReports, P::kAllNodes, P::kOwn})
    EXPECT_EQ(TestFixture::Outcome(report, to), "accepted") << to.ToString();
  for (const auto& to : {P::kOtherGroup, P::kGroup, P::kAllRouters, P::kHost})
    EXPECT_EQ(TestFixture::Outcome(report, to), "DST") << to.ToString();
}

TYPED_TEST(ReportDestination, TA_35_OfAnOlderVersion) {
  using P = typename TestFixture::P;
  for (const auto& to : {P::kGroup, P::kOwn})
    EXPECT_EQ(TestFixture::Outcome(P::OldReport(P::kGroup), to), "accepted") << to.ToString();
  for (const auto& to : {P::kOtherGroup, P::kAllRouters, P::kAllNodes, P::kReports, P::kHost})
    EXPECT_EQ(TestFixture::Outcome(P::OldReport(P::kGroup), to), "DST") << to.ToString();
}

TYPED_TEST(ReportDestination, TA_35_OfALeave) {
  using P = typename TestFixture::P;
  for (const auto& to : {P::kAllRouters, P::kGroup, P::kOwn})
    EXPECT_EQ(TestFixture::Outcome(P::OldLeave(P::kGroup), to), "accepted") << to.ToString();
  for (const auto& to : {P::kOtherGroup, P::kAllNodes, P::kReports, P::kHost})
    EXPECT_EQ(TestFixture::Outcome(P::OldLeave(P::kGroup), to), "DST") << to.ToString();
}

}  // namespace
}  // namespace bpfcast::test
