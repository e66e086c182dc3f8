//! Sections, interfaces and packets; blocks that lie.

use super::super::sample::{ORDERS, Order as Write, Outcome, Section, read, read_in};
use super::*;

const LITTLE: Section = Section(Write::Little);

/// A section with an Ethernet interface, and `blocks` after that.
fn section(blocks: &[Vec<u8>]) -> Outcome {
    read([LITTLE.header(), LITTLE.interface(1, 0, &[]), blocks.concat()].concat())
}

fn packet(data: &[u8]) -> Vec<u8> {
    LITTLE.packet(0, 1_000_000, data, 60, &[])
}

/// Where the first block after [`section`]'s two lies.
const THIRD_BLOCK: u64 = 28 + 20;

#[test]
fn a_packet_block_becomes_a_frame_in_both_byte_orders() {
    for order in ORDERS {
        let section = Section(order);
        let offset = order.i64(1000);
        let file = [
            section.header(),
            section.interface(101, 262_144, &[(2, b"eth0"), (9, &[9]), (14, &offset)]),
            section.packet(0, 5_000_000_007, b"frame", 1500, &[]),
        ];

        let outcome = read(file.concat());

        assert_eq!(outcome.message(), "");
        let [frame] = outcome.frames.as_slice() else { panic!("{outcome:?}") };
        assert_eq!(frame.time, (1005, 7));
        assert_eq!(frame.bytes, b"frame");
        assert_eq!(frame.wire_len, 1500);
        assert_eq!(frame.link_type, LinkType::RawIp);
        assert_eq!(frame.direction, None);
    }
}

#[test]
fn the_flags_of_a_packet_tell_its_direction() {
    for order in ORDERS {
        let section = Section(order);
        let mut file = [section.header(), section.interface(1, 0, &[])].concat();
        for flags in [0b01, 0b10, 0b00, 0b11, 0xffff_fff1] {
            let flags = order.u32(flags);
            file.extend(section.packet(0, 0, b"abc", 60, &[(1, b"a comment"), (2, &flags)]));
        }
        file.extend(section.packet(0, 0, b"abc", 60, &[(2, &[1])]));

        let outcome = read(file);

        assert_eq!(outcome.message(), "");
        let directions: Vec<_> = outcome.frames.iter().map(|frame| frame.direction).collect();
        let (incoming, outgoing) = (FrameDirection::Incoming, FrameDirection::Outgoing);
        assert_eq!(directions, [Some(incoming), Some(outgoing), None, None, Some(incoming), None]);
    }
}

#[test]
fn every_interface_has_its_own_link_type_and_clock() {
    let file = [
        LITTLE.header(),
        LITTLE.interface(1, 0, &[]),
        LITTLE.interface(113, 0, &[(9, &[0x8a])]),
        LITTLE.packet(1, 2048 + 512, b"b", 60, &[]),
        LITTLE.packet(0, 3_000_001, b"a", 60, &[]),
    ];

    let outcome = read(file.concat());

    assert_eq!(outcome.times(), [(2, 500_000_000), (3, 1000)]);
    assert_eq!(outcome.frames[0].link_type, LinkType::LinuxSll);
    assert_eq!(outcome.frames[1].link_type, LinkType::Ethernet);
}

#[test]
fn a_section_starts_anew_in_its_own_byte_order() {
    let big = Section(Write::Big);
    let file = [
        LITTLE.header(),
        LITTLE.interface(1, 0, &[]),
        LITTLE.packet(0, 1_000_000, b"a", 60, &[]),
        big.header(),
        big.interface(101, 0, &[(9, &[3])]),
        big.packet(0, 2_000, b"b", 60, &[]),
        LITTLE.header(),
        LITTLE.packet(0, 3_000_000, b"c", 60, &[]),
    ];

    let outcome = read(file.concat());

    assert_eq!(outcome.times(), [(1, 0), (2, 0)]);
    let fault = "a packet of interface 0, where the section describes 0";
    assert!(outcome.message().ends_with(fault), "{}", outcome.message());
}

#[test]
fn a_simple_packet_is_cut_by_the_snap_length_and_takes_the_time_before_it() {
    let file = [
        LITTLE.header(),
        LITTLE.interface(1, 6, &[]),
        LITTLE.simple(b"abcdef", 60),
        LITTLE.packet(0, 5_000_000, b"a", 60, &[]),
        LITTLE.simple(b"abcdef", 6),
        LITTLE.simple(b"ab", 2),
    ];

    let outcome = read(file.concat());

    assert_eq!(outcome.message(), "");
    assert_eq!(outcome.times(), [(0, 0), (5, 0), (5, 0), (5, 0)]);
    let lengths: Vec<_> =
        outcome.frames.iter().map(|frame| (frame.bytes.len(), frame.wire_len)).collect();
    assert_eq!(lengths, [(6, 60), (1, 60), (6, 6), (2, 2)]);
    assert_eq!(outcome.skipped.untimed, 3);
}

#[test]
fn an_obsolete_packet_block_names_its_interface_in_half_a_field() {
    for order in ORDERS {
        let section = Section(order);
        let mut body = [order.u16(1), order.u16(77)].concat(); // 77 packets lost before it.
        body.extend(order.words(&[0, 6_000_000, 3, 60]));
        body.extend(b"abc\0");
        let file = [
            section.header(),
            section.interface(1, 0, &[]),
            section.interface(101, 0, &[]),
            section.block(2, &body),
        ];

        let outcome = read(file.concat());

        assert_eq!(outcome.message(), "");
        assert_eq!(outcome.times(), [(6, 0)]);
        assert_eq!(outcome.frames[0].bytes, b"abc");
        assert_eq!(outcome.frames[0].link_type, LinkType::RawIp);
    }
}

#[test]
fn blocks_without_packets_are_passed_over() {
    let mut blocks = Vec::new();
    for kind in [4, 5, 9, 10, 0xbad, 0x4000_0bad, 0x8000_0001, 0x1234_5678] {
        blocks.extend([LITTLE.block(kind, &[0xff; 40]), LITTLE.block(kind, b""), packet(b"a")]);
    }

    let outcome = section(&blocks);

    assert_eq!((outcome.frames.len(), outcome.message().as_str()), (8, ""));
}

#[test]
fn a_long_block_is_passed_over_without_being_held() {
    let long = LITTLE.block(5, &vec![0; 3_000_000]);
    let file =
        [LITTLE.header(), LITTLE.interface(1, 0, &[]), packet(b"a"), long, packet(b"b")].concat();

    let outcome = read_in(file, 4096, vec![usize::MAX]);

    assert_eq!((outcome.frames.len(), outcome.message().as_str()), (2, ""));
    assert_eq!(outcome.buffer, 4096);
}

#[test]
fn a_block_that_is_cut_off_is_told_from_its_start() {
    let start = [LITTLE.header(), LITTLE.interface(1, 0, &[]), packet(b"a")].concat();
    let at = start.len();
    let skipped = LITTLE.block(5, &[0; 1000]);

    for (tail, message) in [
        (&skipped[..1011], "cut off: needs 1012 bytes, 1011 are there"),
        (&skipped[..700], "cut off: needs 1012 bytes, 700 are there"),
        (&skipped[..7], "cut off: needs 8 bytes, 7 are there"),
        (&packet(b"b")[..35], "cut off: needs 36 bytes, 35 are there"),
        (&LITTLE.header()[..20], "cut off: needs 28 bytes, 20 are there"),
    ] {
        for chunk_size in [1, 100, 1 << 20] {
            let file = [&start, tail].concat();

            let outcome = read_in(file, chunk_size, vec![13]);

            assert_eq!(outcome.frames.len(), 1);
            assert_eq!(outcome.message(), format!("sample is broken at byte {at}: {message}"));
        }
    }
}

#[test]
fn a_block_that_contradicts_itself_is_a_fault_behind_the_frames_before_it() {
    let with = |mut block: Vec<u8>, at: usize, word: u32| {
        block[at..at + 4].copy_from_slice(&word.to_le_bytes());
        block
    };
    let many = vec![LITTLE.interface(1, 0, &[]); MAX_INTERFACES].concat();
    let last = THIRD_BLOCK + 36 + 20 * (MAX_INTERFACES as u64 - 1);

    for (block, at, fault) in [
        (
            with(packet(b"b"), 4, 38),
            THIRD_BLOCK + 36,
            "block length 38, where a multiple of 4 and at least 32 is needed",
        ),
        (
            with(LITTLE.block(5, b""), 4, 8),
            THIRD_BLOCK + 36,
            "block length 8, where a multiple of 4 and at least 12 is needed",
        ),
        (
            with(packet(b"b"), 32, 40),
            THIRD_BLOCK + 36,
            "block length 36 at its start and 40 at its end",
        ),
        (
            with(LITTLE.block(5, &[0; 8]), 16, 24),
            THIRD_BLOCK + 36,
            "block length 20 at its start and 24 at its end",
        ),
        (
            with(packet(b"b"), 8, 3),
            THIRD_BLOCK + 36,
            "a packet of interface 3, where the section describes 1",
        ),
        (
            with(packet(b"b"), 20, 5),
            THIRD_BLOCK + 36,
            "a packet of 5 bytes in a block with room for 4",
        ),
        (
            with(packet(b"b"), 20, 262_145),
            THIRD_BLOCK + 36,
            "a packet of 262145 bytes, where at most 262144 can be",
        ),
        (
            with(packet(b"b"), 4, 1 << 30),
            THIRD_BLOCK + 36,
            "a block of 1073741824 bytes of type 6, where at most 1048576 can be",
        ),
        (
            with(LITTLE.interface(1, 0, &[(2, b"eth0")]), 16, 0x00ff_0002),
            THIRD_BLOCK + 36,
            "an interface option that runs past the end of its block",
        ),
        (
            with(LITTLE.header(), 8, 0x1a2b_3c4e),
            THIRD_BLOCK + 36,
            "byte-order magic 0x4e3c2b1a, where 0x1a2b3c4d is expected in either order",
        ),
        (with(LITTLE.header(), 12, 2), THIRD_BLOCK + 36, "pcapng version 2.0, where 1.0 is read"),
        (many, last, "more than 65536 interfaces in one section"),
    ] {
        let start = [LITTLE.header(), LITTLE.interface(1, 0, &[]), packet(b"a")].concat();
        for (chunk_size, piece) in [(1, 1), (1, 7), (1 << 20, 3), (1 << 20, usize::MAX)] {
            let file = [start.as_slice(), &block, &packet(b"c")].concat();

            let outcome = read_in(file, chunk_size, vec![piece]);

            assert_eq!(outcome.times(), [(1, 0)], "{fault}");
            assert_eq!(outcome.message(), format!("sample is broken at byte {at}: {fault}"));
        }
    }
}

#[test]
fn a_damaged_option_of_a_packet_costs_its_direction_only() {
    let mut damaged = LITTLE.packet(0, 0, b"abcd", 60, &[(2, &[1, 0, 0, 0])]);
    damaged[34] = 200;

    let outcome = section(&[damaged]);

    assert_eq!((outcome.frames.len(), outcome.message().as_str()), (1, ""));
    assert_eq!(outcome.frames[0].direction, None);
}

#[test]
fn packets_of_link_types_that_are_not_read_are_counted_beside_others() {
    let file = [
        LITTLE.header(),
        LITTLE.interface(105, 0, &[]),
        LITTLE.interface(1, 0, &[]),
        LITTLE.interface(9, 0, &[]),
        LITTLE.interface(127, 0, &[]),
        LITTLE.packet(0, 0, b"a", 60, &[]),
        LITTLE.simple(b"a", 1),
        LITTLE.packet(1, 0, b"a", 60, &[]),
        LITTLE.packet(2, 0, b"a", 60, &[]),
    ];

    let outcome = read(file.concat());

    assert_eq!((outcome.frames.len(), outcome.message().as_str()), (1, ""));
    assert_eq!(outcome.skipped.link_types, [(9, 1), (105, 2)]);
    assert_eq!(outcome.skipped.untimed, 0);
}

#[test]
fn a_capture_without_a_link_type_that_is_read_is_refused_by_the_first_name() {
    let mut file = [
        LITTLE.header(),
        LITTLE.interface(1, 0, &[]),
        LITTLE.interface(239, 0, &[]),
        LITTLE.interface(9, 0, &[]),
        LITTLE.packet(1, 0, b"a", 60, &[]),
        LITTLE.packet(2, 0, b"a", 60, &[]),
    ]
    .concat();

    for _ in 0..2 {
        let message = read(file.clone()).message();

        assert!(message.starts_with("sample has link type 239 (NFLOG),"), "{message}");
        file.push(0); // Broken, too; but there was nothing to read before that.
    }
    let unused = [LITTLE.header(), LITTLE.interface(239, 0, &[])].concat();
    assert_eq!(read(unused).message(), "");
}

#[test]
fn packets_before_1970_and_after_2554_are_counted() {
    let back = Write::Little.i64(-10);
    let file = [
        LITTLE.header(),
        LITTLE.interface(1, 0, &[(14, &back)]),
        LITTLE.packet(0, 9_999_999, b"a", 60, &[]),
        LITTLE.packet(0, 10_000_000, b"a", 60, &[]),
        LITTLE.interface(1, 0, &[(9, &[0])]),
        LITTLE.packet(1, u64::MAX, b"a", 60, &[]),
    ];

    let outcome = read(file.concat());

    assert_eq!((outcome.times(), outcome.message().as_str()), (vec![(0, 0)], ""));
    assert_eq!(outcome.skipped.out_of_time, 2);
}
