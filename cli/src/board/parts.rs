//! Who has a part in an auction, and so is heard before those who have none.

use crate::{
    board::queue::{Priority, QueueKey},
    replica::Replica,
};
use std::collections::BTreeSet;
use talea_protocol::{
    bytes::PartyKey,
    instruction::Instruction,
    quorum::keyholders,
    terms::{Admission, Terms},
};

/// Those who have a part in an auction: whom the terms name, who has an account, and who has
/// committed a bid.
#[derive(Clone, Debug)]
pub struct Parts {
    keys: BTreeSet<PartyKey>,
    /// The entries that were looked at for it.
    entries: usize,
}

impl Parts {
    /// Those whom the terms name.
    #[must_use]
    pub fn of(terms: &Terms) -> Self {
        let mut keys = BTreeSet::from([terms.seller, terms.custodian]);
        keys.extend(keyholders(&terms.quorum).map(|(_, member)| member.signing));
        match &terms.admission {
            Admission::Open => {}
            Admission::Listed(listed) => keys.extend(listed.iter().copied()),
        }
        Self { keys, entries: 0 }
    }

    /// Adds those who came in with the entries since.
    pub fn follow(&mut self, replica: &Replica) {
        let new = replica.lines().get(self.entries..).unwrap_or_default();
        let committed = new.iter().filter(|line| line.commits_a_bid());
        self.keys.extend(committed.map(|line| line.signer));
        if new.iter().any(|line| line.kind == "fund") {
            self.keys.extend(replica.auction().accounts().iter().map(|account| account.party));
        }
        self.entries = replica.lines().len();
    }

    /// Whose turn an instruction takes.
    #[must_use]
    pub fn turn(&self, replica: &Replica, signer: PartyKey, instruction: &Instruction) -> QueueKey {
        if self.keys.contains(&signer) {
            return (Priority::Part, signer);
        }
        let Instruction::Reveal(reveals) = instruction else {
            return (Priority::Stranger, signer);
        };
        // Anybody may carry what is due.
        let auction = replica.auction();
        let due = reveals
            .iter()
            .find(|reveal| auction.is_open(&reveal.bid) && replica.opens_a_commit(reveal));
        due.map_or((Priority::Stranger, signer), |reveal| (Priority::Carrier, reveal.bid.bidder))
    }
}
