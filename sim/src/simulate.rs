//! Runs every party of an auction with real cryptography through the contract.

use curve25519_dalek::Scalar;
use rand_chacha::ChaCha20Rng;
use rand_core::{CryptoRngCore, SeedableRng as _};
use rayon::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
};
use talea_contract::{Auction, Phase};
use talea_parties::{
    bidder::{self, BidError, Bidder, PreparedBid, PreparedCurve},
    board::{Board, BoardError},
    custodian::Custodian,
    identity::{Identity, TooLarge},
    keyholder::{Candidate, Dealer, EncryptionSecret, Keyholder, KeyholderError},
    seller,
};
use talea_protocol::{
    bytes::{PartyKey, TooLong},
    commitment::TradeSide,
    instruction::Instruction,
    limits::{MAX_INSTRUCTION_BYTES, MAX_REVEALS},
    outcome::Outcome,
    price::Level,
    quorum::{KeyholderId, Member},
    ranking::Duty,
    sealed_bid::Reveal,
    terms::{Stakes, Terms},
    transcript::Genesis,
};

/// Who sits where in the quorum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seat {
    /// Somebody who does nothing else.
    Own,
    /// A bidder, by index.
    Bidder(usize),
    /// The seller.
    Seller,
}

/// Everybody who takes part, with their secrets.
pub struct Cast {
    seller: Seed,
    custodian: Seed,
    beneficiary: Seed,
    bidders: Vec<Seed>,
    groups: Vec<Vec<(Seed, EncryptionSecret, Member)>>,
}

/// What an identity is drawn from, so that one party can hold two posts.
#[derive(Clone)]
struct Seed([u8; 32]);

impl Seed {
    fn draw(rng: &mut impl CryptoRngCore) -> Self {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        Self(seed)
    }

    fn identity(&self) -> Identity {
        Identity::generate(&mut ChaCha20Rng::from_seed(self.0))
    }

    fn party(&self) -> PartyKey {
        self.identity().party()
    }
}

impl Cast {
    /// Draws everybody's keys, in a fixed order. A seat that names a bidder who does not exist is
    /// somebody's own.
    pub fn draw(groups: &[Vec<Seat>], bidders: usize, rng: &mut impl CryptoRngCore) -> Self {
        let seller = Seed::draw(rng);
        let custodian = Seed::draw(rng);
        let beneficiary = Seed::draw(rng);
        let bidders: Vec<Seed> = (0..bidders).map(|_| Seed::draw(rng)).collect();
        let mut sit = |seat: &Seat| {
            let own = Seed::draw(rng);
            let seed = match seat {
                Seat::Own => own,
                Seat::Bidder(index) => bidders.get(*index).cloned().unwrap_or(own),
                Seat::Seller => seller.clone(),
            };
            let encryption = EncryptionSecret::generate(rng);
            let member = Member { signing: seed.party(), encryption: encryption.public() };
            (seed, encryption, member)
        };
        let groups = groups.iter().map(|seats| seats.iter().map(&mut sit).collect()).collect();
        Self { seller, custodian, beneficiary, bidders, groups }
    }

    /// The seller's key.
    pub fn seller(&self) -> PartyKey {
        self.seller.party()
    }

    /// The custodian's key.
    pub fn custodian(&self) -> PartyKey {
        self.custodian.party()
    }

    /// The key of the beneficiary, who receives forfeits and fees.
    pub fn beneficiary(&self) -> PartyKey {
        self.beneficiary.party()
    }

    /// Stakes that only show that money moves: one unit of deposit and of bond, and no fee.
    pub fn token_stakes(&self) -> Stakes {
        let beneficiary = Some(self.beneficiary());
        Stakes { deposit: 1, bond: 1, commit_fee: 0, fee_growth: 0, beneficiary }
    }

    /// A keyholder as the terms name it, by group and place, both from 0.
    pub fn member(&self, group: usize, place: usize) -> Option<Member> {
        self.groups.get(group)?.get(place).map(|(_, _, member)| *member)
    }

    /// A bidder's key.
    pub fn bidder(&self, index: usize) -> Option<PartyKey> {
        self.bidders.get(index).map(Seed::party)
    }

    /// Everybody's signing key, for those who sign by hand. Who holds two posts is there twice.
    pub fn identities(&self) -> Vec<Identity> {
        let keyholders = self.groups.iter().flatten().map(|(seed, _, _)| seed);
        let seeds =
            [&self.seller, &self.custodian, &self.beneficiary].into_iter().chain(&self.bidders);
        seeds.chain(keyholders).map(Seed::identity).collect()
    }

    /// The keyholders before they deal, by group: for tests that run them by hand.
    pub fn into_candidates(self) -> Vec<Vec<Candidate>> {
        let sit = |(seed, encryption, _): (Seed, _, _)| Candidate::new(seed.identity(), encryption);
        self.groups.into_iter().map(|group| group.into_iter().map(sit).collect()).collect()
    }
}

/// How a bidder behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BidderConduct {
    /// As it should.
    #[default]
    Honest,
    /// Commits and never reveals.
    NeverReveals,
    /// Seals bytes that prove nothing, and reveals them.
    RevealsRubbish,
}

/// How a keyholder behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyholderConduct {
    /// As it should.
    #[default]
    Honest,
    /// Takes no part in the ceremony, and so in nothing.
    NeverDeals,
    /// Deals a wrong share to this member of its group.
    DealsWrongShare {
        /// Index of the member, from 1.
        to: u16,
    },
    /// Complains about this member of its group, who did nothing wrong.
    ComplainsFalsely {
        /// Index of the member, from 1.
        about: u16,
    },
    /// Does not endorse.
    NeverEndorses,
    /// Stops acting on every lot from this step on.
    Leaves {
        /// The first step without it, from 0.
        from_step: u32,
    },
    /// Acts, but the board drops what it posts from this step on, and the others vouch for it.
    Ignored {
        /// The first step without it, from 0.
        from_step: u32,
    },
}

/// One bid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BidPlan {
    /// Index of the lot.
    pub lot: u32,
    /// Index of the bidder in the cast.
    pub bidder: usize,
    /// The bid.
    pub level: Level,
    /// How the bidder behaves.
    pub conduct: BidderConduct,
}

/// One bid that is a curve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurvePlan {
    /// Index of the lot.
    pub lot: u32,
    /// Index of the bidder in the cast.
    pub bidder: usize,
    /// On which side it bids.
    pub side: TradeSide,
    /// Levels, each with its units.
    pub steps: Vec<(Level, u32)>,
    /// How the bidder behaves.
    pub conduct: BidderConduct,
}

/// The seller's reserve for a lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReservePlan {
    /// Index of the lot.
    pub lot: u32,
    /// The reserve.
    pub level: Level,
    /// Whether it is revealed.
    pub is_revealed: bool,
}

/// What is to be simulated.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The terms; their keys are the cast's.
    pub terms: Terms,
    /// The slot of the opening.
    pub opening_slot: u64,
    /// The bids, in commit order.
    pub bids: Vec<BidPlan>,
    /// The bids where a bid is a curve, in commit order. There are none where it is one level.
    pub curves: Vec<CurvePlan>,
    /// The bids of later rounds, from round 1: whoever is not in a round's list bids what it bid
    /// before, so that it cannot be told from one who does better.
    pub rounds: Vec<Vec<BidPlan>>,
    /// The reserves that the seller commits.
    pub reserves: Vec<ReservePlan>,
    /// The lots that the seller declines, where it has a say; it accepts the others.
    pub declines: BTreeSet<u32>,
    /// Keyholders who do not behave.
    pub keyholders: BTreeMap<KeyholderId, KeyholderConduct>,
}

/// What was simulated.
pub struct Simulated {
    /// The outcome.
    pub outcome: Outcome,
    /// Entries of the transcript.
    pub entries: u64,
    /// Bytes of the transcript.
    pub bytes: u64,
    /// The program's last state.
    pub auction: Auction,
}

/// Why a run could not be finished.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// The contract refused what an honest party did, or the transcript cannot be written.
    #[error(transparent)]
    Board(#[from] BoardError),
    /// A bid that cannot be made.
    #[error(transparent)]
    Bid(#[from] BidError),
    /// A keyholder that cannot go on.
    #[error(transparent)]
    Keyholder(#[from] KeyholderError),
    /// A message beyond its bound.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// Terms beyond their bound.
    #[error(transparent)]
    Terms(#[from] TooLong),
    /// A bid of somebody who is not in the cast.
    #[error("the plan has a bid of bidder {0}, who does not take part")]
    NoBidder(usize),
    /// The auction waits for nothing and has no outcome.
    #[error("the auction stopped without an outcome")]
    Stuck,
    /// What holds the auction did not do what a board does.
    #[error("{0}")]
    Home(String),
}

/// What holds an auction: it orders instructions, and shows the program's state to the parties. A board does,
/// and a chain.
pub trait Home {
    /// The program's state.
    fn auction(&self) -> &Auction;

    /// Hands in an instruction at `slot` that must be accepted.
    ///
    /// # Errors
    /// [`SimulationError`].
    fn submit(&mut self, slot: u64, instruction: &[u8]) -> Result<(), SimulationError>;

    /// Locks money for a party.
    ///
    /// # Errors
    /// [`SimulationError`].
    fn fund(
        &mut self,
        slot: u64,
        custodian: &mut Custodian,
        party: PartyKey,
        amount: u64,
    ) -> Result<(), SimulationError> {
        let fund = custodian.fund(&self.auction().id(), party, amount)?;
        self.submit(slot, &fund)
    }

    /// Hands in whatever it held back to hand in with more.
    ///
    /// # Errors
    /// [`SimulationError`].
    fn finish(&mut self) -> Result<(), SimulationError> {
        Ok(())
    }

    /// Bytes of sealed bids that a courier puts into one instruction, at most.
    fn room(&self) -> usize {
        MAX_INSTRUCTION_BYTES / 2
    }
}

impl<W: Write> Home for Board<W> {
    fn auction(&self) -> &Auction {
        Board::auction(self)
    }

    fn submit(&mut self, slot: u64, instruction: &[u8]) -> Result<(), SimulationError> {
        Ok(Board::submit(self, slot, instruction)?)
    }
}

/// Runs an auction from its opening to its outcome.
///
/// # Errors
/// [`SimulationError`]. A party that misbehaves as planned is no error.
pub fn simulate<W: Write>(
    cast: Cast,
    plan: &Plan,
    transcript: W,
    rng: &mut impl CryptoRngCore,
) -> Result<Simulated, SimulationError> {
    let open = |genesis: &Genesis| Ok(Board::open(genesis, transcript)?);
    let board = simulate_in(open, cast, plan, rng)?;
    let (entries, bytes) = (board.entries(), board.bytes());
    let (auction, _) = board.into_inner();
    let outcome = auction.outcome().ok_or(SimulationError::Stuck)?;
    Ok(Simulated { outcome, entries, bytes, auction })
}

/// Runs an auction in the home that `open` makes of its genesis, and gives the home back.
///
/// # Errors
/// [`SimulationError`].
pub fn simulate_in<H: Home>(
    open: impl FnOnce(&Genesis) -> Result<H, SimulationError>,
    cast: Cast,
    plan: &Plan,
    rng: &mut impl CryptoRngCore,
) -> Result<H, SimulationError> {
    let genesis = seller::open(&cast.seller.identity(), &plan.terms, plan.opening_slot)?;
    let mut timed = Timed { slot: plan.opening_slot, home: open(&genesis)? };
    timed.fund(&cast, plan)?;
    let dealers = timed.deal(cast.groups, plan, rng)?;
    let mut keyholders = timed.finish_ceremony(dealers, plan, rng)?;
    let clock = cast.seller.identity();
    let bidders: Vec<Bidder> =
        cast.bidders.iter().map(|seed| Bidder::new(seed.identity())).collect();
    let reserves = timed.reserve(&clock, plan, rng)?;
    if timed.auction().phase() == Phase::Commits {
        let mut prepared = timed.commit(&bidders, plan, rng)?;
        let curves = timed.commit_curves(&bidders, plan, rng)?;
        let mut of_first_round = [reserves, curves].concat();
        loop {
            timed.pass_deadline(&clock, Phase::Commits)?;
            let revealed =
                prepared.iter().filter(|(bid, _)| bid.conduct != BidderConduct::NeverReveals);
            let bids = revealed.map(|(_, bid)| bid.reveal.clone());
            timed.reveal(&clock, std::mem::take(&mut of_first_round).into_iter().chain(bids))?;
            timed.pass_deadline(&clock, Phase::Reveals)?;
            timed.rank(&clock, &mut keyholders, plan, rng)?;
            if timed.auction().phase() != Phase::Commits {
                break;
            }
            prepared = timed.bid_again(&bidders, plan, prepared, rng)?;
        }
    }
    timed.home.finish()?;
    Ok(timed.home)
}

/// What holds the auction, and the time.
struct Timed<H> {
    slot: u64,
    home: H,
}

impl<H: Home> Timed<H> {
    fn auction(&self) -> &Auction {
        self.home.auction()
    }

    fn submit(&mut self, instruction: &[u8]) -> Result<(), SimulationError> {
        self.home.submit(self.slot, instruction)
    }

    /// The custodian locks exactly what everybody will need.
    fn fund(&mut self, cast: &Cast, plan: &Plan) -> Result<(), SimulationError> {
        let terms = &plan.terms;
        let bonds = terms.stakes.bond.saturating_mul(terms.lots.len() as u64);
        let mut needed: BTreeMap<PartyKey, u64> = BTreeMap::new();
        let mut need = |party, amount: u64| {
            let sum = needed.entry(party).or_default();
            *sum = sum.saturating_add(amount);
        };
        for (_, _, member) in cast.groups.iter().flatten() {
            need(member.signing, bonds);
        }
        let mut on_lot: BTreeMap<u32, u64> = BTreeMap::new();
        let bids = plan.bids.iter().map(|bid| (bid.lot, bid.bidder));
        for (lot, bidder) in bids.chain(plan.curves.iter().map(|curve| (curve.lot, curve.bidder))) {
            let commits = on_lot.entry(lot).or_default();
            let stake = terms.stakes.deposit.saturating_add(terms.stakes.fee(*commits));
            *commits = commits.saturating_add(1);
            need(cast.bidder(bidder).ok_or(SimulationError::NoBidder(bidder))?, stake);
        }
        for _ in &plan.reserves {
            need(cast.seller(), terms.stakes.deposit);
        }
        let mut custodian = Custodian::new(cast.custodian.identity());
        for (party, amount) in needed.into_iter().filter(|(_, amount)| *amount > 0) {
            self.home.fund(self.slot, &mut custodian, party, amount)?;
        }
        Ok(())
    }

    fn deal(
        &mut self,
        groups: Vec<Vec<(Seed, EncryptionSecret, Member)>>,
        plan: &Plan,
        rng: &mut impl CryptoRngCore,
    ) -> Result<Vec<Dealer>, SimulationError> {
        let mut dealers = Vec::new();
        for (group, members) in (0u16..).zip(groups) {
            for (member, (seed, encryption, _)) in (1u16..).zip(members) {
                let candidate = Candidate::new(seed.identity(), encryption);
                let (deal, dealer) = match conduct(plan, KeyholderId { group, member }) {
                    KeyholderConduct::NeverDeals => continue,
                    KeyholderConduct::DealsWrongShare { to } => {
                        let alter = |j, share| if j == to { share + Scalar::ONE } else { share };
                        candidate.deal_altered(self.auction(), alter, rng)?
                    }
                    _ => candidate.deal(self.auction(), rng)?,
                };
                self.submit(&deal)?;
                dealers.push(dealer);
            }
        }
        Ok(dealers)
    }

    fn finish_ceremony(
        &mut self,
        dealers: Vec<Dealer>,
        plan: &Plan,
        rng: &mut impl CryptoRngCore,
    ) -> Result<Vec<Keyholder>, SimulationError> {
        self.slot = plan.terms.schedule.deals_until.saturating_add(1);
        for dealer in &dealers {
            let about = match conduct(plan, dealer.id()) {
                KeyholderConduct::ComplainsFalsely { about } => Some(about),
                _ => None,
            };
            let accused = about.map(|member| KeyholderId { member, ..dealer.id() });
            let false_complaint = accused
                .and_then(|id| dealer.complain(self.auction(), id, rng).transpose())
                .transpose()?;
            let complaints = dealer.complaints(self.auction(), rng)?;
            for complaint in false_complaint.into_iter().chain(complaints) {
                // Somebody expelled in the meantime is no longer heard.
                match self.submit(&complaint) {
                    Err(SimulationError::Board(BoardError::Refused(_))) | Ok(()) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        self.slot = plan.terms.schedule.complaints_until.saturating_add(1);
        let tick = Identity::generate(rng).sign(&self.auction().id(), &Instruction::Tick)?;
        self.submit(&tick)?;
        let mut keyholders = Vec::new();
        for dealer in dealers {
            match dealer.into_keyholder(self.auction()) {
                Ok(keyholder) => keyholders.push(keyholder),
                Err(KeyholderError::NoShare) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(keyholders)
    }

    /// The seller commits its reserves. Gives what reveals them.
    fn reserve(
        &mut self,
        seller: &Identity,
        plan: &Plan,
        rng: &mut impl CryptoRngCore,
    ) -> Result<Vec<Reveal>, SimulationError> {
        let mut reveals = Vec::new();
        if self.auction().phase() == Phase::Reserves {
            for reserve in &plan.reserves {
                let prepared =
                    seller::reserve(seller, self.auction(), reserve.lot, reserve.level, rng)?;
                self.submit(&prepared.commit)?;
                reveals.extend(reserve.is_revealed.then_some(prepared.reveal));
            }
            self.pass_deadline(seller, Phase::Reserves)?;
        }
        Ok(reveals)
    }

    /// Curves are made and committed as other bids are. Gives what reveals them.
    fn commit_curves(
        &mut self,
        bidders: &[Bidder],
        plan: &Plan,
        rng: &mut impl CryptoRngCore,
    ) -> Result<Vec<Reveal>, SimulationError> {
        let seeded: Vec<(&CurvePlan, Seed)> =
            plan.curves.iter().map(|curve| (curve, Seed::draw(rng))).collect();
        let auction = self.home.auction();
        let prepared: Result<Vec<(BidderConduct, PreparedCurve)>, SimulationError> = seeded
            .into_par_iter()
            .map(|(curve, seed)| {
                let CurvePlan { lot, bidder, side, steps, conduct } = curve;
                let rng = &mut ChaCha20Rng::from_seed(seed.0);
                let bidder = bidders.get(*bidder).ok_or(SimulationError::NoBidder(*bidder))?;
                let (place, sealed) = ((*lot, *side), |bytes| sealed(*conduct, bytes));
                Ok((*conduct, bidder.commit_curve_altered(auction, place, steps, sealed, rng)?))
            })
            .collect();
        let mut reveals = Vec::new();
        for (conduct, curve) in prepared? {
            self.submit(&curve.commit)?;
            reveals.extend((conduct != BidderConduct::NeverReveals).then_some(curve.reveal));
        }
        Ok(reveals)
    }

    /// Bids are made on all cores, each from a generator of its own, and committed in order.
    fn commit(
        &mut self,
        bidders: &[Bidder],
        plan: &Plan,
        rng: &mut impl CryptoRngCore,
    ) -> Result<Vec<(BidPlan, PreparedBid)>, SimulationError> {
        let seeded: Vec<(BidPlan, Seed)> =
            plan.bids.iter().map(|bid| (*bid, Seed::draw(rng))).collect();
        let auction = self.home.auction();
        let prepared: Result<Vec<(BidPlan, PreparedBid)>, SimulationError> = seeded
            .into_par_iter()
            .map(|(bid, seed)| {
                let rng = &mut ChaCha20Rng::from_seed(seed.0);
                let bidder =
                    bidders.get(bid.bidder).ok_or(SimulationError::NoBidder(bid.bidder))?;
                let sealed = |bytes| sealed(bid.conduct, bytes);
                let prepared = bidder.commit_altered(auction, bid.lot, bid.level, sealed, rng)?;
                Ok((bid, prepared))
            })
            .collect();
        let prepared = prepared?;
        for (_, bid) in &prepared {
            self.submit(&bid.commit)?;
        }
        Ok(prepared)
    }

    /// Every bidder with an active bid bids again: as the round's plan says, or the same.
    fn bid_again(
        &mut self,
        bidders: &[Bidder],
        plan: &Plan,
        before: Vec<(BidPlan, PreparedBid)>,
        rng: &mut impl CryptoRngCore,
    ) -> Result<Vec<(BidPlan, PreparedBid)>, SimulationError> {
        let round = usize::try_from(self.auction().round()).unwrap_or(usize::MAX);
        let planned = round.checked_sub(1).and_then(|round| plan.rounds.get(round));
        let mut prepared = Vec::new();
        for (last, bid) in before {
            // A bid that was not ranked in round 0 is over; after that a bid remains active.
            let is_active = round > 1 || last.conduct == BidderConduct::Honest;
            if !is_active || self.auction().ending(last.lot).is_some() {
                continue;
            }
            let next = planned.into_iter().flatten();
            let next = next.copied().find(|b| (b.bidder, b.lot) == (last.bidder, last.lot));
            let stay = BidPlan { conduct: BidderConduct::Honest, ..last };
            let next = next.unwrap_or(stay);
            let bidder = bidders.get(next.bidder).ok_or(SimulationError::NoBidder(next.bidder))?;
            let (place, sealed) = ((next.lot, next.level), |bytes| sealed(next.conduct, bytes));
            let update = bidder.improve_altered(self.auction(), place, &bid.secret, sealed, rng)?;
            self.submit(&update.commit)?;
            prepared.push(match next.conduct {
                BidderConduct::Honest => (next, update),
                // The active bid is not replaced.
                conduct => {
                    let reveal = update.reveal;
                    (BidPlan { conduct, ..last }, PreparedBid { reveal, ..bid })
                }
            });
        }
        Ok(prepared)
    }

    /// A courier posts the sealed bids, as many at once as fit in one instruction.
    fn reveal(
        &mut self,
        courier: &Identity,
        reveals: impl Iterator<Item = Reveal>,
    ) -> Result<(), SimulationError> {
        let room = self.home.room();
        let mut batch: Vec<Reveal> = Vec::new();
        let mut size = 0usize;
        for reveal in reveals {
            if !batch.is_empty()
                && (size + reveal.sealed_bid.len() > room || batch.len() == MAX_REVEALS)
            {
                let posted = bidder::carry(courier, self.auction(), std::mem::take(&mut batch))?;
                self.submit(&posted)?;
                size = 0;
            }
            size += reveal.sealed_bid.len();
            batch.push(reveal);
        }
        if !batch.is_empty() {
            let posted = bidder::carry(courier, self.auction(), batch)?;
            self.submit(&posted)?;
        }
        Ok(())
    }

    /// Every keyholder does whatever is due, until there is an outcome. Where nobody does
    /// anything, time passes.
    fn rank(
        &mut self,
        clock: &Identity,
        keyholders: &mut [Keyholder],
        plan: &Plan,
        rng: &mut impl CryptoRngCore,
    ) -> Result<(), SimulationError> {
        let round = self.auction().round();
        let is_over =
            |auction: &Auction| auction.phase() == Phase::Closed || auction.round() != round;
        let mut vouched = BTreeSet::new();
        while !is_over(self.auction()) {
            let mut progress = self.decide(clock, plan)?;
            for keyholder in keyholders.iter_mut() {
                let conduct = conduct(plan, keyholder.id());
                let stays_away = |step: Option<u32>| match conduct {
                    KeyholderConduct::NeverEndorses => step.is_none(),
                    KeyholderConduct::Leaves { from_step }
                    | KeyholderConduct::Ignored { from_step } => step >= Some(from_step),
                    _ => false,
                };
                let posts = keyholder.act_unless(self.home.auction(), &[], stays_away, rng)?;
                for post in posts {
                    self.submit(&post)?;
                    progress = true;
                }
            }
            if !progress {
                self.vouch(keyholders, plan, &mut vouched)?;
                let phase = self.auction().phase();
                self.pass_deadline(clock, phase)?;
            }
        }
        Ok(())
    }

    /// Whoever holds what the board ignores says so, once for each duty of each keyholder.
    fn vouch(
        &mut self,
        keyholders: &mut [Keyholder],
        plan: &Plan,
        vouched: &mut BTreeSet<(KeyholderId, Duty, KeyholderId)>,
    ) -> Result<(), SimulationError> {
        let is_ignored =
            |id: KeyholderId| matches!(conduct(plan, id), KeyholderConduct::Ignored { .. });
        for duty in self.auction().duties() {
            let ignored = self.auction().late(duty).into_iter().filter(|id| is_ignored(*id));
            let ignored: BTreeSet<KeyholderId> = ignored.collect();
            for keyholder in keyholders.iter_mut() {
                let own = keyholder.id();
                if conduct(plan, own) != KeyholderConduct::Honest {
                    continue;
                }
                let mut heard = ignored.clone();
                heard.retain(|id| vouched.insert((own, duty, *id)));
                if !heard.is_empty() {
                    let vouch = keyholder.vouch(self.home.auction(), duty, &heard)?;
                    self.submit(&vouch)?;
                }
            }
        }
        Ok(())
    }

    /// The seller accepts or declines whatever waits for it; whether something did.
    fn decide(&mut self, seller: &Identity, plan: &Plan) -> Result<bool, SimulationError> {
        let lots = 0..plan.terms.lots.len() as u32;
        let waiting: Vec<u32> =
            lots.filter(|lot| self.auction().award_to_decide(*lot).is_some()).collect();
        for lot in &waiting {
            let accept = !plan.declines.contains(lot);
            let decision = seller::decide(seller, self.auction(), *lot, accept)?;
            self.submit(&decision)?;
        }
        Ok(!waiting.is_empty())
    }

    /// Lets time pass beyond the deadline of `phase`, if that is still what is waited for.
    fn pass_deadline(&mut self, clock: &Identity, phase: Phase) -> Result<(), SimulationError> {
        if self.auction().phase() != phase {
            return Ok(());
        }
        let deadline = self.auction().deadline().ok_or(SimulationError::Stuck)?;
        self.slot = self.slot.max(deadline.saturating_add(1));
        let tick = clock.sign(&self.auction().id(), &Instruction::Tick)?;
        self.submit(&tick)
    }
}

/// What a bidder seals who behaves like this.
fn sealed(conduct: BidderConduct, mut bytes: Vec<u8>) -> Vec<u8> {
    if conduct == BidderConduct::RevealsRubbish {
        bytes.iter_mut().take(1).for_each(|byte| *byte ^= 1);
    }
    bytes
}

fn conduct(plan: &Plan, id: KeyholderId) -> KeyholderConduct {
    plan.keyholders.get(&id).copied().unwrap_or_default()
}
