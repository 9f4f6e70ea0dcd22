/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What the maps say of a packet. IPv4 looks up keys of its own size. IPv6 does so in functions of its own, or
 * its keys would not fit on the programs' stack.
 */
#pragma once

#include "count.h"
#include "parse.h"

#define AF_INET 2
#define AF_INET6 10

/*
 * Would the kernel send to the source through the interface (F-12)? FRAG_NEEDED and NO_NEIGH speak of the
 * packet and of the next hop; the route is there. Where the interface does not forward, the kernel tells no
 * route, and no source is accepted.
 */
static __always_inline __u32 judge_by_fib(void *context, struct bpf_fib_lookup *query)
{
	__u32 ifindex = query->ifindex;
	long answer = bpf_fib_lookup(context, query, sizeof(*query), 0);

	if (answer != BPF_FIB_LKUP_RET_SUCCESS && answer != BPF_FIB_LKUP_RET_NO_NEIGH &&
	    answer != BPF_FIB_LKUP_RET_FRAG_NEEDED)
		return BPFCAST_RPF;
	return query->ifindex == ifindex ? BPFCAST_FORWARDED : BPFCAST_RPF;
}

static __noinline __u32 judge_by_fib4(void *context, const struct packet *packet, __u32 ifindex)
{
	struct bpf_fib_lookup query = {
		.family = AF_INET,
		.ifindex = ifindex,
		.ipv4_dst = packet->flow4.stream.source,
	};

	return judge_by_fib(context, &query);
}

static __noinline __u32 judge_by_fib6(void *context, const struct packet *packet, __u32 ifindex)
{
	struct bpf_fib_lookup query = {
		.family = AF_INET6,
		.ifindex = ifindex,
	};

	__builtin_memcpy(query.ipv6_dst, packet->flow6.stream.source, sizeof(query.ipv6_dst));
	return judge_by_fib(context, &query);
}

/* Of this machine and of the port (F-09, F-10, F-12). `scope` is that of `key`. */
static __always_inline __u32 judge_source_by(void *sources, const void *key, __u32 *scope, __u32 port,
					     const struct bpfcast_port_family *rules)
{
	__u32 *verdict = bpf_map_lookup_elem(sources, key);

	if (verdict && *verdict != BPFCAST_FORWARDED)
		return *verdict;
	if (!rules->check_sources)
		return BPFCAST_FORWARDED;
	*scope = port;
	verdict = bpf_map_lookup_elem(sources, key);
	return verdict ? *verdict : rules->unknown_sources;
}

static __always_inline __u32 judge_source4(const struct packet *packet, __u32 port,
					   const struct bpfcast_port_family *rules)
{
	struct bpfcast_prefix4 key = {
		.prefixlen = BPFCAST_SCOPE_BITS + 32,
		.scope = BPFCAST_SCOPE_ALL,
		.address = packet->flow4.stream.source,
	};

	return judge_source_by(&sources4, &key, &key.scope, port, rules);
}

static __noinline __u32 judge_source6(const struct packet *packet, __u32 port,
				      const struct bpfcast_port_family *rules)
{
	struct bpfcast_prefix6 key = {
		.prefixlen = BPFCAST_SCOPE_BITS + 128,
		.scope = BPFCAST_SCOPE_ALL,
	};

	__builtin_memcpy(key.address, packet->flow6.stream.source, sizeof(key.address));
	return judge_source_by(&sources6, &key, &key.scope, port, rules);
}

static __always_inline __u32 judge_source(void *context, const struct packet *packet, __u32 family,
					  __u32 ifindex, __u32 port, const struct bpfcast_port_family *rules)
{
	__u32 verdict = family == BPFCAST_IPV4 ? judge_source4(packet, port, rules)
					       : judge_source6(packet, port, rules);

	if (verdict != BPFCAST_ASK_FIB)
		return verdict;
	return family == BPFCAST_IPV4 ? judge_by_fib4(context, packet, ifindex)
				      : judge_by_fib6(context, packet, ifindex);
}

static __always_inline __u32 look_up_passage4(const struct packet *packet, __u32 port, __u32 otherwise)
{
	struct bpfcast_prefix4 key = {
		.prefixlen = BPFCAST_SCOPE_BITS + 32,
		.scope = port,
		.address = packet->flow4.stream.group,
	};
	__u32 *passage = bpf_map_lookup_elem(&passages4, &key);

	return passage ? *passage : otherwise;
}

static __noinline __u32 look_up_passage6(const struct packet *packet, __u32 port, __u32 otherwise)
{
	struct bpfcast_prefix6 key = {
		.prefixlen = BPFCAST_SCOPE_BITS + 128,
		.scope = port,
	};
	__u32 *passage;

	__builtin_memcpy(key.address, packet->flow6.stream.group, sizeof(key.address));
	passage = bpf_map_lookup_elem(&passages6, &key);
	return passage ? *passage : otherwise;
}

/* Where what arrives on the port may go by its group (E-33, F-50). */
static __always_inline __u32 look_up_passage(const struct packet *packet, __u32 family, __u32 port,
					     const struct bpfcast_port_family *rules)
{
	return family == BPFCAST_IPV4 ? look_up_passage4(packet, port, rules->other_groups)
				      : look_up_passage6(packet, port, rules->other_groups);
}

static __always_inline int same_key4(const struct bpfcast_key4 *a, const struct bpfcast_key4 *b)
{
	return a->source == b->source && a->group == b->group;
}

static __always_inline int same_address6(const __be32 *a, const __be32 *b)
{
	return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3];
}

static __always_inline int same_key6(const struct bpfcast_key6 *a, const struct bpfcast_key6 *b)
{
	return same_address6(a->group, b->group) && same_address6(a->source, b->source);
}

/* The route that a lookup map led to, or null. */
static __always_inline struct bpfcast_route *route_at(const __u32 *found, __u32 *index)
{
	if (!found)
		return 0;
	*index = *found;
	return bpf_map_lookup_elem(&routes, index);
}

/* The route of exactly this key, or null. Entries whose index was given to another route meanwhile do not
 * count. */
static __always_inline struct bpfcast_route *look_up_exactly4(const struct bpfcast_key4 *key, __u32 *index)
{
	struct bpfcast_route *route = route_at(bpf_map_lookup_elem(&rt4, key), index);

	return route && route->family == BPFCAST_IPV4 && same_key4(&route->key4, key) ? route : 0;
}

static __always_inline struct bpfcast_route *look_up_exactly6(const struct bpfcast_key6 *key, __u32 *index)
{
	struct bpfcast_route *route = route_at(bpf_map_lookup_elem(&rt6, key), index);

	return route && route->family == BPFCAST_IPV6 && same_key6(&route->key6, key) ? route : 0;
}

/* A map takes a key from the stack alone before Linux 6.2: `packet` is an argument of a global function. */
static __always_inline struct bpfcast_route *find_route4(const struct packet *packet, __u32 *index)
{
	struct bpfcast_key4 key = packet->flow4.stream;
	struct bpfcast_route *route = look_up_exactly4(&key, index);

	if (route)
		return route;
	key.source = 0;
	return look_up_exactly4(&key, index);
}

static __noinline struct bpfcast_route *find_route6(const struct packet *packet, __u32 *index)
{
	struct bpfcast_key6 key = packet->flow6.stream;
	struct bpfcast_route *route = look_up_exactly6(&key, index);

	if (route)
		return route;
	__builtin_memset(key.source, 0, sizeof(key.source));
	return look_up_exactly6(&key, index);
}

/* (S,G), else (*,G), else null. */
static __always_inline struct bpfcast_route *find_route(const struct packet *packet, __u32 family,
							__u32 *index)
{
	struct bpfcast_route *route =
		family == BPFCAST_IPV4 ? find_route4(packet, index) : find_route6(packet, index);

	if (!route)
		*index = BPFCAST_DEFAULT_ROUTE;
	return route;
}
