// What may be written as a value, in the words of a message and of the reference.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "config/words.h"

namespace bpfcast {

/// `true, false or "always"`: "true" and "false" are written without quotes. `or_else` says what else is
/// possible.
std::string Alternatives(std::span<const std::string_view> words, std::string_view or_else = {});

template <class Value>
std::array<std::string_view, Words<Value>::kAll.size()> TextsOf() {
  std::array<std::string_view, Words<Value>::kAll.size()> texts;
  for (std::size_t i = 0; i < texts.size(); ++i) texts[i] = Words<Value>::kAll[i].text;
  return texts;
}

template <class Value>
std::string WordValues() {
  return Alternatives(TextsOf<Value>());
}

template <std::int64_t kLeast, std::int64_t kMost>
std::string NumberValues() {
  return std::to_string(kLeast) + " to " + std::to_string(kMost);
}

std::string Counts();
std::string Durations();
std::string InterfaceName();
std::string InterfaceNames();
std::string UserName();
std::string AddressAndPort();
std::string SenderNetworks();
std::string HostNetworks();
std::string GroupRanges();
std::string GroupRules();
std::string StaticMemberships();
std::string ForwardUpValues();

}  // namespace bpfcast
