#include "config/top_keys.h"

#include <algorithm>
#include <array>

#include "config/toml_value.h"
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
  if (const auto known = CheckUser(*name); !known) value.ProblemOfItsOwn(known.error().message);
}
std::optional<PrintedValue> PrintUser(const Config& config) {
  if (config.user.empty()) return std::nullopt;
  return PrintedValue{PrintedValue::Kind::kText, {config.user}, {}};
}

/// A setting that chooses among a few words; `Draft` and `Kept` are lambdas without captures that say where
/// it is while the file is read and afterwards.
template <class Draft, class Kept>
constexpr TopKey TopWord(std::string_view name, TakesEffect effect, Draft, Kept) {
  return {name, effect,
          [](const TomlValue& value, TopDraft& draft) {
            using Value = std::remove_cvref_t<decltype(Draft()(draft))>;
            if (const auto read = value.ReadWord<Value>()) Draft()(draft) = *read;
          },
          [](const Config& config) -> std::optional<PrintedValue> {
            return PrintedValue{PrintedValue::Kind::kWord, {WordOf(Kept()(config))}, {}};
          },
          effect == TakesEffect::kAtOnce
              ? nullptr
              : +[](const Config& from, Config& to) { Kept()(to) = Kept()(from); }};
}

constexpr std::array kKeys = {
    TopKey{"upstream", TakesEffect::kAtOnce, nullptr, PrintUpstream},
    TopKey{"downstream", TakesEffect::kAtOnce, nullptr, PrintDownstream},
    TopKey{"disabled", TakesEffect::kAtOnce, nullptr, PrintDisabled},
    TopKey{"ipv4", TakesEffect::kAtOnce, ReadServed<&ServedFamilies::ipv4>,
           [](const Config& config) -> std::optional<PrintedValue> {
             return PrintedValue{PrintedValue::Kind::kWord, {WordOf(config.upstream.ipv4.served)}, {}};
           }},
    TopKey{"ipv6", TakesEffect::kAtOnce, ReadServed<&ServedFamilies::ipv6>,
           [](const Config& config) -> std::optional<PrintedValue> {
             return PrintedValue{PrintedValue::Kind::kWord, {WordOf(config.upstream.ipv6.served)}, {}};
           }},
    TopWord(
        "datapath", TakesEffect::kAtNextStart, [](auto& draft) -> auto& { return draft.datapath; },
        [](auto& config) -> auto& { return config.datapath; }),
    TopWord(
        "loop-guard", TakesEffect::kAtOnce, [](auto& draft) -> auto& { return draft.loop_guard; },
        [](auto& config) -> auto& { return config.upstream.ipv4.upstream.loop_guard; }),
    TopKey{"lease", TakesEffect::kAtNextStart,
           [](const TomlValue& value, TopDraft& draft) {
             if (const auto read = value.ReadDuration()) draft.lease = *read;
           },
           [](const Config& config) -> std::optional<PrintedValue> {
             return PrintedValue{PrintedValue::Kind::kSeconds, {PrintSeconds(config.lease)}, {}};
           },
           [](const Config& from, Config& to) { to.lease = from.lease; }},
    TopKey{"user", TakesEffect::kAtNextStart, ReadUser, PrintUser,
           [](const Config& from, Config& to) { to.user = from.user; }},
    TopKey{"interface", TakesEffect::kAtOnce, nullptr,
           [](const Config&) -> std::optional<PrintedValue> { return std::nullopt; }},  // its tables
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
