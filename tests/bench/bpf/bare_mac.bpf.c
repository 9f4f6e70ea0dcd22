// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * The least that a router could do by native XDP: everything that arrives goes to the same ports, and each
 * copy gets the MAC address of its port. Nothing is parsed, looked up or counted.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>

#include <bpf/bpf_helpers.h>

#define MAX_INTERFACES 1024

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, 1); /* as many as there are ports */
	__type(key, __u32);
	__type(value, struct bpf_devmap_val);
} ports SEC(".maps");

struct mac {
	__u8 octets[8];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_INTERFACES);
	__type(key, __u32);
	__type(value, struct mac);
} macs SEC(".maps"); /* by ifindex */

SEC("xdp")
int bare_mac_all(struct xdp_md *ctx __attribute__((unused)))
{
	return bpf_redirect_map(&ports, 0, BPF_F_BROADCAST);
}

/* One port needs no copy. */
SEC("xdp")
int bare_mac_one(struct xdp_md *ctx __attribute__((unused)))
{
	return bpf_redirect_map(&ports, 0, XDP_DROP);
}

SEC("xdp/devmap")
int bare_mac_egress(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	__u32 ifindex = ctx->egress_ifindex;
	struct mac *mac = bpf_map_lookup_elem(&macs, &ifindex);

	if (!mac || (void *)(eth + 1) > (void *)(long)ctx->data_end)
		return XDP_DROP;
	__builtin_memcpy(eth->h_source, mac->octets, ETH_ALEN);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
