//! The layers: which crate may know which, and what the pure ones do without.
//!
//! The table below is the rule, and `ARCHITECTURE.md` has the reasons. A crate, an arrow or a
//! dependency of a pure crate that is not in it fails the test, so that it is argued for.

#[path = "layers/source.rs"]
mod source;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// What one of our crates may depend on.
struct Layer {
    name: &'static str,
    ours: &'static [&'static str],
    others: Others,
}

/// Which libraries of other people's.
enum Others {
    /// A shell's choice.
    Any,
    /// Pure: these, of which none reads a clock, opens a file or a socket, or draws a number.
    Only(&'static [&'static str]),
}

const LAYERS: &[Layer] = &[
    Layer { name: "flowlogd-packet", ours: &[], others: Others::Only(&["thiserror"]) },
    Layer {
        name: "flowlogd-vpc",
        ours: &["flowlogd-packet"],
        others: Others::Only(&[
            "hashbrown",
            "rustc-hash",
            "serde",
            "serde_json",
            "sha2",
            "thiserror",
        ]),
    },
    Layer {
        name: "flowlogd-flowlog",
        ours: &["flowlogd-packet", "flowlogd-vpc"],
        // Compression and Parquet turn bytes into bytes.
        others: Others::Only(&["flate2", "itoa", "libdeflater", "memchr", "parquet", "thiserror"]),
    },
    Layer {
        name: "flowlogd-aws",
        ours: &[],
        // Calendars, digests and encodings turn values into values; the time is handed in.
        others: Others::Only(&[
            "base64",
            "hmac",
            "percent-encoding",
            "quick-xml",
            "serde",
            "serde_json",
            "sha2",
            "thiserror",
            "time",
        ]),
    },
    Layer {
        name: "flowlogd-agent",
        ours: &["flowlogd-packet", "flowlogd-vpc", "flowlogd-flowlog", "flowlogd-aws"],
        others: Others::Any,
    },
    Layer { name: "flowlogd-logstore", ours: &[], others: Others::Any },
    Layer {
        name: "flowlogd-query",
        ours: &["flowlogd-logstore", "flowlogd-flowlog"],
        others: Others::Any,
    },
    Layer {
        name: "flowlogd-server",
        ours: &[
            "flowlogd-aws",
            "flowlogd-logstore",
            "flowlogd-query",
            "flowlogd-flowlog",
            "flowlogd-vpc",
        ],
        others: Others::Any,
    },
    Layer {
        name: "flowlogd",
        ours: &[
            "flowlogd-packet",
            "flowlogd-vpc",
            "flowlogd-flowlog",
            "flowlogd-aws",
            "flowlogd-agent",
            "flowlogd-logstore",
            "flowlogd-query",
            "flowlogd-server",
        ],
        others: Others::Any,
    },
];

/// What no pure crate names. Below a module that is forbidden whole, everything is.
const IMPURE: &[&str] = &[
    "std::env",
    "std::fs",
    "std::net::TcpListener",
    "std::net::TcpStream",
    "std::net::ToSocketAddrs",
    "std::net::UdpSocket",
    "std::os",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "std::time::UNIX_EPOCH",
];

/// Where `unsafe` may stand: system calls of live capture.
const UNSAFE_ALLOWED: &[&str] = &[
    "crates/agent/src/capture.rs",
    "crates/agent/src/capture/",
    // Its tests step into network namespaces.
    "crates/agent/tests/netns/",
];

/// The workspace, as far as the rules look at it.
#[derive(Debug, Default)]
struct Graph {
    crates: Vec<String>,
    arrows: Vec<Arrow>,
}

#[derive(Debug)]
struct Arrow {
    from: String,
    to: String,
    /// Whether `to` is one of our crates.
    end: End,
    kind: DependencyKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Ours,
    Other,
}

#[test]
fn every_arrow_of_the_workspace_points_down() {
    let violations = violations(&workspace());

    assert!(violations.is_empty(), "\n{}\n", violations.join("\n"));
}

#[test]
fn pure_crates_name_no_file_socket_process_or_clock() {
    let mut found = Vec::new();
    for layer in LAYERS.iter().filter(|layer| matches!(layer.others, Others::Only(_))) {
        let directory = layer.name.replace("flowlogd-", "crates/");
        for path in rust_files(&root().join(directory).join("src")) {
            for std_path in impure_paths(&read(&path)) {
                found.push(format!(
                    "{} names {std_path}, but {} is pure: what it needs is handed to it",
                    shown(&path),
                    layer.name
                ));
            }
        }
    }

    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn unsafe_stands_nowhere_but_in_live_capture() {
    let mut found = Vec::new();
    for directory in ["src", "crates", "tests", "benches", "fuzz"] {
        for path in rust_files(&root().join(directory)) {
            let name = shown(&path);
            if UNSAFE_ALLOWED.iter().any(|allowed| name.starts_with(allowed)) {
                continue;
            }
            for line in source::lines_with(&source::code_of(&read(&path)), "unsafe") {
                found.push(format!("{name}:{line}: unsafe belongs into {}", UNSAFE_ALLOWED[1]));
            }
        }
    }

    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

/// Returns one line for each arrow or crate that the table does not have.
fn violations(graph: &Graph) -> Vec<String> {
    let layer_of = |name: &str| LAYERS.iter().find(|layer| layer.name == name);
    let mut found = Vec::new();
    for name in graph.crates.iter().filter(|name| layer_of(name).is_none()) {
        found.push(format!("{name} is not in the table of tests/layers.rs: add it, and say why"));
    }
    for Arrow { from, to, end, kind } in &graph.arrows {
        let Some(layer) = layer_of(from) else { continue };
        if *end == End::Ours && !layer.ours.contains(&to.as_str()) {
            found.push(format!("{from} -> {to}: {from} may depend on {}", list_of(layer.ours)));
        }
        // A test may use what it likes; what ships may not.
        let ships = *kind != DependencyKind::Development;
        if let (End::Other, true, Others::Only(allowed)) = (*end, ships, &layer.others)
            && !allowed.contains(&to.as_str())
        {
            found.push(format!(
                "{from} -> {to}: {from} is pure (no sockets, files, clock or randomness) and may \
                 depend on {} only",
                allowed.join(", ")
            ));
        }
    }
    found
}

fn list_of(names: &[&str]) -> String {
    if names.is_empty() { "none of our crates".to_owned() } else { names.join(", ") }
}

/// Returns the forbidden paths into `std` that the code of `text` names outside its tests.
fn impure_paths(text: &str) -> Vec<String> {
    let code = source::code_of(text);
    let mut paths = source::std_paths(source::before_tests(&code));
    paths.retain(|path| IMPURE.iter().any(|impure| names_or_hides(path, impure)));
    paths
}

/// Returns whether `path` is `impure`, or a module under whose name it would be out of sight:
/// after `use std::time` there is only `time::Instant`.
fn names_or_hides(path: &str, impure: &str) -> bool {
    let named = path.trim_end_matches("::*");
    is_within(named, impure) || is_within(impure, named)
}

fn is_within(path: &str, module: &str) -> bool {
    path.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Reads the graph of the real workspace. Asks no registry.
fn workspace() -> Graph {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .other_options(["--offline".to_owned()])
        .exec()
        .expect("cargo metadata reads this workspace");
    let mut graph = Graph::default();
    for package in &metadata.packages {
        graph.crates.push(package.name.to_string());
        graph.arrows.extend(package.dependencies.iter().map(|dependency| Arrow {
            from: package.name.to_string(),
            to: dependency.name.clone(),
            end: if dependency.path.is_some() { End::Ours } else { End::Other },
            kind: dependency.kind,
        }));
    }
    graph
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the Rust files below `directory`, in order; none if there is no such directory.
fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    let mut files = Vec::new();
    for path in entries.map(|entry| entry.expect("a readable directory entry").path()) {
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                files.extend(rust_files(&path));
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Who may depend on whom, written out a second time so that a slip in the table shows.
const ARROWS: &str = "
               packet vpc flowlog aws agent logstore query server flowlogd
    packet     .      .   .       .   .     .        .     .      .
    vpc        yes    .   .       .   .     .        .     .      .
    flowlog    yes    yes .       .   .     .        .     .      .
    aws        .      .   .       .   .     .        .     .      .
    agent      yes    yes yes     yes .     .        .     .      .
    logstore   .      .   .       .   .     .        .     .      .
    query      .      .   yes     .   .     yes      .     .      .
    server     .      yes yes     yes .     yes      yes   .      .
    flowlogd   yes    yes yes     yes yes   yes      yes   yes    .
";

#[test]
fn each_forbidden_arrow_between_our_crates_is_refused_and_each_other_is_not() {
    let mut lines = ARROWS.lines().filter(|line| !line.trim().is_empty());
    let targets: Vec<&str> = lines.next().expect("a heading").split_whitespace().collect();
    let mut wrong = String::new();
    let mut tried = 0;

    for line in lines {
        let mut cells = line.split_whitespace();
        let from = cells.next().expect("a name");
        for (to, cell) in targets.iter().zip(cells) {
            tried += 1;
            for arrow in ["->", "-dev->", "-build->"] {
                let said = said_of(&format!("{from} {arrow} {to}"));
                if said.is_empty() != (cell == "yes") {
                    writeln!(wrong, "{from} {arrow} {to}: {said:?}").expect("text grows");
                }
            }
        }
    }

    assert_eq!(wrong, "");
    assert_eq!(tried, 81);
}

#[test]
fn a_refusal_names_the_arrow_and_the_rule() {
    assert_eq!(
        said_of("agent -> server"),
        ["flowlogd-agent -> flowlogd-server: flowlogd-agent may depend on \
          flowlogd-packet, flowlogd-vpc, flowlogd-flowlog, flowlogd-aws"]
    );
    assert_eq!(
        said_of("packet -> vpc"),
        ["flowlogd-packet -> flowlogd-vpc: flowlogd-packet may depend on none of our crates"]
    );
    assert_eq!(
        said_of("packet -> crate tokio"),
        ["flowlogd-packet -> tokio: flowlogd-packet is pure (no sockets, files, clock or \
          randomness) and may depend on thiserror only"]
    );
}

#[test]
fn pure_crates_are_refused_every_library_of_the_world_outside() {
    let outside = [
        "tokio",
        "mio",
        "socket2",
        "libc",
        "rustix",
        "nix",
        "reqwest",
        "hyper",
        "rand",
        "getrandom",
        "chrono",
        "jiff",
        "tempfile",
        "walkdir",
        "notify",
        "rayon",
        "uuid",
    ];
    for pure in ["packet", "vpc", "flowlog", "aws"] {
        for library in outside {
            for arrow in ["->", "-build->"] {
                let arrow = format!("{pure} {arrow} crate {library}");
                assert_eq!(said_of(&arrow).len(), 1, "{arrow}");
            }
        }
    }
}

#[test]
fn shells_and_tests_choose_their_libraries() {
    assert!(said_of("agent -> crate libc").is_empty());
    assert!(said_of("packet -dev-> crate tempfile").is_empty());
}

#[test]
fn a_crate_that_the_table_does_not_know_is_refused() {
    let graph = Graph { crates: vec!["flowlogd-utils".to_owned()], arrows: Vec::new() };

    assert_eq!(
        violations(&graph),
        ["flowlogd-utils is not in the table of tests/layers.rs: add it, and say why"]
    );
    assert_eq!(said_of("vpc -> utils").len(), 1);
}

#[test]
fn impure_code_is_found_and_pure_code_is_not() {
    for impure in [
        "use std::fs;",
        "use std::{io, fs::File};",
        "let now = std::time::Instant::now();",
        "use std::time::{Duration, SystemTime};",
        "use std::net::{IpAddr, UdpSocket};",
        "use std::net;",
        "use std::net::{self, IpAddr};",
        "use std::time::*;",
        "use std::*;",
        "std::thread::sleep(pause);",
        "std::env::var(name)",
        "std::process::exit(1)",
        "#[cfg(test)]\nmod oracle;\nuse std::fs;",
    ] {
        assert_eq!(impure_paths(impure).len(), 1, "{impure}");
    }
    for pure in [
        "use std::net::{IpAddr, Ipv4Addr};",
        "use std::io::{BufRead, Write};",
        "use std::time::Duration;",
        "/// Unlike `std::fs::read`, this takes the text.",
        "let name = \"std::fs\";",
        "use std::fmt;\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}",
    ] {
        assert_eq!(impure_paths(pure), Vec::<String>::new(), "{pure}");
    }
}

/// What the rules say of `FROM -> TO`, `FROM -dev-> TO` or `FROM -build-> TO`, the names being ours
/// unless `crate` stands before them.
fn said_of(arrow: &str) -> Vec<String> {
    let words: Vec<&str> = arrow.split_whitespace().collect();
    let ours = |name: &str| match name {
        "flowlogd" => name.to_owned(),
        name => format!("flowlogd-{name}"),
    };
    let (from, kind, to, end) = match *words {
        [from, kind, "crate", name] => (from, kind, name.to_owned(), End::Other),
        [from, kind, name] => (from, kind, ours(name), End::Ours),
        _ => panic!("not an arrow: {arrow}"),
    };
    let kind = match kind {
        "->" => DependencyKind::Normal,
        "-dev->" => DependencyKind::Development,
        "-build->" => DependencyKind::Build,
        _ => panic!("not an arrow: {arrow}"),
    };
    violations(&Graph {
        crates: Vec::new(),
        arrows: vec![Arrow { from: ours(from), to, end, kind }],
    })
}
