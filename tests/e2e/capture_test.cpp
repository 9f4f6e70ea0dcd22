// `bpfcast capture`: what a packet socket cannot see is in it, and a stream does not notice it.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "fixture.h"
#include "json_reference.h"
#include "support/live_stream.h"
#include "support/process.h"
#include "support/tracing.h"

namespace bpfcast::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

/// A frame of a pcapng file, read as draft-ietf-opsawg-pcapng has it.
struct FiledFrame {
  std::string port;
  bool in = false;
  std::string comment;
  std::uint64_t time = 0;
  Packet packet;
};

class PcapNgFile {
 public:
  PcapNgFile() : path_(fs::temp_directory_path() / (NamePrefix("capture") + ".pcapng")) { fs::remove(path_); }
  ~PcapNgFile() { fs::remove(path_); }
  PcapNgFile(const PcapNgFile&) = delete;
  PcapNgFile& operator=(const PcapNgFile&) = delete;

  std::string path() const { return path_; }
  std::vector<FiledFrame> Frames() const {
    std::ifstream file(path_, std::ios::binary);
    const Bytes all{std::istreambuf_iterator<char>(file), {}};
    std::vector<FiledFrame> frames;
    std::vector<std::string> ports;
    for (std::size_t at = 0; at + 12 <= all.size();) {
      const std::span<const std::uint8_t> block(all.data() + at, Word(all, at + 4));
      EXPECT_EQ(Word(block, block.size() - 4), block.size()) << "the length stands at both ends";
      if (Word(block, 0) == 1) ports.push_back(Options(block, 16)[2]);
      if (Word(block, 0) == 6) frames.push_back(ReadFrame(block, ports));
      at += block.size();
    }
    return frames;
  }

 private:
  static std::uint32_t Word(std::span<const std::uint8_t> octets, std::size_t at) {
    std::uint32_t word = 0;
    std::memcpy(&word, octets.data() + at, sizeof word);
    return word;
  }
  static std::map<int, std::string> Options(std::span<const std::uint8_t> block, std::size_t at) {
    std::map<int, std::string> options;
    while (at + 8 <= block.size()) {
      const std::uint32_t head = Word(block, at);
      const std::size_t length = head >> 16;
      if ((head & 0xffff) == 0) break;
      options[static_cast<int>(head & 0xffff)].assign(
          block.begin() + static_cast<std::ptrdiff_t>(at + 4),
          block.begin() + static_cast<std::ptrdiff_t>(at + 4 + length));
      at += 4 + (length + 3) / 4 * 4;
    }
    return options;
  }
  static FiledFrame ReadFrame(std::span<const std::uint8_t> block, const std::vector<std::string>& ports) {
    const std::size_t size = Word(block, 20);
    EXPECT_EQ(Word(block, 24), size) << "none is cut";
    auto options = Options(block, 28 + (size + 3) / 4 * 4);
    FiledFrame frame;
    frame.port = ports.at(Word(block, 8));
    frame.in = options[2] == std::string("\1\0\0\0", 4);
    frame.comment = options[1];
    frame.time = static_cast<std::uint64_t>(Word(block, 12)) << 32 | Word(block, 16);
    frame.packet = Decode(Bytes(block.begin() + 28, block.begin() + 28 + static_cast<std::ptrdiff_t>(size)));
    return frame;
  }

  fs::path path_;
};

class CaptureVerb : public E2e {
 protected:
  /// Captures in the router's namespace, and has begun.
  std::unique_ptr<Process> Start(const std::string& words, const PcapNgFile& file) const {
    std::vector<std::string> argv = Words("capture -w " + file.path() + " " + words);
    argv.insert(argv.begin(), CliPath());
    auto process = std::make_unique<Process>(argv, &bed_.router());
    std::error_code error;
    if (!Eventually([&] { return fs::file_size(file.path(), error) > 0 && !error; })) {
      throw std::runtime_error("capture does not begin: " + process->Err());
    }
    return process;
  }
  /// What arrives on a port of the test's hook has a verdict.
  bool Verdicts() const { return KernelTracesPrograms(); }
  /// XDP's frames can be captured, or the capture says why not, and what to do.
  bool CanCapture() const {
    if (Hook() != "xdp" || KernelTracesPrograms()) return true;
    const CommandResult result = Run("capture -i wan0 -c 1");
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.err, StartsWith("what XDP on "));
    EXPECT_THAT(result.err,
                HasSubstr(" cannot be captured: this kernel does not let the capture look into programs"));
    EXPECT_THAT(result.err, HasSubstr("; set hook = \"tc\" for "));
    return false;
  }
  std::string Comment() const { return Verdicts() ? "forwarded by " + Hook() : ""; }
  /// Its last word.
  static std::string End(Process& capture) {
    capture.Signal(SIGINT);
    EXPECT_EQ(capture.Wait(5s), 0) << capture.Err();
    return capture.Err();
  }
  CommandResult Run(const std::string& words) const {
    std::vector<std::string> argv = Words(words);
    argv.insert(argv.begin(), CliPath());
    return RunCommand(argv, &bed_.router());
  }
};
BPFCAST_FOR_EACH_HOOK_AND_FAMILY(CaptureVerb);

TEST_P(CaptureVerb, WhatArrivesIsThereWithItsVerdictAndWhatLeavesAsItLeft) {
  StartDaemon();
  Receiver one(bed_.h1(), AnyGroup());
  Receiver two(bed_.h3(), AnyGroup());
  one.Join();
  two.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan2"));
  const Capture socket(bed_.router(), "wan0", Capture::What::kUdp);
  const PcapNgFile file;
  if (!CanCapture()) return;
  const auto capture = Start("-i wan0 -i lan1 -g " + AnyGroup().ToString(), file);
  Sender other(bed_.up(), FromUpstream(MoreGroups(9)), Sender::Start::kLater);
  other.Send(7);
  Sender sender(bed_.up(), FromUpstream(AnyGroup()), Sender::Start::kLater);
  sender.Send(200);
  ExpectComplete(one, SourceNo(1), 200);
  ExpectComplete(two, SourceNo(1), 200);
  EXPECT_THAT(End(*capture), HasSubstr("400 packets captured, 200 in and 200 out; 0 lost; "));

  const MacAddress source_mac = bed_.up().ns.Mac("up0");
  const MacAddress lan1_mac = bed_.router().Mac("lan1");
  std::uint64_t next_in = 0;
  std::uint64_t next_out = 0;
  std::uint64_t last_time = 0;
  for (const FiledFrame& frame : file.Frames()) {
    ASSERT_TRUE(frame.packet.udp) << ToText(frame.packet);
    const auto header = ReadStreamHeader(frame.packet.udp->payload);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->number, (frame.in ? next_in : next_out)++);
    EXPECT_EQ(frame.port, frame.in ? "wan0" : "lan1");
    EXPECT_EQ(frame.comment, frame.in ? Comment() : "");
    EXPECT_EQ(frame.packet.ttl, frame.in ? 16 : 15);
    EXPECT_EQ(frame.packet.mac_from, frame.in ? source_mac : lan1_mac);
    EXPECT_EQ(frame.packet.from, SourceNo(1));
    EXPECT_GE(frame.time, last_time) << "in the order of time";
    last_time = frame.time;
  }
  EXPECT_EQ(next_in, 200U);
  EXPECT_EQ(next_out, 200U);
  if (Hook() == "xdp") {
    EXPECT_EQ(socket.Count(DataFor(AnyGroup())), 0U);
  }
  const std::string lines = MustRun({"tcpdump", "-nr", file.path()});
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 400);
}

class CaptureByHook : public CaptureVerb {};
BPFCAST_FOR_EACH_HOOK(CaptureByHook);

TEST_P(CaptureByHook, EachPacketHasTheVerdictThatCountsIt) {
  StartDaemon();
  if (!CanCapture()) return;
  Receiver one(bed_.h1(), kG);
  one.Join();
  one.socket().Block(kG, Source(2));  // nobody wants source 2
  ExpectGroup(kG, "lan1", "exclude", {Source(2)});
  constexpr std::uint32_t kRouterAlert = 0x94040000;
  constexpr std::uint32_t kLooseSourceRoute = 0x83030400;
  struct Case {
    std::string verdict;
    std::string text;
    ForgedUdp udp;
    MacAddress mac_to;
  };
  const std::string hook = Hook();
  const std::vector<Case> cases{
      {"forwarded", "forwarded by " + hook, {.from = Source(1), .to = kG}, GroupMac(kG)},
      {"ttl", "passed on: ttl (", {.from = Source(1), .to = kG, .ttl = 1}, GroupMac(kG)},
      {"opt", "passed on: opt (", {.from = Source(1), .to = kG, .options = kRouterAlert}, GroupMac(kG)},
      {"srcroute",
       "dropped: srcroute (",
       {.from = Source(1), .to = kG, .options = kLooseSourceRoute},
       GroupMac(kG)},
      {"l2", "passed on: l2 (", {.from = Source(1), .to = kG}, {0x02, 1, 2, 3, 4, 5}},
      {"noroute", "passed on: noroute (", {.from = Source(1), .to = Group(200)}, GroupMac(Group(200))},
      {"nooif", "dropped: nooif (", {.from = Source(2), .to = kG}, GroupMac(kG)},
      {"mart", "dropped: mart (", {.from = MakeIpv4(127, 0, 0, 1), .to = kG}, GroupMac(kG)},
      {"own", "dropped: own (", {.from = kWan, .to = kG}, GroupMac(kG)},
      {"rpf", "dropped: rpf (", {.from = MakeIpv4(192, 0, 2, 77), .to = kG}, GroupMac(kG)},
      {"forwarded", "forwarded by " + hook, {.from = Source(1), .to = kG}, GroupMac(kG)},
  };
  Process capture(Words(CliPath() + " capture -i wan0 --in -j -g 239.1.2.3 -g 239.1.7.200"), &bed_.router());
  const Injector wire(bed_.up().ns, "up0");
  const MacAddress mac = bed_.up().ns.Mac("up0");
  const ForgedUdp sign{.from = Source(9), .to = kG};  // that the capture runs
  ASSERT_TRUE(Eventually([&] {
    wire.Send(UdpFrame(mac, GroupMac(kG), sign));
    return capture.Out().find("\"" + sign.from.ToString() + "\"") != std::string::npos;
  })) << capture.Err();
  for (const Case& c : cases) wire.Send(UdpFrame(mac, c.mac_to, c.udp));
  const auto frames = [&] {
    std::vector<json> rows;
    std::istringstream lines(capture.Out());
    for (std::string line; std::getline(lines, line);) {
      const json row = json::parse(line, nullptr, false);  // the last one may not be complete
      if (!row.is_discarded() && row["source"] != sign.from.ToString()) rows.push_back(row);
    }
    return rows;
  };
  EXPECT_TRUE(Eventually([&] { return frames().size() >= cases.size(); })) << capture.Out();
  EXPECT_THAT(End(capture), HasSubstr(" 0 lost"));
  const std::vector<json> seen = frames();
  ASSERT_EQ(seen.size(), cases.size()) << capture.Out();
  EXPECT_EQ(UndocumentedFields(seen[0], {"capture"}), "");
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Case& c = cases[i];
    const json& frame = seen[i];
    EXPECT_EQ(frame["port"], "wan0");
    EXPECT_EQ(frame["source"], c.udp.from.ToString());
    EXPECT_EQ(frame["group"], c.udp.to.ToString());
    EXPECT_EQ(frame["ttl"], c.udp.ttl);
    if (!Verdicts()) {
      EXPECT_TRUE(frame["verdict"].is_null() && frame["hook"].is_null()) << frame;
      continue;
    }
    EXPECT_EQ(frame["verdict"], c.verdict) << frame;
    EXPECT_THAT(frame["text"].get<std::string>(), StartsWith(c.text));
    const bool by_xdp = Hook() == "xdp" && !c.text.starts_with("passed");
    EXPECT_EQ(frame["hook"], by_xdp ? "xdp" : "tc") << frame;
  }
}

TEST_P(CaptureByHook, AStreamDoesNotNoticeThatCapturesBeginAndEnd) {
  StartDaemon();
  MustRun({"ethtool", "-K", "wan0", "gro", "on"}, &bed_.router());  // or TC gets no live frames
  Receiver one(bed_.h3(), kG);
  one.Join();
  ASSERT_TRUE(WaitForGroup(kG, "lan2"));
  if (!CanCapture()) return;
  LiveStream stream(bed_.up(), FromUpstream(kG, 1, 5000));
  ASSERT_TRUE(one.WaitForFirst(Source(1)));
  for (int i = 0; i < 3; ++i) {
    const PcapNgFile file;
    const auto capture = Start("-i wan0 -i lan2", file);
    const std::uint64_t before = one.Total();
    ASSERT_TRUE(one.WaitForTotal(before + 500));
    EXPECT_THAT(End(*capture), HasSubstr(" 0 lost"));
    EXPECT_GT(file.Frames().size(), 800U);
  }
  {  // one that is killed takes its programs along
    const PcapNgFile file;
    const auto capture = Start("-i wan0 -i lan2", file);
    const bool there =
        MustRun({"bpftool", "prog", "show"}).find("name " + Hook() + "_arrives") != std::string::npos;
    EXPECT_EQ(there, Verdicts());
    capture->Signal(SIGKILL);
    EXPECT_TRUE(capture->Wait(5s));
    EXPECT_TRUE(Eventually([&] {
      return MustRun({"bpftool", "prog", "show"}).find("name " + Hook() + "_arrives") == std::string::npos;
    }));
  }
  stream.Stop();
  EXPECT_TRUE(Eventually([&] { return one.Of(Source(1)).last == stream.sent() - 1; }));
  ExpectNoGap(one, Source(1));
}

TEST_P(CaptureByHook, ItGoesOnWhileTheAgentIsKilledAndReplaced) {
  StartDaemon();
  Receiver one(bed_.h3(), kG);
  one.Join();
  ASSERT_TRUE(WaitForGroup(kG, "lan2"));
  if (!CanCapture()) return;
  const PcapNgFile file;
  const auto capture = Start("-i wan0 -g 239.1.2.3 --in", file);
  Sender sender(bed_.up(), FromUpstream(kG), Sender::Start::kLater);
  sender.Send(20);
  daemon_->Kill();
  sender.Send(20);
  daemon_->StartAgain();
  daemon_->WaitUntilUp(4);
  std::this_thread::sleep_for(500ms);  // new programs are found within 200 ms
  sender.Send(20);
  ASSERT_TRUE(one.WaitForTotal(60));
  EXPECT_THAT(End(*capture), HasSubstr("60 packets captured, 60 in and 0 out; 0 lost"));
  for (const FiledFrame& frame : file.Frames()) EXPECT_EQ(frame.comment, Comment());
}

TEST_P(CaptureByHook, AfterACleanStopAPacketSocketSeesThePortAndThenTheNextAgentDecides) {
  StartDaemon();
  Receiver one(bed_.h3(), kG);
  one.Join();
  ASSERT_TRUE(WaitForGroup(kG, "lan2"));
  if (!CanCapture()) return;
  const PcapNgFile file;
  const auto capture = Start("-i wan0 -g 239.1.2.3 --in", file);
  Sender sender(bed_.up(), FromUpstream(kG), Sender::Start::kLater);
  sender.Send(20);
  ASSERT_EQ(daemon_->Stop(), 0);
  std::this_thread::sleep_for(500ms);  // programs that went are missed within 200 ms
  sender.Send(20);
  daemon_->StartAgain();
  daemon_->WaitUntilUp(4);
  ASSERT_TRUE(WaitForGroup(kG, "lan2"));
  std::this_thread::sleep_for(500ms);
  sender.Send(20);
  ASSERT_TRUE(one.WaitForTotal(40));
  EXPECT_THAT(End(*capture), HasSubstr("60 packets captured, 60 in and 0 out; 0 lost\n"));
  const std::vector<FiledFrame> frames = file.Frames();
  ASSERT_EQ(frames.size(), 60U);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    EXPECT_EQ(frames[i].comment, i / 20 == 1 ? "" : Comment()) << i;
  }
}

class CaptureWithoutAgent : public CaptureVerb {};
INSTANTIATE_TEST_SUITE_P(, CaptureWithoutAgent, ::testing::Values("tc"), HookName);

TEST_P(CaptureWithoutAgent, APacketSocketSeesWhatNoProgramServes) {
  const PcapNgFile file;
  bed_.router().Ip("link property add dev wan0 altname provider");
  const auto capture = Start("-i wan0 -i wan0 -i provider -s 10.0.0.1", file);  // one port, three times
  for (const std::uint8_t source : {1, 2}) {
    Sender sender(bed_.up(), FromUpstream(kG, source), Sender::Start::kLater);
    sender.Send(5);
  }
  ASSERT_TRUE(Eventually([&] { return file.Frames().size() == 5; }));
  EXPECT_EQ(End(*capture),
            "wan0: no program of bpfcastd serves it, so nothing of it has a verdict\n5 packets captured, 5 "
            "in and 0 out; 0 lost; 5 other multicast packets left out\n");
  EXPECT_EQ(file.Frames()[0].comment, "");
  EXPECT_EQ(file.Frames()[0].packet.ttl, 16);
}

TEST_P(CaptureWithoutAgent, ItEndsWithThePipeThatItWritesTo) {
  Sender sender(bed_.up(), FromUpstream(kG));
  Process pipe({"sh", "-c", CliPath() + " capture -i wan0 -w - | tcpdump -nr - -c 5"}, &bed_.router());
  EXPECT_EQ(pipe.Wait(10s), 0) << pipe.Err();
  const std::string lines = pipe.Out();
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 5);
  EXPECT_THAT(pipe.Err(), HasSubstr(" packets captured, "));
}

TEST_P(CaptureWithoutAgent, WhatIsMissingIsOneSentenceWithTheWayOut) {
  const auto fails = [&](const std::vector<std::string>& argv) {
    const CommandResult result = RunCommand(argv, &bed_.router());
    EXPECT_EQ(result.status, 1);
    EXPECT_EQ(result.out, "");
    return result.err;
  };
  EXPECT_EQ(fails({CliPath(), "capture", "-i", "lan9"}),
            "there is no interface lan9 here; `ip link` shows those that there are\n");
  EXPECT_THAT(fails({"setpriv", "--bounding-set", "-all,+net_raw,+net_admin,+bpf", "--inh-caps", "-all", "--",
                     CliPath(), "capture", "-i", "lan1"}),
              HasSubstr("run it as root"));
  EXPECT_EQ(fails({CliPath(), "capture", "-i", "lan1", "-w", "/nowhere/at/all"}),
            "write /nowhere/at/all: No such file or directory\n");
}

}  // namespace
}  // namespace bpfcast::test
