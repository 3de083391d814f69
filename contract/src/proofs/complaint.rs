//! The point that a complainer shares with its dealer, and the pad made from it (spec section 7,
//! S6).
//!
//! The complainer reveals `S = p_j * R_i` and proves it; then anybody can remove the pad
//! from the share and see who lied.

use super::{ProofFault, announcement};
use crate::{
    fiat_shamir::{Context, FiatShamir},
    group::{Generators, decode_scalar},
};
use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar};
use sha2::{Digest as _, Sha512};
use talea_protocol::{bytes::Point, labels, setup::CompactProof, terms::AuctionId};

/// `log_K P_j = log_R S`.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    /// Index of the group of both, from 0.
    pub group: u16,
    /// Index of the complainer `j`, from 1.
    pub member: u16,
    /// Index of the dealer `i`, from 1.
    pub dealer: u16,
    /// `P_j`.
    pub encryption_key: RistrettoPoint,
    /// `R_i`.
    pub ephemeral: RistrettoPoint,
    /// `S`.
    pub shared: RistrettoPoint,
}

impl Statement {
    /// Absorbs the statement, in the order of the spec.
    pub fn absorb(&self, fs: &mut FiatShamir, gens: &Generators) {
        let Self { group, member, dealer, encryption_key, ephemeral, shared } = self;
        fs.element(b"key-base", &gens.key);
        fs.integer(b"group", *group);
        fs.integer(b"member", *member);
        fs.integer(b"dealer", *dealer);
        fs.element(b"encryption-key", encryption_key);
        fs.element(b"ephemeral", ephemeral);
        fs.element(b"shared", shared);
    }
}

/// Verifies that `S` is the complainer's secret times the dealer's ephemeral key.
///
/// # Errors
/// The fault that was found first.
pub fn verify(
    gens: &Generators,
    context: &Context,
    statement: &Statement,
    proof: &CompactProof,
) -> Result<(), ProofFault> {
    let challenge = decode_scalar(&proof.challenge).ok_or(ProofFault::NotCanonical)?;
    let response = decode_scalar(&proof.response).ok_or(ProofFault::NotCanonical)?;
    let mut fs = FiatShamir::begin(labels::KIND_COMPLAINT, context);
    statement.absorb(&mut fs, gens);
    // A1 = z*K - c*P_j, A2 = z*R_i - c*S
    let over = |base, image| announcement(&response, base, &challenge, image);
    fs.element(b"announcement", &over(&gens.key, &statement.encryption_key));
    fs.element(b"announcement", &over(&statement.ephemeral, &statement.shared));
    ProofFault::unless(fs.challenge(b"challenge") == challenge)
}

/// `pad(S)`, which a dealer adds to a share and a recipient subtracts.
#[must_use]
pub fn share_pad(
    auction: &AuctionId,
    group: u16,
    dealer: u16,
    recipient: u16,
    shared: &Point,
    ephemeral: &Point,
    recipient_key: &Point,
) -> Scalar {
    // wide(SHA-512(label || S || R || P_j || auction id || g u16 || i u16 || j u16))
    let hash = Sha512::new()
        .chain_update(labels::SHARE_PAD)
        .chain_update(shared.0)
        .chain_update(ephemeral.0)
        .chain_update(recipient_key.0)
        .chain_update(auction.0)
        .chain_update(group.to_le_bytes())
        .chain_update(dealer.to_le_bytes())
        .chain_update(recipient.to_le_bytes());
    Scalar::from_hash(hash)
}
