//! Everybody takes out what the outcome leaves it.

use crate::{
    chain::{Failed, address},
    home::{DENOM, OnChain},
};
use cosmwasm_std::{Binary, Uint256};
use std::collections::BTreeMap;
use talea_chain::message::{ExecuteMsg, Pocket};
use talea_parties::identity::Identity;
use talea_protocol::{
    bytes::PartyKey,
    claim::{self, claim_bytes},
    terms::AuctionId,
};

/// A claim, signed by its claimant.
#[must_use]
pub fn claim(
    claimant: &Identity,
    auction: &AuctionId,
    (party, pocket): (PartyKey, Pocket),
    to: &str,
) -> ExecuteMsg {
    let message = claim_bytes(auction, claim::Pocket::from(pocket), &party, to);
    let signature = Binary::new(claimant.sign_bytes(&message).0.to_vec());
    ExecuteMsg::Claim { party: party.to_string(), pocket, to: to.into(), signature }
}

/// The address to which a party has itself paid.
#[must_use]
pub fn address_of(party: &PartyKey) -> String {
    address(&party.to_string())
}

/// Claims everything of everybody, and gives what each address was paid.
///
/// # Errors
/// [`Failed`] if the chain refuses a claim.
pub fn claim_everything(
    home: &mut OnChain,
    identities: &[Identity],
) -> Result<BTreeMap<String, Uint256>, Failed> {
    use talea_sim::simulate::Home as _;
    let auction = home.auction();
    let (id, seller, slot) = (auction.id(), auction.terms().seller, auction.slot());
    let accounts = auction.accounts();
    let sender = address("sender");
    let mut paid = BTreeMap::new();
    for account in accounts {
        let party = account.party;
        for (pocket, claimant, amount) in [
            (Pocket::Available, party, account.available),
            (Pocket::Settlement, seller, account.settlement),
        ] {
            let Some(identity) = identities.iter().find(|identity| identity.party() == claimant)
            else {
                continue;
            };
            if amount == 0 {
                continue;
            }
            let to = address_of(&claimant);
            let message = claim(identity, &id, (party, pocket), &to);
            let done = home.chain_mut().execute(&sender, &message, &[])?;
            home.note(("claim", 1), claimant, slot, &done);
            paid.insert(to.clone(), home.chain().balance(&to, DENOM));
        }
    }
    Ok(paid)
}
