#include <gtest/gtest.h>

#include "unit/wire/igmp_packets.h"

namespace bpfcast::test::igmp {
namespace {

TEST(IgmpEnvelope, TA_12_LinkLayerPaddingIsNotPartOfTheMessage) {
  Bytes padded = Wrap(kV02, To(kAllHosts));
  ASSERT_EQ(padded.size(), 32u);
  padded.insert(padded.end(), 14, 0xaa);
  EXPECT_EQ(Parsing(padded).AsQuery().version, Version::kV2);
}

TEST(IgmpEnvelope, TA_13_BrokenIpHeaders) {
  const Bytes good = Wrap(kV11);
  ASSERT_EQ(good.size(), 40u);
  EXPECT_EQ(Outcome(Bytes(good.begin(), good.begin() + 36)), "IPHDR");
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(Outcome(Bytes(good.data(), good.data() + size)), "IPHDR") << size;
  }
  const auto with = [&](std::size_t offset, std::uint8_t value, std::size_t header) {
    Bytes bad = good;
    bad[offset] = value;
    PutSum(bad, 10, header);
    return Outcome(bad);
  };
  EXPECT_EQ(with(0, 0x44, 16), "IPHDR");
  EXPECT_EQ(with(0, 0x66, 24), "IPHDR");
  EXPECT_EQ(with(3, 23, 24), "IPHDR") << "total length less than the header";
  Bytes sum = good;
  ++sum[11];
  EXPECT_EQ(Outcome(sum), "IPHDR");
  EXPECT_EQ(Outcome(good), "accepted");
}

TEST(IgmpEnvelope, FragmentsAreLeftToTheKernel) {
  EXPECT_EQ(Outcome(Wrap(Hex(kV11), {.fragment = 0x2000})), "FRAG");
  EXPECT_EQ(Outcome(Wrap(Hex(kV11), {.fragment = 0x0001})), "FRAG");
  EXPECT_EQ(Outcome(Wrap(Hex(kV11), {.fragment = 0x0000})), "accepted");
}

TEST(IgmpEnvelope, TA_30_TtlMustBeOneUnlessTheRuleIsOff) {
  auto rules = Rules();
  EXPECT_EQ(Outcome(Wrap(Hex(kV11), {.ttl = 2}), rules), "TTL");
  rules.strict_ttl = false;
  EXPECT_EQ(Outcome(Wrap(Hex(kV11), {.ttl = 2}), rules), "accepted");
}

TEST(IgmpEnvelope, TA_31_RouterAlertIsAskedForByRuleAndFoundAnywhere) {
  const Bytes none;
  const Bytes after_nop = {1, 0x94, 4, 0, 0, 0, 0, 0};
  const Bytes after_option = {7, 3, 4, 0x94, 4, 0, 0, 0};
  const Bytes after_end = {0, 0x94, 4, 0, 0, 0, 0, 0};
  const Bytes cut = {1, 1, 1, 0x94};
  const Bytes overrun = {7, 9, 0x94, 4};
  const auto report = [](const Bytes& options, const ReceiveRules<Igmp>& rules) {
    return Outcome(Wrap(Hex(kV11), {.options = options}), rules);
  };
  for (const Bytes& options : {none, after_nop, after_option, after_end, cut, overrun}) {
    EXPECT_EQ(report(options, Rules()), "accepted");
  }
  auto rules = Rules();
  rules.require_router_alert_in_reports = true;
  EXPECT_EQ(report(after_nop, rules), "accepted");
  EXPECT_EQ(report(after_option, rules), "accepted");
  for (const Bytes& options : {none, after_end, cut, overrun}) EXPECT_EQ(report(options, rules), "RA");
  const Bytes query = Wrap(Hex(kV04), {.destination = kAllHosts, .options = none});
  EXPECT_EQ(Outcome(query, rules), "accepted");
  rules.require_router_alert_in_queries = true;
  EXPECT_EQ(Outcome(query, rules), "RA");
}

TEST(IgmpEnvelope, TA_32_TheUnspecifiedSourceIsAccepted) {
  auto rules = Rules();
  rules.check_subnet = true;
  EXPECT_EQ(Outcome(Wrap(kV11, From({})), rules), "accepted");
  EXPECT_EQ(Outcome(Wrap(Hex(kV04), {.source = {}, .destination = kAllHosts}), rules), "accepted");
}

TEST(IgmpEnvelope, TA_33_Sources) {
  auto rules = Rules();
  const auto from = [&](std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    return Outcome(Wrap(kV11, From(MakeIpv4(a, b, c, d))), rules);
  };
  EXPECT_EQ(from(10, 9, 9, 9), "accepted");
  EXPECT_EQ(from(192, 0, 2, 1), "OWN");
  EXPECT_EQ(from(224, 1, 1, 1), "SRC");
  EXPECT_EQ(from(127, 0, 0, 1), "SRC");
  EXPECT_EQ(from(255, 255, 255, 255), "SRC");
  rules.check_subnet = true;
  EXPECT_EQ(from(10, 9, 9, 9), "SRC");
  EXPECT_EQ(from(192, 0, 2, 200), "accepted");
}

TEST(IgmpEnvelope, TA_33_ASourceOfNoSubnetOfTheLinkIsMarkedForeign) {
  const auto foreign = [](const Ipv4Address& source) {
    return Parsing(Wrap(kV11, From(source))).result.value().foreign;
  };
  EXPECT_TRUE(foreign(MakeIpv4(10, 9, 9, 9)));
  EXPECT_FALSE(foreign(kHost));
  EXPECT_FALSE(foreign({})) << "a host without an address";
}

TEST(IgmpEnvelope, A_08_ARefusedQueryTellsItsSource) {
  const auto querier = [](std::string_view hex, const Envelope& envelope) {
    auto rules = Rules();
    rules.check_subnet = true;
    return Parsing(Wrap(hex, envelope), rules).result.error().querier;
  };
  const Ipv4Address stranger = MakeIpv4(10, 9, 9, 9);
  EXPECT_EQ(querier(kV04, {.source = stranger, .destination = kAllHosts}), stranger);
  EXPECT_EQ(querier(kV11, From(stranger)), std::nullopt) << "a report";
  EXPECT_EQ(querier(kV04, {.destination = kAllRouters}), std::nullopt) << "refused for its destination";
}

}  // namespace
}  // namespace bpfcast::test::igmp
