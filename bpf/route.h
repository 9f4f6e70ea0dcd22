/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* From a packet to its outgoing interface list. The order of the checks is that of the conformance matrix,
 * F.1. */
#pragma once

#include "lookup.h"

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

static __always_inline int mac_equal(const __u8 *a, const __u8 *b)
{
	return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3] && a[4] == b[4] && a[5] == b[5];
}

/* The group's address, ours, or broadcast; other frames are addressed to other stations (F-23). */
static __always_inline int is_for_us(const struct packet *packet, const struct bpfcast_port *port)
{
	const __u8 broadcast[ETH_ALEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	return mac_equal(packet->destination, packet->group_mac) ||
	       mac_equal(packet->destination, port->mac) || mac_equal(packet->destination, broadcast);
}

/* One read: the set before a change or the one after it, nothing in between (F-54). */
static __always_inline __u64 read_word(const __u64 *word)
{
	return *(volatile __u64 *)word;
}

/*
 * Without a route of its own, what arrives downstream takes the default one (E-32). The passage of its group
 * matters when there is none, or when a port has something to say of that group.
 */
static __always_inline __u32 take_route(struct bpfcast_route *route, const struct packet *packet,
					__u32 family, const struct bpfcast_port *port,
					const struct bpfcast_port_family *rules, struct decision *out)
{
	int upstream = port->role == BPFCAST_ROLE_UPSTREAM;
	int routed = route != 0;
	__u32 passage = BPFCAST_PASSAGE_ANYWHERE;

	if (!routed) {
		if (upstream)
			return BPFCAST_NOROUTE;
		route = bpf_map_lookup_elem(&routes, &out->route);
		if (!route)
			return BPFCAST_NOROUTE;
	}
	out->oil = upstream ? read_word(&route->from_upstream) : read_word(&route->from_downstream);
	if (rules->check_groups && (!routed || bpfcast_oil_flags(out->oil) & BPFCAST_OIL_GUARDED))
		passage = look_up_passage(packet, family, out->port, rules);
	if (passage == BPFCAST_PASSAGE_NOWHERE || (passage == BPFCAST_PASSAGE_NOT_UPSTREAM && !routed))
		return bpfcast_oil_flags(out->oil) & BPFCAST_OIL_LOCAL ? BPFCAST_LOCAL : BPFCAST_BOUND;
	if (passage == BPFCAST_PASSAGE_NOT_UPSTREAM && !upstream)
		out->oil = read_word(&route->not_upstream);
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

/* False when the port leaves the family to the stack, uncounted. */
static __always_inline int decide(void *context, const struct packet *packet, __u32 family, __u32 ifindex,
				  struct decision *out)
{
	__u32 *id = bpf_map_lookup_elem(&if_port, &ifindex);
	const struct bpfcast_port_family *rules;
	struct bpfcast_port *port;
	struct bpfcast_route *route;

	out->route = BPFCAST_DEFAULT_ROUTE;
	out->oil = 0;
	out->port = BPFCAST_MAX_PORTS;
	out->verdict = BPFCAST_IIF;
	if (!id)
		return 1;
	out->port = *id;
	port = bpf_map_lookup_elem(&ports, id);
	if (!port || port->role == BPFCAST_ROLE_NONE)
		return 1;
	rules = family == BPFCAST_IPV4 ? &port->ipv4 : &port->ipv6;
	if (!rules->served)
		return 0;
	out->verdict = BPFCAST_LEASE;
	if (lease_expired())
		return 1;
	out->verdict = packet->vid ? BPFCAST_VLAN : packet->verdict;
	if (out->verdict == BPFCAST_FORWARDED)
		out->verdict = judge_source(context, packet, family, ifindex, out->port, rules);
	if (out->verdict == BPFCAST_FORWARDED)
		out->verdict = packet->options;
	if (out->verdict == BPFCAST_FORWARDED && !is_for_us(packet, port))
		out->verdict = BPFCAST_L2;
	if (out->verdict != BPFCAST_FORWARDED && !refuses_stream(out->verdict))
		return 1;
	route = find_route(packet, family, &out->route);
	if (out->verdict == BPFCAST_FORWARDED)
		out->verdict = take_route(route, packet, family, port, rules, out);
	else if (out->verdict == BPFCAST_MART && route &&
		 bpfcast_oil_flags(read_word(&route->from_downstream)) & BPFCAST_OIL_LOCAL)
		out->verdict = BPFCAST_LOCAL; /* what its sockets take is up to the stack (F-52) */
	return 1;
}

/* Has a route, or takes the default one. */
static __always_inline int is_stream(const struct decision *decision)
{
	return decision->route != BPFCAST_DEFAULT_ROUTE || decision->verdict == BPFCAST_FORWARDED ||
	       decision->verdict == BPFCAST_NOOIF || decision->verdict == BPFCAST_BOUND ||
	       decision->verdict == BPFCAST_NOMEM;
}

/* Books the packet once, at the place that settles what becomes of it. */
static __always_inline void count(struct packet *packet, __u32 family, const struct decision *decision,
				  __u64 packets, __u64 bytes)
{
	count_verdict(decision->verdict, packets);
	count_received(decision->port, decision->verdict, packets, bytes);
	if (decision->route != BPFCAST_DEFAULT_ROUTE)
		count_route(decision->route, decision->verdict, packets, bytes);
	if (!is_stream(decision))
		return;
	if (family == BPFCAST_IPV4) {
		packet->flow4.port = decision->port;
		count_flow4(&packet->flow4, decision->verdict, packets, bytes);
	} else {
		packet->flow6.port = decision->port;
		count_flow6(&packet->flow6, decision->verdict, packets, bytes);
	}
}
