//! The money of a lot that has ended. Section 12 of `docs/spec.md`.

use crate::{
    bids::{BidState, Bids},
    ledger::Ledger,
    setting::Setting,
};
use alloc::collections::BTreeSet;
use talea_protocol::{
    bytes::PartyKey,
    outcome::Ending,
    quorum::{KeyholderId, keyholders},
};

/// The keyholders with bonds on a lot.
pub(crate) struct Bonds<'a> {
    /// Those who locked a bond.
    pub(crate) dealers: &'a BTreeSet<KeyholderId>,
    /// Those of them who lose it if the lot is void.
    pub(crate) at_fault: &'a BTreeSet<KeyholderId>,
}

/// Those who owe something after an ending.
fn winners(ending: &Ending) -> BTreeSet<PartyKey> {
    match ending {
        Ending::Sold(award) => award.sales.iter().map(|sale| sale.winner).collect(),
        Ending::Cleared(clearing) => {
            let trading = clearing.trades.iter().filter(|trade| trade.units() > 0);
            trading.map(|trade| trade.party).collect()
        }
        Ending::Declined(_)
        | Ending::BelowReserve
        | Ending::Unsold
        | Ending::Void(_)
        | Ending::Halted
        | Ending::NoTrade(_)
        | Ending::OneSided
        | Ending::Surveyed(_)
        | Ending::TooFewAnswers => BTreeSet::new(),
    }
}

/// Releases, settles and forfeits what is at stake on a lot.
pub(crate) fn close(
    setting: &Setting,
    ledger: &mut Ledger,
    (bids, lot): (&Bids, u32),
    ending: &Ending,
    bonds: &Bonds<'_>,
) {
    let stakes = &setting.terms.stakes;
    let deposit = stakes.deposit;
    let winners = winners(ending);
    // A reserve of a lot without bids does not bind, and no keyholder attests it.
    let mut reserve = bids.reserve(lot);
    if bids.count(lot) == 0 {
        reserve.take().into_iter().for_each(|reserve| ledger.release(reserve.bidder, deposit));
    }
    for bid in bids.in_order(lot).chain(reserve) {
        let won = winners.contains(&bid.bidder);
        match &bid.state {
            BidState::Ranked(_) if bid.is_in_default => {
                ledger.forfeit(bid.bidder, deposit, stakes);
            }
            BidState::Ranked(_) if won => ledger.settle(bid.bidder, deposit),
            BidState::Ranked(_) => ledger.release(bid.bidder, deposit),
            BidState::Lapsed { is_attested: true } => ledger.release(bid.bidder, deposit),
            BidState::Open | BidState::Lapsed { is_attested: false } | BidState::Invalid => {
                ledger.forfeit(bid.bidder, deposit, stakes);
            }
        }
    }
    let is_void = matches!(ending, Ending::Void(_));
    let members = keyholders(&setting.terms.quorum);
    for (id, member) in members.filter(|(id, _)| bonds.dealers.contains(id)) {
        if is_void && bonds.at_fault.contains(&id) {
            ledger.forfeit(member.signing, stakes.bond, stakes);
        } else {
            ledger.release(member.signing, stakes.bond);
        }
    }
}
