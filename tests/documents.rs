//! Holds the documents and the program together: what they show is what it prints, and what they name
//! is there.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn console_sessions_print_what_the_documents_show() {
    let directory = tempfile::tempdir().unwrap();
    craft_demo(directory.path());
    let mut sessions = 0;
    let mut wrong = Vec::new();
    for document in documents() {
        for session in blocks(&document, "console") {
            // Other documents' data are not the demo's.
            if !session.command.contains("target/demo/") {
                continue;
            }
            sessions += 1;
            let printed = run(&session.command, directory.path());
            if printed != session.output {
                let Session { command, output } = &session;
                let name = document.display();
                wrong.push(format!("{name}: {command}prints\n{printed}not\n{output}"));
            }
        }
    }

    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(sessions >= 4, "found only {sessions} sessions");
}

#[test]
fn a_packets_way_is_where_the_architecture_says() {
    let text = read(&root().join("ARCHITECTURE.md"));
    let (_, table) = text.split_once("## A packet's way").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let mut places = 0;
    let mut wrong = Vec::new();
    for row in table.lines().filter(|line| line.starts_with("| ")) {
        let mut code = None;
        for name in quoted(row.split('|').nth(3).unwrap()) {
            if Path::new(name).extension().is_some_and(|extension| extension == "rs") {
                code = Some((name, read(&root().join("crates").join(name))));
                continue;
            }
            places += 1;
            let (file, code) = code.as_ref().expect("a file is named before what is in it");
            if !defines(code, name) {
                wrong.push(format!("{name} is not in {file}"));
            }
        }
    }

    assert_eq!(wrong, Vec::<String>::new());
    assert!(places >= 20, "found only {places} places");
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut wrong = Vec::new();
    for document in documents() {
        let text = read(&document);
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://")) {
            let (path, heading) = target.split_once('#').unwrap_or((target, ""));
            let file = match path {
                "" => document.clone(),
                path => document.parent().unwrap().join(path),
            };
            if !file.exists() {
                wrong.push(format!("{}: {target}: no such file", document.display()));
            } else if !heading.is_empty() && !headings(&read(&file)).any(|known| known == heading) {
                wrong.push(format!("{}: {target}: no such heading", document.display()));
            }
        }
    }

    assert_eq!(wrong, Vec::<String>::new());
}

struct Session {
    command: String,
    output: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns README and all of `docs/`.
fn documents() -> Vec<PathBuf> {
    let mut found = vec![root().join("README.md")];
    let entries = fs::read_dir(root().join("docs")).expect("docs/ can be listed");
    let mut pages: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a readable entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    pages.sort();
    found.append(&mut pages);
    found
}

/// Returns the sessions of a document: a `$` and a command, then what it prints.
fn blocks(document: &Path, language: &str) -> Vec<Session> {
    let text = read(document);
    let opening = format!("```{language}\n$ ");
    let blocks = text.split(&opening).skip(1).filter_map(|rest| rest.split("```").next());
    blocks
        .map(|block| {
            let mut lines = block.split_inclusive('\n');
            let mut command = String::new();
            for line in lines.by_ref() {
                command += line;
                if !line.ends_with("\\\n") {
                    break;
                }
            }
            Session { command, output: lines.collect() }
        })
        .collect()
}

/// Makes the capture and the records that the demo leaves.
fn craft_demo(directory: &Path) {
    let made = Command::new("python3")
        .arg(root().join("tests/demo/craft.py"))
        .arg(directory.join("demo.pcap"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .status()
        .expect("python3 is there, as tests/tools.sh sees to");
    assert!(made.success(), "tests/demo/craft.py: {made}");
    let replay = "flowlogd replay target/demo/demo.pcap --inventory tests/demo/vpc.json --quiet \
                  --output target/demo/records.log";
    assert_eq!(run(replay, directory), "");
}

fn run(command: &str, demo: &Path) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_flowlogd"));
    let mut path = program.parent().expect("a program is in a directory").as_os_str().to_owned();
    path.push(":");
    path.push(env::var_os("PATH").unwrap_or_default());
    let output = Command::new("sh")
        .arg("-c")
        .arg(command.replace("target/demo/", &format!("{}/", demo.display())))
        .current_dir(root())
        .env("PATH", path)
        .output()
        .expect("there is a shell");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Returns what stands between backquotes.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// Returns whether code has the function `name` or `Type::name`.
fn defines(code: &str, name: &str) -> bool {
    let (owner, function) = match name.rsplit_once("::") {
        Some((owner, function)) => (Some(owner), function),
        None => (None, name),
    };
    let has_function = [format!("fn {function}("), format!("fn {function}<")]
        .iter()
        .any(|signature| code.contains(signature));
    let has_owner = owner.is_none_or(|owner| {
        let is_owner = |word: &str| word.split('<').next() == Some(owner);
        code.lines()
            .filter(|line| line.starts_with("impl"))
            .any(|line| line.split_whitespace().any(is_owner))
    });
    has_function && has_owner
}

/// Returns the anchors that GitHub makes of a document's headings.
fn headings(text: &str) -> impl Iterator<Item = String> {
    let headings = text.lines().filter_map(|line| line.strip_prefix('#'));
    headings.map(|line| {
        line.trim_start_matches('#')
            .trim()
            .to_lowercase()
            .chars()
            .filter(|char| char.is_alphanumeric() || matches!(char, ' ' | '-' | '_'))
            .map(|char| if char == ' ' { '-' } else { char })
            .collect()
    })
}
