//! The bidder: commits a level, then hands over the sealed bid, and need not return.
//!
//! A bid goes through fixed states: [`Bidder::commit`] derives every secret, makes the commit *and* the sealed
//! bid, and forgets the secrets. It then only has to post two byte strings. A bidder that has lost the
//! second finds it again with [`Place::find`] and [`Place::reveal`].

mod curve;

pub use curve::{PreparedCurve, check_curve};

use crate::{
    bid_secrets::{BidSecrets, Derivation},
    identity::{Identity, TooLarge},
    proofs::{Unprovable, commit, opening, range, unary},
};
use curve25519_dalek::Scalar;
use rand_core::CryptoRngCore;
use std::{ops::Range, sync::Arc};
use talea_contract::{
    Auction,
    fiat_shamir::Context,
    group::{Generators, encode_point},
    proofs::{opening::Statement as OpeningStatement, range::Statement},
    setup::QuorumKeys,
};
use talea_protocol::{
    bytes::{List, PartyKey, Point},
    commitment::{BidId, Commit, TradeSide, seal},
    instruction::Instruction,
    opening::{AuditorKey, Opening},
    price::{Level, PriceGrid, Shape},
    sealed_bid::Reveal,
    terms::AuctionId,
};
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// Somebody who bids.
pub struct Bidder {
    identity: Identity,
}

/// A prepared bid: the commit to post while bids are due, and what reveals it afterwards.
pub struct PreparedBid {
    /// The signed commit.
    pub commit: Vec<u8>,
    /// The sealed bid: [`Place::reveal`] makes it once more. It tells nobody the price unless a quorum
    /// decrypts it.
    pub reveal: Reveal,
    /// The secret needed to bid again in the next round. Nothing without rounds.
    pub secret: BidSecret,
}

/// What a commitment hides: kept between rounds, to prove that the next bid is not worse.
#[derive(Clone, ZeroizeOnDrop)]
pub struct BidSecret {
    #[zeroize(skip)]
    level: Level,
    blinding: Scalar,
}

impl BidSecret {
    /// The bid.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }

    /// Whether this commitment hides it.
    #[must_use]
    pub fn opens(&self, commitment: &Point) -> bool {
        let own = commit(&Generators::derive(), &self.level.0.into(), &self.blinding);
        encode_point(&own) == *commitment
    }

    /// Shows one auditor, and nobody else, what this bid is. The bid must be the one that this hides.
    ///
    /// # Errors
    /// [`Unprovable::NotKnown`] if the auditor's key is none.
    pub fn open_to(
        &self,
        auditor: &AuditorKey,
        auction: AuctionId,
        bid: BidId,
        rng: &mut impl CryptoRngCore,
    ) -> Result<Opening, Unprovable> {
        let gens = Generators::derive();
        let commitment = encode_point(&commit(&gens, &self.level.0.into(), &self.blinding));
        let statement = OpeningStatement { commitment: &commitment, level: self.level, auditor };
        let context =
            Context { auction, lot: bid.lot, round: bid.round, step: 0, signer: bid.bidder };
        let witness = opening::Witness::Bidder(self.blinding);
        let proof = opening::prove(&gens, &context, &statement, &witness, rng)?;
        Ok(Opening::new(auction, bid, self.level, proof))
    }

    /// What to keep, encrypted, until the next round: 36 bytes, the level and the blinding.
    #[must_use]
    pub fn save(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(self.level.0.to_le_bytes().to_vec());
        bytes.extend_from_slice(self.blinding.as_bytes());
        bytes
    }

    /// Reads the bytes of [`save`](Self::save); nothing if they are not such bytes.
    #[must_use]
    pub fn resume(saved: &[u8]) -> Option<Self> {
        let (level, blinding) = saved.split_first_chunk()?;
        let blinding = Scalar::from_canonical_bytes(blinding.try_into().ok()?);
        Some(Self { level: Level(u32::from_le_bytes(*level)), blinding: blinding.into_option()? })
    }
}

/// Why a bid could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BidError {
    /// No such lot.
    #[error("the auction has no lot {0}")]
    NoLot(u32),
    /// Not a level of the lot's grid.
    #[error("level {level} is not on the grid of lot {lot}, which has {levels} levels")]
    OffGrid {
        /// The lot.
        lot: u32,
        /// The level asked for.
        level: u32,
        /// The levels there are.
        levels: u32,
    },
    /// A curve where a bid is one level.
    #[error("the auction takes bids of one price, and no curves")]
    NotCurves,
    /// One level where a bid is a curve.
    #[error("the auction takes curves: a bid is a list of steps, each a price with a quantity")]
    NeedsCurve,
    /// A bid to buy where bids are to sell, or the other way round.
    #[error("lot {lot} takes bids to {} alone", verb(*.takes))]
    WrongSide {
        /// The lot.
        lot: u32,
        /// The side that it takes.
        takes: TradeSide,
    },
    /// No step where quantities are public.
    #[error("the bid has no step, and needs one")]
    NoSteps,
    /// More steps than the terms allow.
    #[error("the bid has {steps} steps, and the auction takes {most} at most")]
    TooManySteps {
        /// How many it has.
        steps: usize,
        /// How many it may have.
        most: usize,
    },
    /// A step of nothing where quantities are public.
    #[error("step number {step} of the bid is for no unit")]
    NoUnits {
        /// Which step, counted from 1.
        step: usize,
    },
    /// More units in a step than a sealed quantity can say.
    #[error(
        "step number {step} of the bid is for {quantity} units, and the auction takes {most} in a step at most"
    )]
    QuantityTooLarge {
        /// Which step, counted from 1.
        step: usize,
        /// Its units.
        quantity: u32,
        /// How many it may have.
        most: u32,
    },
    /// More units in a bid than the terms allow.
    #[error("the bid is for {sum} units, and the auction takes {most} of a bidder at most")]
    TooManyUnits {
        /// Units of all steps.
        sum: u64,
        /// How many there may be.
        most: u32,
    },
    /// The key ceremony is not over, or failed.
    #[error("the auction has no key to seal bids under")]
    NoKey,
    /// A level beyond what can be proved, or below the active bid; [`OffGrid`](Self::OffGrid) comes first.
    #[error(transparent)]
    Unprovable(#[from] Unprovable),
    /// Too large a message.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

/// What a bid on this side is to do.
fn verb(side: TradeSide) -> &'static str {
    match side {
        TradeSide::Buy => "buy",
        TradeSide::Sell => "sell",
    }
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

    /// Makes a bid of `level` on a lot.
    ///
    /// # Errors
    /// [`BidError`].
    pub fn commit(
        &self,
        auction: &Auction,
        lot: u32,
        level: Level,
        rng: &mut impl CryptoRngCore,
    ) -> Result<PreparedBid, BidError> {
        self.commit_altered(auction, lot, level, |sealed_bid| sealed_bid, rng)
    }

    /// A bid whose sealed bytes are what `alter` makes of the right ones: for tests of what a
    /// cheating bidder can do.
    ///
    /// # Errors
    /// [`BidError`].
    pub fn commit_altered(
        &self,
        auction: &Auction,
        lot: u32,
        level: Level,
        alter: impl FnOnce(Vec<u8>) -> Vec<u8>,
        rng: &mut impl CryptoRngCore,
    ) -> Result<PreparedBid, BidError> {
        self.place(auction, lot)?.prepare(Instruction::Commit, level, None, alter, rng)
    }

    /// Bids again in a later round: `level` is at least the one of the `active` bid. Whether it is
    /// more, nobody learns.
    ///
    /// # Errors
    /// [`BidError`].
    pub fn improve(
        &self,
        auction: &Auction,
        lot: u32,
        level: Level,
        active: &BidSecret,
        rng: &mut impl CryptoRngCore,
    ) -> Result<PreparedBid, BidError> {
        self.improve_altered(auction, (lot, level), active, |sealed_bid| sealed_bid, rng)
    }

    /// A bid in a later round whose sealed bytes are what `alter` makes of the right ones.
    ///
    /// # Errors
    /// [`BidError`].
    pub fn improve_altered(
        &self,
        auction: &Auction,
        (lot, level): (u32, Level),
        active: &BidSecret,
        alter: impl FnOnce(Vec<u8>) -> Vec<u8>,
        rng: &mut impl CryptoRngCore,
    ) -> Result<PreparedBid, BidError> {
        let place = self.place(auction, lot)?;
        place.prepare(Instruction::Commit, level, Some(active), alter, rng)
    }

    /// Of this bidder's bid in the current round.
    fn place<'a>(&'a self, auction: &'a Auction, lot: u32) -> Result<Place<'a>, BidError> {
        Place::new(&self.identity, auction, (lot, auction.round()))
    }
}

/// Where a bid is made: whose it is, on which lot, in which round, under which key.
pub struct Place<'a> {
    auction: &'a Auction,
    bidder: &'a Identity,
    grid: &'a PriceGrid,
    keys: Arc<QuorumKeys>,
    bid: BidId,
    derivation: Derivation,
}

impl<'a> Place<'a> {
    /// The place of a bid, or of the seller's reserve, on a lot in a round.
    ///
    /// # Errors
    /// [`BidError::NoLot`], [`BidError::NoKey`].
    pub fn new(
        bidder: &'a Identity,
        auction: &'a Auction,
        (lot, round): (u32, u32),
    ) -> Result<Self, BidError> {
        let line = usize::try_from(lot).ok().and_then(|lot| auction.terms().lots.get(lot));
        let grid = &line.ok_or(BidError::NoLot(lot))?.grid;
        let keys = auction.quorum_keys().ok_or(BidError::NoKey)?;
        let bid = BidId { lot, round, bidder: bidder.party() };
        let derivation = Derivation::new(bidder, &context(auction, &bid), &keys.encoded);
        Ok(Self { auction, bidder, grid, keys, bid, derivation })
    }

    /// Which of these levels a commitment at this place is to, if this bidder made it.
    #[must_use]
    pub fn find(&self, commitment: &Point, levels: Range<u32>) -> Option<Level> {
        self.derivation.find(&self.auction.setting().generators, commitment, levels)
    }

    /// What reveals the bid of this level, and what proves the next one: made anew from the key, and the
    /// same each time.
    ///
    /// # Errors
    /// [`BidError`].
    pub fn reveal(&self, level: Level) -> Result<(Reveal, BidSecret), BidError> {
        let secrets = self.secrets(level)?;
        let sealed_bid = List::new(self.seal(level, &secrets)?).map_err(|_| TooLarge)?;
        let secret = BidSecret { level, blinding: *secrets.blinding() };
        Ok((Reveal { bid: self.bid, sealed_bid }, secret))
    }

    fn secrets(&self, level: Level) -> Result<BidSecrets, BidError> {
        if self.auction.terms().mechanism.curve().is_some() {
            return Err(BidError::NeedsCurve);
        }
        require_level((self.bid.lot, self.grid), level)?;
        Ok(self.derivation.secrets(level))
    }

    fn seal(&self, level: Level, secrets: &BidSecrets) -> Result<Vec<u8>, BidError> {
        let context = context(self.auction, &self.bid);
        let mut bytes = self.seal_in(&context, &self.grid.shape, level, secrets)?;
        bytes.extend(self.contribution(secrets));
        Ok(bytes)
    }

    /// A bid, or a step of one, encrypted in digits of this shape.
    fn seal_in(
        &self,
        context: &Context,
        shape: &Shape,
        level: Level,
        secrets: &BidSecrets,
    ) -> Result<Vec<u8>, BidError> {
        let sealed_bid = unary::prove(
            &self.auction.setting().generators,
            context,
            shape,
            &self.keys.key,
            level,
            &secrets.blinding(),
            &mut secrets.generator(),
        )?;
        Ok(sealed_bid.to_bytes())
    }

    /// What is added to the sealed bytes, where ties go by lottery.
    fn contribution(&self, secrets: &BidSecrets) -> impl Iterator<Item = u8> + use<> {
        let is_asked_for = self.auction.terms().ties.asks_for_contributions(self.bid.round);
        is_asked_for.then(|| secrets.contribution()).into_iter().flatten()
    }

    /// Makes a bid, or a seller's reserve, which is made in the same way.
    pub(crate) fn prepare(
        &self,
        kind: impl FnOnce(Commit) -> Instruction,
        level: Level,
        active: Option<&BidSecret>,
        alter: impl FnOnce(Vec<u8>) -> Vec<u8>,
        rng: &mut impl CryptoRngCore,
    ) -> Result<PreparedBid, BidError> {
        let Self { auction, bidder, grid, keys, bid, .. } = self;
        let secrets = self.secrets(level)?;
        let blinding = secrets.blinding();
        let setting = auction.setting();
        let generators = &setting.generators;
        let to = |level: Level, blinding: &Scalar| {
            encode_point(&commit(generators, &level.0.into(), blinding))
        };
        let statement = Statement {
            levels: grid.levels,
            quorum_key: keys.key,
            commitment: to(level, &blinding),
            active: active.map(|active| to(active.level, &active.blinding)),
        };
        let witness = range::Witness {
            level,
            rho: *blinding,
            active: active.map(|active| (active.level, active.blinding)),
        };
        let context = context(auction, bid);
        let range_proof = range::prove(generators, &context, &statement, &witness, rng)?;
        let sealed_bid = alter(self.seal(level, &secrets)?);
        let commit = Commit {
            lot: bid.lot,
            round: bid.round,
            commitment: statement.commitment,
            range_proof,
            seal: seal(&auction.id(), bid, &sealed_bid),
        };
        Ok(PreparedBid {
            commit: bidder.sign(&auction.id(), &kind(commit))?,
            reveal: Reveal { bid: *bid, sealed_bid: List::new(sealed_bid).map_err(|_| TooLarge)? },
            secret: BidSecret { level, blinding: *blinding },
        })
    }
}

/// That the lot's grid has this level.
fn require_level((lot, grid): (u32, &PriceGrid), level: Level) -> Result<(), BidError> {
    if level.0 < grid.levels {
        return Ok(());
    }
    Err(BidError::OffGrid { lot, level: level.0, levels: grid.levels })
}

/// What the proofs of a bid are bound to.
fn context(auction: &Auction, bid: &BidId) -> Context {
    let BidId { lot, round, bidder } = *bid;
    Context { auction: auction.id(), lot, round, step: 0, signer: bidder }
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
