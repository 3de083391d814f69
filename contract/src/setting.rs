//! What never changes during an auction: its terms, and what follows from them once for all.

use crate::group::Generators;
use borsh::{
    BorshSerialize,
    io::{Result, Write},
};
use core::fmt;
use curve25519_dalek::{RistrettoPoint, Scalar, constants::RISTRETTO_BASEPOINT_POINT};
use spin::LazyLock;
use talea_protocol::terms::{AuctionId, Terms};

/// The terms with everything that is derived from them alone.
pub struct Setting {
    /// The terms.
    pub terms: Terms,
    /// Their hash.
    pub auction: AuctionId,
    /// `G`, `H` and `K`, and the vector bases; derived when they are first needed, which of many instructions they
    /// are not.
    pub generators: LazyLock<Generators>,
    /// `G/2`, for encoding `2U - (O, G)` in bulk.
    pub(crate) half_value: LazyLock<RistrettoPoint>,
}

impl Setting {
    pub(crate) fn new(terms: Terms, auction: AuctionId) -> Self {
        let half_value = || Scalar::from(2u64).invert() * RISTRETTO_BASEPOINT_POINT;
        let (generators, half_value) =
            (LazyLock::new(Generators::derive as _), LazyLock::new(half_value as _));
        Self { terms, auction, generators, half_value }
    }
}

/// Its record is the terms.
impl BorshSerialize for Setting {
    fn serialize<W: Write>(&self, writer: &mut W) -> Result<()> {
        self.terms.serialize(writer)
    }
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setting").field("auction", &self.auction).finish_non_exhaustive()
    }
}

/// The rest follows from the terms, and the auction id is their hash.
impl PartialEq for Setting {
    fn eq(&self, other: &Self) -> bool {
        self.auction == other.auction
    }
}
