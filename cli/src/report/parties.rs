//! Who took part, and what it came to for them.

use crate::{names, replica::Replay};
use serde::Serialize;
use std::collections::BTreeMap;
use talea_protocol::{bytes::PartyKey, quorum::keyholders, terms::Lot};

#[derive(Clone, Debug, Serialize)]
pub(super) struct BidderReport {
    pub(super) party: String,
    pub(super) commits: usize,
    /// Lots on which a bid of it counted.
    pub(super) ranked: usize,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct KeyholderReport {
    pub(super) name: String,
    pub(super) party: String,
    /// Accepted instructions by kind.
    pub(super) said: BTreeMap<&'static str, usize>,
    expelled: bool,
    /// Whether it dealt so that it has no share.
    shareless: bool,
    /// Lots of which it let a deadline pass.
    late_on: Vec<String>,
    /// Those of them on which others vouched for what the board did not take.
    excused_on: Vec<String>,
}

/// What an account came to, in units of the custodian's currency; money is text in JSON.
#[derive(Clone, Debug, Serialize)]
pub(super) struct AccountReport {
    pub(super) party: String,
    pub(super) role: String,
    pub(super) funded: String,
    pub(super) received: String,
    pub(super) released: String,
    pub(super) settlement: String,
    pub(super) forfeited: String,
}

impl BidderReport {
    pub(super) fn all(replay: &Replay) -> Vec<Self> {
        let mut commits: BTreeMap<PartyKey, usize> = BTreeMap::new();
        for line in replay.lines().iter().filter(|line| line.kind == "commit") {
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
    pub(super) fn all(verified: &talea_verifier::Report) -> Vec<Self> {
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
    pub(super) fn note(&self) -> String {
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

    pub(super) fn all(replay: &Replay) -> Vec<Self> {
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
