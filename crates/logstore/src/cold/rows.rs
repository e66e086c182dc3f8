//! Events in memory, on their way into a segment.

use std::ops::Range;

use crate::EventKey;

/// Whose event, and which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RowKey {
    pub(crate) stream: i64,
    pub(crate) event: EventKey,
}

/// Events with their messages in one buffer.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    keys: Vec<RowKey>,
    ends: Vec<usize>,
    text: String,
}

impl Rows {
    pub(crate) fn push(&mut self, key: RowKey, message: &str) {
        self.keys.push(key);
        self.text.push_str(message);
        self.ends.push(self.text.len());
    }

    pub(crate) const fn len(&self) -> usize {
        self.keys.len()
    }

    pub(crate) fn keys(&self) -> &[RowKey] {
        &self.keys
    }

    fn place(&self, row: usize) -> Range<usize> {
        let end = |row: usize| self.ends.get(row).copied().unwrap_or(0);
        row.checked_sub(1).map_or(0, end)..end(row)
    }

    pub(crate) fn message(&self, row: usize) -> &str {
        self.text.get(self.place(row)).unwrap_or_default()
    }

    /// Bytes of all messages.
    pub(crate) const fn bytes(&self) -> usize {
        self.text.len()
    }

    /// Returns the rows in the order of a search: by time, whatever the stream.
    pub(crate) fn by_time(&self) -> Vec<usize> {
        // Keys beside their rows: sorted where they lie.
        let mut order: Vec<_> =
            self.keys.iter().zip(0..).map(|(key, row)| (key.event, row)).collect();
        order.sort_unstable();
        order.into_iter().map(|(_, row)| row).collect()
    }

    /// Returns rows as a slice has them: by stream, and by time in it.
    pub(crate) fn by_stream(&self, rows: &[usize]) -> Vec<usize> {
        let keyed = rows.iter().filter_map(|row| Some((*self.keys.get(*row)?, *row)));
        let mut order: Vec<_> = keyed.collect();
        order.sort_unstable();
        order.into_iter().map(|(_, row)| row).collect()
    }

    /// Returns these rows alone.
    pub(crate) fn picked(&self, rows: &[usize]) -> Self {
        let mut picked = Self::default();
        for row in rows {
            if let Some(key) = self.keys.get(*row) {
                picked.push(*key, self.message(*row));
            }
        }
        picked
    }
}
