//! `docs/configuration.md` says what the types say: its tables are made from them.
//!
//! `UPDATE_DOCS=1 cargo test --test configuration` writes them anew.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// Sections as they are written, the files of their types, and the types.
const SECTIONS: &[(&str, &str, &str)] = &[
    ("[server]", "server/src/config.rs", "Config"),
    ("[server.tls]", "server/src/http/tls.rs", "Tls"),
    ("[server.limits]", "server/src/http/limits.rs", "Limits"),
    ("[server.quotas]", "server/src/config/quotas.rs", "Quotas"),
    ("[server.log_store]", "server/src/config/log_store.rs", "LogStoreConfig"),
    ("[agent]", "agent/src/config.rs", "AgentConfig"),
    ("[[agent.attachment]]", "agent/src/config.rs", "AttachmentConfig"),
];
const BEGIN: &str = "<!-- The tables below are made from the program's types. -->\n";

#[test]
fn the_document_has_every_key_as_the_program_does() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    let document = fs::read_to_string(&path).unwrap();
    let (before, tables) = document.split_once(BEGIN).expect("the document has the mark");
    let made: String = SECTIONS.iter().map(|section| table(*section)).collect();
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{made}")).unwrap();
        return;
    }

    assert_eq!(tables, made, "UPDATE_DOCS=1 cargo test --test configuration");
    assert!(made.matches("\n| `").count() > 35);
}

#[test]
fn the_examples_are_read() {
    let document = include_str!("../docs/configuration.md");
    let examples: Vec<&str> =
        document.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(!examples.is_empty());
    let directory = tempfile::tempdir().unwrap();
    for example in examples {
        let path = directory.path().join("flowlogd.toml");
        // What is wrong after the file was read shows that it was.
        let spoilt = example.replace("[agent]\n", "[agent]\nspool_bytes = 1\n");
        assert_ne!(spoilt, example);
        fs::write(&path, spoilt).unwrap();

        let output = std::process::Command::new(env!("CARGO_BIN_EXE_flowlogd"))
            .args(["serve", "--listen", "127.0.0.1:0", "--config"])
            .arg(&path)
            .current_dir(directory.path())
            .output()
            .unwrap();

        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.starts_with("flowlogd: agent.spool_bytes is 1"), "{told}");
    }
}

#[test]
fn what_cannot_be_is_told_with_its_place_in_one_line() {
    let directory = tempfile::tempdir().unwrap();
    let serve = |config: &str, more: &[&str]| {
        fs::write(directory.path().join("flowlogd.toml"), config).unwrap();
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_flowlogd"))
            .args(["serve", "--config", "flowlogd.toml"])
            .args(more)
            .current_dir(directory.path())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };

    assert_eq!(
        serve("[server.tls]\ncertificate = 'a'\nkey = 'b'\nkeys = 'c'\n", &[]),
        "flowlogd: flowlogd.toml, line 4: unknown field `keys`, expected `certificate` or `key`\n"
    );
    assert_eq!(
        serve("", &["--listen", "127.0.0.1:many"]),
        "flowlogd: cannot listen on 127.0.0.1:many: invalid port value\n"
    );
}

/// Returns a section's table.
fn table((name, file, type_name): (&str, &str, &str)) -> String {
    let source =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("crates").join(file))
            .expect("the file of the type is there");
    let body = block(&source, &format!("pub struct {type_name} {{"));
    let defaults = source
        .contains(&format!("impl Default for {type_name} "))
        .then(|| block(&source, &format!("impl Default for {type_name} {{")));
    let mut text = format!("\n## `{name}`\n\n| key | default | meaning |\n|---|---|---|\n");
    let (mut meaning, mut rename) = (String::new(), None);
    for line in body.lines().map(str::trim) {
        if let Some(words) = line.strip_prefix("///") {
            meaning += words;
        } else if let Some(name) = line.strip_prefix("#[serde(rename = \"") {
            rename = name.split('"').next();
        } else if let Some(field) = line.strip_prefix("pub ") {
            let (field, kind) =
                field.trim_end_matches(',').split_once(": ").expect("a field has a type");
            let meaning = std::mem::take(&mut meaning);
            let key = rename.take().unwrap_or(field);
            // Sections have tables of their own.
            if SECTIONS.iter().any(|(_, _, section)| kind.contains(section)) {
                continue;
            }
            let mut default = defaults.and_then(|text| default_of(text, field));
            let mut meaning = meaning.trim().to_owned();
            let enumeration = kind.trim_start_matches("Option<").trim_end_matches('>');
            if let Some(variants) = variants(&source, enumeration) {
                let names: Vec<String> =
                    variants.iter().map(|(name, _)| format!("`\"{name}\"`")).collect();
                let _ = write!(meaning, " One of {}.", names.join(", "));
                let chosen = variants.iter().find(|(_, is_default)| *is_default);
                default = default.or_else(|| Some(format!("`\"{}\"`", chosen?.0)));
            }
            let default = default.unwrap_or_default();
            let _ = writeln!(text, "| `{key}` | {default} | {meaning} |");
        }
    }
    text
}

/// Returns what stands between a line and the brace that closes it.
fn block<'a>(source: &'a str, begin: &str) -> &'a str {
    let (_, rest) = source.split_once(begin).unwrap_or_else(|| panic!("no {begin}"));
    rest.split("\n}").next().unwrap_or(rest)
}

/// Returns the names of an enumeration as the configuration has them, and which is its default.
fn variants(source: &str, name: &str) -> Option<Vec<(String, bool)>> {
    let begin = format!("pub enum {name} {{");
    if !source.contains(&begin) {
        return None;
    }
    let mut is_default = false;
    let mut variants = Vec::new();
    for line in block(source, &begin).lines().map(str::trim) {
        if line == "#[default]" {
            is_default = true;
        } else if let Some(variant) = line.strip_suffix(',') {
            let mut name = String::new();
            for letter in variant.chars() {
                if letter.is_uppercase() && !name.is_empty() {
                    name.push('_');
                }
                name.extend(letter.to_lowercase());
            }
            variants.push((name, std::mem::take(&mut is_default)));
        }
    }
    Some(variants)
}

/// Returns a default as it would be written in the file; nothing where there is none.
fn default_of(text: &str, field: &str) -> Option<String> {
    let value = text.lines().find_map(|line| line.trim().strip_prefix(&format!("{field}: ")))?;
    let value = value.trim_end_matches(',').replace(".to_owned()", "").replace("vec!", "");
    let value = match value.split_once(" << ") {
        Some((number, by)) => {
            let number: u64 = number.parse().expect("a number");
            (number << by.parse::<u32>().expect("a number")).to_string()
        }
        None => value.replace('_', ""),
    };
    // Of an enumeration, the default is marked.
    (value != "None" && !value.contains("::")).then(|| format!("`{value}`"))
}
