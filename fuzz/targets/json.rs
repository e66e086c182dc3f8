//! A JSON 1.1 body, read as several requests of Logs.

use std::collections::BTreeMap;
use std::fmt::Debug;

use flowlogd_aws::codec::json;
use flowlogd_aws::{Fault, logs};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::assert_one_line;

/// One body, for requests small and large.
pub(super) fn run(data: &[u8]) {
    read::<logs::PutLogEventsRequest>(data);
    read::<logs::FilterLogEventsRequest>(data);
    read::<logs::GetLogEventsRequest>(data);
    read::<logs::DescribeLogStreamsRequest>(data);
    read::<logs::PutRetentionPolicyRequest>(data);
    read::<logs::TagResourceRequest>(data);
    read::<logs::DescribeMetricFiltersRequest>(data);
    read::<logs::TestMetricFilterRequest>(data);

    let text = String::from_utf8_lossy(data);
    let written = json::write_fault(&Fault::new("Code", text.clone()));
    let fault: BTreeMap<String, String> = json::read(&written).expect("a fault is JSON");
    assert_eq!(fault.get("message").map(String::as_str), Some(&*text), "another message");
    assert_eq!(fault.get("__type").map(String::as_str), Some("Code"));
}

/// A request that is read writes itself so that it is read again; a refusal is a line, and the same twice.
fn read<T: Serialize + DeserializeOwned + PartialEq + Debug>(data: &[u8]) {
    match json::read::<T>(data) {
        Ok(request) => {
            let written = json::write(&request).expect("a request is written");
            assert_eq!(json::read::<T>(&written).as_ref(), Ok(&request), "another request");
        }
        Err(fault) => {
            assert_eq!((&*fault.code, fault.status), ("SerializationException", 400));
            assert_one_line(&fault.message);
        }
    }
}
