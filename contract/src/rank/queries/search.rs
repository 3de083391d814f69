//! Search of a falling predicate with few questions. Section 11 of `docs/spec.md`.

use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// The search for the largest `j` in `0 ..= hi` at which a falling predicate holds. It holds at 0.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Search {
    lo: u32,
    hi: u32,
}

impl Search {
    pub(crate) fn new(hi: usize) -> Self {
        Self { lo: 0, hi: u32::try_from(hi).unwrap_or(u32::MAX) }
    }

    /// The result, once there is one candidate left.
    pub(crate) fn found(&self) -> Option<usize> {
        (self.lo == self.hi).then_some(self.lo).and_then(|lo| usize::try_from(lo).ok())
    }

    /// The points to ask at next, ascending: at most `fan_out` of them, evenly spread.
    pub(crate) fn points(&self, fan_out: u16) -> Vec<usize> {
        let span = self.hi.saturating_sub(self.lo);
        let questions = span.min(fan_out.into());
        // lo + floor(i * (span + 1) / (f + 1)): with f = span this asks at every candidate.
        let [parts, candidates] = [questions, span].map(|n| u64::from(n).saturating_add(1));
        (1..=u64::from(questions))
            .filter_map(|i| i.checked_mul(candidates)?.checked_div(parts))
            .filter_map(|offset| usize::try_from(offset.saturating_add(self.lo.into())).ok())
            .collect()
    }

    /// Narrows by the answers at [`points`](Self::points): whether the predicate holds at each.
    pub(crate) fn narrow(&mut self, fan_out: u16, answers: impl IntoIterator<Item = bool>) {
        for (point, holds) in self.points(fan_out).into_iter().zip(answers) {
            let point = u32::try_from(point).unwrap_or(u32::MAX);
            if holds {
                self.lo = point;
            } else {
                self.hi = point.saturating_sub(1);
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Search;

    #[test]
    fn every_target_is_found_at_every_fan_out() {
        for hi in 0..40 {
            for target in 0..=hi {
                for fan_out in [1, 2, 3, 15, 40, 1023] {
                    let mut search = Search::new(hi);
                    let mut rounds = 0;
                    while search.found().is_none() {
                        let points = search.points(fan_out);
                        assert!(!points.is_empty() && points.is_sorted_by(|a, b| a < b));
                        assert!(points.iter().all(|p| (1..=hi).contains(p)));
                        search.narrow(fan_out, points.into_iter().map(|p| p <= target));
                        rounds += 1;
                    }
                    assert_eq!(search.found(), Some(target));
                    assert!(usize::from(fan_out) < hi || rounds <= 1);
                }
            }
        }
    }
}
