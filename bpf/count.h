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

static __always_inline void count_received(__u32 port, __u64 packets, __u64 bytes)
{
	struct bpfcast_port_stat *stat = bpf_map_lookup_elem(&port_stat, &port);

	if (!stat)
		return;
	stat->rx_packets += packets;
	stat->rx_bytes += bytes;
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
	struct bpfcast_port_stat *stat = bpf_map_lookup_elem(&port_stat, &port);

	if (stat)
		stat->tx_dropped += packets;
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
	} else {
		stat->dropped += packets;
	}
}
