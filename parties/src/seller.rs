//! The seller: opens an auction by signing its terms, commits a reserve, accepts or declines.

use crate::{
    bidder::{BidError, Place, PreparedBid},
    identity::{Identity, TooLarge},
};
use rand_core::CryptoRngCore;
use talea_contract::Auction;
use talea_protocol::{
    bytes::{List, TooLong},
    instruction::{Instruction, opening_bytes},
    price::Level,
    ranking::Decision,
    terms::Terms,
    transcript::Genesis,
};

/// Signs `terms` for opening at `slot`.
///
/// # Errors
/// [`TooLong`] if the terms exceed their bound.
pub fn open(seller: &Identity, terms: &Terms, slot: u64) -> Result<Genesis, TooLong> {
    let bytes = borsh::to_vec(terms).unwrap_or_default();
    let auction = Terms::auction_id_of_bytes(&bytes);
    let signature = seller.sign_bytes(&opening_bytes(&auction, slot));
    Ok(Genesis { slot, terms: List::new(bytes)?, signature })
}

/// Makes the reserve of a lot: the seller does not sell below this level. Nobody learns it unless the
/// terms open it; what reveals it is kept like a bid's.
///
/// # Errors
/// [`BidError`].
pub fn reserve(
    seller: &Identity,
    auction: &Auction,
    lot: u32,
    level: Level,
    rng: &mut impl CryptoRngCore,
) -> Result<PreparedBid, BidError> {
    let place = Place::new(seller, auction, (lot, auction.round()))?;
    place.prepare(Instruction::Reserve, level, None, |sealed_bid| sealed_bid, rng)
}

/// Accepts or declines what a lot came to.
///
/// # Errors
/// [`TooLarge`] never, at this size.
pub fn decide(
    seller: &Identity,
    auction: &Auction,
    lot: u32,
    accept: bool,
) -> Result<Vec<u8>, TooLarge> {
    seller.sign(&auction.id(), &Instruction::Decide(Decision { lot, accept }))
}
