/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* IPv6. */
#pragma once

#include "packet.h"
#include "rewrite.h"

#define ICMPV6_MLD_QUERY 130
#define ICMPV6_MLDV1_DONE 132
#define ICMPV6_MLDV2_REPORT 143
#define IPV6_MAX_EXTENSIONS 8
#define EXTENSION_UNIT 8 /* octets; each header has at least one */
#define IPV6_FRAGMENT_OFFSET 0xfff8

struct extension_walk {
	void *context;
	__u32 offset;
	__u32 end;     /* of the packet: a trailer has no headers */
	__u32 next;    /* the kind of the header at `offset` */
	__u32 found;   /* OPT once there was a header that others have to look into */
	__u32 verdict; /* OPT until the chain came to its end */
};

static __always_inline int is_mld(__u8 type)
{
	return (type >= ICMPV6_MLD_QUERY && type <= ICMPV6_MLDV1_DONE) || type == ICMPV6_MLDV2_REPORT;
}

static __always_inline int is_extension(__u32 next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_DSTOPTS ||
	       next == IPPROTO_FRAGMENT;
}

static long judge_extension(__u32 n __attribute__((unused)), struct extension_walk *walk)
{
	__u8 header[4] = {};
	__u8 type = 0;

	if (walk->offset > walk->end)
		return 1;
	if (walk->next == IPPROTO_ICMPV6) {
		if (walk->offset < walk->end && !load_bytes(walk->context, walk->offset, &type, sizeof(type)))
			walk->verdict = is_mld(type) ? BPFCAST_CTRL : walk->found;
		return 1;
	}
	if (!is_extension(walk->next)) {
		walk->verdict = walk->found;
		return 1;
	}
	if (walk->offset + EXTENSION_UNIT > walk->end ||
	    load_bytes(walk->context, walk->offset, header, sizeof(header)))
		return 1;
	if (walk->next == IPPROTO_HOPOPTS || walk->next == IPPROTO_ROUTING) {
		walk->found = BPFCAST_OPT;
	} else if (walk->next == IPPROTO_FRAGMENT) { /* only the first one goes on with a header */
		if ((header[2] << 8 | header[3]) & IPV6_FRAGMENT_OFFSET) {
			walk->verdict = walk->found;
			return 1;
		}
		header[1] = 0; /* its size is fixed */
	}
	walk->next = header[0];
	walk->offset += (header[1] + 1) * EXTENSION_UNIT;
	return 0;
}

/*
 * FORWARDED, OPT for hop-by-hop options and routing headers, or CTRL for MLD (F-04, F-14). By bpf_loop(), for
 * the verifier.
 */
static __noinline __u32 judge_extensions(void *context, __u32 offset, __u32 end, __u32 next)
{
	__u32 zero = unknown_zero();
	struct extension_walk walk = {
		.context = context,
		.offset = offset + zero,
		.end = end,
		.next = next + zero,
		.found = BPFCAST_FORWARDED,
		.verdict = BPFCAST_OPT,
	};

	bpf_loop(IPV6_MAX_EXTENSIONS, judge_extension, &walk, 0);
	return walk.verdict;
}

static __always_inline int needs_walk(__u8 next)
{
	return next == IPPROTO_ICMPV6 || is_extension(next);
}

/* ::, ::1, ff00::/8, fe80::/10, ::ffff:0:0/96 */
static __always_inline int is_martian6(const __be32 *source)
{
	if (!source[0] && !source[1])
		return (!source[2] && (!source[3] || source[3] == bpf_htonl(1))) ||
		       source[2] == bpf_htonl(0xffff);
	return (source[0] & bpf_htonl(0xff000000)) == bpf_htonl(0xff000000) ||
	       (source[0] & bpf_htonl(0xffc00000)) == bpf_htonl(0xfe800000);
}

/* What else than MLD and options there is to say. */
static __always_inline __u32 judge_header6(struct ipv6hdr *ip, const struct packet *packet, __u32 room)
{
	if (ip->version != 6 || bpf_ntohs(ip->payload_len) > room - sizeof(*ip))
		return BPFCAST_HDR;
	if (ip->hop_limit <= 1)
		return BPFCAST_TTL;
	return is_martian6(packet->flow6.stream.source) ? BPFCAST_MART : BPFCAST_FORWARDED;
}

/* `offset`: of this header in the frame; `room`: octets of the frame from here. */
static __always_inline int parse6(void *context, struct ipv6hdr *ip, void *end, __u32 offset, __u32 room,
				  struct packet *packet)
{
	__u8 scope;

	if ((void *)(ip + 1) > end || ip->daddr.s6_addr[0] != 0xff)
		return 0;
	__builtin_memcpy(packet->flow6.stream.source, &ip->saddr, sizeof(ip->saddr));
	__builtin_memcpy(packet->flow6.stream.group, &ip->daddr, sizeof(ip->daddr));
	packet->length = sizeof(*ip) + bpf_ntohs(ip->payload_len);
	group_mac6(packet->flow6.stream.group, packet->group_mac);
	packet->options = BPFCAST_FORWARDED;
	scope = ip->daddr.s6_addr[1] & 0x0f;
	if (scope <= 2) { /* as in IPv4 the address is enough */
		packet->verdict = scope ? BPFCAST_SCOPE : BPFCAST_SCOPE0;
		return BPFCAST_IPV6;
	}
	packet->verdict = judge_header6(ip, packet, room);
	if (needs_walk(ip->nexthdr)) {
		packet->options =
			judge_extensions(context, offset + sizeof(*ip), offset + packet->length, ip->nexthdr);
		if (packet->options == BPFCAST_CTRL)
			packet->verdict = BPFCAST_CTRL;
	}
	return BPFCAST_IPV6;
}
