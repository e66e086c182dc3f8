//! Flow log files as AWS delivers them: text, plain or gzip, with or without a header line.

mod fault;
mod line;
mod lines;
mod parsed;

use std::io::BufRead;

use crate::{Field, LogFormat};

use self::lines::{Found, Lines, Place};

pub use fault::{Faults, LineFault, NumberedFault, ReadError};
pub use line::{LineParser, MAX_LINE};
pub use parsed::{LogStatus, ParsedRecord};

/// Reads records from text, one line at a time.
///
/// A line that is no record is noted in [`faults`](Self::faults) and passed over. Only what makes every
/// further line unreadable is an error: the input failing, or nothing telling the format. Memory is bounded,
/// whatever the input.
pub struct RecordReader<R: BufRead> {
    lines: Lines<R>,
    parser: LineParser,
    // Files that were put together have a header line each; the same one again is no record.
    header: String,
    // Whether another header line may bring another format.
    follow_headers: bool,
    // The first line, where it was read to find the format and is a record.
    held: Option<Place>,
    faults: Faults,
}

impl<R: BufRead> RecordReader<R> {
    /// Begins to read; gzip is recognised by its first byte.
    ///
    /// Without a `format`, the first line must be a header line, or a record of the default format. With one,
    /// a header line may be there, and must then list the same fields.
    pub fn new(input: R, format: Option<LogFormat>) -> Result<Self, ReadError> {
        let mut lines = Lines::new(input)?;
        let mut faults = Faults::default();
        let follow_headers = format.is_none();
        let (format, held) = match first_line(&mut lines, &mut faults)? {
            Some(place) => first_format(lines.line(place)?, place, format)?,
            None => (format.unwrap_or_default(), None),
        };
        let header = format.header_line();
        Ok(Self { lines, parser: LineParser::new(format), header, follow_headers, held, faults })
    }

    /// Returns the next record, or `None` at the end.
    pub fn next_record(&mut self) -> Result<Option<ParsedRecord<'_>>, ReadError> {
        let place = loop {
            let found = match self.held.take() {
                Some(place) => Found::Line(place),
                None => self.lines.advance()?,
            };
            let place = match found {
                Found::Line(place) => place,
                Found::TooLong => {
                    self.faults.note(self.lines.number(), LineFault::TooLong);
                    continue;
                }
                Found::End => return Ok(None),
            };
            let line = self.lines.line(place)?;
            if line.is_empty() || line == self.header.as_bytes() {
                continue;
            }
            match self.parser.read(line) {
                Ok(()) => break place,
                Err(fault) => match header_format(line) {
                    Header::Format(format) if self.follow_headers => {
                        self.header = format.header_line();
                        self.parser = LineParser::new(format);
                    }
                    Header::Format(_) | Header::Partly(_) | Header::Invalid(_) | Header::No => {
                        self.faults.note(self.lines.number(), fault);
                    }
                },
            }
        };
        Ok(Some(self.parser.record(self.lines.line(place)?)))
    }

    /// Returns the format of the lines, as far as they have been read.
    pub fn format(&self) -> &LogFormat {
        self.parser.format()
    }

    /// Returns the number of the line that was read last, counted from 1.
    pub fn line_number(&self) -> u64 {
        self.lines.number()
    }

    /// Returns what was passed over so far.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }
}

impl<R: BufRead> std::fmt::Debug for RecordReader<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordReader")
            .field("format", self.format())
            .field("line", &self.lines.number())
            .finish_non_exhaustive()
    }
}

/// Finds the first line that is not empty.
fn first_line<R: BufRead>(
    lines: &mut Lines<R>,
    faults: &mut Faults,
) -> Result<Option<Place>, ReadError> {
    loop {
        match lines.advance()? {
            Found::Line(place) if lines.line(place)?.is_empty() => {}
            Found::Line(place) => return Ok(Some(place)),
            Found::TooLong => faults.note(lines.number(), LineFault::TooLong),
            Found::End => return Ok(None),
        }
    }
}

/// Returns the format of the file, and `place` again if the first line is a record.
fn first_format(
    line: &[u8],
    place: Place,
    given: Option<LogFormat>,
) -> Result<(LogFormat, Option<Place>), ReadError> {
    match (header_format(line), given) {
        (Header::Format(header), None) => Ok((header, None)),
        (Header::Format(header), Some(given)) if header == given => Ok((given, None)),
        (Header::Format(header), Some(given)) => {
            Err(ReadError::OtherHeader { header: header.header_line(), given: given.header_line() })
        }
        (Header::Partly(names), None) => Err(ReadError::UnknownFields(names)),
        (Header::Invalid(fault), None) => Err(ReadError::InvalidHeader(fault)),
        (Header::Partly(_) | Header::Invalid(_) | Header::No, Some(given)) => {
            Ok((given, Some(place)))
        }
        (Header::No, None) if is_default_record(line) => Ok((LogFormat::default(), Some(place))),
        (Header::No, None) => Err(ReadError::NoFormat),
    }
}

fn is_default_record(line: &[u8]) -> bool {
    line.starts_with(b"2 ")
        && line.split(|byte| *byte == b' ').count() == LogFormat::default().fields().len()
}

enum Header {
    Format(LogFormat),
    /// Some names are fields, and these are not.
    Partly(Vec<String>),
    /// All names are fields, but not a format.
    Invalid(crate::FormatFault),
    /// No name is a field.
    No,
}

fn header_format(line: &[u8]) -> Header {
    let Ok(text) = std::str::from_utf8(line) else { return Header::No };
    let names = || text.split(' ');
    let is_field = |name: &&str| name.parse::<Field>().is_ok();
    if !names().any(|name| is_field(&name)) {
        return Header::No;
    }
    let unknown: Vec<_> =
        names().filter(|name| !is_field(name)).take(10).map(fault::excerpt).collect();
    if !unknown.is_empty() {
        return Header::Partly(unknown);
    }
    match LogFormat::from_names(names()) {
        Ok(format) => Header::Format(format),
        Err(invalid) => Header::Invalid(invalid.fault),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, BufReader, Read};

    use flowlogd_vpc::Action;
    use proptest::prelude::*;

    use super::*;
    use crate::GzipMembers;

    const LINE: &str = "2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 \
                        20 4249 1418530010 1418530070 ACCEPT OK";

    /// The lines that are records, then the faults.
    fn read(text: impl AsRef<[u8]>, format: Option<LogFormat>) -> (Vec<String>, Vec<String>) {
        let mut reader = RecordReader::new(text.as_ref(), format).unwrap();
        let mut lines = Vec::new();
        while let Some(record) = reader.next_record().unwrap() {
            lines.push(record.line().to_owned());
        }
        (lines, reader.faults().first().iter().map(ToString::to_string).collect())
    }

    fn refusal(text: &str, format: Option<LogFormat>) -> String {
        RecordReader::new(text.as_bytes(), format).unwrap_err().to_string()
    }

    fn named(names: &str) -> LogFormat {
        LogFormat::from_names(names.split(' ')).unwrap()
    }

    #[test]
    fn a_header_line_tells_the_format_and_is_no_record() {
        let (lines, faults) = read("srcaddr dstport x-mode\n10.0.0.1 80 replay\n- - -\n", None);

        assert_eq!(lines, ["10.0.0.1 80 replay", "- - -"]);
        assert_eq!(faults, [""; 0]);
    }

    #[test]
    fn a_given_format_needs_no_header_and_accepts_the_same_one() {
        let format = Some(named("srcaddr dstport"));

        assert_eq!(read("10.0.0.1 80", format.clone()).0, ["10.0.0.1 80"]);
        assert_eq!(read("srcaddr dstport\n10.0.0.1 80", format.clone()).0, ["10.0.0.1 80"]);
        assert_eq!(
            refusal("dstport srcaddr\n", format),
            "the header line lists `dstport srcaddr`, the given format `srcaddr dstport`"
        );
    }

    #[test]
    fn the_default_format_is_recognised_by_its_first_record() {
        let (lines, faults) = read(format!("{LINE}\n{LINE}\n"), None);

        assert_eq!(lines, [LINE, LINE]);
        assert_eq!(faults, [""; 0]);
    }

    #[test]
    fn without_a_format_the_first_line_must_tell_one() {
        assert_eq!(
            refusal("version srcaddr tgw-id foo\n", None),
            "the header line names unknown fields: tgw-id, foo"
        );
        assert_eq!(
            refusal("srcaddr srcaddr\n", None),
            "the header line is no format: `srcaddr` is listed twice"
        );
        for text in ["hello world", "2 too short", "3 a b c d e f g h i j k l m"] {
            assert_eq!(
                refusal(text, None),
                "the first line is neither a header line nor a record of the default format: \
                 give the format"
            );
        }
        assert_eq!(read("", None), (vec![], vec![]));
    }

    #[test]
    fn line_ends_of_every_kind_are_understood() {
        let text = format!("\u{feff}\r\n\n{LINE}\r\n\r\n{LINE}");

        assert_eq!(read(text, None), (vec![LINE.to_owned(); 2], vec![]));
        assert_eq!(read(format!("\u{feff}{LINE}"), None).0, [LINE]);
    }

    #[test]
    fn files_put_together_are_read_on() {
        let header = LogFormat::default().header_line();
        let text = format!("{header}\n{LINE}\n{header}\n{LINE}\nsrcaddr action\n10.0.0.1 ACCEPT\n");

        assert_eq!(
            read(text, None),
            (vec![LINE.into(), LINE.into(), "10.0.0.1 ACCEPT".into()], vec![])
        );
    }

    #[test]
    fn a_repeated_header_is_no_record_even_where_its_names_could_be_values() {
        let text = "interface-id vpc-id\neni-1 vpc-1\ninterface-id vpc-id\neni-2 vpc-2\n";
        let records = vec!["eni-1 vpc-1".to_owned(), "eni-2 vpc-2".to_owned()];

        assert_eq!(read(text, None), (records.clone(), vec![]));
        assert_eq!(read(text, Some(named("interface-id vpc-id"))), (records, vec![]));
    }

    #[test]
    fn another_header_is_a_fault_where_the_format_was_given() {
        let (lines, faults) = read("10.0.0.1\ndstaddr\n", Some(named("srcaddr")));

        assert_eq!(lines, ["10.0.0.1"]);
        assert_eq!(faults, ["line 2: `srcaddr` is `dstaddr`, which is not an IP address"]);
    }

    #[test]
    fn a_faulty_line_is_noted_with_its_number_and_passed_over() {
        let mut text = format!("{LINE}\nshort\n").into_bytes();
        text.extend_from_slice(b"\xff\xfe\n");
        text.extend(std::iter::repeat_n(b'x', MAX_LINE + 1));
        text.extend_from_slice(format!("\n{LINE} more\n{LINE}\n").as_bytes());

        let (lines, faults) = read(text, None);

        assert_eq!(lines, [LINE, LINE]);
        assert_eq!(
            faults,
            [
                "line 2: `version` is `short`, which is not a number up to 2147483647",
                "line 3: the line is not UTF-8",
                "line 4: the line is longer than 65536 bytes",
                "line 5: the line has 15 fields, the format 14",
            ]
        );
    }

    #[test]
    fn faults_are_all_counted_and_the_first_hundred_kept() {
        let text = "srcaddr\n".to_owned() + &"bad\n".repeat(1000);
        let mut reader = RecordReader::new(text.as_bytes(), None).unwrap();

        assert!(reader.next_record().unwrap().is_none());

        assert_eq!(reader.faults().count(), 1000);
        assert_eq!(reader.faults().first().len(), 100);
        assert_eq!(reader.faults().first()[99].line, 101);
    }

    #[test]
    fn a_line_of_the_greatest_length_is_read() {
        let line = "x".repeat(MAX_LINE);
        let format = Some(named("instance-tag"));

        assert_eq!(read(&line, format.clone()).0.concat(), line);
        assert_eq!(read(line + "x", format).1, ["line 1: the line is longer than 65536 bytes"]);
    }

    #[test]
    fn an_endless_line_is_not_gathered_piece_by_piece() {
        let text = "x".repeat(MAX_LINE + 1) + "\ni-1\n" + &"y".repeat(3 * MAX_LINE);
        let input = BufReader::with_capacity(100, text.as_bytes());
        let mut reader = RecordReader::new(input, Some(named("instance-id"))).unwrap();

        assert_eq!(reader.next_record().unwrap().unwrap().line(), "i-1");
        assert!(reader.next_record().unwrap().is_none());

        let faults: Vec<_> = reader.faults().first().iter().map(|fault| fault.line).collect();
        assert_eq!(faults, [1, 3]);
    }

    #[test]
    fn gzip_of_several_members_is_read_as_one_text() {
        let mut file = Vec::new();
        let mut encoder = GzipMembers::new();
        encoder.append(
            format!("{}\n{LINE}\n", LogFormat::default().header_line()).as_bytes(),
            &mut file,
        );
        encoder.append(LINE.as_bytes(), &mut file);

        assert_eq!(read(&file, None), (vec![LINE.to_owned(); 2], vec![]));
    }

    #[test]
    fn gzip_that_breaks_off_is_an_error_after_what_could_be_read() {
        let mut file = Vec::new();
        let text = format!("{LINE}\n").repeat(5000);
        GzipMembers::new().append(text.as_bytes(), &mut file);
        file.truncate(file.len() - 20);
        let mut reader = RecordReader::new(file.as_slice(), None).unwrap();

        let mut count = 0;
        let error = loop {
            match reader.next_record() {
                Ok(Some(_)) => count += 1,
                Ok(None) => panic!("the end was not noticed"),
                Err(error) => break error,
            }
        };

        assert!(count > 1000, "{count}");
        assert_eq!(error.to_string(), "failed to read the records");
    }

    /// A source that gives few bytes at a time and is interrupted in between.
    struct Dribble<'a>(&'a [u8], bool);

    impl Read for Dribble<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            self.0.take(7).read(buffer).inspect(|len| self.0 = &self.0[*len..])
        }
    }

    #[test]
    fn how_the_bytes_arrive_does_not_matter() {
        let text = format!("\n{LINE}\r\nbad\n{LINE}");
        let input = BufReader::with_capacity(16, Dribble(text.as_bytes(), false));
        let mut reader = RecordReader::new(input, None).unwrap();

        let mut seen = Vec::new();
        while let Some(record) = reader.next_record().unwrap() {
            assert_eq!(record.action(), Some(Action::Accept));
            seen.push(record.line().to_owned());
        }

        assert_eq!(seen, [LINE, LINE]);
        assert_eq!(reader.faults().count(), 1);
        assert_eq!(reader.line_number(), 4);
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(
            bytes in proptest::collection::vec(
                prop_oneof![Just(b' '), Just(b'\n'), Just(b'-'), Just(b'2'), any::<u8>()], 0..300),
            header: bool,
            capacity in 1..40usize,
        ) {
            let format = if header { LogFormat::default() } else { named("srcaddr action bytes") };
            for format in [None, Some(format)] {
                let input = BufReader::with_capacity(capacity, bytes.as_slice());
                let Ok(mut reader) = RecordReader::new(input, format) else { continue };
                while let Ok(Some(record)) = reader.next_record() {
                    prop_assert!(!record.line().is_empty());
                }
            }
        }
    }
}
