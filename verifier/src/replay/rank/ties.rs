//! The tie order of a lot's ranked bids (section 11).

use talea_protocol::{
    bytes::Digest,
    labels,
    terms::{AuctionId, Ties},
};

use super::program::Bid;

/// Brings ranked bids, given in commit order, into tie order. Nothing if a contribution to a
/// lottery is missing.
pub(crate) fn order(ties: Ties, auction: &AuctionId, lot: u32, bids: Vec<Bid>) -> Option<Vec<Bid>> {
    if ties == Ties::EarliestCommit {
        return Some(bids);
    }
    let n = u64::try_from(bids.len()).ok()?.to_le_bytes();
    let mut entrants = Vec::new();
    for bid in &bids {
        entrants.extend(bid.bidder.0);
        entrants.extend(bid.contribution?);
    }
    let seed = Digest::of(&[labels::LOTTERY_SEED, &auction.0, &lot.to_le_bytes(), &n, &entrants]);
    let mut drawn: Vec<(Digest, Bid)> = bids
        .into_iter()
        .map(|bid| (Digest::of(&[labels::LOTTERY_DRAW, &seed.0, &bid.bidder.0]), bid))
        .collect();
    drawn.sort_by_key(|(draw, _)| *draw);
    Some(drawn.into_iter().map(|(_, bid)| bid).collect())
}
