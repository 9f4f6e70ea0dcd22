// The most common slip in TOML is a string without quotes.
#include "config/toml_hint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "config/config.h"

namespace bpfcast {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::vector<std::string> Problems(const std::string& text) {
  const auto config = ParseConfig(text, "f");
  return config ? std::vector<std::string>() : config.error();
}

TEST(TomlHint, AWordWithoutQuotesIsShownWithThem) {
  const std::string downstream = "downstream = \"lan1\"\n";
  const std::string both = "upstream = \"eth0\"\n" + downstream + "[interface.lan1]\n";
  const std::pair<std::string, std::string> kRows[] = {
      {"upstream = eth0\n" + downstream, "eth0"},
      {"upstream = wan\n" + downstream, "wan"},
      {"upstream = \"eth0\"\ndownstream = [lan1, lan2]\n", "lan1"},
      {"upstream = \"eth0\"\ndownstream = [\"lan1\", br-lan]\n", "br-lan"},
      {"upstream = \"eth0\"\ndownstream = [\n  lan1,\n]\n", "lan1"},
      {both + "hook = tc\n", "tc"},
      {both + "hook = tc # not XDP\n", "tc"},
      {both + "query-interval = 60s\n", "60s"},
      {both + "altnet = [10.0.0.0/8]\n", "10.0.0.0/8"},
      {both + "allow-groups = [ff3e::/32]\n", "ff3e::/32"},
  };
  for (const auto& [text, word] : kRows) {
    EXPECT_THAT(Problems(text), ElementsAre(EndsWith("; strings stand in quotes: \"" + word + "\""))) << text;
  }
  EXPECT_THAT(Problems("upstream = eth0\n" + downstream), ElementsAre(StartsWith("f:1:")));
}

TEST(TomlHint, TrueAndFalseAreWrittenSmallAndWithoutQuotes) {
  EXPECT_THAT(Problems("ipv6 = False\nupstream = \"eth0\"\ndownstream = \"lan1\"\n"),
              ElementsAre(EndsWith("; write false")));
}

TEST(TomlHint, WhatIsWrongInAnotherWayIsNotCalledAStringWithoutQuotes) {
  for (const char* text :
       {"upstream = \"eth0\ndownstream = \"lan1\"\n", "upstream = \"eth0\"\n[interface.lan1\n",
        "upstream = \"eth0\"\nupstream = \"eth1\"\n", "upstream =\n", "[]\n",
        "upstream = \"eth0\"\ndownstream = \"lan1\"\n[interface.lan1]\nrobustness = 02\n"}) {
    const auto problems = Problems(text);
    EXPECT_THAT(problems, Not(testing::IsEmpty())) << text;
    for (const std::string& problem : problems) EXPECT_THAT(problem, Not(HasSubstr("quotes:"))) << text;
  }
}

TEST(TomlHint, ALineThatIsNotThereHasNone) {
  EXPECT_EQ(BareWordHint("upstream = eth0", 2), "");
  EXPECT_EQ(BareWordHint("", 1), "");
  EXPECT_EQ(BareWordHint("a = " + std::string(1000, 'x'), 1), "") << "nobody meant that";
}

}  // namespace
}  // namespace bpfcast
