// What every end-to-end test has: a bed, a configuration with short timers, a running daemon whose hooks were
// checked.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "support/bed.h"
#include "support/capture.h"
#include "support/daemon.h"
#include "support/igmp_host.h"
#include "support/stream.h"

namespace bpfcast::test {

/// Timing profiles of the conformance matrix, B.1.
struct Profile {
  Clock::duration query_interval;
  Clock::duration query_response_interval;
  Clock::duration last_member_query_interval;

  Clock::duration LastMemberQueryTime() const { return 2 * last_member_query_interval; }
  Clock::duration GroupMembershipInterval() const { return 2 * query_interval + 2 * query_response_interval; }
};
inline constexpr Profile kFast{5s, 1s, 200ms};
inline constexpr Profile kTiny{1s, 500ms, 100ms};
/// Time between the transmissions of a change report upstream (URI); short, so that a test need not wait for
/// the last.
inline constexpr auto kReportInterval = 200ms;

/// Groups of the conformance matrix, section G, and more of their kind.
inline const Ipv4Address kG = MakeIpv4(239, 1, 2, 3);
inline const Ipv4Address kSsm = MakeIpv4(232, 1, 1, 1);
inline Ipv4Address Group(std::uint8_t n) {
  return MakeIpv4(239, 1, 7, n);
}

struct Scenario {
  Profile profile = kFast;
  std::vector<std::string> downstreams{"lan1", "lan2", "lan3"};
  std::string more{};                                // appended to the configuration
  std::map<std::string, std::string> other_hooks{};  // ports that do not have the test's hook
  std::map<std::string, std::string> settings{};     // lines of a port's table
};

/// The parameter is the hook: "xdp" or "tc".
class E2e : public ::testing::TestWithParam<std::string> {
 protected:
  E2e();
  ~E2e() override;

  std::string Configuration(const Scenario& scenario = {}) const;
  /// Starts the daemon and waits until every port is up; throws unless each has the requested hook.
  void StartDaemon(const Scenario& scenario = {});

  nlohmann::json Ports() const;
  nlohmann::json Groups() const;
  std::string HookOf(const Scenario& scenario, const std::string& port) const;
  /// The port object of `name`.
  nlohmann::json Port(const std::string& name) const;
  /// The group object of `group` on `port`; null when there is none.
  nlohmann::json GroupOn(const Ipv4Address& group, const std::string& port) const;
  bool WaitForGroup(const Ipv4Address& group, const std::string& port, Clock::duration limit = 5s) const;
  bool WaitForNoGroup(const Ipv4Address& group, const std::string& port, Clock::duration limit = 5s) const;
  /// Until the daemon's tables say (mode, sources); fails the test with the last state otherwise.
  void ExpectGroup(const Ipv4Address& group, const std::string& port, const std::string& mode,
                   std::vector<Ipv4Address> sources) const;

  /// A stream from source 1 (or `n`) at the upstream router.
  StreamOptions FromUpstream(const Ipv4Address& group, std::uint8_t n = 1, unsigned rate = 1000) const;

  Bed bed_;
  std::optional<Daemon> daemon_;
};

/// Stream packets to `group`.
Capture::Predicate DataFor(const Ipv4Address& group);
/// Packets that carry this record (type and group; any sources).
Capture::Predicate Record(std::uint8_t type, const Ipv4Address& group);
/// The same with exactly these sources.
Capture::Predicate Record(std::uint8_t type, const Ipv4Address& group, std::vector<Ipv4Address> sources);
Capture::Predicate QueryFor(const Ipv4Address& group);
Capture::Predicate Both(Capture::Predicate a, Capture::Predicate b);
/// Every record in what `capture` saw arriving, in order, as text.
std::vector<std::string> RecordsSeen(const Capture& capture, Instant since = Instant::min());

/// `count` numbers, none lost, doubled or out of order, and no drop at the test's own socket.
void ExpectComplete(const Receiver& receiver, const Ipv4Address& source, std::uint64_t count);
/// Nothing missing between the first and the last that arrived.
void ExpectNoGap(const Receiver& receiver, const Ipv4Address& source);

/// The end of the test's name.
inline std::string HookName(const ::testing::TestParamInfo<std::string>& info) {
  return info.param;
}

}  // namespace bpfcast::test

#define BPFCAST_FOR_EACH_HOOK(suite) \
  INSTANTIATE_TEST_SUITE_P(Hook, suite, ::testing::Values("xdp", "tc"), ::bpfcast::test::HookName)
