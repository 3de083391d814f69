//! A commitment opens to a level, for one auditor alone (spec section 20): a designated-verifier proof
//! (Jakobsson, Sako and Impagliazzo, EUROCRYPT 1996).
//!
//! The prover knows `r` with `C - v*G = r*H`, *or* it knows the auditor's secret. The auditor knows that it did
//! not make the proof, so it believes the first. Nobody else can tell, because the auditor could have made it
//! for every `v`.
//!
//! No instruction carries this proof. The contract on a chain never calls it.

use super::{ProofFault, announcement};
use crate::{
    fiat_shamir::{Context, FiatShamir},
    group::{Generators, decode_point, decode_scalar},
};
use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar, traits::IsIdentity as _};
use talea_protocol::{
    bytes::{Digest, Point},
    labels,
    opening::{AuditorKey, OpeningProof},
    price::Level,
    setup::CompactProof,
};

/// What is opened, to what, and to whom. The context is that of the bid.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'a> {
    /// `C`.
    pub commitment: &'a Point,
    /// `v`.
    pub level: Level,
    /// The auditor, whose possession has been verified.
    pub auditor: &'a AuditorKey,
}

impl Statement<'_> {
    /// Absorbs the statement, in the order of the spec.
    pub fn absorb(&self, fs: &mut FiatShamir, gens: &Generators) {
        let Self { commitment, level, auditor } = self;
        let AuditorKey { point, recipient, possession } = auditor;
        fs.element(b"value-base", &gens.value);
        fs.element(b"blinding-base", &gens.blinding);
        fs.element(b"key-base", &gens.key);
        fs.point(b"commitment", commitment);
        fs.integer(b"level", level.0);
        fs.point(b"auditor", point);
        fs.digest(b"recipient", &Digest(recipient.0));
        fs.scalar(b"possession-challenge", &possession.challenge);
        fs.scalar(b"possession-response", &possession.response);
    }

    /// `C - v*G`, of which the bidder knows the logarithm under `H`, and `A`, of which the auditor knows that
    /// under `K`.
    ///
    /// # Errors
    /// A point that is not canonical; `O` as the auditor's, whose logarithm everybody knows.
    pub fn images(&self, gens: &Generators) -> Result<[RistrettoPoint; 2], ProofFault> {
        let commitment = decode_point(self.commitment).ok_or(ProofFault::NotCanonical)?;
        let auditor = decode_point(&self.auditor.point).ok_or(ProofFault::NotCanonical)?;
        if auditor.is_identity() {
            return Err(ProofFault::Identity);
        }
        Ok([commitment - gens.value * Scalar::from(self.level.0), auditor])
    }
}

/// Absorbs both announcements and draws the challenge, to which the challenges of the branches add up.
pub fn challenge(fs: &mut FiatShamir, announcements: &[RistrettoPoint; 2]) -> Scalar {
    let [bidder, auditor] = announcements;
    fs.element(b"bidder-announcement", bidder);
    fs.element(b"auditor-announcement", auditor);
    fs.challenge(b"challenge")
}

/// Verifies the proof. Whoever knows the auditor's secret may have made it, whatever the level.
///
/// # Errors
/// The fault that was found first.
pub fn verify(
    gens: &Generators,
    context: &Context,
    statement: &Statement<'_>,
    proof: &OpeningProof,
) -> Result<(), ProofFault> {
    let [committed, auditor] = statement.images(gens)?;
    let (c_1, z_1) = decode(&proof.bidder)?;
    let (c_2, z_2) = decode(&proof.auditor)?;
    let mut fs = FiatShamir::begin(labels::KIND_OPENING, context);
    statement.absorb(&mut fs, gens);
    // T_1 = z_1*H - c_1*(C - v*G), T_2 = z_2*K - c_2*A
    let announcements = [
        announcement(&z_1, &gens.blinding, &c_1, &committed),
        announcement(&z_2, &gens.key, &c_2, &auditor),
    ];
    ProofFault::unless(challenge(&mut fs, &announcements) == c_1 + c_2)
}

fn decode(proof: &CompactProof) -> Result<(Scalar, Scalar), ProofFault> {
    let challenge = decode_scalar(&proof.challenge).ok_or(ProofFault::NotCanonical)?;
    Ok((challenge, decode_scalar(&proof.response).ok_or(ProofFault::NotCanonical)?))
}
