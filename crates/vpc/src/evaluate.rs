//! Packet, rules and connections → judgement.

use flowlogd_packet::PacketHeader;

use crate::{ConnectionTable, Decision, Direction, InterfaceIndex, Judgement, Ruleset, Tick};

impl Ruleset {
    /// Judges one packet at one interface, and lets the connection table learn from it.
    pub fn evaluate(
        &self,
        connections: &mut ConnectionTable,
        packet: &PacketHeader,
        interface: InterfaceIndex,
        direction: Direction,
        tick: Tick,
    ) -> Judgement {
        let _ = (connections, packet, interface, direction, tick);
        todo!()
    }

    /// Judges a further packet of a flow that this generation refused by its rules: looks for a
    /// connection, and only if there is one evaluates anew.
    pub fn evaluate_refused(
        &self,
        connections: &mut ConnectionTable,
        packet: &PacketHeader,
        interface: InterfaceIndex,
        direction: Direction,
        tick: Tick,
        refusal: Decision,
    ) -> Judgement {
        let _ = (connections, packet, interface, direction, tick, refusal);
        todo!()
    }
}
