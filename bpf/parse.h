/* Bytes of a frame -> what the packet is. Says what crates/packet says, to the byte.
 *
 * Everything is copied out of the frame: that is right for frames in several pieces too. */
#pragma once

#include "packet.h"

/* What a frame is. */
enum parsed {
	PARSED = -1,
	/* Else the counter of what it is instead. */
};

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_ARP 0x0806
#define ETHERTYPE_VLAN 0x8100
#define ETHERTYPE_IPV6 0x86dd
#define ETHERTYPE_MPLS 0x8847
#define ETHERTYPE_MPLS_MULTICAST 0x8848
#define ETHERTYPE_PPPOE_DISCOVERY 0x8863
#define ETHERTYPE_PPPOE_SESSION 0x8864
#define ETHERTYPE_PROVIDER_VLAN 0x88a8
#define ETHERTYPE_OLD_PROVIDER_VLAN 0x9100
#define FIRST_ETHERTYPE 0x0600

#define ETHERNET 14
#define IPV4_FIXED 20
#define IPV6_FIXED 40
/* A TCP header up to and with its flags. */
#define TCP_FLAGS 14

struct ipv4 {
	__u8 version_and_length;
	__u8 service;
	__u16 total_len;
	__u16 id;
	__u16 fragment;
	__u8 ttl;
	__u8 protocol;
	__u16 checksum;
	__u32 src;
	__u32 dst;
};

struct ipv6 {
	__u8 version_and_class;
	__u8 class_and_label[3];
	__u16 payload_len;
	__u8 next_header;
	__u8 hop_limit;
	struct address src;
	struct address dst;
};

/* Copies bytes of the frame. Outside of it there are none. */
INLINE bool load(struct __sk_buff *skb, __u32 at, void *to, __u32 len)
{
	return bpf_skb_load_bytes(skb, at, to, len) == 0;
}

/* --- VLAN tags, any depth of them --- */

struct tags {
	struct __sk_buff *skb;
	__u32 at;
	__u16 type;
	bool is_truncated;
};

INLINE bool is_tag(__u16 type)
{
	return type == ETHERTYPE_VLAN || type == ETHERTYPE_PROVIDER_VLAN || type == ETHERTYPE_OLD_PROVIDER_VLAN;
}

static long pass_tag(__u32 index, struct tags *tags)
{
	__u16 tag[2];
	if (!is_tag(tags->type))
		return 1;
	if (!load(tags->skb, tags->at, tag, sizeof(tag))) {
		tags->is_truncated = true;
		return 1;
	}
	tags->type = HOST16(tag[1]);
	tags->at += sizeof(tag);
	return 0;
}

APART int not_ip(__u16 type)
{
	switch (type) {
	case ETHERTYPE_ARP:
		return NOT_IP_ARP;
	case ETHERTYPE_MPLS:
	case ETHERTYPE_MPLS_MULTICAST:
		return NOT_IP_MPLS;
	case ETHERTYPE_PPPOE_DISCOVERY:
	case ETHERTYPE_PPPOE_SESSION:
		return NOT_IP_PPPOE;
	default:
		return type < FIRST_ETHERTYPE ? NOT_IP_LLC : NOT_IP_OTHER;
	}
}

/* --- IPv6 extension headers --- */

#define HOP_BY_HOP 0
#define ROUTING 43
#define FRAGMENT 44
#define NO_NEXT_HEADER 59
#define DESTINATION 60
#define MOBILITY 135
#define HIP 139
#define SHIM6 140

/* Offset, in units of eight bytes, in its word of the fragment header. */
#define IPV6_OFFSET 0xfff8
#define IPV6_MORE 1

struct chain {
	struct __sk_buff *skb;
	/* Where the next header begins, and where the packet ends. */
	__u32 at;
	__u32 end;
	__u32 fragment_id;
	__u8 fragment;
	__u8 protocol;
};

INLINE bool is_extension(__u8 protocol)
{
	return protocol == HOP_BY_HOP || protocol == ROUTING || protocol == FRAGMENT || protocol == DESTINATION ||
	       protocol == MOBILITY || protocol == HIP || protocol == SHIM6;
}

/* Where the chain is cut off, the protocol is the last one that could be read, be it that of an extension header. */
static long pass_extension(__u32 index, struct chain *chain)
{
	__u8 protocol = chain->protocol;
	if (!is_extension(protocol))
		return 1;
	if (protocol == FRAGMENT) {
		struct {
			__u8 next;
			__u8 reserved;
			__u16 offset;
			__u32 id;
		} header;
		if (chain->at + sizeof(header) > chain->end || !load(chain->skb, chain->at, &header, sizeof(header)))
			return 1;
		chain->protocol = header.next;
		chain->at += sizeof(header);
		__u16 word = HOST16(header.offset);
		if (word & IPV6_OFFSET) {
			chain->fragment = LATER_FRAGMENT;
			chain->fragment_id = HOST32(header.id);
			return 1;
		}
		/* Neither offset nor more to come: an atomic fragment (RFC 6946), a whole packet. */
		if (word & IPV6_MORE) {
			chain->fragment = FIRST_FRAGMENT;
			chain->fragment_id = HOST32(header.id);
		}
		return 0;
	}
	__u8 header[2];
	if (chain->at + sizeof(header) > chain->end || !load(chain->skb, chain->at, header, sizeof(header)))
		return 1;
	bool ends = protocol == MOBILITY || protocol == HIP || protocol == SHIM6;
	/* Their messages end the chain and are what the packet is about. */
	if (ends && header[0] == NO_NEXT_HEADER)
		return 1;
	chain->protocol = header[0];
	chain->at = least(chain->at + 8 + header[1] * 8, chain->end);
	return 0;
}

/* Every header takes eight bytes or more, so the packet bounds their number. */
#define MOST_EXTENSIONS 8192

INLINE void pass_extensions(struct chain *chain)
{
	if (is_extension(chain->protocol))
		bpf_loop(MOST_EXTENSIONS, pass_extension, chain, 0);
}

/* --- ICMP --- */

INLINE bool is_query(__u8 family, __u8 type)
{
	if (family == V4)
		return type == 0 || type == 8 || (type >= 13 && type <= 18);
	return type == 128 || type == 129;
}

INLINE bool is_error(__u8 family, __u8 type)
{
	if (family == V4)
		return type == 3 || type == 4 || type == 11 || type == 12;
	return type >= 1 && type <= 4;
}

INLINE bool is_own_icmp(__u8 family, __u8 protocol)
{
	return protocol == (family == V4 ? PROTO_ICMP : PROTO_ICMPV6);
}

INLINE void read_icmp(struct __sk_buff *skb, __u32 at, __u32 end, __u8 family, struct icmp *icmp)
{
	__u16 words[3];
	if (at + 2 > end || !load(skb, at, words, 2))
		return;
	icmp->known = 1;
	icmp->type = ((__u8 *)words)[0];
	icmp->code = ((__u8 *)words)[1];
	if (is_query(family, icmp->type) && at + 6 <= end && load(skb, at, words, 6))
		icmp->id = HOST16(words[2]);
}

#define IPV4_MORE 0x2000
#define IPV4_OFFSET 0x1fff

INLINE __u8 ipv4_fragment(__u16 word)
{
	if (!(word & (IPV4_MORE | IPV4_OFFSET)))
		return WHOLE;
	return word & IPV4_OFFSET ? LATER_FRAGMENT : FIRST_FRAGMENT;
}

/* Reads the header that an error quotes. Its lengths are not checked: routers change them, and the quotation is cut
 * short anyway. */
APART int read_quoted(struct __sk_buff *skb, __u32 at, __u32 end, struct packet *packet)
{
	struct quoted *quoted = &packet->quoted;
	__u8 family = packet->key.family;
	__u8 fragment;
	__builtin_memset(quoted, 0, sizeof(*quoted));
	if (family == V4) {
		struct ipv4 ip;
		if (at + IPV4_FIXED > end || !load(skb, at, &ip, sizeof(ip)))
			return done();
		__u32 header_len = (ip.version_and_length & 0x0f) * 4;
		if (ip.version_and_length >> 4 != 4 || header_len < IPV4_FIXED || at + header_len > end)
			return done();
		quoted->src.word[0] = ip.src;
		quoted->dst.word[0] = ip.dst;
		quoted->protocol = ip.protocol;
		fragment = ipv4_fragment(HOST16(ip.fragment));
		at += header_len;
	} else {
		struct ipv6 ip;
		if (at + IPV6_FIXED > end || !load(skb, at, &ip, sizeof(ip)))
			return done();
		if (ip.version_and_class >> 4 != 6)
			return done();
		quoted->src = ip.src;
		quoted->dst = ip.dst;
		struct chain chain = {
			.skb = skb, .at = at + IPV6_FIXED, .end = end, .protocol = ip.next_header,
		};
		pass_extensions(&chain);
		quoted->protocol = chain.protocol;
		fragment = chain.fragment;
		at = chain.at;
	}
	quoted->known = 1;
	quoted->family = family;
	if (fragment == LATER_FRAGMENT)
		return done();
	if (has_ports(quoted->protocol)) {
		__u16 ports[2];
		if (at + sizeof(ports) <= end && load(skb, at, ports, sizeof(ports))) {
			quoted->srcport = HOST16(ports[0]);
			quoted->dstport = HOST16(ports[1]);
		}
	} else if (is_own_icmp(family, quoted->protocol)) {
		/* Only its first words: an error about an error quotes nothing further. */
		read_icmp(skb, at, end, family, &quoted->icmp);
	}
	return done();
}

APART int read_icmp_message(struct __sk_buff *skb, __u32 at, __u32 end, struct packet *packet)
{
	read_icmp(skb, at, end, packet->key.family, &packet->icmp);
	if (packet->icmp.known && is_error(packet->key.family, packet->icmp.type) && at + 8 <= end)
		DO(read_quoted(skb, at + 8, end, packet));
	return done();
}

/* --- what follows the IP header --- */

/* A super-packet stands for so many on the wire, each of which repeats the headers. The kernel's own count is 0 for
 * frames from virtual machines (live-capture.md 6). */
INLINE void count_segments(struct __sk_buff *skb, __u32 network, __u32 transport, __u8 data_offset, struct packet *packet)
{
	__u32 each = skb->gso_size;
	if (likely(!each))
		return;
	__u32 payload = transport;
	if (packet->key.protocol == PROTO_TCP)
		payload += packet->has_flags ? (data_offset >> 4) * 4 : 20;
	else
		payload += 8;
	if (skb->len <= payload)
		return;
	__u32 segments = (skb->len - payload + each - 1) / each;
	if (segments < 2)
		return;
	packet->packets = segments;
	packet->bytes += (__u64)(segments - 1) * (payload - network);
}

INLINE void read_transport(struct __sk_buff *skb, __u32 network, __u32 at, __u32 end, struct packet *packet)
{
	__u8 protocol = packet->key.protocol;
	__u8 header[TCP_FLAGS] = {};
	if (packet->fragment == LATER_FRAGMENT)
		return;
	if (has_ports(protocol)) {
		if (at + TCP_FLAGS <= end && load(skb, at, header, TCP_FLAGS)) {
			packet->has_flags = protocol == PROTO_TCP;
			packet->tcp_flags = header[13];
		} else if (!(at + 4 <= end && load(skb, at, header, 4))) {
			return;
		}
		packet->key.srcport = header[0] << 8 | header[1];
		packet->key.dstport = header[2] << 8 | header[3];
	} else if (is_own_icmp(packet->key.family, protocol)) {
		DO(read_icmp_message(skb, at, end, packet));
	}
	count_segments(skb, network, at, header[12], packet);
}

INLINE int parse_ipv4(struct __sk_buff *skb, __u32 at, struct packet *packet)
{
	struct ipv4 ip;
	if (!load(skb, at, &ip, sizeof(ip)))
		return IP_TRUNCATED;
	__u32 header_len = (ip.version_and_length & 0x0f) * 4;
	__u32 stated = HOST16(ip.total_len);
	/* Segmentation offload leaves it 0: whatever was on the wire. */
	__u32 total_len = stated ? stated : skb->len - at;
	if (ip.version_and_length >> 4 != 4 || header_len < IPV4_FIXED || (stated && stated < header_len))
		return IP_MALFORMED;
	if (at + header_len > skb->len)
		return IP_TRUNCATED;
	packet->key.family = V4;
	packet->key.protocol = ip.protocol;
	packet->key.src.word[0] = ip.src;
	packet->key.dst.word[0] = ip.dst;
	packet->bytes = total_len;
	packet->fragment = ipv4_fragment(HOST16(ip.fragment));
	packet->fragment_id = HOST16(ip.id);
	/* What follows the packet is padding of the link layer. */
	read_transport(skb, at, at + header_len, least(at + total_len, skb->len), packet);
	return PARSED;
}

INLINE int parse_ipv6(struct __sk_buff *skb, __u32 at, struct packet *packet)
{
	struct ipv6 ip;
	if (!load(skb, at, &ip, sizeof(ip)))
		return IP_TRUNCATED;
	if (ip.version_and_class >> 4 != 6)
		return IP_MALFORMED;
	__u32 stated = HOST16(ip.payload_len);
	/* Segmentation offload and jumbograms leave it 0: whatever was on the wire. */
	__u32 payload_len = stated ? stated : skb->len - at - IPV6_FIXED;
	__u32 end = least(at + IPV6_FIXED + payload_len, skb->len);
	packet->key.family = V6;
	packet->key.src = ip.src;
	packet->key.dst = ip.dst;
	packet->bytes = IPV6_FIXED + payload_len;
	struct chain chain = {
		.skb = skb, .at = at + IPV6_FIXED, .end = end, .protocol = ip.next_header,
	};
	pass_extensions(&chain);
	packet->key.protocol = chain.protocol;
	packet->fragment = chain.fragment;
	packet->fragment_id = chain.fragment_id;
	read_transport(skb, at, chain.at, end, packet);
	return PARSED;
}

/* Reads a frame. Returns PARSED, or the counter of what it is instead. The packet has been emptied before. */
APART int parse(struct __sk_buff *skb, bool is_raw_ip, struct packet *packet)
{
	__u16 type;
	__u32 at = ETHERNET;
	packet->packets = 1;
	if (unlikely(is_raw_ip)) {
		__u8 version;
		if (!load(skb, 0, &version, 1))
			return IP_TRUNCATED;
		at = 0;
		if (version >> 4 == 4)
			type = ETHERTYPE_IPV4;
		else if (version >> 4 == 6)
			type = ETHERTYPE_IPV6;
		else
			return IP_MALFORMED;
	} else {
		if (!load(skb, ETHERNET - 2, &type, 2))
			return LINK_TRUNCATED;
		type = HOST16(type);
	}
	if (unlikely(is_tag(type))) {
		struct tags tags = { .skb = skb, .at = at, .type = type };
		bpf_loop(1 << 14, pass_tag, &tags, 0);
		if (tags.is_truncated)
			return LINK_TRUNCATED;
		at = tags.at;
		type = tags.type;
	}
	if (likely(type == ETHERTYPE_IPV4))
		return parse_ipv4(skb, at, packet);
	if (type == ETHERTYPE_IPV6)
		return parse_ipv6(skb, at, packet);
	return not_ip(type);
}
