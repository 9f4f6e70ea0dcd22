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

/* Of everything below but the first members of struct bpfcast_control. Another number is a second set of
 * maps: an agent that finds maps of another version leaves them as they are until its own are complete. */
#define BPFCAST_ABI 3

enum bpfcast_limits {
  BPFCAST_MAX_PORTS = 1024,
  BPFCAST_MAX_ROUTES = 131072, /* (S,G) and (*,G) entries, with the default route */
  BPFCAST_MAX_OILS = 16384, /* slots: distinct sets of two to CHUNK_PORTS ports; larger sets take several */
  BPFCAST_CHUNK_PORTS = 32, /* ports that one slot lists */
  BPFCAST_MAX_SOURCES = 16384,  /* of each family */
  BPFCAST_MAX_PASSAGES = 65536, /* of each family */
  BPFCAST_STATS_CHUNK = 64,     /* routes to an element of `route_stat` */
  BPFCAST_MAX_FLOWS = 16384,    /* of each family, about 2.6 and 3.1 MB */
  BPFCAST_MAX_TOLD = 16384,     /* of each family, about 1.2 and 1.6 MB */
  BPFCAST_EVENTS_SIZE = 262144, /* octets */
  BPFCAST_EVENTS_PER_S = 1000,  /* of each kind */
  BPFCAST_BATCH_FRAMES = 16,    /* that the kernel collects for a device; a power of two */
};

/*
 * What became of a packet. Every multicast packet of a family that its port serves gets exactly one of these,
 * so that they add up to what the ports received (F-56). "pass" goes to the kernel untouched, "drop" ends
 * here.
 */
#define BPFCAST_VERDICTS(X)                                                                  \
  X(FORWARDED, "forwarded", "handed to the outgoing interfaces")                             \
  X(SCOPE, "scope", "pass: 224.0.0.0/24, IPv6 scopes 1 and 2 stay on the link (F-02, F-03)") \
  X(CTRL, "ctrl", "pass: IGMP or MLD (F-04)")                                                \
  X(VLAN, "vlan", "pass: the tag belongs to another interface (F-24)")                       \
  X(IIF, "iif", "pass: the interface has no role (F-11)")                                    \
  X(TTL, "ttl", "pass: TTL or hop limit too small to forward (F-07)")                        \
  X(OPT, "opt", "pass: IP options, hop-by-hop options, a routing header (F-14)")             \
  X(L2, "l2", "pass: the frame is addressed to another station (F-23)")                      \
  X(NOROUTE, "noroute", "pass: from upstream, and no route")                                 \
  X(LOCAL, "local", "pass: only sockets of this machine want it (F-52)")                     \
  X(LEASE, "lease", "pass: the agent is gone for longer than its lease")                     \
  X(HDR, "hdr", "drop: bad header (F-05)")                                                   \
  X(SCOPE0, "scope0", "drop: IPv6 scope 0 is reserved (F-03)")                               \
  X(MART, "mart", "drop: no host can have this source (F-09)")                               \
  X(OWN, "own", "drop: the source is an address of this machine (F-10)")                     \
  X(RPF, "rpf", "drop: the source belongs to another interface (F-12)")                      \
  X(SRCROUTE, "srcroute", "drop: source routing to a group (F-14)")                          \
  X(BOUND, "bound", "drop: the group ends at this interface (F-50)")                         \
  X(NOOIF, "nooif", "drop: no outgoing interface (F-13)")                                    \
  X(NOMEM, "nomem", "drop: no memory to rewrite the packet")

/* Why one copy did not leave through one port. The packet itself is counted above. */
#define BPFCAST_COPY_DROPS(X)                                                  \
  X(THR, "thr", "TTL or hop limit not above the threshold of the port (F-08)") \
  X(MTU, "mtu", "larger than the MTU of the port (F-40, F-41)")                \
  X(DOWN, "down", "the port is down or gone")                                  \
  X(CLONE, "clone", "the kernel refused the copy")                             \
  X(REFUSED, "refused", "the transmit ring of the port was full")

#define BPFCAST_ENUM(name, text, meaning) BPFCAST_##name,
enum bpfcast_counter {
  BPFCAST_VERDICTS(BPFCAST_ENUM) BPFCAST_VERDICT_COUNT,
  BPFCAST_COPY_DROPS_BASE = BPFCAST_VERDICT_COUNT - 1,
  BPFCAST_COPY_DROPS(BPFCAST_ENUM) BPFCAST_COUNTER_COUNT,
};
#undef BPFCAST_ENUM

#define BPFCAST_FIRST_DROP BPFCAST_HDR

/* In place of a verdict on sources: the kernel's unicast routes decide (F-12 `fib`). */
#define BPFCAST_ASK_FIB 255

/* `rt4`, `rt6`: (S,G), or (*,G) when the source is 0, to an index in `routes`. */
struct bpfcast_key4 {
  __be32 source;
  __be32 group;
};
BPFCAST_STATIC_ASSERT(sizeof(struct bpfcast_key4) == 8);

struct bpfcast_key6 {
  __be32 source[4];
  __be32 group[4];
};
BPFCAST_STATIC_ASSERT(sizeof(struct bpfcast_key6) == 32);

enum bpfcast_family {
  BPFCAST_IPV4 = 4,
  BPFCAST_IPV6 = 6,
};

/*
 * An outgoing interface list in one word, so that one atomic store changes where packets go:
 *   bits  0..15  first slot in `oils` and `oil_ports`, or, of a SINGLE list, the port
 *   bits 16..31  the smallest MTU of its ports
 *   bits 32..47  number of ports
 *   bits 48..63  flags
 */
enum bpfcast_oil_flags {
  BPFCAST_OIL_SINGLE = 1,  /* one port, and no slot */
  BPFCAST_OIL_XDP = 2,     /* native XDP can send to every port of it */
  BPFCAST_OIL_LOCAL = 4,   /* the stack of this machine gets the packet too */
  BPFCAST_OIL_GUARDED = 8, /* where the group may go depends on the arrival port: see `passages` */
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
 * with the reuse of an index is noticed. Index 0 is the default route of both families: what arrives
 * downstream goes upstream (RFC 4605).
 */
struct bpfcast_route {
  __u64 from_upstream;
  __u64 from_downstream;
  __u64 not_upstream; /* the same without the upstream, for PASSAGE_NOT_UPSTREAM */
  union {
    struct bpfcast_key4 key4;
    struct bpfcast_key6 key6;
  };
  __u32 family;
  __u32 reserved;
};
BPFCAST_STATIC_ASSERT(sizeof(struct bpfcast_route) == 64);

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

/* Where packets that arrive on a port may go, by their group (E-33, F-50). */
enum bpfcast_passage {
  BPFCAST_PASSAGE_ANYWHERE = 0,
  BPFCAST_PASSAGE_NOT_UPSTREAM = 1,
  BPFCAST_PASSAGE_NOWHERE = 2,
};

/* What a port does with one family. */
struct bpfcast_port_family {
  __u8 served;          /* 0: its packets are left to the stack and not counted */
  __u8 check_sources;   /* look the source up in the scope of this port */
  __u8 unknown_sources; /* of sources that no entry of that scope covers: FORWARDED if they are accepted, else
                         * the verdict on them, or ASK_FIB */
  __u8 check_groups;    /* look guarded groups and those without a route up in the scope of this port */
  __u8 other_groups;    /* the passage of groups that no entry of that scope covers */
  __u8 reserved[3];
};
BPFCAST_STATIC_ASSERT(sizeof(struct bpfcast_port_family) == 8);

/* `ports`, by port id. An ifindex of 0 is a port that is not there. `if_port` leads from ifindex to port id.
 */
struct bpfcast_port {
  __u32 ifindex;
  __u16 mtu; /* of IP packets */
  __u8 bare; /* its packets have no link-layer header */
  __u8 reserved;
  __u8 mac[6];
  __u8 role;
  __u8 ttl_threshold;
  struct bpfcast_port_family ipv4;
  struct bpfcast_port_family ipv6;
};
BPFCAST_STATIC_ASSERT(sizeof(struct bpfcast_port) == 32);

/*
 * The key of `sources4` and `sources6`, `passages4` and `passages6`: the longest prefix of a scope decides.
 * The scope is a port id, or SCOPE_ALL for what holds on every port: our own addresses and the directed
 * broadcasts of attached subnets. Sources lead to a verdict, FORWARDED meaning "accepted", groups to a
 * passage.
 */
#define BPFCAST_SCOPE_ALL 0xffffffffu
#define BPFCAST_SCOPE_BITS 32

struct bpfcast_prefix4 {
  __u32 prefixlen; /* SCOPE_BITS + the length of the prefix */
  __u32 scope;
  __be32 address;
};
BPFCAST_STATIC_ASSERT(sizeof(struct bpfcast_prefix4) == 12);

struct bpfcast_prefix6 {
  __u32 prefixlen;
  __u32 scope;
  __be32 address[4];
};
BPFCAST_STATIC_ASSERT(sizeof(struct bpfcast_prefix6) == 24);

/* Per CPU. Bytes are those of IP packets, headers included, padding excluded. */
struct bpfcast_port_stat {
  __u64 rx_packets; /* multicast of the served families that arrived */
  __u64 rx_bytes;
  __u64 tx_packets;
  __u64 tx_bytes;
  /* The batch of native XDP that is on its way out, for what the driver does not take of it. */
  __u32 batch; /* frames */
  __u32 reserved;
  __u16 batch_bytes[BPFCAST_BATCH_FRAMES];
  /* By enum bpfcast_counter: verdicts on what arrived on the port, and copies that it did not take.
   * `verdicts` has the same for the whole machine, and what belongs to no port because an interface has just
   * lost it. FORWARDED is not counted here, so that packets on their way pay nothing. */
  __u64 reasons[BPFCAST_COUNTER_COUNT];
};
BPFCAST_STATIC_ASSERT(sizeof(struct bpfcast_port_stat) == 272);

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
 * `flows4`, `flows6`: the streams as they come, by their real source. The marks say what was counted when: a
 * new one is made with the first packet that comes FLOW_MARK_NS after the last, so that the previous one is
 * one to two seconds old while packets come, and a reader knows the rate without watching. Times are
 * CLOCK_MONOTONIC in ns.
 */
#define BPFCAST_FLOW_MARK_NS 1000000000ull

struct bpfcast_flow_key4 {
  struct bpfcast_key4 stream;
  __u32 port; /* arrival */
};
BPFCAST_STATIC_ASSERT(sizeof(struct bpfcast_flow_key4) == 12);

struct bpfcast_flow_key6 {
  struct bpfcast_key6 stream;
  __u32 port;
};
BPFCAST_STATIC_ASSERT(sizeof(struct bpfcast_flow_key6) == 36);

struct bpfcast_flow_mark {
  __u64 time;
  __u64 packets;
  __u64 bytes;
};

struct bpfcast_flow {
  __u64 packets; /* forwarded */
  __u64 bytes;
  __u64 dropped; /* refused, or wanted by nobody */
  __u64 first;   /* when the first packet came, and */
  __u64 last;    /* the last one, whatever became of it */
  struct bpfcast_flow_mark mark;
  struct bpfcast_flow_mark previous;
  __u32 refused; /* the verdict on the last packet that counts as dropped; 0: there was none */
  __u32 reserved;
};
BPFCAST_STATIC_ASSERT(sizeof(struct bpfcast_flow) == 96);

/*
 * `events`: single packets that an operator or their sender has to hear of. `told4` and `told6` keep when a
 * stream was told of last, and `event_budget` how many events of a kind this second has had, so that no flood
 * of packets, with whatever sources, becomes a flood of events.
 */
enum bpfcast_event_kind {
  BPFCAST_EVENT_NOROUTE = 1, /* from upstream, and no route */
  BPFCAST_EVENT_RPF = 2,     /* the source belongs to another interface (F-12) */
  BPFCAST_EVENT_TOOBIG = 3,  /* IPv6: larger than the MTU of an outgoing port (F-42) */
  BPFCAST_EVENT_KINDS,
};

#define BPFCAST_TELL_AGAIN_NS 10000000000ull /* NOROUTE, RPF: for each stream and port of arrival */
#define BPFCAST_TELL_TOOBIG_NS 100000000ull  /* so that its sender hears no more than ten times a second */

/* As much as fits with IPv6 and ICMPv6 header into the 1280 octets of an error message (RFC 4443 2.4 c). */
#define BPFCAST_EVENT_QUOTE 1232

struct bpfcast_event {
  __u32 kind;
  __u32 family;
  __u32 port;   /* arrival */
  __u32 mtu;    /* TOOBIG: the smallest of the ports that could not take it */
  __u32 quoted; /* TOOBIG: octets of the packet that follow, see bpfcast_quoting_event */
  __u32 reserved;
  union { /* with the real source */
    struct bpfcast_key4 key4;
    struct bpfcast_key6 key6;
  };
};
BPFCAST_STATIC_ASSERT(sizeof(struct bpfcast_event) == 56);

struct bpfcast_quoting_event {
  struct bpfcast_event head;
  __u8 packet[BPFCAST_EVENT_QUOTE]; /* as it arrived, from the IPv6 header on */
};
BPFCAST_STATIC_ASSERT(sizeof(struct bpfcast_quoting_event) == 1288);

struct bpfcast_told4 {
  struct bpfcast_flow_key4 stream;
  __u32 kind;
};
BPFCAST_STATIC_ASSERT(sizeof(struct bpfcast_told4) == 16);

struct bpfcast_told6 {
  struct bpfcast_flow_key6 stream;
  __u32 kind;
};
BPFCAST_STATIC_ASSERT(sizeof(struct bpfcast_told6) == 40);

/* `control`, one element. These members stand first in every version, for the agent of another one. */
struct bpfcast_control {
  __u64 lease; /* CLOCK_MONOTONIC in ns: past it the programs pass everything */
  __u64 netns; /* cookie of the network namespace that the interface indexes belong to */
  __u32 abi;   /* BPFCAST_ABI of all maps beside it */
  __u32 reserved;
};
BPFCAST_STATIC_ASSERT(sizeof(struct bpfcast_control) == 24);

#endif
