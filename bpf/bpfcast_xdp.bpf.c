// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Native XDP: what arrives on a port and what leaves through one. XDP forwards only what it can forward
 * completely; all else it passes untouched, uncounted, to the TC program of the same port, which judges it
 * again and counts it.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "event.h"
#include "route.h"

/* One egress program in every entry of every device map: a device runs one of them for a whole batch of
 * frames. */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, BPFCAST_MAX_PORTS);
	__type(key, __u32);
	__type(value, struct bpf_devmap_val);
} tx_one SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, BPFCAST_MAX_OILS);
	__type(key, __u32);
	__array(
		values, struct {
			__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
			__uint(max_entries, 16);
			__type(key, __u32);
			__type(value, struct bpf_devmap_val);
		});
} oils SEC(".maps");

static __always_inline long load_bytes(void *context, __u32 offset, void *to, __u32 size)
{
	return bpf_xdp_load_bytes(context, offset, to, size);
}

static __always_inline int can_forward(const struct packet *packet, const struct decision *decision)
{
	__u16 flags = bpfcast_oil_flags(decision->oil);

	return (flags & BPFCAST_OIL_XDP) && !(flags & BPFCAST_OIL_LOCAL) &&
	       packet->length <= bpfcast_oil_mtu(decision->oil);
}

/* The frame becomes MAC header and IP packet alone: no priority tag (F-24), no trailer, zeros up to 60 octets
 * (F-25). */
static __always_inline int trim(struct xdp_md *ctx, const struct packet *packet, __u32 frame_size)
{
	int excess = frame_size - packet->tag_size - ETH_HLEN - packet->length;
	int missing = ETH_ZLEN - ETH_HLEN - packet->length;

	if (excess > 0 && bpf_xdp_adjust_tail(ctx, -excess))
		return -1;
	if (missing > 0 && bpf_xdp_adjust_tail(ctx, missing))
		return -1;
	return packet->tag_size ? bpf_xdp_adjust_head(ctx, packet->tag_size) : 0;
}

static __always_inline int rewrite4(struct ethhdr *eth, void *end)
{
	struct iphdr *ip = (void *)(eth + 1);

	if ((void *)(ip + 1) > end)
		return -1;
	eth->h_proto = bpf_htons(ETH_P_IP);
	ip->ttl--;
	ip->check = checksum_after_ttl(ip->check);
	return 0;
}

static __always_inline int rewrite6(struct ethhdr *eth, void *end)
{
	struct ipv6hdr *ip = (void *)(eth + 1);

	if ((void *)(ip + 1) > end)
		return -1;
	eth->h_proto = bpf_htons(ETH_P_IPV6);
	ip->hop_limit--;
	return 0;
}

static __always_inline int rewrite(struct xdp_md *ctx, const struct packet *packet, __u32 family)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;

	if ((void *)(eth + 1) > end)
		return -1;
	__builtin_memcpy(eth->h_dest, packet->group_mac, ETH_ALEN);
	return family == BPFCAST_IPV4 ? rewrite4(eth, end) : rewrite6(eth, end);
}

static __always_inline int send(__u64 oil)
{
	__u32 slot = bpfcast_oil_slot(oil);
	void *ports_of_oil;

	if (bpfcast_oil_flags(oil) & BPFCAST_OIL_SINGLE)
		return bpf_redirect_map(&tx_one, slot, XDP_DROP);
	ports_of_oil = bpf_map_lookup_elem(&oils, &slot);
	if (!ports_of_oil)
		return XDP_DROP;
	return bpf_redirect_map(ports_of_oil, 0, BPF_F_BROADCAST);
}

static __always_inline int handle(struct xdp_md *ctx, struct packet *packet, __u32 family)
{
	struct decision decision;
	int action = XDP_DROP;

	if (!decide(ctx, packet, family, ctx->ingress_ifindex, &decision))
		return XDP_PASS;
	if (decision.verdict == BPFCAST_FORWARDED) {
		if (!can_forward(packet, &decision))
			return XDP_PASS;
		if (trim(ctx, packet, bpf_xdp_get_buff_len(ctx)) || rewrite(ctx, packet, family)) {
			decision.verdict = BPFCAST_NOMEM;
		} else {
			action = send(decision.oil);
			if (action != XDP_REDIRECT)
				decision.verdict = BPFCAST_NOOIF;
		}
	} else if (decision.verdict < BPFCAST_FIRST_DROP) {
		return XDP_PASS;
	} else if (decision.verdict == BPFCAST_RPF) {
		tell(packet, family, decision.port, BPFCAST_EVENT_RPF);
	}
	count(packet, family, &decision, 1, packet->length);
	return action;
}

/* Global functions: the verifier looks at each once, not once for every way through the parser. */
__noinline int handle4(struct xdp_md *ctx, struct packet *packet)
{
	return packet ? handle(ctx, packet, BPFCAST_IPV4) : XDP_PASS;
}

__noinline int handle6(struct xdp_md *ctx, struct packet *packet)
{
	return packet ? handle(ctx, packet, BPFCAST_IPV6) : XDP_PASS;
}

SEC("xdp")
int bpfcast_xdp(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct packet packet = {};

	switch (parse(ctx, data, end, bpf_xdp_get_buff_len(ctx), &packet)) {
	case BPFCAST_IPV4:
		return handle4(ctx, &packet);
	case BPFCAST_IPV6:
		return handle6(ctx, &packet);
	}
	return XDP_PASS;
}

struct copy {
	__u32 ttl; /* one less than on arrival */
	__u32 length;
};

/* Of a frame that the program above made: no tag, no options. False when it is not one of them. */
static __always_inline int parse_copy(const struct ethhdr *eth, const void *end, struct copy *copy)
{
	const struct iphdr *ip4 = (const void *)(eth + 1);
	const struct ipv6hdr *ip6 = (const void *)(eth + 1);

	if ((const void *)(ip4 + 1) > end)
		return 0;
	if (eth->h_proto == bpf_htons(ETH_P_IP)) {
		copy->ttl = ip4->ttl;
		copy->length = bpf_ntohs(ip4->tot_len);
		return 1;
	}
	if ((const void *)(ip6 + 1) > end)
		return 0;
	copy->ttl = ip6->hop_limit;
	copy->length = sizeof(*ip6) + bpf_ntohs(ip6->payload_len);
	return 1;
}

/* As sent; bpfcast_refused takes back what the driver does not take. */
static __always_inline void count_handed(__u32 port, __u32 length)
{
	struct bpfcast_port_stat *stat = bpf_map_lookup_elem(&port_stat, &port);
	__u32 n;

	if (!stat)
		return;
	stat->tx_packets++;
	stat->tx_bytes += length;
	n = stat->batch++;
	HIDE(n);
	stat->batch_bytes[n & (BPFCAST_BATCH_FRAMES - 1)] = length;
}

/* Once for each copy, on its way out. */
SEC("xdp/devmap")
int bpfcast_egress(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	__u32 ifindex = ctx->egress_ifindex;
	struct bpfcast_port *port;
	struct copy copy;
	__u32 *id;

	if (ifindex == ctx->ingress_ifindex) /* split horizon */
		return XDP_DROP;
	id = bpf_map_lookup_elem(&if_port, &ifindex);
	port = id ? bpf_map_lookup_elem(&ports, id) : 0;
	if (!port || !parse_copy(eth, end, &copy)) { /* removed while the copy was on its way */
		count_copy_drop(id ? *id : BPFCAST_MAX_PORTS, BPFCAST_DOWN, 1);
		return XDP_DROP;
	}
	if (copy.ttl < port->ttl_threshold) { /* F-08 */
		count_copy_drop(*id, BPFCAST_THR, 1);
		return XDP_DROP;
	}
	__builtin_memcpy(eth->h_source, port->mac, ETH_ALEN);
	count_handed(*id, copy.length);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
