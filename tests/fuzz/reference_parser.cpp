#include "fuzz/reference_parser.h"

#include <functional>

namespace bpfcast::fuzz {
namespace {

std::string Text(const Octets& octets) {
  std::string text;
  for (const int octet : octets) {
    text += "0123456789abcdef"[octet / 16];
    text += "0123456789abcdef"[octet % 16];
  }
  return text;
}

Octets Slice(const Octets& octets, std::size_t begin, std::size_t end) {
  Octets out;
  for (std::size_t i = begin; i < end; ++i) out.push_back(octets.at(i));
  return out;
}

int Word(const Octets& octets, std::size_t at) {
  return octets.at(at) * 256 + octets.at(at + 1);
}

/// One's complement arithmetic is arithmetic modulo 65535, in which a good sum is zero without being nothing.
bool SumIsGood(Octets octets) {
  if (octets.size() % 2 == 1) octets.push_back(0);
  long sum = 0;
  for (std::size_t i = 0; i < octets.size(); i += 2) sum += Word(octets, i);
  return sum != 0 && sum % 65535 == 0;
}

long Power(int exponent) {
  long power = 1;
  for (int i = 0; i < exponent; ++i) power *= 2;
  return power;
}

//
long Float8(int code) {
  return code < 128 ? code : (16 + code % 16) * Power(code / 16 % 8 + 3);
}
long Float16(int code) {
  return code < 32768 ? code : (4096 + code % 4096) * Power(code / 4096 % 8 + 3);
}

/// What the families say differently about addresses.
struct Family {
  std::size_t width;
  std::string none, all_nodes, all_routers, reports;
  std::function<bool(const std::string&)> is_multicast;
  std::function<bool(const std::string&)> is_tracked;
  std::function<bool(const std::string&)> is_source;
};

bool StartsWith(const std::string& text, const std::string& start) {
  return text.substr(0, start.size()) == start;
}

const Family& Ipv4() {
  static const Family family = {
      4,
      "00000000",
      "e0000001",
      "e0000002",
      "e0000016",
      [](const std::string& a) { return a[0] == 'e'; },
      [](const std::string& a) { return a[0] == 'e' && !StartsWith(a, "e00000"); },
      [](const std::string& a) {
        return !StartsWith(a, "00") && !StartsWith(a, "7f") && a[0] != 'e' && a[0] != 'f';
      },
  };
  return family;
}

const Family& Ipv6() {
  static const std::string zeros(28, '0');
  static const Family family = {
      16,
      zeros + "0000",
      "ff02" + zeros.substr(2) + "01",
      "ff02" + zeros.substr(2) + "02",
      "ff02" + zeros.substr(2) + "16",
      [](const std::string& a) { return StartsWith(a, "ff"); },
      [](const std::string& a) { return StartsWith(a, "ff") && a[3] != '0' && a[3] != '1' && a[3] != '2'; },
      [](const std::string& a) { return !StartsWith(a, "ff") && a != zeros + "0000" && a != zeros + "0001"; },
  };
  return family;
}

/// A message with what its envelope said.
struct Arrived {
  const Family& family;
  const ReferenceRules& rules;
  std::string from;
  std::string to;
  bool foreign = false;
  Octets message;
};

struct LeftOut {
  int types = 0, groups = 0, scopes = 0, sources = 0;
};

std::string Frame(const Arrived& arrived, const std::string& what, const LeftOut& left) {
  return "from " + arrived.from + " to " + arrived.to + (arrived.foreign ? " foreign " : " ") + what +
         " left out " + std::to_string(left.types) + " types " + std::to_string(left.groups) + " groups " +
         std::to_string(left.scopes) + " scopes " + std::to_string(left.sources) + " sources";
}

std::string Sources(const Arrived& arrived, std::size_t begin, std::size_t count, LeftOut& left) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = begin + i * arrived.family.width;
    const std::string source = Text(Slice(arrived.message, at, at + arrived.family.width));
    if (arrived.family.is_source(source)) {
      text += " " + source;
    } else {
      ++left.sources;
    }
  }
  return text;
}

/// `group_at`: where the group stands; the newest version goes on behind it.
std::optional<std::string> AnyQuery(const Arrived& arrived, int version, long milliseconds,
                                    std::size_t group_at) {
  const Family& family = arrived.family;
  std::string group = Text(Slice(arrived.message, group_at, group_at + family.width));
  if (version == 1) group = family.none;
  std::size_t count = 0;
  std::string tail = " S 0 QRV 0 QQI 0";
  const std::size_t rest = group_at + family.width;
  if (version == 3) {
    const int flags = arrived.message.at(rest);
    tail = " S " + std::to_string(flags / 8 % 2) + " QRV " + std::to_string(flags % 8) + " QQI " +
           std::to_string(Float8(arrived.message.at(rest + 1)));
    count = static_cast<std::size_t>(Word(arrived.message, rest + 2));
    if (rest + 4 + count * family.width > arrived.message.size()) return std::nullopt;
  }
  const bool general = group == family.none;
  if (general && count > 0) return std::nullopt;
  if (!general && !family.is_multicast(group)) return std::nullopt;
  std::set<std::string> destinations = arrived.rules.own;
  destinations.insert(family.all_nodes);
  if (!general) destinations.insert({group, family.all_routers, family.reports});
  if (!destinations.contains(arrived.to)) return std::nullopt;
  LeftOut left;
  const std::string sources = Sources(arrived, rest + 4, count, left);
  if (count > 0 && sources.empty()) return std::nullopt;
  return Frame(arrived,
               "query v" + std::to_string(version) + " in " + std::to_string(milliseconds) + " ms" + tail +
                   " group " + group + " sources" + sources,
               left);
}

std::optional<std::string> OldReport(const Arrived& arrived, int version, const std::string& type,
                                     std::size_t group_at) {
  const Family& family = arrived.family;
  const std::string group = Text(Slice(arrived.message, group_at, group_at + family.width));
  std::set<std::string> destinations = arrived.rules.own;
  destinations.insert(group);
  if (type == "3") destinations.insert(family.all_routers);
  if (family.is_multicast(group) && !destinations.contains(arrived.to)) return std::nullopt;
  LeftOut left;
  std::string text = "report v" + std::to_string(version);
  if (family.is_tracked(group)) {
    text += " [" + type + " " + group + "]";
  } else {
    ++(family.is_multicast(group) ? left.scopes : left.groups);
  }
  return Frame(arrived, text, left);
}

std::optional<std::string> NewestReport(const Arrived& arrived) {
  const Family& family = arrived.family;
  const Octets& message = arrived.message;
  if (message.size() < 8) return std::nullopt;
  std::set<std::string> destinations = arrived.rules.own;
  destinations.insert({family.reports, family.all_nodes});
  if (!destinations.contains(arrived.to)) return std::nullopt;
  LeftOut left;
  std::string text = "report v3";
  std::size_t at = 8;
  for (int i = 0; i < Word(message, 6); ++i) {
    if (at + 4 + family.width > message.size()) return std::nullopt;
    const int type = message.at(at);
    const auto aux = static_cast<std::size_t>(message.at(at + 1)) * 4;
    const auto count = static_cast<std::size_t>(Word(message, at + 2));
    const std::string group = Text(Slice(message, at + 4, at + 4 + family.width));
    const std::size_t sources_at = at + 4 + family.width;
    at = sources_at + count * family.width + aux;
    if (at > message.size()) return std::nullopt;
    if (type < 1 || type > 6) {
      ++left.types;
    } else if (!family.is_multicast(group)) {
      ++left.groups;
    } else if (!family.is_tracked(group)) {
      ++left.scopes;
    } else {
      text += " [" + std::to_string(type) + " " + group + Sources(arrived, sources_at, count, left) + "]";
    }
  }
  return Frame(arrived, text, left);
}

/// RFC 791 3.1: one octet, or type, length of all, data. Router Alert (RFC 2113) is 148, 4, 0, 0.
bool HasAlert(Octets options) {
  while (!options.empty() && options[0] != 0) {
    std::size_t length = 1;
    if (options[0] != 1) {
      if (options.size() < 2) return false;
      length = static_cast<std::size_t>(options[1]);
      if (length < 2 || length > options.size()) return false;
    }
    if (Text(Slice(options, 0, length)) == "94040000") return true;
    options = Slice(options, length, options.size());
  }
  return false;
}

enum class Options { kWithAlert, kWithout, kBad };

/// RFC 8200 4.2: Pad1, or type, length of the data, data. Router Alert of MLD (RFC 2711) is 5, 2, 0, 0.
Options HopByHop(Octets options) {
  Options found = Options::kWithout;
  while (!options.empty()) {
    std::size_t length = 1;
    if (options[0] != 0) {
      if (options.size() < 2) return Options::kBad;
      length = 2 + static_cast<std::size_t>(options[1]);
      if (length > options.size()) return Options::kBad;
      if (options[0] >= 64) return Options::kBad;
    }
    if (Text(Slice(options, 0, length)) == "05020000") found = Options::kWithAlert;
    options = Slice(options, length, options.size());
  }
  return found;
}

}  // namespace

std::optional<std::string> ReferenceIgmp(const Octets& packet, const ReferenceRules& rules) {
  if (packet.size() < 20 || packet[0] / 16 != 4) return std::nullopt;
  const auto header = static_cast<std::size_t>(packet[0] % 16 * 4);
  const auto total = static_cast<std::size_t>(Word(packet, 2));
  if (header < 20 || total < header || packet.size() < total) return std::nullopt;
  if (!SumIsGood(Slice(packet, 0, header))) return std::nullopt;
  if (Word(packet, 6) % 16384 != 0) return std::nullopt;
  Arrived arrived{Ipv4(),
                  rules,
                  Text(Slice(packet, 12, 16)),
                  Text(Slice(packet, 16, 20)),
                  false,
                  Slice(packet, header, total)};
  const Octets& message = arrived.message;
  if (rules.own.contains(arrived.from)) return std::nullopt;
  if (packet[9] != 2 || message.empty() || !SumIsGood(message)) return std::nullopt;
  if (rules.strict_ttl && packet[8] != 1) return std::nullopt;
  const bool alert = HasAlert(Slice(packet, 20, header));
  const bool nobody = arrived.from == "00000000";
  if (!nobody && !Ipv4().is_source(arrived.from)) return std::nullopt;
  arrived.foreign = !nobody && !StartsWith(arrived.from, rules.subnet);
  if (arrived.foreign && rules.check_subnet) return std::nullopt;

  if (message[0] == 0x11) {
    if (rules.alert_in_queries && !alert) return std::nullopt;
    if (message.size() == 8 && message[1] == 0) return AnyQuery(arrived, 1, 10000, 4);
    if (message.size() == 8) return AnyQuery(arrived, 2, message[1] * 100, 4);
    if (message.size() >= 12) return AnyQuery(arrived, 3, Float8(message[1]) * 100, 4);
    return std::nullopt;
  }
  if (rules.alert_in_reports && !alert) return std::nullopt;
  if (message[0] == 0x22) return NewestReport(arrived);
  if (message.size() < 8) return std::nullopt;
  if (message[0] == 0x12) return OldReport(arrived, 1, "2", 4);
  if (message[0] == 0x16) return OldReport(arrived, 2, "2", 4);
  if (message[0] == 0x17) return OldReport(arrived, 2, "3", 4);
  return std::nullopt;
}

std::optional<std::string> ReferenceMld(const Octets& packet, const ReferenceRules& rules) {
  if (packet.size() < 40 || packet[0] / 16 != 6) return std::nullopt;
  const std::size_t end = 40 + static_cast<std::size_t>(Word(packet, 4));
  if (packet.size() < end) return std::nullopt;
  // Without hop-by-hop options there is no Router Alert, and without that no MLD.
  if (packet[6] != 0 || packet[7] != 1 || end < 48) return std::nullopt;
  const std::size_t begin = 48 + static_cast<std::size_t>(packet[41]) * 8;
  if (begin > end || packet[40] != 58) return std::nullopt;
  if (HopByHop(Slice(packet, 42, begin)) != Options::kWithAlert) return std::nullopt;
  Arrived arrived{Ipv6(),
                  rules,
                  Text(Slice(packet, 8, 24)),
                  Text(Slice(packet, 24, 40)),
                  false,
                  Slice(packet, begin, end)};
  const Octets& message = arrived.message;
  if (rules.own.contains(arrived.from) || message.empty()) return std::nullopt;
  Octets summed = Slice(packet, 8, 40);
  const auto length = static_cast<int>(message.size());
  for (const int octet : {0, 0, length / 256, length % 256, 0, 0, 0, 58}) summed.push_back(octet);
  summed.insert(summed.end(), message.begin(), message.end());
  if (!SumIsGood(summed)) return std::nullopt;
  // fe80::/10
  if (!StartsWith(arrived.from, "fe8") && !StartsWith(arrived.from, "fe9") &&
      !StartsWith(arrived.from, "fea") && !StartsWith(arrived.from, "feb"))
    return std::nullopt;

  switch (message[0]) {
    case 130:
      if (message.size() == 24) return AnyQuery(arrived, 2, Word(message, 4), 8);
      if (message.size() >= 28) return AnyQuery(arrived, 3, Float16(Word(message, 4)), 8);
      return std::nullopt;
    case 131:
    case 132:
      if (message.size() < 24) return std::nullopt;
      return OldReport(arrived, 2, message[0] == 131 ? "2" : "3", 8);
    case 143:
      return NewestReport(arrived);
    default:
      return std::nullopt;
  }
}

}  // namespace bpfcast::fuzz
