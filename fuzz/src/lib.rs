//! The fuzz targets by name, for libFuzzer's programs and for the driver.

#[path = "../targets/mod.rs"]
mod targets;

/// Returns the names of all targets.
pub fn names() -> impl Iterator<Item = &'static str> {
    targets::TARGETS.iter().map(|target| target.name)
}

/// Hands `data` to the target called `name`. Panics if it breaks a promise, or if there is no such
/// target.
pub fn run(name: &str, data: &[u8]) {
    let target = targets::TARGETS.iter().find(|target| target.name == name);
    let target = target.unwrap_or_else(|| panic!("no target is called {name}"));
    (target.run)(data);
}
