#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "agent/explain_facts.h"
#include "agent/explain_verdict.h"
#include "agent/view_json.h"
#include "agent/views.h"

namespace bpfcast {
namespace {

ViewJson OrNull(const std::string& text) {
  return text.empty() ? ViewJson() : ViewJson(text);
}

ViewJson OrNull(const std::optional<double>& seconds) {
  return seconds ? ViewJson(
                       Seconds(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(*seconds))))
                 : ViewJson();
}

ViewJson ToJson(const WishFacts& wish) {
  ViewJson json;
  json["port"] = wish.port;
  json["wants"] = wish.wants;
  json["mode"] = OrNull(wish.mode);
  json["sources"] = wish.sources;
  json["configured"] = wish.configured;
  json["expires_s"] = OrNull(wish.expires_s);
  json["hosts"] = ViewJson::array();
  for (const HostFacts& host : wish.hosts) {
    json["hosts"].push_back({{"address", host.address},
                             {"protocol", host.protocol},
                             {"mode", host.mode},
                             {"last_report_s", OrNull(host.last_report_s)},
                             {"expires_s", OrNull(host.expires_s)}});
  }
  json["obstacle"] = Name(wish.obstacle);
  json["reason"] = wish.reason;
  json["reports_received"] = wish.reports_received;
  json["queries_sent"] = wish.queries_sent;
  return json;
}

ViewJson ToJson(const JoinFacts& join) {
  ViewJson json;
  json["port"] = join.port;
  json["asked"] = join.asked;
  json["mode"] = join.mode;
  json["sources"] = join.sources;
  json["speaker"] = join.kernel_speaks ? "kernel" : "own";
  json["protocol"] = join.protocol;
  json["older_until_s"] = OrNull(join.older_until_s);
  json["obstacle"] = Name(join.obstacle);
  json["reason"] = join.reason;
  json["reports_sent"] = join.reports_sent;
  json["last_report_s"] = OrNull(join.last_report_s);
  json["queries_received"] = join.queries_received;
  json["querier"] = OrNull(join.querier);
  json["last_query_s"] = OrNull(join.last_query_s);
  return json;
}

ViewJson ToJson(const SeenFacts& seen) {
  const Flowing state = StateOf(seen);
  ViewJson json;
  json["source"] = seen.source;
  json["arrival"] = OrNull(seen.port);
  json["state"] = Name(state);
  json["reason"] = state == Flowing::kRefused ? WhyRefused(seen) : seen.stopped_by;
  json["fix"] = state == Flowing::kRefused ? HowAccepted(seen) : "";
  json["ports"] = seen.takers;
  json["packets"] = seen.packets;
  json["dropped"] = seen.dropped;
  json["refused"] = OrNull(seen.refused);
  json["packets_per_s"] = seen.packets_per_s;
  json["bits_per_s"] = seen.bits_per_s;
  json["last_packet_s"] = OrNull(seen.last_s);
  return json;
}

ViewJson ToJson(const PortFactsOfStream& port) {
  ViewJson json;
  json["port"] = port.port;
  json["hook"] = OrNull(port.hook);
  json["hook_reason"] = port.hook_reason;
  json["rx_packets"] = port.received;
  json["tx_packets"] = port.transmitted;
  json["tx_dropped"] = port.transmit_dropped();
  json["tx_drops"] = ViewJson(port.copies_dropped);
  return json;
}

template <class Rows>
ViewJson ToArray(const Rows& rows) {
  ViewJson json = ViewJson::array();
  for (const auto& row : rows) json.push_back(ToJson(row));
  return json;
}

}  // namespace

std::string ExplainJson(const StreamFacts& facts) {
  const StreamVerdict verdict = Judge(facts);
  ViewJson json;
  json["family"] = facts.family;
  json["group"] = facts.group;
  json["source"] = OrNull(facts.source);
  json["wanted"] = ToArray(facts.wishes);
  json["joined"] = ToJson(facts.join);
  json["data"] = ToArray(facts.seen);
  json["delivered"] = ToArray(facts.ports);
  std::set<std::string> copy_drops;
  for (const PortFactsOfStream& port : facts.ports) {
    for (const auto& [reason, copies] : port.copies_dropped) copy_drops.insert(reason);
  }
  json["copy_drops"] = copy_drops;
  json["verdict"] = {{"state", Name(verdict.state)}, {"sentence", verdict.sentence}, {"next", verdict.next}};
  return Text(json);
}

}  // namespace bpfcast
