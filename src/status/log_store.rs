//! How the log store stands, for `flowlogd status`.

use flowlogd_agent::client::{CallError, Client};
use flowlogd_aws::flowlogd::{
    DescribeLogStoreRequest, DescribeLogStoreResponse, SERVICE, SegmentCount, TARGET,
};

use crate::lines::{line, number};
use crate::messages::readable;

/// Asks the server. It needs the permission `flowlogd:DescribeLogStore`.
pub(super) async fn ask(client: &Client) -> Result<DescribeLogStoreResponse, CallError> {
    let request = DescribeLogStoreRequest::default();
    client.json(SERVICE, TARGET, "DescribeLogStore", &request).await
}

/// Writes a section for people; who may not ask is told so.
pub(super) fn told(store: &Result<DescribeLogStoreResponse, CallError>) -> String {
    let mut text = String::from("\n");
    let store = match store {
        Ok(store) => store,
        Err(error) => {
            line(&mut text, readable(&format!("The log store is not shown: {error}")));
            return text;
        }
    };
    line(
        &mut text,
        format_args!(
            "Log store: {} with {}, {} on disk ({} of it the database), {} free",
            number(store.groups, "log group"),
            number(store.streams, "stream"),
            size(store.directory_bytes),
            size(store.database_bytes),
            size(store.free_bytes)
        ),
    );
    let blocks = &store.blocks;
    let oldest = blocks.oldest_age.map(|age| format!(", the oldest {} s old", age / 1000));
    line(
        &mut text,
        format_args!(
            "  not in segments yet: {}, {}{}",
            number(blocks.count, "block"),
            size(blocks.bytes),
            oldest.unwrap_or_default()
        ),
    );
    line(&mut text, format_args!("  in segments: {}", segments(&store.live_segments)));
    let others = [
        ("due to be merged", &store.segments_to_merge),
        ("replaced or expired, to be removed", &store.dead_segments),
        ("damaged and set aside", &store.damaged_segments),
    ];
    for (what, of) in others {
        if of.count > 0 {
            line(&mut text, format_args!("  {what}: {}", segments(of)));
        }
    }
    if store.refusing {
        line(
            &mut text,
            format_args!(
                "  EVENTS ARE REFUSED: less than {} are free (docs/operations-guide.md)",
                size(store.floor_bytes)
            ),
        );
    }
    for damage in &store.damage_met {
        line(&mut text, readable(&format!("  DAMAGED: {damage}")));
    }
    text
}

fn segments(of: &SegmentCount) -> String {
    let mut text = format!(
        "{}, {} in {}",
        number(of.events, "event"),
        size(of.bytes),
        number(of.count, "segment")
    );
    if let Some(ratio) = of.bytes_per_event {
        text += &format!(", {ratio:.1} bytes an event");
    }
    text
}

/// Writes bytes as people read them: `12.3 MiB`.
fn size(bytes: u64) -> String {
    let mut whole = bytes;
    let mut rest = 0;
    let mut unit = "bytes";
    for larger in ["KiB", "MiB", "GiB", "TiB", "PiB"] {
        if whole < 1024 {
            break;
        }
        rest = whole % 1024;
        whole /= 1024;
        unit = larger;
    }
    if unit == "bytes" {
        number(whole, "byte")
    } else {
        format!("{whole}.{} {unit}", rest * 10 / 1024)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flowlogd_aws::flowlogd::BlockCount;

    #[test]
    fn sizes_are_written_as_people_read_them() {
        for (bytes, expected) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (1023, "1023 bytes"),
            (1536, "1.5 KiB"),
            ((1 << 20) - 1, "1023.9 KiB"),
            (5 << 30, "5.0 GiB"),
        ] {
            assert_eq!(size(bytes), expected);
        }
    }

    #[test]
    fn what_is_wrong_is_told_and_what_is_not_is_left_out() {
        let well = DescribeLogStoreResponse {
            groups: 1,
            streams: 2,
            blocks: BlockCount { count: 3, bytes: 2048, raw_bytes: 9000, oldest_age: Some(61_000) },
            live_segments: SegmentCount {
                count: 1,
                bytes: 1000,
                events: 50,
                message_bytes: 5000,
                bytes_per_event: Some(20.0),
            },
            directory_bytes: 4096,
            free_bytes: 1 << 30,
            ..DescribeLogStoreResponse::default()
        };
        let expected = "
Log store: 1 log group with 2 streams, 4.0 KiB on disk (0 bytes of it the database), 1.0 GiB free
  not in segments yet: 3 blocks, 2.0 KiB, the oldest 61 s old
  in segments: 50 events, 1000 bytes in 1 segment, 20.0 bytes an event
";
        assert_eq!(told(&Ok(well.clone())), expected);

        let ill = DescribeLogStoreResponse {
            refusing: true,
            floor_bytes: 64 << 20,
            damage_met: vec!["segments/1/a.parquet is missing".to_owned()],
            ..well
        };
        let more = "  EVENTS ARE REFUSED: less than 64.0 MiB are free (docs/operations-guide.md)
  DAMAGED: segments/1/a.parquet is missing
";
        assert_eq!(told(&Ok(ill)), format!("{expected}{more}"));
    }
}
