#include "bench/traffic.h"

#include "bench/cpus.h"

namespace bpfcast::test {
namespace {

// A run takes some ten milliseconds; until its end nobody can stop it.
constexpr std::uint32_t kFramesOfRun = 131072;

}  // namespace

Traffic::Traffic(Generator& generator, const Host& sender, std::size_t frame, int cpu) {
  generator.Prepare(sender, {.group = kBenchGroup, .source = sender.address, .size = frame});
  thread_ = std::thread([this, &generator, &ns = sender.ns, cpu] {
    try {
      ns.Run([&] {
        Pin(0, cpu);
        while (!stop_) generator.Send(kFramesOfRun);
      });
    } catch (...) {
      failure_ = std::current_exception();
    }
  });
}

Traffic::~Traffic() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void Traffic::Stop() {
  stop_ = true;
  thread_.join();
  if (failure_) std::rethrow_exception(failure_);
}

}  // namespace bpfcast::test
