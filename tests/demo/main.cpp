// Shows the main job on real traffic: a join turns a stream on, a leave turns it off, and nobody else
// notices.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "screen.h"
#include "support/daemon.h"

namespace bpfcast::demo {
namespace {

using namespace test;

volatile std::sig_atomic_t g_interrupted = 0;

const Ipv4Address kNews = MakeIpv4(239, 1, 1, 1);
const Ipv4Address kSport = MakeIpv4(232, 1, 1, 1);
constexpr unsigned kRate = 1000;
constexpr auto kEnd = 19s;

// tv3's port chooses by itself; the others are told to use XDP, because this bed's veth pairs were made ready
// for it.
constexpr const char* kConfiguration = R"(upstream = "wan0"
downstream = ["lan1", "lan2", "lan3"]

[interface.wan0]
hook = "xdp"
[interface.lan1]
hook = "xdp"
[interface.lan2]
hook = "xdp"
)";

int Verdict(const std::vector<const Viewer*>& viewers) {
  std::string unhappy;
  for (const Viewer* viewer : viewers) {
    if (!viewer->GotExactlyWhatItAskedFor()) unhappy += (unhappy.empty() ? "" : ", ") + viewer->wish().name;
  }
  if (unhappy.empty()) {
    std::printf(
        "Every receiver got exactly what it asked for: nothing lost, nothing twice, nothing unasked.\n");
    return 0;
  }
  std::printf("FAILED: not exactly what they asked for: %s.\n", unhappy.c_str());
  return 1;
}

/// Plays the story; 0 when every receiver was served exactly, 130 when interrupted.
int Play(const std::string& prefix) {
  const Bed bed(prefix);
  Daemon daemon(bed.router(), kConfiguration, prefix);

  const Sender news(bed.up(), {.group = kNews, .source = Source(1), .rate = kRate});
  const Sender sport(bed.up(), {.group = kSport, .source = Source(1), .rate = kRate});
  const Sender not_wanted(bed.up(), {.group = kSport, .source = Source(2), .rate = kRate});
  Viewer tv1({"tv1", bed.h1(), "lan1", kNews, std::nullopt, 3, 1s, 10s}, news);
  Viewer tv2({"tv2", bed.h3(), "lan2", kNews, std::nullopt, 2, 4s, 15s}, news);
  Viewer tv3({"tv3", bed.h4(), "lan3", kSport, Source(1), 3, 2s, 13s}, sport);
  const std::vector<const Viewer*> viewers{&tv1, &tv2, &tv3};

  Screen screen;
  const Instant start = Clock::now();
  screen.Event(0s, "three streams play: " + kNews.ToString() + ", and " + kSport.ToString() +
                       " from two sources; nobody watches");
  for (auto now = Clock::duration::zero(); now < kEnd && g_interrupted == 0; now = Clock::now() - start) {
    for (Viewer* viewer : {&tv1, &tv2, &tv3}) {
      const std::string event = viewer->Step(now);
      if (!event.empty()) screen.Event(now, event);
    }
    screen.Draw(now, kEnd, viewers, daemon.Call("ports"), Screen::Frequency::kSometimes);
    std::this_thread::sleep_for(200ms);
  }
  if (g_interrupted != 0) {
    std::printf("interrupted; cleaning up\n");
    return 130;
  }
  screen.Draw(kEnd, kEnd, viewers, daemon.Call("ports"), Screen::Frequency::kAlways);
  int result = Verdict(viewers);
  if (daemon.Stop() != 0) {
    std::printf("FAILED: bpfcastd did not stop cleanly:\n%s", daemon.Stderr().c_str());
    result = 1;
  }
  return result;
}

/// The demo's promise to leave nothing behind, checked.
bool SomethingIsLeft(const std::string& prefix) {
  bool left = false;
  for (const char* folder : {"/run/netns", "/run/bpfcast", "/sys/fs/bpf/bpfcast"}) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
      if (entry.path().filename().string().rfind(prefix, 0) != 0) continue;
      std::printf("FAILED: left behind: %s\n", entry.path().c_str());
      left = true;
    }
  }
  return left;
}

int Main() {
  if (geteuid() != 0) {
    std::fprintf(
        stderr,
        "the demo makes network namespaces and loads BPF programs; run it as root: sudo tools/demo\n");
    return 1;
  }
  struct sigaction action {};
  action.sa_handler = [](int) { g_interrupted = 1; };
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaction(signal, &action, nullptr);

  const std::string prefix = NamePrefix("demo");
  int result = 1;
  try {
    RemoveLeftovers();
    result = Play(prefix);
  } catch (const std::exception& failure) {
    std::printf("FAILED: %s\n", failure.what());
  }
  return SomethingIsLeft(prefix) ? 1 : result;
}

}  // namespace
}  // namespace bpfcast::demo

int main() {
  return bpfcast::demo::Main();
}
