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

#define HEADERS_SIZE (ETH_HLEN + sizeof(struct iphdr))
#define TTL_OFFSET (ETH_HLEN + __builtin_offsetof(struct iphdr, ttl))
#define UDP_HEADER_SIZE 8

/* The octets that forwarding changes. */
struct mac_header {
	__u8 destination[ETH_ALEN];
	__u8 source[ETH_ALEN];
};
struct ttl_and_checksum {
	__u8 ttl;
	__u8 protocol;
	__be16 checksum;
};

struct copies {
	struct __sk_buff *skb;
	__u64 oil;
	__u64 packets;
	__u64 bytes;
	__u32 segment; /* IP length of the largest packet in it, for the MTU */
	__u32 arrival; /* ifindex */
	__u32 ttl;     /* on arrival */
	__u32 pending; /* the last port that takes a copy; it gets the packet itself if nobody else needs it
			*/
	__u32 pending_ifindex;
};

static __always_inline long load_bytes(void *context, __u32 offset, void *to, __u32 size)
{
	return bpf_skb_load_bytes(context, offset, to, size);
}

static __always_inline int write_source(struct copies *copies)
{
	struct bpfcast_port *port = bpf_map_lookup_elem(&ports, &copies->pending);
	__u8 mac[ETH_ALEN];

	if (!port)
		return -1;
	__builtin_memcpy(mac, port->mac, ETH_ALEN);
	return bpf_skb_store_bytes(copies->skb, ETH_ALEN, mac, ETH_ALEN, 0);
}

/* A failure costs this port its copy, and no other one. */
static __always_inline void clone_to_pending(struct copies *copies)
{
	if (!copies->pending_ifindex)
		return;
	if (write_source(copies) || bpf_clone_redirect(copies->skb, copies->pending_ifindex, 0))
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

/* As in XDP: MAC header and IP packet alone, zeros up to 60 octets (F-24, F-25). Super packets have no
 * trailer. */
static __always_inline int trim(struct __sk_buff *skb, const struct packet *packet)
{
	__u32 size = ETH_HLEN + packet->length;

	if (skb->vlan_present && bpf_skb_vlan_pop(skb))
		return -1;
	if (packet->tag_size && bpf_skb_vlan_pop(skb))
		return -1;
	if (skb->len > size && !skb->gso_size && bpf_skb_change_tail(skb, size, 0))
		return -1;
	return size < ETH_ZLEN ? bpf_skb_change_tail(skb, ETH_ZLEN, 0) : 0;
}

static __always_inline int write_headers(struct __sk_buff *skb, const struct mac_header *mac,
					 const struct ttl_and_checksum *ip)
{
	return bpf_skb_store_bytes(skb, 0, mac, sizeof(*mac), 0) ||
	       bpf_skb_store_bytes(skb, TTL_OFFSET, ip, sizeof(*ip), 0);
}

/* Replicates the packet. TC_ACT_UNSPEC leaves it as it arrived, for the stack. */
static __always_inline int send(struct __sk_buff *skb, const struct packet *packet, struct decision *decision)
{
	int local = bpfcast_oil_flags(decision->oil) & BPFCAST_OIL_LOCAL;
	struct copies copies = {
		.skb = skb,
		.oil = decision->oil,
		.packets = skb->gso_segs ? skb->gso_segs : 1,
		.bytes = packet->length,
		.segment = skb->gso_size ? sizeof(struct iphdr) + UDP_HEADER_SIZE + skb->gso_size
					 : packet->length,
		.arrival = skb->ifindex,
	};
	struct ttl_and_checksum ip, ip_out;
	struct mac_header mac, mac_out;

	if (trim(skb, packet) || bpf_skb_load_bytes(skb, 0, &mac, sizeof(mac)) ||
	    bpf_skb_load_bytes(skb, TTL_OFFSET, &ip, sizeof(ip)))
		goto no_memory;
	mac_out = mac;
	ip_out = ip;
	group_mac4(packet->group, mac_out.destination);
	ip_out.ttl--;
	ip_out.checksum = checksum_after_ttl(ip.checksum);
	if (write_headers(skb, &mac_out, &ip_out))
		goto no_memory;

	copies.ttl = ip.ttl;
	if (bpfcast_oil_flags(decision->oil) & BPFCAST_OIL_SINGLE)
		offer(&copies, bpfcast_oil_slot(decision->oil));
	else
		bpf_loop(bpfcast_oil_ports(decision->oil), offer_nth, &copies, 0);

	if (local) {
		clone_to_pending(&copies);
		if (write_headers(skb, &mac, &ip))
			goto no_memory;
		return TC_ACT_UNSPEC;
	}
	if (!copies.pending_ifindex)
		return TC_ACT_SHOT;
	if (write_source(&copies))
		goto no_memory;
	count_sent(copies.pending, copies.packets, copies.bytes);
	return bpf_redirect(copies.pending_ifindex, 0);

no_memory:
	decision->verdict = BPFCAST_NOMEM;
	return TC_ACT_SHOT;
}

SEC("tc")
int bpfcast_tc(struct __sk_buff *skb)
{
	struct packet packet;
	struct decision decision;
	int action;

	/* Frames of some senders keep even their headers in fragments. */
	if ((void *)(long)skb->data + HEADERS_SIZE > (void *)(long)skb->data_end)
		bpf_skb_pull_data(skb, HEADERS_SIZE);
	if (!parse(skb, (void *)(long)skb->data, (void *)(long)skb->data_end, skb->len, &packet))
		return TC_ACT_UNSPEC;
	if (skb->vlan_present && (skb->vlan_tci & VLAN_VID_MASK))
		packet.vid = skb->vlan_tci & VLAN_VID_MASK;
	decide(&packet, skb->ifindex, &decision);
	if (decision.verdict == BPFCAST_FORWARDED)
		action = send(skb, &packet, &decision);
	else
		action = decision.verdict < BPFCAST_FIRST_DROP ? TC_ACT_UNSPEC : TC_ACT_SHOT;
	count(&packet, &decision, skb->gso_segs ? skb->gso_segs : 1, packet.length);
	return action;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
