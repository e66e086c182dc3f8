//! A block of the ring: packets, each behind a header that says where the next is.

use flowlogd_packet::{FrameDirection, LinkType};

use super::super::{Chunk, FrameRef};
use super::gso::{OFFLOAD_HEADER, gso};

/// Where a block's status word is (`tpacket_block_desc`).
pub(super) const BLOCK_STATUS: usize = 8;

const PACKETS: usize = 12;
const FIRST_PACKET: usize = 16;

/// A packet's header (`tpacket3_hdr`), and the kernel's address of the sender behind it.
const PACKET_HEADER: usize = 48;
const ADDRESS_PACKET_TYPE: usize = PACKET_HEADER + 10;

/// Appends the packets of a block to `chunk`.
pub(super) fn read(block: &[u8], link_type: LinkType, chunk: &mut Chunk) {
    let (Some(packets), Some(mut at)) = (u32_at(block, PACKETS), u32_at(block, FIRST_PACKET))
    else {
        return;
    };
    for _ in 0..packets {
        let Some(header) = block.get(at as usize..) else { return };
        let Some(next) = read_packet(header, link_type, chunk) else { return };
        at = at.saturating_add(next);
    }
}

/// Appends the packet at the start of `header`, and returns how far it is to the next.
fn read_packet(header: &[u8], link_type: LinkType, chunk: &mut Chunk) -> Option<u32> {
    let next = u32_at(header, 0)?;
    let (secs, nanos) = (u32_at(header, 4)?, u32_at(header, 8)?);
    let (captured, wire_len) = (u32_at(header, 12)?, u32_at(header, 16)?);
    let mac = usize::from(u16::from_ne_bytes(*header.get(24..)?.first_chunk()?));
    let offload = header.get(mac.checked_sub(OFFLOAD_HEADER)?..)?.first_chunk()?;
    let frame = header.get(mac..mac + captured as usize)?;

    let offset = u32::try_from(chunk.bytes.len()).ok()?;
    chunk.bytes.extend_from_slice(frame);
    chunk.frames.push(FrameRef {
        secs: secs.into(),
        nanos,
        offset,
        captured,
        wire_len,
        link_type,
        direction: direction(*header.get(ADDRESS_PACKET_TYPE)?),
        gso: gso(link_type, frame, wire_len, *offload),
    });
    Some(next)
}

/// Returns what the kernel's packet type says.
fn direction(packet_type: u8) -> Option<FrameDirection> {
    match packet_type {
        // To us, to all, to some.
        0..=2 => Some(FrameDirection::Incoming),
        4 => Some(FrameDirection::Outgoing),
        // To another host, in promiscuous mode: addresses must tell.
        _ => None,
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_ne_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The constants above are the kernel's structures, as its headers have them.
    #[test]
    fn the_places_are_those_of_the_kernels_structures() {
        use std::mem::{offset_of, size_of};

        let body = offset_of!(libc::tpacket_block_desc, hdr);
        assert_eq!(body + offset_of!(libc::tpacket_hdr_v1, block_status), BLOCK_STATUS);
        assert_eq!(body + offset_of!(libc::tpacket_hdr_v1, num_pkts), PACKETS);
        assert_eq!(body + offset_of!(libc::tpacket_hdr_v1, offset_to_first_pkt), FIRST_PACKET);
        assert_eq!(size_of::<libc::tpacket3_hdr>(), PACKET_HEADER);
        let packet_type = offset_of!(libc::sockaddr_ll, sll_pkttype);
        assert_eq!(PACKET_HEADER + packet_type, ADDRESS_PACKET_TYPE);
        assert_eq!(offset_of!(libc::tpacket3_hdr, tp_next_offset), 0);
        assert_eq!(offset_of!(libc::tpacket3_hdr, tp_sec), 4);
        assert_eq!(offset_of!(libc::tpacket3_hdr, tp_nsec), 8);
        assert_eq!(offset_of!(libc::tpacket3_hdr, tp_snaplen), 12);
        assert_eq!(offset_of!(libc::tpacket3_hdr, tp_len), 16);
        assert_eq!(offset_of!(libc::tpacket3_hdr, tp_mac), 24);
    }

    #[test]
    fn a_block_that_makes_no_sense_ends_early() {
        for length in 0..200 {
            let mut chunk = Chunk::default();
            read(&vec![0; length], LinkType::Ethernet, &mut chunk);
            read(&vec![0x11; length], LinkType::Ethernet, &mut chunk);
            assert!(chunk.frames.is_empty());
        }
    }
}
