//! Who took part, and what it came to for them.

use serde::Serialize;
use std::collections::BTreeMap;
use talea_protocol::{bytes::PartyKey, quorum::keyholders, terms::Lot};
use talea_replay::Replay;
use talea_text::names;

/// A party that bid.
#[derive(Clone, Debug, Serialize)]
pub struct BidderReport {
    /// Its public key.
    pub party: String,
    /// Bids committed.
    pub commits: usize,
    /// Lots on which a bid of it counted.
    pub ranked: usize,
}

/// What a keyholder did.
#[derive(Clone, Debug, Serialize)]
pub struct KeyholderReport {
    /// Group and member.
    pub name: String,
    /// Its public key.
    pub party: String,
    /// Accepted instructions by kind.
    pub said: BTreeMap<&'static str, usize>,
    /// Whether the key ceremony expelled it.
    pub expelled: bool,
    /// Whether it dealt so that it has no share.
    pub shareless: bool,
    /// Lots of which it let a deadline pass.
    pub late_on: Vec<String>,
    /// Those of them on which others vouched for what the board did not take.
    pub excused_on: Vec<String>,
}

/// What an account came to, in units of the custodian's currency; money is text in JSON.
#[derive(Clone, Debug, Serialize)]
pub struct AccountReport {
    /// Its public key.
    pub party: String,
    /// Its part in the auction.
    pub role: String,
    /// Locked for it by the custodian, in all.
    pub funded: String,
    /// Forfeits and fees received.
    pub received: String,
    /// To be released to it.
    pub released: String,
    /// Held towards what it owes.
    pub settlement: String,
    /// Forfeited, fees included.
    pub forfeited: String,
}

impl BidderReport {
    pub(crate) fn all(replay: &Replay) -> Vec<Self> {
        let mut commits: BTreeMap<PartyKey, usize> = BTreeMap::new();
        for line in replay.lines().iter().filter(|line| line.commits_a_bid()) {
            *commits.entry(line.signer).or_default() += 1;
        }
        let auction = replay.auction();
        let report = |(bidder, commits): (PartyKey, usize)| {
            let ranked =
                |(lot, _): &(u32, &Lot)| auction.active_commitment(*lot, &bidder).is_some();
            let ranked = (0..).zip(auction.terms().lots.iter()).filter(ranked).count();
            Self { party: names::party(&bidder), commits, ranked }
        };
        commits.into_iter().map(report).collect()
    }
}

impl AccountReport {
    pub(crate) fn all(verified: &talea_verifier::Report) -> Vec<Self> {
        let accounts = verified.accounts.iter().map(|account| Self {
            party: names::party(&account.party),
            role: verified.role(&account.party),
            funded: account.funded.to_string(),
            received: account.received.to_string(),
            released: account.available.to_string(),
            settlement: account.settlement.to_string(),
            forfeited: account.forfeited.to_string(),
        });
        accounts.collect()
    }
}

impl KeyholderReport {
    /// What it did not do, in words.
    #[must_use]
    pub fn note(&self) -> String {
        if self.expelled {
            return "expelled in the key ceremony".into();
        }
        if self.shareless {
            return "dealt so that it has no share".into();
        }
        match self.late_on.as_slice() {
            [] if !self.said.contains_key("deal") => "did not deal".into(),
            [] => String::new(),
            lots => {
                let excused = match self.excused_on.as_slice() {
                    [] => String::new(),
                    lots => format!("; the others vouch for it on {}", lots.join(", ")),
                };
                format!("let a deadline pass on {}{excused}", lots.join(", "))
            }
        }
    }

    pub(crate) fn all(replay: &Replay) -> Vec<Self> {
        let auction = replay.auction();
        let terms = auction.terms();
        let reports = keyholders(&terms.quorum).map(|(id, member)| {
            let group = terms
                .quorum
                .get(usize::from(id.group))
                .map_or(String::new(), |g| g.name.to_string());
            let mut said = BTreeMap::new();
            for line in replay.lines().iter().filter(|line| line.signer == member.signing) {
                *said.entry(line.kind).or_default() += 1;
            }
            let lots = || (0..).zip(terms.lots.iter());
            let names = |lots: Vec<(u32, &Lot)>| -> Vec<String> {
                lots.into_iter().map(|(_, lot)| lot.identifier.to_string()).collect()
            };
            let late_on = lots().filter(|(lot, _)| auction.is_excluded(*lot, id)).collect();
            let excused_on = lots().filter(|(lot, _)| auction.is_excused(*lot, id)).collect();
            let has_share =
                auction.quorum_keys().is_none_or(|keys| keys.share_keys.contains_key(&id));
            let expelled = auction.was_expelled(id);
            Self {
                name: format!("{group} {}", id.member),
                party: names::party(&member.signing),
                said,
                expelled,
                shareless: auction.deal_of(id).is_some() && !expelled && !has_share,
                late_on: names(late_on),
                excused_on: names(excused_on),
            }
        });
        reports.collect()
    }
}
