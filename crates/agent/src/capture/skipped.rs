//! What a capture has besides frames that can be counted.

use super::link_type::link_type_name;

/// Packets of a capture that are in no chunk, or there with a makeshift time; to be told at the
/// end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Packets whose time is before 1970 or after 2554, left out.
    pub out_of_time: u64,
    /// Packets of each link type that is not read, left out, by its number.
    pub link_types: Vec<(u16, u64)>,
    /// Packets without a time, which were given that of the packet before (1970 if there is none).
    pub untimed: u64,
}

impl Skipped {
    /// Returns one line for each kind of packet that there was, without the name of the file.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        for &(number, count) in &self.link_types {
            let name = link_type_name(number);
            warnings.push(format!("{} of link type {number} ({name}) left out", packets(count)));
        }
        if self.out_of_time > 0 {
            let packets = packets(self.out_of_time);
            warnings.push(format!("{packets} with a time before 1970 or after 2554 left out"));
        }
        if self.untimed > 0 {
            let packets = packets(self.untimed);
            warnings.push(format!("{packets} without a time counted at that of the packet before"));
        }
        warnings
    }
}

fn packets(count: u64) -> String {
    format!("{count} packet{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_that_there_was_has_a_line() {
        let skipped = Skipped { out_of_time: 1, link_types: vec![(9, 2), (105, 1)], untimed: 3 };

        assert_eq!(
            skipped.warnings(),
            [
                "2 packets of link type 9 (PPP) left out",
                "1 packet of link type 105 (IEEE 802.11) left out",
                "1 packet with a time before 1970 or after 2554 left out",
                "3 packets without a time counted at that of the packet before",
            ]
        );
        assert!(Skipped::default().warnings().is_empty());
    }
}
