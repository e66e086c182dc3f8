//! `flowlogd replay` on the golden captures of `tests/replay`: packets as text in, records as text out.
//!
//! `UPDATE_GOLDEN=1 cargo test --test replay` writes the records of this build into the cases, to be
//! reviewed line by line. `CASE=word` runs only cases with that word in their name.

#[path = "replay/case.rs"]
mod case;
#[expect(dead_code, reason = "the other tests use the rest")]
mod kit;
#[path = "replay/read_back.rs"]
mod read_back;

use std::fs;

use case::{Case, all};
use read_back::records_of;

/// Runs a check on every case, and fails with all that is wrong.
fn for_each_case(check: impl Fn(&Case) -> Result<(), String>) {
    let cases = all();
    assert!(!cases.is_empty(), "no case was chosen");
    let faults: Vec<_> = cases
        .iter()
        .filter_map(|case| check(case).err().map(|fault| format!("{}: {fault}", case.name)))
        .collect();

    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), cases.len(), faults.join("\n"));
}

#[test]
fn every_capture_gives_the_records_beside_it() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();

    for_each_case(|case| {
        let run = case.run(&[]);
        if update {
            case.rewrite(run.text());
        }
        case.check_messages(&run)?;
        if update || run.text() == case.records {
            return Ok(());
        }
        Err(format!("expected\n{}got\n{}{}", case.records, run.text(), run.stderr))
    });
}

#[test]
fn every_form_of_output_has_the_same_records() {
    for form in ["text", "gzip", "json", "parquet"] {
        for_each_case(|case| {
            let directory = case.directory();
            let file = directory.path().join("records");
            let name = file.to_str().expect("a temporary path is text");
            case.run_in(directory.path(), &["--output-format", form, "--output", name]);

            let bytes = fs::read(&file).map_err(|error| error.to_string())?;
            let (header, records) = case.records.split_once('\n').unwrap_or_default();
            let got = records_of(&bytes, form, header);
            if got == records {
                return Ok(());
            }
            Err(format!("as {form}: expected\n{records}got\n{got}"))
        });
    }
}

#[test]
fn a_directory_gets_one_file_for_each_interface_with_its_records() {
    for_each_case(|case| {
        let (header, records) = case.records.split_once('\n').unwrap_or_default();
        let Some(place) = header.split(' ').position(|field| field == "interface-id") else {
            return Ok(());
        };
        let directory = case.directory();
        case.run_in(directory.path(), &["--output", "records/"]);

        let mut interfaces: Vec<_> =
            records.lines().filter_map(|line| line.split(' ').nth(place)).collect();
        interfaces.sort_unstable();
        interfaces.dedup();
        let mut files: Vec<_> = fs::read_dir(directory.path().join("records"))
            .map_err(|error| error.to_string())?
            .map(|entry| {
                entry.expect("it can be read").file_name().into_string().expect("a plain name")
            })
            .collect();
        files.sort_unstable();
        // The nameless interface of a capture without inventory has a file too.
        let name =
            |id: &&str| if *id == "-" { "unknown.log".to_owned() } else { format!("{id}.log") };
        let expected: Vec<_> = interfaces.iter().map(name).collect();
        if files != expected {
            return Err(format!("expected the files {expected:?}, got {files:?}"));
        }
        for interface in interfaces {
            let path = directory.path().join("records").join(name(&interface));
            let got = fs::read_to_string(path).map_err(|error| error.to_string())?;
            let own = records.lines().filter(|line| line.split(' ').nth(place) == Some(interface));
            let expected: String =
                [header].into_iter().chain(own).flat_map(|line| [line, "\n"]).collect();
            if got != expected {
                return Err(format!("{interface}: expected\n{expected}got\n{got}"));
            }
        }
        Ok(())
    });
}

#[test]
fn the_rule_revision_changes_with_the_rules_and_with_nothing_else() {
    let lines = [
        "0 tcp 203.0.113.7:40000 > 10.0.1.5:22 S 60",
        "0 tcp 203.0.113.7:40000 > 10.0.2.6:22 S 60",
        "700 tcp 203.0.113.7:40000 > 10.0.1.5:22 S 60",
        "1300 tcp 203.0.113.7:40000 > 10.0.1.5:22 S 60",
    ];
    let case = Case::new(
        &[
            "--inventory network+egress_all+ssh_from_office",
            "--inventory network+ssh_from_office+egress_all@600",
            "--inventory network+egress_all+ssh_from_anywhere@1200",
            "--fields x-rule-revision,interface-id --no-header",
        ],
        &lines,
    );

    let run = case.run(&[]);

    let revisions: Vec<_> = run
        .text()
        .lines()
        .filter_map(|line| line.strip_suffix(" eni-a").or_else(|| line.strip_suffix(" eni-c")))
        .filter(|revision| *revision != "-")
        .collect();
    let is_revision = |text: &&str| {
        text.len() == 16 && text.chars().all(|digit| matches!(digit, '0'..='9' | 'a'..='f'))
    };
    assert!(revisions.iter().all(is_revision), "{revisions:?}");
    let [a, c, a_again, a_changed] = revisions.as_slice() else { panic!("{}", run.text()) };
    assert_eq!(a, a_again, "the order of rules is none of their meaning");
    assert_ne!(a, a_changed);
    assert_ne!(a, c, "another interface has other addresses");
}
