//! Rounds in which everybody does anything: bids, improves, is silent, reveals nothing or rubbish, is
//! attested or not; keyholders stay away, the seller decides or does not. Whatever happens, both
//! verifications agree, prices are those of the bids that stand, and money goes where section 12 of
//! `docs/spec.md` says.

use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore as _, SeedableRng as _};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};
use talea_contract::Phase;
use talea_parties::bidder::BidSecret;
use talea_protocol::{
    bytes::PartyKey,
    commitment::BidId,
    outcome::{Ending, Outcome},
    price::Rung,
    sealed_bid::Reveal,
    terms::{Depth, Disclosure, Mechanism, Terms, Ties},
};
use talea_sim::{plain::PlainLot, play::Seat};
use talea_tests::{Small, on_all_cores, opinions::agree_that_it_is_valid, stage::Stage};

const RUNGS: u32 = 4;
const BIDDERS: usize = 3;
const DEPOSIT: u64 = 100;
const FEE: u64 = 1;

/// What a bidder may do in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Move {
    Silent,
    Bids,
    NeverReveals,
    RevealsRubbish,
}

/// What a bid on a lot has come to, as everybody knows who sees what each does.
#[derive(Default)]
struct Line {
    /// Its rung, and what proves the next one.
    standing: Option<(Rung, BidSecret)>,
    /// Whether its deposit is lost.
    forfeits: bool,
}

/// Draws what happens.
struct Chance(ChaCha20Rng);

impl Chance {
    fn below(&mut self, bound: u32) -> u32 {
        self.0.next_u32() % bound
    }

    fn once_in(&mut self, times: u32) -> bool {
        self.below(times) == 0
    }

    fn one_of<T: Copy>(&mut self, things: &[T]) -> T {
        things[self.below(things.len() as u32) as usize]
    }

    fn shuffled<T>(&mut self, things: impl IntoIterator<Item = T>) -> Vec<T> {
        let mut things: Vec<(u32, T)> =
            things.into_iter().map(|thing| (self.0.next_u32(), thing)).collect();
        things.sort_by_key(|(place, _)| *place);
        things.into_iter().map(|(_, thing)| thing).collect()
    }
}

fn rules(chance: &mut Chance, seed: u64) -> Small {
    let lots = 1 + chance.below(2) as usize;
    Small {
        groups: vec![if chance.once_in(3) {
            (1, vec![Seat::Own])
        } else {
            (2, vec![Seat::Own; 3])
        }],
        lots: vec![(RUNGS, vec![1, 1]); lots],
        bidders: BIDDERS,
        mechanism: chance.one_of(&[
            Mechanism::FirstPrice,
            Mechanism::UniformPrice { units: 1 },
            Mechanism::UniformPrice { units: 2 },
        ]),
        ties: chance.one_of(&[Ties::EarliestCommit, Ties::Lottery]),
        disclosure: Disclosure::Facts { cover: true, depth: Some(Depth { min_bids: 1 }) },
        reserve: chance.one_of(&[None, Some(false), Some(true)]),
        acceptance: chance.once_in(3),
        rounds: Some((2 + chance.below(3), chance.once_in(2))),
        stakes: (DEPOSIT, 30, FEE),
        seed,
        ..Small::default()
    }
}

struct Play {
    stage: Stage,
    chance: Chance,
    threshold: usize,
    /// By lot and bidder.
    lines: BTreeMap<(u32, usize), Line>,
    /// The first commits of each lot, in order.
    commits: BTreeMap<u32, Vec<usize>>,
    /// The reserves that bind.
    reserves: BTreeMap<u32, Rung>,
    /// Of the seller's, not revealed.
    lapsed: u64,
    declined: BTreeSet<u32>,
    /// What happened, for those who want to know whether anything did.
    seen: BTreeSet<&'static str>,
}

impl Play {
    fn open(seed: u64) -> Self {
        let mut chance = Chance(ChaCha20Rng::seed_from_u64(seed));
        let small = rules(&mut chance, seed);
        let stage = Stage::at_reserves(&small, &small.terms());
        Self {
            stage,
            chance,
            threshold: usize::from(small.groups[0].0),
            lines: BTreeMap::new(),
            commits: BTreeMap::new(),
            reserves: BTreeMap::new(),
            lapsed: 0,
            declined: BTreeSet::new(),
            seen: BTreeSet::new(),
        }
    }

    fn terms(&self) -> Terms {
        self.stage.auction().terms().clone()
    }

    fn lots(&self) -> std::ops::Range<u32> {
        0..self.terms().lots.len() as u32
    }

    fn undecided(&self) -> Vec<u32> {
        self.lots().filter(|lot| self.stage.auction().ending(*lot).is_none()).collect()
    }

    /// The seller commits reserves; those that it will reveal.
    fn reserve(&mut self) -> Vec<Reveal> {
        let mut reveals = Vec::new();
        if self.stage.auction().phase() == Phase::Reserves {
            for lot in self.lots() {
                let rung = self.chance.below(RUNGS);
                match self.chance.below(4) {
                    0 => {}
                    1 => {
                        self.stage.reserve(lot, rung);
                        self.lapsed += 1;
                    }
                    _ => {
                        reveals.push(self.stage.reserve(lot, rung));
                        self.reserves.insert(lot, Rung(rung));
                    }
                }
            }
            self.stage.pass();
        }
        reveals
    }

    /// One round of bids; what each bidder did, and what is to be revealed.
    fn bid(&mut self) -> (BTreeMap<(u32, usize), Move>, Vec<Reveal>) {
        let round = self.stage.auction().round();
        let mut moves = BTreeMap::new();
        let mut reveals = Vec::new();
        let places: Vec<(u32, usize)> = self
            .undecided()
            .into_iter()
            .flat_map(|lot| (0..BIDDERS).map(move |bidder| (lot, bidder)))
            .collect();
        for (lot, bidder) in self.chance.shuffled(places) {
            use Move::{Bids, NeverReveals, RevealsRubbish, Silent};
            let next =
                self.chance.one_of(&[Bids, Bids, Bids, Silent, NeverReveals, RevealsRubbish]);
            let alter = |mut bytes: Vec<u8>| {
                if next == RevealsRubbish {
                    bytes[0] ^= 1;
                }
                bytes
            };
            let (auction, rng) = (self.stage.board.auction(), &mut self.stage.rng);
            let standing = self.lines.get(&(lot, bidder)).and_then(|line| line.standing.as_ref());
            let signer = &self.stage.bidders[bidder];
            if round > 0 && standing.is_none() {
                // Nobody enters after round 0.
                let late = signer.commit(auction, lot, Rung(0), rng).unwrap();
                let slot = self.stage.slot;
                assert!(self.stage.board.submit(slot, &late.commit).is_err());
                continue;
            }
            if next == Silent {
                if round > 0 {
                    moves.insert((lot, bidder), Silent);
                }
                continue;
            }
            let least = standing.map_or(0, |(rung, _)| rung.0);
            let rung = Rung(least + self.chance.below(RUNGS - least));
            let bid = match standing {
                None => signer.commit_altered(auction, lot, rung, alter, rng),
                Some((_, secret)) => {
                    signer.improve_altered(auction, (lot, rung), secret, alter, rng)
                }
            };
            let bid = bid.unwrap();
            self.stage.submit(&bid.commit);
            if round == 0 {
                self.commits.entry(lot).or_default().push(bidder);
                self.lines.insert((lot, bidder), Line::default());
            }
            if next != NeverReveals {
                reveals.push(bid.reveal.clone());
            }
            if next == Bids {
                self.lines.entry((lot, bidder)).or_default().standing = Some((rung, bid.secret));
            }
            moves.insert((lot, bidder), next);
        }
        self.stage.pass();
        (moves, reveals)
    }

    fn reveal(&mut self, reveals: Vec<Reveal>) {
        if self.stage.auction().phase() != Phase::Reveals {
            return;
        }
        let reveals = self.chance.shuffled(reveals);
        if self.chance.once_in(2) {
            reveals.into_iter().for_each(|reveal| self.stage.reveal(vec![reveal]));
        } else if !reveals.is_empty() {
            self.stage.reveal(reveals);
        }
        if self.stage.auction().phase() == Phase::Reveals {
            self.stage.pass();
        }
    }

    /// Keyholders endorse, or not, and attest whom they like of those who are missing.
    fn endorse(&mut self, moves: &BTreeMap<(u32, usize), Move>) {
        let round = self.stage.auction().round();
        let id =
            |(lot, bidder): (u32, usize)| BidId { lot, round, bidder: self.stage.bidder(bidder) };
        let is_missing = |next: Move| matches!(next, Move::Silent | Move::NeverReveals);
        let missing: Vec<((u32, usize), BidId)> = moves
            .iter()
            .filter(|(_, next)| is_missing(**next))
            .map(|(at, _)| (*at, id(*at)))
            .collect();
        if self.stage.auction().phase() == Phase::Endorsing {
            for (at, next) in moves {
                let missing = self.stage.auction().is_missing(&id(*at));
                assert_eq!(missing, is_missing(*next), "{at:?} {next:?} in round {round}");
            }
        }
        let mut attesting: BTreeMap<BidId, usize> = BTreeMap::new();
        let places: Vec<usize> = (0..self.stage.keyholders.len()).collect();
        for place in self.chance.shuffled(places) {
            let is_wanted = self.stage.auction().phase() == Phase::Endorsing;
            if !is_wanted || self.chance.once_in(12) {
                continue;
            }
            let mut attested: Vec<BidId> = missing.iter().map(|(_, bid)| *bid).collect();
            attested.retain(|_| !self.chance.once_in(3));
            attested.sort();
            for post in self.stage.posts(place, &attested) {
                self.stage.submit(&post);
                attested.iter().for_each(|bid| *attesting.entry(*bid).or_default() += 1);
            }
        }
        if self.stage.auction().phase() == Phase::Endorsing {
            self.stage.pass();
        }
        let is_attested = |bid: &BidId| attesting.get(bid).copied() >= Some(self.threshold);
        for (at, next) in moves {
            let line = self.lines.entry(*at).or_default();
            let bid = BidId { lot: at.0, round, bidder: self.stage.bidder(at.1) };
            let forfeits = match next {
                Move::Bids => false,
                Move::RevealsRubbish => true,
                Move::Silent | Move::NeverReveals => !is_attested(&bid),
            };
            line.forfeits |= forfeits;
            let word = match (next, round, forfeits) {
                (Move::Bids, 0, _) => "a bid",
                (Move::Bids, ..) => "a bid in a later round",
                (Move::RevealsRubbish, 0, _) => "rubbish",
                (Move::RevealsRubbish, ..) => "rubbish in a later round",
                (Move::NeverReveals, 0, true) => "unrevealed",
                (Move::NeverReveals, 0, false) => "unrevealed and attested",
                (Move::NeverReveals, _, true) => "unrevealed in a later round",
                (Move::NeverReveals, _, false) => "unrevealed and attested in a later round",
                (Move::Silent, _, true) => "silent",
                (Move::Silent, _, false) => "silent and attested",
            };
            self.seen.insert(word);
        }
    }

    /// Keyholders rank, some of them not to the end, and the seller decides or does not; until there is
    /// another round, or the end.
    fn rank(&mut self) {
        let round = self.stage.auction().round();
        let leavers: BTreeMap<usize, u32> = (0..self.stage.keyholders.len())
            .map(|place| (place, self.chance.below(150)))
            .filter(|(_, from_step)| *from_step < 12)
            .collect();
        while self.stage.auction().phase() == Phase::Ranking {
            let mut progress = false;
            for place in 0..self.stage.keyholders.len() {
                let stays_away =
                    |step: Option<u32>| leavers.get(&place).is_some_and(|from| step >= Some(*from));
                let (auction, rng) = (self.stage.board.auction(), &mut self.stage.rng);
                let keyholder = &mut self.stage.keyholders[place];
                let posts = keyholder.act_unless(auction, &[], stays_away, rng).unwrap();
                progress |= !posts.is_empty();
                posts.iter().for_each(|post| self.stage.submit(post));
            }
            for lot in self.lots() {
                if self.stage.auction().award_to_decide(lot).is_some() && !self.chance.once_in(3) {
                    let accept = self.chance.once_in(2);
                    let decision = self.stage.decision(lot, accept);
                    self.stage.submit(&decision);
                    progress = true;
                    if !accept {
                        self.declined.insert(lot);
                    }
                }
            }
            if !progress && self.stage.auction().phase() == Phase::Ranking {
                self.stage.pass();
            }
        }
        let phase = self.stage.auction().phase();
        assert!(phase == Phase::Closed || self.stage.auction().round() == round + 1);
    }

    /// From the opening to the outcome.
    fn run(mut self) -> BTreeSet<&'static str> {
        let mut of_reserves = self.reserve();
        while self.stage.auction().phase() == Phase::Commits {
            let (moves, mut reveals) = self.bid();
            reveals.append(&mut of_reserves);
            self.reveal(reveals);
            self.endorse(&moves);
            self.rank();
        }
        let outcome = self.stage.auction().outcome().expect("it is closed");
        self.judge(&outcome);
        let (_, transcript) = self.stage.board.into_inner();
        agree_that_it_is_valid(&transcript, &outcome);
        self.seen
    }

    /// Compares the outcome with what everybody did.
    fn judge(&mut self, outcome: &Outcome) {
        let terms = self.terms();
        let mut settled: BTreeMap<PartyKey, u64> = BTreeMap::new();
        for (lot, result) in (0u32..).zip(outcome.lots.iter()) {
            let bids: Vec<(PartyKey, Rung)> = self
                .commits
                .get(&lot)
                .into_iter()
                .flatten()
                .filter_map(|bidder| {
                    let (rung, _) = self.lines.get(&(lot, *bidder))?.standing.as_ref()?;
                    Some((self.stage.bidder(*bidder), *rung))
                })
                .collect();
            let reserve = self.reserves.get(&lot).copied();
            let plain = PlainLot {
                terms: &terms,
                ladder: &terms.lots[lot as usize].ladder,
                bids: &bids,
                reserve,
                declines: self.declined.contains(&lot),
            };
            let implied = plain.result().ending;
            match (&result.ending, &implied) {
                (Ending::Void(_), _) => {
                    self.seen.insert("void");
                }
                (Ending::Sold(found), Ending::Sold(award))
                | (Ending::Declined(found), Ending::Declined(award)) => {
                    assert_eq!((found.quote, found.sales.len()), (award.quote, award.sales.len()));
                    if terms.ties == Ties::EarliestCommit {
                        assert_eq!(found, award);
                    }
                    self.seen.insert(if result.ending == implied {
                        "sold"
                    } else {
                        "sold by lottery"
                    });
                }
                (found, implied) => assert_eq!(found, implied),
            }
            match &result.ending {
                Ending::Sold(award) => award.sales.iter().for_each(|sale| {
                    let bidder =
                        (0..BIDDERS).find(|n| self.stage.bidder(*n) == sale.winner).unwrap();
                    if !self.lines[&(lot, bidder)].forfeits {
                        *settled.entry(sale.winner).or_default() += DEPOSIT;
                    } else {
                        self.seen.insert("a winner in default");
                    }
                }),
                Ending::Declined(_) => drop(self.seen.insert("declined")),
                Ending::BelowReserve => drop(self.seen.insert("below the reserve")),
                Ending::Unsold => drop(self.seen.insert("unsold")),
                Ending::Void(_) | Ending::Halted => {}
            }
        }
        for bidder in 0..BIDDERS {
            let party = self.stage.bidder(bidder);
            let lines = self.lines.iter().filter(|((_, of), _)| *of == bidder);
            let forfeits: u64 =
                lines.map(|(_, line)| if line.forfeits { DEPOSIT + FEE } else { FEE }).sum();
            let account = outcome.accounts.iter().find(|account| account.party == party).unwrap();
            assert_eq!(account.forfeited, forfeits, "bidder {bidder}");
            assert_eq!(account.settlement, settled.get(&party).copied().unwrap_or(0));
        }
        let mut sums = [0, 0];
        for account in &outcome.accounts {
            let (taken, given) =
                (account.funded + account.received, account.available + account.settlement);
            assert_eq!(taken, given + account.forfeited, "{account:?}");
            sums[0] += account.received;
            sums[1] += account.forfeited;
        }
        assert_eq!(sums[0], sums[1], "what one loses others receive");
        let seller = outcome.accounts.iter().find(|account| account.party == terms.seller);
        assert_eq!(seller.map_or(0, |account| account.forfeited), DEPOSIT * self.lapsed);
    }
}

/// Everything that can happen to a bid or to a lot.
const ALL: [&str; 17] = [
    "a bid",
    "a bid in a later round",
    "a winner in default",
    "below the reserve",
    "declined",
    "rubbish",
    "rubbish in a later round",
    "silent",
    "silent and attested",
    "sold",
    "sold by lottery",
    "unrevealed",
    "unrevealed and attested",
    "unrevealed and attested in a later round",
    "unrevealed in a later round",
    "unsold",
    "void",
];

/// Plays with these seeds; everything that happens is to have happened.
fn hold(seeds: std::ops::Range<u64>) {
    let seen = Mutex::new(BTreeSet::new());
    let seeds: Vec<u64> = seeds.collect();
    on_all_cores(&seeds, |seed| {
        let played = std::panic::catch_unwind(|| Play::open(*seed).run());
        let words = played.unwrap_or_else(|_| panic!("with seed {seed}"));
        seen.lock().unwrap().extend(words);
    });
    assert_eq!(seen.into_inner().unwrap(), BTreeSet::from(ALL));
}

#[test]
fn whatever_happens_in_rounds_both_verifications_agree() {
    hold(0..60);
}

/// By hand: `cargo test --release -p talea-tests --test rounds_at_random -- --ignored`.
#[test]
#[ignore = "some minutes"]
fn whatever_happens_in_many_rounds_both_verifications_agree() {
    hold(60..6_000);
}
