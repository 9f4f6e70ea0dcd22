// What is read of a file is printed as TOML, and means the same again.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "config/config.h"
#include "config/migrate.h"
#include "config/print.h"
#include "summary.h"

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

Config Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  auto config = ParseConfig(text, path);
  EXPECT_TRUE(config) << path;
  return config ? std::move(*config) : Config();
}

/// The only thing that TOML does not allow.
bool HasNoDownstream(const Config& config) {
  return config.downstreams.empty() && !config.default_downstream;
}

void ExpectTheSame(const Config& config, const std::string& toml, const fs::path& path) {
  const auto again = ParseConfig(toml, "again.toml");
  if (HasNoDownstream(config)) {
    ASSERT_FALSE(again) << path;
    EXPECT_EQ(again.error().size(), 1u) << path << "\n" << again.error().back();
    EXPECT_NE(again.error().front().find("'downstream' names no interface"), std::string::npos);
    return;
  }
  ASSERT_TRUE(again) << path << "\n" << toml << "\n" << again.error().front();
  EXPECT_TRUE(again->upstream == config.upstream) << path << "\n" << toml;
  EXPECT_TRUE(again->downstreams == config.downstreams) << path << "\n" << toml;
  EXPECT_TRUE(again->default_downstream == config.default_downstream) << path << "\n" << toml;
  EXPECT_EQ(again->disabled, config.disabled) << path;
  EXPECT_EQ(again->datapath, config.datapath) << path;
  EXPECT_EQ(again->lease, config.lease) << path;
  EXPECT_EQ(again->user, config.user) << path;
  EXPECT_EQ(Summary(*again), Summary(config)) << path;
}

TEST(ConfigRoundTrip, WhatIsPrintedOfAFileIsAFileOfTheSameMeaning) {
  for (const fs::path& path : GoodFiles()) {
    const Config config = Read(path);
    ExpectTheSame(config, PrintToml(config), path);
    ExpectTheSame(config, PrintToml(config, Settings::kAll, Comments::kOrigins), path);
    ExpectTheSame(config, PrintToml(config, Settings::kNotDefault, Comments::kOrigins), path);
  }
}

TEST(ConfigRoundTrip, AMigratedIgmpproxyConfMeansTheSame) {
  std::size_t checked = 0;
  for (const fs::path& path : GoodFiles()) {
    if (path.extension() != ".conf") continue;
    const Config config = Read(path);
    ExpectTheSame(config, MigratedToml(config), path);
    ++checked;
  }
  EXPECT_GE(checked, 25u);
}

}  // namespace
}  // namespace bpfcast
