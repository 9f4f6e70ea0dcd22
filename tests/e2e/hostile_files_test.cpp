// Files that cannot be a configuration: refused in one way by everybody who reads them, while a stream flows.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "fixture.h"

namespace bpfcast::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class HostileFiles : public E2e {
 protected:
  std::string File() const { return daemon_->config().path(); }
  std::size_t Descriptors() const {
    const fs::directory_iterator all("/proc/" + std::to_string(daemon_->pid()) + "/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }
  /// Whoever reads the file says why not, and ends with the status of a bad configuration.
  void ExpectRefusal(const std::string& why) const {
    for (const std::vector<std::string>& command : {std::vector<std::string>{CliPath(), "check", File()},
                                                    {CliPath(), "migrate", File()},
                                                    {DaemonPath(), "-t", File()}}) {
      const CommandResult result = RunCommand(command);
      EXPECT_EQ(result.status, 2) << command[1] << ": " << result.err;
      EXPECT_THAT(result.err, StartsWith(File() + ":"));
      EXPECT_THAT(result.err, HasSubstr(why)) << command[1];
      EXPECT_EQ(result.out, "") << command[1];
    }
    const CommandResult reload = daemon_->Cli("reload");
    EXPECT_EQ(reload.status, 2) << reload.err;
    EXPECT_THAT(reload.err, HasSubstr(why));
    EXPECT_THAT(reload.err, HasSubstr("was not taken over: the running configuration stays"));
  }
};
INSTANTIATE_TEST_SUITE_P(Hook, HostileFiles, ::testing::Values("tc"), HookName);

TEST_P(HostileFiles, AreRefusedByEveryReaderAndTheDaemonGoesOnWithWhatItHas) {
  StartDaemon();
  Receiver receiver(bed_.h1(), kG);
  receiver.Join();
  Sender sender(bed_.up(), FromUpstream(kG));
  ASSERT_TRUE(receiver.WaitForFirst(Source(1)));
  std::this_thread::sleep_for(300ms);  // until the connections that were needed so far are closed
  const std::size_t descriptors = Descriptors();
  const nlohmann::json ports = daemon_->Call("config");

  std::string dots;
  for (int i = 0; i < 400'000; ++i) dots += ".a";
  const std::string top = "upstream = \"wan0\"\ndownstream = \"lan1\"\n";
  const std::pair<std::string, std::string> texts[] = {
      {"", ":1:1: the file says nothing"},
      {top + std::string(3, '\0'), ":3:1: a NUL byte"},
      {"phyint wan0 upstream\n" + std::string(3, '\0'), ":2:1: a NUL byte"},
      {top + "# caf\xe9\n", ":3:6: the octet \\xe9 is not UTF-8"},
      {top + "a" + dots + " = 1\n", ":3:32: nested deeper than 16 levels"},
      {top + std::string(10'000'000, '#'), ": is larger than 1 MiB"},
      {std::string("\x7f"
                   "ELF\x02\x01\x01",
                   7),
       ":1:1: '\\x7fELF\\x02\\x01\\x01' begins no configuration"}};
  for (const auto& [text, why] : texts) {
    daemon_->config().Write(text);
    ExpectRefusal(why);
  }
  fs::remove(File());
  ExpectRefusal(": cannot open: No such file or directory");
  ASSERT_EQ(mkfifo(File().c_str(), 0600), 0);
  ExpectRefusal(": is not a regular file");
  fs::remove(File());
  fs::create_symlink("/dev/zero", File());
  ExpectRefusal(": is not a regular file");
  fs::remove(File());
  fs::create_directory(File());
  ExpectRefusal(": is a directory");
  fs::remove(File());

  EXPECT_EQ(daemon_->Call("config"), ports) << "the running configuration stays";
  EXPECT_TRUE(Eventually([&] { return Descriptors() <= descriptors; })) << Descriptors();
  std::string windows = Configuration();
  for (std::size_t at = 0; (at = windows.find('\n', at)) != std::string::npos; at += 2)
    windows.insert(at, "\r");
  daemon_->config().Write("\xEF\xBB\xBF" + windows);
  const CommandResult taken = daemon_->Cli("reload");
  EXPECT_EQ(taken.status, 0) << taken.err;
  EXPECT_EQ(taken.out, "reloaded: nothing changed\n") << "a byte order mark and other line ends";
  sender.Stop();
  EXPECT_TRUE(Eventually([&] { return receiver.Of(Source(1)).last == sender.sent() - 1; }));
  ExpectNoGap(receiver, Source(1));
}

TEST_P(HostileFiles, OneThatMayNotBeReadIsNamed) {
  const ConfigFile file("upstream = \"wan0\"\ndownstream = \"lan1\"\n");  // mode 0600
  ASSERT_EQ(chown(file.path().c_str(), 65534, 65534), 0);
  const CommandResult result = RunCommand(
      {"setpriv", "--bounding-set=-dac_override,-dac_read_search", CliPath(), "check", file.path()});
  EXPECT_EQ(result.status, 2);
  EXPECT_EQ(result.err, file.path() + ": cannot open: Permission denied; read it as root\n");
}

}  // namespace
}  // namespace bpfcast::test
