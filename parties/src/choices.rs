//! What a keyholder chooses in secret at a gate or for a list. Nothing branches on it.

use core::fmt;
use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar};
use subtle::{Choice, ConditionallySelectable as _};
use talea_contract::{elgamal::Ciphertext, proofs::shuffle::bits_of};
use zeroize::ZeroizeOnDrop;

/// A secret sign, +1 or -1. It is never compared and never branched on; it acts as a scalar.
///
/// # Invariants
/// `is_plus` is 0 or 1.
#[derive(Clone, ZeroizeOnDrop)]
pub struct Sign {
    is_plus: u8,
}

impl fmt::Debug for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sign(secret)")
    }
}

impl Sign {
    /// +1 if `is_plus`, else -1.
    pub(crate) fn of(is_plus: Choice) -> Self {
        Self { is_plus: is_plus.unwrap_u8() }
    }

    /// +1 if `is_plus`, else -1: for tests, where a sign is chosen.
    #[must_use]
    pub fn chosen(is_plus: bool) -> Self {
        Self { is_plus: u8::from(is_plus) }
    }

    /// `[v = 1]`, as a scalar.
    #[must_use]
    pub fn indicator(&self) -> Scalar {
        Scalar::from(self.is_plus)
    }

    /// `v*point`.
    #[must_use]
    pub fn signed(&self, point: &RistrettoPoint) -> RistrettoPoint {
        RistrettoPoint::conditional_select(&-point, point, Choice::from(self.is_plus))
    }

    /// `v = 2 [v = 1] - 1`, as a scalar.
    #[must_use]
    pub fn scalar(&self) -> Scalar {
        let indicator = self.indicator();
        indicator + indicator - Scalar::ONE
    }
}

/// How a list is shuffled: where its entries go, and to which power each is raised. It is never branched on.
///
/// # Invariants
/// No power is zero.
#[derive(Clone, ZeroizeOnDrop)]
pub struct Move {
    /// `r`: the entry at `i` goes to `i xor r`.
    mask: u8,
    /// `s_i`.
    pub(crate) powers: Vec<Scalar>,
}

impl fmt::Debug for Move {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Move(secret)")
    }
}

impl Move {
    /// By this mask; none of the powers may be zero.
    #[must_use]
    pub fn chosen(mask: u8, powers: Vec<Scalar>) -> Self {
        Self { mask, powers }
    }

    /// Bit `l` of `r`.
    pub(crate) fn bit(&self, l: usize) -> u8 {
        (self.mask >> l) & 1
    }

    /// Moves the entries of a list whose length is a power of two, bit by bit.
    pub fn apply(&self, list: &mut [Ciphertext]) {
        for l in 0..bits_of(list.len()) {
            let choice = Choice::from(self.bit(l));
            // Blocks of 2^(l+1) entries, whose halves change places.
            for block in list.chunks_mut(2 << l) {
                let (lower, upper) = block.split_at_mut(1 << l);
                for (a, b) in lower.iter_mut().zip(upper) {
                    RistrettoPoint::conditional_swap(&mut a.r, &mut b.r, choice);
                    RistrettoPoint::conditional_swap(&mut a.e, &mut b.e, choice);
                }
            }
        }
    }
}
