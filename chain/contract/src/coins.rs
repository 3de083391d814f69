//! What comes in with a message, and what a claim pays out.

use crate::{
    message::Pocket,
    refusal::Refusal,
    state::{self, Home},
};
use cosmwasm_std::{Api, BankMsg, Coin, MessageInfo, Storage, Uint256};
use talea_contract::{Auction, Phase, signature_holds};
use talea_protocol::{
    bytes::{PartyKey, Signature},
    claim::{self, claim_bytes},
    outcome::Account,
};

/// The amount that a message brings: coins of one kind, the auction's.
///
/// # Errors
/// `chain.coins-missing`, `chain.denom` or `chain.amount`.
pub(crate) fn brought(home: &Home, info: &MessageInfo) -> Result<u64, Refusal> {
    let missing = || Refusal::CoinsMissing { denom: home.denom.clone() };
    let coin = match info.funds.as_slice() {
        [] => return Err(missing()),
        [coin] if coin.denom == home.denom => coin,
        coins => return Err(Refusal::Denom { denom: home.denom.clone(), coins: written(coins) }),
    };
    if coin.amount.is_zero() {
        return Err(missing());
    }
    let most = Uint256::from(u64::MAX);
    let amount = Some(coin.amount).filter(|amount| *amount <= most);
    let amount = amount.ok_or_else(|| Refusal::Amount { amount: coin.amount.to_string() })?;
    let [.., a, b, c, d, e, f, g, h] = amount.to_be_bytes();
    Ok(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
}

/// `Err` if coins come with a message that takes none.
///
/// # Errors
/// `chain.coins-unwanted`.
pub(crate) fn require_none(info: &MessageInfo) -> Result<(), Refusal> {
    if info.funds.is_empty() {
        return Ok(());
    }
    Err(Refusal::CoinsUnwanted { coins: written(&info.funds) })
}

fn written(coins: &[Coin]) -> String {
    let coins: Vec<String> = coins.iter().map(Coin::to_string).collect();
    coins.join(" and ")
}

/// What somebody asks to be paid.
pub(crate) struct Claim {
    pub(crate) party: PartyKey,
    pub(crate) pocket: Pocket,
    pub(crate) to: String,
    pub(crate) signature: Signature,
}

impl Claim {
    /// What the outcome leaves to pay to this claimant.
    ///
    /// # Errors
    /// A [`Refusal`] if nothing is to be paid, or not by this claim.
    pub(crate) fn due(&self, api: &dyn Api, auction: &Auction) -> Result<u64, Refusal> {
        let phase = auction.phase();
        if phase != Phase::Closed {
            return Err(Refusal::NotClosed { phase: phase.name() });
        }
        require_address(api, &self.to)?;
        let signer = match self.pocket {
            Pocket::Available => self.party,
            Pocket::Settlement => auction.terms().seller,
        };
        let message = claim_bytes(&auction.id(), self.pocket.into(), &self.party, &self.to);
        if !signature_holds(&signer, &message, &self.signature) {
            return Err(Refusal::ClaimSignature { signer: signer.to_string() });
        }
        let account = auction.account(&self.party);
        let held = account.map_or(0, |account| held(&account, self.pocket));
        if held == 0 {
            return Err(Refusal::NothingToClaim { party: self.party.to_string() });
        }
        Ok(held)
    }

    /// Pays this once, to the address that the claimant signed.
    ///
    /// # Errors
    /// `chain.claimed`.
    pub(crate) fn pay(
        &self,
        storage: &mut dyn Storage,
        home: &Home,
        due: u64,
    ) -> Result<BankMsg, Refusal> {
        let pocket = claim::Pocket::from(self.pocket);
        if state::is_paid(storage, &self.party, pocket) {
            return Err(Refusal::Claimed { party: self.party.to_string() });
        }
        state::pay(storage, &self.party, pocket);
        let amount = vec![Coin::new(due, &home.denom)];
        Ok(BankMsg::Send { to_address: self.to.clone(), amount })
    }
}

fn held(account: &Account, pocket: Pocket) -> u64 {
    match pocket {
        Pocket::Available => account.available,
        Pocket::Settlement => account.settlement,
    }
}

fn require_address(api: &dyn Api, address: &str) -> Result<(), Refusal> {
    let unknown = |_| Refusal::Address { address: address.into() };
    api.addr_validate(address).map(|_| ()).map_err(unknown)
}
