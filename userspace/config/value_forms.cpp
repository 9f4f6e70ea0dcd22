#include "config/value_forms.h"

#include <vector>

namespace bpfcast {

std::string Alternatives(std::span<const std::string_view> words, std::string_view or_else) {
  std::vector<std::string> all;
  for (const std::string_view word : words) {
    const std::string quote = word == "true" || word == "false" ? "" : "\"";
    all.push_back(quote + std::string(word) + quote);
  }
  if (!or_else.empty()) all.emplace_back(or_else);
  std::string text;
  for (std::size_t i = 0; i < all.size(); ++i) {
    text += (i == 0 ? "" : i + 1 == all.size() ? " or " : ", ") + all[i];
  }
  return text;
}

std::string Counts() {
  return "a whole number";
}
std::string Durations() {
  return "a duration";
}
std::string InterfaceName() {
  return "the name of an interface";
}
std::string InterfaceNames() {
  return R"(names of interfaces, as in ["lan1", "lan2"])";
}
std::string UserName() {
  return "the name of a user";
}
std::string AddressAndPort() {
  return R"(an address and a port, as in "127.0.0.1:9715" or "[::1]:9715")";
}
std::string SenderNetworks() {
  return R"(networks of senders, as in ["10.0.0.0/8", "2001:db8::/32"])";
}
std::string HostNetworks() {
  return R"(hosts and networks of them, as in ["192.0.2.0/28", "fe80::1"])";
}
std::string GroupRanges() {
  return R"(groups and ranges of them, as in ["239.1.1.1", "ff15::/16"])";
}
std::string GroupRules() {
  return R"(rules, as in ["deny 239.1.0.0/16", "permit 239.0.0.0/8", "deny 10.0.0.1@239.0.0.0/8"])";
}
std::string StaticMemberships() {
  return R"(groups, or sources of them, as in ["239.1.1.1", "10.0.0.1@232.1.1.1"])";
}
std::string ForwardUpValues() {
  return Alternatives(TextsOf<ForwardUpMode>(), "an array of groups");
}

}  // namespace bpfcast
