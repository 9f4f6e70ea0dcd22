// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * `bpfcast capture`: at the beginning and at the end of the programs that forward, so that these hold nothing
 * of it and cost nothing while nobody captures. An arriving frame is given away before it is changed; what
 * became of it is what the counters of this CPU have more at the end, as nothing else counts on it meanwhile.
 */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "bpfcast/capture.h"
#include "capture_filter.h"
#include "kernel_types.h"

const volatile __u64 netns_cookie = 0; /* an ifindex means an interface in our namespace alone */

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
} records SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, BPFCAST_MAX_PORTS);
	__type(key, __u32);
	__type(value, __u32);
} watched SEC(".maps");

/* Multicast packets of watched ports that are not captured: by enum bpfcast_uncaptured. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, BPFCAST_UNCAPTURED_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} uncaptured SEC(".maps");

/* The packet that is being judged on this CPU. Neither XDP nor TC on arrival interrupts itself. */
struct judging {
	__u32 state;
	__u32 reserved;
	__u64 number; /* of the last one that was given away */
	__u64 before[BPFCAST_COUNTER_COUNT];
};

enum hook { HOOK_XDP, HOOK_TC, HOOKS };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, HOOKS);
	__type(key, __u32);
	__type(value, struct judging);
} judged SEC(".maps");

/* Of the instance. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, BPFCAST_COUNTER_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} verdicts SEC(".maps");

static __always_inline int watches(struct net_device *device, __u32 direction)
{
	__u32 ifindex = device->ifindex;
	__u32 *directions = bpf_map_lookup_elem(&watched, &ifindex);

	return directions && *directions & direction && device->nd_net.net->net_cookie == netns_cookie;
}

static __always_inline void count(__u32 what)
{
	__u64 *counter = bpf_map_lookup_elem(&uncaptured, &what);

	if (counter)
		(*counter)++;
}

/* The judgement of a packet begins. False when it is not to be given away. */
static __always_inline int begin(struct judging *own, enum state state)
{
	__u32 i;

	own->state = state;
	if (state != CAPTURED)
		return 0;
	own->number++;
	for (i = 0; i < BPFCAST_COUNTER_COUNT; i++) {
		__u32 index = i;
		__u64 *counter = bpf_map_lookup_elem(&verdicts, &index);

		own->before[i] = counter ? *counter : 0;
	}
	return 1;
}

static __always_inline void tell_verdict(void *context, __u32 hook, const struct judging *own, int action)
{
	struct bpfcast_judged record = {
		.record = hook == HOOK_XDP ? BPFCAST_JUDGED_XDP : BPFCAST_JUDGED_TC,
		.action = action,
		.number = own->number,
		.verdict = BPFCAST_VERDICT_COUNT,
	};
	__u32 i;

	for (i = 0; i < BPFCAST_COUNTER_COUNT; i++) {
		__u32 index = i;
		__u64 *counter = bpf_map_lookup_elem(&verdicts, &index);
		__u64 more = counter ? *counter - own->before[i] : 0;

		if (i >= BPFCAST_VERDICT_COUNT)
			record.copies_dropped[i - BPFCAST_VERDICT_COUNT] = more;
		else if (more)
			record.verdict = i;
	}
	bpf_perf_event_output(context, &records, BPF_F_CURRENT_CPU, &record, sizeof(record));
}

/* What XDP passes on is TC's to tell of. */
static __always_inline void end(void *context, __u32 hook, int action)
{
	struct judging *own = bpf_map_lookup_elem(&judged, &hook);
	int settled = hook != HOOK_XDP || action != XDP_PASS;

	if (!own)
		return;
	if (own->state == CAPTURED)
		tell_verdict(context, hook, own, action);
	else if (own->state == LEFT_OUT && settled)
		count(BPFCAST_UNCAPTURED_LEFT_OUT);
	else if (own->state == LOST && settled)
		count(BPFCAST_UNCAPTURED_LOST);
	own->state = NOBODY;
}

static __always_inline __u64 output_flags(__u32 length)
{
	__u64 kept = length < BPFCAST_CAPTURE_SNAP ? length : BPFCAST_CAPTURE_SNAP;

	return kept << 32 | BPF_F_CURRENT_CPU;
}

static __always_inline long give_xdp(struct xdp_buff *xdp, __u32 record, __u32 ifindex, __u64 number)
{
	struct bpfcast_captured head = {
		.record = record,
		.ifindex = ifindex,
		.number = number,
		.time = bpf_ktime_get_ns(),
		.length = xdp->data_end - xdp->data,
	};

	return bpf_xdp_output(xdp, &records, output_flags(head.length), &head, sizeof(head));
}

/* The arguments of these programs are those of the one that they are attached to; at its end what it returns
 * follows. */
SEC("fentry")
int xdp_arrives(__u64 *arguments)
{
	struct xdp_buff *xdp = (void *)arguments[0];
	struct net_device *device = xdp->rxq->dev;
	__u32 hook = HOOK_XDP;
	struct judging *own = bpf_map_lookup_elem(&judged, &hook);

	if (!own || !watches(device, BPFCAST_WATCH_IN))
		return 0;
	if (begin(own, look_at_frame(xdp->data, xdp->data_end - xdp->data)) &&
	    give_xdp(xdp, BPFCAST_ARRIVED_XDP, device->ifindex, own->number))
		own->state = LOST;
	return 0;
}

SEC("fexit")
int xdp_judged(__u64 *arguments)
{
	end(arguments, HOOK_XDP, arguments[1]);
	return 0;
}

SEC("fexit")
int xdp_leaves(__u64 *arguments)
{
	struct xdp_buff *xdp = (void *)arguments[0];
	struct net_device *device = xdp->txq->dev;

	if ((int)arguments[1] != XDP_PASS || !watches(device, BPFCAST_WATCH_OUT))
		return 0;
	switch (look_at_frame(xdp->data, xdp->data_end - xdp->data)) {
	case CAPTURED:
		if (give_xdp(xdp, BPFCAST_LEFT, device->ifindex, 0))
			count(BPFCAST_UNCAPTURED_LOST);
		break;
	case LEFT_OUT:
		count(BPFCAST_UNCAPTURED_LEFT_OUT);
		break;
	default:
		break;
	}
	return 0;
}

static __always_inline int has_tag_beside(struct sk_buff *skb)
{
	struct sk_buff___before_6_2 *old = (void *)skb;

	if (bpf_core_field_exists(old->vlan_present))
		return BPF_CORE_READ_BITFIELD_PROBED(old, vlan_present);
	return skb->vlan_proto != 0;
}

static __always_inline long give_skb(struct sk_buff *skb, __u64 number)
{
	struct bpfcast_captured head = {
		.record = BPFCAST_ARRIVED_TC,
		.ifindex = skb->dev->ifindex,
		.number = number,
		.time = bpf_ktime_get_ns(),
		.length = skb->len,
	};

	if (has_tag_beside(skb)) {
		head.tci = skb->vlan_tci;
		head.tag_protocol = skb->vlan_proto;
	}
	return bpf_skb_output(skb, &records, output_flags(head.length), &head, sizeof(head));
}

static __always_inline void skb_arrives(struct sk_buff *skb, int bare)
{
	__u32 linear = skb->len - skb->data_len;
	__u32 hook = HOOK_TC;
	struct judging *own = bpf_map_lookup_elem(&judged, &hook);

	if (!own || !watches(skb->dev, BPFCAST_WATCH_IN))
		return;
	if (begin(own, bare ? look_at_ip(skb->data, linear) : look_at_frame(skb->data, linear)) &&
	    give_skb(skb, own->number))
		own->state = LOST;
}

SEC("fentry")
int tc_arrives(__u64 *arguments)
{
	skb_arrives((void *)arguments[0], 0);
	return 0;
}

SEC("fentry")
int bare_arrives(__u64 *arguments)
{
	skb_arrives((void *)arguments[0], 1);
	return 0;
}

SEC("fexit")
int tc_judged(__u64 *arguments)
{
	end(arguments, HOOK_TC, arguments[1]);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
