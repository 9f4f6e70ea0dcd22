// The kinds of keys that an [interface.NAME] table has: each kind reads and shows a setting of one type,
// given where it is kept.
#pragma once

#include <chrono>
#include <optional>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>

#include "agent/config_keys.h"
#include "agent/config_toml_value.h"
#include "agent/config_words.h"

namespace bpfcast {

// ---- Showing: what both families have alike is said once, and what is not served not at all.

template <class Get>
std::string ShowFamilies(const InterfaceConfig& config, Get get) {
  const std::string ipv4 = config.ipv4.served ? get(config.ipv4) : std::string();
  const std::string ipv6 = config.ipv6.served ? get(config.ipv6) : std::string();
  if (!config.ipv6.served || ipv4 == ipv6) return ipv4;
  if (!config.ipv4.served) return ipv6;
  return ipv4 + "(IGMP)," + ipv6 + "(MLD)";
}

/// A family that has what it has by default needs no word while the other one has something else: a list that
/// names networks of one family leaves the other as it is.
template <class Get>
std::string ShowNetworks(const InterfaceConfig& config, Get get) {
  const InterfaceConfig usual = DefaultInterface(config.role, {config.ipv4.served, config.ipv6.served});
  Networks networks;
  if (config.ipv4.served) networks.ipv4 = get(config.ipv4);
  if (config.ipv6.served) networks.ipv6 = get(config.ipv6);
  const bool usual_ipv4 = networks.ipv4 == get(usual.ipv4);
  const bool usual_ipv6 = networks.ipv6 == get(usual.ipv6);
  if (usual_ipv4 && !usual_ipv6 && !networks.ipv6.empty()) networks.ipv4.clear();
  if (usual_ipv6 && !usual_ipv4 && !networks.ipv4.empty()) networks.ipv6.clear();
  return networks.ToString();
}

/// What the lists of the served families say.
inline std::optional<AccessSetting> ServedAccess(const InterfaceConfig& config) {
  return ToAccessSetting(config.ipv4.served ? config.ipv4.access() : AccessList<Igmp>(),
                         config.ipv6.served ? config.ipv6.access() : AccessList<Mld>());
}

inline std::string Seconds(Duration duration) {
  std::ostringstream text;
  text.precision(12);
  text << std::chrono::duration<double>(duration).count();
  return text.str();
}

// ---- Kinds of keys. `Get` is a lambda without captures that gives the setting, of the interface or of one
// family of it; with several of them all are set, and the first is shown.

template <class Get>
constexpr InterfaceKey InterfaceWord(std::string_view name, Get) {
  return {name, KeySide::kBoth, KeyFamily::kBoth,
          [](const TomlValue& value, InterfaceDraft& draft) {
            using Value = std::remove_cvref_t<decltype(Get()(draft.config))>;
            if (const auto read = value.ReadWord<Value>()) Get()(draft.config) = *read;
          },
          [](const InterfaceConfig& config) { return WordOf(Get()(config)); }};
}

template <class Get, class... Others>
constexpr InterfaceKey FamilyWord(std::string_view name, KeySide side, KeyFamily family, Get, Others...) {
  return {name, side, family,
          [](const TomlValue& value, InterfaceDraft& draft) {
            using Value = std::remove_cvref_t<decltype(Get()(draft.config.ipv4))>;
            const auto read = value.ReadWord<Value>();
            if (!read) return;
            const auto set = [&](auto& each) {
              Get()(each) = *read;
              ((Others()(each) = *read), ...);
            };
            set(draft.config.ipv4);
            set(draft.config.ipv6);
          },
          [](const InterfaceConfig& config) {
            return ShowFamilies(config, [](const auto& each) { return WordOf(Get()(each)); });
          }};
}

template <std::int64_t kLeast, std::int64_t kMost, class Get, class... Others>
constexpr InterfaceKey FamilyNumber(std::string_view name, KeySide side, Get, Others...) {
  return {name, side, KeyFamily::kBoth,
          [](const TomlValue& value, InterfaceDraft& draft) {
            using Value = std::remove_cvref_t<decltype(Get()(draft.config.ipv4))>;
            const auto read = value.ReadInteger(kLeast, kMost);
            if (!read) return;
            const auto set = [&](auto& each) {
              Get()(each) = static_cast<Value>(*read);
              ((Others()(each) = static_cast<Value>(*read)), ...);
            };
            set(draft.config.ipv4);
            set(draft.config.ipv6);
          },
          [](const InterfaceConfig& config) {
            return ShowFamilies(config, [](const auto& each) { return std::to_string(Get()(each)); });
          }};
}

/// A list that names networks of one family alone sets that family alone; an empty one clears both.
template <TomlValue::Content kContent, class Get, class... Others>
constexpr InterfaceKey FamilyNetworks(std::string_view name, KeySide side, Get, Others...) {
  return {name, side, KeyFamily::kBoth,
          [](const TomlValue& value, InterfaceDraft& draft) {
            const Networks networks = value.ReadNetworks(kContent);
            const auto set = [&](auto& each, const auto& list) {
              if (list.empty() && !networks.empty()) return;
              Get()(each) = list;
              ((Others()(each) = list), ...);
            };
            set(draft.config.ipv4, networks.ipv4);
            set(draft.config.ipv6, networks.ipv6);
          },
          [](const InterfaceConfig& config) {
            return ShowNetworks(config, [](const auto& each) { return Get()(each); });
          }};
}

template <auto kMember>
using Effective = std::remove_cvref_t<decltype(std::declval<const Timing&>().*kMember)>;

constexpr unsigned UsualCount(const Timing& timing) {
  return timing.robustness;
}
constexpr Duration UsualStartupInterval(const Timing& timing) {
  return timing.query_interval / 4;
}

/// A variable of the protocol; `kUsual` gives what it is when it is not set, if that follows from others.
template <auto kSetting, auto kEffective, auto kUsual = nullptr>
constexpr InterfaceKey TimingKey(std::string_view name, KeySide side) {
  return {name, side, KeyFamily::kBoth,
          [](const TomlValue& value, InterfaceDraft& draft) {
            if constexpr (std::is_same_v<Effective<kEffective>, Duration>) {
              if (const auto read = value.ReadDuration()) draft.timing.*kSetting = *read;
            } else {
              if (const auto read = value.ReadCount()) draft.timing.*kSetting = *read;
            }
          },
          [](const InterfaceConfig& config) {
            return ShowFamilies(config, [](const auto& each) -> std::string {
              const Timing& timing = each.timing();
              if constexpr (!std::is_null_pointer_v<decltype(kUsual)>) {
                if (timing.*kEffective == kUsual(timing)) return {};
              }
              if constexpr (std::is_same_v<Effective<kEffective>, Duration>) {
                return Seconds(timing.*kEffective);
              } else {
                return std::to_string(timing.*kEffective);
              }
            });
          }};
}

/// One part of the access lists; `show` gives nothing when it is not restricted.
template <class Read, class Show>
constexpr InterfaceKey AccessKey(std::string_view name, Read, Show) {
  return {name, KeySide::kBoth, KeyFamily::kBoth,
          [](const TomlValue& value, InterfaceDraft& draft) { Read()(value, draft.access); },
          [](const InterfaceConfig& config) -> std::string {
            const auto setting = ServedAccess(config);
            return setting ? Show()(*setting) : std::string();
          }};
}

}  // namespace bpfcast
