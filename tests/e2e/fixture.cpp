#include "fixture.h"

#include <algorithm>
#include <iostream>
#include <sstream>
#include <stdexcept>

#include "kernel_hook.h"

namespace bpfcast::test {
namespace {

using nlohmann::json;

std::string Prefix() {
  RemoveLeftovers();
  static int beds = 0;
  return NamePrefix("e2e") + "-" + std::to_string(++beds);
}

/// "200ms", as TOML.
std::string Quoted(Clock::duration d) {
  std::ostringstream text;
  text << '"' << std::chrono::duration_cast<std::chrono::milliseconds>(d).count() << "ms\"";
  return text.str();
}

}  // namespace

E2e::E2e() : bed_(Prefix(), version() == IpVersion::k6 ? NetNs::Ipv6::kOn : NetNs::Ipv6::kOff) {}

E2e::~E2e() {
  if (HasFailure() && daemon_) {
    daemon_->Stop();
    std::cerr << "---- bpfcastd's log ----\n" << daemon_->Stderr() << "------------------------\n";
  }
}

std::string E2e::FamilyName() const {
  return version() == IpVersion::k4 ? "ipv4" : "ipv6";
}

void E2e::ForceOlder(const Host& host) const {
  version() == IpVersion::k4 ? ForceIgmpVersion(host, 2) : ForceMldVersion(host, 1);
}

json E2e::FamilyOf(const std::string& port) const {
  return Port(port)[FamilyName()];
}

AnyAddress E2e::MoreGroups(std::uint8_t n) const {
  if (version() == IpVersion::k4) return Group(n);
  return Ipv6("ff0e::7:" + std::to_string(n));
}

std::string E2e::Configuration(const Scenario& scenario) const {
  std::ostringstream text;
  const bool kernel = Hook() == "kernel";
  if (kernel) text << "datapath = \"kernel\"\n";
  text << "upstream = \"wan0\"\ndownstream = [";
  for (const std::string& name : scenario.downstreams) text << '"' << name << "\", ";
  const auto hook = [&](const std::string& name) {
    return kernel ? std::string() : "hook = \"" + HookOf(scenario, name) + "\"\n";
  };
  text << "]\n\n[interface.wan0]\n"
       << hook("wan0") << "unsolicited-report-interval = " << Quoted(kReportInterval) << "\n";
  const auto settings = [&](const std::string& name) {
    const auto found = scenario.settings.find(name);
    return found == scenario.settings.end() ? std::string() : found->second;
  };
  if (KernelSpeaks()) text << "membership = \"kernel\"\n";
  text << settings("wan0");
  const Profile& profile = scenario.profile;
  for (const std::string& name : scenario.downstreams) {
    text << "\n[interface." << name << "]\n"
         << hook(name) << "query-interval = " << Quoted(profile.query_interval)
         << "\nquery-response-interval = " << Quoted(profile.query_response_interval)
         << "\nlast-member-query-interval = " << Quoted(profile.last_member_query_interval) << "\n"
         << settings(name);
  }
  text << scenario.more;
  return text.str();
}

void E2e::StartDaemon(const Scenario& scenario) {
  daemon_.emplace(bed_.router(), Configuration(scenario), NamePrefix("e2e"), Daemon::Start::kWaitUntilReady,
                  Hook() == "kernel" ? AtOnce() : std::vector<std::string>());
  const bool ready = Eventually([&] {
    const json ports = Ports();
    return ports.size() == scenario.downstreams.size() + 1 &&
           std::all_of(ports.begin(), ports.end(), [&](const json& port) {
             return port["state"] == "up" && port[FamilyName()]["state"] == "up";
           });
  });
  const json ports = Ports();
  if (!ready) throw std::runtime_error("not every port is up: " + ports.dump(2));
  for (const json& port : ports) {
    if (port["hook"] != HookOf(scenario, port["name"]))
      throw std::runtime_error("this test is about hook " + Hook() + ": " + port.dump(2));
  }
}

std::string E2e::HookOf(const Scenario& scenario, const std::string& port) const {
  const auto other = scenario.other_hooks.find(port);
  return other == scenario.other_hooks.end() ? Hook() : other->second;
}

json E2e::Ports() const {
  const CommandResult result = daemon_->Cli("ports -j");
  const json ports = json::parse(result.out, nullptr, false);
  if (result.status != 0 || !ports.is_array())
    throw std::runtime_error("bpfcast ports -j: " + result.out + result.err);
  return ports;
}

json E2e::Groups() const {
  const CommandResult result = daemon_->Cli("groups -j");
  const json groups = json::parse(result.out, nullptr, false);
  if (result.status != 0 || !groups.is_array())
    throw std::runtime_error("bpfcast groups -j: " + result.out + result.err);
  return groups;
}

json E2e::Port(const std::string& name) const {
  for (const json& port : Ports()) {
    if (port["name"] == name) return port;
  }
  throw std::runtime_error("bpfcast ports -j does not show " + name);
}

json E2e::GroupOn(const AnyAddress& group, const std::string& port) const {
  for (const json& entry : Groups()) {
    if (entry["group"] == group.ToString() && entry["port"] == port) return entry;
  }
  return nullptr;
}

bool E2e::WaitForGroup(const AnyAddress& group, const std::string& port, Clock::duration limit) const {
  return Eventually([&] { return !GroupOn(group, port).is_null(); }, limit);
}

bool E2e::WaitForNoGroup(const AnyAddress& group, const std::string& port, Clock::duration limit) const {
  return Eventually([&] { return GroupOn(group, port).is_null(); }, limit);
}

void E2e::ExpectGroup(const AnyAddress& group, const std::string& port, const std::string& mode,
                      std::vector<AnyAddress> sources) const {
  std::sort(sources.begin(), sources.end());
  json names = json::array();
  for (const AnyAddress& source : sources) names.push_back(source.ToString());
  json last;
  const bool reached = Eventually([&] {
    last = GroupOn(group, port);
    return last.is_object() && last["mode"] == mode && last["sources"] == names;
  });
  EXPECT_TRUE(reached) << group.ToString() << " on " << port << " should be " << mode << " " << names
                       << ", is " << last;
}

StreamOptions E2e::FromUpstream(const AnyAddress& group, std::uint8_t n, unsigned rate) const {
  return {.group = group, .source = Source(group.version(), n), .rate = rate};
}

Capture::Predicate DataFor(const AnyAddress& group) {
  return [group](const Packet& packet) { return packet.to == group && packet.udp.has_value(); };
}

Capture::Predicate Record(std::uint8_t type, const AnyAddress& group) {
  return [type, group](const Packet& packet) {
    return packet.igmp &&
           std::any_of(packet.igmp->records.begin(), packet.igmp->records.end(),
                       [&](const IgmpRecord& r) { return r.type == type && r.group == group; });
  };
}

Capture::Predicate Record(std::uint8_t type, const AnyAddress& group, std::vector<AnyAddress> sources) {
  std::sort(sources.begin(), sources.end());
  const IgmpRecord wanted{type, group, std::move(sources)};
  return [wanted](const Packet& packet) {
    return packet.igmp && std::count(packet.igmp->records.begin(), packet.igmp->records.end(), wanted) > 0;
  };
}

Capture::Predicate QueryFor(const AnyAddress& group) {
  return [group](const Packet& packet) {
    return packet.igmp && packet.igmp->IsQuery() && packet.igmp->group == group;
  };
}

Capture::Predicate Both(Capture::Predicate a, Capture::Predicate b) {
  return [a = std::move(a), b = std::move(b)](const Packet& packet) { return a(packet) && b(packet); };
}

std::vector<std::string> RecordsSeen(const Capture& capture, Instant since) {
  std::vector<std::string> seen;
  for (const Packet& packet : capture.Packets(Arrived, since)) {
    if (!packet.igmp) continue;
    for (const IgmpRecord& record : packet.igmp->records) seen.push_back(ToText(record));
  }
  return seen;
}

void ExpectComplete(const Receiver& receiver, const AnyAddress& source, std::uint64_t count) {
  static_cast<void>(Eventually([&] { return receiver.Of(source).received >= count; }));
  const StreamCount got = receiver.Of(source);
  EXPECT_EQ(got.received, count);
  EXPECT_EQ(got.duplicated, 0U);
  EXPECT_EQ(got.reordered, 0U);
  EXPECT_EQ(receiver.SocketDrops(), 0U) << "the test's own socket overflowed";
}

void ExpectNoGap(const Receiver& receiver, const AnyAddress& source) {
  const StreamCount got = receiver.Of(source);
  EXPECT_GT(got.received, 0U);
  EXPECT_EQ(got.Lost(), 0U);
  EXPECT_EQ(got.duplicated, 0U);
  EXPECT_EQ(got.reordered, 0U);
  EXPECT_EQ(receiver.SocketDrops(), 0U) << "the test's own socket overflowed";
}

}  // namespace bpfcast::test
