//! An auction run by hand, one move at a time, for tests that leave the script.

use crate::{Small, replay::Pens, rng};
use rand_chacha::ChaCha20Rng;
use talea_contract::{Auction, Due, Phase, Task};
use talea_parties::{
    bidder::{self, Bidder, PreparedBid, PreparedCurve},
    board::Board,
    custodian::Custodian,
    keyholder::{Candidate, Dealer, Keyholder},
    seller,
};
use talea_protocol::{
    bytes::PartyKey,
    commitment::{BidId, TradeSide},
    instruction::Instruction,
    outcome::Outcome,
    price::Level,
    sealed_bid::Reveal,
    terms::Terms,
};

/// The board, everybody who takes part, and the time.
pub struct Harness {
    /// The board. Its transcript is written to memory.
    pub board: Board<Vec<u8>>,
    /// The slot of the next move.
    pub slot: u64,
    /// Where the next move's randomness comes from.
    pub rng: ChaCha20Rng,
    /// Everybody's pen.
    pub pens: Pens,
    /// Who reports money.
    pub custodian: Custodian,
    /// Who bids.
    pub bidders: Vec<Bidder>,
    /// Whoever may still deal, in turn order.
    pub candidates: Vec<Candidate>,
    /// Whoever dealt, in turn order.
    pub dealers: Vec<Dealer>,
    /// Whoever has a share, in turn order.
    pub keyholders: Vec<Keyholder>,
}

impl Harness {
    /// Opens an auction of this cast at slot 1. Only the keys of `terms` must be the cast's.
    pub fn open(small: &Small, terms: &Terms) -> Self {
        let cast = small.cast();
        let pens = Pens::of(&cast);
        let genesis = seller::open(pens.identity(cast.seller()), terms, 1).expect("small terms");
        let board = Board::open(&genesis, Vec::new()).expect("possible terms");
        let of = |party| Pens::of(&cast).take(party);
        Self {
            board,
            slot: 1,
            rng: rng(small.seed + 1000),
            custodian: Custodian::new(of(cast.custodian())),
            bidders: (0..small.bidders)
                .map(|index| Bidder::new(of(cast.bidder(index).expect("it was drawn"))))
                .collect(),
            pens,
            candidates: small.cast().into_candidates().into_iter().flatten().collect(),
            dealers: Vec::new(),
            keyholders: Vec::new(),
        }
    }

    /// An auction that waits for commits: everybody has money, all candidates dealt.
    pub fn at_commits(small: &Small, terms: &Terms) -> Self {
        let mut harness = Self::open(small, terms);
        harness.fund_everybody();
        harness.deal();
        harness.finish_ceremony();
        if harness.auction().phase() == Phase::Reserves {
            harness.pass();
        }
        harness
    }

    /// An auction whose terms have a reserve, and that waits for it: everybody has money, all
    /// candidates dealt.
    pub fn at_reserves(small: &Small, terms: &Terms) -> Self {
        let mut harness = Self::open(small, terms);
        harness.fund_everybody();
        harness.deal();
        harness.finish_ceremony();
        harness
    }

    /// The program's state.
    pub fn auction(&self) -> &Auction {
        self.board.auction()
    }

    /// The key of a bidder.
    pub fn bidder(&self, index: usize) -> PartyKey {
        self.bidders[index].party()
    }

    /// An instruction, signed by `party`.
    pub fn sign(&self, party: PartyKey, instruction: &Instruction) -> Vec<u8> {
        self.pens.sign(party, &self.auction().id(), instruction)
    }

    /// Submits what must be accepted.
    #[track_caller]
    pub fn submit(&mut self, instruction: &[u8]) {
        if let Err(error) = self.board.submit(self.slot, instruction) {
            panic!("at slot {}: {error}", self.slot);
        }
    }

    /// The custodian locks `amount` for `party`.
    pub fn fund(&mut self, party: PartyKey, amount: u64) {
        let fund = self.custodian.fund(&self.board.auction().id(), party, amount);
        self.submit(&fund.expect("a small instruction"));
    }

    /// Gives everybody what a bid or a reserve on every lot, or the bonds, will take: exactly, unless fees
    /// grow.
    pub fn fund_everybody(&mut self) {
        let terms = self.auction().terms().clone();
        let lots = terms.lots.len() as u64;
        let bidders = (0..self.bidders.len()).map(|index| self.bidder(index));
        let stake = (terms.stakes.deposit + terms.stakes.fee(self.bidders.len() as u64)) * lots;
        let bidders = bidders.map(|party| (party, stake));
        let reserves = if terms.reserve.is_some() { terms.stakes.deposit * lots } else { 0 };
        let seller = [(terms.seller, reserves)];
        let bonds = terms.stakes.bond * lots;
        let members = self.candidates.iter().map(|candidate| (candidate.member().signing, bonds));
        let needed: Vec<(PartyKey, u64)> = bidders.chain(seller).chain(members).collect();
        for (party, amount) in needed.into_iter().filter(|(_, amount)| *amount > 0) {
            self.fund(party, amount);
        }
    }

    /// Every candidate deals.
    pub fn deal(&mut self) {
        for candidate in std::mem::take(&mut self.candidates) {
            let (deal, dealer) =
                candidate.deal(self.board.auction(), &mut self.rng).expect("it is named");
            self.submit(&deal);
            self.dealers.push(dealer);
        }
    }

    /// Lets time pass to the commits, and makes keyholders of the dealers. Nobody complains.
    pub fn finish_ceremony(&mut self) {
        while matches!(self.auction().phase(), Phase::Deals | Phase::Complaints) {
            self.pass();
        }
        for dealer in std::mem::take(&mut self.dealers) {
            self.keyholders.extend(dealer.into_keyholder(self.board.auction()));
        }
    }

    /// Lets time pass beyond the current deadline, with a tick.
    #[track_caller]
    pub fn pass(&mut self) {
        let deadline = self.auction().deadline().expect("the auction waits for something");
        self.slot = self.slot.max(deadline + 1);
        let tick = self.sign(self.auction().terms().seller, &Instruction::Tick);
        self.submit(&tick);
    }

    /// The seller's reserve for a lot, not submitted.
    pub fn prepare_reserve(&mut self, lot: u32, level: u32) -> PreparedBid {
        let auction = self.board.auction();
        let seller = self.pens.identity(auction.terms().seller);
        let reserve = seller::reserve(seller, auction, lot, Level(level), &mut self.rng);
        reserve.expect("a level of the grid")
    }

    /// The seller's reserve is committed; what reveals it is given back.
    #[track_caller]
    pub fn reserve(&mut self, lot: u32, level: u32) -> Reveal {
        let reserve = self.prepare_reserve(lot, level);
        self.submit(&reserve.commit);
        reserve.reveal
    }

    /// The seller's word on a lot, not submitted.
    pub fn decision(&self, lot: u32, accept: bool) -> Vec<u8> {
        let seller = self.pens.identity(self.auction().terms().seller);
        seller::decide(seller, self.auction(), lot, accept).expect("a small instruction")
    }

    /// A bid is committed; what reveals it is given back.
    #[track_caller]
    pub fn commit(&mut self, bidder: usize, lot: u32, level: u32) -> Reveal {
        self.commit_altered(bidder, lot, level, |sealed_bid| sealed_bid)
    }

    /// A bid whose sealed bytes are what `alter` makes of the right ones.
    #[track_caller]
    pub fn commit_altered(
        &mut self,
        bidder: usize,
        lot: u32,
        level: u32,
        alter: impl FnOnce(Vec<u8>) -> Vec<u8>,
    ) -> Reveal {
        let (auction, rng) = (self.board.auction(), &mut self.rng);
        let bid = self.bidders[bidder].commit_altered(auction, lot, Level(level), alter, rng);
        let bid = bid.expect("a level of the grid");
        self.submit(&bid.commit);
        bid.reveal
    }

    /// A curve is committed, a side and steps of a level and its units; what reveals it is given back.
    #[track_caller]
    pub fn commit_curve(
        &mut self,
        bidder: usize,
        place: (u32, TradeSide),
        steps: &[(u32, u32)],
    ) -> Reveal {
        self.commit_curve_altered(bidder, place, steps, |sealed_bid| sealed_bid)
    }

    /// A curve whose sealed bytes are what `alter` makes of the right ones.
    #[track_caller]
    pub fn commit_curve_altered(
        &mut self,
        bidder: usize,
        place: (u32, TradeSide),
        steps: &[(u32, u32)],
        alter: impl FnOnce(Vec<u8>) -> Vec<u8>,
    ) -> Reveal {
        let curve = self.prepare_curve(bidder, place, steps, alter);
        self.submit(&curve.commit);
        curve.reveal
    }

    /// The same, not submitted.
    #[track_caller]
    pub fn prepare_curve(
        &mut self,
        bidder: usize,
        place: (u32, TradeSide),
        steps: &[(u32, u32)],
        alter: impl FnOnce(Vec<u8>) -> Vec<u8>,
    ) -> PreparedCurve {
        let steps: Vec<_> = steps.iter().map(|(level, units)| (Level(*level), *units)).collect();
        let (auction, rng) = (self.board.auction(), &mut self.rng);
        let curve = self.bidders[bidder].commit_curve_altered(auction, place, &steps, alter, rng);
        curve.expect("a curve that the lot takes")
    }

    /// The seller carries these reveals in one instruction.
    pub fn carry(&self, reveals: Vec<Reveal>) -> Vec<u8> {
        let courier = self.pens.identity(self.auction().terms().seller);
        bidder::carry(courier, self.auction(), reveals).expect("a few reveals")
    }

    /// Reveals are posted in one instruction.
    #[track_caller]
    pub fn reveal(&mut self, reveals: Vec<Reveal>) {
        let carried = self.carry(reveals);
        self.submit(&carried);
    }

    /// What keyholder number `place` (in turn order) would post now.
    pub fn posts(&mut self, place: usize, attested: &[BidId]) -> Vec<Vec<u8>> {
        let auction = self.board.auction();
        let posts = self.keyholders[place].act(auction, attested, &mut self.rng);
        posts.expect("a keyholder is shown one head")
    }

    /// Keyholder number `place` does whatever is due from it; false if nothing is.
    #[track_caller]
    pub fn act(&mut self, place: usize) -> bool {
        let posts = self.posts(place, &[]);
        posts.iter().for_each(|post| self.submit(post));
        !posts.is_empty()
    }

    /// Keyholders act in turn until the auction is in `phase`, or closed; time passes where
    /// nobody does anything.
    pub fn act_until(&mut self, phase: Phase) {
        while ![phase, Phase::Closed].contains(&self.auction().phase()) {
            let mut progress = false;
            for place in 0..self.keyholders.len() {
                progress |= self.auction().phase() != phase && self.act(place);
            }
            if !progress {
                self.pass();
            }
        }
    }

    /// Keyholders act in turn until the first of them is due in a step of gates.
    pub fn act_until_gates(&mut self) {
        let is_gate = |due: &Due| matches!(due, Due::Rank { task: Task::Gate { .. }, .. });
        while !self.auction().dues(self.keyholders[0].id()).iter().any(is_gate) {
            assert!((0..self.keyholders.len()).any(|place| self.act(place)), "somebody is due");
        }
    }

    /// Keyholders act in turn until there is an outcome.
    pub fn finish(&mut self) -> Outcome {
        self.act_until(Phase::Closed);
        self.auction().outcome().expect("the auction is closed")
    }
}
