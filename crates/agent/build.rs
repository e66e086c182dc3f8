//! Compiles the kernel program with clang. Without clang the agent is built all the same, and captures by
//! `AF_PACKET`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Newer ones as they come; 14 is Debian 12's.
const COMPILERS: &[&str] =
    &["clang", "clang-19", "clang-18", "clang-17", "clang-16", "clang-15", "clang-14"];

fn main() {
    println!("cargo::rustc-check-cfg=cfg(has_kernel_program)");
    println!("cargo::rerun-if-env-changed=CLANG");
    // Asked when this runs: a target directory may be handed on to another working copy.
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let sources = here.join("../../bpf");
    println!("cargo::rerun-if-changed={}", sources.display());
    let object = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("flow.bpf.o");
    match compile(&sources.join("flow.bpf.c"), &object) {
        Ok(()) => println!("cargo::rustc-cfg=has_kernel_program"),
        Err(why) => {
            let _ = fs::remove_file(&object);
            println!(
                "cargo::warning=the kernel program is not built ({why}): live capture will be by AF_PACKET. \
                 On Debian: apt-get install clang"
            );
        }
    }
}

fn compile(source: &Path, object: &Path) -> Result<(), String> {
    let chosen = env::var("CLANG").ok();
    let candidates = chosen.as_deref().map_or(COMPILERS.to_vec(), |chosen| vec![chosen]);
    let works = |clang: &&&str| {
        Command::new(clang).arg("--version").output().is_ok_and(|output| output.status.success())
    };
    let clang = candidates.iter().find(works).ok_or(format!("no {}", candidates.join(", ")))?;
    let mut command = Command::new(clang);
    command.args(["-target", "bpf", "-mcpu=v3", "-O2", "-g", "-Wall", "-Wextra", "-Werror"]);
    // What bpf_loop calls has an index, whether it is read or not.
    command.arg("-Wno-unused-parameter");
    // Where Debian has the kernel's headers for a machine: clang does not look there for this target.
    let machine = env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    command.arg(format!("-I/usr/include/{machine}-linux-gnu"));
    command.arg("-c").arg(source).arg("-o").arg(object);
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{clang}: {}", String::from_utf8_lossy(&output.stderr).trim()))
}
