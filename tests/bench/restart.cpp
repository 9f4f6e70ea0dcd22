// What a restart costs with thousands of routes: how long a successor takes to adopt those of a killed
// daemon, or of one that hands over, beside a cold start, which learns them from reports; and how long a
// reload takes. A stream of 50 000 packets a second runs all the time. After it `bpfcast groups -j` is timed,
// which has a row for each of them.
//
// Ends with 0 when every successor had every route and the stream lost nothing on its way.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "support/bpf_objects.h"
#include "support/capture.h"
#include "support/daemon.h"
#include "support/frames.h"
#include "support/live_stream.h"
#include "support/star.h"
#include "support/wiring.h"

namespace bpfcast::test {
namespace {

using nlohmann::json;

constexpr int kLans = 4;  // each has room for 32768 groups
constexpr std::size_t kMostRoutes = 100'000;
constexpr std::size_t kRecordsOfReport = 180;  // in 1500 octets
constexpr unsigned kRate = 50'000;
constexpr auto kLimit = 60s;
constexpr std::size_t kViewRounds = 5;
inline const Ipv4Address kStreamGroup = MakeIpv4(239, 7, 7, 7);

struct Options {
  std::vector<std::size_t> routes{10'000, 100'000};
  std::size_t rounds = 5;
  std::string json_file;
};

Ipv4Address RouteGroup(std::size_t n) {
  return MakeIpv4(239, static_cast<std::uint8_t>(16 + (n >> 16)), static_cast<std::uint8_t>(n >> 8),
                  static_cast<std::uint8_t>(n));
}

/// Of an odd number of values, or the upper one.
double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.at(values.size() / 2);
}

/// What the daemon has, and must have again.
struct Holdings {
  std::size_t groups = 0;
  std::size_t routes = 0;
  bool operator==(const Holdings&) const = default;
};

/// Milliseconds since the start of the process.
struct StartTimes {
  double answers = 0;   // the control socket
  double complete = 0;  // every group and route is there
  double cpu = 0;       // what it has computed until then
};

double CpuMillis(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const std::vector<std::string> words = Words(text.substr(text.rfind(')') + 1));  // from the third field on
  return 1e3 * (std::stod(words.at(11)) + std::stod(words.at(12))) /
         static_cast<double>(sysconf(_SC_CLK_TCK));
}

class RestartBed {
 public:
  explicit RestartBed(std::size_t routes) : routes_(routes), star_(NamePrefix("bench") + "-restart", kLans) {
    for (int lan = 1; lan <= kLans; ++lan) ReadyForXdp(star_.host(lan).ns, star_.host(lan).interface);
    MustRun({"ethtool", "-K", "wan0", "gro", "on"}, &star_.router());
  }

  json Measure(std::size_t rounds) {
    const StartTimes cold = ColdStart();
    Receiver receiver(star_.host(1), kStreamGroup);
    receiver.Join();
    WaitFor("the stream's member", [&] { return Held().groups > routes_; });
    holdings_ = Held();
    LiveStream stream(star_.up(), {.group = kStreamGroup, .source = kSource, .rate = kRate, .payload = 64});
    json times;
    for (std::size_t round = 0; round < rounds; ++round) {
      Note(times, "reload", TimedReload("deny-groups = [\"239.200.0.0/16\"]\n"));
      Note(times, "reload", TimedReload(""));
      daemon_->Kill();
      NoteStart(times, "after_kill", TimedStart());
      const Instant asked = Clock::now();
      if (daemon_->HandOver() != 0) throw std::runtime_error("it does not hand over:\n" + daemon_->Stderr());
      Note(times, "hand_over", Millis(Clock::now() - asked));
      NoteStart(times, "after_hand_over", TimedStart());
    }
    const std::size_t memory = ResidentKilobytes(daemon_->pid());
    stream.Stop();
    receiver.WaitForTotal(stream.sent());
    const StreamCount got = receiver.Of(kSource);
    std::size_t view_bytes = 0;
    for (std::size_t round = 0; round < kViewRounds; ++round) view_bytes = TimedView(times);

    json row{{"routes", holdings_.routes}, {"resident_kb", memory}};
    row["cold_ms"] = {{"answers", cold.answers}, {"complete", cold.complete}, {"cpu", cold.cpu}};
    for (const auto& [what, values] : times.items()) row[what + "_ms"] = Median(values);
    row["groups_view_bytes"] = view_bytes;
    row["stream"] = {{"rate", stream.Rate()},
                     {"sent", stream.sent()},
                     {"lost", stream.sent() - got.received - receiver.SocketDrops()},
                     {"doubled", got.duplicated},
                     {"dropped_by_own_socket", receiver.SocketDrops()}};
    row["cold_by_restart"] = cold.complete / row["after_kill_complete_ms"].get<double>();
    return row;
  }

 private:
  static void Note(json& times, const std::string& what, double ms) { times[what].push_back(ms); }
  static void NoteStart(json& times, const std::string& what, const StartTimes& start) {
    Note(times, what + "_answers", start.answers);
    Note(times, what + "_complete", start.complete);
    Note(times, what + "_cpu", start.cpu);
  }

  /// `last_lines` belong to the last downstream.
  static std::string Configuration(const std::string& last_lines = "") {
    std::ostringstream text;
    text << "upstream = \"wan0\"\ndownstream = [";
    for (int lan = 1; lan <= kLans; ++lan) text << (lan > 1 ? ", \"" : "\"") << Star::LanName(lan) << '"';
    text << "]\n[interface.wan0]\nhook = \"xdp\"\n";
    for (int lan = 1; lan <= kLans; ++lan)
      text << "[interface." << Star::LanName(lan) << "]\nhook = \"xdp\"\n";
    return text.str() + last_lines;
  }

  /// Every group once, from a host of each link.
  std::vector<std::vector<Bytes>> Reports() const {
    std::vector<std::vector<Bytes>> frames(kLans);
    for (int lan = 1; lan <= kLans; ++lan) {
      const Host host = star_.host(lan);
      const MacAddress mac = host.ns.Mac(host.interface);
      std::vector<IgmpRecord> records;
      const auto send = [&] {
        if (records.empty()) return;
        frames[static_cast<std::size_t>(lan) - 1].push_back(
            IgmpFrame(mac, host.address, MakeIpv4(224, 0, 0, 22), ReportV3(records)));
        records.clear();
      };
      for (auto n = static_cast<std::size_t>(lan) - 1; n < routes_; n += kLans) {
        records.push_back({kToEx, RouteGroup(n), {}});
        if (records.size() == kRecordsOfReport) send();
      }
      send();
    }
    return frames;
  }

  /// All hosts answer the first query at once; real ones take up to the query response interval.
  StartTimes ColdStart() {
    const std::vector<std::vector<Bytes>> reports = Reports();
    std::vector<std::unique_ptr<Injector>> hosts;
    for (int lan = 1; lan <= kLans; ++lan)
      hosts.push_back(std::make_unique<Injector>(star_.host(lan).ns, star_.host(lan).interface));
    const Instant begin = Clock::now();
    daemon_.emplace(star_.router(), Configuration(), NamePrefix("bench"));
    StartTimes times{.answers = Millis(Clock::now() - begin)};
    daemon_->WaitUntilUp(kLans + 1);
    for (std::size_t lan = 0; lan < kLans; ++lan) hosts[lan]->Send(reports[lan]);
    WaitFor("a cold start", [&] {
      const Holdings held = Held();
      return held.groups >= routes_ && held.routes >= routes_;
    });
    times.complete = Millis(Clock::now() - begin);
    times.cpu = CpuMillis(daemon_->pid());
    return times;
  }

  StartTimes TimedStart() {
    const Instant begin = Clock::now();
    daemon_->StartAgain(Daemon::Start::kDoNotWait);
    StartTimes times;
    WaitFor("a successor", [&] {
      const Holdings held = Held();
      if (times.answers == 0) times.answers = Millis(Clock::now() - begin);
      return held == holdings_;
    });
    times.complete = Millis(Clock::now() - begin);
    times.cpu = CpuMillis(daemon_->pid());
    return times;
  }

  double TimedReload(const std::string& last_lines) {
    daemon_->config().Write(Configuration(last_lines));
    const Instant begin = Clock::now();
    const CommandResult result = daemon_->Cli("reload");
    const double ms = Millis(Clock::now() - begin);
    if (result.status != 0) throw std::runtime_error("reload: " + result.err);
    if (Held() != holdings_) throw std::runtime_error("a reload changed the routes");
    return ms;
  }

  /// Every group, as JSON, from the start of the command to its end. Returns how much that is.
  std::size_t TimedView(json& times) const {
    const double computed = CpuMillis(daemon_->pid());
    const Instant start = Clock::now();
    const CommandResult view = daemon_->Cli("groups -j");
    Note(times, "groups_view", Millis(Clock::now() - start));
    Note(times, "groups_view_agent_cpu", CpuMillis(daemon_->pid()) - computed);
    const json groups = json::parse(view.out, nullptr, false);
    if (view.status != 0 || groups.size() < routes_) {
      throw std::runtime_error("groups -j does not show every group: " + view.err);
    }
    return view.out.size();
  }

  Holdings Held() const {
    const json status = daemon_->Call("status");
    return {status["groups"], status["routes"]};
  }

  /// To a millisecond. Who throws is not done: it does not answer yet, or has too much to do.
  void WaitFor(const std::string& who, const std::function<bool()>& done) {
    const Instant deadline = Clock::now() + kLimit;
    const auto is_done = [&] {
      try {
        return done();
      } catch (const std::exception&) {
        return false;
      }
    };
    while (!is_done()) {
      if (!daemon_->Running() || Clock::now() > deadline)
        throw std::runtime_error(who + " does not get all routes\n" + daemon_->Stderr());
      std::this_thread::sleep_for(1ms);
    }
  }

  inline static const Ipv4Address kSource = MakeIpv4(10, 0, 0, 1);

  std::size_t routes_;
  Star star_;
  std::optional<Daemon> daemon_;
  Holdings holdings_;
};

void PrintStart(const char* what, double answers, double complete, double cpu) {
  std::printf("  %-14s answers after %7.1f ms, has all routes after %7.1f ms, CPU time %7.1f ms\n", what,
              answers, complete, cpu);
}

void Print(const json& row) {
  const auto ms = [&](const std::string& what) { return row[what + "_ms"].get<double>(); };
  std::printf("%zu routes, %.1f MB resident\n", row["routes"].get<std::size_t>(),
              row["resident_kb"].get<double>() / 1024);
  const json& cold = row["cold_ms"];
  PrintStart("cold start:", cold["answers"], cold["complete"], cold["cpu"]);
  PrintStart("after SIGKILL:", ms("after_kill_answers"), ms("after_kill_complete"), ms("after_kill_cpu"));
  PrintStart("after SIGUSR1:", ms("after_hand_over_answers"), ms("after_hand_over_complete"),
             ms("after_hand_over_cpu"));
  std::printf("  hand-over:     ends within %.1f ms\n", ms("hand_over"));
  std::printf("  cold start / start after SIGKILL: %.2f\n", row["cold_by_restart"].get<double>());
  std::printf("  reload:        %.1f ms\n", ms("reload"));
  std::printf("  groups -j:     %.1f ms for %.1f MB, of it %.1f ms CPU time of the agent\n",
              ms("groups_view"), row["groups_view_bytes"].get<double>() / 1e6, ms("groups_view_agent_cpu"));
  const json& stream = row["stream"];
  std::printf(
      "  stream:        %.0f packets/s, sent %llu, lost %llu, doubled %llu (%llu more dropped by its own "
      "socket)\n",
      stream["rate"].get<double>(), stream["sent"].get<unsigned long long>(),
      stream["lost"].get<unsigned long long>(), stream["doubled"].get<unsigned long long>(),
      stream["dropped_by_own_socket"].get<unsigned long long>());
  std::fflush(stdout);
}

int Run(const Options& options) {
  RemoveLeftovers();
  std::printf("medians of %zu rounds, but one cold start\n", options.rounds);
  json report{{"rounds", options.rounds}, {"results", json::array()}};
  bool good = true;
  for (const std::size_t routes : options.routes) {
    const json row = RestartBed(routes).Measure(options.rounds);
    Print(row);
    report["results"].push_back(row);
    good = good && row["stream"]["lost"] == 0 && row["stream"]["doubled"] == 0;
  }
  if (!options.json_file.empty()) std::ofstream(options.json_file) << report.dump(2) << "\n";
  if (!good) std::cerr << "bench_restart: a restart or reload interrupted the stream\n";
  return good ? 0 : 1;
}

Options ParseOptions(const std::vector<std::string>& words) {
  Options options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--quick") {
      options.routes = {2000};
      options.rounds = 1;
      continue;
    }
    const std::string& value = words.at(i + 1);
    if (words[i] == "--json") {
      options.json_file = value;
    } else if (words[i] == "--rounds") {
      options.rounds = std::stoul(value);
    } else if (words[i] == "--routes") {
      options.routes.clear();
      std::istringstream numbers(value);
      for (std::string number; std::getline(numbers, number, ',');)
        options.routes.push_back(std::stoul(number));
    } else {
      throw std::invalid_argument(words[i]);
    }
    ++i;
  }
  const auto possible = [](std::size_t n) { return n > 0 && n <= kMostRoutes; };
  if (options.rounds == 0 || !std::ranges::all_of(options.routes, possible))
    throw std::invalid_argument("range");
  return options;
}

}  // namespace
}  // namespace bpfcast::test

int main(int argc, char** argv) {
  bpfcast::test::Options options;
  try {
    options = bpfcast::test::ParseOptions({argv + 1, argv + argc});
  } catch (const std::exception&) {
    std::cerr << "usage: bench_restart [--quick] [--routes 10000,100000] [--rounds N] [--json FILE]\n"
                 "routes: 1 to 100000; at least one round\n";
    return 2;
  }
  try {
    return bpfcast::test::Run(options);
  } catch (const std::exception& error) {
    std::cerr << "bench_restart: " << error.what() << "\n";
    return 1;
  }
}
