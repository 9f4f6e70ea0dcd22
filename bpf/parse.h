/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* From octets to a `struct packet`. The families meet after this file. */
#pragma once

#include "parse4.h"
#include "parse6.h"

struct vlan_tag {
	__be16 tci;
	__be16 protocol;
};

static __always_inline int parse_ip(void *context, void *ip, void *end, __be16 protocol, __u32 offset,
				    __u32 room, struct packet *packet)
{
	if (protocol == bpf_htons(ETH_P_IP))
		return parse4(context, ip, end, offset, room, packet);
	if (protocol == bpf_htons(ETH_P_IPV6))
		return parse6(context, ip, end, offset, room, packet);
	return 0;
}

/* The family of a packet with a multicast destination (F-01); 0 for everything else, which is none of our
 * business. */
static __always_inline int parse(void *context, void *data, void *end, __u32 frame_size,
				 struct packet *packet)
{
	struct ethhdr *eth = data;
	void *ip = eth + 1;
	__be16 protocol;

	if (ip > end)
		return 0;
	packet->tag_size = 0;
	packet->vid = 0;
	protocol = eth->h_proto;
	if (protocol == bpf_htons(ETH_P_8021Q) || protocol == bpf_htons(ETH_P_8021AD)) {
		struct vlan_tag *tag = ip;

		if ((void *)(tag + 1) > end)
			return 0;
		packet->tag_size = sizeof(*tag);
		packet->vid = bpf_ntohs(tag->tci) & VLAN_VID_MASK;
		protocol = tag->protocol;
		ip = tag + 1;
	}
	__builtin_memcpy(packet->destination, eth->h_dest, ETH_ALEN);
	return parse_ip(context, ip, end, protocol, ETH_HLEN + packet->tag_size,
			frame_size - ETH_HLEN - packet->tag_size, packet);
}
