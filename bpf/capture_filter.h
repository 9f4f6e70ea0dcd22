/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Which packets a capture takes: multicast packets of the groups and sources that were asked for.
 */
#ifndef BPFCAST_CAPTURE_FILTER_H
#define BPFCAST_CAPTURE_FILTER_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bpfcast/capture.h"

const volatile __u32 some_groups = 0; /* not all: those of `groups` */
const volatile __u32 some_sources = 0;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct bpfcast_any_address);
	__type(value, __u32);
} groups SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct bpfcast_any_address);
	__type(value, __u32);
} sources SEC(".maps");

enum state {
	NOBODY, /* not of a watched port, or no multicast */
	CAPTURED,
	LEFT_OUT,
	LOST,
};

/* The IP header, and the octets behind it, as far as they are linear. */
struct header {
	union {
		__u8 version; /* upper half */
		struct iphdr ip4;
		struct ipv6hdr ip6;
	};
};

struct addresses {
	struct bpfcast_any_address source;
	struct bpfcast_any_address group;
};

static __always_inline void map_ipv4(__be32 from, struct bpfcast_any_address *to)
{
	to->word[2] = bpf_htonl(0xffff);
	to->word[3] = from;
}

/* False when it is no multicast packet. */
static __always_inline int find_addresses(const struct header *ip, struct addresses *addresses)
{
	if (ip->version >> 4 == 4) {
		map_ipv4(ip->ip4.saddr, &addresses->source);
		map_ipv4(ip->ip4.daddr, &addresses->group);
		return (bpf_ntohl(ip->ip4.daddr) & 0xf0000000) == 0xe0000000;
	}
	if (ip->version >> 4 != 6)
		return 0;
	__builtin_memcpy(&addresses->source, &ip->ip6.saddr, sizeof(addresses->source));
	__builtin_memcpy(&addresses->group, &ip->ip6.daddr, sizeof(addresses->group));
	return ip->ip6.daddr.s6_addr[0] == 0xff;
}

static __always_inline enum state filter(const struct addresses *addresses)
{
	if ((some_groups && !bpf_map_lookup_elem(&groups, &addresses->group)) ||
	    (some_sources && !bpf_map_lookup_elem(&sources, &addresses->source)))
		return LEFT_OUT;
	return CAPTURED;
}

/* What is too short to tell is taken: whoever reads the records looks again. */
static __always_inline enum state look_at_ip(const void *data, __u32 linear)
{
	struct addresses addresses = {};
	struct header ip = {};

	if (linear < sizeof(ip.ip4) || bpf_probe_read_kernel(&ip, sizeof(ip.ip4), data))
		return CAPTURED;
	if (ip.version >> 4 == 6 &&
	    (linear < sizeof(ip.ip6) || bpf_probe_read_kernel(&ip, sizeof(ip.ip6), data)))
		return CAPTURED;
	return find_addresses(&ip, &addresses) ? filter(&addresses) : NOBODY;
}

static __always_inline enum state look_at_frame(const void *data, __u32 linear)
{
	struct {
		struct ethhdr eth;
		__be16 tci;
		__be16 protocol;
	} mac;
	__u32 size = ETH_HLEN;
	__be16 protocol;

	if (linear < sizeof(mac) || bpf_probe_read_kernel(&mac, sizeof(mac), data))
		return CAPTURED;
	protocol = mac.eth.h_proto;
	if (protocol == bpf_htons(ETH_P_8021Q) || protocol == bpf_htons(ETH_P_8021AD)) {
		protocol = mac.protocol;
		size = sizeof(mac);
	}
	if (protocol != bpf_htons(ETH_P_IP) && protocol != bpf_htons(ETH_P_IPV6))
		return NOBODY;
	return look_at_ip(data + size, linear - size);
}

#endif
