//! Reading opened sums: numbers of quantities or levels, of which there may be far more than one can list. Their
//! logarithms are searched with baby steps and giant steps (Shanks 1971).

use super::opened::Opened;
use alloc::vec::Vec;
use curve25519_dalek::{
    RistrettoPoint, Scalar, ristretto::CompressedRistretto, traits::VartimeMultiscalarMul as _,
};

/// Baby steps, at most: 10 MB of them.
const MOST_BABY_STEPS: u64 = 1 << 18;
/// Steps that are encoded together: points take four times the memory of their encodings.
const TOGETHER: u64 = 64;

/// Openings of numbers, each as half of its multiple of `G`: doubling is what makes encoding in bulk cheap.
pub(crate) struct Sums {
    halves: Vec<RistrettoPoint>,
    half: RistrettoPoint,
}

impl Sums {
    /// Of openings that are at this scale.
    pub(crate) fn of(opened: &[Opened], scale: &Scalar, generator: RistrettoPoint) -> Self {
        let two = Scalar::from(2u8);
        let halve = |opened: &Opened| {
            let factor = (two * scale * Scalar::from(opened.scale)).invert();
            RistrettoPoint::vartime_multiscalar_mul([factor], [opened.message])
        };
        Self { halves: opened.iter().map(halve).collect(), half: generator * two.invert() }
    }

    /// The numbers, each within its range of integers, given by its place. Nothing if one is not (K13).
    pub(crate) fn read(&self, range: impl Fn(usize) -> (i64, i64)) -> Option<Vec<i64>> {
        let size = |place| {
            let (least, most) = range(place);
            u64::try_from(most.checked_sub(least)?).ok()
        };
        let sizes: Option<Vec<u64>> = (0..self.halves.len()).map(size).collect();
        let sizes = sizes?;
        let largest = sizes.iter().copied().max().unwrap_or(0);
        let all = u64::try_from(sizes.len()).unwrap_or(u64::MAX);
        // So that there are about as many giant steps, over all openings.
        let baby = largest.saturating_mul(all).isqrt().saturating_add(1).min(MOST_BABY_STEPS);
        let table = self.baby_steps(baby);
        let from_zero = |(place, half): (usize, &RistrettoPoint)| match range(place) {
            (0, _) => *half,
            (least, _) => half - self.half * signed(least),
        };
        let from_zero: Vec<RistrettoPoint> =
            self.halves.iter().enumerate().map(from_zero).collect();
        let mut numbers = Vec::with_capacity(from_zero.len());
        // Most are found without a giant step, and are encoded together.
        for halves in from_zero.chunks(usize::try_from(TOGETHER).ok()?) {
            for (half, encoded) in halves.iter().zip(encode(halves)) {
                let size = sizes.get(numbers.len()).copied()?;
                let number = match look_up(&table, &encoded) {
                    Some(number) => Some(number).filter(|number| *number <= size),
                    None => self.giant_steps(*half, size, (&table, baby)),
                };
                let (least, _) = range(numbers.len());
                numbers.push(least.checked_add(i64::try_from(number?).ok()?)?);
            }
        }
        Some(numbers)
    }

    /// The encodings of `0 .. count` times `G`, ascending.
    fn baby_steps(&self, count: u64) -> Vec<([u8; 32], u64)> {
        let mut table = Vec::with_capacity(usize::try_from(count).unwrap_or(0));
        let mut at = RistrettoPoint::default();
        let mut first = 0u64;
        while first < count {
            let halves = self.steps(at, self.half, count.saturating_sub(first).min(TOGETHER));
            table.extend(encode(&halves).zip(first..));
            at = halves.last().copied().unwrap_or_default() + self.half;
            first = first.saturating_add(TOGETHER);
        }
        table.sort_unstable();
        table
    }

    /// The `n <= most` of which this is half of `n * G`.
    fn giant_steps(
        &self,
        half: RistrettoPoint,
        most: u64,
        (table, baby): (&[([u8; 32], u64)], u64),
    ) -> Option<u64> {
        let giant = -(self.half * Scalar::from(baby));
        let steps = most.checked_div(baby)?.saturating_add(1);
        let mut at = half;
        for first in (0..steps).step_by(usize::try_from(TOGETHER).ok()?) {
            let count = steps.saturating_sub(first).min(TOGETHER);
            let halves = self.steps(at, giant, count);
            for (step, encoded) in (first..).zip(encode(&halves)) {
                if let Some(rest) = look_up(table, &encoded) {
                    let number = step.checked_mul(baby)?.checked_add(rest)?;
                    return (number <= most).then_some(number);
                }
            }
            at = halves.last()? + giant;
        }
        None
    }

    /// `from`, and then so many more by `step` each.
    fn steps(&self, from: RistrettoPoint, step: RistrettoPoint, count: u64) -> Vec<RistrettoPoint> {
        let steps = core::iter::successors(Some(from), |last| Some(last + step));
        steps.take(usize::try_from(count).unwrap_or(usize::MAX)).collect()
    }
}

fn look_up(table: &[([u8; 32], u64)], encoded: &[u8; 32]) -> Option<u64> {
    let found = table.binary_search_by(|(entry, _)| entry.cmp(encoded)).ok()?;
    table.get(found).map(|(_, number)| *number)
}

fn encode(halves: &[RistrettoPoint]) -> impl Iterator<Item = [u8; 32]> + use<> {
    let encoded = RistrettoPoint::double_and_compress_batch(halves);
    encoded.into_iter().map(|encoded: CompressedRistretto| encoded.to_bytes())
}

fn signed(number: i64) -> Scalar {
    let magnitude = Scalar::from(number.unsigned_abs());
    if number < 0 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::Generators;

    fn read(numbers: &[(i64, u64)], scale: u64, range: (i64, i64)) -> Option<Vec<i64>> {
        let generator = Generators::derive().value;
        let scale = Scalar::from(scale);
        let opened: Vec<Opened> = numbers
            .iter()
            .map(|(number, own)| {
                let unit = generator * Scalar::from(*own);
                Opened { message: unit * scale * signed(*number), unit, scale: *own }
            })
            .collect();
        Sums::of(&opened, &scale, generator).read(|_| range)
    }

    #[test]
    fn numbers_within_their_range_are_read_and_no_others() {
        for range in [(0, 0), (0, 1), (-3, 5), (0, 1_000), (-70_000, 123), (0, 1 << 26)] {
            let (least, most) = range;
            let inside = [least, most, (least + most) / 2, least + (most - least) / 3];
            let all: Vec<(i64, u64)> = inside.into_iter().zip([1, 6, 30, 1]).collect();
            assert_eq!(read(&all, 4, range), Some(inside.to_vec()), "{range:?}");
            for outside in [least - 1, most + 1, most + 70_000] {
                assert_eq!(read(&[(outside, 6)], 2, range), None, "{outside} in {range:?}");
            }
        }
        assert_eq!(read(&[], 1, (0, 5)), Some(Vec::new()));
    }

    #[test]
    fn the_largest_sum_of_a_survey_is_read() {
        let most = 1i64 << 32;
        assert_eq!(
            read(&[(most - 1, 1), (12_345, 2)], 2, (0, most)),
            Some([most - 1, 12_345].to_vec())
        );
    }
}
