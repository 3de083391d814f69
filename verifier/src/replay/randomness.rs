//! Every randomness of an accepted unary encoding, for **R5**.
//!
//! There may be hundreds of thousands. So they lie side by side, sorted, but for the last ones.

use std::collections::BTreeSet;

use talea_protocol::bytes::Point;

/// A set of encodings.
#[derive(Debug, Default)]
pub(crate) struct Randomness {
    sorted: Vec<Point>,
    /// Not among them yet.
    last: BTreeSet<Point>,
}

/// Sorted in anew only beyond this number, and beyond an eighth of all: so each is moved about ten times.
const FEW: usize = 1 << 10;

impl Randomness {
    /// Whether it was seen.
    pub(crate) fn contains(&self, r: &Point) -> bool {
        self.last.contains(r) || self.sorted.binary_search(r).is_ok()
    }

    /// Adds what was not seen.
    pub(crate) fn extend(&mut self, new: impl IntoIterator<Item = Point>) {
        self.last.extend(new);
        if self.last.len() > FEW.max(self.sorted.len() / 8) {
            self.sorted.reserve_exact(self.last.len());
            self.sorted.extend(std::mem::take(&mut self.last));
            // Two sorted runs are merged, not sorted.
            self.sorted.sort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_contained_and_nothing_else() {
        // In no order: an odd multiplier permutes the numbers.
        let point = |n: u32| {
            let mut bytes = [0; 32];
            bytes[..4].copy_from_slice(&n.wrapping_mul(2_654_435_761).to_be_bytes());
            Point(bytes)
        };
        let mut seen = Randomness::default();
        for n in 0..40_000u32 {
            assert!(!seen.contains(&point(n)));
            seen.extend([point(n)]);
            assert!(seen.contains(&point(n)));
        }
        assert!((0..40_000).all(|n| seen.contains(&point(n))));
        assert!(!seen.sorted.is_empty() && seen.last.len() <= seen.sorted.len() / 8);
    }
}
