//! Records in every form of output, read back as lines of text.

use std::io::Read;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field as Cell;
use serde_json::Value;

/// Returns the records of a file as lines without the header, each with its newline. `header` names the
/// fields that are to be there.
pub(crate) fn records_of(bytes: &[u8], form: &str, header: &str) -> String {
    match form {
        "text" => without_header(std::str::from_utf8(bytes).expect("text"), header),
        "gzip" => {
            let mut text = String::new();
            MultiGzDecoder::new(bytes).read_to_string(&mut text).expect("gzip of text");
            without_header(&text, header)
        }
        "json" => json(std::str::from_utf8(bytes).expect("JSON is text"), header),
        "parquet" => parquet(bytes, header),
        other => panic!("there is no form {other}"),
    }
}

fn without_header(text: &str, header: &str) -> String {
    let (first, records) = text.split_once('\n').unwrap_or_default();
    assert_eq!(first, header);
    records.to_owned()
}

fn json(text: &str, header: &str) -> String {
    let record = |line: &str| -> String {
        let object: Value = serde_json::from_str(line).expect("a line is an object");
        let object = object.as_object().expect("a line is an object");
        let names: Vec<_> = header.split(' ').collect();
        assert_eq!(object.len(), names.len(), "{line}");
        let tokens = names.into_iter().map(|name| match object.get(name) {
            Some(Value::Null) => "-".to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            other => panic!("{name} is {other:?}"),
        });
        tokens.collect::<Vec<_>>().join(" ") + "\n"
    };
    text.lines().map(record).collect()
}

#[expect(clippy::wildcard_enum_match_arm, reason = "not our enum")]
fn parquet(bytes: &[u8], header: &str) -> String {
    let file = SerializedFileReader::new(Bytes::copy_from_slice(bytes)).expect("a Parquet file");
    let mut text = String::new();
    for row in file.get_row_iter(None).expect("rows") {
        let row = row.expect("a row");
        let names: Vec<_> = row.get_column_iter().map(|(name, _)| name.replace('_', "-")).collect();
        assert_eq!(names.join(" "), header);
        let tokens = row.get_column_iter().map(|(_, cell)| match cell {
            Cell::Null => "-".to_owned(),
            Cell::Int(number) => number.to_string(),
            Cell::Long(number) => number.to_string(),
            Cell::Str(text) => text.clone(),
            other => panic!("a column of another type: {other:?}"),
        });
        text.push_str(&tokens.collect::<Vec<_>>().join(" "));
        text.push('\n');
    }
    text
}
