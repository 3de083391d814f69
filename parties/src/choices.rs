//! The secret choices of a keyholder at a gate or a switch. No code branches on them.

use core::fmt;
use curve25519_dalek::scalar::Scalar;
use subtle::Choice;
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

    /// `v = 2 [v = 1] - 1`, as a scalar.
    #[must_use]
    pub fn scalar(&self) -> Scalar {
        let indicator = self.indicator();
        indicator + indicator - Scalar::ONE
    }
}

/// What a switch does. Whether it crosses is never branched on.
///
/// # Invariants
/// `is_crossed` is 0 or 1.
#[derive(Clone, ZeroizeOnDrop)]
pub struct Crossing {
    is_crossed: u8,
    /// To which either input is raised, not zero.
    pub(crate) powers: [Scalar; 2],
}

impl fmt::Debug for Crossing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Crossing(secret)")
    }
}

impl Crossing {
    /// Crosses if `is_crossed`; none of the powers may be zero.
    pub(crate) fn of(is_crossed: Choice, powers: [Scalar; 2]) -> Self {
        Self { is_crossed: is_crossed.unwrap_u8(), powers }
    }

    /// Chosen, for tests.
    #[must_use]
    pub fn chosen(is_crossed: bool, powers: [Scalar; 2]) -> Self {
        Self { is_crossed: u8::from(is_crossed), powers }
    }

    /// Whether the outputs change places.
    #[must_use]
    pub fn is_crossed(&self) -> Choice {
        Choice::from(self.is_crossed)
    }
}
