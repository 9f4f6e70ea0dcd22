#include "config/top_keys.h"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include "config/toml_value.h"
#include "config/value_forms.h"
#include "config/values.h"
#include "config/words.h"
#include "os/privileges.h"

namespace bpfcast {
namespace {

std::optional<PrintedValue> PrintUpstream(const Config& config) {
  return PrintedValue{PrintedValue::Kind::kText, {config.upstream.name}, {}};
}
std::optional<PrintedValue> PrintDownstream(const Config& config) {
  PrintedValue printed{PrintedValue::Kind::kList, {}, {}};
  for (const InterfaceConfig& each : config.downstreams) printed.items.push_back(each.name);
  if (config.default_downstream) printed.items.emplace_back(kOtherInterfaces);
  return printed;
}

std::optional<PrintedValue> PrintDisabled(const Config& config) {
  if (config.disabled.empty()) return std::nullopt;
  return PrintedValue{PrintedValue::Kind::kList, config.disabled, {}};
}

template <bool ServedFamilies::*kFamily>
void ReadServed(const TomlValue& value, TopDraft& draft) {
  draft.served.*kFamily = value.ReadWord<bool>().value_or(true);
}

void ReadUser(const TomlValue& value, TopDraft& draft) {
  const auto name = value.ReadText("the name of a user in quotes");
  if (!name) return;
  draft.user = *name;
  if (name->empty()) return value.Problem(value.at(), " must be the name of a user, not \"\"");
  const auto known = CheckUser(*name);
  if (known) return;
  if (Printable(*name) != *name) return value.ProblemOfItsOwn(known.error().message);
  // The file may be written on one machine for another; bpfcastd itself does not start without the user.
  value.Warning(value.at(), ": " + known.error().message);
}
std::optional<PrintedValue> PrintUser(const Config& config) {
  if (config.user.empty()) return std::nullopt;
  return PrintedValue{PrintedValue::Kind::kText, {config.user}, {}};
}

void ReadMetrics(const TomlValue& value, TopDraft& draft) {
  const auto text = value.ReadText("an address and a port in quotes");
  if (!text) return;
  const auto endpoint = Endpoint::Parse(*text);
  if (endpoint) {
    draft.metrics = *endpoint;
  } else {
    value.Problem(value.at(), " must be " + AddressAndPort() + ": " + endpoint.error().message);
  }
}
std::optional<PrintedValue> PrintMetrics(const Config& config) {
  if (!config.metrics) return std::nullopt;
  return PrintedValue{PrintedValue::Kind::kText, {config.metrics->ToString()}, {}};
}

/// A setting that chooses among a few words; `Draft` and `Kept` are lambdas without captures that say where
/// it is while the file is read and afterwards.
template <class Draft, class Kept>
constexpr TopKey TopWord(std::string_view name, std::string_view meaning, TakesEffect effect, Draft, Kept,
                         KeyScope scope = KeyScope::kProxy) {
  return {name,
          meaning,
          WordValues<std::remove_cvref_t<decltype(Draft()(std::declval<TopDraft&>()))>>,
          effect,
          [](const TomlValue& value, TopDraft& draft) {
            using Value = std::remove_cvref_t<decltype(Draft()(draft))>;
            if (const auto read = value.ReadWord<Value>()) Draft()(draft) = *read;
          },
          [](const Config& config) -> std::optional<PrintedValue> {
            return PrintedValue{PrintedValue::Kind::kWord, {WordOf(Kept()(config))}, {}};
          },
          effect == TakesEffect::kAtOnce ? nullptr
                                         : +[](const Config& from, Config& to) { Kept()(to) = Kept()(from); },
          scope};
}

template <LogSetting LogSettings::*kSubsystem>
constexpr TopKey LogKey(std::string_view name, std::string_view meaning) {
  return TopWord(
      name, meaning, TakesEffect::kAtOnce, [](auto& draft) -> auto& { return draft.log.*kSubsystem; },
      [](auto& config) -> auto& { return config.log.*kSubsystem; }, KeyScope::kFile);
}

constexpr TopKey Tables(std::string_view name, std::string_view meaning) {
  return {name,    meaning,
          nullptr, TakesEffect::kAtOnce,
          nullptr, [](const Config&) -> std::optional<PrintedValue> { return std::nullopt; },
          nullptr, KeyScope::kFile};
}

constexpr std::array kKeys = {
    TopKey{"upstream", "the interface towards the sources", InterfaceName, TakesEffect::kAtOnce, nullptr,
           PrintUpstream},
    TopKey{"downstream",
           "the interfaces towards the receivers; \"*\": every other one that has an address, but no ports "
           "of bridges and bonds",
           InterfaceNames, TakesEffect::kAtOnce, nullptr, PrintDownstream},
    TopKey{"disabled", "interfaces that are no downstream, whatever \"*\" would make of them", InterfaceNames,
           TakesEffect::kAtOnce, nullptr, PrintDisabled},
    TopKey{"ipv4", "false: IGMP and IPv4 are left alone", WordValues<bool>, TakesEffect::kAtOnce,
           ReadServed<&ServedFamilies::ipv4>,
           [](const Config& config) -> std::optional<PrintedValue> {
             return PrintedValue{PrintedValue::Kind::kWord, {WordOf(config.upstream.ipv4.served)}, {}};
           }},
    TopKey{"ipv6", "false: MLD and IPv6 are left alone", WordValues<bool>, TakesEffect::kAtOnce,
           ReadServed<&ServedFamilies::ipv6>,
           [](const Config& config) -> std::optional<PrintedValue> {
             return PrintedValue{PrintedValue::Kind::kWord, {WordOf(config.upstream.ipv6.served)}, {}};
           }},
    TopWord(
        "datapath",
        "who copies packets: BPF programs, the kernel's multicast routing, or the kernel where BPF cannot be "
        "used",
        TakesEffect::kAtNextStart, [](auto& draft) -> auto& { return draft.datapath; },
        [](auto& config) -> auto& { return config.datapath; }),
    TopWord(
        "loop-guard",
        "what becomes of two interfaces that are found on one segment: both are blocked, or it is only told",
        TakesEffect::kAtOnce, [](auto& draft) -> auto& { return draft.loop_guard; },
        [](auto& config) -> auto& { return config.upstream.ipv4.upstream.loop_guard; }),
    TopKey{"lease", "how long streams go on without an agent; 0: they end with it", Durations,
           TakesEffect::kAtNextStart,
           [](const TomlValue& value, TopDraft& draft) {
             if (const auto read = value.ReadDuration()) draft.lease = *read;
           },
           [](const Config& config) -> std::optional<PrintedValue> {
             return PrintedValue{PrintedValue::Kind::kSeconds, {PrintSeconds(config.lease)}, {}};
           },
           [](const Config& from, Config& to) { to.lease = from.lease; }},
    TopKey{"user",
           "who the daemon becomes once everything is set up, with the capabilities that it needs; without "
           "it it stays who it is",
           UserName, TakesEffect::kAtNextStart, ReadUser, PrintUser,
           [](const Config& from, Config& to) { to.user = from.user; }, KeyScope::kFile},
    TopKey{"metrics", "where Prometheus finds what is counted, over HTTP at /metrics; without it nowhere",
           AddressAndPort, TakesEffect::kAtOnce, ReadMetrics, PrintMetrics, nullptr, KeyScope::kFile},
    LogKey<&LogSettings::agent>(
        "log-agent",
        "from which level on start, stop, configuration and control socket are logged; "
        "as-started: what the command line says"),
    LogKey<&LogSettings::igmp>("log-igmp", "the same of IGMP; debug: a line for each packet"),
    LogKey<&LogSettings::mld>("log-mld", "the same of MLD"),
    LogKey<&LogSettings::datapath>("log-datapath",
                                   "the same of programs, maps and the kernel's multicast routing"),
    LogKey<&LogSettings::links>("log-links", "the same of interfaces"),
    Tables("interface", "the tables of single interfaces"),
    Tables("proxy", "the tables of single proxies"),
};

}  // namespace

std::span<const TopKey> TopKeys() {
  return kKeys;
}

const TopKey* FindTopKey(std::string_view name) {
  const auto found =
      std::find_if(kKeys.begin(), kKeys.end(), [&](const TopKey& key) { return key.name == name; });
  return found == kKeys.end() ? nullptr : &*found;
}

}  // namespace bpfcast
