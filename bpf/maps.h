/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The maps that the XDP and the TC program share; the agent creates them once and gives them to both objects.
 */
#pragma once

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "bpfcast/abi.h"
#include "verifier.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct bpfcast_control);
} control SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, BPFCAST_MAX_ROUTES);
	__uint(map_flags, BPF_F_NO_PREALLOC); /* a router at home has a dozen */
	__type(key, struct bpfcast_key4);
	__type(value, __u32);
} rt4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, BPFCAST_MAX_ROUTES);
	__uint(map_flags, BPF_F_NO_PREALLOC); /* a router at home has a dozen */
	__type(key, struct bpfcast_key6);
	__type(value, __u32);
} rt6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BPFCAST_MAX_ROUTES);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct bpfcast_route);
} routes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BPFCAST_MAX_OILS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct bpfcast_oil_chunk);
} oil_ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BPFCAST_MAX_PORTS);
	__type(key, __u32);
	__type(value, struct bpfcast_port);
} ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, BPFCAST_MAX_PORTS);
	__type(key, __u32);
	__type(value, __u32);
} if_port SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, BPFCAST_MAX_SOURCES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct bpfcast_prefix4);
	__type(value, __u32);
} sources4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, BPFCAST_MAX_SOURCES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct bpfcast_prefix6);
	__type(value, __u32);
} sources6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, BPFCAST_MAX_PASSAGES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct bpfcast_prefix4);
	__type(value, __u32);
} passages4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, BPFCAST_MAX_PASSAGES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct bpfcast_prefix6);
	__type(value, __u32);
} passages6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, BPFCAST_COUNTER_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} verdicts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, BPFCAST_MAX_PORTS);
	__type(key, __u32);
	__type(value, struct bpfcast_port_stat);
} port_stat SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, BPFCAST_MAX_ROUTES / BPFCAST_STATS_CHUNK);
	__type(key, __u32);
	__type(value, struct bpfcast_route_stats);
} route_stat SEC(".maps");

/* The longest silent streams give way to new ones. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, BPFCAST_MAX_FLOWS);
	__type(key, struct bpfcast_flow_key4);
	__type(value, struct bpfcast_flow);
} flows4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, BPFCAST_MAX_FLOWS);
	__type(key, struct bpfcast_flow_key6);
	__type(value, struct bpfcast_flow);
} flows6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, BPFCAST_EVENTS_SIZE);
} events SEC(".maps");

/* CLOCK_MONOTONIC in ns, by stream and kind of event. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, BPFCAST_MAX_TOLD);
	__type(key, struct bpfcast_told4);
	__type(value, __u64);
} told4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, BPFCAST_MAX_TOLD);
	__type(key, struct bpfcast_told6);
	__type(value, __u64);
} told6 SEC(".maps");

/* By kind of event, so that no kind keeps another from being told: the second in the upper half of the word,
 * its events in the lower one. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BPFCAST_EVENT_KINDS);
	__type(key, __u32);
	__type(value, __u64);
} event_budget SEC(".maps");
