//! Bytes of a frame → [`PacketHeader`].
//!
//! Pure: no allocation, no clock, no I/O, and no panic on any input. What a frame holds
//! besides one readable IP header is a [`ParseError`], each kind of which the caller counts.
#![warn(missing_docs)]

mod fragments;
mod frame;
#[cfg(test)]
mod frames;
mod header;
mod icmp;
mod ipv4;
mod ipv6;
mod link;
mod parse;
mod plain;
mod upper;

pub use fragments::{FragmentOutcome, FragmentPorts};
pub use header::{Addresses, Fragment, Icmp, PacketHeader, QuotedHeader, protocol, tcp_flag};
pub use link::{FrameDirection, LinkInfo, LinkType, MacAddress};
pub use parse::{NonIp, ParseError, ParsedFrame, parse};
