//! What delivery promises, against a store that can be told to misbehave.

mod bench;
mod store;

use tempfile::TempDir;

use super::*;
use crate::client::fake::Answer;
use crate::spool::SpoolError;

use bench::{Bench, all, batches, client, role_of, settings};
use store::{denied, throttled};

#[tokio::test]
async fn records_arrive_in_order_under_the_flow_logs_role_and_group_and_stream_are_made() {
    let bench = Bench::new().await;
    bench.serve(&["fl-1/eni-1/run"]);
    bench.spool("fl-1/eni-1/run", "eni-1-all", 1..=20);

    bench.until_delivered("fl-1", 60).await;

    assert_eq!(bench.messages("eni-1-all"), all(1..=20));
    let received = bench.fake.received();
    let assumed = &received[0];
    assert_eq!(
        (assumed.operation.as_str(), assumed.access_key_id.as_str()),
        ("AssumeRole", "AKIAAGENT")
    );
    assert_eq!(assumed.text("RoleSessionName"), "fl-1");
    assert_eq!(assumed.text("RoleArn"), "arn:aws:iam::123456789012:role/fl-1/eni-1/run");
    let operations: Vec<_> = received[1..6].iter().map(|call| call.operation.as_str()).collect();
    let made =
        ["PutLogEvents", "CreateLogStream", "CreateLogGroup", "CreateLogStream", "PutLogEvents"];
    assert_eq!(operations, made);
    assert!(received[1..].iter().all(|call| call.access_key_id == "ASIA1"));
    let report = bench.report("fl-1");
    assert_eq!((report.status.as_str(), report.pending_batches, report.lag), ("SUCCESS", 0, 0));
    assert!(report.last_delivery.is_some());
}

#[tokio::test]
async fn decisions_go_under_the_agents_own_credentials() {
    let bench = Bench::new().await;
    bench.delivery.configure(vec![Destination { queue: "decisions".into(), role_arn: None }]);
    bench.spool("decisions", "eni-1", 1..=2);

    bench.until_delivered("decisions", 6).await;

    assert_eq!(bench.count("AssumeRole"), 0);
    assert!(bench.fake.received().iter().all(|call| call.access_key_id == "AKIAAGENT"));
}

#[tokio::test]
async fn nothing_is_sent_before_the_configuration_is_known() {
    let bench = Bench::new().await;
    bench.spool("fl-1", "s", 1..=1);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(bench.fake.operations().is_empty());

    bench.serve(&["fl-1"]);

    bench.until_delivered("fl-1", 3).await;
}

#[tokio::test]
async fn a_flow_log_that_is_refused_is_an_access_error_and_holds_up_no_other() {
    let bench = Bench::new().await;
    bench.store().refused_roles.insert("arn:aws:iam::123456789012:role/fl-bad".to_owned());
    bench.serve(&["fl-bad", "fl-good"]);
    bench.spool("fl-bad", "bad", 1..=5);
    bench.spool("fl-good", "good", 1..=5);

    bench.until_delivered("fl-good", 15).await;
    bench.until("refused", |bench| bench.report("fl-bad").status == "FAILED").await;

    let report = bench.report("fl-bad");
    assert_eq!(report.error_message.as_deref(), Some("Access error"));
    assert!(report.detail.unwrap().starts_with("AssumeRole: AccessDenied: not authorized"));
    assert_eq!((report.pending_batches, report.delivered_records), (5, 0));

    bench.store().refused_roles.clear();
    bench.until_delivered("fl-bad", 15).await;
    assert_eq!(bench.report("fl-bad").status, "SUCCESS");
    assert_eq!(bench.report("fl-bad").error_message, None);
    assert_eq!(bench.messages("bad"), all(1..=5));
}

#[tokio::test]
async fn a_role_that_may_not_put_or_create_is_an_access_error_until_it_may() {
    for operation in ["PutLogEvents", "CreateLogStream", "CreateLogGroup"] {
        let bench = Bench::new().await;
        bench.store().lasting.insert(operation, denied());
        bench.serve(&["fl-1"]);
        bench.spool("fl-1", "s", 1..=3);

        let refused = |bench: &Bench| bench.report("fl-1").error_message.is_some();
        bench.until("refused", refused).await;
        let report = bench.report("fl-1");
        assert_eq!(report.error_message.as_deref(), Some("Access error"));
        let expected = format!("{operation}: AccessDeniedException");
        assert!(report.detail.as_ref().unwrap().starts_with(&expected), "{report:?}");

        let attempts = bench.count("AssumeRole");
        bench.store().lasting.clear();
        bench.until_delivered("fl-1", 9).await;
        assert_eq!(bench.messages("s"), all(1..=3));
        // The attempt after the repair is the one that delivers, with a session of its own.
        assert!(bench.count("AssumeRole") <= attempts + 2);
    }
}

#[tokio::test]
async fn throttling_is_rate_limited_until_it_ends() {
    let bench = Bench::new().await;
    bench.store().lasting.insert("PutLogEvents", throttled());
    bench.serve(&["fl-1"]);
    bench.spool("fl-1", "s", 1..=3);
    let limited = |bench: &Bench| bench.report("fl-1").error_message.is_some();
    bench.until("limited", limited).await;
    assert_eq!(bench.report("fl-1").error_message.as_deref(), Some("Rate limited"));

    bench.store().lasting.clear();

    bench.until_delivered("fl-1", 9).await;
    assert_eq!(bench.messages("s"), all(1..=3));
}

#[tokio::test]
async fn a_service_that_fails_is_an_unknown_error_only_when_it_lasts() {
    let bench = Bench::new().await;
    let failure = Answer::json_fault(500, "InternalServerException", "oops");
    bench.store().lasting.insert("PutLogEvents", failure);
    bench.serve(&["fl-1"]);
    bench.spool("fl-1", "s", 1..=3);
    bench.until("tried", |bench| bench.report("fl-1").detail.is_some()).await;
    assert_eq!(bench.report("fl-1").status, "SUCCESS");

    let failed = |bench: &Bench| bench.report("fl-1").status == "FAILED";
    bench.until("failed", failed).await;
    assert_eq!(bench.report("fl-1").error_message.as_deref(), Some("Unknown error"));

    bench.store().lasting.clear();
    bench.until_delivered("fl-1", 9).await;
    assert_eq!(bench.report("fl-1").status, "SUCCESS");
}

#[tokio::test]
async fn a_batch_whose_answer_is_lost_is_sent_again_under_its_number_and_stored_once() {
    let bench = Bench::new().await;
    bench.store().lost_answers = 3;
    bench.serve(&["fl-1"]);
    bench.spool("fl-1", "s", 1..=4);

    bench.until_delivered("fl-1", 12).await;

    assert_eq!(bench.messages("s"), all(1..=4));
    let received = bench.fake.received();
    let puts = received.iter().filter(|call| call.operation == "PutLogEvents");
    let tokens: Vec<_> = puts.map(|call| call.text("sequenceToken").to_owned()).collect();
    let first = tokens.iter().filter(|token| **token == tokens[0]).count();
    assert!(tokens[0].ends_with(":1") && first == 5, "{tokens:?}");
}

#[tokio::test]
async fn an_expired_session_is_renewed_within_the_attempt() {
    // A second attempt would come too late.
    let pause = Duration::from_mins(10);
    let bench = Bench::with(DeliverySettings {
        first_pause: pause,
        longest_pause: pause,
        longest_access_pause: pause,
        ..settings()
    })
    .await;
    bench.serve(&["fl-1"]);
    bench.spool("fl-1", "s", 1..=1);
    bench.until_delivered("fl-1", 3).await;
    bench.store().dead_sessions.insert("ASIA1".to_owned());

    bench.spool("fl-1", "s", 2..=2);
    bench.until_delivered("fl-1", 6).await;

    assert_eq!(bench.count("AssumeRole"), 2);
    let report = bench.report("fl-1");
    assert_eq!((report.status.as_str(), report.detail), ("SUCCESS", None));
}

#[tokio::test]
async fn a_role_that_was_made_anew_is_assumed_anew() {
    let bench = Bench::new().await;
    bench.serve(&["fl-1"]);
    bench.spool("fl-1", "s", 1..=1);
    bench.until_delivered("fl-1", 3).await;
    bench.store().orphaned_sessions.insert("ASIA1".to_owned());

    bench.spool("fl-1", "s", 2..=2);
    bench.until_delivered("fl-1", 6).await;

    assert_eq!(bench.count("AssumeRole"), 2);
}

#[tokio::test]
async fn a_session_is_kept_while_it_lasts_and_renewed_before_its_end() {
    let bench = Bench::new().await;
    // Half of it is the margin, so it lasts for a second or so.
    bench.store().session_seconds = Some(2);
    bench.serve(&["fl-1"]);
    bench.spool("fl-1", "s", 1..=10);
    bench.until_delivered("fl-1", 30).await;
    let before = bench.count("AssumeRole");

    tokio::time::sleep(Duration::from_millis(1100)).await;
    bench.spool("fl-1", "s", 11..=11);
    bench.until_delivered("fl-1", 33).await;

    assert!(before < 3, "{before} sessions for ten batches");
    assert!(bench.count("AssumeRole") > before);
    assert_eq!(bench.report("fl-1").detail, None);
}

#[tokio::test]
async fn what_the_destination_rejects_of_a_batch_is_counted_and_not_sent_again() {
    let bench = Bench::new().await;
    bench.store().rejects = Some(serde_json::json!({ "tooOldLogEventEndIndex": 2 }));
    bench.serve(&["fl-1"]);
    bench.spool("fl-1", "s", 1..=1);

    bench.until("settled", |bench| bench.report("fl-1").pending_batches == 0).await;
    bench.until("counted", |bench| bench.report("fl-1").refused_records == 2).await;

    assert_eq!(bench.report("fl-1").delivered_records, 1);
    let refusals = bench.delivery.take_refusals();
    let told: Vec<_> = refusals
        .iter()
        .map(|refusal| (refusal.reason.as_str(), refusal.records, refusal.packets, refusal.last))
        .collect();
    assert_eq!(told, [("too-old", 2, 20, 1)]);
    assert_eq!(&*refusals[0].interface, "eni-1");
    assert!(bench.delivery.take_refusals().is_empty());
}

#[tokio::test]
async fn a_batch_that_is_refused_for_good_is_counted_and_the_next_one_goes() {
    let bench = Bench::new().await;
    let text = "Log event too large: 292824 bytes exceeds limit of 262144";
    bench.fail_once("PutLogEvents", Answer::json_fault(400, "InvalidParameterException", text));
    bench.serve(&["fl-1"]);
    bench.spool("fl-1", "s", 1..=3);

    bench.until_delivered("fl-1", 6).await;

    assert_eq!(bench.messages("s"), all(2..=3));
    let report = bench.report("fl-1");
    assert_eq!((report.refused_records, report.pending_batches), (3, 0));
    assert_eq!(report.status, "SUCCESS");
    let refusals = bench.delivery.take_refusals();
    assert_eq!(
        (refusals[0].reason.as_str(), refusals[0].records),
        ("InvalidParameterException", 3)
    );
}

#[tokio::test]
async fn a_slow_stream_holds_up_neither_the_others_of_its_queue_nor_its_own_order() {
    let bench = Bench::new().await;
    bench.serve(&["fl-1"]);
    bench.spool("fl-1", "quick", 1..=1);
    bench.until_delivered("fl-1", 3).await;
    bench.store().slow.insert("slow".to_owned(), Duration::from_millis(400));

    bench.spool("fl-1", "slow", 2..=3);
    bench.until("slow is under way", |bench| bench.store().under_way.contains("slow")).await;
    bench.spool("fl-1", "quick", 4..=13);
    bench.until_delivered("fl-1", 33).await;
    assert_eq!(bench.messages("slow"), all(2..=2));
    let puts = bench.fake.received();
    let slow = puts.iter().filter(|call| call.text("logStreamName") == "slow");
    assert_eq!(slow.filter(|call| call.operation == "PutLogEvents").count(), 2, "one was missing");

    bench.until_delivered("fl-1", 39).await;
    assert_eq!(bench.messages("slow"), all(2..=3));
}

#[tokio::test]
async fn no_more_batches_than_allowed_are_under_way_at_a_time() {
    let limits = DeliverySettings { streams_per_queue: 3, in_flight: 4, ..settings() };
    let bench = Bench::with(limits).await;
    bench.serve(&["fl-1", "fl-2"]);
    for (queue, number) in [("fl-1", 1), ("fl-2", 1)] {
        bench.spool(queue, &format!("first-{queue}"), number..=number);
        bench.until_delivered(queue, 3).await;
    }
    for number in 2..=7 {
        let stream = format!("s{number}");
        bench.store().groups.extend(["group-of-fl-1".to_owned(), "group-of-fl-2".to_owned()]);
        for queue in ["fl-1", "fl-2"] {
            let names = (format!("group-of-{queue}"), stream.clone());
            bench.store().streams.insert(names, Vec::new());
        }
        bench.store().slow.insert(stream, Duration::from_millis(300));
    }
    let before = bench.count("PutLogEvents");

    for number in 2..=7 {
        bench.spool("fl-1", &format!("s{number}"), number..=number);
        bench.spool("fl-2", &format!("s{number}"), number..=number);
    }
    bench.until("some are under way", |bench| bench.count("PutLogEvents") >= before + 4).await;
    tokio::time::sleep(Duration::from_millis(50)).await;

    assert_eq!(bench.count("PutLogEvents"), before + 4);
    bench.until_delivered("fl-1", 21).await;
    bench.until_delivered("fl-2", 21).await;
}

#[tokio::test]
async fn a_deleted_flow_log_is_sent_for_a_while_and_then_dropped_and_counted() {
    let bench = Bench::new().await;
    bench.serve(&["fl-1", "fl-2"]);
    bench.spool("fl-1", "s", 1..=2);
    bench.until_delivered("fl-1", 6).await;
    bench.store().lasting.insert("PutLogEvents", throttled());
    bench.spool("fl-1", "s", 3..=4);

    bench.serve(&["fl-2"]);
    let gone = |bench: &Bench| bench.delivery.reports().len() == 1;
    bench.until("gone", gone).await;

    assert_eq!(bench.spool.queues(), []);
    let refusals = bench.delivery.take_refusals();
    assert_eq!((refusals[0].reason.as_str(), refusals[0].records), ("flow-log-deleted", 6));
    assert_eq!(bench.spool.bytes(), 0);
}

#[tokio::test]
async fn what_a_deleted_flow_log_left_is_delivered_where_that_still_goes() {
    let bench = Bench::new().await;
    bench.serve(&["fl-1"]);
    bench.fail_once("PutLogEvents", throttled());
    bench.spool("fl-1", "s", 1..=5);

    bench.serve(&[]);
    bench.until("gone", |bench| bench.delivery.reports().is_empty()).await;

    assert_eq!(bench.messages("s"), all(1..=5));
    assert!(bench.delivery.take_refusals().is_empty());
}

#[tokio::test]
async fn a_flow_log_that_comes_back_in_time_loses_nothing() {
    let bench = Bench::new().await;
    bench.store().lasting.insert("PutLogEvents", throttled());
    bench.serve(&["fl-1"]);
    bench.spool("fl-1", "s", 1..=2);

    bench.serve(&[]);
    bench.serve(&["fl-1"]);
    tokio::time::sleep(Duration::from_millis(300)).await;
    bench.store().lasting.clear();

    bench.until_delivered("fl-1", 6).await;
    assert_eq!(bench.messages("s"), all(1..=2));
}

#[tokio::test]
async fn a_queue_of_an_earlier_process_that_nobody_knows_is_dropped_after_the_grace() {
    let bench = Bench::new().await;
    bench.spool("fl-old", "s", 1..=2);

    bench.serve(&["fl-1"]);
    assert_eq!(bench.report("fl-old").pending_batches, 2);
    bench.until("gone", |bench| bench.delivery.reports().len() == 1).await;

    assert_eq!(bench.spool.queues(), []);
    assert!(bench.fake.operations().is_empty());
    assert_eq!(bench.delivery.take_refusals()[0].records, 6);
}

#[tokio::test]
async fn draining_sends_what_is_left_and_stays_within_its_time() {
    let bench = Bench::new().await;
    bench.serve(&["fl-1", "fl-2"]);
    bench.store().refused_roles.insert("arn:aws:iam::123456789012:role/fl-2".to_owned());
    bench.spool("fl-1", "s", 1..=20);
    bench.spool("fl-2", "t", 1..=3);
    let Bench { delivery, directory, spool, store, fake } = bench;

    let left = delivery.drain(Duration::from_millis(500)).await;

    assert_eq!(left, 3);
    assert_eq!(lock(&store).streams[&("group-of-fl-1".to_owned(), "s".to_owned())], all(1..=20));
    drop(spool);
    // A body may still be on its way from the disk to nobody.
    let spool = loop {
        match Spool::open(directory.path(), 1 << 30) {
            Err(SpoolError::InUse(_)) => tokio::task::yield_now().await,
            other => break other.unwrap(),
        }
    };
    assert_eq!(spool.queue_state(&"fl-1".into()).batches, 0);
    assert_eq!(spool.queue_state(&"fl-2".into()).batches, 3);
    drop(fake);
}

#[tokio::test]
async fn an_agent_that_is_killed_and_started_again_stores_every_record_once() {
    let bench = Bench::new().await;
    bench.serve(&["fl-1"]);
    let every = batches("fl-1", "s", 1..=30);
    bench.spool.append_all(every.clone(), None).unwrap();
    bench.delivery.wake();
    bench.until("some are stored", |bench| bench.messages("s").len() >= 15).await;
    // Killed: nothing is drained or synced, and of what is on disk the journal is lost.
    let Bench { delivery, directory, spool, store, fake } = bench;
    drop((delivery, spool));
    let killed = TempDir::new().unwrap();
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "segment") {
            std::fs::copy(&path, killed.path().join(path.file_name().unwrap())).unwrap();
        }
    }

    let spool = Arc::new(Spool::open(killed.path(), 1 << 30).unwrap());
    // A replay begins anew.
    assert_eq!(spool.append_all(every, None).unwrap().skipped, 30);
    let delivery = Delivery::start(spool, client(&fake.endpoint()), settings());
    delivery.configure(vec![role_of("fl-1")]);
    let left = delivery.drain(Duration::from_secs(10)).await;

    assert_eq!(left, 0);
    assert_eq!(lock(&store).streams[&("group-of-fl-1".to_owned(), "s".to_owned())], all(1..=30));
}
