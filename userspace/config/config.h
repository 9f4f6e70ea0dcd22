// Config: what an operator asks for, checked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <type_traits>
#include <vector>

#include "base/endpoint.h"
#include "config/origins.h"
#include "membership/timing.h"
#include "routing/datapath.h"
#include "routing/proxy.h"

namespace bpfcast {

/// `hook` of an interface.
enum class HookSetting : std::uint8_t { kAuto, kXdp, kTc };

/// What an interface is told for one family, as the floors below take it. One of `upstream` and `downstream`
/// counts, by the role of the interface; the port numbers in them are given when the interface gets one.
template <class F>
struct FamilyConfig {
  bool served = true;
  UpstreamConfig<F> upstream;
  DownstreamConfig<F> downstream;
  ReceiveRules<F> receive;                                 // the link adds addresses and subnets
  std::vector<Prefix<typename F::Address>> other_sources;  // altnet

  // What both roles have.
  void SetTiming(const Timing& timing) { upstream.host.timing = downstream.querier.timing = timing; }
  void SetVersion(Version version) { upstream.host.version = downstream.querier.version = version; }
  void SetAccess(const AccessList<F>& access) { upstream.host.access = downstream.access = access; }
  Version version() const { return upstream.host.version; }  // C-60
  const Timing& timing() const { return upstream.host.timing; }
  const AccessList<F>& access() const { return upstream.host.access; }  // C-85, E-08

  bool operator==(const FamilyConfig&) const = default;
};

struct ServedFamilies {
  bool ipv4 = true;
  bool ipv6 = true;
};

struct InterfaceConfig {
  std::string name;
  PortRole role = PortRole::kDownstream;  // E-01
  HookSetting hook = HookSetting::kAuto;
  SourceCheck source_check = SourceCheck::kSubnet;
  std::uint8_t ttl_threshold = 1;  // F-08
  FamilyConfig<Igmp> ipv4;
  FamilyConfig<Mld> ipv6;

  template <class F>
  const FamilyConfig<F>& Of() const {
    if constexpr (std::is_same_v<F, Igmp>) {
      return ipv4;
    } else {
      return ipv6;
    }
  }
  bool operator==(const InterfaceConfig&) const = default;
};

/// An interface without settings of its own: the defaults of the RFCs.
InterfaceConfig DefaultInterface(PortRole role, ServedFamilies served);

/// `datapath`: who copies packets. kAuto: BPF programs, and the kernel's multicast routing where they cannot
/// be used.
enum class DatapathSetting : std::uint8_t { kAuto, kBpf, kKernel };

/// From which level on a subsystem logs; kAsStarted: what the command line says.
enum class LogSetting : std::uint8_t { kAsStarted, kDebug, kInfo, kWarning, kError };
struct LogSettings {
  LogSetting agent = LogSetting::kAsStarted;
  LogSetting igmp = LogSetting::kAsStarted;
  LogSetting mld = LogSetting::kAsStarted;
  LogSetting datapath = LogSetting::kAsStarted;
  LogSetting links = LogSetting::kAsStarted;

  bool operator==(const LogSettings&) const = default;
};

/// What one proxy is told.
struct Config {
  std::string proxy;  // its name in a file of several; empty: the file has no names
  InterfaceConfig upstream;
  std::vector<InterfaceConfig> downstreams;
  /// What becomes of interfaces with an address that are neither named nor in `disabled`: downstreams of this
  /// form, or nothing.
  std::optional<InterfaceConfig> default_downstream;
  std::vector<std::string> disabled;
  /// Interfaces of the other proxies of the file, which are never a downstream of this one.
  std::vector<std::string> of_others;
  DatapathSetting datapath = DatapathSetting::kAuto;
  Duration lease = std::chrono::minutes(5);  // how long streams go on without an agent
  std::string user;  // give up root for this user once everything is set up; empty: stay
  LogSettings log;
  std::optional<Endpoint> metrics;    // where Prometheus reads what is counted; nothing: nowhere
  std::vector<std::string> warnings;  // legal but unwise, as file:line:column: text
  ConfigOrigins origins;

  /// What becomes of an interface that `downstreams` does not name; nothing when it has no role.
  std::optional<InterfaceConfig> UnnamedDownstream(const std::string& interface) const;
};

/// Everything that is wrong, as file:line:column: what, and what was meant; in the order of the file.
using ConfigProblems = std::vector<std::string>;

/// The proxies of a file, in its order: one, or several with a name each.
using Configs = std::vector<Config>;

tl::expected<Configs, ConfigProblems> LoadConfigs(const std::string& path);

/// `file` is for messages only.
tl::expected<Configs, ConfigProblems> ParseConfigs(std::string_view text, const std::string& file);
/// The same of a file that has one proxy; several are a problem.
tl::expected<Config, ConfigProblems> ParseConfig(std::string_view text, const std::string& file);

}  // namespace bpfcast
