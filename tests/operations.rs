//! `docs/operations.md` lists what the server's operations are: it is made from the types of their requests, the
//! tables of their filters, and the lists by which they are found.
//!
//! `UPDATE_DOCS=1 cargo test --test operations` writes it anew. That every parameter of AWS's is in it is looked at by
//! `tests/conformance/test_operations.py`.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Services as people call them, their folders, and how parameters are written.
const SERVICES: &[(&str, &str, Wire)] = &[
    ("EC2", "ec2", Wire::Ec2),
    ("IAM", "iam", Wire::Query),
    ("STS", "sts", Wire::Query),
    ("CloudWatch Logs", "logs", Wire::Json),
    ("flowlogd's own", "flowlogd", Wire::Json),
];
const BEGIN: &str = "<!-- What follows is made from the program's types. -->\n";
/// How the documentation of a parameter begins that nothing stands behind.
const REFUSED: &[&str] = &["Not supported", "Refused"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wire {
    /// `VpcId.1`
    Ec2,
    /// `Tags.member.1`
    Query,
    /// `logGroupName`
    Json,
}

#[test]
fn the_document_has_every_operation_parameter_and_filter() {
    let path = root().join("docs/operations.md");
    let document = fs::read_to_string(&path).unwrap();
    let (before, tables) = document.split_once(BEGIN).expect("the document has the mark");
    let made: String = SERVICES.iter().map(|service| section(*service)).collect();
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{made}")).unwrap();
        return;
    }

    assert_eq!(tables, made, "UPDATE_DOCS=1 cargo test --test operations");
    assert!(made.matches("\n| `").count() > 140);
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The table of a service.
fn section((name, folder, wire): (&str, &str, Wire)) -> String {
    let source = read(&root().join(format!("crates/server/src/ops/{folder}.rs")));
    let mut operations = registered(&source);
    operations.sort_unstable();
    assert!(!operations.is_empty(), "{folder}.rs registers no operations");
    let mut text = format!(
        "\n## {name}: {} operations\n\n| operation | parameters | refused | filters |\n|---|---|---|---|\n",
        operations.len()
    );
    for operation in operations {
        let parameters = parameters(folder, operation, wire);
        let (refused, taken): (Vec<_>, Vec<_>) =
            parameters.into_iter().partition(|parameter| parameter.is_refused);
        let taken: Vec<String> = taken.iter().map(Parameter::shown).collect();
        let refused: Vec<String> = refused.iter().map(|it| format!("`{}`", it.name)).collect();
        let filters: Vec<String> =
            filters(folder, operation).iter().map(|name| format!("`{name}`")).collect();
        let _ = writeln!(
            text,
            "| `{operation}` | {} | {} | {} |",
            taken.join(", "),
            refused.join(", "),
            filters.join(", ")
        );
    }
    text
}

/// The names that a service registers.
fn registered(source: &str) -> Vec<&str> {
    let calls = ["Operation::read(", "Operation::write(", "Operation::wait("];
    let starts = calls.iter().flat_map(|call| source.match_indices(call));
    let names = starts.filter_map(|(at, call)| {
        let (_, rest) = source.split_at(at + call.len());
        rest.trim_start().strip_prefix('"')?.split('"').next()
    });
    names.collect()
}

struct Parameter {
    name: String,
    is_required: bool,
    is_refused: bool,
    /// What is said of it if only some values are supported.
    limit: Option<String>,
}

impl Parameter {
    fn shown(&self) -> String {
        let mark = if self.is_required { "*" } else { "" };
        let limit = self.limit.as_ref().map_or(String::new(), |limit| format!(" ({limit})"));
        format!("`{}`{mark}{limit}", self.name)
    }
}

/// The parameters of an operation by the type of its request, in its order.
fn parameters(folder: &str, operation: &str, wire: Wire) -> Vec<Parameter> {
    let path = root().join(format!("crates/aws/src/{folder}/{}.rs", snake(operation)));
    let source = read(&path);
    let begin = format!("pub struct {operation}Request {{\n");
    let Some((_, rest)) = source.split_once(&begin) else {
        assert!(
            source.contains(&format!("pub struct {operation}Request;"))
                || source.contains(&format!("pub struct {operation}Request {{}}")),
            "{} has no {operation}Request",
            path.display()
        );
        return Vec::new();
    };
    // A long type stands on a line of its own.
    let body = rest.split("\n}").next().unwrap_or(rest).replace(":\n        ", ": ");
    let (mut meaning, mut rename, mut has_default) = (String::new(), None, false);
    let mut parameters = Vec::new();
    for line in body.lines().map(str::trim) {
        if let Some(words) = line.strip_prefix("///") {
            meaning += words;
        } else if line.starts_with("#[serde(") {
            has_default |= line.contains("default");
            rename = line.split_once("rename = \"").and_then(|(_, it)| it.split('"').next());
        } else if let Some(field) = line.strip_prefix("pub ") {
            let (field, kind) = field
                .trim_end_matches(',')
                .split_once(": ")
                .unwrap_or_else(|| panic!("{operation}: {line}"));
            let meaning = std::mem::take(&mut meaning);
            let meaning = meaning.trim().trim_end_matches('.');
            let is_list = kind.contains("Vec<");
            let name = rename.take().map_or_else(|| cased(field, wire), ToOwned::to_owned);
            parameters.push(Parameter {
                name: match wire {
                    Wire::Ec2 if is_list => name + ".N",
                    Wire::Query if is_list => name + ".member.N",
                    Wire::Ec2 | Wire::Query | Wire::Json => name,
                },
                is_required: !kind.starts_with("Option<") && !has_default,
                is_refused: kind.contains("Unsupported")
                    || REFUSED.iter().any(|word| meaning.starts_with(word))
                    || meaning.ends_with(": refused"),
                limit: limit_of(meaning),
            });
            has_default = false;
        }
    }
    parameters
}

/// `Only 0 is supported` as `only 0`.
fn limit_of(meaning: &str) -> Option<String> {
    let sentence =
        meaning.split(". ").find(|it| it.starts_with("Only ") && it.ends_with(" is supported"))?;
    let value = sentence.strip_prefix("Only ")?.strip_suffix(" is supported")?;
    Some(format!("only {value}"))
}

/// The filters of an operation: of the table in the file that has its function, or beside it.
fn filters(folder: &str, operation: &str) -> Vec<String> {
    if !["Describe", "Get", "List"].iter().any(|verb| operation.starts_with(verb)) {
        return Vec::new();
    }
    let needle = format!("request: {operation}Request");
    let mut files = Vec::new();
    walk(&root().join(format!("crates/server/src/ops/{folder}")), &mut files);
    for path in files {
        let source = read(&path);
        if !source.contains(&needle) {
            continue;
        }
        let table = if source.contains("FilterTable(&[") {
            source
        } else if source.contains("filters::FILTERS") {
            read(&path.with_extension("").join("filters.rs"))
        } else {
            continue;
        };
        let (_, table) = table.split_once("FilterTable(&[").expect("it is there");
        let table = table.split("\n]);").next().unwrap_or(table);
        let names = table.lines().filter_map(|line| {
            line.trim().strip_prefix("(\"").and_then(|rest| rest.split('"').next())
        });
        return names.map(ToOwned::to_owned).collect();
    }
    Vec::new()
}

fn walk(directory: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(directory).expect("the folder is there").map_while(Result::ok);
    let mut entries: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// `CreateVpc` as `create_vpc`.
fn snake(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

/// `cidr_block` as `CidrBlock` or `cidrBlock`.
fn cased(field: &str, wire: Wire) -> String {
    let mut text = String::new();
    for (place, word) in field.trim_start_matches("r#").split('_').enumerate() {
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if place > 0 || wire != Wire::Json => {
                text.extend(first.to_uppercase());
            }
            Some(first) => text.push(first),
            None => {}
        }
        text.extend(letters);
    }
    text
}
