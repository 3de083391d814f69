//! The provers, one relation to a file: the twins of `talea_contract::proofs`.
//!
//! Each takes a `Witness` and makes what the contract's `verify` of the same name accepts. What is
//! hashed is absorbed through the contract's own functions, so the two sides cannot drift apart.
//! Arithmetic on secrets is constant-time; nothing here is `vartime`, and nothing branches on a
//! secret. Nonces come from the witness, the statement and the caller's generator at once
//! (`nonces`), so a generator that fails does not give a secret away.

use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar, traits::MultiscalarMul as _};
use merlin::TranscriptRng;
use rand_core::{CryptoRng, RngCore};
use talea_contract::{fiat_shamir::FiatShamir, group::Generators};

pub mod auditor;
pub mod blind;
pub mod complaint;
pub mod decryption_share;
pub mod gate;
pub mod masked;
pub mod opening;
pub mod possession;
pub mod range;
pub mod shuffle;
pub mod unary;

/// What cannot be proved because it is not so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unprovable {
    /// A level that the grid does not have.
    #[error("level {level} is not one of the grid's {levels}")]
    NoSuchLevel {
        /// The level.
        level: u32,
        /// How many the grid has.
        levels: u64,
    },
    /// A bid below the active one.
    #[error("level {level} is worse than the active bid's {active}")]
    Worse {
        /// The new bid's level.
        level: u32,
        /// The active bid's.
        active: u32,
    },
    /// Something whose witness is not known.
    #[error("this is not so, or what shows it is not known")]
    NotKnown,
}

/// A generator of nonces: a function of all that `fs` has absorbed, of the secrets, and of `rng`.
fn nonces<'a, R: RngCore + CryptoRng>(
    fs: &mut FiatShamir,
    secrets: impl IntoIterator<Item = &'a Scalar>,
    rng: &mut R,
) -> TranscriptRng {
    let mut builder = fs.transcript().build_rng();
    for secret in secrets {
        builder = builder.rekey_with_witness_bytes(b"witness", secret.as_bytes());
    }
    builder.finalize(rng)
}

/// `Com(value; blinding) = value*G + blinding*H`.
pub(crate) fn commit(gens: &Generators, value: &Scalar, blinding: &Scalar) -> RistrettoPoint {
    RistrettoPoint::multiscalar_mul([value, blinding], [gens.value, gens.blinding])
}

#[cfg(test)]
pub(crate) mod testing;
