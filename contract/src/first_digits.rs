//! The entries of the first digit, summed over the ranked bids of a lot while reveals arrive: what a ranking asks first
//! is about these sums. Section 11 of `docs/spec.md`.

use crate::{
    elgamal::Ciphertext,
    store::{Home, Kind, Map, records},
    unary_encoding::{EncodingId, Encodings},
};
use alloc::{sync::Arc, vec::Vec};
use talea_protocol::sealed_bid::Ciphertext as WireCiphertext;

/// Unary encodings that wait for each other, less one: to add to the sums costs as much as to read two encodings, and
/// a lot of a few bids need not have any.
const TOGETHER: usize = 15;

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
        if missing.len() >= TOGETHER {
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
