// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Traffic: run on live frames (BPF_F_TEST_XDP_LIVE_FRAMES) of a veth, whose peer then receives them. The
 * pages come back with what a router made of them, so every frame gets its headers anew.
 */
#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_helpers.h>

#define HEADER_WORDS 6 /* Ethernet, IPv4 and UDP, and what follows up to whole words */
#define HEADER_OCTETS (14 + 20 + 8)

__u64 headers[HEADER_WORDS];

static __always_inline int write_headers(__u64* frame, void* end) {
  if ((void*)(frame + HEADER_WORDS) > end) return 0;
  for (int i = 0; i < HEADER_WORDS; i++) frame[i] = headers[i];
  return 1;
}

SEC("xdp")
int generate(struct xdp_md* ctx) {
  return write_headers((void*)(long)ctx->data, (void*)(long)ctx->data_end) ? XDP_TX : XDP_ABORTED;
}

/* StreamHeader of tests/support/stream.h. */
struct stamp {
  __u64 magic;
  __u64 number;
  __u64 sent_ns;           /* CLOCK_MONOTONIC */
} __attribute__((packed)); /* no payload is aligned */

const volatile __u64 stream_magic;
__u64 next_number; /* one run at a time */

SEC("xdp")
int generate_stream(struct xdp_md* ctx) {
  void* end = (void*)(long)ctx->data_end;
  struct stamp* stamp = (void*)(long)ctx->data + HEADER_OCTETS;

  if ((void*)(stamp + 1) > end || !write_headers((void*)(long)ctx->data, end)) return XDP_ABORTED;
  stamp->magic = stream_magic;
  stamp->number = next_number++;
  stamp->sent_ns = bpf_ktime_get_ns();
  return XDP_TX;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
