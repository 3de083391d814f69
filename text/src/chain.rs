//! Where an auction takes place, if that is a chain: who its custodian is.

use ed25519_dalek::SigningKey;
use talea_protocol::{
    bytes::{Domain, PartyKey},
    chain::{ChainHome, custodian_seed},
    terms::Terms,
};

/// The key of a chain as a custodian, of which everybody has both halves (spec section 6).
#[must_use]
pub fn custodian(domain: &Domain) -> PartyKey {
    PartyKey(SigningKey::from_bytes(&custodian_seed(domain)).verifying_key().to_bytes())
}

/// Whether a chain is the custodian of these terms, as its contract demands.
#[must_use]
pub fn is_custodian(terms: &Terms) -> bool {
    ChainHome::of(&terms.domain).is_some() && custodian(&terms.domain) == terms.custodian
}
