//! The account of every party, to the unit.
//!
//! Money moves between four pockets of an account (available, locked, settlement, forfeited) and,
//! by forfeit, from one party to another. Every movement is checked before it is made, so the
//! balance M3 holds after each.

use crate::refusal::{Fault, Refusal, require};
use alloc::{collections::BTreeMap, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};
use talea_protocol::{
    bytes::PartyKey, check::Check, limits::MAX_ACCOUNTS, outcome::Account, terms::Stakes,
};

/// All accounts, and the custodian's count.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Ledger {
    accounts: BTreeMap<PartyKey, Account>,
    /// The sum of all `funded`. Bounds every other sum, so later additions cannot overflow.
    funded: u64,
    /// Sequence number of the next Fund.
    next_sequence: u64,
}

impl Ledger {
    /// Credits `party` with the `amount` that the custodian reports (M1, M2, M4).
    pub(crate) fn fund(
        &mut self,
        sequence: u64,
        party: PartyKey,
        amount: u64,
    ) -> Result<(), Refusal> {
        if sequence != self.next_sequence {
            let what = "the custodian's sequence number";
            let fault = Fault::Count { what, expected: self.next_sequence, actual: sequence };
            return Err(fault.fails(Check::FundSequence));
        }
        let total = self.funded.checked_add(amount).filter(|_| amount > 0);
        let funded = total.ok_or(Fault::Amount.fails(Check::FundAmount))?;
        let has_room = self.accounts.contains_key(&party) || self.accounts.len() < MAX_ACCOUNTS;
        let full = Fault::Already { what: "there are as many accounts as an outcome holds" };
        require(has_room, Check::FundRoom, full)?;
        self.funded = funded;
        self.next_sequence = sequence.saturating_add(1);
        let account = self.account(party);
        account.funded = account.funded.saturating_add(amount);
        account.available = account.available.saturating_add(amount);
        Ok(())
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
        let Some(account) = self.accounts.get_mut(&party) else {
            return;
        };
        let amount = amount.min(account.available);
        account.available = account.available.saturating_sub(amount);
        account.locked = account.locked.saturating_add(amount);
    }

    /// From locked to available.
    pub(crate) fn release(&mut self, party: PartyKey, amount: u64) {
        let Some(account) = self.accounts.get_mut(&party) else {
            return;
        };
        let amount = amount.min(account.locked);
        account.locked = account.locked.saturating_sub(amount);
        account.available = account.available.saturating_add(amount);
    }

    /// From locked to settlement.
    pub(crate) fn settle(&mut self, party: PartyKey, amount: u64) {
        let Some(account) = self.accounts.get_mut(&party) else {
            return;
        };
        let amount = amount.min(account.locked);
        account.locked = account.locked.saturating_sub(amount);
        account.settlement = account.settlement.saturating_add(amount);
    }

    /// From available to forfeited, and to the beneficiary.
    pub(crate) fn charge(&mut self, party: PartyKey, fee: u64, stakes: &Stakes) {
        let Some(account) = self.accounts.get_mut(&party) else {
            return;
        };
        let fee = fee.min(account.available);
        account.available = account.available.saturating_sub(fee);
        account.forfeited = account.forfeited.saturating_add(fee);
        self.receive(fee, stakes);
    }

    /// From locked to forfeited, and to the beneficiary.
    pub(crate) fn forfeit(&mut self, party: PartyKey, amount: u64, stakes: &Stakes) {
        let Some(account) = self.accounts.get_mut(&party) else {
            return;
        };
        let amount = amount.min(account.locked);
        account.locked = account.locked.saturating_sub(amount);
        account.forfeited = account.forfeited.saturating_add(amount);
        self.receive(amount, stakes);
    }

    /// Credits the beneficiary with a forfeit; does nothing if the terms name none.
    fn receive(&mut self, amount: u64, stakes: &Stakes) {
        let Some(beneficiary) = stakes.beneficiary.filter(|_| amount > 0) else {
            return;
        };
        let account = self.account(beneficiary);
        account.received = account.received.saturating_add(amount);
        account.available = account.available.saturating_add(amount);
    }

    /// Every account, ascending by key.
    pub(crate) fn accounts(&self) -> Vec<Account> {
        self.accounts.values().copied().collect()
    }

    /// The account of a party that is being credited.
    fn account(&mut self, party: PartyKey) -> &mut Account {
        self.accounts.entry(party).or_insert_with(|| Account::empty(party))
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
        let mut ledger = Ledger::default();
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
        let mut ledger = Ledger::default();
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
