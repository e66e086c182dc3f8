//! Where frames come from.

mod af_packet;
mod boot_time;
mod byte_order;
mod chunk;
pub(crate) mod device;
pub mod ebpf;
mod error;
mod link_type;
mod pcap;
mod pcapng;
mod reader;
#[cfg(test)]
mod sample;
mod skipped;
mod source;
mod timestamp;

pub use af_packet::{AfPacket, AfPacketError, AfPacketOptions, Reach};
pub use boot_time::boot_time;
pub use chunk::{Chunk, FrameRef, Gso};
pub use device::DeviceError;
pub use error::{CaptureError, Fault};
pub use link_type::link_type_name;
pub use reader::{CaptureReader, DEFAULT_CHUNK_SIZE, MAX_CAPTURED, Progress};
pub use skipped::Skipped;
