// The command line as igmpproxy's users know it: an igmpproxy.conf, the options, the exit codes, the
// background, syslog, another user.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "support/daemon.h"
#include "support/netns.h"
#include "support/stream.h"

namespace bpfcast::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kConf = "phyint wan0 upstream\nphyint lan1 downstream\n";

/// The daemon under the name igmpproxy, where every user may start it.
class NamedIgmpproxy {
 public:
  NamedIgmpproxy() {
    std::string name = fs::temp_directory_path() / "bpfcast-test-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot create " + name);
    directory_ = name;
    fs::permissions(directory_, fs::perms::owner_all | fs::perms::others_exec | fs::perms::others_read);
    fs::copy_file(DaemonPath(), path());
  }
  ~NamedIgmpproxy() {
    std::error_code error;
    fs::remove_all(directory_, error);
  }
  NamedIgmpproxy(const NamedIgmpproxy&) = delete;
  NamedIgmpproxy& operator=(const NamedIgmpproxy&) = delete;
  const fs::path& directory() const { return directory_; }
  std::string path() const { return directory_ / "igmpproxy"; }

 private:
  fs::path directory_;
};

/// What an instance leaves while it runs.
class Instance {
 public:
  explicit Instance(std::string name) : name_(std::move(name)) {}
  const std::string& name() const { return name_; }
  std::vector<fs::path> Traces() const {
    const std::string run = "/run/bpfcast/" + name_;
    std::vector<fs::path> traces;
    for (const fs::path& path : {fs::path(run + ".sock"), fs::path(run + ".lock"),
                                 fs::path(run + ".allmulti"), fs::path("/sys/fs/bpf/bpfcast/" + name_)}) {
      if (fs::exists(path)) traces.push_back(path);
    }
    return traces;
  }
  json Ask(const std::string& verb) const {
    const CommandResult result = RunCommand({CliPath(), "--instance", name_, verb, "-j"});
    return result.status == 0 ? json::parse(result.out, nullptr, false) : json();
  }
  bool EveryPortIsUp(std::size_t count, Clock::duration limit = 10s) const {
    return Eventually(
        [&] {
          const json ports = Ask("ports");
          return ports.size() == count && std::all_of(ports.begin(), ports.end(), [](const json& port) {
                   return port["state"] == "up" && !port["hook"].is_null();
                 });
        },
        limit);
  }

 private:
  std::string name_;
};

/// A process that left its starter and is ours to wait for, because this one is the reaper of its orphans.
class Orphan {
 public:
  explicit Orphan(const Instance& instance) {
    std::ifstream("/run/bpfcast/" + instance.name() + ".lock") >> pid_;
  }
  ~Orphan() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Orphan(const Orphan&) = delete;
  Orphan& operator=(const Orphan&) = delete;
  pid_t pid() const { return pid_; }
  /// SIGTERM; the exit code, or nothing when it does not end within 10 s.
  std::optional<int> Stop() {
    kill(pid_, SIGTERM);
    int status = 0;
    if (!Eventually([&] { return waitpid(pid_, &status, WNOHANG) == pid_; }, 10s)) return std::nullopt;
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t pid_ = -1;
};

class CommandLine : public ::testing::Test {
 protected:
  CommandLine() : router_(Prefix() + "-cmdline"), instance_(Prefix()) {
    AddVeth("wan0", "198.51.100.2/24");
    AddVeth("lan1", "192.0.2.1/24");
  }
  static std::string Prefix() {
    RemoveLeftovers();
    return NamePrefix("e2e");
  }
  void AddVeth(const std::string& name, const std::string& address) {
    router_.IpBatch("link add " + name + " type veth peer name " + name + "-far\naddr add " + address +
                    " dev " + name + "\nlink set " + name + " up\nlink set " + name + "-far up\n");
  }
  /// `igmpproxy --instance NAME ARGS...` in the router's namespace.
  CommandResult Igmpproxy(std::vector<std::string> args) const {
    args.insert(args.begin(), {igmpproxy_.path(), "--instance", instance_.name()});
    return RunCommand(args, &router_);
  }

  NetNs router_;
  Instance instance_;
  NamedIgmpproxy igmpproxy_;
};

TEST_F(CommandLine, ABadFileEndsWithTwoAndUnderTheNameIgmpproxyWith255) {
  for (const char* text : {"",
                           " \n",
                           "# nothing\n",
                           "foo",
                           "phyint",
                           "phyint abcdefghijklmnop upstream",
                           "phyint a upstream altnet 10.0.0.0/33",
                           "phyint a upstream altnet banana",
                           "phyint a upstream whitelist banana",
                           "phyint a upstream threshold 0",
                           "phyint a upstream threshold 256",
                           "phyint a upstream threshold abc",
                           "phyint a upstream ratelimit -1",
                           "hashtablesize 32 quickleave phyint a upstream",
                           "quickleave hashtablesize 0 phyint a upstream",
                           "QUICKLEAVE phyint a upstream",
                           "phyint a downstream",
                           "phyint a upstream altnet",
                           "phyint a upstream threshold",
                           "upstream = 7\n"}) {
    const ConfigFile file(text);
    const CommandResult check = RunCommand({DaemonPath(), "-t", file.path()});
    EXPECT_EQ(check.status, 2) << text;
    EXPECT_THAT(check.err, ContainsRegex(file.path() + ":[0-9]+:[0-9]+: ")) << text;
    EXPECT_EQ(RunCommand({DaemonPath(), "-n", "-d", file.path()}, &router_).status, 2) << text;
    const CommandResult igmpproxy = Igmpproxy({file.path()});
    EXPECT_EQ(igmpproxy.status, 255) << text;
    EXPECT_EQ(igmpproxy.err, check.err) << text;
  }
  EXPECT_THAT(instance_.Traces(), IsEmpty());
}

/// A file may be written on one machine for another.
TEST_F(CommandLine, AUserThatIsMissingIsAWarningOfTheFileAndAnErrorOfTheStart) {
  const ConfigFile file("user no-such-user-here\nphyint a upstream\nphyint b downstream\n");
  const CommandResult check = RunCommand({DaemonPath(), "-t", file.path()});
  EXPECT_EQ(check.status, 0);
  EXPECT_THAT(check.err, HasSubstr(":1:6: warning: the user 'no-such-user-here' does not exist"));
  const CommandResult start = RunCommand({DaemonPath(), "-n", "-d", file.path()}, &router_);
  EXPECT_EQ(start.status, 2);
  EXPECT_THAT(start.err, HasSubstr("the user 'no-such-user-here' does not exist"));
  EXPECT_EQ(Igmpproxy({file.path()}).status, 255);
  EXPECT_THAT(instance_.Traces(), IsEmpty());
}

TEST_F(CommandLine, AMissingFileEndsWithTwoAndUnderTheNameIgmpproxyWith255) {
  EXPECT_EQ(RunCommand({DaemonPath(), "/nonexistent/igmpproxy.conf"}).status, 2);
  const CommandResult igmpproxy = Igmpproxy({"/nonexistent/igmpproxy.conf"});
  EXPECT_EQ(igmpproxy.status, 255);
  EXPECT_THAT(igmpproxy.err, HasSubstr("/nonexistent/igmpproxy.conf"));
}

TEST_F(CommandLine, ACheckedFileIsShownAsItIsUnderstood) {
  const ConfigFile file(
      "quickleave\nphyint wan0 upstream altnet 10.1.2.3/8\nphyint lan1 downstream threshold 5\n");
  const CommandResult result = RunCommand({DaemonPath(), "-t", file.path()});
  EXPECT_EQ(result.status, 0);
  std::string out = result.out;
  const std::string name = std::filesystem::path(file.path()).filename();
  for (std::size_t at; (at = out.find(name)) != std::string::npos;) out.replace(at, name.size(), "NAME");
  EXPECT_EQ(out,
            "upstream = \"wan0\"      # NAME:2\n"
            "downstream = [\"lan1\"]  # NAME:3\n"
            "ipv6 = false           # igmpproxy.conf has no word for it\n"
            "\n[interface.wan0]\n"
            "altnet = [\"10.0.0.0/8\"]  # NAME:2\n"
            "\n[interface.lan1]\n"
            "source-check = \"off\"  # igmpproxy.conf without an altnet\n"
            "ttl-threshold = 5     # NAME:3\n"
            "fast-leave = true     # NAME:1\n");
  EXPECT_THAT(result.err, HasSubstr(file.path() + ":2:29: "));
}

TEST_F(CommandLine, HelpGoesToStderrUnderTheNameIgmpproxy) {
  const CommandResult igmpproxy = Igmpproxy({"-h"});
  EXPECT_EQ(igmpproxy.status, 0);
  EXPECT_THAT(igmpproxy.out, IsEmpty());
  EXPECT_THAT(igmpproxy.err, AllOf(HasSubstr("-n"), HasSubstr("-d"), HasSubstr("-v")));
  const CommandResult bpfcastd = RunCommand({DaemonPath(), "-h"});
  EXPECT_EQ(bpfcastd.status, 0);
  EXPECT_THAT(bpfcastd.out, HasSubstr("--config"));
}

TEST_F(CommandLine, AWrongCommandLineEndsWithOneUnderBothNames) {
  const ConfigFile file(kConf);
  for (const std::vector<std::string>& args : std::vector<std::vector<std::string>>{
           {}, {"-n"}, {"-x", file.path()}, {file.path(), file.path()}, {"-c", file.path()}}) {
    const CommandResult result = Igmpproxy(args);
    EXPECT_EQ(result.status, 1) << ::testing::PrintToString(args);
    EXPECT_FALSE(result.err.empty()) << ::testing::PrintToString(args);
  }
  EXPECT_EQ(RunCommand({DaemonPath(), file.path(), file.path()}).status, 1);
  EXPECT_EQ(RunCommand({DaemonPath(), "-x", file.path()}).status, 1);
}

TEST_F(CommandLine, OnlyRootStartsIgmpproxy) {
  const ConfigFile file(kConf);
  const CommandResult result = RunCommand(
      {"setpriv", "--reuid", "nobody", "--clear-groups", igmpproxy_.path(), "-n", file.path()}, &router_);
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("root"));
}

TEST_F(CommandLine, IgmpproxyReturnsFromItsStartOnceItServesAndStopsCleanly) {
  ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  const ConfigFile file(kConf);
  const CommandResult start = Igmpproxy({file.path()});
  Orphan daemon(instance_);
  ASSERT_EQ(start.status, 0) << start.err;
  EXPECT_THAT(start.out + start.err, IsEmpty());
  ASSERT_GT(daemon.pid(), 0);
  EXPECT_EQ(getsid(daemon.pid()), daemon.pid());
  for (const char* stream : {"0", "1", "2"}) {
    EXPECT_EQ(fs::read_symlink("/proc/" + std::to_string(daemon.pid()) + "/fd/" + stream), "/dev/null");
  }
  const json status = instance_.Ask("status");  // without waiting
  ASSERT_TRUE(status.is_object());
  EXPECT_EQ(status["pid"], daemon.pid());
  EXPECT_EQ(status["config"], file.path());
  EXPECT_TRUE(instance_.EveryPortIsUp(2));
  EXPECT_EQ(daemon.Stop(), 0);
  EXPECT_THAT(instance_.Traces(), IsEmpty());
}

TEST_F(CommandLine, AnIgmpproxyThatCannotStartSaysSoAndEndsWith255) {
  Daemon first(router_, kConf, instance_.name());
  const ConfigFile file(kConf);
  for (const std::vector<std::string>& args :
       std::vector<std::vector<std::string>>{{file.path()}, {"-n", file.path()}, {"-d", file.path()}}) {
    const CommandResult second = Igmpproxy(args);
    EXPECT_EQ(second.status, 255) << second.err;
    EXPECT_THAT(second.err, HasSubstr(std::to_string(first.pid())));
  }
  EXPECT_EQ(first.Stop(), 0) << first.Stderr();
}

TEST_F(CommandLine, IgmpproxyLogsToSyslogUnderItsName) {
  const fs::path log = igmpproxy_.directory() / "log";
  const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  log.string().copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const ConfigFile file("phyint wan0 upstream ratelimit 5\nphyint lan1 downstream\n");
  // A /dev of its own, whose log is the socket above.
  Process daemon(
      {"unshare", "--mount", "sh", "-c",
       "mount -t tmpfs dev /dev && mknod -m 666 /dev/null c 1 3 && mknod -m 666 /dev/urandom c 1 9 && "
       "ln -s " +
           log.string() + " /dev/log && exec \"$@\"",
       "sh", igmpproxy_.path(), "-n", "--instance", instance_.name(), file.path()},
      &router_);
  std::string line(2048, '\0');
  ssize_t size = -1;
  EXPECT_TRUE(Eventually([&] { return (size = recv(socket.get(), line.data(), line.size(), 0)) > 0; }, 20s))
      << daemon.Err();
  line.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  // <12>: facility user, severity warning.
  EXPECT_THAT(line,
              AllOf(ContainsRegex("^<12>"), HasSubstr("igmpproxy["), HasSubstr(file.path() + ":1:32: ")));
  EXPECT_TRUE(Eventually([&] { return instance_.Ask("status").is_object(); }, 20s));
  daemon.Signal(SIGTERM);
  EXPECT_EQ(daemon.Wait(10s), 0) << daemon.Err();
  EXPECT_THAT(daemon.Err(), IsEmpty());
}

/// Gives the machine's directories back as they were: `user` opens them.
class KeptDirectories {
 public:
  KeptDirectories() {
    for (const char* path : {"/run/bpfcast", "/sys/fs/bpf"}) {
      struct stat status {};
      if (stat(path, &status) == 0) kept_.emplace_back(path, status);
    }
  }
  ~KeptDirectories() {
    for (const auto& [path, status] : kept_) {
      if (chown(path.c_str(), status.st_uid, status.st_gid) != 0 || chmod(path.c_str(), status.st_mode) != 0)
        ADD_FAILURE() << "cannot restore " << path;
    }
  }
  KeptDirectories(const KeptDirectories&) = delete;
  KeptDirectories& operator=(const KeptDirectories&) = delete;

 private:
  std::vector<std::pair<std::string, struct stat>> kept_;
};

/// The value of `key` in /proc/PID/status.
std::string ProcessStatus(pid_t pid, const std::string& key) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key + ":")) continue;
    line.erase(0, key.size() + 1);
    return line.substr(std::min(line.find_first_not_of("\t "), line.size()));
  }
  return "";
}

TEST_F(CommandLine, AUserThatIsNotRootServesInterfacesThatComeLaterAndStopsCleanly) {
  const KeptDirectories kept;
  const passwd* nobody = getpwnam("nobody");
  ASSERT_NE(nobody, nullptr);
  const std::string uid = std::to_string(nobody->pw_uid);
  const std::string gid = std::to_string(nobody->pw_gid);
  Daemon daemon(router_, std::string("user nobody\n") + kConf, instance_.name());
  ASSERT_TRUE(instance_.EveryPortIsUp(2)) << daemon.Stderr();
  EXPECT_EQ(ProcessStatus(daemon.pid(), "Uid"), uid + "\t" + uid + "\t" + uid + "\t" + uid);
  EXPECT_EQ(ProcessStatus(daemon.pid(), "Gid"), gid + "\t" + gid + "\t" + gid + "\t" + gid);
  EXPECT_THAT(ProcessStatus(daemon.pid(), "Groups"), IsEmpty());
  // CAP_BPF (39), CAP_NET_RAW (13), CAP_NET_ADMIN (12).
  EXPECT_EQ(ProcessStatus(daemon.pid(), "CapEff"), "0000008000003000");
  EXPECT_EQ(ProcessStatus(daemon.pid(), "CapPrm"), "0000008000003000");

  router_.Ip("link del lan1");
  ASSERT_TRUE(Eventually([&] {
    for (const json& port : instance_.Ask("ports")) {
      if (port["name"] == "lan1" && port["state"] != "up") return true;
    }
    return false;
  })) << daemon.Stderr();
  AddVeth("lan1", "192.0.2.1/24");
  EXPECT_TRUE(instance_.EveryPortIsUp(2)) << daemon.Stderr();
  EXPECT_THAT(router_.Ip("-d link show dev lan1"), HasSubstr("allmulti 1"));

  EXPECT_EQ(daemon.Stop(), 0) << daemon.Stderr();
  EXPECT_THAT(instance_.Traces(), IsEmpty());
  EXPECT_THAT(router_.Ip("-d link show dev lan1"), HasSubstr("allmulti 0"));
  EXPECT_THAT(daemon.Stderr(), Not(HasSubstr(" error "))) << daemon.Stderr();
}

TEST_F(CommandLine, RootStartsAgainAfterAnotherUserWasKilled) {
  const KeptDirectories kept;
  {
    Daemon killed(router_, std::string("user nobody\n") + kConf, instance_.name());
    killed.Signal(SIGKILL);
    ASSERT_TRUE(killed.Wait(10s));
    Daemon next(router_, kConf, instance_.name());
    EXPECT_TRUE(instance_.EveryPortIsUp(2)) << next.Stderr();
    EXPECT_EQ(next.Stop(), 0) << next.Stderr();
  }
  EXPECT_THAT(instance_.Traces(), IsEmpty());
}

TEST(OpenWrtFile, StartedAsItsInitScriptDoesForwardsAStream) {
  RemoveLeftovers();
  const Bed bed(NamePrefix("e2e") + "-openwrt");
  const Instance instance(NamePrefix("e2e"));
  const ConfigFile file(
      "quickleave\n"
      "phyint wan0 upstream ratelimit 0 threshold 1\n"
      "\taltnet 10.0.0.0/8\n"
      "phyint lan1 downstream ratelimit 0 threshold 1\n"
      "phyint lan2 downstream ratelimit 0 threshold 1\n");
  Process daemon({DaemonPath(), "-n", "-d", "-v", "--instance", instance.name(), file.path()}, &bed.router());
  ASSERT_TRUE(instance.EveryPortIsUp(3, 20s)) << daemon.Err();
  const Ipv4Address group = MakeIpv4(239, 1, 2, 3);
  Receiver member(bed.h1(), group);
  Receiver other(bed.h3(), group);
  member.Join();
  ASSERT_TRUE(Eventually([&] { return !instance.Ask("groups").empty(); })) << daemon.Err();
  Sender sender(bed.up(), {.group = group, .source = Source(1)}, Sender::Start::kLater);
  sender.Send(500);
  EXPECT_TRUE(member.WaitForTotal(500)) << member.Total() << " of 500\n" << daemon.Err();
  EXPECT_EQ(other.Total(), 0U);
  daemon.Signal(SIGTERM);
  EXPECT_EQ(daemon.Wait(10s), 0) << daemon.Err();
  EXPECT_THAT(instance.Traces(), IsEmpty());
}

}  // namespace
}  // namespace bpfcast::test
