// What the protocol core costs on one CPU: group records a second, memory a group and a source, and a General
// Query for very many groups. Packets go in as octets and come out as octets, so that parsing, the state
// tables, the merge, the forwarding table and the reports upstream all count. No privileges needed.
//
//   bench_core [--json FILE] [--check]     --check fails when a record of 100 000 groups costs more than 4
//   times that of 100
#include <algorithm>
#include <cstdint>
#include <ctime>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "live_memory.h"
#include "routing/proxy.h"
#include "wire/igmp.h"
#include "wire/mld.h"

namespace bpfcast {
namespace {

using namespace std::chrono_literals;

constexpr double kLargestRatio = 4;

template <class F>
struct Bed;

template <>
struct Bed<Igmp> {
  static Ipv4Address Router(unsigned link) { return MakeIpv4(192, 0, static_cast<std::uint8_t>(link), 1); }
  static Ipv4Address Host(unsigned link) { return MakeIpv4(192, 0, static_cast<std::uint8_t>(link), 77); }
  static Ipv4Address Group(unsigned n) { return Numbered(239, n); }
  static Ipv4Address Source(unsigned n) { return Numbered(10, n); }

 private:
  static Ipv4Address Numbered(std::uint8_t first, unsigned n) {
    return MakeIpv4(first, static_cast<std::uint8_t>(1 + (n >> 16)), static_cast<std::uint8_t>(n >> 8),
                    static_cast<std::uint8_t>(n));
  }
};

template <>
struct Bed<Mld> {
  static Ipv6Address Router(unsigned link) { return Numbered({0xfe, 0x80}, link * 256 + 1); }
  static Ipv6Address Host(unsigned link) { return Numbered({0xfe, 0x80}, link * 256 + 77); }
  static Ipv6Address Group(unsigned n) { return Numbered({0xff, 0x0e}, n); }
  static Ipv6Address Source(unsigned n) { return Numbered({0x20, 0x01, 0x0d, 0xb8}, n + 1); }

 private:
  static Ipv6Address Numbered(std::initializer_list<std::uint8_t> first, unsigned n) {
    std::array<std::uint8_t, 16> bytes{};
    std::copy(first.begin(), first.end(), bytes.begin());
    for (unsigned i = 0; i < 4; ++i) bytes[15 - i] = static_cast<std::uint8_t>(n >> 8 * i);
    return Ipv6Address(bytes);
  }
};

/// A proxy with one upstream and one downstream, on a virtual clock.
template <class F>
class Router {
 public:
  using Packet = std::vector<std::uint8_t>;
  static constexpr PortId kUpstream{0};
  static constexpr PortId kDownstream{1};

  explicit Router(unsigned groups) {
    std::vector<std::string> warnings;
    ProxyConfig<F> config;
    config.upstream.port = kUpstream;
    config.upstream.host.timing = *MakeTiming<F>({}, Version::kV3, warnings);
    DownstreamConfig<F> downstream;
    downstream.port = kDownstream;
    downstream.querier.timing = config.upstream.host.timing;
    downstream.querier.max_groups = groups;
    downstream.querier.max_hosts = 2 * groups;
    downstream.policing = {0, 0};
    config.upstream.policing = {0, 0};
    config.downstreams.push_back(downstream);
    proxy_ = std::make_unique<Proxy<F>>(config, Random(1));
    for (const PortId port : {kUpstream, kDownstream}) {
      LinkState<F> state;
      state.up = true;
      state.address = Bed<F>::Router(static_cast<unsigned>(port));
      state.rules.own_addresses = {*state.address};
      ProxyEffects<F> effects;
      proxy_->OnLink(port, state, now_, effects);
    }
    Pass(1min);
  }

  void Receive(PortId port, const Packet& packet) {
    ProxyEffects<F> effects;
    proxy_->OnPacket(port, packet, now_, effects);
    Count(effects);
  }
  /// Everything that is due within this time happens.
  void Pass(Duration duration) {
    const Time end = now_ + duration;
    while (proxy_->NextExpiry() <= end) {
      now_ = std::max(now_, proxy_->NextExpiry());
      ProxyEffects<F> effects;
      proxy_->Expire(now_, effects);
      Count(effects);
    }
    now_ = end;
  }
  std::size_t groups() const { return proxy_->querier(kDownstream)->groups().size(); }
  std::size_t sent_upstream() const { return sent_upstream_; }

 private:
  void Count(const ProxyEffects<F>& effects) {
    for (const auto& [port, packet] : effects.packets) sent_upstream_ += port == kUpstream ? 1 : 0;
  }

  std::unique_ptr<Proxy<F>> proxy_;
  Time now_ = Time(Duration(1h));
  std::size_t sent_upstream_ = 0;
};

/// CPU time of this process, so that what else runs on the machine counts less.
double CpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

template <class Work>
double Measure(Work work) {
  const double begin = CpuSeconds();
  work();
  return CpuSeconds() - begin;
}

/// One report with one record for each group, in random order.
template <class F>
std::vector<std::vector<std::uint8_t>> Reports(unsigned groups, RecordType type, unsigned sources = 0) {
  std::vector<unsigned> order(groups);
  for (unsigned n = 0; n < groups; ++n) order[n] = n;
  std::shuffle(order.begin(), order.end(), std::mt19937_64(7));
  std::vector<typename F::Address> list;
  for (unsigned s = 0; s < sources; ++s) list.push_back(Bed<F>::Source(s));
  std::vector<std::vector<std::uint8_t>> packets;
  for (const unsigned n : order) {
    packets.push_back(
        Codec<F>::Serialize(Report<F>{Version::kV3, {{type, Bed<F>::Group(n), list}}}, Bed<F>::Host(1))
            .bytes);
  }
  return packets;
}

template <class F>
void Require(bool holds, std::string_view what) {
  if (holds) return;
  std::cerr << "bench_core: " << F::kName << ": " << what << "\n";
  std::exit(1);
}

struct Costs {
  double join_ns = 0;
  double refresh_ns = 0;
  double leave_ns = 0;
};

/// The cost of a record, with all that follows from it within 3 s: queries, expiry, reports upstream. The
/// median of the rounds: the first ones grow the tables, and other programs disturb some.
template <class F>
Costs MeasureRecords(unsigned groups) {
  constexpr unsigned kRecords = 500000;
  const unsigned rounds = std::max(1U, kRecords / groups);
  const auto joins = Reports<F>(groups, RecordType::kToEx);
  const auto refreshes = Reports<F>(groups, RecordType::kIsEx);
  const auto leaves = Reports<F>(groups, RecordType::kToIn);
  Router<F> router(groups);
  const auto play = [&](const auto& packets) {
    return Measure([&] {
      for (const auto& packet : packets) {
        router.Receive(Router<F>::kDownstream, packet);
        router.Pass(5us);
      }
      router.Pass(3s);
    });
  };
  std::vector<double> join_s;
  std::vector<double> refresh_s;
  std::vector<double> leave_s;
  for (unsigned round = 0; round < rounds; ++round) {
    join_s.push_back(play(joins));
    Require<F>(router.groups() == groups, "groups are missing after the joins");
    refresh_s.push_back(play(refreshes));
    leave_s.push_back(play(leaves));
    Require<F>(router.groups() == 0, "groups are left after the leaves");
  }
  const auto median_ns = [&](std::vector<double>& seconds) {
    const auto middle = seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2);
    std::nth_element(seconds.begin(), middle, seconds.end());
    return *middle * 1e9 / groups;
  };
  return {median_ns(join_s), median_ns(refresh_s), median_ns(leave_s)};
}

/// Bytes for each of many groups, all of them with this many sources in INCLUDE mode, or in EXCLUDE mode
/// without.
template <class F>
double MeasureMemory(unsigned groups, unsigned sources) {
  const auto joins = Reports<F>(groups, sources == 0 ? RecordType::kToEx : RecordType::kAllow, sources);
  Router<F> router(groups);
  const std::size_t before = LiveBytes();
  for (const auto& packet : joins) router.Receive(Router<F>::kDownstream, packet);
  router.Pass(3s);
  return static_cast<double>(LiveBytes() - before) / groups;
}

struct Answer {
  double host_side_ms = 0;    // to answer a General Query upstream
  std::size_t reports = 0;    // that this took
  double router_side_ms = 0;  // to take such answers for all groups downstream
};

template <class F>
Answer MeasureAnswer(unsigned groups) {
  Router<F> router(groups);
  for (const auto& packet : Reports<F>(groups, RecordType::kToEx))
    router.Receive(Router<F>::kDownstream, packet);
  router.Pass(5s);
  Query<F> query;
  query.max_response_time = 10s;
  query.robustness = 2;
  query.query_interval = 125s;
  const auto packet = Codec<F>::Serialize(query, Bed<F>::Host(0)).bytes;
  Answer answer;
  const std::size_t before = router.sent_upstream();
  answer.host_side_ms = 1e3 * Measure([&] {
                          router.Receive(Router<F>::kUpstream, packet);
                          router.Pass(15s);
                        });
  answer.reports = router.sent_upstream() - before;
  std::vector<Report<F>> reports;
  ReportPacker<F> packer(Version::kV3, 1500, reports);
  for (unsigned n = 0; n < groups; ++n) packer.Add({RecordType::kIsEx, Bed<F>::Group(n), {}});
  Require<F>(answer.reports >= reports.size(), "groups are missing in the answer");
  std::vector<std::vector<std::uint8_t>> packets;
  for (const Report<F>& report : reports)
    packets.push_back(Codec<F>::Serialize(report, Bed<F>::Host(1)).bytes);
  answer.router_side_ms = 1e3 * Measure([&] {
                            for (const auto& each : packets) router.Receive(Router<F>::kDownstream, each);
                          });
  return answer;
}

template <class F>
double MeasureFamily(nlohmann::json& results) {
  std::cout << F::kName << "\n";
  Costs first;
  double ratio = 0;
  for (const unsigned groups : {100U, 10000U, 100000U}) {
    const Costs costs = MeasureRecords<F>(groups);
    if (groups == 100) first = costs;
    ratio = std::max({costs.join_ns / first.join_ns, costs.refresh_ns / first.refresh_ns,
                      costs.leave_ns / first.leave_ns});
    results["records"].push_back({{"groups", groups},
                                  {"joins_per_s", 1e9 / costs.join_ns},
                                  {"refreshes_per_s", 1e9 / costs.refresh_ns},
                                  {"leaves_per_s", 1e9 / costs.leave_ns},
                                  {"join_ratio", costs.join_ns / first.join_ns},
                                  {"refresh_ratio", costs.refresh_ns / first.refresh_ns},
                                  {"leave_ratio", costs.leave_ns / first.leave_ns}});
    const auto show = [](double ns) {
      return std::to_string(static_cast<long>(1e9 / ns)) + "/s (" + std::to_string(static_cast<long>(ns)) +
             " ns)";
    };
    std::cout << "  " << groups << " groups: joins " << show(costs.join_ns) << ", refreshes "
              << show(costs.refresh_ns) << ", leaves " << show(costs.leave_ns) << std::endl;
  }
  std::cout << "  cost of a record, 100000 groups to 100: " << ratio << " times (the worst of the three)"
            << std::endl;
  results["largest_ratio"] = ratio;

  constexpr unsigned kGroups = 10000;
  const double one_group = MeasureMemory<F>(kGroups, 0);
  const double one_source = (MeasureMemory<F>(kGroups, 21) - MeasureMemory<F>(kGroups, 1)) / 20;
  results["bytes_per_group"] = one_group;
  results["bytes_per_source"] = one_source;
  std::cout << "  memory: " << one_group << " bytes a group, " << one_source << " bytes more a source"
            << std::endl;

  const Answer answer = MeasureAnswer<F>(100000);
  results["answer"] = {{"groups", 100000},
                       {"host_side_ms", answer.host_side_ms},
                       {"reports", answer.reports},
                       {"router_side_ms", answer.router_side_ms}};
  std::cout << "  General Query for 100000 groups: " << answer.host_side_ms << " ms to answer it upstream in "
            << answer.reports << " reports, " << answer.router_side_ms
            << " ms to take such answers downstream" << std::endl;
  return ratio;
}

}  // namespace
}  // namespace bpfcast

int main(int argc, char** argv) {
  using namespace bpfcast;
  std::string file;
  bool check = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--check") {
      check = true;
    } else if (name == "--json" && i + 1 < argc) {
      file = argv[++i];
    } else {
      std::cerr << "usage: bench_core [--json FILE] [--check]\n";
      return 2;
    }
  }
  nlohmann::json results;
  const double igmp = MeasureFamily<Igmp>(results["igmp"]);
  const double mld = MeasureFamily<Mld>(results["mld"]);
  const double ratio = std::max(igmp, mld);
  if (!file.empty()) std::ofstream(file) << results.dump(2) << "\n";
  if (check && ratio > kLargestRatio) {
    std::cerr << "bench_core: a record of 100000 groups costs " << ratio
              << " times that of 100 groups, more than " << kLargestRatio << "\n";
    return 1;
  }
  return 0;
}
