#include "os/interface_flags.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace bpfcast {
namespace {

// What sets real flags needs root and is tested end to end; here is what the record says.
class AllMulticastFlagsTest : public testing::Test {
 protected:
  AllMulticastFlagsTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "bpfcast-flags-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
    path_ = directory_ / "default.allmulti";
  }
  ~AllMulticastFlagsTest() override { std::filesystem::remove_all(directory_); }

  void WriteRecord(const std::string& text) const { std::ofstream(path_) << text; }

  std::filesystem::path directory_;
  std::filesystem::path path_;
};

Link NoSuchLink(bool all_multicast) {
  Link link;
  link.name = "gone0";
  link.ifindex = 2'000'000'000;
  link.all_multicast = all_multicast;
  return link;
}

TEST_F(AllMulticastFlagsTest, AFlagOfSomebodyElseIsNotRecorded) {
  AllMulticastFlags flags(path_);
  EXPECT_TRUE(flags.Set(NoSuchLink(true)));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(AllMulticastFlagsTest, WhatCouldNotBeSetIsNotRecorded) {
  AllMulticastFlags flags(path_);
  const auto set = flags.Set(NoSuchLink(false));
  ASSERT_FALSE(set);
  EXPECT_NE(set.error().message.find("gone0"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(AllMulticastFlagsTest, FlagsOfOtherNamespacesStayRecorded) {
  WriteRecord("1 2000000000\n");
  { AllMulticastFlags flags(path_); }
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(AllMulticastFlagsTest, ADamagedRecordIsNoObstacle) {
  WriteRecord("half a line");
  AllMulticastFlags flags(path_);
  EXPECT_TRUE(flags.Set(NoSuchLink(true)));
}

}  // namespace
}  // namespace bpfcast
