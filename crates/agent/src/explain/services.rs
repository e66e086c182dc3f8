//! What the packets of a group ask for, in bounded memory.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write;

use super::case::{Shape, Tuple};
use super::rule_text::protocol_text;

/// A protocol, and the port of the server where it has ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Service {
    /// IANA number.
    pub protocol: u8,
    /// Of TCP and UDP; an answer comes from it.
    pub port: Option<u16>,
}

/// Services with their packets.
#[derive(Clone, Debug, Default)]
pub(super) struct Services {
    packets: BTreeMap<Service, u64>,
    is_full: bool,
}

/// Services of a group, as far as they are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceList {
    /// Those with most packets, and these first.
    pub heaviest: Vec<Service>,
    /// How many there are besides; `None` where they were too many to count.
    pub more: Option<usize>,
}

/// Services that are told apart. Where there are more, a heavier one takes the lightest one's place.
pub(super) const KEPT_SERVICES: usize = 128;
/// Services that are named.
const NAMED_SERVICES: usize = 6;

impl Service {
    pub(super) fn of(tuple: &Tuple) -> Self {
        let port = match tuple.shape() {
            Shape::Answer => tuple.srcport,
            Shape::Request | Shape::Unclear => tuple.dstport,
        };
        let has_port = tuple.has_ports() && !tuple.has_unknown_ports();
        Self { protocol: tuple.protocol, port: has_port.then_some(port) }
    }

    /// Returns `tcp 22`.
    pub fn text(self) -> String {
        let protocol = protocol_text(self.protocol);
        self.port.map_or_else(|| protocol.to_string(), |port| format!("{protocol} {port}"))
    }
}

impl Services {
    pub(super) fn add(&mut self, service: Service, packets: u64) {
        if let Some(known) = self.packets.get_mut(&service) {
            *known = known.saturating_add(packets);
            return;
        }
        if self.packets.len() >= KEPT_SERVICES {
            self.is_full = true;
            let lightest = self.packets.iter().min_by_key(|(_, packets)| **packets);
            match lightest.map(|(service, packets)| (*service, *packets)) {
                Some((lightest, least)) if least < packets => self.packets.remove(&lightest),
                Some(_) | None => return,
            };
        }
        self.packets.insert(service, packets);
    }

    pub(super) fn list(&self) -> ServiceList {
        let mut services: Vec<_> = self.packets.iter().collect();
        services.sort_by_key(|(service, packets)| (Reverse(**packets), **service));
        let heaviest: Vec<_> =
            services.iter().take(NAMED_SERVICES).map(|(service, _)| **service).collect();
        let more = (!self.is_full).then(|| services.len() - heaviest.len());
        ServiceList { heaviest, more }
    }
}

impl ServiceList {
    /// Returns `8: tcp 22, 443; icmp; udp 53, 123, 161 and 2 more`, if there are several.
    pub fn text(&self) -> Option<String> {
        let (count, rest) = match self.more {
            Some(more) => (
                (self.heaviest.len() + more).to_string(),
                if more > 0 { format!(" and {more} more") } else { String::new() },
            ),
            None => (format!("more than {KEPT_SERVICES}"), " and more".to_owned()),
        };
        let mut by_protocol: Vec<(u8, String)> = Vec::new();
        for service in &self.heaviest {
            match (
                by_protocol.iter_mut().find(|(number, _)| *number == service.protocol),
                service.port,
            ) {
                // Writing into a string cannot fail.
                (Some((_, text)), Some(port)) => drop(write!(text, ", {port}")),
                (Some((_, text)), None) => text.push_str(", fragments"),
                (None, _) => by_protocol.push((service.protocol, service.text())),
            }
        }
        let named: Vec<_> = by_protocol.into_iter().map(|(_, text)| text).collect();
        (self.heaviest.len() > 1).then(|| format!("{count}: {}{rest}", named.join("; ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn services(packets: impl IntoIterator<Item = (u8, Option<u16>, u64)>) -> Services {
        let mut services = Services::default();
        for (protocol, port, packets) in packets {
            services.add(Service { protocol, port }, packets);
        }
        services
    }

    #[test]
    fn a_single_service_is_not_worth_a_line() {
        assert_eq!(services([(6, Some(22), 5), (6, Some(22), 1)]).list().text(), None);
    }

    #[test]
    fn services_are_named_once_by_protocol_the_heaviest_first() {
        let services = services([
            (1, None, 2),
            (6, Some(22), 1),
            (17, Some(53), 1),
            (6, Some(22), 4),
            (6, Some(9), 1),
        ]);

        assert_eq!(services.list().text().as_deref(), Some("4: tcp 22, 9; icmp; udp 53"));
    }

    #[test]
    fn fragments_without_their_first_are_a_service_of_their_own() {
        let services = services([(17, Some(53), 2), (17, None, 1)]);

        assert_eq!(services.list().text().as_deref(), Some("2: udp 53, fragments"));
    }

    #[test]
    fn of_too_many_services_a_late_heavy_one_is_told() {
        let light = (1..=500).map(|port| (6, Some(port), 1));
        let services = services(light.chain([(17, Some(53), 7)]));

        assert_eq!(services.packets.len(), KEPT_SERVICES);
        let text = services.list().text().unwrap();
        assert!(text.starts_with("more than 128: udp 53; tcp "), "{text}");
        assert!(text.ends_with(" and more"), "{text}");
    }
}
