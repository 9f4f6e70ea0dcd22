// Join and leave latency of bpfcastd and of igmpproxy, on the same bed in the same run, with a host whose
// kernel speaks IGMP.
//
//   join:  from the host's report to the first packet at the host that was sent after it; one group after the
//          other, each with a stream of 5000 packets/s that already plays
//   leave: from the host's leave to the last packet at the host; all groups at once, 50 packets/s each
//
// Ends with 0 when every trial of bpfcastd was completed.
#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "bench/multicast_tap.h"
#include "support/capture.h"
#include "support/daemon.h"
#include "support/igmp_host.h"

namespace bpfcast::test {
namespace {

using nlohmann::json;

constexpr unsigned kJoinRate = 5000;
constexpr unsigned kLeaveRate = 50;
constexpr auto kLeavePause = 10ms;
/// Longer than any gap of a stream that still flows.
constexpr auto kSilence = 3s;
constexpr auto kLongestLeave = 60s;

struct Options {
  std::size_t trials = 200;
  std::string json_file;
};

struct Result {
  std::string name;
  std::vector<double> joins_ms;  // of completed trials
  std::vector<double> leaves_ms;
};

Ipv4Address BenchGroup(std::size_t n) {
  return MakeIpv4(239, 7, static_cast<std::uint8_t>(n / 200), static_cast<std::uint8_t>(1 + n % 200));
}

bool IsJoin(const Packet& packet, const Ipv4Address& group) {
  if (!Departed(packet) || !packet.igmp) return false;
  if (packet.igmp->kind == IgmpKind::kReportV2) return packet.igmp->group == group;
  return std::any_of(packet.igmp->records.begin(), packet.igmp->records.end(), [&](const IgmpRecord& record) {
    return record.group == group && (record.type == kToEx || record.type == kIsEx);
  });
}

bool IsLeave(const Packet& packet, const Ipv4Address& group) {
  if (!Departed(packet) || !packet.igmp) return false;
  if (packet.igmp->kind == IgmpKind::kLeave) return packet.igmp->group == group;
  return std::any_of(packet.igmp->records.begin(), packet.igmp->records.end(),
                     [&](const IgmpRecord& record) { return record.group == group && record.type == kToIn; });
}

/// Runs the trials against whatever routes between the star's wan0 and lan1.
Result Measure(const std::string& name, const Star& star, const Capture& igmp, std::size_t trials) {
  const Host host = star.host(1);
  const MulticastTap tap(host);
  Result result{name, {}, {}};
  std::vector<Ipv4Address> groups;
  std::vector<MulticastSocket> members;
  for (std::size_t n = 0; n < trials; ++n) {
    const Ipv4Address group = groups.emplace_back(BenchGroup(n));
    const Player player(star.up(), {group}, kJoinRate);
    std::this_thread::sleep_for(5ms);
    const Instant begin = Clock::now();
    members.emplace_back(host).Join(group);
    const auto report = igmp.WaitFor([&](const Packet& p) { return IsJoin(p, group); }, 3s, begin);
    if (!report) continue;
    const auto first = [&] { return tap.FirstSentAfter(group, report->time); };
    if (Eventually([&] { return first().has_value(); }, 3s)) {
      result.joins_ms.push_back(Millis(*first() - report->time));
    }
  }

  const Player player(star.up(), groups, static_cast<unsigned>(trials) * kLeaveRate);
  std::this_thread::sleep_for(500ms);
  const Instant leaving = Clock::now();
  for (std::size_t n = 0; n < trials; ++n) {
    members[n].Leave(groups[n]);
    std::this_thread::sleep_for(kLeavePause);
  }
  Eventually([&] { return Clock::now() - tap.Latest().value_or(leaving) > kSilence; }, kLongestLeave);
  const Instant end = Clock::now();
  for (const Ipv4Address& group : groups) {
    const auto leave = igmp.WaitFor([&](const Packet& p) { return IsLeave(p, group); }, 0s, leaving);
    const auto last = tap.Last(group);
    if (!leave || !last || end - *last < kSilence / 2) continue;
    result.leaves_ms.push_back(Millis(*last - leave->time));
  }
  return result;
}

double Quantile(std::vector<double> values, double q) {
  if (values.empty()) return std::nan("");
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size())));
  return values[std::max<std::size_t>(rank, 1) - 1];
}

json Summary(const std::vector<double>& values, std::size_t trials) {
  return {{"completed", values.size()},
          {"trials", trials},
          {"median_ms", Quantile(values, 0.5)},
          {"p99_ms", Quantile(values, 0.99)},
          {"max_ms", Quantile(values, 1)}};
}

void WaitForQuery(const Capture& igmp, Instant since, const std::string& who) {
  const auto is_query = [](const Packet& p) { return Arrived(p) && p.igmp && p.igmp->IsQuery(); };
  if (!igmp.WaitFor(is_query, 10s, since)) throw std::runtime_error(who + " does not ask");
}

Result MeasureBpfcast(const Star& star, const Capture& igmp, std::size_t trials) {
  const Instant start = Clock::now();
  Daemon daemon(star.router(), "upstream = \"wan0\"\ndownstream = \"lan1\"\n", NamePrefix("bench"));
  daemon.WaitUntilUp(2);
  WaitForQuery(igmp, start, "bpfcastd");
  return Measure("bpfcast", star, igmp, trials);
}

Result MeasureIgmpproxy(const Star& star, const Capture& igmp, std::size_t trials) {
  const ConfigFile file(
      "phyint wan0 upstream ratelimit 0 threshold 1\nphyint lan1 downstream ratelimit 0 threshold 1\n");
  const Instant start = Clock::now();
  Process daemon({"igmpproxy", "-n", file.path()}, &star.router());
  WaitForQuery(igmp, start, "igmpproxy");
  Result result = Measure("igmpproxy", star, igmp, trials);
  daemon.Signal(SIGTERM);
  daemon.Wait(5s);
  return result;
}

std::string Cell(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%12.1f", value);
  return text;
}

void PrintRow(const std::string& name, const json& join, const json& leave) {
  std::cout << name << std::string(12 - name.size(), ' ');
  for (const json* part : {&join, &leave}) {
    std::cout << Cell((*part)["median_ms"]) << Cell((*part)["p99_ms"]) << "   " << (*part)["completed"] << "/"
              << (*part)["trials"];
  }
  std::cout << "\n";
}

int Run(const Options& options) {
  RemoveLeftovers();
  const Star star(NamePrefix("bench"), 1);
  // igmpproxy joins upstream with one socket; the default of 20 memberships would stop it after 20 groups.
  star.router().Sysctl("ipv4/igmp_max_memberships", "1000");
  const Capture igmp(star.host(1).ns, star.host(1).interface, Capture::What::kIgmp);
  json report{{"results", json::object()}};
  std::cout << options.trials << " trials, milliseconds\n"
            << "            join: median         p99  completed  leave: median         p99  completed\n";
  for (const Result& result :
       {MeasureBpfcast(star, igmp, options.trials), MeasureIgmpproxy(star, igmp, options.trials)}) {
    const json join = Summary(result.joins_ms, options.trials);
    const json leave = Summary(result.leaves_ms, options.trials);
    PrintRow(result.name, join, leave);
    report["results"][result.name] = {{"join", join}, {"leave", leave}};
  }
  const json& ours = report["results"]["bpfcast"];
  const json& theirs = report["results"]["igmpproxy"];
  for (const char* what : {"join", "leave"}) {
    for (const char* which : {"median_ms", "p99_ms"}) {
      report["ratio"][what][which] = theirs[what][which].get<double>() / ours[what][which].get<double>();
    }
    std::cout << "igmpproxy's " << what << " takes " << report["ratio"][what]["median_ms"].get<double>()
              << " times as long (median), " << report["ratio"][what]["p99_ms"].get<double>()
              << " times at the 99th percentile\n";
  }
  if (!options.json_file.empty()) std::ofstream(options.json_file) << report.dump(2) << "\n";
  const bool complete =
      ours["join"]["completed"] == options.trials && ours["leave"]["completed"] == options.trials;
  if (!complete) std::cerr << "bpfcastd did not complete every trial\n";
  return complete ? 0 : 1;
}

}  // namespace
}  // namespace bpfcast::test

int main(int argc, char** argv) {
  bpfcast::test::Options options;
  for (int i = 1; i < argc; i += 2) {
    const std::string key = argv[i];
    if (i + 1 == argc || (key != "--trials" && key != "--json")) {
      std::cerr << "usage: bench_latency [--trials N] [--json FILE]\n";
      return 2;
    }
    if (key == "--json") options.json_file = argv[i + 1];
    if (key == "--trials") options.trials = std::stoul(argv[i + 1]);
  }
  try {
    return bpfcast::test::Run(options);
  } catch (const std::exception& error) {
    std::cerr << "bench_latency: " << error.what() << "\n";
    return 1;
  }
}
