//! Where frames come from.

mod chunk;

pub use chunk::{Chunk, FrameRef};
