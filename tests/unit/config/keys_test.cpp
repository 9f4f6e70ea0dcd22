// Each key that a file can have can be printed, and what is printed is read as the same value again. The
// tests walk over the tables of keys, so that none is forgotten.
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/keys.h"
#include "config/print.h"
#include "config/printed.h"
#include "config/top_keys.h"

namespace bpfcast {
namespace {

/// Values of every kind as a file has them. Each key takes some of them.
constexpr std::array kValues = {"true",
                                "\"127.0.0.1:9715\"",
                                "false",
                                "0",
                                "1",
                                "2",
                                "7",
                                "200",
                                "61",
                                "1.5",
                                "\"250ms\"",
                                "\"2.5s\"",
                                "\"3m\"",
                                "\"20s\"",
                                "\"debug\"",
                                "\"auto\"",
                                "\"xdp\"",
                                "\"tc\"",
                                "\"bpf\"",
                                "\"kernel\"",
                                "\"own\"",
                                "\"fixed\"",
                                "\"subnet\"",
                                "\"fib\"",
                                "\"off\"",
                                "\"none\"",
                                "\"queries\"",
                                "\"reports\"",
                                "\"all\"",
                                "\"elected\"",
                                "\"any\"",
                                "\"always\"",
                                "\"querier-only\"",
                                "\"never\"",
                                "\"ignore\"",
                                "\"widen\"",
                                "\"rfc3376\"",
                                "\"rfc9776\"",
                                "\"block\"",
                                "\"notice\"",
                                "\"root\"",
                                "[]",
                                "[\"239.1.0.0/16\"]",
                                "[\"239.1.0.0/16\", \"239.2.0.0/16\", \"ff1e::/16\"]",
                                "[\"ffx5::/16\"]",
                                "[\"deny 239.1.0.0/16\", \"permit 239.0.0.0/8\", \"permit ff1e::/16\"]",
                                "[\"deny 10.0.0.1@239.1.0.0/16\", \"permit 2001:db8::1@ff1e::/16\"]",
                                "[\"10.0.0.0/8\"]",
                                "[\"10.0.0.0/8\", \"2001:db8::/32\"]",
                                "[\"239.1.1.1\"]",
                                "[\"10.0.0.1@232.1.1.1\", \"ff1e::1\", \"2001:db8::1@ff3e::8000:1\"]"};

/// One interface has characters in its name that TOML writes in another way.
std::string File(std::string_view top, std::string_view of_upstream, std::string_view of_downstream) {
  return R"(upstream = "eth0"
downstream = ["lan1", "a\"b\\"]
)" + std::string(top) +
         "[interface.eth0]\n" + std::string(of_upstream) + "[interface.lan1]\n" + std::string(of_downstream);
}

std::optional<Config> Read(const std::string& text) {
  auto config = ParseConfig(text, "f.toml");
  if (!config) return std::nullopt;
  return std::move(*config);
}

void ExpectSame(const Config& a, const Config& b, const std::string& text) {
  EXPECT_TRUE(a.upstream == b.upstream) << text;
  EXPECT_TRUE(a.downstreams == b.downstreams) << text;
  EXPECT_EQ(a.datapath, b.datapath) << text;
  EXPECT_EQ(a.user, b.user) << text;
  EXPECT_TRUE(a.metrics == b.metrics) << text;
}

/// Reads the file, prints it and reads that; counts in `values` what the key was printed as.
template <class Print>
void ExpectRoundTrip(const std::string& text, Print print, std::set<std::string>& values) {
  const auto config = Read(text);
  if (!config) return;  // no value of this key
  const std::string printed = PrintToml(*config);
  const auto again = Read(printed);
  ASSERT_TRUE(again) << text << "\n" << printed << ParseConfig(printed, "f").error().front();
  ExpectSame(*config, *again, text + "\n" + printed);
  EXPECT_EQ(PrintToml(*again), printed);
  const auto value = print(*config);
  values.insert(value ? ToToml(*value) : "unset");
}

TEST(ConfigKeys, EachKeyOfAnInterfaceIsReadAsItIsPrinted) {
  for (const InterfaceKey& key : InterfaceKeys()) {
    SCOPED_TRACE(key.name);
    ASSERT_NE(key.read, nullptr);
    ASSERT_NE(key.print, nullptr);
    std::set<std::string> values;
    for (const std::string_view value : kValues) {
      const std::string line = std::string(key.name) + " = " + std::string(value) + "\n";
      if (key.side != KeySide::kDownstream) {
        ExpectRoundTrip(
            File("", line, ""), [&](const Config& config) { return key.print(config.upstream); }, values);
      }
      if (key.side != KeySide::kUpstream) {
        ExpectRoundTrip(
            File("", "", line), [&](const Config& config) { return key.print(config.downstreams.front()); },
            values);
      }
    }
    EXPECT_GE(values.size(), 2u) << "no value beside the default: add one that it takes to the list above";
  }
}

TEST(ConfigKeys, EachKeyOfTheTopIsReadAsItIsPrinted) {
  for (const TopKey& key : TopKeys()) {
    SCOPED_TRACE(key.name);
    ASSERT_NE(key.print, nullptr);
    EXPECT_EQ(key.effect == TakesEffect::kAtNextStart, key.copy != nullptr);
    if (key.read == nullptr) continue;  // the interfaces, which are in every file of these tests
    std::set<std::string> values;
    const std::string file = File("", "", "");
    ExpectRoundTrip(file, key.print, values);
    for (const std::string_view value : kValues) {
      ExpectRoundTrip(File(std::string(key.name) + " = " + std::string(value) + "\n", "", ""), key.print,
                      values);
    }
    EXPECT_GE(values.size(), 2u) << "no value beside the default: add one that it takes to the list above";
  }
}

TEST(ConfigKeys, AFamilyThatIsNotServedIsNotPrinted) {
  for (const char* top : {"ipv4 = false\n", "ipv6 = false\n"}) {
    const auto config = Read(File(top, "", "query-interval = 60\n"));
    ASSERT_TRUE(config);
    const auto again = Read(PrintToml(*config));
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->warnings.empty()) << again->warnings.front();
    ExpectSame(*config, *again, PrintToml(*config));
  }
}

// The families put the same duration on the wire with different steps.
TEST(ConfigKeys, WhatTheFamiliesRoundDifferentlyIsPrintedAsANumberThatIsRoundedToBoth) {
  constexpr unsigned kSeed = 4605;
  std::mt19937 random(kSeed);
  int differ = 0;
  for (int i = 0; i < 400; ++i) {
    const std::string version = std::to_string(1 + random() % 3);
    const std::string mld_version = std::to_string(1 + random() % 2);
    const auto milliseconds = [&](unsigned most) { return std::to_string(1 + random() % most) + "ms\"\n"; };
    const auto config =
        Read(File("", "",
                  "version = " + version + "\nmld-version = " + mld_version + "\nquery-interval = \"" +
                      std::to_string(200 + random() % 9000) + "s\"\nquery-response-interval = \"" +
                      milliseconds(120000) + "last-member-query-interval = \"" + milliseconds(120000)));
    if (!config) continue;  // out of the range of an old version
    const auto again = Read(PrintToml(*config));
    ASSERT_TRUE(again) << PrintToml(*config);
    ExpectSame(*config, *again, PrintToml(*config));
    const InterfaceConfig& lan1 = config->downstreams.front();
    differ += lan1.ipv4.timing() == lan1.ipv6.timing() ? 0 : 1;
  }
  EXPECT_GE(differ, 20) << "seed " << kSeed;
}

TEST(ConfigPrinted, ADurationIsPrintedExactly) {
  using std::chrono::nanoseconds;
  using std::chrono::seconds;
  EXPECT_EQ(PrintSeconds(seconds(125)), "125");
  EXPECT_EQ(PrintSeconds(nanoseconds(31'250'000'000)), "31.25");
  EXPECT_EQ(PrintSeconds(nanoseconds(1)), "0.000000001");
  EXPECT_EQ(PrintSeconds(nanoseconds(0)), "0");
}

}  // namespace
}  // namespace bpfcast
