/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What the programs of a capture and the process that runs it share. They live and die together, so nothing
 * here has a version. Integers are in host order, __be ones in network order.
 */
#ifndef BPFCAST_CAPTURE_H
#define BPFCAST_CAPTURE_H

#include "bpfcast/abi.h"

/* Octets of a frame that are kept: with what goes before them a record of a perf buffer has 65535 at most. */
#define BPFCAST_CAPTURE_SNAP 61440

#define BPFCAST_COPY_DROP_COUNT (BPFCAST_COUNTER_COUNT - BPFCAST_VERDICT_COUNT)

/* An IPv6 address, or an IPv4 one as ::ffff:a.b.c.d. */
struct bpfcast_any_address {
  __be32 word[4];
};
BPFCAST_STATIC_ASSERT(sizeof(struct bpfcast_any_address) == 16);

/* `watched`: which packets of an ifindex are captured. */
enum bpfcast_watch {
  BPFCAST_WATCH_IN = 1,
  BPFCAST_WATCH_OUT = 2,
};

/* `uncaptured` */
enum bpfcast_uncaptured {
  BPFCAST_UNCAPTURED_LEFT_OUT, /* by the filter */
  BPFCAST_UNCAPTURED_LOST,     /* nobody read fast enough */
  BPFCAST_UNCAPTURED_COUNT,
};

enum bpfcast_record {
  BPFCAST_ARRIVED_XDP = 1, /* the frame as XDP, or */
  BPFCAST_ARRIVED_TC,      /* TC found it; JUDGED follows on the same CPU under the same number */
  BPFCAST_JUDGED_XDP,      /* struct bpfcast_judged */
  BPFCAST_JUDGED_TC,
  BPFCAST_LEFT, /* a copy of XDP as it was handed to the device */
};

/* Goes before the octets of the frame. */
struct bpfcast_captured {
  __u32 record;
  __u32 ifindex;
  __u64 number;
  __u64 time;          /* CLOCK_MONOTONIC in ns */
  __u32 length;        /* of the whole frame */
  __u16 tci;           /* of a VLAN tag that is kept beside the frame, if */
  __be16 tag_protocol; /* is not 0 */
};
BPFCAST_STATIC_ASSERT(sizeof(struct bpfcast_captured) == 32);

struct bpfcast_judged {
  __u32 record;
  __s32 action; /* what the program told the kernel to do */
  __u64 number;
  __u32 verdict;                                 /* VERDICT_COUNT: it counted none */
  __u16 copies_dropped[BPFCAST_COPY_DROP_COUNT]; /* by reason: copies that did not leave */
  __u16 reserved;
};
BPFCAST_STATIC_ASSERT(sizeof(struct bpfcast_judged) == 32);

#endif
