// StreamFacts: what is known of one group, or one stream, at its four steps: wanted, joined, seen, delivered.
// Words and numbers alone, so that the verdict on them is one text for both families.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace bpfcast {

/// What keeps members of a port from counting, or the group from being asked for upstream.
enum class Obstacle : std::uint8_t {
  kNone,
  kNotWorking,    // the port waits for something
  kOtherQuerier,  // another router serves the link (C-57)
  kLoop,          // the port is on one segment with another of ours (E-41)
  kAccessList,    // C-85, E-08
  kNoRoom,
  kBoundary,      // F-50
  kOlderHosts,    // a source-specific group, asked for in a version that names no sources (C-70)
  kOlderQuerier,  // the same of the querier upstream (D-25)
};

struct HostFacts {
  std::string address;
  std::string protocol;  // "IGMPv2"
  std::string mode;
  double last_report_s = 0;
  std::optional<double> expires_s;
};

/// Step 1, for each downstream.
struct WishFacts {
  std::string port;
  bool wants = false;       // somebody there wants the group, and the source if one is asked about
  bool configured = false;  // `static-groups` ask for it
  std::string mode;         // of the hosts, if they have the group
  std::vector<std::string> sources;
  std::optional<double> expires_s;
  std::vector<HostFacts> hosts;
  Obstacle obstacle = Obstacle::kNone;
  bool met = false;    // somebody there has met the obstacle since the start, if perhaps with another group
  std::string reason;  // of the obstacle: a phrase
  std::string remedy;  // what takes it away: a phrase
  std::uint64_t reports_received = 0;
  std::uint64_t queries_sent = 0;
};

/// Step 2.
struct JoinFacts {
  std::string port;
  bool kernel_speaks = false;  // membership = "kernel"
  std::string mode;            // what is asked for there: "include" with no sources is nothing
  std::vector<std::string> sources;
  bool asked = false;
  std::string protocol;  // "IGMPv3", as it is spoken now
  std::optional<double> older_until_s;
  Obstacle obstacle = Obstacle::kNone;
  std::string reason;  // of the obstacle, or of a doubt
  std::string remedy;
  std::uint64_t reports_sent = 0;
  std::optional<double> last_report_s;
  std::uint64_t queries_received = 0;
  std::string querier;  // who sent the last query; empty: none was heard
  std::optional<double> last_query_s;
};

/// Step 3, for each source on each port where it arrives.
struct SeenFacts {
  std::string source;
  std::string port;
  bool from_upstream = false;
  std::uint64_t packets = 0;  // forwarded
  std::uint64_t dropped = 0;
  std::uint64_t octets = 0;  // of a forwarded packet with its IP header, on average
  double packets_per_s = 0;
  double bits_per_s = 0;
  std::optional<double> last_s;      // since the last packet
  std::string refused;               // the counter's word for why the last dropped one was; empty: none was
  std::string stopped_by;            // why nothing arrives on its port any more; empty: the port works
  bool nobody_asked = false;         // came from upstream and had no route
  std::vector<std::string> takers;   // the ports to which it goes
  std::string belongs_to;            // another port that has the source in a subnet; empty: none
  std::vector<std::string> altnets;  // what the arrival port accepts beside its subnets
  bool asks_routes = false;          // source-check = "fib"
};

/// Step 4, for each port.
struct PortFactsOfStream {
  std::string port;
  std::string hook;         // empty: nothing is forwarded there
  std::string hook_reason;  // why that hook, or why none
  std::uint64_t received = 0;
  std::uint64_t transmitted = 0;
  std::map<std::string, std::uint64_t>
      copies_dropped;  // by the counters' words; of all streams, those above 0
  unsigned ttl_threshold = 1;
  unsigned mtu = 0;  // 0: not known
  unsigned reverse_path_filter =
      0;  // net.ipv4.conf.*.rp_filter as it takes effect; counts where the kernel forwards

  std::uint64_t transmit_dropped() const {
    std::uint64_t sum = 0;
    for (const auto& [reason, copies] : copies_dropped) sum += copies;
    return sum;
  }
};

struct StreamFacts {
  std::string family;  // "ipv4"
  std::string group;
  std::string source;               // empty: all of them
  bool routable = true;             // false: a group of the link alone
  bool served = true;               // false: the configuration does not want its family
  bool source_specific = false;     // nobody can ask for all sources of the group (C-70)
  std::vector<std::string> others;  // where one source is asked about: those that come from upstream now
  bool taking_over = false;         // programs of another version forward, and this one does not see what
  bool kernel_forwards = false;
  std::uint64_t reverse_path_drops = 0;  // packets that rp_filter dropped, of whatever stream
  std::vector<WishFacts> wishes;
  JoinFacts join;
  std::vector<SeenFacts> seen;
  std::vector<PortFactsOfStream> ports;
};

}  // namespace bpfcast
