//! What a rule or entry is about.

use super::PORTS;
use crate::rng::Rng;

/// Protocol, and ports or ICMP type and code.
#[derive(Clone, Debug)]
pub(super) struct Service {
    pub(super) protocol: &'static str,
    pub(super) from: i32,
    pub(super) to: i32,
}

impl Service {
    pub(super) fn of_rule(rng: &mut Rng) -> Self {
        let mut service = Self::random(
            rng,
            &[
                "tcp", "tcp", "tcp", "udp", "udp", "icmp", "icmpv6", "-1", "47", "50", "132", "6",
                "17", "1", "58",
            ],
        );
        // Of security groups: no code without a type.
        if service.is_icmp() && service.from == -1 {
            service.to = -1;
        }
        service
    }

    pub(super) fn of_entry(rng: &mut Rng) -> Self {
        Self::random(rng, &["6", "6", "17", "17", "1", "58", "-1", "47", "132", "50"])
    }

    fn random(rng: &mut Rng, protocols: &[&'static str]) -> Self {
        let mut service =
            Self { protocol: rng.pick::<&'static str>(protocols), from: 0, to: 65535 };
        if service.is_icmp() {
            service.from = *rng.pick(&[-1, -1, 0, 3, 8, 11, 13, 128, 129, 135, 1]);
            service.to = *rng.pick(&[-1, -1, -1, 0, 1, 4]);
        } else {
            let (one, other) = (*rng.pick(PORTS), *rng.pick(PORTS));
            match rng.below(5) {
                0..=1 => {}
                2 => (service.from, service.to) = (one.into(), one.into()),
                _ => (service.from, service.to) = (one.min(other).into(), one.max(other).into()),
            }
        }
        service
    }

    fn is_icmp(&self) -> bool {
        matches!(self.protocol, "icmp" | "icmpv6" | "1" | "58")
    }
}
