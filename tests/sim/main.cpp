// sim_tests: thousands of simulated networks, each made by one seed. A seed that fails is played again and
// tells what happened last.
//
//   sim_tests [--seeds N] [--events M] [--first SEED] [--seed SEED] [--family igmp|mld] [--long] [--sabotage
//   WHAT] [--trace]
//
// --seed plays one seed alone. --long, or BPFCAST_SIM_SEEDS and BPFCAST_SIM_EVENTS, set how much is played.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <string_view>

#include "world.h"

namespace bpfcast::sim {
namespace {

struct Options {
  std::uint64_t first = 1;
  std::uint64_t seeds = 1000;
  std::uint64_t events = 5000;
  bool igmp = true;
  bool mld = true;
  bool trace = false;
  bool exhaustive = false;
  Sabotage sabotage = Sabotage::kNone;
};

[[noreturn]] void Usage(std::string_view what) {
  std::cerr << "sim_tests: " << what
            << "\nusage: sim_tests [--seeds N] [--events M] [--first SEED] [--seed SEED] [--family igmp|mld] "
               "[--long]"
               " [--sabotage loss|leaves|queries|update] [--trace]\n";
  std::exit(2);
}

Sabotage ToSabotage(std::string_view name) {
  if (name == "loss") return Sabotage::kLoss;
  if (name == "leaves") return Sabotage::kLostLeaves;
  if (name == "queries") return Sabotage::kLostQueries;
  if (name == "update") return Sabotage::kLostUpdate;
  Usage("no such sabotage: " + std::string(name));
}

Options Read(int argc, char** argv) {
  Options options;
  if (const char* text = std::getenv("BPFCAST_SIM_SEEDS")) options.seeds = std::stoull(text);
  if (const char* text = std::getenv("BPFCAST_SIM_EVENTS")) options.events = std::stoull(text);
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--trace") {
      options.trace = true;
      continue;
    }
    if (name == "--long") {
      options.exhaustive = true;
      options.seeds = 10000;
      options.first = std::random_device()();
      continue;
    }
    if (i + 1 == argc) Usage("a value is missing after " + std::string(name));
    const std::string value = argv[++i];
    if (name == "--seeds") {
      options.seeds = std::stoull(value);
    } else if (name == "--events") {
      options.events = std::stoull(value);
    } else if (name == "--first") {
      options.first = std::stoull(value);
    } else if (name == "--seed") {
      options.first = std::stoull(value);
      options.seeds = 1;
    } else if (name == "--family") {
      options.igmp = value == "igmp";
      options.mld = value == "mld";
      if (!options.igmp && !options.mld) Usage("no such family: " + value);
    } else if (name == "--sabotage") {
      options.sabotage = ToSabotage(value);
    } else {
      Usage("no such option: " + std::string(name));
    }
  }
  return options;
}

template <class F>
void Tell(std::uint64_t seed, std::uint64_t events, Sabotage sabotage) {
  World<F> world(seed, sabotage);
  world.Remember();
  std::cout << world.Describe();
  std::string violation = "nothing is wrong";
  try {
    world.Run(events);
  } catch (const Violation& what) {
    violation = what.what();
  }
  for (const std::string& line : world.memory()) std::cout << line << '\n';
  std::cout << violation << std::endl;
}

template <class F>
bool Play(std::uint64_t seed, std::uint64_t events, const Options& options) {
  try {
    World<F>(seed, options.sabotage).Run(events);
    return true;
  } catch (const Violation&) {
    const std::string family = F::kName == Igmp::kName ? "igmp" : "mld";
    std::cout << "FAILED: sim_tests --family " << family << " --seed " << seed << " --events " << events
              << "\n";
    Tell<F>(seed, events, options.sabotage);
    return false;
  }
}

template <class F>
bool PlayAll(const Options& options) {
  std::cout << F::kName << ": " << options.seeds << " seeds from " << options.first << ", " << options.events
            << " events each" << std::endl;
  if (options.trace) {
    Tell<F>(options.first, options.events, options.sabotage);
    return true;
  }
  for (std::uint64_t seed = options.first; seed < options.first + options.seeds; ++seed) {
    if (!Play<F>(seed, options.events, options)) return false;
  }
  if (!options.exhaustive) return true;
  constexpr std::uint64_t kLongLife = 1000000;
  std::cout << F::kName << ": one life of " << kLongLife << " events, seed " << options.first << std::endl;
  return Play<F>(options.first, kLongLife, options);
}

}  // namespace
}  // namespace bpfcast::sim

int main(int argc, char** argv) {
  using namespace bpfcast;
  const sim::Options options = sim::Read(argc, argv);
  bool good = true;
  if (options.igmp) good = sim::PlayAll<Igmp>(options) && good;
  if (options.mld) good = sim::PlayAll<Mld>(options) && good;
  return good ? 0 : 1;
}
