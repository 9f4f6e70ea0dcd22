/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * From octets to a `struct packet`. The families meet after this file: IPv6 adds a parser that fills the same
 * structure.
 */
#pragma once

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bpfcast/abi.h"

#define VLAN_VID_MASK 0x0fff
#define IPOPT_END_OF_LIST 0
#define IPOPT_NO_OPERATION 1
#define IPOPT_LOOSE_SOURCE_ROUTE 131
#define IPOPT_STRICT_SOURCE_ROUTE 137
#define IP_MAX_OPTIONS 40

struct vlan_tag {
	__be16 tci;
	__be16 protocol;
};

struct packet {
	__be32 source;
	__be32 group;
	__u32 verdict; /* FORWARDED as long as nothing in the header speaks against it */
	__u32 options; /* the same for the IP options, which are judged after the source */
	__u16 length;  /* of the IP packet */
	__u16 vid;     /* of the tag in the frame, 0 without one */
	__u8 tag_size; /* octets of VLAN tag between the MAC addresses and the protocol */
	__u8 destination[ETH_ALEN];
};

/* Each program has its own helper for this; it defines the function. */
static __always_inline long load_bytes(void *context, __u32 offset, void *to, __u32 size);

struct option_walk {
	void *context;
	__u32 offset;
	__u32 end;
	__u32 verdict;
};

static long judge_option(__u32 n __attribute__((unused)), struct option_walk *walk)
{
	__u8 option[2] = {};

	if (walk->offset >= walk->end || load_bytes(walk->context, walk->offset, option, sizeof(option)))
		return 1;
	switch (option[0]) {
	case IPOPT_END_OF_LIST:
		return 1;
	case IPOPT_NO_OPERATION:
		walk->offset++;
		return 0;
	case IPOPT_LOOSE_SOURCE_ROUTE:
	case IPOPT_STRICT_SOURCE_ROUTE:
		walk->verdict = BPFCAST_SRCROUTE;
		return 1;
	}
	walk->offset += option[1];
	return option[1] < sizeof(option);
}

/* By bpf_loop(): the verifier would follow every way through the options otherwise. */
static __always_inline __u32 judge_options(void *context, __u32 offset, __u32 size)
{
	struct option_walk walk = {
		.context = context,
		.offset = offset,
		.end = offset + size,
		.verdict = BPFCAST_OPT,
	};

	bpf_loop(IP_MAX_OPTIONS, judge_option, &walk, 0);
	return walk.verdict;
}

static __always_inline __u32 judge_header4(struct iphdr *ip, __u32 header_size, __u32 room)
{
	/* An address is enough to forward nothing on the link's own groups, so damaged ones reach the stack
	 * too. */
	if ((ip->daddr & bpf_htonl(0xffffff00)) == bpf_htonl(0xe0000000))
		return BPFCAST_SCOPE;
	if (ip->protocol == IPPROTO_IGMP)
		return BPFCAST_CTRL;
	if (ip->version != 4 || header_size < sizeof(*ip) || bpf_ntohs(ip->tot_len) < header_size ||
	    bpf_ntohs(ip->tot_len) > room)
		return BPFCAST_HDR;
	if (ip->ttl <= 1)
		return BPFCAST_TTL;
	return BPFCAST_FORWARDED;
}

/* True for IPv4 with a multicast destination (F-01); everything else is none of our business. */
static __always_inline int parse(void *context, void *data, void *end, __u32 frame_size,
				 struct packet *packet)
{
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	__be16 protocol;
	__u32 header_size;

	if ((void *)(eth + 1) > end)
		return 0;
	packet->tag_size = 0;
	packet->vid = 0;
	protocol = eth->h_proto;
	if (protocol == bpf_htons(ETH_P_8021Q) || protocol == bpf_htons(ETH_P_8021AD)) {
		struct vlan_tag *tag = (void *)(eth + 1);

		if ((void *)(tag + 1) > end)
			return 0;
		packet->tag_size = sizeof(*tag);
		packet->vid = bpf_ntohs(tag->tci) & VLAN_VID_MASK;
		protocol = tag->protocol;
		ip = (void *)(tag + 1);
	}
	if (protocol != bpf_htons(ETH_P_IP) || (void *)(ip + 1) > end)
		return 0;
	if ((ip->daddr & bpf_htonl(0xf0000000)) != bpf_htonl(0xe0000000))
		return 0;

	packet->source = ip->saddr;
	packet->group = ip->daddr;
	packet->length = bpf_ntohs(ip->tot_len);
	__builtin_memcpy(packet->destination, eth->h_dest, ETH_ALEN);
	header_size = ip->ihl * 4;
	packet->verdict = judge_header4(ip, header_size, frame_size - ETH_HLEN - packet->tag_size);
	packet->options = BPFCAST_FORWARDED;
	if (packet->verdict == BPFCAST_FORWARDED && header_size > sizeof(*ip))
		packet->options = judge_options(context, ETH_HLEN + packet->tag_size + sizeof(*ip),
						header_size - sizeof(*ip));
	return 1;
}
