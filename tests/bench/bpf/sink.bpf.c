// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * The far end of a router port: counts the packets of the group that arrive and drops them, in the cheaper of
 * two ways: XDP for frames that XDP sent, TC for packets of the stack, which XDP would have to copy first.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

#define MAX_INTERFACES 1024

const volatile __be32 group;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MAX_INTERFACES);
	__type(key, __u32);
	__type(value, __u64);
} arrivals SEC(".maps"); /* by ifindex */

static __always_inline int take(void *data, void *end, __u32 ifindex)
{
	struct iphdr *ip = data + ETH_HLEN;
	__u64 *count;

	if ((void *)(ip + 1) > end || ip->daddr != group)
		return 0;
	count = bpf_map_lookup_elem(&arrivals, &ifindex);
	if (count)
		++*count;
	return 1;
}

SEC("xdp")
int sink_xdp(struct xdp_md *ctx)
{
	return take((void *)(long)ctx->data, (void *)(long)ctx->data_end, ctx->ingress_ifindex) ? XDP_DROP
												: XDP_PASS;
}

SEC("tc")
int sink_tc(struct __sk_buff *skb)
{
	return take((void *)(long)skb->data, (void *)(long)skb->data_end, skb->ifindex) ? TC_ACT_SHOT
											: TC_ACT_UNSPEC;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
