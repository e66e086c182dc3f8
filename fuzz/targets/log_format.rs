//! A format string, `${version} ${srcaddr} …`, or a list of names.

use std::error::Error as _;

use flowlogd_flowlog::{InvalidLogFormat, LogFormat, RecordReader};

/// A format, as `--format` has it and, with commas, as `--fields` has it.
pub(super) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match text.parse::<LogFormat>() {
        Ok(format) => {
            assert_eq!(format.to_string(), text, "a format that prints another text");
            check(&format);
        }
        Err(error) => check_refusal(&error, text),
    }
    match LogFormat::from_names(text.split(',')) {
        Ok(format) => {
            assert_eq!(format.header_line().replace(' ', ","), text, "other names");
            check(&format);
        }
        Err(error) => assert!(!error.fault.to_string().is_empty(), "refused without a reason"),
    }
}

fn check(format: &LogFormat) {
    let fields = format.fields();
    assert!(!fields.is_empty(), "a format of nothing");
    for (place, field) in fields.iter().enumerate() {
        assert_eq!(format.place(*field), Some(place), "{field}, of several places or none");
    }
    let newest = fields.iter().filter_map(|field| field.version()).max();
    assert_eq!(format.version(), newest.unwrap_or(2));

    // A file that begins with its header line is read in this format.
    let line = format.header_line();
    let reader = RecordReader::new(line.as_bytes(), None).expect("a header line tells the format");
    assert_eq!(reader.format(), format);
    let again = LogFormat::from_names(line.split(' '));
    assert_eq!(again.as_ref(), Ok(format), "the header line lists something else");
}

fn check_refusal(error: &InvalidLogFormat, text: &str) {
    assert_eq!(error.format, text);
    assert!(error.to_string().contains(text), "AWS's sentence quotes the text");
    let reason = error.source().expect("AWS's sentence gives no reason, we do").to_string();
    assert!(!reason.is_empty(), "refused without a reason");
}
