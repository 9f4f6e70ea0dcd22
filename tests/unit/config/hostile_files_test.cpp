// Files that no editor writes: each is refused in a sentence, or means what it says.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "config/check.h"
#include "config/config.h"
#include "config/migrate.h"

namespace bpfcast {
namespace {

namespace fs = std::filesystem;

const std::string kToml = "upstream = \"eth0\"\ndownstream = \"lan1\"\n";
const std::string kIgmpproxy = "phyint eth0 upstream\nphyint lan1 downstream\n";

class HostileFile : public testing::Test {
 protected:
  HostileFile() {
    char name[] = "/tmp/bpfcast-files-XXXXXX";
    directory_ = mkdtemp(name);
    path_ = directory_ / "file.toml";
  }
  ~HostileFile() override { fs::remove_all(directory_); }

  void Write(const std::string& text) const { std::ofstream(path_, std::ios::binary) << text; }

  /// The one problem of the file, whoever reads it.
  std::string Problem(const fs::path& path) const {
    const auto config = LoadConfigs(path);
    if (config) return "it is taken";
    const FileReport checked = CheckFile(path, Settings::kAll);
    EXPECT_EQ(checked.outcome, FileReport::Outcome::kUnusable);
    EXPECT_EQ(checked.remarks, config.error());
    EXPECT_TRUE(checked.normalised.empty());
    EXPECT_EQ(MigrateFile(path).remarks, config.error());
    EXPECT_EQ(config.error().size(), 1u) << path;
    return config.error().front();
  }
  std::string Problem() const { return Problem(path_); }
  std::string At(const std::string& place) const { return path_.string() + ":" + place + ": "; }

  fs::path directory_;
  fs::path path_;
};

TEST_F(HostileFile, OneThatIsNotThereIsNamed) {
  EXPECT_EQ(Problem(), path_.string() + ": cannot open: No such file or directory");
  EXPECT_EQ(Problem(path_ / "in-no-directory"),
            (path_ / "in-no-directory").string() + ": cannot open: No such file or directory");
}

TEST_F(HostileFile, ALinkToItselfIsNamed) {
  fs::create_symlink(path_, path_);
  EXPECT_EQ(Problem(), path_.string() + ": cannot open: Too many levels of symbolic links");
}

TEST_F(HostileFile, ADirectoryIsNoFile) {
  EXPECT_EQ(Problem(directory_), directory_.string() + ": is a directory, name the file in it");
}

TEST_F(HostileFile, AFifoThatNobodyWritesToIsNotWaitedFor) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(
      Problem(),
      path_.string() + ": is not a regular file; write it to one first, or give it as standard input with -");
}

TEST_F(HostileFile, ADeviceWithoutEndIsNotRead) {
  EXPECT_EQ(Problem("/dev/zero"),
            "/dev/zero: is not a regular file; write it to one first, or give it as standard input with -");
  EXPECT_EQ(Problem("/dev/null"),
            "/dev/null: is not a regular file; write it to one first, or give it as standard input with -");
}

TEST_F(HostileFile, TenMegabytesAreNoConfiguration) {
  Write(kToml + std::string(10'000'000, '#'));
  EXPECT_EQ(Problem(), path_.string() + ": is larger than 1 MiB, which no configuration is");
}

TEST_F(HostileFile, AnEmptyFileIsToldHowItBegins) {
  const std::string begins =
      "the file says nothing; TOML begins with upstream = \"eth0\", an igmpproxy.conf with phyint eth0 "
      "upstream";
  Write("");
  EXPECT_EQ(Problem(), At("1:1") + begins);
  Write("\xEF\xBB\xBF");
  EXPECT_EQ(Problem(), At("1:1") + begins);
}

TEST_F(HostileFile, ANulByteIsRefusedInBothGrammars) {
  const std::string nul(1, '\0');
  const std::string why = "a NUL byte; this is not a text file, or it was saved as UTF-16";
  Write(kToml + "# " + nul);
  EXPECT_EQ(Problem(), At("3:3") + why);
  Write(kIgmpproxy + "# " + nul);
  EXPECT_EQ(Problem(), At("3:3") + why);
}

TEST_F(HostileFile, WindowsEditorsAreWelcome) {
  const auto with_returns = [](std::string text) {
    for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2) text.insert(at, "\r");
    return text;
  };
  for (const std::string& text : {kToml, kIgmpproxy}) {
    const auto plain = ParseConfig(text, "f");
    const auto windows = ParseConfig("\xEF\xBB\xBF" + with_returns(text), "f");
    ASSERT_TRUE(plain && windows);
    EXPECT_TRUE(windows->upstream == plain->upstream);
    EXPECT_TRUE(windows->downstreams == plain->downstreams);
  }
  Write("\xEF\xBB\xBF" + with_returns(kToml + "  hook = \"tc\"\n"));
  EXPECT_EQ(Problem(), At("3:3") + "'hook' belongs to an interface, as in [interface.lan1]");
}

TEST_F(HostileFile, InvalidUtf8IsRefusedWhereItStands) {
  Write(kToml + "# caf\xe9\n");
  EXPECT_EQ(Problem(), At("3:6") + "the octet \\xe9 is not UTF-8; save the file in that encoding");
  Write(kIgmpproxy + "caf\xe9\n");
  EXPECT_EQ(Problem(),
            At("3:1") +
                "'caf\\xe9' is no keyword; it contains a character that is not plain ASCII, perhaps a "
                "no-break space from a web page");
  Write(kIgmpproxy + "# caf\xe9\n");
  EXPECT_TRUE(LoadConfigs(path_)) << "as igmpproxy takes it";
}

/// The parser quotes the key, which a terminal would take for a command.
TEST_F(HostileFile, WhatAFileSaysIsNotPassedToTheTerminal) {
  for (const std::string& text : {kToml + "\"\u009b2J\" = 1\n\"\u009b2J\" = 2\n",
                                  kToml + "user = \"\\u001b[2J\"\n", kIgmpproxy + "user \x1b[2J\n"}) {
    Write(text);
    const std::string problem = Problem();
    for (const char c : problem) EXPECT_TRUE(c >= 0x20 && c < 0x7f) << problem;
  }
}

TEST_F(HostileFile, AProblemInEachLineIsToldAHundredTimes) {
  std::string lines;
  for (int i = 0; i < 50000; ++i) lines += "key" + std::to_string(i) + " = 1\n";
  const auto toml = ParseConfig(kToml + lines, "f");
  ASSERT_FALSE(toml);
  ASSERT_EQ(toml.error().size(), 101u);
  EXPECT_EQ(toml.error().front(), "f:3:1: unknown key 'key0'");
  EXPECT_EQ(toml.error()[99], "f:102:1: unknown key 'key99'");
  EXPECT_EQ(toml.error().back(), "f:103:1: 49900 more like these follow");
  lines.clear();
  for (int i = 0; i < 50000; ++i) lines += "upstream nonsense\n";
  const auto igmpproxy = ParseConfig(kIgmpproxy + lines, "f");
  ASSERT_FALSE(igmpproxy);
  EXPECT_EQ(igmpproxy.error().back(), "f:103:10: 49900 more like these follow");
}

TEST_F(HostileFile, TensOfThousandsOfInterfacesAreNotCompared) {
  std::string names;
  std::string blocks;
  for (int i = 0; i < 60000; ++i) {
    names += "\"if" + std::to_string(i) + "\", ";
    blocks += "phyint if" + std::to_string(i) + "\n";
  }
  const auto toml = ParseConfig("upstream = \"eth0\"\ndownstream = [" + names + "]\n", "f");
  ASSERT_FALSE(toml);
  ASSERT_EQ(toml.error().size(), 1u);
  EXPECT_NE(toml.error().front().find("more than 1024 interfaces"), std::string::npos)
      << toml.error().front();
  const auto igmpproxy = ParseConfig(blocks, "f");
  ASSERT_FALSE(igmpproxy);
  ASSERT_EQ(igmpproxy.error().size(), 1u);
  EXPECT_EQ(igmpproxy.error().front(), "f:4097:1: more than 4096 interfaces");
}

TEST_F(HostileFile, AWordOfAMegabyteIsQuotedInPart) {
  Write(kIgmpproxy + std::string(1'000'000, 'x'));
  EXPECT_EQ(Problem(), At("3:1") + "unknown keyword '" + std::string(40, 'x') + "...'");
}

}  // namespace
}  // namespace bpfcast
