#include "metrics/metric_families.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace bpfcast {
namespace {

constexpr MetricInfo kInfos[] = {{"a_packets_total", MetricKind::kCounter, "Packets of a"},
                                 {"unused", MetricKind::kGauge, "Nothing"},
                                 {"b_up", MetricKind::kGauge, "Is b up"}};

TEST(MetricFamilies, AreTextInTheOrderOfTheirListWithHelpAndType) {
  MetricFamilies families(kInfos);
  families.Add(2, {}, 1);
  families.Add(0, {{"port", "lan1"}, {"family", "ipv4"}}, 0);
  families.Add(0, {{"port", "lan2"}, {"family", "ipv4"}}, 12345678901234);
  families.Add(2, {{"of", "b"}}, 0.25);
  EXPECT_EQ(families.ToText(),
            "# HELP a_packets_total Packets of a\n"
            "# TYPE a_packets_total counter\n"
            "a_packets_total{port=\"lan1\",family=\"ipv4\"} 0\n"
            "a_packets_total{port=\"lan2\",family=\"ipv4\"} 12345678901234\n"
            "# HELP b_up Is b up\n"
            "# TYPE b_up gauge\n"
            "b_up 1\n"
            "b_up{of=\"b\"} 0.25\n");
}

TEST(MetricFamilies, EscapeWhatEndsALabel) {
  MetricFamilies families(kInfos);
  families.Add(2, {{"of", "a\\b\"c\nd"}}, 1);
  EXPECT_EQ(families.ToText(), "# HELP b_up Is b up\n# TYPE b_up gauge\nb_up{of=\"a\\\\b\\\"c\\nd\"} 1\n");
}

TEST(MetricFamilies, AreUtf8WhateverAnInterfaceIsCalled) {
  const std::pair<const char*, const char*> names[] = {
      {"lan\xc3\xa9", "lan\xc3\xa9"},
      {"\xe2\x82\xac\xf0\x9f\x93\xba", "\xe2\x82\xac\xf0\x9f\x93\xba"},
      {"lan\xff", "lan?"},
      {"\xe2\x82", "??"},  // cut
      {"\xc0\xaf", "??"},  // overlong
      {"\xe0\x80\xaf", "???"},
      {"\xed\xa0\x80", "???"},  // a surrogate
      {"\xf4\x90\x80\x80", "????"}};
  for (const auto& [name, shown] : names) {
    MetricFamilies families(kInfos);
    families.Add(2, {{"of", name}}, 1);
    EXPECT_EQ(families.ToText(),
              std::string("# HELP b_up Is b up\n# TYPE b_up gauge\nb_up{of=\"") + shown + "\"} 1\n");
  }
}

TEST(MetricFamilies, WithoutSamplesAreNoText) {
  EXPECT_EQ(MetricFamilies(kInfos).ToText(), "");
}

}  // namespace
}  // namespace bpfcast
