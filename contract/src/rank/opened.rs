//! The opened content of a ciphertext.

use crate::{elgamal::Ciphertext, store::encoding};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use curve25519_dalek::{
    RistrettoPoint, Scalar,
    ristretto::CompressedRistretto,
    traits::{IsIdentity as _, VartimeMultiscalarMul as _},
};

/// An opened message `M`, as `scale * M` beside `scale * G`, `scale` a public number that is not
/// zero and may differ from one opening to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Opened {
    #[borsh(serialize_with = "encoding::point::write", deserialize_with = "encoding::point::read")]
    pub(crate) message: RistrettoPoint,
    #[borsh(serialize_with = "encoding::point::write", deserialize_with = "encoding::point::read")]
    pub(crate) unit: RistrettoPoint,
    pub(crate) scale: u64,
}

impl Opened {
    /// Reads a ciphertext whose randomness is `O`, as anybody can.
    pub(crate) fn read(public: &Ciphertext, generator: RistrettoPoint) -> Self {
        Self { message: public.e, unit: generator, scale: 1 }
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.message.is_identity()
    }

    /// Whether it is `G`, or else `-G`; nothing if it is neither (K10).
    pub(crate) fn is_positive_sign(&self) -> Option<bool> {
        if self.message == self.unit {
            Some(true)
        } else {
            (self.message == -self.unit).then_some(false)
        }
    }

    /// The `n <= most` for which it is `n * scale * G`; nothing if there is none (K13). In at most `most`
    /// additions: for many openings, or large counts, see [`Counts`].
    pub(crate) fn count(&self, scale: &Scalar, most: usize) -> Option<usize> {
        let unit = self.unit * scale;
        let mut left = self.message;
        for n in 0..=most {
            if left.is_identity() {
                return Some(n);
            }
            left -= unit;
        }
        None
    }
}

/// Reads many openings as counts. Searched one by one, a depth of a thousand buckets over tens of
/// thousands of bids would cost their product in additions, in the one instruction that completes it.
pub(crate) struct Counts {
    most: usize,
    /// `n * G`, encoded, for every `n <= most`, with `n`; ascending. Made for the first opening.
    table: Vec<([u8; 32], usize)>,
    /// The scale of the last opening, and its inverse.
    inverse: (u64, Scalar),
}

/// Counts up to here are searched one by one: a table would cost more.
const FEW: usize = 16;

impl Counts {
    /// Reads counts up to `most`.
    pub(crate) fn up_to(most: usize) -> Self {
        Self { most, table: Vec::new(), inverse: (1, Scalar::ONE) }
    }

    /// As [`Opened::count`] of scale 1, for openings that are all multiples of `generator`.
    pub(crate) fn read(&mut self, opened: &Opened, generator: &RistrettoPoint) -> Option<usize> {
        if self.most <= FEW {
            return opened.count(&Scalar::ONE, self.most);
        }
        if self.table.is_empty() {
            self.table = multiples(generator, self.most);
        }
        // One table for all scales: a quorum could choose another one for each chunk.
        let message = if opened.scale == 1 {
            opened.message
        } else {
            if self.inverse.0 != opened.scale {
                self.inverse = (opened.scale, Scalar::from(opened.scale).invert());
            }
            RistrettoPoint::vartime_multiscalar_mul([self.inverse.1], [opened.message])
        };
        let message = message.compress();
        let at = self.table.binary_search_by(|(encoded, _)| encoded.cmp(message.as_bytes()));
        at.ok().and_then(|at| self.table.get(at)).map(|(_, n)| *n)
    }
}

/// `n * generator`, encoded, for every `n <= most`, with `n`; ascending.
fn multiples(generator: &RistrettoPoint, most: usize) -> Vec<([u8; 32], usize)> {
    // Doubling is what makes encoding in bulk cheap.
    let half = generator * Scalar::from(2u64).invert();
    let steps = core::iter::successors(Some(RistrettoPoint::default()), |last| Some(last + half));
    let halves: Vec<RistrettoPoint> = steps.take(most.saturating_add(1)).collect();
    let encoded = RistrettoPoint::double_and_compress_batch(&halves);
    let encoded = encoded.iter().map(CompressedRistretto::to_bytes);
    let mut table: Vec<([u8; 32], usize)> = encoded.zip(0..).collect();
    table.sort_unstable();
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::Generators;

    #[test]
    fn counts_are_read_alike_one_by_one_and_from_a_table() {
        let generator = Generators::derive().value;
        let opened = |n: u64, scale: u64| {
            let unit = generator * Scalar::from(scale);
            Opened { message: unit * Scalar::from(n), unit, scale }
        };
        for most in [1, FEW, FEW + 1, 300] {
            let mut counts = Counts::up_to(most);
            for scale in [1, 6, 1, 35] {
                for n in [0, 1, 5, 16, 17, 18, 299, 300, 301] {
                    let opened = opened(n, scale);
                    let expected = usize::try_from(n).ok().filter(|n| *n <= most);
                    assert_eq!(counts.read(&opened, &generator), expected, "{n} of {most}");
                    assert_eq!(opened.count(&Scalar::ONE, most), expected, "{n} of {most}");
                }
            }
            let below = Opened { message: -generator, unit: generator, scale: 1 };
            assert_eq!(counts.read(&below, &generator), None);
        }
    }

    /// The largest depth there is: 1,023 openings of up to 65,535 bids, by quorums at many scales. One by
    /// one that would be some thirty million additions.
    #[test]
    fn the_largest_depth_is_read_from_one_table() {
        let generator = Generators::derive().value;
        let mut counts = Counts::up_to(65_535);
        let fallen =
            (0..1_023u64).map(|bucket| (65_535 - 64 * bucket, [1, 2, 6, 30][bucket as usize % 4]));
        for (n, scale) in fallen {
            let unit = generator * Scalar::from(scale);
            let opened = Opened { message: unit * Scalar::from(n), unit, scale };
            assert_eq!(counts.read(&opened, &generator), usize::try_from(n).ok());
        }
    }
}
