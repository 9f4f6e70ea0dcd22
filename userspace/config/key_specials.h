// The keys that no kind fits: how each is read and printed.
#pragma once

#include <optional>

#include "config/keys.h"

namespace bpfcast {

void ReadHook(const TomlValue& value, InterfaceDraft& draft);
std::optional<PrintedValue> PrintHook(const InterfaceConfig& config);
void ReadThreshold(const TomlValue& value, InterfaceDraft& draft);
std::optional<PrintedValue> PrintThreshold(const InterfaceConfig& config);
void ReadIgmpVersion(const TomlValue& value, InterfaceDraft& draft);
void ReadMldVersion(const TomlValue& value, InterfaceDraft& draft);
template <class F>
std::optional<PrintedValue> PrintVersion(const InterfaceConfig& config);
void ReadRouterAlert(const TomlValue& value, InterfaceDraft& draft);
std::optional<PrintedValue> PrintRouterAlert(const InterfaceConfig& config);
void ReadStrictTtl(const TomlValue& value, InterfaceDraft& draft);
std::optional<PrintedValue> PrintStrictTtl(const InterfaceConfig& config);
void ReadCheckSubnet(const TomlValue& value, InterfaceDraft& draft);
std::optional<PrintedValue> PrintCheckSubnet(const InterfaceConfig& config);
void ReadSsmOnly(const TomlValue& value, InterfaceDraft& draft);
std::optional<PrintedValue> PrintSsmOnly(const InterfaceConfig& config);
void ReadIgnoreV1(const TomlValue& value, InterfaceDraft& draft);
std::optional<PrintedValue> PrintIgnoreV1(const InterfaceConfig& config);
void ReadMembershipInterval(const TomlValue& value, InterfaceDraft& draft);
std::optional<PrintedValue> PrintMembershipInterval(const InterfaceConfig& config);
void ReadForwardUp(const TomlValue& value, InterfaceDraft& draft);
std::optional<PrintedValue> PrintForwardUp(const InterfaceConfig& config);
void ReadBoundaries(const TomlValue& value, InterfaceDraft& draft);
std::optional<PrintedValue> PrintBoundaries(const InterfaceConfig& config);
void ReadStaticGroups(const TomlValue& value, InterfaceDraft& draft);
std::optional<PrintedValue> PrintStaticGroups(const InterfaceConfig& config);
void ReadAllowedHosts(const TomlValue& value, InterfaceDraft& draft);
std::optional<PrintedValue> PrintAllowedHosts(const InterfaceConfig& config);
void ReadAllowedGroups(const TomlValue& value, AccessSetting& access);
void ReadAllowedSources(const TomlValue& value, AccessSetting& access);
void ReadGroupRules(const TomlValue& value, AccessSetting& access);

extern template std::optional<PrintedValue> PrintVersion<Igmp>(const InterfaceConfig& config);
extern template std::optional<PrintedValue> PrintVersion<Mld>(const InterfaceConfig& config);

}  // namespace bpfcast
