// What bpfcastd -t says of a file is written down as TOML, and means the same again.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "agent/config.h"
#include "agent/config_summary.h"

namespace bpfcast {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> GoodFiles() {
  std::vector<fs::path> files;
  for (const char* part : {"igmpproxy/good", "toml/good"}) {
    for (const auto& entry : fs::directory_iterator(fs::path(BPFCAST_CORPUS) / part)) {
      if (entry.path().extension() != ".expect") files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string InQuotes(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

/// "5", "true", "[]" are values as they are; commas make an array; the rest is a string.
std::string TomlValueOf(const std::string& text) {
  const bool number = !text.empty() && text.find_first_not_of("0123456789.") == std::string::npos &&
                      std::count(text.begin(), text.end(), '.') <= 1;
  if (number || text == "true" || text == "false" || text == "[]") return text;
  if (text.find(',') == std::string::npos) return InQuotes(text);
  std::string array;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    array += (array.empty() ? "[" : ", ") + InQuotes(part);
  }
  return array + "]";
}

/// The lines of the summary as a file.
std::string AsToml(const std::vector<std::string>& summary) {
  std::string top;
  std::string downstreams;
  std::string tables;
  for (const std::string& line : summary) {
    std::istringstream words(line);
    std::string kind;
    words >> kind;
    if (const std::size_t equals = kind.find('='); equals != std::string::npos) {
      top += kind.substr(0, equals) + " = " + TomlValueOf(kind.substr(equals + 1)) + "\n";
      continue;
    }
    std::string name;
    words >> name;
    if (kind == "downstream") {
      downstreams += (downstreams.empty() ? "" : ", ") + InQuotes(name);
    } else {
      top += kind + " = " + InQuotes(name) + "\n";
    }
    if (kind == "user") continue;
    tables += "[interface." + InQuotes(name) + "]\n";
    for (std::string setting; words >> setting;) {
      const std::size_t equals = setting.find('=');
      tables += setting.substr(0, equals) + " = " + TomlValueOf(setting.substr(equals + 1)) + "\n";
    }
  }
  return top + "downstream = [" + downstreams + "]\n" + tables;
}

/// What TOML has no words for: rules of access in any order, interfaces that are not named, and values that
/// the families round differently.
bool IsBeyondToml(const std::vector<std::string>& summary) {
  const auto beyond = [](const std::string& line) {
    return line.find(" access=") != std::string::npos || line.find("(IGMP)") != std::string::npos ||
           line.starts_with("downstream (every") || line.starts_with("disabled ");
  };
  const auto is_downstream = [](const std::string& line) { return line.starts_with("downstream "); };
  return std::any_of(summary.begin(), summary.end(), beyond) ||
         std::none_of(summary.begin(), summary.end(), is_downstream);
}

TEST(ConfigRoundTrip, WhatIsShownOfAFileIsAFileOfTheSameMeaning) {
  std::size_t checked = 0;
  for (const fs::path& path : GoodFiles()) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    auto config = ParseConfig(text, path);
    ASSERT_TRUE(config) << path;
    const std::vector<std::string> summary = Summary(*config);
    if (IsBeyondToml(summary)) continue;
    ++checked;
    const std::string toml = AsToml(summary);
    auto again = ParseConfig(toml, "again.toml");
    ASSERT_TRUE(again) << path << "\n" << toml << "\n" << again.error().front();
    EXPECT_EQ(Summary(*again), summary) << path;
    EXPECT_TRUE(again->upstream == config->upstream) << path << "\n" << toml;
    EXPECT_TRUE(again->downstreams == config->downstreams) << path << "\n" << toml;
    EXPECT_EQ(again->user, config->user);
  }
  EXPECT_GE(checked, 30u);
}

}  // namespace
}  // namespace bpfcast
