// Each file of corpus/GRAMMAR/good and corpus/GRAMMAR/bad and the outcome beside it, in NAME.expect: the
// lines of the summary, then "warning LINE:COLUMN: TEXT"; or "error LINE:COLUMN: TEXT". TEXT is the beginning
// or any part of what is said there.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/keys.h"
#include "summary.h"

namespace bpfcast {
namespace {

namespace fs = std::filesystem;

std::string Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Every file and every expectation, without what tells them apart: a missing half is a failing test.
std::vector<std::string> CorpusNames() {
  std::set<std::string> names;
  const fs::path corpus = BPFCAST_CORPUS;
  for (const char* part : {"igmpproxy/good", "igmpproxy/bad", "toml/good", "toml/bad"}) {
    for (const auto& entry : fs::directory_iterator(corpus / part)) {
      names.insert(std::string(part) + "/" + entry.path().stem().string());
    }
  }
  return {names.begin(), names.end()};
}

/// The lines that were expected or come instead, a mark before those that are said of a place.
struct Outcome {
  std::vector<std::string> summary;
  std::vector<std::string> notes;
};

Outcome Expected(const fs::path& path) {
  Outcome outcome;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const bool note = line.starts_with("warning ") || line.starts_with("error ");
    (note ? outcome.notes : outcome.summary).push_back(line);
  }
  return outcome;
}

Outcome Parsed(const fs::path& path) {
  Outcome outcome;
  const auto config = ParseConfig(Read(path), "");
  if (config) {
    outcome.summary = Summary(*config);
    for (const std::string& warning : config->warnings)
      outcome.notes.push_back("warning " + warning.substr(1));
  } else {
    for (const std::string& error : config.error()) outcome.notes.push_back("error " + error.substr(1));
  }
  return outcome;
}

std::string Joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

/// "error 3:7: " at the same place, and the text somewhere behind it.
bool Matches(const std::string& note, const std::string& expected) {
  const std::size_t text = expected.find(": ") + 2;
  return note.starts_with(expected.substr(0, text)) &&
         note.find(expected.substr(text), text) != std::string::npos;
}

fs::path FileOf(const std::string& name) {
  return fs::path(BPFCAST_CORPUS) / (name + (name.starts_with("toml") ? ".toml" : ".conf"));
}

class ConfigCorpus : public testing::TestWithParam<std::string> {};

TEST_P(ConfigCorpus, HasTheOutcomeThatStandsBesideIt) {
  const fs::path stem = fs::path(BPFCAST_CORPUS) / GetParam();
  const fs::path file = FileOf(GetParam());
  const fs::path expectation = stem.string() + ".expect";
  ASSERT_TRUE(fs::exists(file));
  ASSERT_TRUE(fs::exists(expectation));
  const Outcome expected = Expected(expectation);
  const Outcome parsed = Parsed(file);
  const bool good = GetParam().find("/good/") != std::string::npos;
  EXPECT_EQ(expected.summary.empty(), !good) << "the expectation belongs into the other directory";
  EXPECT_EQ(Joined(parsed.summary), Joined(expected.summary));
  ASSERT_EQ(parsed.notes.size(), expected.notes.size()) << Joined(parsed.notes);
  for (std::size_t i = 0; i < expected.notes.size(); ++i) {
    EXPECT_TRUE(Matches(parsed.notes[i], expected.notes[i])) << parsed.notes[i] << "\ninstead of\n"
                                                             << expected.notes[i];
  }
}

INSTANTIATE_TEST_SUITE_P(Files, ConfigCorpus, testing::ValuesIn(CorpusNames()), [](const auto& info) {
  std::string name = info.param;
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
});

TEST(ConfigCorpusDirectory, HasEnoughFilesOfEachKind) {
  const auto count = [](const std::string& part) {
    const auto names = CorpusNames();
    return std::count_if(names.begin(), names.end(),
                         [&](const std::string& name) { return name.starts_with(part); });
  };
  EXPECT_GE(count("igmpproxy/good/"), 25);
  EXPECT_GE(count("igmpproxy/bad/"), 25);
  EXPECT_GE(count("toml/good/"), 25);
  EXPECT_GE(count("toml/bad/"), 25);
}

TEST(ConfigCorpusDirectory, HasEachKeyInAFileThatSetsItAndInOneThatIsRefusedForIt) {
  std::string good;
  std::string bad;
  for (const std::string& name : CorpusNames()) {
    if (!name.starts_with("toml/")) continue;
    std::string& all = name.starts_with("toml/good/") ? good : bad;
    const Outcome expected = Expected(fs::path(BPFCAST_CORPUS) / (name + ".expect"));
    all += Joined(expected.summary) + Joined(expected.notes);
  }
  for (const InterfaceKey& key : InterfaceKeys()) {
    const std::string name(key.name);
    EXPECT_NE(good.find(" " + name + "="), std::string::npos) << name << " is set by no file";
    const bool is_timing = bad.find(": " + name + " ") != std::string::npos;
    EXPECT_TRUE(is_timing || bad.find(": '" + name + "'") != std::string::npos)
        << "no file is refused for " << name;
  }
}

/// No file ends the daemon: each is cut after each byte, and read.
TEST(ConfigCorpusDirectory, EveryBeginningOfAFileIsReadOrRefused) {
  for (const std::string& name : CorpusNames()) {
    const std::string text = Read(FileOf(name));
    for (std::size_t size = 0; size <= text.size(); ++size) {
      const auto config = ParseConfig(text.substr(0, size), "f");
      if (config) {
        EXPECT_FALSE(config->upstream.name.empty()) << name << " cut after " << size;
      } else {
        EXPECT_FALSE(config.error().empty()) << name << " cut after " << size;
      }
    }
  }
}

/// Lines of all files mixed, words replaced by other words, octets changed.
TEST(ConfigCorpusDirectory, EveryFileThatIsMadeOfPiecesIsReadOrRefused) {
  constexpr unsigned kSeed = 20260;
  constexpr int kFiles = 3000;
  std::vector<std::string> lines[2];
  for (const std::string& name : CorpusNames()) {
    std::istringstream text(Read(FileOf(name)));
    for (std::string line; std::getline(text, line);) {
      lines[name.starts_with("toml/") ? 1 : 0].push_back(line);
    }
  }
  std::mt19937 random(kSeed);
  const auto pick = [&](std::size_t below) { return static_cast<std::size_t>(random()) % below; };
  int read = 0;
  for (int i = 0; i < kFiles; ++i) {
    const auto& all = lines[i % 2];
    std::string text = i % 2 == 0 ? "" : "upstream = \"eth0\"\ndownstream = \"lan1\"\n[interface.lan1]\n";
    for (std::size_t count = 1 + pick(6); count > 0; --count) {
      std::string line = all[pick(all.size())];
      if (pick(4) == 0) {  // the value of another line
        const std::string& other = all[pick(all.size())];
        line = line.substr(0, line.find(' ')) + other.substr(std::min(other.find(' '), other.size()));
      }
      if (pick(8) == 0 && !line.empty()) line[pick(line.size())] = static_cast<char>(pick(256));
      text += line + "\n";
    }
    const auto config = ParseConfig(text, "f");
    if (config) {
      ++read;
      EXPECT_FALSE(Summary(*config).empty());
      EXPECT_TRUE(config->upstream.ipv4.served || config->upstream.ipv6.served) << text;
    } else {
      EXPECT_FALSE(config.error().empty()) << "seed " << kSeed << ", file " << i << ":\n" << text;
    }
  }
  EXPECT_GT(read, kFiles / 50) << "nearly everything is refused at once";
}

}  // namespace
}  // namespace bpfcast
