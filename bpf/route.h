/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* From a packet to its outgoing interface list. The order of the checks is that of the conformance matrix,
 * F.1. */
#pragma once

#include "count.h"
#include "parse.h"
#include "rewrite.h"

struct decision {
	__u32 verdict;
	__u32 port;  /* arrival */
	__u32 route; /* DEFAULT_ROUTE when none matched */
	__u64 oil;   /* if FORWARDED */
};

static __always_inline int lease_expired(void)
{
	__u32 zero = 0;
	struct bpfcast_control *agent = bpf_map_lookup_elem(&control, &zero);

	return !agent || bpf_ktime_get_coarse_ns() > *(volatile __u64 *)&agent->lease;
}

static __always_inline int is_martian4(__be32 source)
{
	__u32 host = bpf_ntohl(source);

	return host >> 24 == 0 || host >> 24 == 127 || host >> 16 == 0xa9fe || host >= 0xe0000000;
}

static __always_inline __u32 look_up_source(__u32 scope, __be32 source, __u32 unknown)
{
	struct bpfcast_source_key key = {
		.prefixlen = BPFCAST_SCOPE_BITS + 32,
		.scope = scope,
		.address = source,
	};
	__u32 *verdict = bpf_map_lookup_elem(&sources, &key);

	return verdict ? *verdict : unknown;
}

static __always_inline __u32 judge_source(const struct packet *packet, __u32 port_id,
					  const struct bpfcast_port *port)
{
	__u32 verdict;

	if (is_martian4(packet->source))
		return BPFCAST_MART;
	verdict = look_up_source(BPFCAST_SCOPE_ALL, packet->source, BPFCAST_FORWARDED);
	if (verdict == BPFCAST_FORWARDED && port->check_sources)
		verdict = look_up_source(port_id, packet->source, port->unknown_sources);
	return verdict;
}

static __always_inline int mac_equal(const __u8 *a, const __u8 *b)
{
	return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3] && a[4] == b[4] && a[5] == b[5];
}

/* The group's address, ours, or broadcast; other frames are addressed to other stations (F-23). */
static __always_inline int is_for_us(const struct packet *packet, const struct bpfcast_port *port)
{
	const __u8 broadcast[ETH_ALEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	__u8 group[ETH_ALEN];

	group_mac4(packet->group, group);
	return mac_equal(packet->destination, group) || mac_equal(packet->destination, port->mac) ||
	       mac_equal(packet->destination, broadcast);
}

/* The route of exactly this key, or null. Entries whose index was given to another route meanwhile do not
 * count. */
static __always_inline struct bpfcast_route *look_up_exactly(__be32 source, __be32 group, __u32 *index)
{
	struct bpfcast_key4 key = {.source = source, .group = group};
	__u32 *found = bpf_map_lookup_elem(&rt4, &key);
	struct bpfcast_route *route;

	if (!found)
		return 0;
	*index = *found;
	route = bpf_map_lookup_elem(&routes, index);
	if (!route || route->key4.source != source || route->key4.group != group)
		return 0;
	return route;
}

/* (S,G), else (*,G), else null. */
static __always_inline struct bpfcast_route *find_route(const struct packet *packet, __u32 *index)
{
	struct bpfcast_route *route = look_up_exactly(packet->source, packet->group, index);

	if (!route)
		route = look_up_exactly(0, packet->group, index);
	if (!route)
		*index = BPFCAST_DEFAULT_ROUTE;
	return route;
}

/* Without a route of its own, what arrives downstream takes the default one (E-32). */
static __always_inline __u32 take_route(struct bpfcast_route *route, const struct bpfcast_port *port,
					struct decision *out)
{
	__u64 from_upstream, from_downstream;

	if (!route) {
		if (port->role == BPFCAST_ROLE_UPSTREAM)
			return BPFCAST_NOROUTE;
		route = bpf_map_lookup_elem(&routes, &out->route);
		if (!route)
			return BPFCAST_NOROUTE;
	}
	/* One read of each: the set before a change or the one after it, nothing in between (F-54). */
	from_upstream = *(volatile __u64 *)&route->from_upstream;
	from_downstream = *(volatile __u64 *)&route->from_downstream;
	out->oil = port->role == BPFCAST_ROLE_UPSTREAM ? from_upstream : from_downstream;
	if (!bpfcast_oil_ports(out->oil) ||
	    ((bpfcast_oil_flags(out->oil) & BPFCAST_OIL_SINGLE) && bpfcast_oil_slot(out->oil) == out->port))
		return bpfcast_oil_flags(out->oil) & BPFCAST_OIL_LOCAL ? BPFCAST_LOCAL : BPFCAST_NOOIF;
	return BPFCAST_FORWARDED;
}

/* Packets of a stream that somebody may miss: they are counted with its route, if there is one. */
static __always_inline int refuses_stream(__u32 verdict)
{
	return verdict == BPFCAST_TTL || verdict == BPFCAST_OPT || verdict == BPFCAST_MART ||
	       verdict == BPFCAST_OWN || verdict == BPFCAST_RPF || verdict == BPFCAST_SRCROUTE;
}

static __always_inline void decide(const struct packet *packet, __u32 ifindex, struct decision *out)
{
	__u32 *id = bpf_map_lookup_elem(&if_port, &ifindex);
	struct bpfcast_port *port;
	struct bpfcast_route *route;

	out->route = BPFCAST_DEFAULT_ROUTE;
	out->oil = 0;
	out->port = BPFCAST_MAX_PORTS;
	out->verdict = BPFCAST_IIF;
	if (!id)
		return;
	out->port = *id;
	port = bpf_map_lookup_elem(&ports, id);
	if (!port || port->role == BPFCAST_ROLE_NONE)
		return;
	out->verdict = BPFCAST_LEASE;
	if (lease_expired())
		return;
	out->verdict = packet->vid ? BPFCAST_VLAN : packet->verdict;
	if (out->verdict == BPFCAST_FORWARDED)
		out->verdict = judge_source(packet, out->port, port);
	if (out->verdict == BPFCAST_FORWARDED)
		out->verdict = packet->options;
	if (out->verdict == BPFCAST_FORWARDED && !is_for_us(packet, port))
		out->verdict = BPFCAST_L2;
	if (out->verdict != BPFCAST_FORWARDED && !refuses_stream(out->verdict))
		return;
	route = find_route(packet, &out->route);
	if (out->verdict == BPFCAST_FORWARDED)
		out->verdict = take_route(route, port, out);
}

/* Has a route, or takes the default one. */
static __always_inline int is_stream(const struct decision *decision)
{
	return decision->route != BPFCAST_DEFAULT_ROUTE || decision->verdict == BPFCAST_FORWARDED ||
	       decision->verdict == BPFCAST_NOOIF || decision->verdict == BPFCAST_NOMEM;
}

/* Books the packet once, at the place that settles what becomes of it. */
static __always_inline void count(const struct packet *packet, const struct decision *decision, __u64 packets,
				  __u64 bytes)
{
	count_verdict(decision->verdict, packets);
	count_received(decision->port, packets, bytes);
	if (decision->route != BPFCAST_DEFAULT_ROUTE)
		count_route(decision->route, decision->verdict, packets, bytes);
	if (is_stream(decision)) {
		struct bpfcast_flow_key key = {
			.source = packet->source,
			.group = packet->group,
			.port = decision->port,
		};

		count_flow(&key, decision->verdict, packets, bytes);
	}
}
