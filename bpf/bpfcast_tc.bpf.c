// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * TC ingress: the same steps as XDP, with one clone for each outgoing interface. It serves every interface,
 * and on ports with XDP what XDP passed. What it does not consume, foreign filters and the stack still see
 * (TC_ACT_UNSPEC).
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

#include "route.h"
#include "too_big.h"

#define UDP_HEADER_SIZE 8

/* The octets that forwarding changes, and their neighbours. */
struct mac_header {
	__u8 destination[ETH_ALEN];
	__u8 source[ETH_ALEN];
};
union ip_part {
	struct { /* from the TTL on */
		__u8 ttl;
		__u8 protocol;
		__be16 checksum;
	} v4;
	struct { /* from the payload length on */
		__be16 payload_length;
		__u8 next_header;
		__u8 hop_limit;
	} v6;
};

/*
 * Where the part is, and how it is written. The sum that a NIC made of the whole packet has to follow the hop
 * limit; with the TTL the IPv4 checksum changes by as much.
 */
struct ip_place {
	__u32 header_size;
	__u32 offset;
	__u64 flags;
};

static __always_inline struct ip_place place_of_part(__u32 family)
{
	struct ip_place v4 = {
		.header_size = sizeof(struct iphdr),
		.offset = ETH_HLEN + __builtin_offsetof(struct iphdr, ttl),
	};
	struct ip_place v6 = {
		.header_size = sizeof(struct ipv6hdr),
		.offset = ETH_HLEN + __builtin_offsetof(struct ipv6hdr, payload_len),
		.flags = BPF_F_RECOMPUTE_CSUM,
	};

	return family == BPFCAST_IPV4 ? v4 : v6;
}

struct copies {
	struct __sk_buff *skb;
	__u64 oil;
	__u32 packets;
	__u32 bytes;
	__u32 segment; /* IP length of the largest packet in it, for the MTU */
	__u32 arrival; /* ifindex */
	__u32 pending; /* the last port that takes a copy; it gets the packet itself if nobody else needs it
			*/
	__u32 pending_ifindex;
	__u16 too_small; /* the smallest MTU that was; 0 if none */
	__u8 ttl;	 /* on arrival */
	__u8 short_size; /* of a frame below 60 octets; 0 for others */
};

static __always_inline long load_bytes(void *context, __u32 offset, void *to, __u32 size)
{
	return bpf_skb_load_bytes(context, offset, to, size);
}

/* Zeros up to 60 octets (F-25), except where there are no frames: the kernel takes the MAC header off there.
 */
static __always_inline int pad(struct copies *copies, const struct bpfcast_port *port)
{
	if (!copies->short_size)
		return 0;
	return bpf_skb_change_tail(copies->skb, port->bare ? copies->short_size : ETH_ZLEN, 0);
}

static __always_inline int fit_to_pending(struct copies *copies)
{
	struct bpfcast_port *port = bpf_map_lookup_elem(&ports, &copies->pending);
	__u8 mac[ETH_ALEN];

	if (!port || pad(copies, port))
		return -1;
	__builtin_memcpy(mac, port->mac, ETH_ALEN);
	return bpf_skb_store_bytes(copies->skb, ETH_ALEN, mac, ETH_ALEN, 0);
}

/* A failure costs this port its copy, and no other one. */
static __always_inline void clone_to_pending(struct copies *copies)
{
	if (!copies->pending_ifindex)
		return;
	if (fit_to_pending(copies) || bpf_clone_redirect(copies->skb, copies->pending_ifindex, 0))
		count_copy_drop(copies->pending, BPFCAST_CLONE, copies->packets);
	else
		count_sent(copies->pending, copies->packets, copies->bytes);
	copies->pending_ifindex = 0;
}

static __always_inline void offer(struct copies *copies, __u32 id)
{
	struct bpfcast_port *port = bpf_map_lookup_elem(&ports, &id);

	if (!port)
		return;
	if (port->ifindex == copies->arrival) /* split horizon */
		return;
	if (!port->ifindex) {
		count_copy_drop(id, BPFCAST_DOWN, copies->packets);
	} else if (copies->ttl <= port->ttl_threshold) {
		count_copy_drop(id, BPFCAST_THR, copies->packets);
	} else if (copies->segment > port->mtu) {
		count_copy_drop(id, BPFCAST_MTU, copies->packets);
		if (!copies->too_small || port->mtu < copies->too_small)
			copies->too_small = port->mtu;
	} else {
		__u32 ifindex = port->ifindex;

		clone_to_pending(copies);
		copies->pending = id;
		copies->pending_ifindex = ifindex;
	}
}

static long offer_nth(__u32 n, struct copies *copies)
{
	__u32 slot = bpfcast_oil_slot(copies->oil) + n / BPFCAST_CHUNK_PORTS;
	struct bpfcast_oil_chunk *chunk = bpf_map_lookup_elem(&oil_ports, &slot);

	if (!chunk)
		return 1;
	HIDE(n);
	offer(copies, chunk->ports[n & (BPFCAST_CHUNK_PORTS - 1)]);
	return 0;
}

/* As in XDP: MAC header and IP packet alone (F-24, F-25). Super packets have no trailer. */
static __always_inline int trim(struct __sk_buff *skb, const struct packet *packet)
{
	__u32 size = ETH_HLEN + packet->length;

	if (skb->vlan_present && bpf_skb_vlan_pop(skb))
		return -1;
	if (packet->tag_size && bpf_skb_vlan_pop(skb))
		return -1;
	return skb->len > size && !skb->gso_size ? bpf_skb_change_tail(skb, size, 0) : 0;
}

/*
 * A MAC header for the copies. It cannot be taken off again: should the packet go to the stack as well, it
 * stays in front, where the stack does not look.
 */
static __always_inline int push_mac_header(struct __sk_buff *skb, __u32 family)
{
	__be16 protocol = family == BPFCAST_IPV4 ? bpf_htons(ETH_P_IP) : bpf_htons(ETH_P_IPV6);

	return bpf_skb_change_head(skb, ETH_HLEN, 0) ||
	       bpf_skb_store_bytes(skb, __builtin_offsetof(struct ethhdr, h_proto), &protocol,
				   sizeof(protocol), 0);
}

/* `mac_size`: six for the destination alone. */
static __always_inline int write_headers(struct __sk_buff *skb, const void *mac, __u32 mac_size,
					 const struct ip_place *place, const union ip_part *ip)
{
	return bpf_skb_store_bytes(skb, 0, mac, mac_size, 0) ||
	       bpf_skb_store_bytes(skb, place->offset, ip, sizeof(*ip), place->flags);
}

/* Gives the TTL on arrival. */
static __always_inline __u32 take_hop(__u32 family, union ip_part *ip)
{
	if (family == BPFCAST_IPV4) {
		ip->v4.checksum = checksum_after_ttl(ip->v4.checksum);
		return ip->v4.ttl--;
	}
	return ip->v6.hop_limit--;
}

/* Replicates the packet. TC_ACT_UNSPEC leaves it as it arrived, for the stack. */
static __always_inline int send(struct __sk_buff *skb, const struct packet *packet, __u32 family,
				enum link_layer link, struct decision *decision)
{
	int local = bpfcast_oil_flags(decision->oil) & BPFCAST_OIL_LOCAL;
	const struct ip_place place = place_of_part(family);
	const __u32 none = unknown_zero();
	struct copies copies = {
		.skb = skb,
		.oil = decision->oil,
		.packets = skb->gso_segs ? skb->gso_segs : 1,
		.bytes = packet->length,
		.segment =
			skb->gso_size ? place.header_size + UDP_HEADER_SIZE + skb->gso_size : packet->length,
		.arrival = skb->ifindex,
		.pending_ifindex = none,
		.too_small = none,
		.short_size = ETH_HLEN + packet->length < ETH_ZLEN ? ETH_HLEN + packet->length : 0,
	};
	union ip_part ip, ip_out;
	struct mac_header mac;

	if ((link == LINK_BARE && push_mac_header(skb, family)) || trim(skb, packet) ||
	    bpf_skb_load_bytes(skb, 0, &mac, sizeof(mac)) ||
	    bpf_skb_load_bytes(skb, place.offset, &ip, sizeof(ip)))
		goto no_memory;
	ip_out = ip;
	copies.ttl = take_hop(family, &ip_out);
	if (write_headers(skb, packet->group_mac, ETH_ALEN, &place, &ip_out))
		goto no_memory;

	if (bpfcast_oil_flags(decision->oil) & BPFCAST_OIL_SINGLE)
		offer(&copies, bpfcast_oil_slot(decision->oil));
	else
		bpf_loop(bpfcast_oil_ports(decision->oil), offer_nth, &copies, 0);
	if (family == BPFCAST_IPV6 && copies.too_small)
		tell_too_big(skb, packet, decision->port, copies.too_small, copies.ttl);

	if (local) {
		clone_to_pending(&copies);
		if (write_headers(skb, &mac, sizeof(mac), &place, &ip))
			goto no_memory;
		return TC_ACT_UNSPEC;
	}
	if (!copies.pending_ifindex)
		return TC_ACT_SHOT;
	if (fit_to_pending(&copies))
		goto no_memory;
	count_sent(copies.pending, copies.packets, copies.bytes);
	return bpf_redirect(copies.pending_ifindex, 0);

no_memory:
	decision->verdict = BPFCAST_NOMEM;
	return TC_ACT_SHOT;
}

/* Frames of some senders keep even their headers in fragments. */
static __always_inline void pull_headers(struct __sk_buff *skb, enum link_layer link)
{
	const __u32 offset = link == LINK_ETHERNET ? ETH_HLEN : 0;
	const __u32 size4 = offset + sizeof(struct iphdr);
	const __u32 size6 = offset + sizeof(struct ipv6hdr);
	void *data = (void *)(long)skb->data;
	void *end = (void *)(long)skb->data_end;

	if (data + size4 > end)
		bpf_skb_pull_data(skb, skb->protocol == bpf_htons(ETH_P_IPV6) ? size6 : size4);
	else if (data + size6 > end && skb->protocol == bpf_htons(ETH_P_IPV6))
		bpf_skb_pull_data(skb, size6);
}

static __always_inline int handle(struct __sk_buff *skb, struct packet *packet, __u32 family,
				  enum link_layer link)
{
	struct decision decision;
	int action;

	if (!decide(skb, packet, family, skb->ifindex, &decision))
		return TC_ACT_UNSPEC;
	if (decision.verdict == BPFCAST_FORWARDED) {
		action = send(skb, packet, family, link, &decision);
	} else {
		action = decision.verdict < BPFCAST_FIRST_DROP ? TC_ACT_UNSPEC : TC_ACT_SHOT;
		if (decision.verdict == BPFCAST_NOROUTE)
			tell(packet, family, decision.port, BPFCAST_EVENT_NOROUTE);
		else if (decision.verdict == BPFCAST_RPF)
			tell(packet, family, decision.port, BPFCAST_EVENT_RPF);
	}
	count(packet, family, &decision, skb->gso_segs ? skb->gso_segs : 1, packet->length);
	return action;
}

/* Global functions: the verifier looks at each once, not once for every way through the parser. */
__noinline int handle4(struct __sk_buff *skb, struct packet *packet)
{
	return packet ? handle(skb, packet, BPFCAST_IPV4, LINK_ETHERNET) : TC_ACT_UNSPEC;
}

__noinline int handle6(struct __sk_buff *skb, struct packet *packet)
{
	return packet ? handle(skb, packet, BPFCAST_IPV6, LINK_ETHERNET) : TC_ACT_UNSPEC;
}

__noinline int handle_bare4(struct __sk_buff *skb, struct packet *packet)
{
	return packet ? handle(skb, packet, BPFCAST_IPV4, LINK_BARE) : TC_ACT_UNSPEC;
}

__noinline int handle_bare6(struct __sk_buff *skb, struct packet *packet)
{
	return packet ? handle(skb, packet, BPFCAST_IPV6, LINK_BARE) : TC_ACT_UNSPEC;
}

SEC("tc")
int bpfcast_tc(struct __sk_buff *skb)
{
	struct packet packet = {};
	int family;

	pull_headers(skb, LINK_ETHERNET);
	family = parse(skb, (void *)(long)skb->data, (void *)(long)skb->data_end, skb->len, &packet);
	if (!family)
		return TC_ACT_UNSPEC;
	if (skb->vlan_present && (skb->vlan_tci & VLAN_VID_MASK))
		packet.vid = skb->vlan_tci & VLAN_VID_MASK;
	return family == BPFCAST_IPV4 ? handle4(skb, &packet) : handle6(skb, &packet);
}

/* Of ports without a link layer: no addresses, so everything is for us, and no tags. */
SEC("tc")
int bpfcast_tc_bare(struct __sk_buff *skb)
{
	struct packet packet = {};
	int family;

	pull_headers(skb, LINK_BARE);
	family = parse_ip(skb, (void *)(long)skb->data, (void *)(long)skb->data_end, skb->protocol, 0,
			  skb->len, &packet);
	if (!family)
		return TC_ACT_UNSPEC;
	__builtin_memcpy(packet.destination, packet.group_mac, ETH_ALEN);
	return family == BPFCAST_IPV4 ? handle_bare4(skb, &packet) : handle_bare6(skb, &packet);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
