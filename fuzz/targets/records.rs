//! A file of records: text or gzip, with a header line or with a format that is given.

use std::io::{BufRead, BufReader};
use std::net::IpAddr;

use flowlogd_flowlog::{
    Field, GzipMembers, LineParser, LogFormat, MAX_LINE, ParsedRecord, ReadError, RecordReader,
};

use super::assert_one_line;

const GZIP: u8 = 0x1f;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Records in whatever format the file names, and in each of several given ones.
pub(super) fn run(data: &[u8]) {
    let everything = LogFormat::from_names(Field::ALL.iter().map(|field| field.name()));
    let few = LogFormat::from_names(["instance-id", "srcaddr", "bytes", "action"]);
    for format in [None, Some(LogFormat::default()), everything.ok(), few.ok()] {
        let outcome = read(data, format.clone());
        let dribbled = read(BufReader::with_capacity(7, data), format.clone());
        if outcome.failed || dribbled.failed {
            // How much a decompressor gives before it notices damage depends on how it is read.
            let (some, others) = (&dribbled.records, &outcome.records);
            assert!(some.starts_with(others) || others.starts_with(some), "other records");
        } else {
            assert_eq!(dribbled, outcome, "otherwise in smaller pieces");
        }

        if data.first().is_none_or(|first| *first == GZIP) {
            continue;
        }
        let mut packed = Vec::new();
        GzipMembers::new().append(data, &mut packed);
        assert_eq!(read(packed.as_slice(), format.clone()), outcome, "otherwise in gzip");
        if let (Some(format), Outcome { error: None, .. }) = (format, &outcome) {
            let told = outcome.records.len() as u64 + outcome.faults;
            assert_eq!(told, lines_to_tell(data, &format), "a line dropped, or told twice");
            check_between_long_lines(data, format, &outcome);
        }
    }
}

/// A line too long to be one is one fault more, and changes nothing else.
fn check_between_long_lines(data: &[u8], format: LogFormat, outcome: &Outcome) {
    if data.starts_with(BYTE_ORDER_MARK) {
        return; // Elsewhere than at the beginning it is no mark.
    }
    let long_line = vec![b'x'; MAX_LINE + 1];
    let between = [&long_line, b"\n".as_slice(), data, b"\n", &long_line].concat();
    let between = read(between.as_slice(), Some(format));
    assert_eq!(between.records, outcome.records, "other records between long lines");
    assert_eq!(between.faults, outcome.faults + 2, "a long line that is not told");
}

/// What reading a file gave.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    records: Vec<String>,
    faults: u64,
    first_faults: Vec<String>,
    error: Option<String>,
    /// Whether the error is that the input cannot be read on.
    failed: bool,
}

impl Outcome {
    fn ended_with(self, error: &ReadError) -> Self {
        let failed = matches!(error, ReadError::Input(_));
        Self { error: Some(error.to_string()), failed, ..self }
    }
}

fn read(input: impl BufRead, format: Option<LogFormat>) -> Outcome {
    let mut outcome = Outcome::default();
    let given = format.clone();
    let mut reader = match RecordReader::new(input, format) {
        Ok(reader) => reader,
        Err(error) => return outcome.ended_with(&error),
    };
    loop {
        match reader.next_record() {
            Ok(Some(record)) => {
                check(&record);
                outcome.records.push(record.line().to_owned());
            }
            Ok(None) => break,
            Err(error) => {
                outcome = outcome.ended_with(&error);
                break;
            }
        }
    }
    if let Some(given) = given {
        assert_eq!(*reader.format(), given, "the given format was given up");
    }
    let faults = reader.faults();
    let told = outcome.records.len() as u64 + faults.count();
    assert!(told <= reader.line_number(), "more told than there were lines");
    outcome.faults = faults.count();
    outcome.first_faults = faults.first().iter().map(ToString::to_string).collect();
    outcome.first_faults.iter().for_each(|fault| assert_one_line(fault));
    outcome
}

/// Panics if a value is not what its token says.
fn check(record: &ParsedRecord<'_>) {
    let (line, format) = (record.line(), record.format());
    assert!(line.len() <= MAX_LINE, "a line of {} bytes", line.len());
    let tokens: Vec<&str> = line.split(' ').collect();
    assert_eq!(tokens.len(), format.fields().len(), "{line}");
    for (field, token) in format.fields().iter().zip(&tokens) {
        let values = (record.number(*field), record.address(*field), record.text(*field));
        match values {
            (None, None, None) => assert_eq!(*token, "-", "{field} was not read"),
            (Some(number), None, None) => assert_eq!(token.parse(), Ok(number), "{field}"),
            (None, Some(address), None) => {
                assert_eq!(token.parse::<IpAddr>(), Ok(address), "{field}");
            }
            (None, None, Some(text)) => assert_eq!(*token, text, "{field}"),
            more => panic!("{field} holds {more:?}"),
        }
        assert_eq!(record.token(*field).is_none(), *token == "-", "{field}");
    }
    let mut parser = LineParser::new(format.clone());
    let again = parser.parse(line.as_bytes()).expect("what was a record is one by itself");
    assert_eq!(again.line(), line);
}

/// Counts the lines of a text that must be records or faults: those that are neither empty nor a
/// header line.
fn lines_to_tell(text: &[u8], format: &LogFormat) -> u64 {
    let header = format.header_line();
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let lines = text.split(|byte| *byte == b'\n');
    let lines = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    lines.filter(|line| !line.is_empty() && *line != header.as_bytes()).count() as u64
}
