/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The kernel's own types, as much of them as programs that look into it read; libbpf finds the fields in the
 * running kernel. Not beside its internal headers.
 */
#ifndef BPFCAST_KERNEL_TYPES_H
#define BPFCAST_KERNEL_TYPES_H

struct net {
	__u64 net_cookie;
} __attribute__((preserve_access_index));

typedef struct {
	struct net *net;
} __attribute__((preserve_access_index)) possible_net_t;

struct net_device {
	int ifindex;
	possible_net_t nd_net;
} __attribute__((preserve_access_index));

struct xdp_rxq_info {
	struct net_device *dev;
} __attribute__((preserve_access_index));

struct xdp_txq_info {
	struct net_device *dev;
} __attribute__((preserve_access_index));

struct xdp_buff {
	void *data;
	void *data_end;
	struct xdp_rxq_info *rxq;
	struct xdp_txq_info *txq;
} __attribute__((preserve_access_index));

struct sk_buff {
	struct net_device *dev;
	unsigned int len;
	unsigned int data_len;
	__be16 vlan_proto;
	__u16 vlan_tci;
	unsigned char *data;
} __attribute__((preserve_access_index));

struct sk_buff___before_6_2 {
	__u8 vlan_present : 1;
} __attribute__((preserve_access_index));

#endif
