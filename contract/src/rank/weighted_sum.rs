//! Sums of ciphertexts that count several times each, as the steps of curves do.

use crate::elgamal::Ciphertext;
use alloc::vec::Vec;

/// Bits of a weight's digit.
const DIGIT_BITS: u32 = 4;

/// A sum of ciphertexts, each times a public weight, in a few additions for each: those with the same digit of their
/// weights are added up first. (Pippenger 1976.)
#[derive(Clone, Debug, Default)]
pub(crate) struct WeightedSum {
    /// The lowest digit stands first. Of each, the sums of the terms whose weights have the digit 1, 2 and so on.
    places: Vec<Vec<Ciphertext>>,
}

impl WeightedSum {
    pub(crate) fn add(&mut self, term: Ciphertext, weight: u32) {
        let mut rest = weight;
        let mut place = 0usize;
        while rest > 0 {
            let digit = usize::try_from(rest % (1 << DIGIT_BITS)).unwrap_or(0);
            if self.places.len() <= place {
                self.places.push(Vec::new());
            }
            if let (Some(sums), Some(at)) = (self.places.get_mut(place), digit.checked_sub(1)) {
                if sums.len() < digit {
                    sums.resize(digit, Ciphertext::zero());
                }
                if let Some(sum) = sums.get_mut(at) {
                    *sum = *sum + term;
                }
            }
            rest >>= DIGIT_BITS;
            place = place.saturating_add(1);
        }
    }

    pub(crate) fn total(&self) -> Ciphertext {
        let of_digits = |sums: &Vec<Ciphertext>| {
            // The sum of all suffixes counts the last one as often as its digit says.
            let (mut suffix, mut total) = (Ciphertext::zero(), Ciphertext::zero());
            for sum in sums.iter().rev() {
                suffix = suffix + *sum;
                total = total + suffix;
            }
            total
        };
        let places = self.places.iter().rev();
        places.fold(Ciphertext::zero(), |total, sums| total.shifted(DIGIT_BITS) + of_digits(sums))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::Generators;
    use curve25519_dalek::Scalar;

    #[test]
    fn terms_count_as_often_as_their_weights_say() {
        let value = Generators::derive().value;
        let weights = [0, 1, 1, 2, 15, 16, 17, 255, 256, 4_096, 1 << 20, u32::MAX, 48, 0x1_0001];
        let mut sum = WeightedSum::default();
        assert_eq!(sum.total(), Ciphertext::zero());
        let mut plain = Ciphertext::zero();
        for (n, weight) in (1u64..).zip(weights) {
            let term = Ciphertext { r: value * Scalar::from(n + 7), e: value * Scalar::from(n) };
            sum.add(term, weight);
            plain = plain + term.scaled(&Scalar::from(weight));
            assert_eq!(sum.total(), plain, "{weight}");
        }
    }
}
