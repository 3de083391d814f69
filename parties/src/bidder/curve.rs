//! A bid that is a curve: steps of a level and a quantity, committed and revealed together (spec sections 8, 9, 14).
//!
//! A step commits to one number. Where quantities are sealed, level and quantity are in it, and there are too many such
//! numbers to try them all. So the masks of a step's range proof are drawn from the bidder's key, and the bidder
//! reads the number off the proof that everybody has. Nothing has to be kept between commit and reveal.

use super::{BidError, Bidder, Place, require_level};
use crate::{
    bid_secrets::{BidSecrets, CurveNumber as Number, Derivation},
    identity::TooLarge,
    proofs::{commit, range},
};
use rand_core::CryptoRngCore;
use talea_contract::{
    Auction, fiat_shamir::Context, group::encode_point, proofs::range::Statement,
};
use talea_protocol::{
    bytes::{List, Point},
    commitment::{CurveCommit, CurveStep, TradeSide, seal},
    instruction::Instruction,
    mechanism::{Curve, Mechanism, Quantities},
    price::{Level, PriceGrid, Shape, Side},
    sealed_bid::Reveal,
};

/// A prepared curve: the commit to post while bids are due, and what reveals it afterwards. There are no rounds, so
/// nothing else is needed.
pub struct PreparedCurve {
    /// The signed commit.
    pub commit: Vec<u8>,
    /// The sealed bid: [`Place::reveal_curve`] makes it once more.
    pub reveal: Reveal,
}

impl Bidder {
    /// Makes a bid of these steps, each a level and its units, on one side of a lot. Where quantities are sealed,
    /// steps of no units are added until there are as many as the terms allow, so that nobody sees how many there were.
    ///
    /// # Errors
    /// [`BidError`].
    pub fn commit_curve(
        &self,
        auction: &Auction,
        lot: u32,
        side: TradeSide,
        steps: &[(Level, u32)],
        rng: &mut impl CryptoRngCore,
    ) -> Result<PreparedCurve, BidError> {
        self.commit_curve_altered(auction, (lot, side), steps, |sealed_bid| sealed_bid, rng)
    }

    /// A curve whose sealed bytes are what `alter` makes of the right ones: for tests of what a cheating bidder can do.
    ///
    /// # Errors
    /// [`BidError`].
    pub fn commit_curve_altered(
        &self,
        auction: &Auction,
        (lot, side): (u32, TradeSide),
        steps: &[(Level, u32)],
        alter: impl FnOnce(Vec<u8>) -> Vec<u8>,
        rng: &mut impl CryptoRngCore,
    ) -> Result<PreparedCurve, BidError> {
        let place = self.place(auction, lot)?;
        let curves = Curves::at(&place)?;
        let numbers = curves.form.numbers(side, steps)?;
        let secrets = curves.secrets(side, &numbers);
        let sealed_bid = alter(curves.seal(&numbers, &secrets)?);
        let steps = (0u32..).zip(numbers.iter().zip(&secrets));
        let steps =
            steps.map(|(step, (number, secrets))| curves.commit(step, *number, secrets, rng));
        let commit = CurveCommit {
            lot,
            round: place.bid.round,
            side,
            steps: List::new(steps.collect::<Result<_, _>>()?).map_err(|_| TooLarge)?,
            seal: seal(&auction.id(), &place.bid, &sealed_bid),
        };
        let commit = self.identity.sign(&auction.id(), &Instruction::CommitCurve(commit))?;
        Ok(PreparedCurve { commit, reveal: curves.reveal(sealed_bid)? })
    }
}

impl Place<'_> {
    /// The steps of a curve that was committed at this place, if this bidder made it: all that it has, also those of no
    /// units.
    ///
    /// They are read off the commit's range proofs, in about a millisecond.
    #[must_use]
    pub fn find_curve(&self, commit: &CurveCommit) -> Option<Vec<(Level, u32)>> {
        let curves = Curves::at(self).ok()?;
        let steps = (0u32..).zip(commit.steps.iter());
        let numbers: Option<Vec<Number>> =
            steps.map(|(number, step)| curves.read(number, step)).collect();
        let numbers = numbers?;
        let secrets = curves.secrets(commit.side, &numbers);
        let mut own =
            numbers.iter().zip(&secrets).map(|(n, of)| curves.commitment(n.committed, of));
        let is_own = commit.steps.iter().all(|step| own.next() == Some(step.commitment));
        is_own.then(|| numbers.iter().map(|number| curves.form.step(number)).collect())
    }

    /// What reveals the curve of these steps: made anew from the key, and the same each time.
    ///
    /// # Errors
    /// [`BidError`].
    pub fn reveal_curve(
        &self,
        side: TradeSide,
        steps: &[(Level, u32)],
    ) -> Result<Reveal, BidError> {
        let curves = Curves::at(self)?;
        let numbers = curves.form.numbers(side, steps)?;
        curves.reveal(curves.seal(&numbers, &curves.secrets(side, &numbers))?)
    }
}

/// Whether a bid of these steps can be made on this side of a lot.
///
/// # Errors
/// [`BidError`], as [`Bidder::commit_curve`] gives it.
pub fn check_curve(
    mechanism: Mechanism,
    (lot, grid): (u32, &PriceGrid),
    side: TradeSide,
    steps: &[(Level, u32)],
) -> Result<(), BidError> {
    Form::of(mechanism, (lot, grid))?.numbers(side, steps).map(|_| ())
}

/// What curves are on a lot.
struct Form<'a> {
    lot: u32,
    grid: &'a PriceGrid,
    mechanism: Mechanism,
    curve: Curve,
    /// Of what a step encrypts.
    shape: Shape,
    /// A step commits to less than this.
    levels: u32,
}

impl<'a> Form<'a> {
    fn of(mechanism: Mechanism, (lot, grid): (u32, &'a PriceGrid)) -> Result<Self, BidError> {
        let curve = mechanism.curve().ok_or(BidError::NotCurves)?;
        let bits = curve.quantities.sealed_bits();
        let levels = u64::from(grid.levels).checked_shl(bits.into());
        let levels = levels.and_then(|levels| u32::try_from(levels).ok());
        // Both fit: T8.
        let shape = grid.shape.with_bits(bits).ok_or(BidError::NotCurves)?;
        let levels = levels.ok_or(BidError::NotCurves)?;
        Ok(Self { lot, grid, mechanism, curve, shape, levels })
    }

    /// That bids on this side are taken.
    fn require_side(&self, side: TradeSide) -> Result<(), BidError> {
        let takes = match self.grid.side {
            Side::HighestWins => TradeSide::Buy,
            Side::LowestWins => TradeSide::Sell,
        };
        let takes_both = matches!(self.mechanism, Mechanism::TwoSided { .. });
        if takes_both || side == takes {
            return Ok(());
        }
        Err(BidError::WrongSide { lot: self.lot, takes })
    }

    /// What these steps commit to, filled up with steps of nothing where quantities are sealed.
    fn numbers(&self, side: TradeSide, steps: &[(Level, u32)]) -> Result<Vec<Number>, BidError> {
        self.require_side(side)?;
        let most = usize::from(self.curve.steps);
        if steps.len() > most {
            return Err(BidError::TooManySteps { steps: steps.len(), most });
        }
        let numbers = (1usize..).zip(steps).map(|(step, (level, quantity))| {
            require_level((self.lot, self.grid), *level)?;
            self.number(step, *level, *quantity)
        });
        let mut numbers = numbers.collect::<Result<Vec<Number>, BidError>>()?;
        match self.curve.quantities {
            Quantities::Public { most } => {
                let sum: u64 = steps.iter().map(|(_, quantity)| u64::from(*quantity)).sum();
                if numbers.is_empty() {
                    return Err(BidError::NoSteps);
                }
                if sum > most.into() {
                    return Err(BidError::TooManyUnits { sum, most });
                }
            }
            Quantities::Sealed { .. } => {
                numbers.resize(most, Number { committed: Level(0), quantity: 0 });
            }
        }
        Ok(numbers)
    }

    /// `step` counts from 1.
    fn number(&self, step: usize, level: Level, quantity: u32) -> Result<Number, BidError> {
        match self.curve.quantities {
            Quantities::Public { .. } if quantity == 0 => Err(BidError::NoUnits { step }),
            Quantities::Public { .. } => Ok(Number { committed: level, quantity }),
            Quantities::Sealed { bits } => {
                let most = 1u32.checked_shl(bits.into()).unwrap_or(0).saturating_sub(1);
                if quantity > most {
                    return Err(BidError::QuantityTooLarge { step, quantity, most });
                }
                // Below `levels`, which fit.
                let committed = level.0.checked_shl(bits.into()).unwrap_or(0) | quantity;
                Ok(Number { committed: Level(committed), quantity: 0 })
            }
        }
    }

    /// Level and units of a step.
    fn step(&self, Number { committed, quantity }: &Number) -> (Level, u32) {
        match self.curve.quantities {
            Quantities::Public { .. } => (*committed, *quantity),
            Quantities::Sealed { bits } => {
                let level = committed.0.checked_shr(bits.into()).unwrap_or(0);
                let of_level = level.checked_shl(bits.into()).unwrap_or(0);
                (Level(level), committed.0 ^ of_level)
            }
        }
    }
}

/// A place where curves are bid.
struct Curves<'a> {
    place: &'a Place<'a>,
    form: Form<'a>,
}

impl<'a> Curves<'a> {
    fn at(place: &'a Place<'a>) -> Result<Self, BidError> {
        let form = Form::of(place.auction.terms().mechanism, (place.bid.lot, place.grid))?;
        Ok(Self { place, form })
    }

    /// What the proofs of a step are bound to.
    fn context(&self, step: u32) -> Context {
        Context { step, ..super::context(self.place.auction, &self.place.bid) }
    }

    fn derivation(&self, step: u32) -> Derivation {
        Derivation::new(self.place.bidder, &self.context(step), &self.place.keys.encoded)
    }

    fn statement(&self, commitment: Point) -> Statement {
        let quorum_key = self.place.keys.key;
        Statement { levels: self.form.levels, quorum_key, commitment, active: None }
    }

    fn commitment(&self, number: Level, secrets: &BidSecrets) -> Point {
        let generators = &self.place.auction.setting().generators;
        encode_point(&commit(generators, &number.0.into(), &secrets.blinding()))
    }

    fn commit(
        &self,
        step: u32,
        Number { committed, quantity }: Number,
        secrets: &BidSecrets,
        rng: &mut impl CryptoRngCore,
    ) -> Result<CurveStep, BidError> {
        let commitment = self.commitment(committed, secrets);
        let rho = *secrets.blinding();
        let range_proof = range::prove_to_read(
            &self.place.auction.setting().generators,
            &self.context(step),
            &self.statement(commitment),
            &range::Witness { level: committed, rho, active: None },
            &mut self.derivation(step).masks(),
            rng,
        )?;
        Ok(CurveStep { quantity, commitment, range_proof })
    }

    /// The secrets of every step.
    fn secrets(&self, side: TradeSide, numbers: &[Number]) -> Vec<BidSecrets> {
        let steps = (0u32..).zip(numbers);
        let secrets = |(step, number): (u32, &Number)| {
            self.derivation(step).secrets_of_step(number.committed, side, numbers)
        };
        steps.map(secrets).collect()
    }

    /// The sealed steps, and the contribution to a lottery if there is one.
    fn seal(&self, numbers: &[Number], secrets: &[BidSecrets]) -> Result<Vec<u8>, BidError> {
        let mut bytes = Vec::new();
        for (step, (number, secrets)) in (0u32..).zip(numbers.iter().zip(secrets)) {
            let context = self.context(step);
            bytes.extend(self.place.seal_in(
                &context,
                &self.form.shape,
                number.committed,
                secrets,
            )?);
        }
        bytes.extend(secrets.first().into_iter().flat_map(|first| self.place.contribution(first)));
        Ok(bytes)
    }

    fn reveal(&self, sealed_bid: Vec<u8>) -> Result<Reveal, BidError> {
        let sealed_bid = List::new(sealed_bid).map_err(|_| TooLarge)?;
        Ok(Reveal { bid: self.place.bid, sealed_bid })
    }

    /// What a step commits to, if the masks of its proof are this bidder's.
    fn read(&self, number: u32, step: &CurveStep) -> Option<Number> {
        let committed = range::read(
            &self.place.auction.setting().generators,
            &self.context(number),
            &self.statement(step.commitment),
            &step.range_proof,
            &mut self.derivation(number).masks(),
        )?;
        Some(Number { committed, quantity: step.quantity })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        bidder::carry,
        board::Board,
        custodian::Custodian,
        identity::Identity,
        keyholder::{Candidate, EncryptionSecret, Keyholder},
        seller,
    };
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng as _;
    use std::collections::BTreeSet;
    use talea_contract::Phase;
    use talea_protocol::{
        builder::TermsBuilder,
        bytes::Text,
        commitment::BidId,
        instruction::SignedInstruction,
        limits::CONTRIBUTION_BYTES,
        mechanism::{ClearingRule, Comparisons, Pricing},
        price::{Price, Scale},
        quorum::{Group, Member},
        sealed_bid::SealedBid,
        terms::{Lot, Schedule, Stakes, Ties},
    };

    const LEVELS: u32 = 1_000;
    const PUBLIC: Quantities = Quantities::Public { most: 500 };
    const SEALED: Quantities = Quantities::Sealed { bits: 16 };

    fn curves(quantities: Quantities) -> Mechanism {
        let (pricing, comparisons) = (Pricing::Uniform, Comparisons::Opened);
        Mechanism::Curves { curve: Curve { steps: 3, quantities }, pricing, least: 1, comparisons }
    }

    fn two_sided(quantities: Quantities) -> Mechanism {
        let (rule, comparisons) = (ClearingRule::Lowest, Comparisons::Opened);
        Mechanism::TwoSided { curve: Curve { steps: 3, quantities }, rule, comparisons }
    }

    fn rng(seed: u8) -> ChaCha20Rng {
        ChaCha20Rng::from_seed([seed; 32])
    }

    fn identity(seed: u8) -> Identity {
        Identity::from_seed(&[seed; 32])
    }

    fn bidder(seed: u8) -> Bidder {
        Bidder::new(identity(seed))
    }

    /// An auction of two lots that waits for bids.
    fn auction(mechanism: Mechanism, side: Side, ties: Ties) -> Board<Vec<u8>> {
        auction_and_keyholder(mechanism, (side, ties), 0).0
    }

    /// The same with a deposit for each bid, and who attests what is missing.
    fn auction_and_keyholder(
        mechanism: Mechanism,
        (side, ties): (Side, Ties),
        deposit: u64,
    ) -> (Board<Vec<u8>>, Keyholder) {
        let rng = &mut rng(1);
        let encryption = EncryptionSecret::generate(rng);
        let member = Member { signing: identity(4).party(), encryption: encryption.public() };
        let text = |text: &str| Text::new(text).unwrap();
        let grid = PriceGrid {
            side,
            start: Price(0),
            tick: 1,
            levels: LEVELS,
            scale: Scale::Decimal(0),
            shape: Shape::new(&[5, 5]).unwrap(),
        };
        let lot = Lot { name: text("a"), identifier: text("a"), quantity: 50, grid };
        let group = Group {
            name: text("g"),
            threshold: 1,
            endorsements: 1,
            is_witness: true,
            members: List::new(vec![member]).unwrap(),
        };
        let [seller, custodian] = [2, 3].map(|seed| identity(seed).party());
        let domain = Text::new("test").unwrap();
        let terms = TermsBuilder {
            lots: vec![lot.clone(), lot],
            mechanism,
            ties,
            max_bids_per_lot: 10,
            quorum: vec![group],
            stakes: Stakes { deposit, bond: 0, commit_fee: 0, fee_growth: 0, beneficiary: None },
            ..TermsBuilder::new(domain, seller, custodian, Schedule::even(10))
        };
        let genesis = seller::open(&identity(2), &terms.build().unwrap(), 0).unwrap();
        let mut board = Board::open(&genesis, Vec::new()).unwrap();
        let candidate = Candidate::new(identity(4), encryption);
        let (deal, dealer) = candidate.deal(board.auction(), rng).unwrap();
        board.submit(1, &deal).unwrap();
        let tick = identity(9).sign(&board.auction().id(), &Instruction::Tick).unwrap();
        board.submit(21, &tick).unwrap();
        assert_eq!(board.auction().phase(), Phase::Commits);
        let keyholder = dealer.into_keyholder(board.auction()).unwrap();
        (board, keyholder)
    }

    fn sale(quantities: Quantities) -> Board<Vec<u8>> {
        auction(curves(quantities), Side::HighestWins, Ties::EarliestCommit)
    }

    fn levels(steps: &[(u32, u32)]) -> Vec<(Level, u32)> {
        steps.iter().map(|(level, units)| (Level(*level), *units)).collect()
    }

    fn commit(board: &Board<Vec<u8>>, seed: u8, steps: &[(u32, u32)]) -> PreparedCurve {
        let (auction, side) = (board.auction(), TradeSide::Buy);
        bidder(seed).commit_curve(auction, 0, side, &levels(steps), &mut rng(seed)).unwrap()
    }

    /// What a board shows of a commit.
    fn shown(commit: &[u8]) -> CurveCommit {
        match SignedInstruction::read_unverified(commit).unwrap().1 {
            Instruction::CommitCurve(commit) => commit,
            other => panic!("{other:?}"),
        }
    }

    fn find(board: &Board<Vec<u8>>, seed: u8, commit: &CurveCommit) -> Option<Vec<(Level, u32)>> {
        let identity = identity(seed);
        let place = Place::new(&identity, board.auction(), (commit.lot, commit.round)).unwrap();
        place.find_curve(commit)
    }

    /// Levels and units.
    type Steps = &'static [(u32, u32)];

    /// Steps that are bid, and those that are found.
    const FOUND: [(Quantities, Steps, Steps); 4] = [
        (PUBLIC, &[(999, 499), (0, 1)], &[(999, 499), (0, 1)]),
        (PUBLIC, &[(7, 3), (7, 3), (500, 1)], &[(7, 3), (7, 3), (500, 1)]),
        (SEALED, &[(999, 65_535), (3, 1)], &[(999, 65_535), (3, 1), (0, 0)]),
        (SEALED, &[], &[(0, 0), (0, 0), (0, 0)]),
    ];

    /// With sealed quantities there are 2^26 numbers, and none of them is tried.
    #[test]
    fn a_curve_is_found_and_revealed_again_from_the_key_and_the_commit() {
        for ties in [Ties::EarliestCommit, Ties::Lottery] {
            for (quantities, steps, expected) in FOUND {
                let board = auction(curves(quantities), Side::HighestWins, ties);
                let prepared = commit(&board, 7, steps);
                let found = find(&board, 7, &shown(&prepared.commit)).unwrap();
                assert_eq!(found, levels(expected));
                let identity = identity(7);
                let place = Place::new(&identity, board.auction(), (0, 0)).unwrap();
                assert_eq!(place.reveal_curve(TradeSide::Buy, &found).unwrap(), prepared.reveal);
            }
        }
    }

    #[test]
    fn a_curve_is_found_by_nobody_else_and_nowhere_else() {
        for quantities in [PUBLIC, SEALED] {
            let board = sale(quantities);
            let commit = shown(&commit(&board, 7, &[(12, 34), (56, 78)]).commit);
            assert!(find(&board, 7, &commit).is_some());
            assert_eq!(find(&board, 8, &commit), None);
            assert_eq!(find(&board, 7, &CurveCommit { lot: 1, ..commit.clone() }), None);
            let mut turned = commit.steps.to_vec();
            turned.reverse();
            let turned = CurveCommit { steps: List::new(turned).unwrap(), ..commit.clone() };
            assert_eq!(find(&board, 7, &turned), None, "a step has its number");
        }
    }

    #[test]
    fn the_board_takes_a_curve_and_what_reveals_it() {
        for (quantities, ties) in [(PUBLIC, Ties::EarliestCommit), (SEALED, Ties::Lottery)] {
            let mut board = auction(two_sided(quantities), Side::HighestWins, ties);
            let mut reveals = Vec::new();
            for (seed, side) in [(7, TradeSide::Buy), (8, TradeSide::Sell)] {
                let steps = levels(&[(40, 5), (30, 2)]);
                let prepared = bidder(seed)
                    .commit_curve(board.auction(), 1, side, &steps, &mut rng(seed))
                    .unwrap();
                board.submit(22, &prepared.commit).unwrap();
                reveals.push(prepared.reveal);
            }
            let carried = carry(&identity(9), board.auction(), reveals).unwrap();
            board.submit(31, &carried).unwrap();
            assert_eq!(board.auction().phase(), Phase::Endorsing);
        }
    }

    /// A board that drops what reveals a curve takes its deposit no more than that of any other bid.
    #[test]
    fn a_curve_that_the_board_does_not_show_is_attested_as_any_other_bid_is() {
        for is_attested in [true, false] {
            let rules = (Side::HighestWins, Ties::EarliestCommit);
            let (mut board, mut keyholder) = auction_and_keyholder(curves(SEALED), rules, 5);
            let mut custodian = Custodian::new(identity(3));
            let commits = [(7, &[(40, 5)]), (8, &[(30, 2)])].map(|(seed, steps)| {
                let party = identity(seed).party();
                let fund = custodian.fund(&board.auction().id(), party, 5).unwrap();
                board.submit(22, &fund).unwrap();
                let prepared = commit(&board, seed, steps);
                board.submit(22, &prepared.commit).unwrap();
                prepared
            });
            let [dropped, shown] = commits.map(|prepared| prepared.reveal);
            let carried = carry(&identity(9), board.auction(), vec![shown]).unwrap();
            board.submit(31, &carried).unwrap();
            let tick = identity(9).sign(&board.auction().id(), &Instruction::Tick).unwrap();
            board.submit(41, &tick).unwrap();
            let attested = if is_attested { vec![dropped.bid] } else { Vec::new() };
            while board.auction().phase() != Phase::Closed {
                let posts = keyholder.act(board.auction(), &attested, &mut rng(5)).unwrap();
                assert!(!posts.is_empty());
                posts.iter().for_each(|post| board.submit(42, post).unwrap());
            }
            let outcome = board.auction().outcome().unwrap();
            let account = |bidder: &BidId| {
                let accounts = outcome.accounts.iter();
                accounts.clone().find(|account| account.party == bidder.bidder).copied().unwrap()
            };
            let lost = account(&dropped.bid);
            let (available, forfeited) = if is_attested { (5, 0) } else { (0, 5) };
            assert_eq!((lost.available, lost.forfeited), (available, forfeited));
            let won = BidId { bidder: identity(8).party(), ..dropped.bid };
            assert_eq!(account(&won).settlement, 5);
        }
    }

    #[test]
    fn a_sealed_curve_shows_neither_its_steps_nor_its_units() {
        let board = sale(SEALED);
        let all: [Steps; 3] = [&[], &[(999, 65_535)], &[(5, 1), (6, 2), (7, 3)]];
        let mut commitments = BTreeSet::new();
        let mut lengths = BTreeSet::new();
        for steps in all {
            let prepared = commit(&board, 7, steps);
            let shown = shown(&prepared.commit);
            assert!(shown.steps.iter().all(|step| step.quantity == 0));
            commitments.extend(shown.steps.iter().map(|step| step.commitment.0));
            lengths.insert((prepared.commit.len(), prepared.reveal.sealed_bid.len()));
        }
        assert_eq!(lengths.len(), 1);
        // Two curves have nothing in common, also where a step is the same nothing in both.
        assert_eq!(commitments.len(), 3 * 3);
    }

    #[test]
    fn a_lottery_adds_one_contribution_to_all_steps_together() {
        for (ties, more) in [(Ties::EarliestCommit, 0), (Ties::Lottery, CONTRIBUTION_BYTES)] {
            let board = auction(curves(SEALED), Side::HighestWins, ties);
            let shape = Shape::new(&[5, 5]).unwrap().with_bits(16).unwrap();
            let expected = 3 * SealedBid::encoded_len(&shape) + more;
            assert_eq!(commit(&board, 7, &[(1, 1)]).reveal.sealed_bid.len(), expected);
        }
    }

    #[test]
    fn altered_bytes_are_sealed_as_they_are() {
        let board = sale(PUBLIC);
        let commit = |alter: fn(Vec<u8>) -> Vec<u8>| {
            let place = (0, TradeSide::Buy);
            let steps = levels(&[(40, 5)]);
            let bidder = bidder(7);
            bidder.commit_curve_altered(board.auction(), place, &steps, alter, &mut rng(7)).unwrap()
        };
        let (right, wrong) = (commit(|bytes| bytes), commit(|_| vec![1, 2]));
        assert_eq!(wrong.reveal.sealed_bid.to_vec(), [1, 2]);
        let wrong = shown(&wrong.commit);
        let bid = right.reveal.bid;
        assert_eq!(wrong.seal, seal(&board.auction().id(), &bid, &[1, 2]));
        assert_eq!(wrong.steps, shown(&right.commit).steps);
    }

    fn refusal(board: &Board<Vec<u8>>, side: TradeSide, steps: &[(u32, u32)]) -> BidError {
        let made = bidder(7).commit_curve(board.auction(), 0, side, &levels(steps), &mut rng(7));
        let refusal = made.err().expect("a refusal");
        let terms = board.auction().terms();
        let lot = (0, &terms.lots[0].grid);
        let checked = check_curve(terms.mechanism, lot, side, &levels(steps));
        assert_eq!(checked, Err(refusal), "the same before there is a key");
        refusal
    }

    #[test]
    fn what_no_curve_of_the_auction_can_be_is_refused_in_one_sentence() {
        let (public, sealed) = (sale(PUBLIC), sale(SEALED));
        let buy = |board, steps| refusal(board, TradeSide::Buy, steps).to_string();
        for (said, sentence) in [
            (buy(&public, &[]), "the bid has no step, and needs one"),
            (buy(&public, &[(1, 1); 4]), "the bid has 4 steps, and the auction takes 3 at most"),
            (buy(&sealed, &[(1, 1); 4]), "the bid has 4 steps, and the auction takes 3 at most"),
            (buy(&public, &[(1, 1), (2, 0)]), "step number 2 of the bid is for no unit"),
            (
                buy(&public, &[(1, 400), (2, 101)]),
                "the bid is for 501 units, and the auction takes 500 of a bidder at most",
            ),
            (
                buy(&public, &[(1, u32::MAX); 3]),
                "the bid is for 12884901885 units, and the auction takes 500 of a bidder at most",
            ),
            (
                buy(&sealed, &[(1, 65_536)]),
                "step number 1 of the bid is for 65536 units, and the auction takes 65535 in a step at most",
            ),
            (
                buy(&sealed, &[(1_000, 1)]),
                "level 1000 is not on the grid of lot 0, which has 1000 levels",
            ),
        ] {
            assert_eq!(said, sentence);
        }
    }

    #[test]
    fn a_bid_is_on_the_side_that_the_lot_takes() {
        let wrong = |takes| BidError::WrongSide { lot: 0, takes };
        let of = |side| auction(curves(PUBLIC), side, Ties::EarliestCommit);
        let (sale, procurement) = (of(Side::HighestWins), of(Side::LowestWins));
        assert_eq!(refusal(&sale, TradeSide::Sell, &[(1, 1)]), wrong(TradeSide::Buy));
        assert_eq!(refusal(&procurement, TradeSide::Buy, &[(1, 1)]), wrong(TradeSide::Sell));
        let sentence = refusal(&procurement, TradeSide::Buy, &[(1, 1)]).to_string();
        assert_eq!(sentence, "lot 0 takes bids to sell alone");
    }

    #[test]
    fn a_curve_and_a_bid_of_one_level_are_told_apart() {
        let one_level = auction(Mechanism::FirstPrice, Side::HighestWins, Ties::EarliestCommit);
        assert_eq!(refusal(&one_level, TradeSide::Buy, &[(1, 1)]), BidError::NotCurves);
        let curves = sale(PUBLIC);
        let bid = bidder(7).commit(curves.auction(), 0, Level(1), &mut rng(7));
        assert_eq!(bid.err(), Some(BidError::NeedsCurve));
        let identity = identity(7);
        let place = Place::new(&identity, curves.auction(), (0, 0)).unwrap();
        assert_eq!(place.reveal(Level(1)).err(), Some(BidError::NeedsCurve));
    }
}
