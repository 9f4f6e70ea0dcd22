// Several proxies of one file, in one process: each with its own upstream, downstreams, pins and control
// socket.
//
//   "tv"    wan0 -> lan1 (h1), lan2 (h3)      "cams"  lan3 -> lan2 (h3): the host h4 is where its streams
//   begin
#include <csignal>
#include <filesystem>

#include "fixture.h"

namespace bpfcast::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

class SeveralProxies : public ::testing::Test {
 protected:
  SeveralProxies() : bed_(NamePrefix("e2e")) { RemoveLeftovers(); }
  ~SeveralProxies() override {
    if (process_ && process_->Running()) {
      process_->Signal(SIGTERM);
      if (!process_->Wait(10s)) process_->Signal(SIGKILL);
    }
    if (HasFailure() && process_) std::cerr << process_->Err() << "\n";
    std::error_code error;
    for (const std::string& name : {tv_, cams_}) {
      fs::remove_all(Pins(name), error);
      for (const char* end : {".sock", ".lock", ".allmulti", ".static"}) fs::remove(Run(name, end), error);
      fs::remove_all(fs::path("/var/lib/bpfcast") / name, error);
    }
  }

  static fs::path Pins(const std::string& name) { return "/sys/fs/bpf/bpfcast/" + name; }
  static fs::path Run(const std::string& name, const std::string& end) {
    return "/run/bpfcast/" + name + end;
  }
  std::string Tv(const std::string& downstreams = R"(["lan1"])") const {
    return "[proxy." + tv_ + "]\nupstream = \"wan0\"\ndownstream = " + downstreams + "\n";
  }
  std::string Cams(const std::string& upstream = "lan3") const {
    return "[proxy." + cams_ + "]\nupstream = \"" + upstream + "\"\ndownstream = \"lan2\"\n";
  }

  void Start(const std::string& text) {
    config_.Write(text);
    process_.emplace(std::vector<std::string>{DaemonPath(), "-c", config_.path()}, &bed_.router());
  }
  CommandResult Cli(const std::string& name, const std::string& words) const {
    std::vector<std::string> argv{CliPath(), "--instance", name};
    for (std::string& word : Words(words)) argv.push_back(std::move(word));
    return RunCommand(argv);
  }
  nlohmann::json Ports(const std::string& name) const {
    const CommandResult result = Cli(name, "ports -j");
    return result.status == 0 ? nlohmann::json::parse(result.out) : nlohmann::json::array();
  }
  /// Until the instance has these ports, all of them up.
  bool WaitForPorts(const std::string& name, std::size_t count) {
    return Eventually(
        [&] {
          const nlohmann::json ports = Ports(name);
          return ports.size() == count &&
                 std::all_of(ports.begin(), ports.end(), [](const nlohmann::json& port) {
                   return port["state"] == "up" && !port["hook"].is_null();
                 });
        },
        20s);
  }
  std::string ReloadWith(const std::string& text) {
    config_.Write(text);
    const CommandResult result = Cli(tv_, "reload");
    EXPECT_EQ(result.status, 0) << result.err;
    return result.out;
  }
  /// The same group from both upstreams.
  StreamOptions FromTv() const { return {.group = kG, .source = AnyAddress(bed_.up().address)}; }
  StreamOptions FromCams() const { return {.group = kG, .source = AnyAddress(bed_.h4().address)}; }
  AnyAddress TvSource() const { return bed_.up().address; }
  AnyAddress CamsSource() const { return bed_.h4().address; }
  static void ExpectAllUntilTheEnd(Sender& sender, const Receiver& receiver) {
    sender.Stop();
    EXPECT_TRUE(Eventually([&] { return receiver.Of(sender.source()).last == sender.sent() - 1; }));
    ExpectNoGap(receiver, sender.source());
  }

  const std::string tv_ = NamePrefix("e2e") + "-tv";
  const std::string cams_ = NamePrefix("e2e") + "-cams";
  Bed bed_;
  ConfigFile config_{""};
  std::optional<Process> process_;
};

TEST_F(SeveralProxies, StreamsOfEachReachItsOwnReceiversAndACleanStopEndsAll) {
  const std::string links = bed_.router().Ip("-o link show");
  Start(Tv() + Cams());
  ASSERT_TRUE(WaitForPorts(tv_, 2));
  ASSERT_TRUE(WaitForPorts(cams_, 2));
  EXPECT_THAT(bed_.router().Ip("-o link show"), HasSubstr("ALLMULTI"));
  Receiver of_tv(bed_.h1(), kG);
  Receiver of_cams(bed_.h3(), kG);
  of_tv.Join();
  of_cams.Join();
  Sender tv(bed_.up(), FromTv());
  Sender cams(bed_.h4(), FromCams());
  EXPECT_TRUE(of_tv.WaitForTotal(300));
  EXPECT_TRUE(of_cams.WaitForTotal(300));
  ExpectAllUntilTheEnd(tv, of_tv);
  ExpectAllUntilTheEnd(cams, of_cams);
  EXPECT_EQ(of_tv.Of(CamsSource()).received, 0u);
  EXPECT_EQ(of_cams.Of(TvSource()).received, 0u);
  EXPECT_THAT(Cli(cams_, "config").out, HasSubstr("[proxy." + cams_ + "]\nupstream = \"lan3\""));

  process_->Signal(SIGTERM);
  EXPECT_EQ(process_->Wait(10s), 0);
  EXPECT_EQ(bed_.router().Ip("-o link show"), links);
  for (const std::string& name : {tv_, cams_}) {
    EXPECT_FALSE(fs::exists(Pins(name)));
    for (const char* end : {".sock", ".lock", ".allmulti"}) EXPECT_FALSE(fs::exists(Run(name, end))) << end;
  }
}

TEST_F(SeveralProxies, X_04_AReloadAddsChangesAndEndsOneWhileTheOtherLosesNothing) {
  Start(Tv());
  ASSERT_TRUE(WaitForPorts(tv_, 2));
  Receiver of_tv(bed_.h1(), kG);
  of_tv.Join();
  Sender tv(bed_.up(), FromTv());
  ASSERT_TRUE(of_tv.WaitForFirst(TvSource()));

  EXPECT_EQ(ReloadWith(Tv() + Cams()), "reloaded:\n  " + cams_ + ": new proxy\n");
  ASSERT_TRUE(WaitForPorts(cams_, 2));
  Receiver of_cams(bed_.h3(), kG);
  of_cams.Join();
  Sender cams(bed_.h4(), FromCams());
  ASSERT_TRUE(of_cams.WaitForFirst(CamsSource()));

  EXPECT_EQ(ReloadWith(Tv() + Cams() + "[interface.lan2]\nquery-interval = 60\n"),
            "reloaded:\n  " + cams_ + ": lan2: query-interval 125 s -> 60 s\n");
  config_.Write(Tv() + Cams() + "[interface.lan2]\nquery-intervall = 60\n");
  const CommandResult broken = Cli(cams_, "reload");
  EXPECT_EQ(broken.status, 2);
  EXPECT_THAT(broken.err, HasSubstr("did you mean 'query-interval'?"));
  EXPECT_TRUE(of_cams.WaitForTotal(of_cams.Total() + 100));
  ExpectNoGap(of_cams, CamsSource());

  EXPECT_EQ(ReloadWith(Tv()), "reloaded:\n  " + cams_ + ": no proxy any more\n");
  EXPECT_TRUE(Eventually([&] { return !fs::exists(Pins(cams_)) && !fs::exists(Run(cams_, ".sock")); }));
  const std::uint64_t total = of_cams.Total();
  ASSERT_TRUE(of_tv.WaitForTotal(of_tv.Total() + 200));
  EXPECT_LE(of_cams.Total(), total + 20) << "nothing forwards for it any more";
  ExpectAllUntilTheEnd(tv, of_tv);
}

TEST_F(SeveralProxies, X_04_AnInterfaceMovesFromOneToTheOther) {
  const std::string soon = "[interface.lan2]\nquery-response-interval = 1\n";
  Start(Tv(R"(["lan1", "lan2"])") + soon);
  ASSERT_TRUE(WaitForPorts(tv_, 3));
  Receiver stays(bed_.h1(), kG);
  Receiver moves(bed_.h3(), kG);
  stays.Join();
  moves.Join();
  Sender tv(bed_.up(), FromTv());
  Sender cams(bed_.h4(), FromCams());
  ASSERT_TRUE(stays.WaitForFirst(TvSource()));
  ASSERT_TRUE(moves.WaitForFirst(TvSource()));
  EXPECT_EQ(ReloadWith(Tv() + Cams() + soon),
            "reloaded:\n  " + tv_ + ": lan2: no downstream any more\n  " + cams_ + ": new proxy\n");
  EXPECT_TRUE(moves.WaitForFirst(CamsSource(), 10s)) << "the host is asked again, by the other proxy";
  const std::uint64_t before = moves.Of(TvSource()).received;
  ASSERT_TRUE(moves.WaitForTotal(moves.Total() + 100));
  EXPECT_EQ(moves.Of(TvSource()).received, before);
  ExpectAllUntilTheEnd(tv, stays);
}

TEST_F(SeveralProxies, OneWhoseUpstreamIsMissingDoesNotHoldUpTheOther) {
  Start(Cams("nowhere") + Tv());
  ASSERT_TRUE(WaitForPorts(tv_, 2));
  Receiver receiver(bed_.h1(), kG);
  receiver.Join();
  Sender sender(bed_.up(), FromTv());
  EXPECT_TRUE(receiver.WaitForTotal(100));
  const nlohmann::json ports = Ports(cams_);
  ASSERT_EQ(ports.size(), 2u);
  EXPECT_EQ(ports[0]["name"], "nowhere");
  EXPECT_NE(ports[0]["state"], "up");
}

TEST_F(SeveralProxies, X_03_AHandOverLeavesTheStreamsOfAllToTheNextProcess) {
  Start(Tv() + Cams());
  ASSERT_TRUE(WaitForPorts(tv_, 2));
  ASSERT_TRUE(WaitForPorts(cams_, 2));
  Receiver of_tv(bed_.h1(), kG);
  Receiver of_cams(bed_.h3(), kG);
  of_tv.Join();
  of_cams.Join();
  Sender tv(bed_.up(), FromTv());
  Sender cams(bed_.h4(), FromCams());
  ASSERT_TRUE(of_tv.WaitForFirst(TvSource()));
  ASSERT_TRUE(of_cams.WaitForFirst(CamsSource()));
  process_->Signal(SIGUSR1);
  ASSERT_EQ(process_->Wait(10s), 0);
  EXPECT_TRUE(fs::exists(Pins(tv_)) && fs::exists(Pins(cams_)));
  Start(Tv() + Cams());
  ASSERT_TRUE(WaitForPorts(tv_, 2));
  ASSERT_TRUE(WaitForPorts(cams_, 2));
  EXPECT_TRUE(of_tv.WaitForTotal(of_tv.Total() + 100));
  ExpectAllUntilTheEnd(tv, of_tv);
  ExpectAllUntilTheEnd(cams, of_cams);
}

TEST_F(SeveralProxies, X_04_AnotherNameIsAnotherProxyAndWhatIsOfTheFileIsTakenOver) {
  Start(Tv());
  ASSERT_TRUE(WaitForPorts(tv_, 2));
  const std::string renamed = "[proxy." + cams_ + "]\nupstream = \"wan0\"\ndownstream = \"lan1\"\n";
  const std::string told = ReloadWith("log-igmp = \"debug\"\n" + renamed);
  EXPECT_THAT(told, HasSubstr(cams_ + ": new proxy"));
  EXPECT_THAT(told, HasSubstr(tv_ + ": no proxy any more"));
  EXPECT_THAT(told, HasSubstr("log-igmp as-started -> debug"));
  ASSERT_TRUE(WaitForPorts(cams_, 2));
  EXPECT_FALSE(fs::exists(Pins(tv_)));
  Receiver receiver(bed_.h1(), kG);
  receiver.Join();
  EXPECT_TRUE(
      Eventually([&] { return process_->Err().find("TO_EX " + kG.ToString()) != std::string::npos; }));
  Sender sender(bed_.up(), FromTv());
  EXPECT_TRUE(receiver.WaitForTotal(100));
}

TEST_F(SeveralProxies, X_04_AReloadWhoseNewProxyCannotBeginChangesNothing) {
  Start(Tv());
  ASSERT_TRUE(WaitForPorts(tv_, 2));
  const ConfigFile of_other(Cams());
  Process other({DaemonPath(), "-c", of_other.path()}, &bed_.router());
  ASSERT_TRUE(WaitForPorts(cams_, 2));

  const std::string more = Tv(R"(["lan1", "late0"])") + Cams();
  config_.Write(more);
  const CommandResult refused = Cli(tv_, "reload");
  EXPECT_EQ(refused.status, 1) << "the file itself can be used";
  EXPECT_THAT(refused.err, HasSubstr("proxy '" + cams_ + "': "));
  EXPECT_THAT(refused.err, HasSubstr("the running configuration stays"));
  EXPECT_THAT(Cli(tv_, "config").out, Not(HasSubstr("late0")));
  config_.Write(Tv() + "nonsense = 1\n");
  EXPECT_EQ(Cli(tv_, "reload").status, 2);

  other.Signal(SIGTERM);
  EXPECT_EQ(other.Wait(10s), 0);
  ReloadWith(more);
  EXPECT_THAT(Cli(tv_, "config").out, HasSubstr("late0"));
  EXPECT_TRUE(WaitForPorts(cams_, 2));
}

TEST_F(SeveralProxies, TheirNamesAreThoseOfTheFile) {
  config_.Write(Tv() + Cams());
  const CommandResult result =
      RunCommand({DaemonPath(), "-c", config_.path(), "--instance", "other"}, &bed_.router());
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err,
              HasSubstr("names its proxies, and these are its instances; leave out --instance other"));
  const CommandResult checked = RunCommand({DaemonPath(), "-t", config_.path()});
  EXPECT_EQ(checked.status, 0);
  EXPECT_THAT(checked.out, HasSubstr("[proxy." + cams_ + "]\n"));
}

}  // namespace
}  // namespace bpfcast::test
