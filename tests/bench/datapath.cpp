// What replication costs: bpfcast's ways to forward beside the least that XDP can do and the kernel's own
// multicast routing, all in the same run.
//
// Each candidate has a star of its own. They take turns, so that a machine that is slower for a while is
// slower for all. One CPU generates more traffic than a router takes; the other one takes it in (threaded
// NAPI), forwards it, and counts and drops the copies at the far ends. Copies are those that arrived there.
//
// Ends with 0 when every candidate forwarded and the report is complete.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "bench/datapath_bed.h"
#include "bench/datapath_report.h"

namespace bpfcast::test {
namespace {

using nlohmann::json;

constexpr std::size_t kChecksum = 4;  // of a frame; a veth carries none
constexpr std::array<std::size_t, 2> kFrames{64, 1400};
/// Of bpfcast's XDP to the floor. Slower is a fault, not a noisy machine.
constexpr double kWorstRatio = 0.1;

struct Options {
  std::vector<int> ports{1, 4, 16, 30, 64};
  double seconds = 0.5;
  int rounds = 5;
  std::string json_file;
};

void Explain(const Options& options, const CpuPlan& cpus) {
  std::printf("CPU %d: traffic; CPU %d: arrival and forwarding, and the sinks, in threads (threaded NAPI)\n",
              cpus.traffic, cpus.forwarding);
  if (cpus.shared())
    std::printf("one CPU for all: the router is not overloaded, and finds each frame in the CPU's cache\n");
  std::printf(
      "medians of %d rounds of %g s for each candidate in turn\n"
      "copies/s: as they arrived at the far ends, in wall clock time; ns/copy: run time of the threads that\n"
      "receive, forward and sink; busy: part of the wall clock time that they ran; overload: frames offered "
      "for\n"
      "each one taken in; delivered: copies that arrived of those that the frames taken in ask for;\n"
      "frame: octets with checksum; a/b = 2: a makes twice as many copies in the same run time\n\n",
      options.rounds, options.seconds);
  std::fflush(stdout);
}

/// All candidates with this number of ports.
void MeasurePorts(const Options& options, int ports, Generator& generator, const CpuPlan& cpus,
                  Report& report) {
  const std::vector<Candidate> candidates = DatapathCandidates();
  std::vector<std::unique_ptr<DatapathBed>> beds(candidates.size());
  for (std::size_t n = 0; n < candidates.size(); ++n) {
    if (ports > candidates[n].most_ports) continue;
    beds[n] = std::make_unique<DatapathBed>(NamePrefix("bench") + "-" + std::to_string(n), candidates[n],
                                            ports, generator, cpus);
  }
  std::vector<Row> rows;
  for (const std::size_t frame : kFrames) {
    for (std::size_t n = 0; n < candidates.size(); ++n) {
      rows.push_back({.candidate = candidates[n].name,
                      .ports = ports,
                      .frame = static_cast<int>(frame),
                      .rounds = {},
                      .impossible = beds[n] ? "" : candidates[n].limit});
    }
  }
  const auto window =
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options.seconds));
  for (int round = 0; round < options.rounds; ++round) {
    for (std::size_t f = 0; f < kFrames.size(); ++f) {
      for (std::size_t n = 0; n < beds.size(); ++n) {
        if (beds[n] == nullptr) continue;
        rows[f * beds.size() + n].rounds.push_back(beds[n]->Measure(kFrames[f] - kChecksum, window));
      }
    }
  }
  std::vector<MemoryRow> memory;
  for (std::size_t n = 0; n < beds.size(); ++n) {
    if (beds[n] == nullptr) continue;
    const MemoryUse use = beds[n]->Memory();
    memory.push_back({candidates[n].name, ports, use.resident_kb, use.maps_kb});
  }
  Print(std::cout, rows, memory);
  report.rows.insert(report.rows.end(), rows.begin(), rows.end());
  report.memory.insert(report.memory.end(), memory.begin(), memory.end());
}

/// What a reader of the report would miss, and what no noise explains.
std::vector<std::string> Faults(const Report& report, const json& written) {
  std::vector<std::string> faults = Problems(written);
  for (const Ratio& ratio : Ratios(report.rows)) {
    if (ratio.of == "bpfcast-xdp" && ratio.to == "bare-mac" && ratio.value < kWorstRatio) {
      faults.push_back("bpfcast-xdp needs more than ten times the time of bare-mac with " +
                       std::to_string(ratio.ports) + " ports");
    }
  }
  return faults;
}

int Run(const Options& options) {
  RemoveLeftovers();
  const CpuPlan cpus = PlanCpus();
  Pin(0, cpus.traffic);  // whatever this process starts, too
  ComeFirst();
  Explain(options, cpus);
  Generator generator;
  Report report{.traffic_cpu = cpus.traffic,
                .forwarding_cpu = cpus.forwarding,
                .seconds = options.seconds,
                .rounds = options.rounds,
                .rows = {},
                .memory = {}};
  for (const int ports : options.ports) MeasurePorts(options, ports, generator, cpus, report);
  Print(std::cout, Splits(report.rows));
  std::string text = ToJson(report).dump(2) + "\n";
  if (!options.json_file.empty()) {
    if (!(std::ofstream(options.json_file) << text << std::flush)) {
      throw std::runtime_error("cannot write " + options.json_file);
    }
    std::ostringstream written;
    written << std::ifstream(options.json_file).rdbuf();
    text = written.str();
  }
  const std::vector<std::string> faults = Faults(report, json::parse(text, nullptr, false));
  for (const std::string& fault : faults) std::cerr << "bench_datapath: " << fault << "\n";
  return faults.empty() ? 0 : 1;
}

std::vector<int> Numbers(const std::string& list) {
  std::vector<int> numbers;
  std::istringstream in(list);
  for (std::string word; std::getline(in, word, ',');) numbers.push_back(std::stoi(word));
  return numbers;
}

/// Throws when an option is unknown or its value is no use.
Options ParseOptions(const std::vector<std::string>& words) {
  Options options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--quick") {
      options.ports = {1, 4};
      options.seconds = 0.1;
      options.rounds = 2;
      continue;
    }
    const std::string& value = words.at(i + 1);
    if (words[i] == "--json") {
      options.json_file = value;
    } else if (words[i] == "--seconds") {
      options.seconds = std::stod(value);
    } else if (words[i] == "--rounds") {
      options.rounds = std::stoi(value);
    } else if (words[i] == "--ports") {
      options.ports = Numbers(value);
    } else {
      throw std::invalid_argument(words[i]);
    }
    ++i;
  }
  const auto is_no_number_of_ports = [](int ports) { return ports < 1 || ports > 200; };
  if (options.seconds < 0.05 || options.rounds < 1 || options.ports.empty() ||
      std::ranges::any_of(options.ports, is_no_number_of_ports)) {
    throw std::invalid_argument("value");
  }
  return options;
}

}  // namespace
}  // namespace bpfcast::test

int main(int argc, char** argv) {
  bpfcast::test::Options options;
  try {
    options = bpfcast::test::ParseOptions({argv + 1, argv + argc});
  } catch (const std::exception&) {
    std::cerr
        << "usage: bench_datapath [--quick] [--ports 1,4,16,30,64] [--seconds S] [--rounds N] [--json FILE]\n"
           "ports: 1 to 200; at least 0.05 s and one round\n";
    return 2;
  }
  try {
    return bpfcast::test::Run(options);
  } catch (const std::exception& error) {
    std::cerr << "bench_datapath: " << error.what() << "\n";
    return 1;
  }
}
