//! What single proofs are measured on.

use curve25519_dalek::{RistrettoPoint, Scalar};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use talea_contract::{
    elgamal::Ciphertext,
    fiat_shamir::Context,
    group::{Generators, encode_point},
    proofs::{ladder, range},
};
use talea_parties::proofs as provers;
use talea_protocol::{
    bytes::PartyKey,
    price::{PriceLadder, Rung, Shape},
    sealed_bid::SealedBid,
    terms::AuctionId,
};

/// What proofs are measured on: keys and a place, drawn once.
pub struct Bench {
    /// `G`, `H`, `K`.
    pub generators: Generators,
    /// The place of every proof.
    pub context: Context,
    /// `PK`.
    pub quorum_key: RistrettoPoint,
    /// Bulletproofs' generators.
    pub range: range::RangeVerifier,
    /// Draws everything.
    pub rng: ChaCha20Rng,
}

impl Default for Bench {
    fn default() -> Self {
        Self::new()
    }
}

impl Bench {
    /// Draws keys.
    #[must_use]
    pub fn new() -> Self {
        let generators = Generators::derive();
        let mut rng = ChaCha20Rng::seed_from_u64(7);
        let quorum_key = Scalar::random(&mut rng) * generators.key;
        let context = Context {
            auction: AuctionId([1; 32]),
            lot: 0,
            round: 0,
            step: 1,
            signer: PartyKey([2; 32]),
        };
        Self { generators, context, quorum_key, range: range::RangeVerifier::new(), rng }
    }

    /// A committed bid of the middle rung: its statement and secret.
    pub fn bid(&mut self, ladder: &PriceLadder) -> (range::Statement, Rung, Scalar) {
        let rung = Rung(ladder.rungs / 2);
        let rho = Scalar::random(&mut self.rng);
        let commitment =
            Scalar::from(rung.0) * self.generators.value + rho * self.generators.blinding;
        let (rungs, bits) = (ladder.rungs, ladder.range_bits());
        let quorum_key = encode_point(&self.quorum_key);
        (range::Statement { rungs, bits, quorum_key, commitment, standing: None }, rung, rho)
    }

    /// The same bid once more, a round later: its statement and secret.
    pub fn bid_again(
        &mut self,
        (standing, rung, rho_0): &(range::Statement, Rung, Scalar),
    ) -> (range::Statement, provers::range::Witness) {
        let rho = Scalar::random(&mut self.rng);
        let commitment =
            Scalar::from(rung.0) * self.generators.value + rho * self.generators.blinding;
        let statement =
            range::Statement { commitment, standing: Some(standing.commitment), ..*standing };
        let standing = Some((*rung, *rho_0));
        (statement, provers::range::Witness { rung: *rung, rho, standing })
    }

    /// A bid's range proof.
    ///
    /// # Panics
    /// Never: the rung is on the ladder.
    pub fn commit(&mut self, (statement, rung, rho): &(range::Statement, Rung, Scalar)) -> Vec<u8> {
        let witness = provers::range::Witness { rung: *rung, rho: *rho, standing: None };
        self.prove(statement, &witness)
    }

    /// The range proof of a statement, in any round.
    ///
    /// # Panics
    /// If the statement is not of these rungs.
    pub fn prove(
        &mut self,
        statement: &range::Statement,
        witness: &provers::range::Witness,
    ) -> Vec<u8> {
        let Self { range, generators, context, rng, .. } = self;
        provers::range::prove(range, generators, context, statement, witness, rng)
            .expect("the rung is on the ladder")
    }

    /// Its sealed bid.
    ///
    /// # Panics
    /// Never: the rung is on the ladder.
    pub fn seal(&mut self, shape: &Shape, rung: Rung, rho: &Scalar) -> SealedBid {
        let Self { generators, context, quorum_key, rng, .. } = self;
        provers::ladder::prove(generators, context, shape, quorum_key, rung, rho, rng)
            .expect("the rung is on the ladder")
    }

    /// Verifies these sealed bids together.
    ///
    /// # Panics
    /// If one is false.
    pub fn unseal(&self, shape: &Shape, bids: &[(RistrettoPoint, &SealedBid)]) {
        let decoded: Vec<ladder::Decoded<'_>> = bids
            .iter()
            .map(|(commitment, sealed_bid)| {
                let (context, commitment) = (self.context, *commitment);
                ladder::decode(ladder::Claim { context, shape, commitment, sealed_bid })
                    .expect("well formed")
            })
            .collect();
        ladder::verify_batch(&self.generators, &self.quorum_key, &decoded).expect("it holds");
    }

    /// Pairs to multiply.
    pub fn pairs(&mut self, count: usize) -> Vec<(Ciphertext, Ciphertext)> {
        let mut encrypt = |message: Scalar| {
            let r = Scalar::random(&mut self.rng);
            Ciphertext {
                r: r * self.generators.key,
                e: message * self.generators.value + r * self.quorum_key,
            }
        };
        (0..count).map(|_| (encrypt(Scalar::ONE), encrypt(Scalar::ONE))).collect()
    }
}
