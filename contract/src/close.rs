//! The money of a lot that has ended. Section 12 of `docs/spec.md`.

use crate::{
    bids::{BidState, Bids},
    ledger::Ledger,
    setting::Setting,
};
use alloc::{collections::BTreeSet, vec::Vec};
use talea_protocol::{
    bytes::PartyKey,
    outcome::Ending,
    quorum::{KeyholderId, keyholders},
};

/// Who bears the bonds of a lot.
pub(crate) struct Bonds<'a> {
    /// Keyholders who locked one.
    pub(crate) dealers: &'a [KeyholderId],
    /// Those of them who lose it if the lot is void.
    pub(crate) at_fault: &'a BTreeSet<KeyholderId>,
}

/// Releases, settles and forfeits what is at stake on a lot.
pub(crate) fn close(
    setting: &Setting,
    ledger: &mut Ledger,
    bids: &Bids,
    ending: &Ending,
    is_attested: impl Fn(&PartyKey) -> bool,
    bonds: &Bonds<'_>,
) {
    let terms = &setting.terms;
    let deposit = terms.stakes.deposit;
    let sales = match ending {
        Ending::Sold(award) => award.sales.as_ref(),
        Ending::Declined(_)
        | Ending::BelowReserve
        | Ending::Unsold
        | Ending::Void(_)
        | Ending::Halted => &[],
    };
    let mut pool = 0u64;
    for bid in bids.in_order().iter().chain(bids.reserve()) {
        let won = sales.iter().any(|sale| sale.winner == bid.bidder);
        match &bid.state {
            BidState::Ranked(_) if bid.is_in_default => {
                pool = pool.saturating_add(ledger.forfeit(bid.bidder, deposit));
            }
            BidState::Ranked(_) if won => ledger.settle(bid.bidder, deposit),
            BidState::Ranked(_) => ledger.release(bid.bidder, deposit),
            BidState::Open if is_attested(&bid.bidder) => ledger.release(bid.bidder, deposit),
            BidState::Lapsed { is_attested: true } => ledger.release(bid.bidder, deposit),
            BidState::Open | BidState::Lapsed { is_attested: false } | BidState::Invalid => {
                pool = pool.saturating_add(ledger.forfeit(bid.bidder, deposit));
            }
        }
    }
    let is_void = matches!(ending, Ending::Void(_));
    for (id, member) in keyholders(&terms.quorum).filter(|(id, _)| bonds.dealers.contains(id)) {
        if is_void && bonds.at_fault.contains(&id) {
            pool = pool.saturating_add(ledger.forfeit(member.signing, terms.stakes.bond));
        } else {
            ledger.release(member.signing, terms.stakes.bond);
        }
    }
    distribute(setting, ledger, bids, pool);
}

/// In equal parts to those who revealed; one unit more to the first of them where it does not
/// divide. Never to somebody who could have caused the forfeit.
fn distribute(setting: &Setting, ledger: &mut Ledger, bids: &Bids, pool: u64) {
    let terms = &setting.terms;
    let innocent: Vec<PartyKey> = bids
        .ranked()
        .filter(|(bid, _)| !bid.is_in_default)
        .map(|(bid, _)| bid.bidder)
        .filter(|bidder| keyholders(&terms.quorum).all(|(_, m)| m.signing != *bidder))
        .collect();
    let count = u64::try_from(innocent.len()).unwrap_or(u64::MAX);
    let (Some(part), Some(rest)) = (pool.checked_div(count), pool.checked_rem(count)) else {
        ledger.receive(terms.stakes.fallback, pool);
        return;
    };
    for (bidder, place) in innocent.into_iter().zip(0u64..) {
        let one_more = u64::from(place < rest);
        ledger.receive(bidder, part.saturating_add(one_more));
    }
}
