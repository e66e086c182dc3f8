//! The two byte orders, as types: a reader's loop is compiled once for each.

/// How a number lies in a file.
pub(super) trait ByteOrder {
    fn u16(bytes: [u8; 2]) -> u16;
    fn u32(bytes: [u8; 4]) -> u32;
    fn i64(bytes: [u8; 8]) -> i64;
}

/// Least significant byte first.
pub(super) struct Little;

/// Most significant byte first.
pub(super) struct Big;

impl ByteOrder for Little {
    fn u16(bytes: [u8; 2]) -> u16 {
        u16::from_le_bytes(bytes)
    }

    fn u32(bytes: [u8; 4]) -> u32 {
        u32::from_le_bytes(bytes)
    }

    fn i64(bytes: [u8; 8]) -> i64 {
        i64::from_le_bytes(bytes)
    }
}

impl ByteOrder for Big {
    fn u16(bytes: [u8; 2]) -> u16 {
        u16::from_be_bytes(bytes)
    }

    fn u32(bytes: [u8; 4]) -> u32 {
        u32::from_be_bytes(bytes)
    }

    fn i64(bytes: [u8; 8]) -> i64 {
        i64::from_be_bytes(bytes)
    }
}

/// Returns the four bytes at `at`, if they are there.
pub(super) fn four(bytes: &[u8], at: usize) -> Option<[u8; 4]> {
    bytes.get(at..)?.first_chunk().copied()
}
