// What is read of a file is printed as TOML, and means the same again.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/print.h"
#include "config/summary.h"

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

/// What TOML has no words for: rules of access in any order and interfaces that are not named.
bool IsBeyondToml(const std::vector<std::string>& summary) {
  const auto beyond = [](const std::string& line) {
    return line.find(" access=") != std::string::npos || line.starts_with("downstream (every") ||
           line.starts_with("disabled ");
  };
  const auto is_downstream = [](const std::string& line) { return line.starts_with("downstream "); };
  return std::any_of(summary.begin(), summary.end(), beyond) ||
         std::none_of(summary.begin(), summary.end(), is_downstream);
}

TEST(ConfigRoundTrip, WhatIsPrintedOfAFileIsAFileOfTheSameMeaning) {
  std::size_t checked = 0;
  for (const fs::path& path : GoodFiles()) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    auto config = ParseConfig(text, path);
    ASSERT_TRUE(config) << path;
    const std::vector<std::string> summary = Summary(*config);
    if (IsBeyondToml(summary)) continue;
    ++checked;
    const std::string toml = PrintToml(*config);
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
