//! What `/metrics` tells of the log store.

use std::fmt::Write as _;

use flowlogd_logstore::{Figures, SegmentFigures};

/// A gauge, and what the figures have of it.
struct Gauge {
    name: &'static str,
    help: &'static str,
    value: fn(&Figures) -> u64,
}

const GAUGES: &[Gauge] = &[
    Gauge {
        name: "bytes",
        help: "Bytes of all files of the log store.",
        value: |figures| figures.directory_bytes,
    },
    Gauge {
        name: "database_bytes",
        help: "Bytes of its database.",
        value: |figures| figures.database_bytes,
    },
    Gauge { name: "groups", help: "Log groups.", value: |figures| figures.groups },
    Gauge { name: "streams", help: "Log streams.", value: |figures| figures.streams },
    Gauge {
        name: "blocks",
        help: "Blocks that are not in segments yet.",
        value: |figures| figures.blocks.count,
    },
    Gauge {
        name: "block_bytes",
        help: "Bytes of those blocks.",
        value: |figures| figures.blocks.bytes,
    },
    Gauge {
        name: "drain_lag_milliseconds",
        help: "Age of the oldest block.",
        value: |figures| figures.blocks.oldest.and_then(|age| u64::try_from(age).ok()).unwrap_or(0),
    },
    Gauge {
        name: "segments_to_merge",
        help: "Segments due to be merged.",
        value: |figures| figures.to_merge.count,
    },
    Gauge {
        name: "segments_to_merge_bytes",
        help: "Bytes of those segments.",
        value: |figures| figures.to_merge.bytes,
    },
    Gauge {
        name: "free_bytes",
        help: "Free bytes of the disk.",
        value: |figures| figures.free_bytes,
    },
    Gauge {
        name: "floor_bytes",
        help: "Free bytes below which events are refused.",
        value: |figures| figures.floor_bytes,
    },
    Gauge {
        name: "refusing",
        help: "1 if events are refused for want of room.",
        value: |figures| u64::from(figures.is_refusing()),
    },
    Gauge {
        name: "damage_met",
        help: "Damaged parts that were met since the start.",
        value: |figures| figures.damage_met,
    },
];

/// A gauge of segments by their state.
struct OfSegments {
    name: &'static str,
    help: &'static str,
    value: fn(&SegmentFigures) -> u64,
}

const OF_SEGMENTS: &[OfSegments] = &[
    OfSegments { name: "segments", help: "Segments.", value: |segments| segments.count },
    OfSegments {
        name: "segment_bytes",
        help: "Bytes of segments.",
        value: |segments| segments.bytes,
    },
    OfSegments {
        name: "segment_events",
        help: "Events in segments.",
        value: |segments| segments.events,
    },
    OfSegments {
        name: "segment_message_bytes",
        help: "Bytes of their messages.",
        value: |segments| segments.message_bytes,
    },
];

/// Writes how the log store stands.
pub(super) fn page(figures: &Figures) -> String {
    let mut page = String::new();
    let head = |page: &mut String, name: &str, help: &str| {
        let _ = writeln!(page, "# HELP {name} {help}\n# TYPE {name} gauge");
    };
    for gauge in GAUGES {
        let name = format!("flowlogd_log_store_{}", gauge.name);
        head(&mut page, &name, gauge.help);
        let _ = writeln!(page, "{name} {}", (gauge.value)(figures));
    }
    let states = [("live", &figures.live), ("dead", &figures.dead), ("damaged", &figures.damaged)];
    for gauge in OF_SEGMENTS {
        let name = format!("flowlogd_log_store_{}", gauge.name);
        head(&mut page, &name, gauge.help);
        for (state, segments) in states {
            let _ = writeln!(page, "{name}{{state=\"{state}\"}} {}", (gauge.value)(segments));
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_is_a_gauge_with_help() {
        let dead = SegmentFigures { count: 3, bytes: 30, events: 300, message_bytes: 3000 };
        let figures = Figures { dead, free_bytes: 5, floor_bytes: 6, ..Figures::default() };

        let page = page(&figures);

        for line in [
            "flowlogd_log_store_segments{state=\"dead\"} 3",
            "flowlogd_log_store_segment_message_bytes{state=\"dead\"} 3000",
            "flowlogd_log_store_segments{state=\"live\"} 0",
            "flowlogd_log_store_refusing 1",
            "# TYPE flowlogd_log_store_drain_lag_milliseconds gauge",
        ] {
            assert!(page.lines().any(|found| found == line), "{line} in\n{page}");
        }
    }
}
