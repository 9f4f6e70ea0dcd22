/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* IPv4. */
#pragma once

#include "packet.h"
#include "rewrite.h"

#define IPOPT_END_OF_LIST 0
#define IPOPT_NO_OPERATION 1
#define IPOPT_LOOSE_SOURCE_ROUTE 131
#define IPOPT_STRICT_SOURCE_ROUTE 137
#define IP_MAX_OPTIONS 40

struct option_walk {
	void *context;
	__u32 offset;
	__u32 end;
	__u32 verdict;
};

static long judge_option(__u32 n __attribute__((unused)), struct option_walk *walk)
{
	__u8 type = 0;
	__u8 length = 0;

	if (walk->offset >= walk->end || load_bytes(walk->context, walk->offset, &type, sizeof(type)))
		return 1;
	switch (type) {
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
	if (load_bytes(walk->context, walk->offset + 1, &length, sizeof(length)))
		return 1;
	walk->offset += length;
	return length < sizeof(type) + sizeof(length);
}

/* By bpf_loop(): the verifier would follow every way through the options otherwise. */
static __always_inline __u32 judge_options(void *context, __u32 offset, __u32 size)
{
	__u32 start = offset + unknown_zero();
	struct option_walk walk = {
		.context = context,
		.offset = start,
		.end = start + size,
		.verdict = BPFCAST_OPT,
	};

	bpf_loop(IP_MAX_OPTIONS, judge_option, &walk, 0);
	return walk.verdict;
}

static __always_inline int is_martian4(__be32 source)
{
	__u32 host = bpf_ntohl(source);

	return host >> 24 == 0 || host >> 24 == 127 || host >> 16 == 0xa9fe || host >= 0xe0000000;
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
	return is_martian4(ip->saddr) ? BPFCAST_MART : BPFCAST_FORWARDED;
}

/* `offset`: of this header in the frame; `room`: octets of the frame from here. */
static __always_inline int parse4(void *context, struct iphdr *ip, void *end, __u32 offset, __u32 room,
				  struct packet *packet)
{
	__u32 header_size;

	if ((void *)(ip + 1) > end || (ip->daddr & bpf_htonl(0xf0000000)) != bpf_htonl(0xe0000000))
		return 0;
	packet->flow4.stream.source = ip->saddr;
	packet->flow4.stream.group = ip->daddr;
	packet->length = bpf_ntohs(ip->tot_len);
	group_mac4(ip->daddr, packet->group_mac);
	header_size = ip->ihl * 4;
	packet->verdict = judge_header4(ip, header_size, room);
	packet->options = BPFCAST_FORWARDED;
	if (packet->verdict == BPFCAST_FORWARDED && header_size > sizeof(*ip))
		packet->options = judge_options(context, offset + sizeof(*ip), header_size - sizeof(*ip));
	return BPFCAST_IPV4;
}
