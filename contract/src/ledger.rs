//! The account of every party, to the unit.
//!
//! Money moves between four pockets of an account (available, locked, settlement, forfeited) and,
//! by forfeit, from one party to another. Every movement is checked before it is made, so the
//! balance M3 holds after each.

use crate::{
    refusal::{Fault, Refusal, require},
    store::{Cell, Home, Kind, Map, records},
};
use alloc::{sync::Arc, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};
use talea_protocol::{
    bytes::PartyKey, check::Check, limits::MAX_ACCOUNTS, outcome::Account, terms::Stakes,
};

/// All accounts, and the custodian's count.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ledger {
    accounts: Map<PartyKey, Account>,
    /// Who has an account, in the order in which they were opened.
    parties: Map<u32, PartyKey>,
    totals: Cell<Totals>,
}

records!(Ledger { accounts, parties, totals });

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Totals {
    /// How many accounts there are.
    accounts: u32,
    /// The sum of all `funded`. Bounds every other sum, so later additions cannot overflow.
    funded: u64,
    /// Sequence number of the next Fund.
    next_sequence: u64,
}

impl Ledger {
    pub(crate) fn new(home: Option<&Arc<Home>>) -> Self {
        Self {
            accounts: Map::new(Kind::Account, home),
            parties: Map::new(Kind::AccountHolder, home),
            totals: Cell::new(Kind::Totals, home),
        }
    }

    /// Credits `party` with the `amount` that the custodian reports (M1, M2, M4).
    pub(crate) fn fund(
        &mut self,
        sequence: u64,
        party: PartyKey,
        amount: u64,
    ) -> Result<(), Refusal> {
        let Totals { accounts, funded, next_sequence } = *self.totals.get();
        if sequence != next_sequence {
            let what = "the custodian's sequence number";
            let fault = Fault::Count { what, expected: next_sequence, actual: sequence };
            return Err(fault.fails(Check::FundSequence));
        }
        let total = funded.checked_add(amount).filter(|_| amount > 0);
        let funded = total.ok_or(Fault::Amount.fails(Check::FundAmount))?;
        let is_room = usize::try_from(accounts).is_ok_and(|accounts| accounts < MAX_ACCOUNTS);
        let full = Fault::Already { what: "there are as many accounts as an outcome holds" };
        require(is_room || self.accounts.has(&party), Check::FundRoom, full)?;
        let next_sequence = sequence.saturating_add(1);
        self.totals.put(Totals { accounts, funded, next_sequence });
        self.credit(party, |account| {
            account.funded = account.funded.saturating_add(amount);
            account.available = account.available.saturating_add(amount);
        });
        Ok(())
    }

    /// The sequence number of the next Fund.
    pub(crate) fn next_sequence(&self) -> u64 {
        self.totals.get().next_sequence
    }

    /// The account of a party, if it has one.
    pub(crate) fn account(&self, party: &PartyKey) -> Option<Account> {
        self.accounts.get(party).map(|account| *account)
    }

    /// What `party` could still put at stake.
    pub(crate) fn available(&self, party: &PartyKey) -> u64 {
        self.accounts.get(party).map_or(0, |account| account.available)
    }

    /// `Err` under `check` unless `party` has `needed` available.
    pub(crate) fn require(
        &self,
        party: PartyKey,
        needed: u64,
        check: Check,
    ) -> Result<(), Refusal> {
        let available = self.available(&party);
        if available < needed {
            return Err(Fault::Insufficient { party, needed, available }.fails(check));
        }
        Ok(())
    }

    /// From available to locked. The caller has required it.
    pub(crate) fn lock(&mut self, party: PartyKey, amount: u64) {
        self.accounts.change_if_there(&party, |account| {
            let amount = amount.min(account.available);
            account.available = account.available.saturating_sub(amount);
            account.locked = account.locked.saturating_add(amount);
        });
    }

    /// From locked to available.
    pub(crate) fn release(&mut self, party: PartyKey, amount: u64) {
        self.accounts.change_if_there(&party, |account| {
            let amount = amount.min(account.locked);
            account.locked = account.locked.saturating_sub(amount);
            account.available = account.available.saturating_add(amount);
        });
    }

    /// From locked to settlement.
    pub(crate) fn settle(&mut self, party: PartyKey, amount: u64) {
        self.accounts.change_if_there(&party, |account| {
            let amount = amount.min(account.locked);
            account.locked = account.locked.saturating_sub(amount);
            account.settlement = account.settlement.saturating_add(amount);
        });
    }

    /// From available to forfeited, and to the beneficiary.
    pub(crate) fn charge(&mut self, party: PartyKey, fee: u64, stakes: &Stakes) {
        let charged = self.accounts.change_if_there(&party, |account| {
            let fee = fee.min(account.available);
            account.available = account.available.saturating_sub(fee);
            account.forfeited = account.forfeited.saturating_add(fee);
            fee
        });
        self.receive(charged.unwrap_or(0), stakes);
    }

    /// From locked to forfeited, and to the beneficiary.
    pub(crate) fn forfeit(&mut self, party: PartyKey, amount: u64, stakes: &Stakes) {
        let forfeited = self.accounts.change_if_there(&party, |account| {
            let amount = amount.min(account.locked);
            account.locked = account.locked.saturating_sub(amount);
            account.forfeited = account.forfeited.saturating_add(amount);
            amount
        });
        self.receive(forfeited.unwrap_or(0), stakes);
    }

    /// Credits the beneficiary with a forfeit; does nothing if the terms name none.
    fn receive(&mut self, amount: u64, stakes: &Stakes) {
        let Some(beneficiary) = stakes.beneficiary.filter(|_| amount > 0) else {
            return;
        };
        self.credit(beneficiary, |account| {
            account.received = account.received.saturating_add(amount);
            account.available = account.available.saturating_add(amount);
        });
    }

    /// Every account, ascending by key.
    pub(crate) fn accounts(&self) -> Vec<Account> {
        let parties = (0..self.totals.get().accounts).filter_map(|at| self.parties.expect(&at));
        let accounts = parties.filter_map(|party| self.accounts.expect(&party));
        let mut accounts: Vec<Account> = accounts.map(|account| *account).collect();
        accounts.sort_by_key(|account| account.party);
        accounts
    }

    /// Changes the account of a party that is being credited: it may be its first.
    fn credit(&mut self, party: PartyKey, change: impl Fn(&mut Account)) {
        if self.accounts.change_if_there(&party, &change).is_some() {
            return;
        }
        let mut account = Account::empty(party);
        change(&mut account);
        self.accounts.put(party, account);
        let Totals { accounts, .. } = *self.totals.get();
        self.parties.put(accounts, party);
        self.totals.change(|totals| totals.accounts = accounts.saturating_add(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn party(number: u32) -> PartyKey {
        let mut key = [0; 32];
        key[..4].copy_from_slice(&number.to_le_bytes());
        PartyKey(key)
    }

    fn number(check: Result<(), Refusal>) -> Option<&'static str> {
        check.err().map(|refusal| refusal.check.number())
    }

    /// Signed instructions that fill a ledger take half a minute, so it is filled here.
    #[test]
    fn m4_a_party_has_an_account_or_there_is_room_for_one() {
        let mut ledger = Ledger::new(None);
        let full = u32::try_from(MAX_ACCOUNTS).unwrap();
        let next = u64::from(full);
        for sequence in 0..full {
            assert_eq!(number(ledger.fund(sequence.into(), party(sequence), 2)), None);
        }
        let before = ledger.clone();
        assert_eq!(number(ledger.fund(next, party(full), 1)), Some("M4"));
        // M1 and M2 are asked before.
        assert_eq!(number(ledger.fund(next + 1, party(full), 1)), Some("M1"));
        assert_eq!(number(ledger.fund(next, party(full), 0)), Some("M2"));
        assert_eq!(number(ledger.fund(next, party(full), u64::MAX)), Some("M2"));
        assert!(ledger == before, "a refusal changes nothing");
        // A party that has an account can be credited again, the first and the last.
        for (sequence, has_one) in [(next, 0), (next + 1, full - 1)] {
            assert_eq!(number(ledger.fund(sequence, party(has_one), 1)), None);
            assert_eq!(ledger.available(&party(has_one)), 3);
        }
        assert_eq!(
            number(ledger.fund(next + 2, party(full), 1)),
            Some("M4"),
            "there is no more room"
        );

        // The beneficiary's account needs no room, and once it is there it is like any other.
        let beneficiary = Some(party(full));
        let stakes = Stakes { deposit: 0, bond: 0, commit_fee: 1, fee_growth: 0, beneficiary };
        ledger.charge(party(7), 1, &stakes);
        assert_eq!(ledger.available(&party(full)), 1);
        assert_eq!(ledger.accounts().len(), MAX_ACCOUNTS + 1, "and no more, ever");
        assert_eq!(number(ledger.fund(next + 2, party(full), 4)), None);
        assert_eq!(ledger.available(&party(full)), 5);
        assert_eq!(number(ledger.fund(next + 3, party(full + 1), 1)), Some("M4"));
    }

    #[test]
    fn a_beneficiary_that_receives_first_takes_one_of_the_places() {
        let mut ledger = Ledger::new(None);
        let full = u32::try_from(MAX_ACCOUNTS).unwrap();
        let beneficiary = Some(party(full));
        let stakes = Stakes { deposit: 0, bond: 0, commit_fee: 1, fee_growth: 0, beneficiary };
        assert_eq!(number(ledger.fund(0, party(0), 1)), None);
        ledger.charge(party(0), 1, &stakes);
        for sequence in 1..full - 1 {
            assert_eq!(number(ledger.fund(sequence.into(), party(sequence), 1)), None);
        }
        assert_eq!(ledger.accounts().len(), MAX_ACCOUNTS);
        assert_eq!(number(ledger.fund(u64::from(full) - 1, party(full - 1), 1)), Some("M4"));
    }
}
