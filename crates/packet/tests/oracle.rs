//! `parse` against etherparse, which both writes the frames and reads them a second time.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a frame that cannot be written or read back fails the test"
)]

use std::net::{Ipv4Addr, Ipv6Addr};

use etherparse::{
    EtherType, Ethernet2Header, Icmpv4Slice, Icmpv6Slice, IpFragOffset, IpHeaders, IpNumber,
    Ipv4Extensions, Ipv4Header, Ipv6Extensions, Ipv6FragmentHeader, Ipv6Header, Ipv6RawExtHeader,
    Ipv6RoutingExtensions, NetSlice, SingleVlanHeader, SlicedPacket, TcpHeader, TcpSlice,
    UdpHeader, UdpSlice,
};
use flowlogd_packet::{Addresses, Fragment, Icmp, LinkType, PacketHeader, parse};
use proptest::prelude::*;

/// Upper-layer bytes and their protocol number.
fn transport() -> impl Strategy<Value = (IpNumber, Vec<u8>)> {
    let payload = prop::collection::vec(any::<u8>(), 0..64);
    let tcp = (any::<[u16; 3]>(), any::<[bool; 8]>(), payload.clone()).prop_map(
        |([source, destination, window], flags, payload)| {
            let mut tcp = TcpHeader::new(source, destination, 7, window);
            [tcp.fin, tcp.syn, tcp.rst, tcp.psh, tcp.ack, tcp.urg, tcp.ece, tcp.cwr] = flags;
            (IpNumber::TCP, [tcp.to_bytes().to_vec(), payload].concat())
        },
    );
    let udp = (any::<[u16; 2]>(), payload.clone()).prop_map(
        |([source_port, destination_port], payload)| {
            let length = u16::try_from(8 + payload.len()).unwrap();
            let udp = UdpHeader { source_port, destination_port, length, checksum: 0 };
            (IpNumber::UDP, [udp.to_bytes().to_vec(), payload].concat())
        },
    );
    // Types that quote nothing, and so have no more to compare than the header.
    let kinds = prop::sample::select(vec![0, 5, 8, 13, 14, 17, 18, 128, 129, 133, 135, 200]);
    let numbers = prop::sample::select(vec![IpNumber::ICMP, IpNumber::IPV6_ICMP]);
    let icmp = (numbers, kinds, any::<[u8; 23]>()).prop_map(|(number, kind, rest)| {
        // The longest of etherparse's fixed ICMP headers is the timestamp's.
        let len = if matches!(kind, 13 | 14) { 19 } else { 23 };
        (number, [&[kind, 0], &rest[..len - 1]].concat())
    });
    let other = (100..130_u8, payload).prop_map(|(number, bytes)| (IpNumber(number), bytes));
    prop_oneof![3 => tcp, 3 => udp, 2 => icmp, 1 => other]
}

/// An IPv4 packet, with options and as a fragment now and then.
fn v4() -> impl Strategy<Value = Vec<u8>> {
    let options = prop::collection::vec(any::<[u8; 4]>(), 0..=10);
    let offset = prop_oneof![3 => Just(0), 1 => 0..0x2000_u16];
    let ip = (any::<[[u8; 4]; 2]>(), options, any::<u16>(), any::<[bool; 2]>(), offset);
    (transport(), ip).prop_map(|((number, upper), (addresses, options, id, flags, offset))| {
        let [source, destination] = addresses;
        let len = u16::try_from(upper.len()).unwrap();
        let mut header = Ipv4Header::new(len, 64, number, source, destination).unwrap();
        header.options = options.as_flattened().try_into().unwrap();
        header.set_payload_len(upper.len()).unwrap();
        header.identification = id;
        [header.dont_fragment, header.more_fragments] = flags;
        header.fragment_offset = IpFragOffset::try_new(offset).unwrap();
        write(&IpHeaders::Ipv4(header, Ipv4Extensions::default()), &upper)
    })
}

/// An IPv6 packet, with every extension header that etherparse passes over now and then.
fn v6() -> impl Strategy<Value = Vec<u8>> {
    let raw =
        || {
            prop::option::of((0..4_usize).prop_map(|len| {
                Ipv6RawExtHeader::new_raw(IpNumber(0), &vec![0; 6 + 8 * len]).unwrap()
            }))
        };
    let offset = prop_oneof![2 => Just(0), 1 => 0..0x2000_u16];
    let fragment = (offset, any::<bool>(), any::<u32>()).prop_map(|(offset, more, id)| {
        let offset = IpFragOffset::try_new(offset).unwrap();
        Ipv6FragmentHeader::new(IpNumber(0), offset, more, id)
    });
    let ip = (any::<[[u8; 16]; 2]>(), [raw(), raw(), raw(), raw()], prop::option::of(fragment));
    (transport(), ip).prop_map(|((number, upper), ([source, destination], raw, fragment))| {
        let [hop_by_hop_options, destination_options, routing, final_destination_options] = raw;
        let routing = routing.map(|routing| Ipv6RoutingExtensions {
            routing,
            // Behind the fragment header it would be part of what is fragmented.
            final_destination_options: final_destination_options.filter(|_| fragment.is_none()),
        });
        let mut extensions = Ipv6Extensions {
            hop_by_hop_options,
            destination_options,
            routing,
            fragment,
            auth: None,
        };
        let header = Ipv6Header {
            next_header: extensions.set_next_headers(number),
            payload_length: u16::try_from(extensions.header_len() + upper.len()).unwrap(),
            hop_limit: 64,
            source,
            destination,
            ..Ipv6Header::default()
        };
        write(&IpHeaders::Ipv6(header, extensions), &upper)
    })
}

fn write(ip: &IpHeaders, upper: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    ip.write(&mut packet).unwrap();
    packet.extend(upper);
    packet
}

/// An Ethernet frame with up to three tags, as many as etherparse reads, and a trailer.
fn frame() -> impl Strategy<Value = Vec<u8>> {
    let tags = prop::collection::vec(0..3_usize, 0..=3);
    let trailer = prop::collection::vec(any::<u8>(), 0..20);
    // Without a payload the length field is 0, which is also what segmentation offload leaves there: it
    // makes the length on the wire count, trailer and all. etherparse takes it for a length.
    let v6 = v6().prop_filter("a length of 0 has two meanings", |packet| packet.len() > 40);
    (prop_oneof![v4(), v6], any::<[[u8; 6]; 2]>(), tags, trailer).prop_map(
        |(packet, [source, destination], tags, trailer)| {
            let tpids = [
                EtherType::VLAN_TAGGED_FRAME,
                EtherType::PROVIDER_BRIDGING,
                EtherType::VLAN_DOUBLE_TAGGED_FRAME,
            ];
            let ip = if packet[0] >> 4 == 4 { EtherType::IPV4 } else { EtherType::IPV6 };
            let mut kinds: Vec<_> = tags.iter().map(|&tag| tpids[tag]).collect();
            kinds.push(ip);
            let ethernet = Ethernet2Header { source, destination, ether_type: kinds[0] };
            let mut frame = ethernet.to_bytes().to_vec();
            for &ether_type in &kinds[1..] {
                let tag = SingleVlanHeader { ether_type, ..SingleVlanHeader::default() };
                frame.extend(tag.to_bytes());
            }
            frame.extend(packet);
            frame.extend(trailer);
            frame
        },
    )
}

/// Says of the frame what etherparse reads in it.
fn oracle(frame: &[u8]) -> PacketHeader {
    let sliced = SlicedPacket::from_ethernet(frame).unwrap();
    let (addresses, bytes, fragment, payload) = match sliced.net.unwrap() {
        NetSlice::Ipv4(ip) => {
            let header = ip.header().to_header();
            let addresses = Addresses::V4 {
                src: Ipv4Addr::from(header.source),
                dst: Ipv4Addr::from(header.destination),
            };
            let offset = header.fragment_offset.value();
            let id = u32::from(header.identification);
            let fragment = place(offset, header.more_fragments, id);
            (addresses, u32::from(header.total_len), fragment, ip.payload().clone())
        }
        NetSlice::Ipv6(ip) => {
            let header = ip.header().to_header();
            let addresses = Addresses::V6 {
                src: Ipv6Addr::from(header.source),
                dst: Ipv6Addr::from(header.destination),
            };
            let (extensions, _, _) =
                Ipv6Extensions::from_slice(header.next_header, &frame[frame_offset(frame) + 40..])
                    .unwrap();
            let fragment = extensions.fragment.map_or(Fragment::Whole, |fragment| {
                let offset = fragment.fragment_offset.value();
                place(offset, fragment.more_fragments, fragment.identification)
            });
            let bytes = 40 + u32::from(header.payload_length);
            (addresses, bytes, fragment, ip.payload().clone())
        }
        NetSlice::Arp(_) => panic!("no ARP is written"),
    };
    let mut header = PacketHeader {
        addresses,
        protocol: payload.ip_number.0,
        srcport: 0,
        dstport: 0,
        tcp_flags: None,
        icmp: None,
        fragment,
        bytes,
        quoted: None,
    };
    if let Fragment::Later { .. } = fragment {
        return header;
    }
    match (payload.ip_number, addresses) {
        (IpNumber::TCP, _) => {
            let tcp = TcpSlice::from_slice(payload.payload).unwrap();
            (header.srcport, header.dstport) = (tcp.source_port(), tcp.destination_port());
            let bits = [
                tcp.fin(),
                tcp.syn(),
                tcp.rst(),
                tcp.psh(),
                tcp.ack(),
                tcp.urg(),
                tcp.ece(),
                tcp.cwr(),
            ];
            header.tcp_flags = Some((0..).zip(bits).map(|(at, bit)| u8::from(bit) << at).sum());
        }
        (IpNumber::UDP, _) => {
            let udp = UdpSlice::from_slice_lax(payload.payload).unwrap();
            (header.srcport, header.dstport) = (udp.source_port(), udp.destination_port());
        }
        (IpNumber::ICMP, Addresses::V4 { .. }) => {
            let icmp = Icmpv4Slice::from_slice(payload.payload).unwrap();
            let [id0, id1, ..] = icmp.bytes5to8();
            let id = match icmp.type_u8() {
                0 | 8 | 13 | 14 | 17 | 18 => u16::from_be_bytes([id0, id1]),
                _ => 0,
            };
            header.icmp = Some(Icmp { kind: icmp.type_u8(), code: icmp.code_u8(), id });
        }
        (IpNumber::IPV6_ICMP, Addresses::V6 { .. }) => {
            let icmp = Icmpv6Slice::from_slice(payload.payload).unwrap();
            let [id0, id1, ..] = icmp.bytes5to8();
            let id = match icmp.type_u8() {
                128 | 129 => u16::from_be_bytes([id0, id1]),
                _ => 0,
            };
            header.icmp = Some(Icmp { kind: icmp.type_u8(), code: icmp.code_u8(), id });
        }
        _ => {}
    }
    header
}

fn place(offset: u16, more_fragments: bool, id: u32) -> Fragment {
    match (offset, more_fragments) {
        (0, false) => Fragment::Whole,
        (0, true) => Fragment::First { id },
        _ => Fragment::Later { id },
    }
}

/// Where the IP packet begins: etherparse gives its slices no position.
fn frame_offset(frame: &[u8]) -> usize {
    14 + 4 * SlicedPacket::from_ethernet(frame).unwrap().link_exts.len()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_etherparse_writes_and_reads_is_read_alike(frame in frame()) {
        let parsed = parse(LinkType::Ethernet, &frame, u32::try_from(frame.len()).unwrap()).unwrap();

        prop_assert_eq!(parsed.header, oracle(&frame));
        prop_assert_eq!(parsed.link.dst_mac, frame.first_chunk().copied());
        prop_assert_eq!(parsed.link.src_mac, frame[6..].first_chunk().copied());
    }

    #[test]
    fn the_same_packet_is_read_alike_without_a_link_header(frame in frame()) {
        let packet = &frame[frame_offset(&frame)..];

        let parsed = parse(LinkType::RawIp, packet, u32::try_from(packet.len()).unwrap()).unwrap();

        prop_assert_eq!(parsed.header, oracle(&frame));
    }
}
