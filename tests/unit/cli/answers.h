// What an agent answers.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace bpfcast {

/// What a downstream that is up, and that we query, says of a family.
inline nlohmann::ordered_json FamilyAnswer(const std::string& family, const std::string& address,
                                           int version) {
  auto answer = nlohmann::ordered_json::parse(R"({
      "state": "up", "reason": "", "host": null,
      "reports_received": 11, "queries_received": 12, "reports_sent": 0, "queries_sent": 13,
      "drops": {"CSUM": 1, "TTL": 2}})");
  answer["family"] = family;
  answer["address"] = address;
  answer["version"] = version;
  answer["querier"] = {
      {"role", "querier"}, {"address", address}, {"expires_s", nullptr}, {"version", version}};
  return answer;
}

/// Without what stands there of IPv4 for those who know no IPv6.
inline nlohmann::ordered_json DownstreamAnswer(const std::string& name) {
  auto port = nlohmann::ordered_json::parse(R"({
      "role": "downstream", "state": "up", "reason": "", "ifindex": 3, "hook": "xdp", "hook_reason": "native XDP",
      "rx_packets": 1234, "rx_bytes": 1500000, "tx_packets": 5678, "tx_bytes": 7300000, "tx_dropped": 9,
      "rx_drops": {"ctrl": 17, "noroute": 1040}, "tx_drops": {"mtu": 2, "thr": 7},
      "igmp_overflows": 0})");
  port["name"] = name;
  port["ipv4"] = FamilyAnswer("ipv4", "192.0.2.5", 3);
  port["ipv6"] = FamilyAnswer("ipv6", "fe80::5", 2);
  return port;
}

inline nlohmann::ordered_json UpstreamAnswer(const std::string& name) {
  auto port = DownstreamAnswer(name);
  port["role"] = "upstream";
  port["ipv4"]["address"] = "198.51.100.2";
  for (const char* family : {"ipv4", "ipv6"}) {
    port[family]["querier"] = nullptr;
    port[family]["host"] = {{"version", port[family]["version"]}, {"expires_s", nullptr}};
  }
  return port;
}

inline nlohmann::ordered_json StatusAnswer() {
  return {
      {"instance", "default"},
      {"version", "1.2.3"},
      {"pid", 42},
      {"uptime_s", 90.0},
      {"config", "/etc/bpfcast/bpfcast.toml"},
      {"state", "running"},
      {"bpffs", "/sys/fs/bpf/bpfcast/default"},
      {"upstream", UpstreamAnswer("wan0")},
      {"downstreams", nlohmann::ordered_json::array({DownstreamAnswer("lan1"), DownstreamAnswer("lan2")})},
      {"groups", 2},
      {"routes", 1234},
      {"ipv4", {{"groups", 2}, {"routes", 1234}}},
      {"ipv6", {{"groups", 0}, {"routes", 0}}},
      {"drops", {{"ttl", 4}, {"rpf", 0}}}};
}

/// Any-source members on a port.
inline nlohmann::ordered_json GroupAnswer(const std::string& group, const std::string& port) {
  auto row = nlohmann::ordered_json::parse(R"({
      "family": "ipv4", "mode": "exclude", "sources": [], "requested": [], "expires_s": 250.0, "source_timers": [],
      "host_version": 3, "last_reporter": "192.0.2.10", "stale": false,
      "hosts": [{"address": "192.0.2.10", "version": 3, "mode": "exclude", "last_report_s": 20.0,
                 "expires_s": 250.0}],
      "static": null, "withheld": "", "asked_upstream": {"mode": "exclude", "sources": []},
      "forwarded_packets": 1234, "forwarded_bytes": 1500000})");
  row["group"] = group;
  row["port"] = port;
  return row;
}

/// The same of IPv6.
inline nlohmann::ordered_json Ipv6GroupAnswer(const std::string& group, const std::string& port) {
  auto row = GroupAnswer(group, port);
  row["family"] = "ipv6";
  row["host_version"] = 2;
  row["last_reporter"] = "fe80::a";
  row["hosts"][0]["address"] = "fe80::a";
  row["hosts"][0]["version"] = 2;
  return row;
}

inline nlohmann::ordered_json FlowAnswer() {
  return nlohmann::ordered_json::parse(R"({
      "family": "ipv4", "group": "239.1.2.3", "source": "10.0.0.1", "arrival": "wan0", "ports": ["lan1", "lan2"], "local": false,
      "packets": 123456, "bytes": 162000000, "dropped": 7, "packets_per_s": 1050.0, "bits_per_s": 12300000.0,
      "first_packet_s": 118.0, "last_packet_s": 0.1})");
}

}  // namespace bpfcast
