//! Money: an account per party, and every unit in its place (section 6).
//!
//! The only ways to move a unit are the functions below, each of which checks that it is there.

use std::collections::{BTreeMap, BTreeSet};

use talea_protocol::{bytes::PartyKey, outcome::Account};

/// A movement of money that is not there, or a sum that does not fit. The replay asks for none
/// unless it has a fault of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{party} would be left with a {place} account that no unit can fill")]
pub(crate) struct Imbalance {
    party: PartyKey,
    place: &'static str,
}

/// Every account ever touched.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    accounts: BTreeMap<PartyKey, Account>,
    funded: u64,
    received: u128,
    forfeited: u128,
    /// Touched since the last balance.
    touched: BTreeSet<PartyKey>,
}

impl Ledger {
    /// What a party could lock.
    pub(crate) fn available(&self, party: &PartyKey) -> u64 {
        self.accounts.get(party).map_or(0, |a| a.available)
    }

    /// Whether `amount` more keeps the sum of all `funded` below 2^64.
    pub(crate) fn has_room(&self, amount: u64) -> bool {
        self.funded.checked_add(amount).is_some()
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

    /// The losing half of a forfeit: from `locked` to `forfeited`.
    pub(crate) fn forfeit(&mut self, party: PartyKey, amount: u64) -> Result<(), Imbalance> {
        self.forfeited = self.forfeited.saturating_add(amount.into());
        self.shift(party, amount, LOCKED, FORFEITED)
    }

    /// The losing half of a fee: from `available` to `forfeited`.
    pub(crate) fn charge(&mut self, party: PartyKey, amount: u64) -> Result<(), Imbalance> {
        self.forfeited = self.forfeited.saturating_add(amount.into());
        self.shift(party, amount, AVAILABLE, FORFEITED)
    }

    /// The winning half of a forfeit or fee.
    pub(crate) fn receive(&mut self, party: PartyKey, amount: u64) -> Result<(), Imbalance> {
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
        if self.received != self.forfeited {
            return Err(format!(
                "{} units were forfeited and {} received",
                self.forfeited, self.received
            ));
        }
        Ok(())
    }

    /// **M3**, for all accounts and from nothing but them.
    pub(crate) fn balance_all(&self) -> Result<(), String> {
        self.accounts.values().try_for_each(balanced)?;
        let sum = |part: fn(&Account) -> u64| -> u128 {
            self.accounts.values().map(|a| u128::from(part(a))).sum()
        };
        let (received, forfeited) = (sum(|a| a.received), sum(|a| a.forfeited));
        if received != forfeited {
            return Err(format!("{forfeited} units were forfeited and {received} received"));
        }
        Ok(())
    }

    /// Every account, ascending by key.
    pub(crate) fn accounts(&self) -> Vec<Account> {
        self.accounts.values().copied().collect()
    }

    fn open(&mut self, party: PartyKey) -> &mut Account {
        self.touched.insert(party);
        self.accounts.entry(party).or_insert(Account {
            party,
            funded: 0,
            received: 0,
            available: 0,
            locked: 0,
            settlement: 0,
            forfeited: 0,
        })
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
    use rand_core::RngCore as _;

    fn party(n: u8) -> PartyKey {
        PartyKey([n; 32])
    }

    #[test]
    fn a_unit_is_always_somewhere() {
        let mut rng = crate::testing::provers::rng(50);
        let mut ledger = Ledger::default();
        let mut refused = 0;
        for _ in 0..5_000 {
            let who = party((rng.next_u32() % 5) as u8);
            let to = party((rng.next_u32() % 5) as u8);
            let amount = u64::from(rng.next_u32() % 10);
            // A movement of what is not there is refused; skip those, as the replay does.
            let available = ledger.available(&who);
            let locked = ledger.accounts.get(&who).map_or(0, |a| a.locked);
            let (enough, result) = match rng.next_u32() % 6 {
                0 => (true, ledger.fund(who, amount)),
                1 if available >= amount => (true, ledger.lock(who, amount)),
                2 if locked >= amount => (true, ledger.release(who, amount)),
                3 if locked >= amount => (true, ledger.settle(who, amount)),
                4 if locked >= amount => {
                    (true, ledger.forfeit(who, amount).and_then(|()| ledger.receive(to, amount)))
                }
                5 if available >= amount => {
                    (true, ledger.charge(who, amount).and_then(|()| ledger.receive(to, amount)))
                }
                _ => (false, Ok(())),
            };
            refused += u32::from(!enough);
            assert_eq!(result, Ok(()));
            assert_eq!(ledger.balance(), Ok(()));
            assert_eq!(ledger.balance_all(), Ok(()));
        }
        assert!(refused > 0);
    }

    #[test]
    fn what_is_not_there_does_not_move() {
        let mut ledger = Ledger::default();
        ledger.fund(party(1), 5).unwrap();
        assert!(ledger.lock(party(1), 6).is_err());
        assert!(ledger.release(party(1), 1).is_err());
        assert!(ledger.lock(party(2), 1).is_err());
        assert!(!ledger.has_room(u64::MAX));
        assert!(ledger.has_room(u64::MAX - 5));
    }

    #[test]
    fn nothing_opens_no_account() {
        let mut ledger = Ledger::default();
        ledger.lock(party(1), 0).unwrap();
        ledger.charge(party(1), 0).unwrap();
        ledger.receive(party(2), 0).unwrap();
        assert_eq!(ledger.accounts(), vec![]);
    }

    #[test]
    fn a_forfeit_that_nobody_receives_is_noticed() {
        let mut ledger = Ledger::default();
        ledger.fund(party(1), 5).unwrap();
        ledger.charge(party(1), 5).unwrap();
        assert!(ledger.balance().is_err());
        assert!(ledger.balance_all().is_err());
    }
}
