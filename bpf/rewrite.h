/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What forwarding changes in a packet: TTL or hop limit, header checksum, MAC addresses; nothing else (F-20).
 */
#pragma once

#include <linux/types.h>

#include <bpf/bpf_endian.h>

/*
 * Checksum of an IPv4 header whose TTL went down by one (RFC 1624, F-20). It is incremental, so a bad sum
 * stays as bad as it arrived and the receivers discard the packet (F-06).
 */
static inline __be16 checksum_after_ttl(__be16 checksum)
{
	__u32 sum = bpf_ntohs(checksum) + 0x0100;

	return bpf_htons(sum >= 0xffff ? sum - 0xffff : sum);
}

/* The MAC address of an IPv4 group: 01:00:5e and its low 23 bits (RFC 1112 6.4, F-30). */
static inline void group_mac4(__be32 group, __u8 mac[6])
{
	__u32 host = bpf_ntohl(group);

	mac[0] = 0x01;
	mac[1] = 0x00;
	mac[2] = 0x5e;
	mac[3] = (host >> 16) & 0x7f;
	mac[4] = (host >> 8) & 0xff;
	mac[5] = host & 0xff;
}

/* The MAC address of an IPv6 group: 33:33 and its low 32 bits (RFC 2464 7, F-30). */
static inline void group_mac6(const __be32 group[4], __u8 mac[6])
{
	__u32 host = bpf_ntohl(group[3]);

	mac[0] = 0x33;
	mac[1] = 0x33;
	mac[2] = host >> 24;
	mac[3] = (host >> 16) & 0xff;
	mac[4] = (host >> 8) & 0xff;
	mac[5] = host & 0xff;
}
