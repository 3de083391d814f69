//! Live forgers: every attack on the proofs that we know, carried out.
//!
//! Each forger is code that makes a false thing pass a verifier that is deliberately flawed and
//! kept here, and that the real verifiers refuse. The first half shows that the attack is alive: a
//! forger that no longer beats its flawed verifier tests nothing. Numbers such as F4 are those of
//! `docs/security.md`.
//!
//! To every relation belongs an artefact (a statement with its proof), a replica of its verifier
//! that takes an optional flaw, and the forgers. Without a flaw the replica must agree with the
//! real verifiers on everything, which [`Artefact::check_forgery`] confirms each time: so it is the
//! flaw that lets the forgery in, and nothing else.
//!
//! There are two real verifiers, the contract's and that of `talea-verifier`, which know nothing of
//! each other. Both are asked about everything here, proof by proof.

use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar};
use rand_chacha::ChaCha20Rng;
use std::fmt::Debug;
use talea_contract::{
    elgamal::Ciphertext,
    fiat_shamir::Context,
    group::{Generators, decode_point, decode_scalar, encode_point, encode_scalar},
    proofs::ProofFault,
};
use talea_protocol::{
    bytes::{Digest, PartyKey, Point},
    setup::CompactProof,
    terms::AuctionId,
};
use talea_verifier::{fiat_shamir::Context as Place, proofs::ProofError};

mod algebra;
mod auditor;
mod blind;
mod complaint;
mod curve;
mod decryption_share;
mod gate;
mod opening;
mod possession;
mod range;
mod replay;
mod shuffle;
mod sources;
mod unary;

/// A statement with the proof that came with it.
trait Artefact {
    /// What can be wrong with a verifier of this relation.
    type Flaw: Copy + Debug;

    /// The verdict of the contract.
    fn contract(&self) -> Result<(), ProofFault>;

    /// The verdict of the second verifier.
    fn verifier(&self) -> Result<(), ProofError>;

    /// The verdict of the replica kept here, flawed or not.
    fn replica(&self, flaw: Option<Self::Flaw>) -> bool;

    /// Asserts that everybody accepts this.
    fn check_honest(&self) {
        assert_eq!(self.contract(), Ok(()), "the contract refuses what is true");
        assert_eq!(self.verifier(), Ok(()), "the verifier refuses what is true");
        assert!(self.replica(None), "the replica refuses what is true");
    }

    /// Asserts that a verifier with this flaw accepts this, and that no other does.
    fn check_forgery(&self, flaw: Self::Flaw) {
        assert!(self.replica(Some(flaw)), "the forger of {flaw:?} does not beat it");
        self.check_refused();
    }

    /// Asserts that no sound verifier accepts this.
    fn check_refused(&self) {
        assert!(!self.replica(None), "the replica without a flaw accepts a forgery");
        assert!(self.contract().is_err(), "THE CONTRACT ACCEPTS A FORGERY");
        assert!(self.verifier().is_err(), "THE VERIFIER ACCEPTS A FORGERY");
    }

    /// Asserts that both verifiers refuse this for the identity in it, and for nothing else.
    fn check_identity_refused(&self) {
        assert_eq!(self.contract(), Err(ProofFault::Identity));
        let verdict = self.verifier();
        assert!(matches!(verdict, Err(ProofError::Identity(_))), "{verdict:?}");
    }
}

/// The real generators.
fn generators() -> Generators {
    Generators::derive()
}

/// The digest by which statements name the vector bases.
fn vector_bases() -> Digest {
    let bases: Vec<u8> = generators().vector.iter().flat_map(|base| encode_point(base).0).collect();
    Digest::of(&[&bases])
}

/// Where the forgeries are made, and shown.
fn context() -> Context {
    Context { auction: AuctionId([1; 32]), lot: 2, round: 0, step: 7, signer: PartyKey([3; 32]) }
}

/// The context of another party.
fn context_of(party: u8) -> Context {
    Context { signer: PartyKey([party; 32]), ..context() }
}

/// A context in the second verifier's type.
fn place(context: &Context) -> Place {
    let Context { auction, lot, round, step, signer } = *context;
    Place { auction, lot, round, step, signer }
}

/// Every context that differs from [`context`] in one item, with the item's name.
fn elsewhere() -> [(&'static str, Context); 5] {
    let here = context();
    [
        ("another auction", Context { auction: AuctionId([9; 32]), ..here }),
        ("another lot", Context { lot: here.lot + 1, ..here }),
        ("another round", Context { round: here.round + 1, ..here }),
        ("another step", Context { step: here.step + 1, ..here }),
        ("another party", context_of(9)),
    ]
}

/// An endorsed head.
const HEAD: Digest = Digest([8; 32]);

/// A generator that a seed determines.
fn rng(seed: u64) -> ChaCha20Rng {
    talea_tests::rng(seed)
}

/// A random scalar.
fn scalar(rng: &mut ChaCha20Rng) -> Scalar {
    Scalar::random(rng)
}

/// A random element, whose logarithm nobody knows.
fn element(rng: &mut ChaCha20Rng) -> RistrettoPoint {
    RistrettoPoint::random(rng)
}

/// `Enc(message; r)`.
fn encrypt(quorum_key: &RistrettoPoint, message: &Scalar, r: &Scalar) -> Ciphertext {
    let gens = generators();
    Ciphertext { r: gens.key * r, e: gens.value * message + quorum_key * r }
}

/// The message of a ciphertext under this quorum secret, times `G`.
fn decrypt(secret: &Scalar, ciphertext: &Ciphertext) -> RistrettoPoint {
    ciphertext.e - ciphertext.r * secret
}

/// A compact proof of these scalars.
fn compact(challenge: &Scalar, response: &Scalar) -> CompactProof {
    CompactProof { challenge: encode_scalar(challenge), response: encode_scalar(response) }
}

/// The scalars of a compact proof.
fn open(proof: &CompactProof) -> Option<(Scalar, Scalar)> {
    Some((decode_scalar(&proof.challenge)?, decode_scalar(&proof.response)?))
}

/// The elements of a list of encodings.
fn decode_all(points: &[Point]) -> Option<Vec<RistrettoPoint>> {
    points.iter().map(decode_point).collect()
}

/// The encodings of a list of elements.
fn encode_all(points: &[RistrettoPoint]) -> Vec<Point> {
    points.iter().map(encode_point).collect()
}
