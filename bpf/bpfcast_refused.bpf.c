// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Frames that native XDP handed to a port and its driver did not take, because the transmit ring was full or
 * the other end is gone: a trace point is all that tells of them. Optional: it needs CAP_PERFMON and a kernel
 * with BTF. The egress program has counted the frames of the batch as sent; this takes those back that were
 * not.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "kernel_types.h"
#include "maps.h"

const volatile __u64 netns_cookie = 0; /* an ifindex means an interface in our namespace alone */

static __always_inline void take_back(struct bpfcast_port_stat *stat, __u32 frames, __u64 bytes)
{
	__u32 refused = BPFCAST_REFUSED;
	__u64 *counter = bpf_map_lookup_elem(&verdicts, &refused);

	stat->tx_packets -= frames;
	stat->tx_bytes -= bytes;
	stat->reasons[BPFCAST_REFUSED] += frames;
	if (counter)
		*counter += frames;
}

/*
 * After each batch, on the CPU that ran the egress program for it. Drivers take frames from the front. The
 * arguments: from which device, to which, how many sent, how many not, what the driver said.
 */
SEC("tp_btf/xdp_devmap_xmit")
int bpfcast_refused(__u64 *arguments)
{
	const struct net_device *to = (const void *)arguments[1];
	int sent = arguments[2];
	struct bpfcast_port_stat *stat;
	__u32 ifindex = to->ifindex;
	__u32 *id, handed, i;
	__u64 bytes = 0;

	if (to->nd_net.net->net_cookie != netns_cookie)
		return 0;
	id = bpf_map_lookup_elem(&if_port, &ifindex);
	stat = id ? bpf_map_lookup_elem(&port_stat, id) : 0;
	if (!stat)
		return 0;
	handed = stat->batch;
	stat->batch = 0;
	/* More than a batch: frames were counted before there was anybody to take them back. */
	if (sent < 0 || (__u32)sent >= handed || handed > BPFCAST_BATCH_FRAMES)
		return 0;
	for (i = 0; i < BPFCAST_BATCH_FRAMES; i++) {
		if (i >= (__u32)sent && i < handed)
			bytes += stat->batch_bytes[i];
	}
	take_back(stat, handed - sent, bytes);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
