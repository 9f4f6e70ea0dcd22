/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What the BPF programs and the agent share: keys, values, limits and the names of the counters. C and C++
 * read this one text, so nothing in it is written twice. Integers are in host order, __be ones in network
 * order.
 */
#ifndef BPFCAST_ABI_H
#define BPFCAST_ABI_H

#include <linux/types.h>

#ifdef __cplusplus
#define BPFCAST_STATIC_ASSERT(what) static_assert(what, #what)
#else
#define BPFCAST_STATIC_ASSERT(what) _Static_assert(what, #what)
#endif

enum bpfcast_limits {
  BPFCAST_MAX_PORTS = 1024,
  BPFCAST_MAX_ROUTES = 65536, /* (S,G) and (*,G) entries, with the default route */
  BPFCAST_MAX_OILS = 16384,   /* slots: distinct sets of two to CHUNK_PORTS ports; larger sets take several */
  BPFCAST_CHUNK_PORTS = 32,   /* ports that one slot lists */
  BPFCAST_MAX_SOURCES = 16384,
  BPFCAST_STATS_CHUNK = 64,  /* routes to an element of `route_stat` */
  BPFCAST_MAX_FLOWS = 16384, /* about 2.6 MB */
};

/*
 * What became of a packet. Every IPv4 multicast packet on a port gets exactly one of these, so that they add
 * up to what the ports received (F-56). "pass" goes to the kernel untouched, "drop" ends here.
 */
#define BPFCAST_VERDICTS(X)                                              \
  X(FORWARDED, "forwarded", "handed to the outgoing interfaces")         \
  X(SCOPE, "scope", "pass: 224.0.0.0/24 stays on the link (F-02)")       \
  X(CTRL, "ctrl", "pass: IGMP (F-04)")                                   \
  X(VLAN, "vlan", "pass: the tag belongs to another interface (F-24)")   \
  X(IIF, "iif", "pass: the interface has no role (F-11)")                \
  X(TTL, "ttl", "pass: TTL too small to forward (F-07)")                 \
  X(OPT, "opt", "pass: IP options (F-14)")                               \
  X(L2, "l2", "pass: the frame is addressed to another station (F-23)")  \
  X(NOROUTE, "noroute", "pass: from upstream, and no route")             \
  X(LOCAL, "local", "pass: only sockets of this machine want it (F-52)") \
  X(LEASE, "lease", "pass: the agent is gone for longer than its lease") \
  X(HDR, "hdr", "drop: bad header (F-05)")                               \
  X(MART, "mart", "drop: no host can have this source (F-09)")           \
  X(OWN, "own", "drop: the source is an address of this machine (F-10)") \
  X(RPF, "rpf", "drop: the source belongs to another interface (F-12)")  \
  X(SRCROUTE, "srcroute", "drop: source routing to a group (F-14)")      \
  X(NOOIF, "nooif", "drop: no outgoing interface (F-13)")                \
  X(NOMEM, "nomem", "drop: no memory to rewrite the packet")

/* Why one copy did not leave through one port. The packet itself is counted above. */
#define BPFCAST_COPY_DROPS(X)                                     \
  X(THR, "thr", "TTL not above the threshold of the port (F-08)") \
  X(MTU, "mtu", "larger than the MTU of the port (F-40, F-41)")   \
  X(DOWN, "down", "the port is down or gone")                     \
  X(CLONE, "clone", "the kernel refused the copy")

#define BPFCAST_ENUM(name, text, meaning) BPFCAST_##name,
enum bpfcast_counter {
  BPFCAST_VERDICTS(BPFCAST_ENUM) BPFCAST_VERDICT_COUNT,
  BPFCAST_COPY_DROPS_BASE = BPFCAST_VERDICT_COUNT - 1,
  BPFCAST_COPY_DROPS(BPFCAST_ENUM) BPFCAST_COUNTER_COUNT,
};
#undef BPFCAST_ENUM

#define BPFCAST_FIRST_DROP BPFCAST_HDR

/* `rt4`: (S,G), or (*,G) when the source is 0, to an index in `routes`. */
struct bpfcast_key4 {
  __be32 source;
  __be32 group;
};
BPFCAST_STATIC_ASSERT(sizeof(struct bpfcast_key4) == 8);

/*
 * An outgoing interface list in one word, so that one atomic store changes where packets go:
 *   bits  0..15  first slot in `oils` and `oil_ports`, or, of a SINGLE list, the port
 *   bits 16..31  the smallest MTU of its ports
 *   bits 32..47  number of ports
 *   bits 48..63  flags
 */
enum bpfcast_oil_flags {
  BPFCAST_OIL_SINGLE = 1, /* one port, and no slot */
  BPFCAST_OIL_XDP = 2,    /* native XDP can send to every port of it */
  BPFCAST_OIL_LOCAL = 4,  /* the stack of this machine gets the packet too */
};

static inline __u64 bpfcast_oil_word(__u16 slot, __u16 mtu, __u16 ports, __u16 flags) {
  return (__u64)slot | (__u64)mtu << 16 | (__u64)ports << 32 | (__u64)flags << 48;
}
static inline __u16 bpfcast_oil_slot(__u64 word) {
  return (__u16)word;
}
static inline __u16 bpfcast_oil_mtu(__u64 word) {
  return (__u16)(word >> 16);
}
static inline __u16 bpfcast_oil_ports(__u64 word) {
  return (__u16)(word >> 32);
}
static inline __u16 bpfcast_oil_flags(__u64 word) {
  return (__u16)(word >> 48);
}

/*
 * `routes`: what a route does with packets of each direction. The key is repeated so that a lookup that raced
 * with the reuse of an index is noticed. Index 0 is the default route: what arrives downstream goes upstream
 * (RFC 4605).
 */
struct bpfcast_route {
  __u64 from_upstream;
  __u64 from_downstream;
  struct bpfcast_key4 key4;
  __u64 reserved;
};
BPFCAST_STATIC_ASSERT(sizeof(struct bpfcast_route) == 32);

#define BPFCAST_DEFAULT_ROUTE 0

/* `oil_ports`: the ports of the lists, CHUNK_PORTS to a slot. */
struct bpfcast_oil_chunk {
  __u16 ports[BPFCAST_CHUNK_PORTS];
};
BPFCAST_STATIC_ASSERT(sizeof(struct bpfcast_oil_chunk) == 64);

enum bpfcast_role {
  BPFCAST_ROLE_NONE = 0,
  BPFCAST_ROLE_UPSTREAM = 1,
  BPFCAST_ROLE_DOWNSTREAM = 2,
};

/* `ports`, by port id. An ifindex of 0 is a port that is not there. `if_port` leads from ifindex to port id.
 */
struct bpfcast_port {
  __u32 ifindex;
  __u32 mtu; /* of IP packets */
  __u8 mac[6];
  __u8 role;
  __u8 ttl_threshold;
  __u8 check_sources;   /* look the source up in the scope of this port */
  __u8 unknown_sources; /* FORWARDED: accepted, else the verdict on sources that no entry of that scope covers
                         */
  __u8 reserved[6];
};
BPFCAST_STATIC_ASSERT(sizeof(struct bpfcast_port) == 24);

/*
 * `sources`: longest prefix to a verdict, FORWARDED meaning "accepted". The scope is a port id, or SCOPE_ALL
 * for what holds on every port: our own addresses and the directed broadcasts of attached subnets.
 */
#define BPFCAST_SCOPE_ALL 0xffffffffu
#define BPFCAST_SCOPE_BITS 32

struct bpfcast_source_key {
  __u32 prefixlen; /* SCOPE_BITS + the length of the prefix */
  __u32 scope;
  __be32 address;
};
BPFCAST_STATIC_ASSERT(sizeof(struct bpfcast_source_key) == 12);

/* Per CPU. Bytes are those of IP packets, headers included, padding excluded. */
struct bpfcast_port_stat {
  __u64 rx_packets; /* IPv4 multicast that arrived */
  __u64 rx_bytes;
  __u64 tx_packets;
  __u64 tx_bytes;
  __u64 tx_dropped;
};
BPFCAST_STATIC_ASSERT(sizeof(struct bpfcast_port_stat) == 40);

struct bpfcast_route_stat {
  __u64 packets;
  __u64 bytes;
  __u64 dropped;
};
BPFCAST_STATIC_ASSERT(sizeof(struct bpfcast_route_stat) == 24);

/* `route_stat` holds many to an element: the kernel takes seconds to make 65536 elements per CPU. */
struct bpfcast_route_stats {
  struct bpfcast_route_stat routes[BPFCAST_STATS_CHUNK];
};
BPFCAST_STATIC_ASSERT(sizeof(struct bpfcast_route_stats) == 1536);

/*
 * `flows`: the streams as they come, by their real source. The marks say what was counted when: a new one is
 * made with the first packet that comes FLOW_MARK_NS after the last, so that the previous one is one to two
 * seconds old while packets come, and a reader knows the rate without watching. Times are CLOCK_MONOTONIC in
 * ns.
 */
#define BPFCAST_FLOW_MARK_NS 1000000000ull

struct bpfcast_flow_key {
  __be32 source;
  __be32 group;
  __u32 port; /* arrival */
};
BPFCAST_STATIC_ASSERT(sizeof(struct bpfcast_flow_key) == 12);

struct bpfcast_flow_mark {
  __u64 time;
  __u64 packets;
  __u64 bytes;
};

struct bpfcast_flow {
  __u64 packets; /* forwarded */
  __u64 bytes;
  __u64 dropped; /* refused, or wanted by nobody */
  __u64 last;    /* when the last packet came, whatever became of it */
  struct bpfcast_flow_mark mark;
  struct bpfcast_flow_mark previous;
};
BPFCAST_STATIC_ASSERT(sizeof(struct bpfcast_flow) == 80);

/* `control`, one element. */
struct bpfcast_control {
  __u64 lease; /* CLOCK_MONOTONIC in ns: past it the programs pass everything */
};
BPFCAST_STATIC_ASSERT(sizeof(struct bpfcast_control) == 8);

#endif
