//! `DescribeLogStore`: how the log store stands.

use flowlogd_aws::Fault;
use flowlogd_aws::flowlogd::{
    BlockCount, DescribeLogStoreRequest, DescribeLogStoreResponse, SegmentCount,
};
use flowlogd_logstore::{Figures, SegmentFigures};

use crate::call::{Call, internal};

/// There is one log store for all accounts, so the answer is the same for all who may ask.
pub(super) fn describe(
    call: &Call<'_>,
    _: DescribeLogStoreRequest,
) -> Result<DescribeLogStoreResponse, Fault> {
    call.authorize("flowlogd:DescribeLogStore", "*")?;
    let figures = call.logs.figures(call.now()).map_err(|error| internal(&error))?;
    Ok(response(&figures, call.logs.damage()))
}

fn response(figures: &Figures, damage_met: Vec<String>) -> DescribeLogStoreResponse {
    let blocks = &figures.blocks;
    DescribeLogStoreResponse {
        groups: figures.groups,
        streams: figures.streams,
        blocks: BlockCount {
            count: blocks.count,
            bytes: blocks.bytes,
            raw_bytes: blocks.raw_bytes,
            oldest_age: blocks.oldest,
        },
        live_segments: count(&figures.live),
        dead_segments: count(&figures.dead),
        damaged_segments: count(&figures.damaged),
        segments_to_merge: count(&figures.to_merge),
        database_bytes: figures.database_bytes,
        directory_bytes: figures.directory_bytes,
        free_bytes: figures.free_bytes,
        floor_bytes: figures.floor_bytes,
        refusing: figures.is_refusing(),
        damage_met,
    }
}

fn count(segments: &SegmentFigures) -> SegmentCount {
    SegmentCount {
        count: segments.count,
        bytes: segments.bytes,
        events: segments.events,
        message_bytes: segments.message_bytes,
        bytes_per_event: segments.bytes_per_event(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::dispatch::Service;
    use crate::testing::TestDoor;

    #[test]
    fn the_log_store_is_described_to_who_may() {
        let mut door = TestDoor::new();
        let group = json!({ "logGroupName": "g" });
        door.json(Service::Logs, "CreateLogGroup", &group).unwrap();
        let stream = json!({ "logGroupName": "g", "logStreamName": "s" });
        door.json(Service::Logs, "CreateLogStream", &stream).unwrap();
        let events = json!({
            "logGroupName": "g",
            "logStreamName": "s",
            "logEvents": [{ "timestamp": door.now, "message": "one" }, { "timestamp": door.now, "message": "two" }],
        });
        door.json(Service::Logs, "PutLogEvents", &events).unwrap();
        door.now += 1500;

        let told = door.json(Service::Flowlogd, "DescribeLogStore", &json!({})).unwrap();

        assert_eq!((told["groups"].as_u64(), told["streams"].as_u64()), (Some(1), Some(1)));
        assert_eq!(told["blocks"]["count"], 1);
        assert_eq!(told["blocks"]["oldestAge"], 1500);
        assert_eq!(told["liveSegments"]["count"], 0);
        assert_eq!(told["refusing"], false);
        assert_eq!(told["damageMet"], json!([]));
        assert!(told["freeBytes"].as_u64().unwrap() > 0);

        let may = |action: &str| {
            let statement = json!({ "Effect": "Allow", "Action": action, "Resource": "*" });
            json!({ "Version": "2012-10-17", "Statement": statement }).to_string()
        };
        door.be_user("reader", &may("logs:*"));
        let refused = door.json(Service::Flowlogd, "DescribeLogStore", &json!({})).unwrap_err();
        assert_eq!(refused.code, "AccessDeniedException");
        door.be_user("watcher", &may("flowlogd:DescribeLogStore"));
        assert!(door.json(Service::Flowlogd, "DescribeLogStore", &json!({})).is_ok());
    }
}
