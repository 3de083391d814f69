//! Money: an account per party, and every unit in its place (section 6).
//!
//! The only ways to move a unit are the functions below, each of which checks that it is there.

use std::collections::{BTreeMap, BTreeSet};

use talea_protocol::{bytes::PartyKey, limits::MAX_ACCOUNTS, outcome::Account};

/// A movement of money that is not there, or a sum that does not fit. The replay asks for none
/// unless the verifier itself is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{party} would be left with a {place} account that no unit can fill")]
pub(crate) struct Imbalance {
    party: PartyKey,
    place: &'static str,
}

/// Every account ever touched.
#[derive(Debug)]
pub(crate) struct Ledger {
    /// Receives every forfeit and fee; nobody does if the terms name none.
    beneficiary: Option<PartyKey>,
    accounts: BTreeMap<PartyKey, Account>,
    funded: u64,
    received: u128,
    forfeited: u128,
    /// Touched since the last balance.
    touched: BTreeSet<PartyKey>,
}

impl Ledger {
    pub(crate) fn new(beneficiary: Option<PartyKey>) -> Self {
        Self {
            beneficiary,
            accounts: BTreeMap::new(),
            funded: 0,
            received: 0,
            forfeited: 0,
            touched: BTreeSet::new(),
        }
    }

    /// What a party could lock.
    pub(crate) fn available(&self, party: &PartyKey) -> u64 {
        self.accounts.get(party).map_or(0, |a| a.available)
    }

    /// Whether `amount` more keeps the sum of all `funded` below 2^64.
    pub(crate) fn has_room(&self, amount: u64) -> bool {
        self.funded.checked_add(amount).is_some()
    }

    /// Whether the party has an account, or there is room for one more (**M4**).
    pub(crate) fn has_place(&self, party: &PartyKey) -> bool {
        self.accounts.contains_key(party) || self.accounts.len() < MAX_ACCOUNTS
    }

    pub(crate) fn fund(&mut self, party: PartyKey, amount: u64) -> Result<(), Imbalance> {
        let imbalance = Imbalance { party, place: "funded" };
        self.funded = self.funded.checked_add(amount).ok_or(imbalance)?;
        let account = self.open(party);
        account.funded = account.funded.checked_add(amount).ok_or(imbalance)?;
        account.available = account.available.checked_add(amount).ok_or(imbalance)?;
        Ok(())
    }

    /// From `available` to `locked`.
    pub(crate) fn lock(&mut self, party: PartyKey, amount: u64) -> Result<(), Imbalance> {
        self.shift(party, amount, AVAILABLE, LOCKED)
    }

    /// From `locked` back to `available`.
    pub(crate) fn release(&mut self, party: PartyKey, amount: u64) -> Result<(), Imbalance> {
        self.shift(party, amount, LOCKED, AVAILABLE)
    }

    /// From `locked` to `settlement`.
    pub(crate) fn settle(&mut self, party: PartyKey, amount: u64) -> Result<(), Imbalance> {
        self.shift(party, amount, LOCKED, SETTLEMENT)
    }

    /// From `locked` to `forfeited`, and to the beneficiary.
    pub(crate) fn forfeit(&mut self, party: PartyKey, amount: u64) -> Result<(), Imbalance> {
        self.lose(party, amount, LOCKED)
    }

    /// A fee: from `available` to `forfeited`, and to the beneficiary.
    pub(crate) fn charge(&mut self, party: PartyKey, amount: u64) -> Result<(), Imbalance> {
        self.lose(party, amount, AVAILABLE)
    }

    fn lose(&mut self, party: PartyKey, amount: u64, from: Place) -> Result<(), Imbalance> {
        self.forfeited = self.forfeited.saturating_add(amount.into());
        self.shift(party, amount, from, FORFEITED)?;
        match self.beneficiary {
            Some(beneficiary) => self.receive(beneficiary, amount),
            None => Ok(()),
        }
    }

    fn receive(&mut self, party: PartyKey, amount: u64) -> Result<(), Imbalance> {
        // No account opens for nothing.
        if amount == 0 {
            return Ok(());
        }
        let imbalance = Imbalance { party, place: "received" };
        self.received = self.received.saturating_add(amount.into());
        let account = self.open(party);
        account.received = account.received.checked_add(amount).ok_or(imbalance)?;
        account.available = account.available.checked_add(amount).ok_or(imbalance)?;
        Ok(())
    }

    /// **M3**, for every account touched since this was last asked.
    pub(crate) fn balance(&mut self) -> Result<(), String> {
        let touched = std::mem::take(&mut self.touched);
        let touched: Vec<Account> =
            touched.iter().filter_map(|party| self.accounts.get(party).copied()).collect();
        touched.iter().try_for_each(balanced)?;
        self.passed_on(self.forfeited, self.received)
    }

    /// **M3**, for all accounts and from nothing but them.
    pub(crate) fn balance_all(&self) -> Result<(), String> {
        self.accounts.values().try_for_each(balanced)?;
        let sum = |part: fn(&Account) -> u64| -> u128 {
            self.accounts.values().map(|a| u128::from(part(a))).sum()
        };
        self.passed_on(sum(|a| a.forfeited), sum(|a| a.received))
    }

    /// The second half of **M3**: what was forfeited was received, or nothing was if nobody may.
    fn passed_on(&self, forfeited: u128, received: u128) -> Result<(), String> {
        let due = if self.beneficiary.is_some() { forfeited } else { 0 };
        if received == due {
            return Ok(());
        }
        Err(format!(
            "{forfeited} units were forfeited, and {received} received where {due} were due"
        ))
    }

    /// Every account, ascending by key.
    pub(crate) fn accounts(&self) -> Vec<Account> {
        self.accounts.values().copied().collect()
    }

    fn open(&mut self, party: PartyKey) -> &mut Account {
        self.touched.insert(party);
        self.accounts.entry(party).or_insert_with(|| Account::empty(party))
    }

    /// Nothing moves where the amount is zero, and no account opens for it.
    fn shift(
        &mut self,
        party: PartyKey,
        amount: u64,
        from: Place,
        to: Place,
    ) -> Result<(), Imbalance> {
        if amount == 0 {
            return Ok(());
        }
        let account = self.open(party);
        let source = (from.of)(account);
        *source = source.checked_sub(amount).ok_or(Imbalance { party, place: from.name })?;
        let target = (to.of)(account);
        *target = target.checked_add(amount).ok_or(Imbalance { party, place: to.name })?;
        Ok(())
    }
}

/// `funded + received = available + locked + settlement + forfeited`.
fn balanced(a: &Account) -> Result<(), String> {
    let come = u128::from(a.funded).saturating_add(a.received.into());
    let gone = [a.available, a.locked, a.settlement, a.forfeited]
        .into_iter()
        .fold(0u128, |sum, part| sum.saturating_add(part.into()));
    if come == gone {
        return Ok(());
    }
    Err(format!("{} came to {} and {gone} are accounted for", come, a.party))
}

/// A field of an account.
#[derive(Clone, Copy)]
struct Place {
    name: &'static str,
    of: fn(&mut Account) -> &mut u64,
}

const AVAILABLE: Place = Place { name: "available", of: |a| &mut a.available };
const LOCKED: Place = Place { name: "locked", of: |a| &mut a.locked };
const SETTLEMENT: Place = Place { name: "settlement", of: |a| &mut a.settlement };
const FORFEITED: Place = Place { name: "forfeited", of: |a| &mut a.forfeited };

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_core::{RngCore as _, SeedableRng as _};

    fn party(n: u8) -> PartyKey {
        PartyKey([n; 32])
    }

    #[test]
    fn a_unit_is_always_somewhere() {
        for beneficiary in [None, Some(party(2)), Some(party(9))] {
            let ledger = moved_about(beneficiary);
            let sum = |part: fn(&Account) -> u64| ledger.accounts().iter().map(part).sum::<u64>();
            let forfeited = sum(|a| a.forfeited);
            assert!(forfeited > 0);
            for account in ledger.accounts() {
                let due = if Some(account.party) == beneficiary { forfeited } else { 0 };
                assert_eq!(account.received, due);
            }
        }
    }

    /// After many movements, each of which kept the balance.
    fn moved_about(beneficiary: Option<PartyKey>) -> Ledger {
        let mut rng = ChaCha20Rng::seed_from_u64(50);
        let mut ledger = Ledger::new(beneficiary);
        let mut refused = 0;
        for _ in 0..5_000 {
            let who = party((rng.next_u32() % 5) as u8);
            let amount = u64::from(rng.next_u32() % 10);
            // A movement of what is not there is refused; skip those, as the replay does.
            let available = ledger.available(&who);
            let locked = ledger.accounts.get(&who).map_or(0, |a| a.locked);
            let (enough, result) = match rng.next_u32() % 6 {
                0 => (true, ledger.fund(who, amount)),
                1 if available >= amount => (true, ledger.lock(who, amount)),
                2 if locked >= amount => (true, ledger.release(who, amount)),
                3 if locked >= amount => (true, ledger.settle(who, amount)),
                4 if locked >= amount => (true, ledger.forfeit(who, amount)),
                5 if available >= amount => (true, ledger.charge(who, amount)),
                _ => (false, Ok(())),
            };
            refused += u32::from(!enough);
            assert_eq!(result, Ok(()));
            assert_eq!(ledger.balance(), Ok(()));
            assert_eq!(ledger.balance_all(), Ok(()));
        }
        assert!(refused > 0);
        ledger
    }

    #[test]
    fn what_is_not_there_does_not_move() {
        let mut ledger = Ledger::new(None);
        ledger.fund(party(1), 5).unwrap();
        assert!(ledger.lock(party(1), 6).is_err());
        assert!(ledger.release(party(1), 1).is_err());
        assert!(ledger.lock(party(2), 1).is_err());
        assert!(!ledger.has_room(u64::MAX));
        assert!(ledger.has_room(u64::MAX - 5));
    }

    #[test]
    fn nothing_opens_no_account() {
        let mut ledger = Ledger::new(Some(party(2)));
        ledger.lock(party(1), 0).unwrap();
        ledger.charge(party(1), 0).unwrap();
        ledger.forfeit(party(1), 0).unwrap();
        assert_eq!(ledger.accounts(), vec![]);
    }

    #[test]
    fn a_forfeit_that_goes_astray_is_noticed() {
        for (beneficiary, astray) in [(Some(party(2)), None), (None, Some(party(2)))] {
            let mut ledger = Ledger::new(beneficiary);
            ledger.fund(party(1), 5).unwrap();
            ledger.beneficiary = astray;
            ledger.charge(party(1), 5).unwrap();
            ledger.beneficiary = beneficiary;
            assert!(ledger.balance().is_err());
            assert!(ledger.balance_all().is_err());
        }
    }

    #[test]
    fn m4_accounts_have_an_end() {
        let mut ledger = Ledger::new(Some(party(1)));
        let nth = |n: u32| {
            let mut key = [0xff; 32];
            key[..4].copy_from_slice(&n.to_le_bytes());
            PartyKey(key)
        };
        for n in 0..1 << 18 {
            assert!(ledger.has_place(&nth(n)));
            ledger.fund(nth(n), 1).unwrap();
        }
        assert!(!ledger.has_place(&nth(1 << 18)));
        assert!(!ledger.has_place(&party(1)));
        // Who has an account may be funded again; the beneficiary gets its own by receiving.
        assert!(ledger.has_place(&nth(7)));
        ledger.charge(nth(7), 1).unwrap();
        assert!(ledger.has_place(&party(1)));
        assert_eq!(ledger.accounts().len(), (1 << 18) + 1);
    }
}
