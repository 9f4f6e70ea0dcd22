// What would end the daemon in the parser or in the end of its tree is refused before.
#include "config/toml_guard.h"

#include <gtest/gtest.h>

#include <string>

#include "config/config.h"

namespace bpfcast {
namespace {

constexpr const char* kTop = "upstream = \"eth0\"\ndownstream = \"lan1\"\n";

std::string Repeated(const std::string& text, std::size_t count) {
  std::string all;
  for (; count > 0; --count) all += text;
  return all;
}

/// Of a text behind kTop: "LINE:COLUMN: WHY", or nothing.
std::string Refusal(const std::string& text) {
  const auto refused = RefuseBeforeToml(kTop + text);
  if (!refused) return "";
  return std::to_string(refused->at.line) + ":" + std::to_string(refused->at.column) + ": " + refused->why;
}

const std::string kTooDeep = "nested deeper than 16 levels, which no configuration is";

TEST(TomlGuard, ArraysAndTablesInEachOtherHaveALimit) {
  EXPECT_EQ(Refusal("x = " + Repeated("[", 16)), "");
  EXPECT_EQ(Refusal("x = " + Repeated("[", 17)), "3:21: " + kTooDeep);
  EXPECT_EQ(Refusal("x = " + Repeated("{a=", 17)), "3:53: " + kTooDeep);
  EXPECT_EQ(Refusal("x = " + Repeated("[\n", 17)), "19:1: " + kTooDeep);
  EXPECT_EQ(Refusal("x = [" + Repeated("[1.5, {a.b = 2}], ", 100) + "]"), "") << "beside each other";
}

TEST(TomlGuard, PartsOfAKeyHaveALimit) {
  EXPECT_EQ(Refusal("a" + Repeated(".a", 15) + " = 1"), "");
  EXPECT_EQ(Refusal("a" + Repeated(".a", 16) + " = 1"), "3:32: " + kTooDeep);
  EXPECT_EQ(Refusal("[a" + Repeated(" . \"b.c\"", 16) + "]"), "3:124: " + kTooDeep);
  EXPECT_EQ(Refusal("[[a" + Repeated(".'a'", 16) + "]]"), "3:64: " + kTooDeep);
  EXPECT_EQ(Refusal(Repeated("a.b = 1\n", 100)), "");
}

TEST(TomlGuard, WhatStandsInStringsAndCommentsIsNotCounted) {
  const std::string deep = Repeated("[", 30) + Repeated(".a", 30);
  EXPECT_EQ(Refusal("# " + deep + "\nx = 1"), "");
  EXPECT_EQ(Refusal("x = \"\\\"" + deep + "\""), "");
  EXPECT_EQ(Refusal("x = '" + deep + "'"), "");
  EXPECT_EQ(Refusal("x = \"\"\"\n\"\" \\\"\"\" " + deep + "\"\"\"\"\""), "");
  EXPECT_EQ(Refusal("x = '''\n'' " + deep + "'''''"), "");
}

/// Where a string ends is not a matter of opinion: what follows it counts.
TEST(TomlGuard, WhatFollowsAStringIsCounted) {
  const std::string deep = Repeated("[", 17);
  for (const char* value : {"\"a\"", "''", "\"\\\\\"", "'\\'", "\"\"\"a\"\"\"", "\"\"\"a\"\"\"\"\"",
                            "'''a'''''", "\"\"\"\\\"\"\"\"", "\"broken\n", "'broken\n", "# \"\n", "\"\""}) {
    EXPECT_NE(Refusal("x = " + std::string(value) + deep).find(kTooDeep), std::string::npos) << value;
  }
}

TEST(TomlGuard, ANulByteIsRefusedWhereItStands) {
  const std::string nul(1, '\0');
  const std::string why = ": a NUL byte; this is not a text file, or it was saved as UTF-16";
  EXPECT_EQ(Refusal("# \u00e9" + nul), "3:4" + why);
  EXPECT_EQ(Refusal("x = \"" + nul + "\""), "3:6" + why);
  EXPECT_EQ(Refusal(nul), "3:1" + why) << "at the end, too";
}

TEST(TomlGuard, AByteOrderMarkIsNoCharacterOfTheLine) {
  const auto refused = RefuseBeforeToml("\xEF\xBB\xBFx = " + Repeated("[", 17));
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->at.line, 1u);
  EXPECT_EQ(refused->at.column, 21u);
}

TEST(TomlGuard, WhatIsNoUtf8IsRefusedWhereItStands) {
  const auto why = [](const std::string& octet) {
    return "the octet \\x" + octet + " is not UTF-8; save the file in that encoding";
  };
  EXPECT_EQ(Refusal("# caf\xe9\n"), "3:6: " + why("e9")) << "Latin-1";
  EXPECT_EQ(Refusal("# \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 \xff"), "3:7: " + why("ff"))
      << "behind characters";
  EXPECT_EQ(Refusal("# \xc3"), "3:3: " + why("c3")) << "half a character at the end";
  // RFC 3629, section 10: overlong, surrogates, beyond U+10FFFF, a rest without its beginning.
  EXPECT_EQ(Refusal("# \xc0\x80"), "3:3: " + why("c0"));
  EXPECT_EQ(Refusal("# \xe0\x9f\xbf"), "3:3: " + why("e0"));
  EXPECT_EQ(Refusal("# \xed\xa0\x80"), "3:3: " + why("ed"));
  EXPECT_EQ(Refusal("# \xf4\x90\x80\x80"), "3:3: " + why("f4"));
  EXPECT_EQ(Refusal("# \x80"), "3:3: " + why("80"));
  EXPECT_EQ(Refusal("# \xf4\x8f\xbf\xbf \xee\x80\x80 \xed\x9f\xbf"), "") << "the limits";
}

/// A tree of half a million tables would end by as many calls in each other.
TEST(TomlGuard, AMegabyteOfDotsIsOneProblem) {
  const std::string dots = Repeated(".a", 500000);
  for (const std::string& text : {"a" + dots + " = 1\n", "[a" + dots + "]\n", "x = {a" + dots + " = 1}\n"}) {
    const auto config = ParseConfig(kTop + text, "f");
    ASSERT_FALSE(config);
    ASSERT_EQ(config.error().size(), 1u);
    EXPECT_NE(config.error().front().find(kTooDeep), std::string::npos) << config.error().front();
    EXPECT_TRUE(config.error().front().starts_with("f:3:")) << config.error().front();
  }
}

}  // namespace
}  // namespace bpfcast
