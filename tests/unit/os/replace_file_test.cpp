#include "os/replace_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace bpfcast {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class ReplaceFileTest : public testing::Test {
 protected:
  ReplaceFileTest() {
    std::string name = fs::temp_directory_path() / "bpfcast-record-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot create " + name);
    directory_ = name;
  }
  ~ReplaceFileTest() override {
    std::error_code error;
    fs::remove_all(directory_, error);
  }
  std::string Path() const { return directory_ / "record"; }
  bool DraftIsThere() const { return fs::exists(Path() + ".new"); }

  fs::path directory_;
};

/// Files of this process cannot grow beyond some octets while one is there: writes are short, and then fail.
class ShortWrites {
 public:
  explicit ShortWrites(rlim_t octets) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit low{octets, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &low);
  }
  ShortWrites(const ShortWrites&) = delete;
  ShortWrites& operator=(const ShortWrites&) = delete;
  ~ShortWrites() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  sighandler_t handler_;
  rlimit before_{};
};

TEST_F(ReplaceFileTest, WhatIsWrittenIsReadAndNothingRemovesTheFile) {
  EXPECT_EQ(ReadRecord(Path()).value(), "") << "there is none yet";
  ASSERT_TRUE(ReplaceFile(Path(), std::string(10000, 'x')));
  EXPECT_EQ(ReadRecord(Path()).value(), std::string(10000, 'x'));
  ASSERT_TRUE(ReplaceFile(Path(), "short"));
  EXPECT_EQ(ReadRecord(Path()).value(), "short");
  EXPECT_FALSE(DraftIsThere());
  ASSERT_TRUE(ReplaceFile(Path(), ""));
  EXPECT_FALSE(fs::exists(Path()));
  EXPECT_TRUE(ReplaceFile(Path(), "")) << "that there is none is no failure";
}

TEST_F(ReplaceFileTest, AfterAShortWriteTheOldContentsStayAndTheReasonIsTold) {
  ASSERT_TRUE(ReplaceFile(Path(), "old"));
  const auto written = [&] {
    const ShortWrites limit(4);
    return ReplaceFile(Path(), "longer than that");
  }();
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().message, HasSubstr("File too large"));
  EXPECT_THAT(written.error().message, HasSubstr(Path()));
  EXPECT_EQ(ReadRecord(Path()).value(), "old");
  EXPECT_FALSE(DraftIsThere());
}

TEST_F(ReplaceFileTest, WhenTheNameCannotBeTakenNoDraftStays) {
  fs::create_directories(fs::path(Path()) / "something");
  EXPECT_FALSE(ReplaceFile(Path(), "text"));
  EXPECT_FALSE(DraftIsThere());
}

TEST_F(ReplaceFileTest, LinksAndDevicesAreNotReadAndLinksAreReplaced) {
  const std::string secret = directory_ / "secret";
  std::ofstream(secret) << "secret";
  fs::create_symlink(secret, Path());
  EXPECT_FALSE(ReadRecord(Path()));
  ASSERT_TRUE(ReplaceFile(Path(), "ours"));
  EXPECT_EQ(ReadRecord(Path()).value(), "ours");
  fs::remove(Path());
  fs::create_hard_link(secret, Path());
  EXPECT_FALSE(ReadRecord(Path()));
  ASSERT_TRUE(ReplaceFile(Path(), "ours"));
  EXPECT_EQ(ReadRecord(secret).value(), "secret");
  fs::remove(Path());
  ASSERT_EQ(mkfifo(Path().c_str(), 0600), 0);
  EXPECT_FALSE(ReadRecord(Path())) << "and nobody waits for a writer";
}

}  // namespace
}  // namespace bpfcast
