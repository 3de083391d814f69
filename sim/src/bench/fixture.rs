//! What single proofs are measured on.

use curve25519_dalek::{RistrettoPoint, Scalar};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use talea_contract::{
    elgamal::Ciphertext,
    fiat_shamir::Context,
    group::{Generators, decode_point, encode_point},
    proofs::{range, unary},
};
use talea_parties::proofs as provers;
use talea_protocol::{
    bytes::{PartyKey, Point},
    commitment::RangeProof,
    price::{Level, PriceGrid, Shape},
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
        Self { generators, context, quorum_key, rng }
    }

    /// A committed bid of the middle level: its statement and secret.
    pub fn bid(&mut self, grid: &PriceGrid) -> (range::Statement, Level, Scalar) {
        let level = Level(grid.levels / 2);
        let (commitment, rho) = self.commitment(level);
        let (levels, quorum_key) = (grid.levels, self.quorum_key);
        (range::Statement { levels, quorum_key, commitment, active: None }, level, rho)
    }

    /// A commitment to this level, and what blinds it.
    fn commitment(&mut self, level: Level) -> (Point, Scalar) {
        let Generators { value, blinding, .. } = &self.generators;
        let rho = Scalar::random(&mut self.rng);
        (encode_point(&(Scalar::from(level.0) * value + rho * blinding)), rho)
    }

    /// The same bid once more, a round later: its statement and secret.
    pub fn bid_again(
        &mut self,
        (active, level, rho_0): &(range::Statement, Level, Scalar),
    ) -> (range::Statement, provers::range::Witness) {
        let (commitment, rho) = self.commitment(*level);
        let statement = range::Statement { commitment, active: Some(active.commitment), ..*active };
        let active = Some((*level, *rho_0));
        (statement, provers::range::Witness { level: *level, rho, active })
    }

    /// A bid's range proof.
    ///
    /// # Panics
    /// Never: the level is on the grid.
    pub fn commit(
        &mut self,
        (statement, level, rho): &(range::Statement, Level, Scalar),
    ) -> RangeProof {
        let witness = provers::range::Witness { level: *level, rho: *rho, active: None };
        self.prove(statement, &witness)
    }

    /// The range proof of a statement, in any round.
    ///
    /// # Panics
    /// If the statement is not of these levels.
    pub fn prove(
        &mut self,
        statement: &range::Statement,
        witness: &provers::range::Witness,
    ) -> RangeProof {
        let Self { generators, context, rng, .. } = self;
        provers::range::prove(generators, context, statement, witness, rng)
            .expect("the level is on the grid")
    }

    /// The commitment of a statement.
    ///
    /// # Panics
    /// If it is not canonical.
    pub fn decoded(&self, statement: &range::Statement) -> RistrettoPoint {
        decode_point(&statement.commitment).expect("the commitment is canonical")
    }

    /// Verifies a range proof.
    ///
    /// # Panics
    /// If it does not hold.
    pub fn verify_range(&self, statement: &range::Statement, proof: &RangeProof) {
        let claim = range::Claim { context: self.context, statement: *statement, proof };
        range::verify(&self.generators, claim).expect("the range proof holds");
    }

    /// Its sealed bid.
    ///
    /// # Panics
    /// Never: the level is on the grid.
    pub fn seal(&mut self, shape: &Shape, level: Level, rho: &Scalar) -> SealedBid {
        let Self { generators, context, quorum_key, rng, .. } = self;
        provers::unary::prove(generators, context, shape, quorum_key, level, rho, rng)
            .expect("the level is on the grid")
    }

    /// Verifies these sealed bids together.
    ///
    /// # Panics
    /// If one is false.
    pub fn verify_sealed(&self, shape: &Shape, bids: &[(RistrettoPoint, &SealedBid)]) {
        let decoded: Vec<unary::Decoded<'_>> = bids
            .iter()
            .map(|(commitment, sealed_bid)| {
                let (context, commitment) = (self.context, *commitment);
                unary::decode(unary::Claim { context, shape, commitment, sealed_bid })
                    .expect("well formed")
            })
            .collect();
        unary::verify_batch(&self.generators, &self.quorum_key, &decoded).expect("it holds");
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
