// The words of settings that choose among a few values: read from a file and shown again by the same table.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "config/config.h"

namespace bpfcast {

template <class Value>
struct Word {
  std::string_view text;
  Value value;
};

/// Specialised below: each type of a setting with `kAll`, every word of it. "true" and "false" are written
/// without quotes.
template <class Value>
struct Words;

template <>
struct Words<bool> {
  static constexpr std::array<Word<bool>, 2> kAll = {{{"true", true}, {"false", false}}};
};
template <>
struct Words<HookSetting> {
  static constexpr std::array<Word<HookSetting>, 3> kAll = {
      {{"auto", HookSetting::kAuto}, {"xdp", HookSetting::kXdp}, {"tc", HookSetting::kTc}}};
};
template <>
struct Words<DatapathSetting> {
  static constexpr std::array<Word<DatapathSetting>, 3> kAll = {{{"auto", DatapathSetting::kAuto},
                                                                 {"bpf", DatapathSetting::kBpf},
                                                                 {"kernel", DatapathSetting::kKernel}}};
};
template <>
struct Words<SourceCheck> {
  static constexpr std::array<Word<SourceCheck>, 3> kAll = {
      {{"subnet", SourceCheck::kSubnet}, {"fib", SourceCheck::kFib}, {"off", SourceCheck::kOff}}};
};
template <>
struct Words<OlderQueriers> {
  static constexpr std::array<Word<OlderQueriers>, 2> kAll = {
      {{"auto", OlderQueriers::kFollow}, {"fixed", OlderQueriers::kWarn}}};
};
template <>
struct Words<UpstreamMembership> {
  static constexpr std::array<Word<UpstreamMembership>, 2> kAll = {
      {{"own", UpstreamMembership::kOwnReports}, {"kernel", UpstreamMembership::kKernel}}};
};
template <>
struct Words<OlderSsm> {
  static constexpr std::array<Word<OlderSsm>, 2> kAll = {
      {{"true", OlderSsm::kReport}, {"false", OlderSsm::kSilent}}};
};
template <>
struct Words<FastLeave> {
  static constexpr std::array<Word<FastLeave>, 3> kAll = {
      {{"true", FastLeave::kTracked}, {"false", FastLeave::kOff}, {"always", FastLeave::kAlways}}};
};
template <>
struct Words<LoweredBy> {
  static constexpr std::array<Word<LoweredBy>, 2> kAll = {
      {{"elected", LoweredBy::kElectedQuerier}, {"any", LoweredBy::kAnyRouter}}};
};
template <>
struct Words<ExcludeLists> {
  static constexpr std::array<Word<ExcludeLists>, 2> kAll = {
      {{"true", ExcludeLists::kIgnored}, {"false", ExcludeLists::kKept}}};
};
template <>
struct Words<SourceOverflow> {
  static constexpr std::array<Word<SourceOverflow>, 2> kAll = {
      {{"ignore", SourceOverflow::kLeaveOut}, {"widen", SourceOverflow::kWiden}}};
};
template <>
struct Words<MembershipInterval> {
  static constexpr std::array<Word<MembershipInterval>, 2> kAll = {
      {{"rfc9776", MembershipInterval::kRfc9776}, {"rfc3376", MembershipInterval::kRfc3376}}};
};
template <>
struct Words<ForeignQuerier> {
  static constexpr std::array<Word<ForeignQuerier>, 2> kAll = {
      {{"true", ForeignQuerier::kKeepForwarding}, {"false", ForeignQuerier::kStopForwarding}}};
};
template <>
struct Words<NonQuerierMembers> {
  static constexpr std::array<Word<NonQuerierMembers>, 2> kAll = {
      {{"true", NonQuerierMembers::kMerge}, {"false", NonQuerierMembers::kLeaveOut}}};
};
template <>
struct Words<ForwardUpMode> {  // the groups of kListed are an array
  static constexpr std::array<Word<ForwardUpMode>, 3> kAll = {{{"always", ForwardUpMode::kAlways},
                                                               {"querier-only", ForwardUpMode::kQuerierOnly},
                                                               {"never", ForwardUpMode::kNever}}};
};
template <>
struct Words<LogSetting> {
  static constexpr std::array<Word<LogSetting>, 5> kAll = {{{"as-started", LogSetting::kAsStarted},
                                                            {"debug", LogSetting::kDebug},
                                                            {"info", LogSetting::kInfo},
                                                            {"warning", LogSetting::kWarning},
                                                            {"error", LogSetting::kError}}};
};
template <>
struct Words<LoopGuardMode> {
  static constexpr std::array<Word<LoopGuardMode>, 2> kAll = {
      {{"block", LoopGuardMode::kBlock}, {"notice", LoopGuardMode::kNotice}}};
};

/// which IGMP messages are refused without a Router Alert option.
enum class RouterAlertNeeded : std::uint8_t { kNone, kQueries, kReports, kAll };
template <>
struct Words<RouterAlertNeeded> {
  static constexpr std::array<Word<RouterAlertNeeded>, 4> kAll = {{{"none", RouterAlertNeeded::kNone},
                                                                   {"queries", RouterAlertNeeded::kQueries},
                                                                   {"reports", RouterAlertNeeded::kReports},
                                                                   {"all", RouterAlertNeeded::kAll}}};
};

template <class Value>
std::string WordOf(Value value) {
  for (const Word<Value>& word : Words<Value>::kAll) {
    if (word.value == value) return std::string(word.text);
  }
  return {};
}

}  // namespace bpfcast
