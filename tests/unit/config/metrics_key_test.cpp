#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "config/changes.h"
#include "config/config.h"

namespace bpfcast {
namespace {

using ::testing::ElementsAre;

constexpr const char* kPorts = "upstream = 'wan'\ndownstream = 'lan1'\n";

Config Of(const std::string& line) {
  const auto config = ParseConfig(line + kPorts, "test.toml");
  EXPECT_TRUE(config) << config.error().front();
  return config.value_or(Config());
}
std::string ProblemOf(const std::string& text) {
  const auto configs = ParseConfigs(text, "test.toml");
  return configs ? "none" : configs.error().front();
}
std::vector<std::string> Changes(const Config& running, const Config& wanted) {
  std::vector<std::string> sentences;
  for (const ConfigChange& change : ChangesOf(running, wanted)) {
    EXPECT_EQ(change.effect, TakesEffect::kAtOnce);
    sentences.push_back(change.ToSentence());
  }
  return sentences;
}

TEST(MetricsKey, IsAnAddressWithAPortAndNowhereByDefault) {
  EXPECT_EQ(Of("").metrics, std::nullopt);
  EXPECT_EQ(Of("metrics = '127.0.0.1:9715'\n").metrics, (Endpoint{MakeIpv4(127, 0, 0, 1), 9715}));
  EXPECT_EQ(Of("metrics = '[::1]:9715'\n").metrics, (Endpoint{*Ipv6Address::Parse("::1"), 9715}));
}

TEST(MetricsKey, OtherValuesAreRefusedWithTheirPlace) {
  const std::string wanted =
      "'metrics' must be an address and a port, as in \"127.0.0.1:9715\" or \"[::1]:9715\": ";
  EXPECT_EQ(ProblemOf(std::string("metrics = '9715'\n") + kPorts),
            "test.toml:1:11: " + wanted + "'9715' is no IPv4 address");
  EXPECT_EQ(ProblemOf(std::string("metrics = '::1:9715'\n") + kPorts),
            "test.toml:1:11: " + wanted + "an IPv6 address is written in brackets, as in [::1]:9715");
  EXPECT_EQ(ProblemOf(std::string("metrics = 9715\n") + kPorts),
            "test.toml:1:11: 'metrics' must be an address and a port in quotes, not a whole number");
}

TEST(MetricsKey, BelongsToTheFileAndNotToOneOfItsProxies) {
  const std::string proxy = std::string("[proxy.tv]\n") + kPorts;
  EXPECT_EQ(ProblemOf("metrics = '127.0.0.1:9715'\n" + proxy), "none");
  EXPECT_THAT(ProblemOf(proxy + "metrics = '127.0.0.1:9715'\n"),
              ::testing::HasSubstr("'metrics' belongs to the top of the file"));
}

TEST(MetricsKey, ItsChangesAreToldAndTakeEffectAtOnce) {
  const Config off = Of("");
  const Config here = Of("metrics = '127.0.0.1:9715'\n");
  EXPECT_THAT(Changes(here, Of("metrics = '[::1]:9715'\n")),
              ElementsAre("metrics 127.0.0.1:9715 -> [::1]:9715"));
  EXPECT_EQ(Changes(off, here).size(), 1u);
  EXPECT_EQ(Changes(here, off).size(), 1u);
  EXPECT_TRUE(Changes(here, here).empty());
}

}  // namespace
}  // namespace bpfcast
