//! What a field is called where it is discovered in log events (cloudwatch-logs.md §9.3).

use crate::Field;

impl Field {
    /// Returns the name in queries and records of `CloudWatch` Logs: `srcAddr`, `logStatus`, `pktSrcAddr`.
    pub fn discovered_name(self) -> String {
        if let Self::Start | Self::End = self {
            return format!("{}Time", self.name());
        }
        let mut name = String::new();
        for word in self.name().split('-').flat_map(words) {
            let mut letters = word.chars();
            match letters.next() {
                Some(first) if !name.is_empty() => name.push(first.to_ascii_uppercase()),
                Some(first) => name.push(first),
                None => {}
            }
            name.push_str(letters.as_str());
        }
        name
    }
}

/// Formats write `srcaddr`, which is two words.
fn words(word: &str) -> impl Iterator<Item = &str> {
    let at = match word {
        "srcaddr" | "dstaddr" | "srcport" | "dstport" => 3,
        _ => word.len(),
    };
    let (first, second) = word.split_at(at);
    [first, second].into_iter().filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::LogFormat;

    fn names(format: &LogFormat) -> String {
        let names: Vec<_> = format.fields().iter().map(|field| field.discovered_name()).collect();
        names.join(" ")
    }

    #[test]
    fn the_default_format_has_the_names_that_are_documented() {
        assert_eq!(
            names(&LogFormat::default()),
            "version accountId interfaceId srcAddr dstAddr srcPort dstPort protocol packets bytes \
             startTime endTime action logStatus"
        );
    }

    #[test]
    fn other_fields_are_written_alike() {
        let format: LogFormat = "${vpc-id} ${tcp-flags} ${type} ${pkt-srcaddr} ${az-id} \
                                 ${pkt-dst-aws-service} ${flow-direction} ${instance-tag-2} ${x-deciding-rule}"
            .parse()
            .unwrap();
        assert_eq!(
            names(&format),
            "vpcId tcpFlags type pktSrcAddr azId pktDstAwsService flowDirection instanceTag2 xDecidingRule"
        );
        let all: BTreeSet<_> = Field::ALL.iter().map(|field| field.discovered_name()).collect();
        assert_eq!(all.len(), Field::ALL.len());
    }
}
