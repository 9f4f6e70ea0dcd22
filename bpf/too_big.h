/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Of an IPv6 packet that an outgoing port could not take, for the Packet Too Big that its sender gets (F-42).
 */
#pragma once

#include "event.h"

/* The copies have been made: `hop_limit` is what the packet arrived with. */
__noinline int tell_too_big(struct __sk_buff *skb, const struct packet *packet, __u32 port, __u32 mtu,
			    __u32 hop_limit)
{
	struct bpfcast_quoting_event *event;
	__u32 size;

	if (!packet || !is_news6(packet, port, BPFCAST_EVENT_TOOBIG, BPFCAST_TELL_TOOBIG_NS))
		return 0;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event)
		return 0;
	fill_event(&event->head, packet, BPFCAST_IPV6, port, BPFCAST_EVENT_TOOBIG);
	size = packet->length;
	HIDE(size);
	if (size > BPFCAST_EVENT_QUOTE)
		size = BPFCAST_EVENT_QUOTE;
	if (size < sizeof(struct ipv6hdr) || bpf_skb_load_bytes(skb, ETH_HLEN, event->packet, size)) {
		bpf_ringbuf_discard(event, 0);
		return 0;
	}
	event->head.mtu = mtu;
	event->head.quoted = size;
	event->packet[__builtin_offsetof(struct ipv6hdr, hop_limit)] = hop_limit;
	bpf_ringbuf_submit(event, 0);
	return 0;
}
