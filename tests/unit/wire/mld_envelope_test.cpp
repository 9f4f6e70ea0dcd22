#include <gtest/gtest.h>

#include "unit/wire/mld_packets.h"

namespace bpfcast::test::mld {
namespace {

TEST(MldEnvelope, TA_12_LinkLayerPaddingIsNotPartOfTheMessage) {
  Bytes padded = WrapSummed(kV20, To(kAllNodes));
  padded.insert(padded.end(), 14, 0xaa);
  EXPECT_EQ(Parsing(padded).AsQuery().version, Version::kV2);
}

TEST(MldEnvelope, TA_13_BrokenIpHeaders) {
  const Bytes good = Wrap(kV25);
  EXPECT_EQ(Outcome(good), "accepted");
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(Outcome(Bytes(good.data(), good.data() + size)), "IPHDR") << size;
  }
  Bytes version = good;
  version[0] = 0x40;
  EXPECT_EQ(Outcome(version), "IPHDR");
  Bytes longer = good;
  ++longer[5];
  EXPECT_EQ(Outcome(longer), "IPHDR");
}

TEST(MldEnvelope, TA_13_HopByHopOptionsThatDoNotFit) {
  EXPECT_EQ(Outcome(WrapSummed(kV25, {.headers = Hex("3aff050200000100")})), "IPHDR");
  EXPECT_EQ(Outcome(Wrap(Bytes(), {.headers = Hex("3a000502")})), "IPHDR");
  EXPECT_EQ(Outcome(Wrap(Bytes(), {.headers = Hex("3a")})), "IPHDR");
  EXPECT_EQ(Outcome(Wrap(Bytes(), {.headers = {}})), "IPHDR");
}

TEST(MldEnvelope, FragmentsAreLeftToTheKernel) {
  EXPECT_EQ(Outcome(WrapSummed(kV25, {.headers = Hex("3a00000000000001"), .next_header = 44})), "FRAG");
  EXPECT_EQ(Outcome(WrapSummed(kV25, {.headers = Hex("2c000502000001003a00000000000001")})), "FRAG");
}

TEST(MldEnvelope, TA_15_A_41_TheChecksumCoversTheAddresses) {
  EXPECT_EQ(Outcome(Wrap(kV25, From(V6("fe80::b")))), "CSUM");
  EXPECT_EQ(Outcome(Wrap(kV25, To(kAllNodes))), "CSUM");
  EXPECT_EQ(Outcome(WrapSummed(kV25, From(V6("fe80::b")))), "accepted");
}

TEST(MldEnvelope, TA_15_A_41_TheChecksumCoversTheLengthOfTheMessage) {
  // Two more zero octets leave the sum of the message as it is.
  EXPECT_EQ(Outcome(Wrap(std::string(kV25) + "0000")), "CSUM");
  EXPECT_EQ(Outcome(WrapSummed(std::string(kV25) + "0000")), "accepted");
}

TEST(MldEnvelope, TA_30_TheHopLimitIsAlwaysOne) {
  auto rules = Rules();
  rules.strict_ttl = false;
  for (const std::uint8_t limit : {0, 2, 64, 255}) {
    EXPECT_EQ(Outcome(WrapSummed(kV25, {.ttl = limit}), rules), "TTL");
    EXPECT_EQ(Outcome(WrapSummed(kV21, {.destination = kAllNodes, .ttl = limit}), rules), "TTL");
    EXPECT_EQ(Outcome(WrapSummed(kV24, {.destination = kAllRouters, .ttl = limit}), rules), "TTL");
  }
}

TEST(MldEnvelope, TA_31_WithoutRouterAlertNothingIsAccepted) {
  const Envelope bare{.headers = {}, .next_header = 58};
  EXPECT_EQ(Outcome(WrapSummed(kV25, bare)), "RA");
  EXPECT_EQ(Outcome(WrapSummed(kV21, {.destination = kAllNodes, .headers = {}, .next_header = 58})), "RA");
  const auto with = [](std::string_view headers) {
    return Outcome(WrapSummed(kV25, {.headers = Hex(headers)}));
  };
  EXPECT_EQ(with("3a00010400000000"), "RA") << "padding only";
  EXPECT_EQ(with("3a00050200010100"), "RA") << "value 1: RSVP";
  EXPECT_EQ(with("3a00050400000000"), "RA") << "four octets of value";
  EXPECT_EQ(with("3a00050100010000"), "RA") << "one octet of value";
}

TEST(MldEnvelope, TA_31_RouterAlertIsFoundAnywhereAmongTheOptions) {
  const auto with = [](std::string_view headers) {
    return Outcome(WrapSummed(kV25, {.headers = Hex(headers)}));
  };
  EXPECT_EQ(with("3a00010005020000"), "accepted") << "behind PadN";
  EXPECT_EQ(with("3a00000005020000"), "accepted") << "behind Pad1";
  EXPECT_EQ(with("3a010104000000000502000001020000"), "accepted") << "in a longer header";
  EXPECT_EQ(with("3a011e0400000000050200001e020000"), "accepted") << "beside an option that may be skipped";
  EXPECT_EQ(with("3a010502000105020000010400000000"), "accepted") << "beside one with another value";
}

TEST(MldEnvelope, RFC_8200_4_2_OptionsThatAreNotToBeSkippedDiscardThePacket) {
  EXPECT_EQ(Outcome(WrapSummed(kV25, {.headers = Hex("3a01050200003e020000010400000000")})), "accepted");
  for (const auto* headers : {"3a01050200007e020000010400000000", "3a0105020000be020000010400000000",
                              "3a0105020000fe020000010400000000"}) {
    EXPECT_EQ(Outcome(WrapSummed(kV25, {.headers = Hex(headers)})), "IPHDR") << headers;
  }
  EXPECT_EQ(Outcome(WrapSummed(kV25, {.headers = Hex("3a00050200000104")})), "IPHDR") << "overruns";
}

TEST(MldEnvelope, TA_34_ReportsAndQueriesComeFromLinkLocalAddresses) {
  for (const auto* source : {"::", "2001:db8::a", "fec0::a", "fe7f::a", "::1", "ff02::a", "ff80::1"}) {
    const Ipv6Address from = V6(source);
    EXPECT_EQ(Outcome(WrapSummed(kV25, From(from))), "SRC") << source;
    EXPECT_EQ(Outcome(WrapSummed(kV23, {.source = from, .destination = kGroup})), "SRC") << source;
    EXPECT_EQ(Outcome(WrapSummed(kV24, {.source = from, .destination = kAllRouters})), "SRC") << source;
    EXPECT_EQ(Outcome(WrapSummed(kV20, {.source = from, .destination = kAllNodes})), "SRC") << source;
    EXPECT_EQ(Outcome(WrapSummed(kV21, {.source = from, .destination = kAllNodes})), "SRC") << source;
  }
  EXPECT_EQ(Outcome(WrapSummed(kV25, From(V6("febf::a")))), "accepted");
}

TEST(MldEnvelope, TA_34_ARefusedQueryTellsItsSource) {
  for (const auto* source : {"::", "2001:db8::a"}) {
    const auto query = Parsing(WrapSummed(kV21, {.source = V6(source), .destination = kAllNodes}));
    EXPECT_EQ(query.result.error().querier, V6(source));
    EXPECT_EQ(Parsing(WrapSummed(kV25, From(V6(source)))).result.error().querier, std::nullopt);
  }
}

TEST(MldEnvelope, A_14_OurOwnPacketsAreNotTaken) {
  EXPECT_EQ(Outcome(WrapSummed(kV25, From(kOwn))), "OWN");
}

TEST(MldEnvelope, TA_46_OnlyHopByHopOptionsStandBeforeAnMldMessage) {
  const auto chain = [](std::string_view headers, std::uint8_t first) {
    return Outcome(
        WrapSummed(kV21, {.destination = kAllNodes, .headers = Hex(headers), .next_header = first}));
  };
  EXPECT_EQ(chain("3a00050200000100", 0), "accepted");
  EXPECT_EQ(chain("3c000502000001003a00010400000000", 0), "IPHDR") << "destination options";
  EXPECT_EQ(chain("2b000502000001003a00000000000000", 0), "IPHDR") << "routing header";
  EXPECT_EQ(chain("33000502000001003a04000000000000", 0), "IPHDR") << "authentication header";
  EXPECT_EQ(chain("00000502000001003a00050200000100", 0), "IPHDR") << "hop-by-hop options twice";
  EXPECT_EQ(chain("3a00050200000100", 60), "IPHDR") << "the options in another header";
  std::string nine = "3c00050200000100";
  for (int i = 0; i < 7; ++i) nine += "3c00010400000000";
  EXPECT_EQ(chain(nine + "3a00010400000000", 0), "IPHDR");
}

}  // namespace
}  // namespace bpfcast::test::mld
