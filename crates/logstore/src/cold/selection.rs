//! Rows of a slice that are wanted.

use std::ops::Range;

/// Reading so many rows costs less than stepping over them.
const WORTH_A_STEP: u32 = 32;

/// Rows, in order, as stretches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    /// None touches another.
    ranges: Vec<Range<u32>>,
}

impl Selection {
    /// Rows from and to.
    pub(crate) fn of_ranges(ranges: impl IntoIterator<Item = Range<u32>>) -> Self {
        let mut merged: Vec<Range<u32>> = Vec::new();
        for range in ranges {
            match merged.last_mut() {
                _ if range.is_empty() => {}
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                Some(_) | None => merged.push(range),
            }
        }
        Self { ranges: merged }
    }

    /// All of so many rows.
    pub(crate) fn all(rows: u32) -> Self {
        Self::of_ranges(std::iter::once(0..rows))
    }

    /// A selection that holds these rows, which are in order, and a few between them that are not worth
    /// stepping over.
    pub(crate) fn around(rows: &[u32]) -> Self {
        let mut ranges: Vec<Range<u32>> = Vec::new();
        for row in rows {
            match ranges.last_mut() {
                Some(last) if row.saturating_sub(last.end) <= WORTH_A_STEP => last.end = row + 1,
                Some(_) | None => ranges.push(*row..row + 1),
            }
        }
        Self { ranges }
    }

    pub(crate) fn ranges(&self) -> &[Range<u32>] {
        &self.ranges
    }

    /// Returns the rows.
    pub(crate) fn rows(&self) -> impl Iterator<Item = u32> {
        self.ranges.iter().cloned().flatten()
    }

    /// How many rows.
    pub(crate) fn count(&self) -> usize {
        self.ranges.iter().map(ExactSizeIterator::len).sum()
    }

    /// Whether any of these rows is wanted.
    pub(crate) fn touches(&self, rows: Range<u32>) -> bool {
        let place = self.ranges.partition_point(|range| range.end <= rows.start);
        self.ranges.get(place).is_some_and(|range| range.start < rows.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_near_each_other_are_read_in_one_go() {
        let near = Selection::around(&[3, 4, 36, 100]);
        assert_eq!(near.ranges(), [3..37, 100..101]);
        assert_eq!(near.count(), 35);
        assert!(near.touches(0..4) && near.touches(36..40) && near.touches(90..200));
        assert!(!near.touches(0..3) && !near.touches(37..100) && !near.touches(101..200));
    }

    #[test]
    fn ranges_that_touch_are_one() {
        let selection = Selection::of_ranges([0..3, 3..5, 7..7, 9..10]);
        assert_eq!(selection.ranges(), [0..5, 9..10]);
        assert_eq!(selection.rows().collect::<Vec<_>>(), [0, 1, 2, 3, 4, 9]);
    }
}
