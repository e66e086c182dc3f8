//! Random packet sequences at one interface, and the time that passes between the packets.

use std::net::IpAddr;

use crate::conversation::{Conversation, Segments};
use crate::frame;
use crate::inventory::{Site, World};
use crate::rng::Rng;

/// What happens at an interface, from a fresh state on.
#[derive(Clone, Debug)]
pub(crate) struct Sequence {
    /// Direction of what the device receives: 0 ingress, 1 egress.
    pub(crate) received_is: u8,
    pub(crate) is_raw_ip: bool,
    pub(crate) packets: Vec<Sighted>,
    /// So many packets come before the rules change.
    pub(crate) before_change: usize,
}

/// A frame at its time.
#[derive(Clone, Debug)]
pub(crate) struct Sighted {
    /// Nanoseconds after the batch's beginning.
    pub(crate) at: u64,
    pub(crate) is_received: bool,
    pub(crate) frame: Vec<u8>,
    pub(crate) segments: Option<Segments>,
}

pub(crate) const SECOND: u64 = 1_000_000_000;
/// Longest that a sequence takes, in seconds: some of the longest timeouts.
pub(crate) const LONGEST: u64 = 1_500_000;

impl Sequence {
    /// Makes up a sequence at a site. `window` is the length of windows in seconds, and `wall` what the wall clock is
    /// ahead of the time since boot, in nanoseconds, without whole windows.
    pub(crate) fn random(
        rng: &mut Rng,
        world: &World,
        site: &Site,
        window: u64,
        wall: u64,
    ) -> Self {
        let is_raw_ip = rng.percent(15);
        let received_is = u8::from(rng.percent(50));
        let mut clock = Clock { now: rng.next() % (70 * SECOND), window: window * SECOND, wall };
        let mut conversations = Vec::new();
        for _ in 0..rng.within(1, 4) {
            let (local, peer) = ends(rng, world, site);
            conversations.push(Conversation::random(rng, local, peer));
        }
        // Strange packets come in some sequences more than in others.
        let odd = *rng.pick(&[0, 4, 4, 12]);
        let haste = *rng.pick(&[92, 70, 40]);
        let count = rng.within(9, 35) as usize;
        let mut packets = Vec::with_capacity(count);
        for _ in 0..count {
            clock.pass(rng, site, haste);
            if !is_raw_ip && rng.percent(odd / 4) {
                packets.push(Sighted {
                    at: clock.now,
                    is_received: rng.percent(50),
                    frame: frame::other(rng),
                    segments: None,
                });
                continue;
            }
            let one = rng.below(u32::try_from(conversations.len()).expect("few")) as usize;
            let somewhere = *rng.pick(&world.peers);
            let conversation = &mut conversations[one];
            let sent = conversation.next(rng, somewhere);
            // Of a frame in pieces the headers have to be what it says they are.
            let odd = if sent.segments.is_some() { 0 } else { odd };
            let packet = sent.packet.write(rng, odd);
            let frame = frame::wire(&packet, conversation.is_v4(), is_raw_ip, rng, odd);
            let is_received = (received_is == 1) == sent.is_egress;
            packets.push(Sighted { at: clock.now, is_received, frame, segments: sent.segments });
        }
        let before_change = rng.within(4, 28) as usize;
        Self { received_is, is_raw_ip, packets, before_change }
    }
}

/// Returns the two ends of a conversation, mostly one of the interface's own addresses and one that rules speak of.
fn ends(rng: &mut Rng, world: &World, site: &Site) -> (IpAddr, IpAddr) {
    let own = if rng.percent(6) || site.own.is_empty() { &world.peers } else { &site.own };
    let local = *rng.pick(own);
    if rng.percent(4) {
        let services: &[&str] = if local.is_ipv4() {
            &[
                "169.254.169.253",
                "169.254.169.254",
                "169.254.169.123",
                "169.254.169.250",
                "169.254.170.2",
                "169.254.170.23",
            ]
        } else {
            &[
                "fd00:ec2::253",
                "fd00:ec2::254",
                "fd00:ec2::123",
                "fd00:ec2::250",
                "fd00:ec2::23",
                "fe80:ec2::1",
            ]
        };
        return (local, rng.pick(services).parse().expect("an address"));
    }
    loop {
        let peer = *rng.pick(&world.peers);
        if peer.is_ipv4() == local.is_ipv4() {
            return (local, peer);
        }
    }
}

/// The time since boot.
struct Clock {
    now: u64,
    window: u64,
    wall: u64,
}

impl Clock {
    /// Lets time pass: none, so many times of a hundred, else up to the longest timeout.
    fn pass(&mut self, rng: &mut Rng, site: &Site, haste: u32) {
        if rng.percent(haste) {
            return;
        }
        match rng.below(16) {
            0..=2 => self.now += 1 + rng.next() % SECOND,
            3..=5 => self.now += SECOND,
            // The last and the first nanosecond of a tick.
            6 => self.now = (self.now / SECOND + 1) * SECOND - 1,
            7 => self.now = (self.now / SECOND + 1) * SECOND,
            8 => self.now += SECOND * u64::from(rng.within(2, 4)),
            9 => self.now += self.window - (self.now + self.wall) % self.window,
            10 => self.now += self.window - (self.now + self.wall) % self.window - 1,
            11 => self.now += SECOND * u64::from(rng.within(5, 70)),
            _ => self.idle(rng, site),
        }
    }

    /// Lets a timeout pass, or nearly, or somewhat more.
    fn idle(&mut self, rng: &mut Rng, site: &Site) {
        let of_site = *rng.pick(&site.timeouts);
        let times = [2, 30, 30, 60, of_site, of_site, 600, 350, 180];
        let seconds = u64::from(*rng.pick(&times)) + u64::from(rng.below(3)) - 1;
        if self.now / SECOND + seconds >= LONGEST {
            return;
        }
        // In whole ticks, wherever in its tick the last packet was.
        self.now += SECOND * seconds;
        if rng.percent(30) {
            self.now = self.now / SECOND * SECOND + rng.next() % SECOND;
        }
    }
}
