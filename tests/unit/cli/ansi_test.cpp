#include "cli/ansi.h"

#include <gtest/gtest.h>

#include "cli/table.h"

namespace bpfcast {
namespace {

constexpr auto kOn = Invocation::Colour::kOn;
constexpr auto kOff = Invocation::Colour::kOff;

TEST(Ansi, PaintsOnlyWhereThereAreColours) {
  EXPECT_EQ(Paint(Tone::kGood, "up", kOn), "\x1b[32mup\x1b[0m");
  EXPECT_EQ(Paint(Tone::kWaiting, "waiting", kOn), "\x1b[33mwaiting\x1b[0m");
  EXPECT_EQ(Paint(Tone::kBad, "down", kOn), "\x1b[31mdown\x1b[0m");
  EXPECT_EQ(Paint(Tone::kBad, "down", kOff), "down");
  EXPECT_EQ(Paint(Tone::kBad, "", kOn), "");
}

TEST(Ansi, WidthIsWhatIsSeen) {
  EXPECT_EQ(DisplayWidth(""), 0U);
  EXPECT_EQ(DisplayWidth("up"), 2U);
  EXPECT_EQ(DisplayWidth("\x1b[32mup\x1b[0m"), 2U);
  EXPECT_EQ(DisplayWidth("▁▂█"), 3U);
  EXPECT_EQ(DisplayWidth("\x1b["), 0U) << "cut off";
}

TEST(Ansi, ClipsByWhatIsSeenAndEndsColours) {
  EXPECT_EQ(Clip("lan1", 10), "lan1");
  EXPECT_EQ(Clip("lan1", 3), "lan");
  EXPECT_EQ(Clip("▁▂█", 2), "▁▂");
  EXPECT_EQ(Clip("\x1b[32mgreen\x1b[0m", 5), "\x1b[32mgreen\x1b[0m");
  EXPECT_EQ(Clip("\x1b[32mgreen\x1b[0m", 2), "\x1b[32mgr\x1b[0m");
  EXPECT_EQ(Clip("\x1b[32mup\x1b[0m and more", 4), "\x1b[32mup\x1b[0m a");
}

TEST(Ansi, ATableWithColoursIsAsWideAsWithout) {
  const auto table = [](Invocation::Colour colour) {
    Table made({{"STATE"}, {"RX", Table::Align::kRight}, {"END"}});
    made.Add({Paint(Tone::kGood, "up", colour), Paint(Tone::kBad, "7", colour), "a"});
    made.Add({"waiting", "1234", "b"});
    return made.ToString();
  };
  EXPECT_EQ(table(kOff),
            "STATE      RX  END\n"
            "up          7  a\n"
            "waiting  1234  b\n");
  EXPECT_EQ(table(kOn),
            "STATE      RX  END\n"
            "\x1b[32mup\x1b[0m          \x1b[31m7\x1b[0m  a\n"
            "waiting  1234  b\n");
}

}  // namespace
}  // namespace bpfcast
