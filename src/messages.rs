//! Lines on the standard error.

use std::fmt::Display;
use std::io::{self, Write};

/// Writes a line to the standard error.
///
/// That it cannot be written (`2>&1 | head -1`) is no reason to stop, and there is nobody to tell.
pub(crate) fn say(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
