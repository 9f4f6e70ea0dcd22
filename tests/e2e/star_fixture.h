// For tests that need more links than the usual bed has: a star, and a daemon with a configuration of its
// own.
#pragma once

#include "fixture.h"
#include "support/star.h"

namespace bpfcast::test {

class StarTest : public ::testing::Test {
 protected:
  ~StarTest() override {
    if (!HasFailure() || !daemon_) return;
    const std::string log = daemon_->Stderr();
    std::cerr << "---- the end of bpfcastd's log ----\n"
              << (log.size() > 20'000 ? log.substr(log.size() - 20'000) : log) << "\n----\n";
  }

  /// Builds the bed and starts a daemon for all its links; `more` is appended to the two lines.
  void StartStar(int lans, const std::string& more = "") {
    RemoveLeftovers();
    star_.emplace(NamePrefix("e2e") + "-star", lans);
    const Instant start = Clock::now();
    daemon_.emplace(star_->router(), "upstream = \"wan0\"\ndownstream = " + star_->LanNames() + "\n" + more,
                    NamePrefix("e2e"));
    daemon_->WaitUntilUp(static_cast<std::size_t>(lans) + 1, 60s);
    start_time_ = Clock::now() - start;
  }

  std::optional<Star> star_;
  std::optional<Daemon> daemon_;
  Clock::duration start_time_{};
};

/// A bound member without a thread: it counts what waits in its socket.
class Listener {
 public:
  Listener(const Host& host, const Ipv4Address& group);
  MulticastSocket& socket() { return socket_; }
  /// Stream packets that came since the last call.
  std::size_t Drain();

 private:
  MulticastSocket socket_;
};

}  // namespace bpfcast::test
