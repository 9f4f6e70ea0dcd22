/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Every verdict has a counter, and the sums add up (F-56). */
#pragma once

#include "maps.h"

static __always_inline void count_verdict(__u32 verdict, __u64 packets)
{
	__u64 *counter = bpf_map_lookup_elem(&verdicts, &verdict);

	if (counter)
		*counter += packets;
}

/* Without CAP_PERFMON the verifier takes no index that is one constant on one path and another one on the
 * next. A global function is looked at once, whatever its arguments are. */
__noinline int count_reason(__u32 port, __u32 reason, __u64 packets)
{
	struct bpfcast_port_stat *stat = bpf_map_lookup_elem(&port_stat, &port);

	if (stat && reason < BPFCAST_COUNTER_COUNT)
		stat->reasons[reason] += packets;
	return 0;
}

static __always_inline void count_received(__u32 port, __u32 verdict, __u64 packets, __u64 bytes)
{
	struct bpfcast_port_stat *stat = bpf_map_lookup_elem(&port_stat, &port);

	if (!stat)
		return;
	stat->rx_packets += packets;
	stat->rx_bytes += bytes;
	if (verdict != BPFCAST_FORWARDED)
		count_reason(port, verdict, packets);
}

static __always_inline void count_sent(__u32 port, __u64 packets, __u64 bytes)
{
	struct bpfcast_port_stat *stat = bpf_map_lookup_elem(&port_stat, &port);

	if (!stat)
		return;
	stat->tx_packets += packets;
	stat->tx_bytes += bytes;
}

static __always_inline void count_copy_drop(__u32 port, __u32 reason, __u64 packets)
{
	count_reason(port, reason, packets);
	count_verdict(reason, packets);
}

static __always_inline void count_route(__u32 route, __u32 verdict, __u64 packets, __u64 bytes)
{
	__u32 element = route / BPFCAST_STATS_CHUNK;
	struct bpfcast_route_stats *stats = bpf_map_lookup_elem(&route_stat, &element);
	struct bpfcast_route_stat *stat;

	if (!stats)
		return;
	HIDE(route);
	stat = &stats->routes[route & (BPFCAST_STATS_CHUNK - 1)];
	if (verdict == BPFCAST_FORWARDED) {
		stat->packets += packets;
		stat->bytes += bytes;
	} else if (verdict != BPFCAST_LOCAL) {
		stat->dropped += packets;
	}
}

/* Whoever moves the time of the mark moves the rest of it: RSS may bring one stream to several CPUs. */
static __always_inline void mark_flow(struct bpfcast_flow *flow, __u64 now)
{
	__u64 marked = *(volatile __u64 *)&flow->mark.time;

	if ((__s64)(now - marked) < (__s64)BPFCAST_FLOW_MARK_NS ||
	    __sync_val_compare_and_swap(&flow->mark.time, marked, now) != marked)
		return;
	flow->previous.time = marked;
	flow->previous.packets = flow->mark.packets;
	flow->previous.bytes = flow->mark.bytes;
	flow->mark.packets = flow->packets;
	flow->mark.bytes = flow->bytes;
}

static __always_inline void count_flow(void *flows, const void *key, __u32 verdict, __u64 packets,
				       __u64 bytes)
{
	__u64 now = bpf_ktime_get_coarse_ns();
	struct bpfcast_flow *flow = bpf_map_lookup_elem(flows, key);

	if (!flow) {
		struct bpfcast_flow fresh = {.first = now, .mark.time = now, .previous.time = now};

		bpf_map_update_elem(flows, key, &fresh, BPF_NOEXIST);
		flow = bpf_map_lookup_elem(flows, key);
		if (!flow)
			return;
	}
	mark_flow(flow, now);
	flow->last = now;
	if (verdict == BPFCAST_FORWARDED) {
		__sync_fetch_and_add(&flow->packets, packets);
		__sync_fetch_and_add(&flow->bytes, bytes);
	} else if (verdict != BPFCAST_LOCAL) {
		__sync_fetch_and_add(&flow->dropped, packets);
		flow->refused = verdict;
		KEEP_APART();
	}
}

/* Functions of their own, because the programs' stack has no room for a new entry; global ones, so that the
 * verifier looks at each once. */
__noinline int count_flow4(const struct bpfcast_flow_key4 *key, __u32 verdict, __u64 packets, __u64 bytes)
{
	struct bpfcast_flow_key4 own;

	if (!key)
		return 0;
	own = *key; /* see find_route4 */
	count_flow(&flows4, &own, verdict, packets, bytes);
	return 0;
}

__noinline int count_flow6(const struct bpfcast_flow_key6 *key, __u32 verdict, __u64 packets, __u64 bytes)
{
	struct bpfcast_flow_key6 own;

	if (!key)
		return 0;
	own = *key; /* see find_route4 */
	count_flow(&flows6, &own, verdict, packets, bytes);
	return 0;
}
