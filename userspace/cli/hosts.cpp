#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <tuple>

#include "cli/any_ip.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "cli/view.h"
#include "cli/wording.h"

namespace bpfcast {
namespace {

using Json = nlohmann::ordered_json;

/// By port, host and group, addresses by their value.
auto SortKey(const Json& row) {
  const auto address = [&](const char* key) { return ParseIp(TextOf(row, key)); };
  return std::tuple(TextOf(row, "port"), address("host"), address("group"));
}

}  // namespace

Json HostsOf(const Json& groups) {
  Json hosts = Json::array();
  for (const Json& group : groups) {
    for (const Json& host : group.at("hosts")) {
      hosts.push_back({{"family", group.at("family")},
                       {"port", group.at("port")},
                       {"host", host.at("address")},
                       {"group", group.at("group")},
                       {"version", host.at("version")},
                       {"mode", host.at("mode")},
                       {"last_report_s", host.at("last_report_s")},
                       {"expires_s", host.at("expires_s")},
                       {"port_mode", group.at("mode")},
                       {"port_sources", group.at("sources")},
                       {"withheld", group.at("withheld")}});
    }
  }
  std::stable_sort(hosts.begin(), hosts.end(),
                   [](const Json& a, const Json& b) { return SortKey(a) < SortKey(b); });
  return hosts;
}

namespace {

/// What all hosts of the port want together, or why they get nothing of it.
std::string PortGets(const Json& host) {
  if (const std::string withheld = TextOf(host, "withheld"); !withheld.empty()) {
    return "nothing (" + withheld + ")";
  }
  return Wanted({{"mode", host.at("port_mode")}, {"sources", host.at("port_sources")}});
}

}  // namespace

std::string HostsText(const Json& groups) {
  const Json hosts = HostsOf(groups);
  if (hosts.empty()) return "no hosts: none has reported a group on a downstream interface\n";
  constexpr auto kRight = Table::Align::kRight;
  Table table({{"PORT"},
               {"HOST"},
               {"GROUP"},
               {"SPEAKS"},
               {"MODE"},
               {"REPORTED", kRight},
               {"EXPIRES", kRight},
               {"THE PORT GETS"}});
  for (const Json& host : hosts) {
    table.Add({TextOf(host, "port"), TextOf(host, "host"), TextOf(host, "group"),
               ProtocolOf(host, NumberOf(host, "version")), TextOf(host, "mode"),
               SecondsOf(host.at("last_report_s")) + " ago", SecondsOf(host.at("expires_s")),
               PortGets(host)});
  }
  return table.ToString();
}

Verb HostsVerb() {
  return {"hosts",
          "Which hosts keep which groups alive on which port",
          {kIpv4Flag, kIpv6Flag},
          [](const Invocation& invocation) {
            const auto groups = AskRows(invocation, "groups");
            if (!groups) return Complain(groups.error());
            const bool json = invocation.form == Invocation::Form::kJson;
            return Print(json ? HostsOf(*groups).dump(2) + "\n" : HostsText(*groups));
          }};
}

}  // namespace bpfcast
