//! The search of the largest `j` in `0 ..= hi` for which a falling predicate holds (section 11).

/// A search under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Search {
    lo: usize,
    hi: usize,
}

impl Search {
    pub(crate) fn up_to(hi: usize) -> Self {
        Self { lo: 0, hi }
    }

    /// The answer, once there is one.
    pub(crate) fn found(&self) -> Option<usize> {
        (self.lo >= self.hi).then_some(self.lo)
    }

    /// The next points: `lo + floor(i * (span + 1) / (f + 1))`, `i = 1 .. f`, ascending, with
    /// `span = hi - lo` and `f = min(fan_out, span)`.
    pub(crate) fn points(&self, fan_out: u16) -> Vec<usize> {
        let span = self.hi.saturating_sub(self.lo);
        let f = span.min(usize::from(fan_out));
        let (parts, wide) = (u128_of(f).saturating_add(1), u128_of(span).saturating_add(1));
        (1..=f)
            .filter_map(|i| {
                let offset = u128_of(i).saturating_mul(wide).checked_div(parts)?;
                self.lo.checked_add(usize::try_from(offset).ok()?)
            })
            .collect()
    }

    /// Takes the answers at `points`. The smallest at which the predicate fails decides; those
    /// beyond it are ignored.
    pub(crate) fn narrow(&mut self, points: &[usize], holds: &[bool]) {
        for (point, holds) in points.iter().zip(holds) {
            if !holds {
                self.hi = point.saturating_sub(1);
                return;
            }
            self.lo = *point;
        }
    }
}

fn u128_of(n: usize) -> u128 {
    u128::try_from(n).unwrap_or(u128::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_every_answer_with_every_fan_out() {
        for hi in 0..40usize {
            for fan_out in 1..=45u16 {
                for answer in 0..=hi {
                    let mut search = Search::up_to(hi);
                    let mut rounds = 0;
                    while search.found().is_none() {
                        let points = search.points(fan_out);
                        assert!(!points.is_empty());
                        assert!(points.windows(2).all(|w| w[0] < w[1]));
                        assert!(points.iter().all(|p| (search.lo + 1..=search.hi).contains(p)));
                        let holds: Vec<bool> = points.iter().map(|p| *p <= answer).collect();
                        search.narrow(&points, &holds);
                        rounds += 1;
                        assert!(rounds <= 40);
                    }
                    assert_eq!(search.found(), Some(answer));
                    if usize::from(fan_out) >= hi {
                        assert!(rounds <= 1);
                    }
                }
            }
        }
    }

    #[test]
    fn one_point_bisects() {
        assert_eq!(Search::up_to(15).points(1), [8]);
        assert_eq!(Search::up_to(1).points(1), [1]);
        assert_eq!(Search::up_to(15).points(15), (1..=15).collect::<Vec<_>>());
        assert_eq!(Search::up_to(10).points(3), [2, 5, 8]);
    }

    #[test]
    fn answers_beyond_the_first_failure_are_ignored() {
        let mut search = Search::up_to(10);
        search.narrow(&[2, 5, 8], &[true, false, true]);
        assert_eq!(search, Search { lo: 2, hi: 4 });
    }
}
