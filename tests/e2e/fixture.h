// What every end-to-end test has: a bed, a configuration with short timers, a running daemon whose hooks were
// checked.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "support/bed.h"
#include "support/capture.h"
#include "support/daemon.h"
#include "support/frames.h"
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
inline const Ipv6Address kG6 = Ipv6("ff0e::1234");
inline const Ipv6Address kSsm6 = Ipv6("ff3e::1");

struct Scenario {
  Profile profile = kFast;
  std::vector<std::string> downstreams{"lan1", "lan2", "lan3"};
  std::string more{};                                // appended to the configuration
  std::map<std::string, std::string> other_hooks{};  // ports that do not have the test's hook
  std::map<std::string, std::string> settings{};     // lines of a port's table
};

/// The parameter is the hook, "xdp" or "tc", on a bed of IPv4; "xdp-ipv6" and "tc-ipv6" are about IPv6 on a
/// bed that has both.
class E2e : public ::testing::TestWithParam<std::string> {
 protected:
  E2e();
  ~E2e() override;

  std::string Hook() const { return GetParam().substr(0, GetParam().find('-')); }
  /// The family that the test is about, its group, its source-specific one, more groups, and sources.
  IpVersion version() const {
    return GetParam().find("-ipv6") == std::string::npos ? IpVersion::k4 : IpVersion::k6;
  }
  bool KernelSpeaks() const { return GetParam().find("-kernel") != std::string::npos; }
  /// "ipv4" or "ipv6", as the views call it.
  std::string FamilyName() const;
  AnyAddress AnyGroup() const { return version() == IpVersion::k4 ? AnyAddress(kG) : kG6; }
  AnyAddress SsmGroup() const { return version() == IpVersion::k4 ? AnyAddress(kSsm) : kSsm6; }
  AnyAddress MoreGroups(std::uint8_t n) const;
  AnyAddress SourceNo(std::uint8_t n) const { return Source(version(), n); }
  /// The control messages of the family.
  Capture::What Control() const {
    return version() == IpVersion::k4 ? Capture::What::kIgmp : Capture::What::kMld;
  }

  /// The newest version of the protocol, and the one before it, in its own count.
  int Newest() const { return version() == IpVersion::k4 ? 3 : 2; }
  /// Makes the host's kernel speak the one before the newest.
  void ForceOlder(const Host& host) const;

  std::string Configuration(const Scenario& scenario = {}) const;
  /// Starts the daemon and waits until the family is up on every port; throws unless each has the requested
  /// hook.
  void StartDaemon(const Scenario& scenario = {});

  nlohmann::json Ports() const;
  nlohmann::json Groups() const;
  std::string HookOf(const Scenario& scenario, const std::string& port) const;
  /// The port object of `name`, and what it says of the family.
  nlohmann::json Port(const std::string& name) const;
  nlohmann::json FamilyOf(const std::string& port) const;
  /// The group object of `group` on `port`; null when there is none.
  nlohmann::json GroupOn(const AnyAddress& group, const std::string& port) const;
  bool WaitForGroup(const AnyAddress& group, const std::string& port, Clock::duration limit = 5s) const;
  bool WaitForNoGroup(const AnyAddress& group, const std::string& port, Clock::duration limit = 5s) const;
  /// Until the daemon's tables say (mode, sources); fails the test with the last state otherwise.
  void ExpectGroup(const AnyAddress& group, const std::string& port, const std::string& mode,
                   std::vector<AnyAddress> sources) const;

  /// A stream from source 1 (or `n`) at the upstream router.
  StreamOptions FromUpstream(const AnyAddress& group, std::uint8_t n = 1, unsigned rate = 1000) const;

  Bed bed_;
  std::optional<Daemon> daemon_;
};

/// Stream packets to `group`.
Capture::Predicate DataFor(const AnyAddress& group);
/// Packets that carry this record (type and group; any sources).
Capture::Predicate Record(std::uint8_t type, const AnyAddress& group);
/// The same with exactly these sources.
Capture::Predicate Record(std::uint8_t type, const AnyAddress& group, std::vector<AnyAddress> sources);
Capture::Predicate QueryFor(const AnyAddress& group);
Capture::Predicate Both(Capture::Predicate a, Capture::Predicate b);
/// Every record in what `capture` saw arriving, in order, as text.
std::vector<std::string> RecordsSeen(const Capture& capture, Instant since = Instant::min());

/// `count` numbers, none lost, doubled or out of order, and no drop at the test's own socket.
void ExpectComplete(const Receiver& receiver, const AnyAddress& source, std::uint64_t count);
/// Nothing missing between the first and the last that arrived.
void ExpectNoGap(const Receiver& receiver, const AnyAddress& source);

/// The end of the test's name.
inline std::string HookName(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');  // a test's name has no hyphen
  return name;
}

}  // namespace bpfcast::test

#define BPFCAST_FOR_EACH_HOOK(suite) \
  INSTANTIATE_TEST_SUITE_P(Hook, suite, ::testing::Values("xdp", "tc"), ::bpfcast::test::HookName)
#define BPFCAST_FOR_EACH_HOOK_AND_FAMILY(suite)                                                \
  INSTANTIATE_TEST_SUITE_P(Hook, suite, ::testing::Values("xdp", "tc", "xdp-ipv6", "tc-ipv6"), \
                           ::bpfcast::test::HookName)
/// The tests marked "both" in section D of the matrix.
#define BPFCAST_FOR_EACH_FAMILY_AND_SPEAKER(suite)                                                         \
  INSTANTIATE_TEST_SUITE_P(Hook, suite, ::testing::Values("tc", "tc-ipv6", "tc-kernel", "tc-ipv6-kernel"), \
                           ::bpfcast::test::HookName)
