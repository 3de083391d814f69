//! The bidder: commits a rung, then hands over the sealed bid, and may go.
//!
//! A bid walks one way: [`Bidder::commit`] draws every secret, makes the commit *and* the sealed
//! bid, and forgets the secrets. What is left to do is to post two byte strings.

use crate::{
    identity::{Identity, TooLarge},
    proofs::{Unprovable, commit, ladder, range},
};
use curve25519_dalek::Scalar;
use rand_core::CryptoRngCore;
use talea_contract::{
    Auction,
    fiat_shamir::Context,
    group::{Generators, encode_point},
    proofs::range::Statement,
};
use talea_protocol::{
    bytes::{List, PartyKey, Point},
    commitment::{BidId, Commit, seal},
    instruction::Instruction,
    price::Rung,
    sealed_bid::{Contribution, Reveal},
};
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// Somebody who bids.
pub struct Bidder {
    identity: Identity,
}

/// A bid on its way: the commit to post while bids are due, and what reveals it afterwards.
pub struct PreparedBid {
    /// The signed commit.
    pub commit: Vec<u8>,
    /// The sealed bid. Keep it safe before the commit leaves the machine: a bid that cannot be
    /// revealed forfeits its deposit. It tells nobody the price unless a quorum decrypts it.
    pub reveal: Reveal,
    /// What it takes to bid again in the next round. Nothing without rounds.
    pub secret: BidSecret,
}

/// What a commitment hides: kept between rounds, to prove that the next bid is not worse.
#[derive(Clone, ZeroizeOnDrop)]
pub struct BidSecret {
    #[zeroize(skip)]
    rung: Rung,
    blinding: Scalar,
}

impl BidSecret {
    /// The bid.
    #[must_use]
    pub fn rung(&self) -> Rung {
        self.rung
    }

    /// Whether this is what is committed here.
    #[must_use]
    pub fn opens(&self, commitment: &Point) -> bool {
        let own = commit(&Generators::derive(), &self.rung.0.into(), &self.blinding);
        encode_point(&own) == *commitment
    }

    /// What to keep, encrypted, until the next round: 36 bytes, the rung and the blinding.
    #[must_use]
    pub fn save(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(self.rung.0.to_le_bytes().to_vec());
        bytes.extend_from_slice(self.blinding.as_bytes());
        bytes
    }

    /// What was kept; nothing if these are not the bytes of [`save`](Self::save).
    #[must_use]
    pub fn resume(saved: &[u8]) -> Option<Self> {
        let (rung, blinding) = saved.split_first_chunk()?;
        let blinding = Scalar::from_canonical_bytes(blinding.try_into().ok()?);
        Some(Self { rung: Rung(u32::from_le_bytes(*rung)), blinding: blinding.into_option()? })
    }
}

/// Why a bid could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BidError {
    /// No such lot.
    #[error("the auction has no lot {0}")]
    NoLot(u32),
    /// Not a rung of the lot's ladder.
    #[error("rung {rung} is not on the ladder of lot {lot}, which has {rungs} rungs")]
    OffLadder {
        /// The lot.
        lot: u32,
        /// The rung asked for.
        rung: u32,
        /// The rungs there are.
        rungs: u32,
    },
    /// The key ceremony is not over, or failed.
    #[error("the auction has no key to seal bids under")]
    NoKey,
    /// A rung beyond what can be proved, or below the standing bid; [`OffLadder`](Self::OffLadder) comes first.
    #[error(transparent)]
    Unprovable(#[from] Unprovable),
    /// Too large a message.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

impl Bidder {
    /// A bidder who signs with `identity`.
    #[must_use]
    pub fn new(identity: Identity) -> Self {
        Self { identity }
    }

    /// The bidder's public key.
    #[must_use]
    pub fn party(&self) -> PartyKey {
        self.identity.party()
    }

    /// Makes a bid of `rung` on a lot.
    ///
    /// # Errors
    /// [`BidError`], before any secret is drawn.
    pub fn commit(
        &self,
        auction: &Auction,
        lot: u32,
        rung: Rung,
        rng: &mut impl CryptoRngCore,
    ) -> Result<PreparedBid, BidError> {
        self.commit_altered(auction, lot, rung, |sealed_bid| sealed_bid, rng)
    }

    /// A bid whose sealed bytes are what `alter` makes of the right ones: for trials of what a
    /// cheating bidder can do.
    ///
    /// # Errors
    /// [`BidError`], before any secret is drawn.
    pub fn commit_altered(
        &self,
        auction: &Auction,
        lot: u32,
        rung: Rung,
        alter: impl FnOnce(Vec<u8>) -> Vec<u8>,
        rng: &mut impl CryptoRngCore,
    ) -> Result<PreparedBid, BidError> {
        prepare((&self.identity, Instruction::Commit), auction, (lot, rung), None, alter, rng)
    }

    /// Bids again in a later round: `rung` is at least the one of the `standing` bid. Whether it is
    /// more, nobody learns.
    ///
    /// # Errors
    /// [`BidError`], before any secret is drawn.
    pub fn improve(
        &self,
        auction: &Auction,
        lot: u32,
        rung: Rung,
        standing: &BidSecret,
        rng: &mut impl CryptoRngCore,
    ) -> Result<PreparedBid, BidError> {
        self.improve_altered(auction, (lot, rung), standing, |sealed_bid| sealed_bid, rng)
    }

    /// A bid in a later round whose sealed bytes are what `alter` makes of the right ones.
    ///
    /// # Errors
    /// [`BidError`], before any secret is drawn.
    pub fn improve_altered(
        &self,
        auction: &Auction,
        (lot, rung): (u32, Rung),
        standing: &BidSecret,
        alter: impl FnOnce(Vec<u8>) -> Vec<u8>,
        rng: &mut impl CryptoRngCore,
    ) -> Result<PreparedBid, BidError> {
        let kind = (&self.identity, Instruction::Commit);
        prepare(kind, auction, (lot, rung), Some(standing), alter, rng)
    }
}

/// Makes a bid, or a seller's reserve, which is made in the same way.
pub(crate) fn prepare(
    (identity, kind): (&Identity, impl FnOnce(Commit) -> Instruction),
    auction: &Auction,
    (lot, rung): (u32, Rung),
    standing: Option<&BidSecret>,
    alter: impl FnOnce(Vec<u8>) -> Vec<u8>,
    rng: &mut impl CryptoRngCore,
) -> Result<PreparedBid, BidError> {
    let terms = auction.terms();
    let line = usize::try_from(lot).ok().and_then(|lot| terms.lots.get(lot));
    let ladder = &line.ok_or(BidError::NoLot(lot))?.ladder;
    if rung.0 >= ladder.rungs {
        return Err(BidError::OffLadder { lot, rung: rung.0, rungs: ladder.rungs });
    }
    let keys = auction.quorum_keys().ok_or(BidError::NoKey)?;
    let setting = auction.setting();
    let generators = &setting.generators;
    let bidder = identity.party();
    let round = auction.round();
    let bid = BidId { lot, round, bidder };
    let context = Context { auction: auction.id(), lot, round, step: 0, signer: bidder };

    let blinding = Zeroizing::new(Scalar::random(rng));
    let to = |rung: Rung, blinding: &Scalar| commit(generators, &rung.0.into(), blinding);
    let commitment = to(rung, &blinding);
    let statement = Statement {
        rungs: ladder.rungs,
        bits: ladder.range_bits(),
        quorum_key: keys.encoded,
        commitment,
        standing: standing.map(|standing| to(standing.rung, &standing.blinding)),
    };
    let witness = range::Witness {
        rung,
        rho: *blinding,
        standing: standing.map(|standing| (standing.rung, standing.blinding)),
    };
    let range_proof =
        range::prove(&setting.range, generators, &context, &statement, &witness, rng)?;
    let mut sealed_bid =
        ladder::prove(generators, &context, &ladder.shape, &keys.key, rung, &blinding, rng)?
            .to_bytes();
    if terms.ties.asks_for_contributions(round) {
        let mut contribution: Contribution = Default::default();
        rng.fill_bytes(&mut contribution);
        sealed_bid.extend(contribution);
    }
    let sealed_bid = alter(sealed_bid);
    let commit = Commit {
        lot,
        round,
        commitment: encode_point(&commitment),
        range_proof: List::new(range_proof).map_err(|_| TooLarge)?,
        seal: seal(&auction.id(), &bid, &sealed_bid),
    };
    Ok(PreparedBid {
        commit: identity.sign(&auction.id(), &kind(commit))?,
        reveal: Reveal { bid, sealed_bid: List::new(sealed_bid).map_err(|_| TooLarge)? },
        secret: BidSecret { rung, blinding: *blinding },
    })
}

/// Signs reveals for submission. Anybody may: the bidder, or a courier.
///
/// # Errors
/// [`TooLarge`] if these are more than fit in one instruction.
pub fn carry(
    courier: &Identity,
    auction: &Auction,
    reveals: Vec<Reveal>,
) -> Result<Vec<u8>, TooLarge> {
    let reveals = List::new(reveals).map_err(|_| TooLarge)?;
    courier.sign(&auction.id(), &Instruction::Reveal(reveals))
}
