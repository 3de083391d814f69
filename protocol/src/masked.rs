//! Secret bits and signs, committed to as a vector and answered for one by one (spec section 2).
//!
//! One commitment `S` binds up to [`MAX_VECTOR`](crate::limits::MAX_VECTOR) of them, and a response of 18 bytes
//! for each is all that a proof about them needs besides. Range proofs, unary encodings, gates and shuffles use this alike.

use crate::{
    bytes::{Point, Scalar},
    limits::MASKED_BYTES,
};
use borsh::{BorshDeserialize, BorshSerialize};
use core::fmt;

/// `z = a + x*i`, a bit or sign `i` behind a mask `a`: an integer below 2^144, little-endian.
#[derive(Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Masked(pub [u8; MASKED_BYTES]);

impl fmt::Debug for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Masked({})", hex::encode(self.0))
    }
}

/// That the masked values open a vector commitment: `sum z_l V_l + w*H = A + x*S`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct VectorOpening {
    /// `S = sum i_l V_l + sigma*H`.
    pub commitment: Point,
    /// `A = sum a_l V_l + alpha*H`.
    pub announcement: Point,
    /// `w = alpha + x*sigma`.
    pub blinding: Scalar,
}

/// That the values behind the masks are bits, or signs: a quadratic polynomial in `x` whose leading
/// coefficient is known, and the two others committed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Quadratic {
    /// `T_1`, of the coefficient of `x`.
    pub linear: Point,
    /// `T_0`, of the constant.
    pub constant: Point,
    /// `t`, which blinds the whole.
    pub blinding: Scalar,
}
