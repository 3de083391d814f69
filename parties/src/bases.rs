//! Multiples of the fixed bases, from precomputed tables.
//!
//! A table takes as long to make as some twenty multiplications, and each with it takes a fifth of the time, so
//! tables are kept: `H` and `K` are always the same, and `PK` is for as long as an auction lasts. They hold nothing
//! secret. Multiplication is constant-time.

use curve25519_dalek::{
    constants::RISTRETTO_BASEPOINT_TABLE,
    ristretto::{RistrettoBasepointTable, RistrettoPoint},
    scalar::Scalar,
};
use std::sync::{Arc, Mutex, PoisonError};
use talea_contract::{elgamal::Ciphertext, group::Generators};

/// How many tables are kept, of 30 KiB each: `H`, `K` and the quorum keys of a few auctions.
const KEPT: usize = 8;

/// The table of a base, kept for the next time.
fn table(base: &RistrettoPoint) -> Arc<RistrettoBasepointTable> {
    static TABLES: Mutex<Vec<(RistrettoPoint, Arc<RistrettoBasepointTable>)>> =
        Mutex::new(Vec::new());
    // A thread that panicked left whole tables.
    let mut tables = TABLES.lock().unwrap_or_else(PoisonError::into_inner);
    let entry = match tables.iter().position(|(known, _)| known == base) {
        Some(place) => tables.remove(place),
        None => (*base, Arc::new(RistrettoBasepointTable::create(base))),
    };
    let table = Arc::clone(&entry.1);
    // The one used last stands last; the one not used for longest goes.
    if tables.len() >= KEPT {
        tables.remove(0);
    }
    tables.push(entry);
    table
}

/// The bases that provers multiply again and again.
pub(crate) struct Bases {
    blinding: Arc<RistrettoBasepointTable>,
    key: Arc<RistrettoBasepointTable>,
    quorum_key: Arc<RistrettoBasepointTable>,
}

impl Bases {
    /// With `PK`.
    pub(crate) fn new(gens: &Generators, quorum_key: &RistrettoPoint) -> Self {
        let [blinding, key, quorum_key] = [&gens.blinding, &gens.key, quorum_key].map(table);
        Self { blinding, key, quorum_key }
    }

    /// `blinding*H`.
    pub(crate) fn blind(&self, blinding: &Scalar) -> RistrettoPoint {
        &*self.blinding * blinding
    }

    /// `Com(value; blinding) = value*G + blinding*H`.
    pub(crate) fn commit(&self, value: &Scalar, blinding: &Scalar) -> RistrettoPoint {
        RISTRETTO_BASEPOINT_TABLE * value + self.blind(blinding)
    }

    /// `Enc(0; r) = (r*K, r*PK)`.
    pub(crate) fn encrypt_zero(&self, r: &Scalar) -> Ciphertext {
        Ciphertext { r: &*self.key * r, e: &*self.quorum_key * r }
    }

    /// `Enc(message; r) = (r*K, message*G + r*PK)`.
    pub(crate) fn encrypt(&self, message: &Scalar, r: &Scalar) -> Ciphertext {
        let Ciphertext { r, e } = self.encrypt_zero(r);
        Ciphertext { r, e: e + RISTRETTO_BASEPOINT_TABLE * message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proofs::testing::rng;

    #[test]
    fn tables_multiply_like_points_however_many_were_used_before() {
        let gens = Generators::derive();
        let mut rng = rng(1);
        let keys: Vec<RistrettoPoint> =
            (0..2 * KEPT).map(|_| gens.key * Scalar::random(&mut rng)).collect();
        for quorum_key in keys.iter().chain(keys.iter().rev()) {
            let bases = Bases::new(&gens, quorum_key);
            let [m, r] = [Scalar::random(&mut rng), Scalar::random(&mut rng)];
            assert_eq!(bases.commit(&m, &r), gens.value * m + gens.blinding * r);
            let expected = Ciphertext { r: gens.key * r, e: gens.value * m + quorum_key * r };
            assert_eq!(bases.encrypt(&m, &r), expected);
            assert_eq!(bases.encrypt_zero(&r), bases.encrypt(&Scalar::ZERO, &r));
        }
    }
}
