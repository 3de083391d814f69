//! Reading opened integers: which `z` of a range has `M = z*B` (section 11, **K13**).
//!
//! By Shanks's baby steps and giant steps. The multiples `j*B` below a bound are tabled once for all that is read
//! together; from each `M` the bound's multiple is taken until what is left is in the table. The more there is to
//! read, the more is tabled, up to a bound on memory. Points are compared by the encodings of their doubles, which
//! cost one inversion for many.

use std::ops::RangeInclusive;

use curve25519_dalek::{RistrettoPoint, scalar::Scalar};
use rayon::prelude::*;
use talea_protocol::bytes::Point;

use crate::group::encode_double_elements;

/// Baby steps at most: 10 megabytes of them.
const MOST_BABY_STEPS: u64 = 1 << 18;

/// Points that are encoded together.
const ENCODED_AT_ONCE: usize = 256;

/// What is read by one thread together.
const READ_AT_ONCE: usize = 64;

/// What was opened, and the integers that it may be a multiple by, of which there must be one at least.
pub(crate) type Bounded = (RistrettoPoint, RangeInclusive<i64>);

/// By which integer of its range each is a multiple of `base`; nothing if by none.
pub(crate) fn read(base: &RistrettoPoint, opened: &[Bounded]) -> Vec<Option<i64>> {
    if opened.is_empty() {
        return Vec::new();
    }
    let all = opened.iter().map(|(_, range)| span(range).saturating_add(1));
    let all = all.fold(0, u64::saturating_add);
    let table = BabySteps::new(base, all.isqrt().clamp(1, MOST_BABY_STEPS));
    opened.par_chunks(READ_AT_ONCE).flat_map_iter(|piece| table.read(base, piece)).collect()
}

/// The last integer of a range, counted from the first.
fn span(range: &RangeInclusive<i64>) -> u64 {
    range.end().abs_diff(*range.start())
}

fn times(base: &RistrettoPoint, n: i64) -> RistrettoPoint {
    let magnitude = base * Scalar::from(n.unsigned_abs());
    if n < 0 { -magnitude } else { magnitude }
}

/// `j*B` for `j` below a bound, by the encodings of their doubles.
struct BabySteps {
    sorted: Vec<(Point, u64)>,
    bound: u64,
    /// The bound's multiple of `B`.
    giant: RistrettoPoint,
}

/// One that is not read yet.
struct Unread {
    place: usize,
    /// What is left of it.
    rest: RistrettoPoint,
    /// How much was taken from it.
    taken: u64,
    range: RangeInclusive<i64>,
}

impl BabySteps {
    fn new(base: &RistrettoPoint, bound: u64) -> Self {
        // A piece is no longer than what is encoded together: points take five times the memory of encodings.
        let piece = u64::try_from(ENCODED_AT_ONCE).unwrap_or(u64::MAX);
        let pieces = (0..bound.div_ceil(piece)).into_par_iter().flat_map_iter(|number| {
            let first = number.saturating_mul(piece);
            let count = bound.saturating_sub(first).min(piece);
            let multiples =
                std::iter::successors(Some(base * Scalar::from(first)), |point| Some(point + base));
            let multiples: Vec<RistrettoPoint> =
                multiples.zip(0..count).map(|(point, _)| point).collect();
            encode_double_elements(&multiples).into_iter().zip(first..)
        });
        let mut sorted: Vec<(Point, u64)> = pieces.collect();
        sorted.par_sort_unstable();
        Self { sorted, bound, giant: base * Scalar::from(bound) }
    }

    fn get(&self, double: &Point) -> Option<u64> {
        let at = self.sorted.binary_search_by_key(double, |(point, _)| *point).ok()?;
        self.sorted.get(at).map(|(_, j)| *j)
    }

    fn read(&self, base: &RistrettoPoint, opened: &[Bounded]) -> Vec<Option<i64>> {
        let mut read = vec![None; opened.len()];
        let unread = |(place, (point, range)): (usize, &Bounded)| Unread {
            place,
            rest: point - times(base, *range.start()),
            taken: 0,
            range: range.clone(),
        };
        let mut left: Vec<Unread> = opened.iter().enumerate().map(unread).collect();
        while !left.is_empty() {
            // As many giant steps of each that one inversion is for many.
            let run = ENCODED_AT_ONCE.checked_div(left.len()).unwrap_or(1).max(1);
            let points: Vec<RistrettoPoint> = left
                .iter()
                .flat_map(|one| {
                    std::iter::successors(Some(one.rest), |rest| Some(rest - self.giant)).take(run)
                })
                .collect();
            let encoded = encode_double_elements(&points);
            let walked = points.chunks(run).zip(encoded.chunks(run));
            let mut next = Vec::new();
            for (mut one, (points, encoded)) in left.into_iter().zip(walked) {
                match self.find(encoded, one.taken) {
                    Some(z) => {
                        if let Some(place) = read.get_mut(one.place) {
                            *place = in_range(z, &one.range);
                        }
                    }
                    None => {
                        let steps = u64::try_from(run).unwrap_or(u64::MAX);
                        one.taken = one.taken.saturating_add(steps.saturating_mul(self.bound));
                        if one.taken <= span(&one.range)
                            && let Some(last) = points.last()
                        {
                            one.rest = last - self.giant;
                            next.push(one);
                        }
                    }
                }
            }
            left = next;
        }
        read
    }

    /// What is found after so many giant steps, together with what was taken before.
    fn find(&self, encoded: &[Point], taken: u64) -> Option<u64> {
        let (step, j) = (0u64..).zip(encoded).find_map(|(step, p)| Some((step, self.get(p)?)))?;
        taken.checked_add(step.checked_mul(self.bound)?)?.checked_add(j)
    }
}

/// An integer that is counted from the first of a range, if it is in the range.
fn in_range(z: u64, range: &RangeInclusive<i64>) -> Option<i64> {
    let read = range.start().checked_add_unsigned(z)?;
    range.contains(&read).then_some(read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::bases;

    fn reads(base: &RistrettoPoint, numbers: &[i64], range: RangeInclusive<i64>) {
        let opened: Vec<Bounded> =
            numbers.iter().map(|z| (times(base, *z), range.clone())).collect();
        let expected: Vec<Option<i64>> =
            numbers.iter().map(|z| range.contains(z).then_some(*z)).collect();
        assert_eq!(read(base, &opened), expected, "{range:?}");
    }

    #[test]
    fn every_integer_of_a_range_is_read_and_no_other() {
        for (first, last) in [(0, 0), (0, 1), (-1, 0), (-7, 12), (3, 40), (-90, -60), (0, 299)] {
            let numbers: Vec<i64> = (first - 70..=last + 70).collect();
            reads(&bases().g, &numbers, first..=last);
            for z in [first - 1, first, last, last + 1] {
                reads(&bases().g, &[z], first..=last);
            }
        }
    }

    #[test]
    fn large_ranges_are_read_at_their_ends() {
        let base = bases().g * Scalar::from(8u8);
        let sum = 1i64 << 26;
        reads(&base, &[-sum - 1, -sum, -1, 0, 1, 12_345_678, sum, sum + 1], -sum..=sum);
        let sum = 1i64 << 32;
        reads(&base, &[-1, 0, 1, sum - 1, sum, sum + 1], 0..=sum);
    }

    #[test]
    fn many_are_read_together_each_in_its_range() {
        let base = bases().g + bases().h;
        let range = |n: i64| -n..=(n * n) % 1_009;
        let opened: Vec<Bounded> = (0..1_000).map(|n| (times(&base, n - 500), range(n))).collect();
        let expected: Vec<Option<i64>> =
            (0..1_000).map(|n| range(n).contains(&(n - 500)).then_some(n - 500)).collect();
        assert_eq!(read(&base, &opened), expected);
        assert!(read(&base, &[]).is_empty());
    }

    #[test]
    fn what_is_no_multiple_is_not_read() {
        let other = bases().h;
        assert_eq!(read(&bases().g, &[(other, -5_000..=5_000)]), [None]);
        // Half of it is none either, where steps are of two.
        let base = bases().g + bases().g;
        assert_eq!(read(&base, &[(bases().g, -100..=100)]), [None]);
    }
}
