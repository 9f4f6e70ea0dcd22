/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What both families' parsers fill, and what they need for it.
 *
 * From here on a `family` in a list of parameters is a constant at each place of call: each program has one
 * function for each family, so that neither a packet nor the verifier meets the other family's code.
 */
#pragma once

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bpfcast/abi.h"
#include "verifier.h"

#define VLAN_VID_MASK 0x0fff

/* What packets of a port begin with; a constant in the same way. */
enum link_layer {
	LINK_ETHERNET,
	LINK_BARE, /* nothing: the IP header is the first (tun, ppp) */
};

struct packet {
	union { /* by family; the parser leaves the port of arrival open */
		struct bpfcast_flow_key4 flow4;
		struct bpfcast_flow_key6 flow6;
	};
	__u32 verdict; /* FORWARDED as long as nothing in the header speaks against it */
	__u32 options; /* the same for IP options and extension headers, which are judged after the source */
	__u32 length;  /* of the IP packet: IPv6 counts its header beside 65535 octets */
	__u16 vid;     /* of the tag in the frame, 0 without one */
	__u8 tag_size; /* octets of VLAN tag between the MAC addresses and the protocol */
	__u8 destination[ETH_ALEN];
	__u8 group_mac[ETH_ALEN]; /* where it belongs by its group */
};

/* Each program has its own helper for this; it defines the function. */
static __always_inline long load_bytes(void *context, __u32 offset, void *to, __u32 size);
