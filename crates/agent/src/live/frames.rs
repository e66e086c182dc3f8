//! Frames as an interface sees them.

use crate::capture::FrameRef;
use crate::config::Side;

use super::SteadyClock;

/// Gives frames the time of the steady clock, and the direction as the interface sees it.
pub fn mend_frames(frames: &mut [FrameRef], side: Side, clock: &SteadyClock) {
    for frame in frames {
        if side == Side::Host {
            // What the host's end of a cable receives, the other end has sent.
            frame.direction = frame.direction.map(flowlogd_packet::FrameDirection::opposite);
        }
        if !clock.agrees() {
            let time = clock.time_of(frame.time());
            (frame.secs, frame.nanos) = (time.as_secs(), time.subsec_nanos());
        }
    }
}
