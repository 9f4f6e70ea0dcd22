#include "agent/metric_list.h"

#include <array>

namespace bpfcast {
namespace {

constexpr MetricKind kCounter = MetricKind::kCounter;
constexpr MetricKind kGauge = MetricKind::kGauge;

constexpr std::array kInfos = {
    MetricInfo{"bpfcast_build_info", kGauge, "The version that runs; always 1"},
    MetricInfo{"process_start_time_seconds", kGauge, "When the process started, in seconds since 1970"},
    MetricInfo{"process_cpu_seconds_total", kCounter, "CPU time of the process"},
    MetricInfo{"process_resident_memory_bytes", kGauge, "Memory of the process"},
    MetricInfo{"process_open_fds", kGauge, "Open files of the process"},
    MetricInfo{"bpfcast_config_last_reload_successful", kGauge,
               "1: the configuration file was taken over when it was read last; 0: it could not be used"},
    MetricInfo{"bpfcast_config_last_reload_success_timestamp_seconds", kGauge,
               "When the configuration file was taken over last, in seconds since 1970"},
    MetricInfo{"bpfcast_http_requests_total", kCounter,
               "Requests for metrics that were answered, by status, since the port was opened"},
    MetricInfo{"bpfcast_http_connections_closed_total", kCounter,
               "Connections that were closed before their answer was taken: timeout, or crowded out by newer "
               "ones"},
    MetricInfo{"bpfcast_datapath_info", kGauge, "Who copies packets, bpf or the kernel; always 1"},
    MetricInfo{"bpfcast_forwarded_packets_total", kCounter,
               "Multicast packets that were forwarded, each counted once"},
    MetricInfo{"bpfcast_passed_packets_total", kCounter,
               "Multicast packets that were left to the kernel's stack, by reason"},
    MetricInfo{"bpfcast_dropped_packets_total", kCounter, "Multicast packets that ended here, by reason"},
    MetricInfo{"bpfcast_dropped_copies_total", kCounter,
               "Copies that a port did not take of packets that were forwarded, by reason"},
    MetricInfo{"bpfcast_table_entries", kGauge, "Entries in use of a table that has a limit"},
    MetricInfo{"bpfcast_table_capacity", kGauge, "Entries that the table can have"},
    MetricInfo{"bpfcast_merged_groups", kGauge,
               "Groups that any downstream wants: the merged membership that is reported upstream"},
    MetricInfo{"bpfcast_untold_leaves_total", kCounter,
               "Leaves that were not reported upstream, because too many were pending"},
    MetricInfo{"bpfcast_port_info", kGauge, "Role of the port and where its packets are taken; always 1"},
    MetricInfo{"bpfcast_port_up", kGauge, "1: a family works on the port; 0: it waits"},
    MetricInfo{"bpfcast_port_received_packets_total", kCounter, "Multicast packets that arrived on the port"},
    MetricInfo{"bpfcast_port_received_bytes_total", kCounter, "Multicast octets that arrived on the port"},
    MetricInfo{"bpfcast_port_sent_packets_total", kCounter, "Copies that were handed to the port"},
    MetricInfo{"bpfcast_port_sent_bytes_total", kCounter, "Octets of copies that were handed to the port"},
    MetricInfo{"bpfcast_port_passed_packets_total", kCounter,
               "Packets that arrived on the port and were left to the kernel's stack, by reason"},
    MetricInfo{"bpfcast_port_dropped_packets_total", kCounter,
               "Packets that arrived on the port and ended here, by reason"},
    MetricInfo{"bpfcast_port_dropped_copies_total", kCounter,
               "Copies that the port did not take, by reason: state, MTU, TTL threshold, driver"},
    MetricInfo{"bpfcast_port_control_overflows_total", kCounter,
               "IGMP and MLD packets of the port that were lost because the agent was busy"},
    MetricInfo{"bpfcast_port_family_up", kGauge,
               "1: the family works on the port; 0: it waits, or is not there"},
    MetricInfo{"bpfcast_port_querier", kGauge,
               "1: this router is the querier of the link; 0: another one is, or nobody"},
    MetricInfo{"bpfcast_port_last_query_timestamp_seconds", kGauge,
               "When a query of another router was heard last, in seconds since 1970; 0: never"},
    MetricInfo{"bpfcast_port_groups", kGauge, "Groups that hosts on the port want"},
    MetricInfo{"bpfcast_port_sources", kGauge, "Sources that are known in these groups"},
    MetricInfo{"bpfcast_port_hosts", kGauge, "Hosts that are known in these groups, once for each group"},
    MetricInfo{"bpfcast_port_max_groups", kGauge, "The limit of groups (max-groups)"},
    MetricInfo{"bpfcast_port_max_sources", kGauge, "The limit of sources (max-sources)"},
    MetricInfo{"bpfcast_port_max_hosts", kGauge, "The limit of hosts (max-hosts)"},
    MetricInfo{"bpfcast_port_messages_received_total", kCounter,
               "IGMP or MLD messages of others that were received, by type and version"},
    MetricInfo{"bpfcast_port_messages_sent_total", kCounter, "IGMP or MLD messages that were sent, by type"},
    MetricInfo{
        "bpfcast_port_refused_total", kCounter,
        "IGMP or MLD messages, records and sources that were not used, by reason; POLICY: not allowed, "
        "LIMIT: no room"},
};
static_assert(kInfos.size() == static_cast<std::size_t>(Metric::kCount));

}  // namespace

std::span<const MetricInfo> MetricInfos() {
  return kInfos;
}

}  // namespace bpfcast
