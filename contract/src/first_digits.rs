//! The entries of the first digit, summed over the ranked bids of a lot while reveals arrive: what a ranking asks first
//! is about these sums. Section 11 of `docs/spec.md`.

use crate::{
    elgamal::Ciphertext,
    store::{Home, Kind, Map, records},
    unary_encoding::{EncodingId, Encodings},
};
use alloc::{sync::Arc, vec::Vec};
use talea_protocol::sealed_bid::Ciphertext as WireCiphertext;

/// So many unary encodings are added together: a home pays for the sums each time that they change, and of a lot of a
/// few bids it need not keep any.
const TOGETHER: usize = 15;
/// So many entries at most, so that of wide digits nobody adds up many bids at once.
const MOST_ENTRIES: usize = 256;

/// The sums of every lot.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FirstDigits {
    sums: Map<u32, Vec<WireCiphertext>>,
    /// What they lack: unary encodings to add, or to subtract again.
    missing: Map<u32, Vec<(EncodingId, bool)>>,
}

records!(FirstDigits { sums, missing });

impl FirstDigits {
    pub(crate) fn new(home: Option<&Arc<Home>>) -> Self {
        Self { sums: Map::new(Kind::FirstDigits, home), missing: Map::new(Kind::Unsummed, home) }
    }

    /// Adds a unary encoding whose first digit has `width` entries, or subtracts it again.
    pub(crate) fn change(
        &mut self,
        encodings: &Encodings,
        width: usize,
        (id, is_added): (EncodingId, bool),
    ) {
        let missing = self.missing.get(&id.lot);
        let mut missing = missing.map(|missing| missing.to_vec()).unwrap_or_default();
        missing.push((id, is_added));
        if missing.len() >= TOGETHER || missing.len().saturating_mul(width) >= MOST_ENTRIES {
            let sums = self.summed(encodings, id.lot, width, &missing);
            self.sums.put(id.lot, sums.iter().map(Ciphertext::encode).collect());
            missing.clear();
        }
        self.missing.put(id.lot, missing);
    }

    /// `sum over i of U_i[1][j]`, for `0 < j < B_1`.
    pub(crate) fn of(&self, encodings: &Encodings, lot: u32, width: usize) -> Vec<Ciphertext> {
        let missing = self.missing.get(&lot);
        self.summed(encodings, lot, width, missing.as_deref().map_or(&[], Vec::as_slice))
    }

    fn summed(
        &self,
        encodings: &Encodings,
        lot: u32,
        width: usize,
        missing: &[(EncodingId, bool)],
    ) -> Vec<Ciphertext> {
        let mut sums: Vec<Ciphertext> = match self.sums.get(&lot) {
            Some(sums) => sums.iter().filter_map(Ciphertext::decode).collect(),
            None => (0..width).map(|_| Ciphertext::zero()).collect(),
        };
        for (id, is_added) in missing {
            for (sum, entry) in sums.iter_mut().zip(encodings.entries(*id, 0, width)) {
                *sum = if *is_added { *sum + entry } else { *sum - entry };
            }
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::Generators;
    use curve25519_dalek::Scalar;

    const WIDTH: usize = 3;

    fn id(place: u32) -> EncodingId {
        EncodingId { lot: 2, place, round: 0 }
    }

    /// Entry `j` of the unary encoding in this place.
    fn entry(place: u32, j: usize) -> Ciphertext {
        let Generators { value, key, .. } = Generators::derive();
        let number = u64::from(place) * 10 + j as u64;
        Ciphertext { r: key * Scalar::from(number + 1), e: value * Scalar::from(number + 2) }
    }

    #[test]
    fn sums_are_the_same_whatever_waits() {
        let mut encodings = Encodings::new(None);
        let mut first_digits = FirstDigits::new(None);
        let mut plain = [Ciphertext::zero(); WIDTH];
        for place in 0..40 {
            let entries: Vec<_> = (0..9).map(|j| entry(place, j).encode()).collect();
            encodings.put(id(place), &entries);
            // Every seventh is replaced, one that was summed long ago among them.
            let replaced = (place % 7 == 6).then(|| (id(place / 2), false));
            for (id, is_added) in [(id(place), true)].into_iter().chain(replaced) {
                first_digits.change(&encodings, WIDTH, (id, is_added));
                for (j, sum) in plain.iter_mut().enumerate() {
                    let entry = entry(id.place, j);
                    *sum = if is_added { *sum + entry } else { *sum - entry };
                }
            }
            assert_eq!(first_digits.of(&encodings, 2, WIDTH), plain, "{place}");
        }
        assert_eq!(first_digits.of(&encodings, 3, WIDTH), [Ciphertext::zero(); WIDTH]);
    }

    #[test]
    fn entries_are_found_across_parts() {
        let mut encodings = Encodings::new(None);
        let entries: Vec<_> = (0..20).map(|j| entry(1, j).encode()).collect();
        encodings.put(id(1), &entries);
        for (from, width) in [(0, 20), (0, 3), (7, 2), (8, 8), (15, 5), (19, 1), (5, 0)] {
            let expected: Vec<_> = (from..from + width).map(|j| entry(1, j)).collect();
            assert_eq!(encodings.entries(id(1), from, width), expected, "{from} {width}");
        }
    }
}
