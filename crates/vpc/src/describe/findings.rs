//! What is wrong with a file, and what is merely not used.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt::Display;

use crate::InventoryError;

/// More faults than this are only counted: they nearly always have one cause, and nobody reads on.
const MOST_FAULTS: usize = 100;

/// Collects faults and notes, so that one wrong item does not hide the faults of the others.
///
/// Shared by reference: every reader of an item adds to it, and nobody reads it before the end.
#[derive(Default)]
pub(crate) struct Findings {
    faults: RefCell<Vec<InventoryError>>,
    more_faults: RefCell<usize>,
    notes: RefCell<Vec<String>>,
}

impl Findings {
    /// Reports what makes the file unusable.
    pub(crate) fn fault(&self, path: &str, fault: impl Display) {
        let error = InventoryError { path: path.to_owned(), fault: fault.to_string() };
        let mut faults = self.faults.borrow_mut();
        // A member may be looked at more than once.
        if faults.contains(&error) {
            return;
        }
        if faults.len() < MOST_FAULTS {
            faults.push(error);
        } else {
            *self.more_faults.borrow_mut() += 1;
        }
    }

    /// Returns how many faults were reported.
    pub(crate) fn count(&self) -> usize {
        self.faults.borrow().len() + *self.more_faults.borrow()
    }

    /// Reports what the file says and the engine does not use.
    pub(crate) fn note(&self, path: &str, note: impl Display) {
        self.notes.borrow_mut().push(format!("{path}: {note}"));
    }

    /// Returns the notes of a file without faults, or its faults.
    pub(crate) fn into_notes(self) -> Result<Vec<String>, Vec<InventoryError>> {
        let mut faults = self.faults.into_inner();
        if faults.is_empty() {
            return Ok(self.notes.into_inner());
        }
        let more = self.more_faults.into_inner();
        if more > 0 {
            faults.push(InventoryError {
                path: "inventory".to_owned(),
                fault: format!("and {more} more faults"),
            });
        }
        Err(faults)
    }
}

/// A text of the file's as a message can show it: in one line, and not all of a long one.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    const LONGEST: usize = 64;

    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\');
    if !text.is_empty() && text.len() <= LONGEST && text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    let start: String = text.chars().take(LONGEST).collect();
    let rest = if start.len() < text.len() { "…" } else { "" };
    Cow::Owned(format!("{start:?}{rest}"))
}
