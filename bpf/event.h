/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Telling the agent of single packets. Only packets that are not forwarded everywhere come here. */
#pragma once

#include "maps.h"
#include "packet.h"

/* Two CPUs that want the same one get one, and the other packet is not told of. */
static __always_inline int take_from_budget(__u32 kind, __u64 now)
{
	__u64 *word = bpf_map_lookup_elem(&event_budget, &kind);
	__u64 second = now >> 30 << 32; /* nearly one */
	__u64 seen, next;

	if (!word)
		return 0;
	seen = *(volatile __u64 *)word;
	next = seen + 1;
	if (seen >> 32 != second >> 32)
		next = second + 1;
	else if ((__u32)seen >= BPFCAST_EVENTS_PER_S)
		return 0;
	return __sync_val_compare_and_swap(word, seen, next) == seen;
}

/* The budget comes before the entry, so that a flood does not wash the table away either. */
static __always_inline int is_news(void *told, const void *key, __u32 kind, __u64 interval)
{
	__u64 now = bpf_ktime_get_coarse_ns();
	__u64 *last = bpf_map_lookup_elem(told, key);
	__u64 before = 0;

	if (last) {
		before = *(volatile __u64 *)last;
		if ((__s64)(now - before) < (__s64)interval)
			return 0;
	}
	if (!take_from_budget(kind, now))
		return 0;
	if (last)
		return __sync_val_compare_and_swap(last, before, now) == before;
	return !bpf_map_update_elem(told, key, &now, BPF_NOEXIST);
}

static __always_inline int is_news4(const struct packet *packet, __u32 port, __u32 kind, __u64 interval)
{
	struct bpfcast_told4 key = {.stream = packet->flow4, .kind = kind};

	key.stream.port = port;
	return is_news(&told4, &key, kind, interval);
}

static __always_inline int is_news6(const struct packet *packet, __u32 port, __u32 kind, __u64 interval)
{
	struct bpfcast_told6 key = {.stream = packet->flow6, .kind = kind};

	key.stream.port = port;
	return is_news(&told6, &key, kind, interval);
}

static __always_inline void fill_event(struct bpfcast_event *event, const struct packet *packet, __u32 family,
				       __u32 port, __u32 kind)
{
	event->kind = kind;
	event->family = family;
	event->port = port;
	event->mtu = 0;
	event->quoted = 0;
	event->reserved = 0;
	__builtin_memset(&event->key6, 0, sizeof(event->key6));
	if (family == BPFCAST_IPV4)
		event->key4 = packet->flow4.stream;
	else
		event->key6 = packet->flow6.stream;
}

/* Global functions, as those that handle a packet: the verifier looks at each once. */
__noinline int tell4(const struct packet *packet, __u32 port, __u32 kind)
{
	struct bpfcast_event *event;

	if (!packet || !is_news4(packet, port, kind, BPFCAST_TELL_AGAIN_NS))
		return 0;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event)
		return 0;
	fill_event(event, packet, BPFCAST_IPV4, port, kind);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

__noinline int tell6(const struct packet *packet, __u32 port, __u32 kind)
{
	struct bpfcast_event *event;

	if (!packet || !is_news6(packet, port, kind, BPFCAST_TELL_AGAIN_NS))
		return 0;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event)
		return 0;
	fill_event(event, packet, BPFCAST_IPV6, port, kind);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

static __always_inline void tell(const struct packet *packet, __u32 family, __u32 port, __u32 kind)
{
	if (family == BPFCAST_IPV4)
		tell4(packet, port, kind);
	else
		tell6(packet, port, kind);
}
