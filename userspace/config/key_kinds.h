// The kinds of keys that an [interface.NAME] table has: each kind reads and prints a setting of one type,
// given where it is kept.
#pragma once

#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "config/keys.h"
#include "config/toml_value.h"
#include "config/value_forms.h"
#include "config/words.h"

namespace bpfcast {

// ---- Printing: what both families have alike is said once, and what is not served not at all.

template <class Get>
PrintedValue PrintFamilies(const InterfaceConfig& config, PrintedValue::Kind kind, Get get) {
  PrintedValue printed{kind, {}, {}};
  if (config.ipv4.served) printed.items.push_back(get(config.ipv4));
  if (!config.ipv6.served) return printed;
  const std::string mld = get(config.ipv6);
  if (printed.items.empty() || printed.items.front() != mld) printed.items.push_back(mld);
  return printed;
}

inline PrintedValue PrintNetworks(const Networks& networks) {
  return {PrintedValue::Kind::kList, networks.ToTexts(), {}};
}

template <class Get>
Networks ServedNetworks(const InterfaceConfig& config, Get get) {
  Networks networks;
  if (config.ipv4.served) networks.ipv4 = get(config.ipv4);
  if (config.ipv6.served) networks.ipv6 = get(config.ipv6);
  return networks;
}

template <class Value>
PrintedValue PrintWord(Value value) {
  return {PrintedValue::Kind::kWord, {WordOf(value)}, {}};
}

// ---- Kinds of keys. `Get` is a lambda without captures that gives the setting, of the interface or of one
// family of it; with several of them all are set, and the first is printed.

template <class Get>
constexpr InterfaceKey InterfaceWord(std::string_view name, std::string_view meaning, Get) {
  return {
      name,
      meaning,
      WordValues<std::remove_cvref_t<decltype(Get()(std::declval<InterfaceConfig&>()))>>,
      KeySide::kBoth,
      KeyFamily::kBoth,
      [](const TomlValue& value, InterfaceDraft& draft) {
        using Value = std::remove_cvref_t<decltype(Get()(draft.config))>;
        if (const auto read = value.ReadWord<Value>()) Get()(draft.config) = *read;
      },
      [](const InterfaceConfig& config) -> std::optional<PrintedValue> { return PrintWord(Get()(config)); }};
}

template <class Get, class... Others>
constexpr InterfaceKey FamilyWord(std::string_view name, std::string_view meaning, KeySide side,
                                  KeyFamily family, Get, Others...) {
  return {name,
          meaning,
          WordValues<std::remove_cvref_t<decltype(Get()(std::declval<FamilyConfig<Igmp>&>()))>>,
          side,
          family,
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
          [](const InterfaceConfig& config) -> std::optional<PrintedValue> {
            return PrintFamilies(config, PrintedValue::Kind::kWord,
                                 [](const auto& each) { return WordOf(Get()(each)); });
          }};
}

template <std::int64_t kLeast, std::int64_t kMost, class Get, class... Others>
constexpr InterfaceKey FamilyNumber(std::string_view name, std::string_view meaning, KeySide side, Get,
                                    Others...) {
  return {name,
          meaning,
          NumberValues<kLeast, kMost>,
          side,
          KeyFamily::kBoth,
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
          [](const InterfaceConfig& config) -> std::optional<PrintedValue> {
            return PrintFamilies(config, PrintedValue::Kind::kNumber,
                                 [](const auto& each) { return std::to_string(Get()(each)); });
          }};
}

/// A list that names networks of one family alone sets that family alone; an empty one clears both.
template <TomlValue::Content kContent, class Get, class... Others>
constexpr InterfaceKey FamilyNetworks(std::string_view name, std::string_view meaning, KeySide side, Get,
                                      Others...) {
  return {name,
          meaning,
          kContent == TomlValue::Content::kGroups  ? GroupRanges
          : kContent == TomlValue::Content::kHosts ? HostNetworks
                                                   : SenderNetworks,
          side,
          KeyFamily::kBoth,
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
          [](const InterfaceConfig& config) -> std::optional<PrintedValue> {
            return PrintNetworks(ServedNetworks(config, [](const auto& each) { return Get()(each); }));
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
constexpr InterfaceKey TimingKey(std::string_view name, std::string_view meaning, KeySide side) {
  return {name,
          meaning,
          std::is_same_v<Effective<kEffective>, Duration> ? Durations : Counts,
          side,
          KeyFamily::kBoth,
          [](const TomlValue& value, InterfaceDraft& draft) {
            if constexpr (std::is_same_v<Effective<kEffective>, Duration>) {
              if (const auto read = value.ReadDuration()) draft.timing.*kSetting = *read;
            } else {
              if (const auto read = value.ReadCount()) draft.timing.*kSetting = *read;
            }
          },
          [](const InterfaceConfig& config) -> std::optional<PrintedValue> {
            constexpr bool kIsDuration = std::is_same_v<Effective<kEffective>, Duration>;
            const auto kind = kIsDuration ? PrintedValue::Kind::kSeconds : PrintedValue::Kind::kNumber;
            bool follows = !std::is_null_pointer_v<decltype(kUsual)>;
            PrintedValue printed = PrintFamilies(config, kind, [&](const auto& each) {
              const Timing& timing = each.timing();
              if constexpr (!std::is_null_pointer_v<decltype(kUsual)>) {
                follows = follows && timing.*kEffective == kUsual(timing);
              }
              if constexpr (kIsDuration) {
                return PrintSeconds(timing.*kEffective);
              } else {
                return std::to_string(timing.*kEffective);
              }
            });
            if (follows) printed.origin = PrintedValue::Origin::kFollows;
            return printed;
          },
          std::is_null_pointer_v<decltype(kUsual)>          ? ""
          : std::is_same_v<Effective<kEffective>, Duration> ? "query-interval"
                                                            : "robustness"};
}

/// One part of the access lists; `Print` gives nothing when it is not restricted.
template <class Read, class Print>
constexpr InterfaceKey AccessKey(std::string_view name, std::string_view meaning, std::string (*values)(),
                                 Read, Print) {
  return {name,
          meaning,
          values,
          KeySide::kBoth,
          KeyFamily::kBoth,
          [](const TomlValue& value, InterfaceDraft& draft) { Read()(value, draft.access); },
          [](const InterfaceConfig& config) -> std::optional<PrintedValue> {
            return Print()(ServedAccess(config));
          }};
}

}  // namespace bpfcast
