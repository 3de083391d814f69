//! The seller: opens an auction by signing its terms.

use crate::identity::Identity;
use talea_protocol::{
    bytes::{List, TooLong},
    instruction::opening_bytes,
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
