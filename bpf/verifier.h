/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What the verifiers of all kernels from 6.1 on have to see, or must not. */
#pragma once

#include <linux/types.h>

#include <bpf/bpf_helpers.h>

/* Hides from clang what it knows of `index`, so that it keeps the mask that the verifier has to see. */
#define HIDE(index) asm volatile("" : "+r"(index))

/*
 * Zero, but any number to the verifier. Before Linux 6.7 (6.6.4) it looks at a callback of bpf_loop() as at
 * one that is called once, and removes from it what the first call does not reach. So whatever a callback
 * asks for and may be another in a later call has to be unknown before the first one.
 */
static __always_inline __u32 unknown_zero(void)
{
	__u32 zero = bpf_get_smp_processor_id();

	asm volatile("%0 ^= %0" : "+r"(zero));
	return zero;
}

/* At the end of a branch, so that clang does not merge it with another one into a write to a variable offset,
 * which the verifier refuses without CAP_PERFMON. */
#define KEEP_APART() asm volatile("" : : : "memory")
