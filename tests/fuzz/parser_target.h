// What fuzz_igmp and fuzz_mld have in common. An input is one octet of receive rules and then an IP packet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fuzz/check.h"
#include "fuzz/reference_parser.h"
#include "wire/igmp.h"
#include "wire/mld.h"

namespace bpfcast::fuzz {

/// Bits of the first octet.
inline constexpr std::uint8_t kLooseTtl = 1;
inline constexpr std::uint8_t kAlertInQueries = 2;
inline constexpr std::uint8_t kAlertInReports = 4;
inline constexpr std::uint8_t kCheckSubnet = 8;
inline constexpr std::uint8_t kHasAddress = 16;

template <std::size_t N>
std::string Text(const IpAddress<N>& address) {
  std::string text;
  for (const std::uint8_t byte : address.bytes()) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

template <class Address>
std::string Text(const std::vector<Address>& addresses) {
  std::string text;
  for (const Address& address : addresses) text += " " + Text(address);
  return text;
}

template <class F>
std::string Text(const Query<F>& query) {
  using std::chrono::duration_cast;
  const auto text = [](auto number) { return std::to_string(number); };
  return "query v" + text(static_cast<int>(query.version)) + " in " +
         text(duration_cast<std::chrono::milliseconds>(query.max_response_time).count()) + " ms S " +
         text(query.suppress_router_processing ? 1 : 0) + " QRV " + text(query.robustness) + " QQI " +
         text(duration_cast<std::chrono::seconds>(query.query_interval).count()) + " group " +
         Text(query.group) + " sources" + Text(query.sources);
}

template <class F>
std::string Text(const Report<F>& report) {
  std::string text = "report v" + std::to_string(static_cast<int>(report.version));
  for (const GroupRecord<F>& record : report.records) {
    text += " [" + std::to_string(static_cast<int>(record.type)) + " " + Text(record.group) +
            Text(record.sources) + "]";
  }
  return text;
}

/// In the words of the reference parser.
template <class F>
std::string Text(const ReceivedMessage<F>& received, const DropCounters& left_out) {
  const auto count = [&](DropReason reason) { return std::to_string(left_out[reason]); };
  return "from " + Text(received.source) + " to " + Text(received.destination) +
         (received.foreign ? " foreign " : " ") +
         std::visit([](const auto& message) { return Text(message); }, received.message) + " left out " +
         count(DropReason::kRecordType) + " types " + count(DropReason::kGroup) + " groups " +
         count(DropReason::kScope) + " scopes " + count(DropReason::kRecordSource) + " sources";
}

/// What was parsed can be written, and is read again as it was.
template <class F>
void CheckRoundTrip(const ReceivedMessage<F>& received) {
  if (const auto* report = std::get_if<Report<F>>(&received.message)) {
    // An old report whose only group is of no use to us.
    if (report->version != Version::kV3 && report->records.empty()) return;
  }
  const auto packet = std::visit(
      [&](const auto& message) { return Codec<F>::Serialize(message, received.source); }, received.message);
  DropCounters left_out;
  const auto again = Codec<F>::Parse(packet.bytes, {}, left_out);
  Check(again.has_value(), "what we write we accept");
  Check(again->message == received.message, "what we write says what was meant");
  Check(again->source == received.source && again->destination == packet.destination,
        "addresses are as they should be");
}

/// The link that packets come from, in the words of both parsers.
template <class F>
struct Link;

template <>
struct Link<Igmp> {
  ReceiveRules<Igmp> rules{.own_addresses = {MakeIpv4(192, 0, 2, 1)},
                           .subnets = {{MakeIpv4(192, 0, 2, 0), 24}}};
  ReferenceRules same{.subnet = "c00002", .own = {"c0000201"}};
  static constexpr auto kReference = ReferenceIgmp;
};

template <>
struct Link<Mld> {
  ReceiveRules<Mld> rules{.own_addresses = {*Ipv6Address::Parse("fe80::1")}, .subnets = {}};
  ReferenceRules same{.subnet = "", .own = {"fe800000000000000000000000000001"}};
  static constexpr auto kReference = ReferenceMld;
};

/// What the two parsers make of one packet; nothing when they drop it.
template <class F>
struct Comparison {
  explicit Comparison(std::span<const std::uint8_t> input) {
    const std::uint8_t bits = input.front();
    const auto packet = input.subspan(1);
    auto [rules, same] = Link<F>();
    same.strict_ttl = rules.strict_ttl = (bits & kLooseTtl) == 0;
    same.alert_in_queries = rules.require_router_alert_in_queries = (bits & kAlertInQueries) != 0;
    same.alert_in_reports = rules.require_router_alert_in_reports = (bits & kAlertInReports) != 0;
    same.check_subnet = rules.check_subnet = (bits & kCheckSubnet) != 0;
    if ((bits & kHasAddress) == 0) {
      rules.own_addresses.clear();
      same.own.clear();
    }
    DropCounters left_out;
    parsed = Codec<F>::Parse(packet, rules, left_out);
    if (parsed) ours = Text(*parsed, left_out);
    reference = Link<F>::kReference(Octets(packet.begin(), packet.end()), same);
  }

  std::optional<std::string> ours;
  std::optional<std::string> reference;
  ParsedPacket<F> parsed;
};

template <class F>
void RunParser(std::span<const std::uint8_t> input) {
  if (input.empty()) return;
  const Comparison<F> comparison(input);
  Check(comparison.ours == comparison.reference, "what is accepted is that of the reference parser;", [&] {
    return "\nours:  " + comparison.ours.value_or("dropped") +
           "\nother: " + comparison.reference.value_or("dropped");
  });
  if (comparison.parsed) CheckRoundTrip(*comparison.parsed);
}

}  // namespace bpfcast::fuzz
