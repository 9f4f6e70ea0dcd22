// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Traffic: run on live frames (BPF_F_TEST_XDP_LIVE_FRAMES) of a veth, whose peer then receives them. The
 * pages come back with what a router made of them, so every frame gets its headers anew.
 */
#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_helpers.h>

#define HEADER_WORDS 6 /* Ethernet, IPv4 and UDP, and what follows up to whole words */

__u64 headers[HEADER_WORDS];

SEC("xdp")
int generate(struct xdp_md *ctx)
{
	__u64 *frame = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;

	if ((void *)(frame + HEADER_WORDS) > end)
		return XDP_ABORTED;
	for (int i = 0; i < HEADER_WORDS; i++)
		frame[i] = headers[i];
	return XDP_TX;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
