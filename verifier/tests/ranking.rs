//! The program of a lot against the oracle, every step answered by one keyholder who holds the
//! whole key and proves nothing: cheap enough for all patterns of bids.

use std::sync::{Arc, LazyLock};

use curve25519_dalek::{
    RistrettoPoint, ristretto::RistrettoBasepointTable, scalar::Scalar,
    traits::VartimeMultiscalarMul as _,
};
use rayon::prelude::*;
use talea_protocol::{
    bytes::{Digest, PartyKey},
    check::Check,
    outcome::PriceComparison,
    price::{Level, Price, PriceGrid, Scale, Shape, Side},
    terms::{AuctionId, Depth, Disclosure, Mechanism, Ties},
};

use super::{
    oracle::{Expected, Market},
    provers::{self, Rng},
};
use crate::{
    docket::Docket,
    failure::{Place, Subject},
    group::{Cipher, bases},
    proofs::{blind::Item, gate::Wires},
    replay::rank::{
        dialogue::{Dialogue, DialogueProgress, Halt, KeyholderChannel},
        lagrange::{Delta, Opened},
        program::{Bid, Finding, Program, Reserve},
        step::{Done, Gate, Work},
        ties,
    },
    replay::{
        rank::unary::FirstSums,
        unary_encoding::{Accepted, Room, UnaryEncoding},
    },
};

/// A keyholder with the whole key, who can be told to lie.
pub(crate) struct Keyholder {
    pub(crate) rng: Rng,
    secret: Scalar,
    /// What the Decrypt steps so far opened.
    opened: Vec<RistrettoPoint>,
    /// Kinds of steps, in order, and how many items each had.
    pub(crate) steps: Vec<(char, usize)>,
    /// Number of a Decrypt step, and what it makes of its first item.
    pub(crate) lie: Option<(usize, RistrettoPoint)>,
}

impl Keyholder {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = provers::rng(seed);
        let secret = Scalar::random(&mut rng);
        Self { rng, secret, opened: Vec::new(), steps: Vec::new(), lie: None }
    }

    /// Of 0 or 1. Who has the whole key needs the key base alone, and that from a table.
    fn encrypt(&mut self, message: u64) -> Cipher {
        static K: LazyLock<RistrettoBasepointTable> =
            LazyLock::new(|| RistrettoBasepointTable::create(&bases().k));
        let r = Scalar::random(&mut self.rng);
        let public = if message == 1 { Cipher::one() } else { Cipher::zero() };
        public + Cipher { r: &*K * &r, e: &*K * &(r * self.secret) }
    }

    /// Some are kept decoded, some are not.
    fn unary(&mut self, shape: &Shape, level: u32) -> UnaryEncoding {
        let entries = self.entries(shape, level);
        self.kept(entries)
    }

    /// A level in unary.
    pub(crate) fn entries(&mut self, shape: &Shape, level: u32) -> Vec<Cipher> {
        let digits = shape.digits_of(Level(level)).into_iter().zip(shape.radices());
        let flags = digits.flat_map(|(digit, radix)| (1..radix).map(move |j| digit >= j));
        flags.map(|flag| self.encrypt(u64::from(flag))).collect()
    }

    /// Decoded, or not.
    pub(crate) fn kept(&mut self, entries: Vec<Cipher>) -> UnaryEncoding {
        let room = if self.coin() { entries.len() } else { 0 };
        kept(entries, room)
    }

    fn coin(&mut self) -> bool {
        Scalar::random(&mut self.rng).to_bytes()[0] & 1 == 1
    }

    fn raised(&mut self, cipher: Cipher) -> Cipher {
        let a = Scalar::random(&mut self.rng);
        let times = |point| RistrettoPoint::vartime_multiscalar_mul([&a], [&point]);
        Cipher { r: times(cipher.r), e: times(cipher.e) }
    }

    fn answer(&mut self, work: Work) -> Done {
        match work {
            Work::Gate(items) => {
                self.steps.push(('G', items.len()));
                let turned = items.into_iter().map(|Gate { half_x, y, .. }| {
                    let x = half_x.doubled();
                    let (x, y) = if self.coin() { (x, y) } else { (-x, -y) };
                    (x + self.encrypt(0), y + self.encrypt(0))
                });
                Done::Gate(vec![Arc::new(posted(turned.collect()))])
            }
            Work::Shuffle(k, entries) => {
                self.steps.push(('M', entries.len() >> k));
                assert_eq!(entries.len() % (1 << k), 0);
                let mut shuffled = Vec::new();
                for list in entries.chunks(1 << k) {
                    let mut list: Vec<Cipher> =
                        list.iter().map(|item| self.raised(item.cipher)).collect();
                    list.sort_by_cached_key(|_| Scalar::random(&mut self.rng).to_bytes());
                    shuffled.extend(list.into_iter().map(Item::of));
                }
                Done::Shuffle(shuffled)
            }
            Work::Blind(items) => {
                self.steps.push(('B', items.len()));
                assert!(items.iter().all(|item| !item.is_public()));
                Done::Blind(items.into_iter().map(|item| self.raised(item)).collect())
            }
            Work::Decrypt(items) => {
                let number = self.steps.iter().filter(|(kind, _)| *kind == 'U').count();
                self.steps.push(('U', items.len()));
                let mut opened: Vec<RistrettoPoint> = items
                    .iter()
                    .map(|(r, e)| {
                        let mask = [&self.secret];
                        e - RistrettoPoint::vartime_multiscalar_mul(mask, [&r.point])
                    })
                    .collect();
                if let Some((at, lie)) = self.lie
                    && at == number
                {
                    opened[0] = lie;
                }
                self.opened.extend(&opened);
                let delta = Arc::new(Delta::none());
                let one = |multiple| Opened { multiple, delta: Arc::clone(&delta) };
                Done::Decrypt(opened.into_iter().map(one).collect())
            }
        }
    }
}

/// The end of a program, and how often each check was performed and failed.
pub(crate) struct Ended<T> {
    pub(crate) finding: Result<T, Halt>,
    docket: Docket,
}

impl<T> Ended<T> {
    pub(crate) fn count(&self, check: Check) -> (u64, u64) {
        let count = self.docket.counts().get(&check).copied().unwrap_or_default();
        (count.performed, count.adverse)
    }
}

fn run(keyholder: &mut Keyholder, program: Program) -> Ended<Finding> {
    answered(keyholder, |channel| program.run(channel))
}

/// Runs a program whose every step this keyholder answers.
pub(crate) fn answered<T, F: Future<Output = Result<T, Halt>> + Send + 'static>(
    keyholder: &mut Keyholder,
    program: impl FnOnce(KeyholderChannel) -> F,
) -> Ended<T> {
    let mut docket = Docket::new(Subject::at(Place::Entry(1)));
    let mut dialogue = Dialogue::new(program);
    let mut turn = dialogue.start(&mut docket).unwrap();
    loop {
        turn = match turn {
            DialogueProgress::Ask(work) => {
                let done = keyholder.answer(work);
                dialogue.resume(&mut docket, done).unwrap()
            }
            DialogueProgress::End(finding) => {
                docket.flush(None).unwrap();
                return Ended { finding, docket };
            }
        };
    }
}

/// As it is kept where there is room for so many entries.
fn kept(entries: Vec<Cipher>, room: usize) -> UnaryEncoding {
    let encoded: Vec<_> = entries.iter().map(Cipher::encode).collect();
    let mut accepted = Accepted::default();
    accepted.add((), (&encoded, entries), &Room::for_entries(room));
    accepted.keep().next().unwrap().1
}

/// As if a keyholder had posted them.
fn posted(points: Vec<(Cipher, Cipher)>) -> Wires {
    let encoded = points.iter().map(|(x, y)| (x.encode(), y.encode())).collect();
    Wires { points, encoded }
}

fn price_grid(shape: &[u8], levels: u32) -> PriceGrid {
    PriceGrid {
        side: Side::HighestWins,
        start: Price(0),
        tick: 1,
        levels,
        scale: Scale::Decimal(0),
        shape: Shape::new(shape).unwrap(),
    }
}

pub(crate) fn name(n: usize) -> PartyKey {
    PartyKey([n as u8 + 1; 32])
}

fn program(keyholder: &mut Keyholder, market: &Market, shape: &[u8], fan_out: u16) -> Program {
    let grid = price_grid(shape, 1 << shape.iter().sum::<u8>());
    let shape = grid.shape.clone();
    let bids = market.bids.iter().enumerate().map(|(n, level)| Bid {
        bidder: name(n),
        unary: Arc::new(keyholder.unary(&shape, *level)),
        contribution: None,
        curve: None,
    });
    let bids: Vec<Bid> = bids.collect();
    // Sums are known, or not.
    let width = shape.radices().next().unwrap() - 1;
    let mut sums = FirstSums::default();
    bids.iter().for_each(|bid| sums.add(&bid.unary.entries(0..width).unwrap()));
    let first_sums = keyholder.coin().then_some(sums);
    let reserve = market
        .reserve
        .map(|(level, opened)| Reserve { unary: Arc::new(keyholder.unary(&shape, level)), opened });
    let (mechanism, disclosure) = (market.mechanism, market.disclosure);
    Program { grid, quantity: 1, mechanism, disclosure, fan_out, bids, first_sums, reserve }
}

/// A finding in the oracle's words.
fn told(finding: &Finding) -> Expected {
    let place = |who: PartyKey| (0..).find(|n| name(*n) == who).unwrap();
    let disclosed = &finding.disclosed;
    Expected {
        award: finding.award.as_ref().map(|award| {
            assert_eq!(award.quote.price, Price(award.quote.level.0.into()));
            let sales = award.sales.iter().map(|sale| (place(sale.winner), sale.comparison));
            (award.quote.level.0, sales.collect())
        }),
        cover: disclosed.cover.map(|quote| quote.level.0),
        depth: disclosed.depth.as_ref().map(|depth| depth.to_vec()),
        bids: disclosed.bids.as_ref().map(|bids| {
            assert!(bids.iter().enumerate().all(|(n, bid)| bid.bidder == name(n)));
            bids.iter().map(|bid| bid.quote.level.0).collect()
        }),
        reserve: finding.reserve.map(|quote| quote.level.0),
    }
}

fn agrees(seed: u64, market: &Market, shape: &[u8], fan_out: u16) {
    let mut keyholder = Keyholder::new(seed);
    let program = program(&mut keyholder, market, shape, fan_out);
    let ended = run(&mut keyholder, program);
    assert_eq!(told(&ended.finding.unwrap()), market.expected(), "{market:?}");
}

/// All patterns of so many bids on so many levels.
fn patterns(bids: u32, levels: u32) -> impl Iterator<Item = Vec<u32>> {
    (0..levels.pow(bids)).map(move |n| (0..bids).map(|i| n / levels.pow(i) % levels).collect())
}

const FIRST: Mechanism = Mechanism::FirstPrice;

fn uniform(units: u16) -> Mechanism {
    Mechanism::UniformPrice { units }
}

/// Everything that can be opened short of the bids.
const ALL_FACTS: Disclosure = Disclosure::Facts { cover: true, depth: Some(Depth { min_bids: 2 }) };

/// Up to three bids on four levels of two digits, with every reserve and none.
fn all_patterns(mechanism: Mechanism, disclosure: Disclosure) {
    let mut markets = Vec::new();
    for bids in 1..=3 {
        for bids in patterns(bids, 4) {
            for reserve in [None, Some(0), Some(1), Some(2), Some(3)] {
                let reserve = reserve.map(|level| (level, level % 2 == 1));
                let bids = bids.clone();
                let buckets = (2, 2);
                markets.push(Market { mechanism, disclosure, bids, reserve, buckets });
            }
        }
    }
    markets.par_iter().enumerate().for_each(|(n, market)| agrees(n as u64, market, &[1, 1], 1));
}

#[test]
fn first_price_of_all_patterns() {
    all_patterns(FIRST, ALL_FACTS);
}

/// Surveys of up to three bids: the bids without the `M'` best by bucket, and the best of them.
#[test]
fn surveys_of_all_patterns() {
    let bids: Vec<Vec<u32>> = (1..=3).flat_map(|n| patterns(n, 4)).collect();
    bids.par_iter().enumerate().for_each(|(seed, bids)| {
        for mechanism in [FIRST, uniform(1), uniform(2)] {
            let market = plain(mechanism, ALL_FACTS, bids);
            let mut keyholder = Keyholder::new(seed as u64);
            let program = program(&mut keyholder, &market, &[1, 1], 1);
            let mut docket = Docket::new(Subject::at(Place::Entry(1)));
            let mut dialogue =
                Dialogue::new(|channel| async move { program.survey(&channel, true).await });
            let mut turn = dialogue.start(&mut docket).unwrap();
            let survey = loop {
                turn = match turn {
                    DialogueProgress::Ask(work) => {
                        let done = keyholder.answer(work);
                        dialogue.resume(&mut docket, done).unwrap()
                    }
                    DialogueProgress::End(survey) => break survey.unwrap(),
                };
            };
            let mut rest = bids.clone();
            rest.sort();
            rest.truncate(bids.len().saturating_sub(usize::from(mechanism.units())));
            assert_eq!(survey.cover.map(|quote| quote.level.0), rest.last().copied());
            let depth = [0, 1].map(|b| rest.iter().filter(|bid| **bid / 2 == b).count() as u32);
            let depth = (bids.len() >= 2).then(|| depth.to_vec());
            assert_eq!(survey.depth.map(|depth| depth.to_vec()), depth);
        }
    });
}

#[test]
fn second_price_of_all_patterns() {
    all_patterns(uniform(1), ALL_FACTS);
}

#[test]
fn uniform_price_of_two_units_of_all_patterns() {
    all_patterns(uniform(2), ALL_FACTS);
}

#[test]
fn uniform_price_of_as_many_units_as_bids_of_all_patterns() {
    all_patterns(uniform(3), ALL_FACTS);
}

#[test]
fn everything_of_all_patterns() {
    for mechanism in [FIRST, uniform(1), uniform(2), uniform(3)] {
        all_patterns(mechanism, Disclosure::Everything);
    }
}

#[test]
fn other_shapes_fan_outs_and_limits() {
    let bids = vec![9, 14, 3, 9, 9, 0, 15, 12, 9, 3];
    let shapes: [&[u8]; 4] = [&[4], &[2, 2], &[1, 2, 1], &[1, 1, 1, 1]];
    let mut cases = Vec::new();
    for (shape, fan_out) in shapes.iter().zip([3, 1, 2, 15]) {
        for mechanism in [FIRST, uniform(1), uniform(4), uniform(9), uniform(10)] {
            for reserve in [None, Some((9, false)), Some((10, true))] {
                let bids = bids.clone();
                let first = shape[0];
                let buckets = (1 << first, 1 << (4 - first));
                let disclosure = ALL_FACTS;
                let market = Market { mechanism, disclosure, bids, reserve, buckets };
                cases.push((market, *shape, fan_out));
            }
        }
    }
    cases
        .par_iter()
        .enumerate()
        .for_each(|(n, (market, shape, fan_out))| agrees(n as u64, market, shape, *fan_out));
}

/// The steps of a second price with nothing else: what is asked, and how much of it.
#[test]
fn the_questions_stand_in_their_order() {
    let disclosure = Disclosure::WINNER_AND_PRICE;
    let market = |mechanism, reserve: Option<(u32, bool)>| Market {
        mechanism,
        disclosure,
        bids: vec![3, 2],
        reserve,
        buckets: (2, 2),
    };
    let steps = |market: &Market| {
        let mut keyholder = Keyholder::new(1);
        let program = program(&mut keyholder, market, &[1, 1], 1);
        run(&mut keyholder, program).finding.unwrap();
        keyholder.steps
    };
    // Two digits, the second with a gate per bid, and the winner's search.
    let first = [('B', 1), ('U', 1), ('G', 2), ('U', 2), ('B', 1), ('U', 1), ('B', 1), ('U', 1)];
    assert_eq!(steps(&market(FIRST, None)), first);
    // At-most-tests for the limit 1 shuffle lists of two; then above_i, and nobody is left.
    let second = [('M', 1), ('U', 2), ('G', 2), ('U', 2), ('M', 1), ('U', 2), ('U', 2)];
    assert_eq!(steps(&market(uniform(1), None)), second);
    // As many units as bids: nothing is asked.
    assert_eq!(steps(&market(uniform(2), None)), []);
    // The reserve test: at the first digit N and both bids select; at the last N alone.
    let test = [('G', 3), ('U', 3), ('G', 2), ('U', 2), ('G', 1), ('U', 1), ('B', 1), ('U', 1)];
    let with_reserve = steps(&market(FIRST, Some((1, false))));
    assert_eq!(with_reserve[..8], test);
    assert_eq!(with_reserve[8..], first);
    // A reserve that is not met is opened if the terms say so, and nothing else.
    let mut unmet = market(FIRST, Some((3, true)));
    unmet.bids = vec![2, 2];
    let unmet = steps(&unmet);
    assert_eq!(unmet[..8], test);
    assert_eq!(unmet[8..], [('U', 2)]);
}

/// Whatever the losing bids are, a second price opens the same small set of values: zeros, random
/// points, signs, and the flags of the award.
#[test]
fn at_most_tests_open_zeros_or_random_points() {
    for bids in patterns(3, 4) {
        let market = Market {
            mechanism: uniform(2),
            disclosure: Disclosure::WINNER_AND_PRICE,
            bids,
            reserve: None,
            buckets: (2, 2),
        };
        let mut keyholder = Keyholder::new(3);
        let program = program(&mut keyholder, &market, &[1, 1], 1);
        run(&mut keyholder, program).finding.unwrap();
        let g = bases().g;
        for n in 2..=16u64 {
            let n = Scalar::from(n);
            // 2*G is a flag at the last digit's scale.
            let is_flag = n == Scalar::from(2u8);
            assert!(is_flag || !keyholder.opened.contains(&(g * n)), "{market:?}");
            assert!(!keyholder.opened.contains(&(-g * n)), "{market:?}");
        }
    }
}

/// Bidders can cancel each other's randomness; what is public is read, and asks nobody.
#[test]
fn what_is_public_is_read() {
    let shape = [1, 1];
    for mechanism in [FIRST, uniform(1)] {
        for disclosure in [ALL_FACTS, Disclosure::Everything] {
            for reserve in [None, Some((1, true)), Some((3, false))] {
                for bids in patterns(2, 4) {
                    let market = Market { mechanism, disclosure, bids, reserve, buckets: (2, 2) };
                    let mut keyholder = Keyholder::new(5);
                    let mut program = program(&mut keyholder, &market, &shape, 1);
                    // The first digit of the second bid takes the randomness of the first's.
                    let first = program.bids[0].unary.get(0).unwrap().r;
                    let secret = keyholder.secret;
                    let mut entries = program.bids[1].unary.entries(0..2).unwrap().into_owned();
                    let second = &mut entries[0];
                    let message = second.e - second.r * secret;
                    *second = Cipher { r: -first, e: message - first * secret };
                    program.bids[1].unary = Arc::new(kept(entries, 0));
                    program.first_sums = None;
                    let ended = run(&mut keyholder, program);
                    assert_eq!(told(&ended.finding.unwrap()), market.expected(), "{market:?}");
                }
            }
        }
    }
}

/// Lets a Decrypt step open its first item to this, and tells which check raises the alarm.
#[track_caller]
fn alarm(market: &Market, shape: &[u8], levels: u32, lie: (usize, u64), check: Check) {
    let mut keyholder = Keyholder::new(7);
    keyholder.lie = Some((lie.0, bases().g * Scalar::from(lie.1)));
    let mut program = program(&mut keyholder, market, shape, 1);
    program.grid.levels = levels;
    let ended = run(&mut keyholder, program);
    assert_eq!(ended.finding.as_ref().err(), Some(&Halt::Alarm));
    assert_eq!(ended.count(check).1, 1);
    for other in [Check::SignOpened, Check::PriceOnGrid, Check::CountOpened] {
        assert_eq!(ended.count(other).1, u64::from(other == check));
    }
}

fn plain(mechanism: Mechanism, disclosure: Disclosure, bids: &[u32]) -> Market {
    Market { mechanism, disclosure, bids: bids.to_vec(), reserve: None, buckets: (2, 2) }
}

#[test]
fn k10_an_opened_sign_that_is_none_halts_the_lot() {
    let market = plain(FIRST, Disclosure::WINNER_AND_PRICE, &[3, 1]);
    alarm(&market, &[1, 1], 4, (1, 2), Check::SignOpened);
    alarm(&market, &[1, 1], 4, (1, 0), Check::SignOpened);
}

#[test]
fn k11_a_level_beyond_the_grid_halts_the_lot() {
    let market = plain(FIRST, Disclosure::WINNER_AND_PRICE, &[3, 1]);
    // No lie is needed where a bid is beyond; no accepted bid is.
    alarm(&market, &[1, 1], 3, (99, 0), Check::PriceOnGrid);
    let market = plain(FIRST, Disclosure::Everything, &[1, 3]);
    alarm(&market, &[1, 1], 3, (99, 0), Check::PriceOnGrid);
}

#[test]
fn k13_opened_values_that_no_bids_give_halt_the_lot() {
    // A digit that is none.
    let market = plain(FIRST, Disclosure::Everything, &[3, 1]);
    alarm(&market, &[1, 1], 4, (0, 2), Check::CountOpened);
    let market = plain(FIRST, Disclosure::Everything, &[9, 1]);
    alarm(&market, &[3, 1], 16, (0, 8), Check::CountOpened);
    // A flag that is neither 0 nor 2^(d-1) = 2.
    let market = plain(uniform(1), Disclosure::WINNER_AND_PRICE, &[3, 1, 1]);
    alarm(&market, &[1, 1], 4, (3, 1), Check::CountOpened);
    // More flags than units: the first bid, which is below, is made to win too.
    let market = plain(uniform(1), Disclosure::WINNER_AND_PRICE, &[1, 3, 1]);
    alarm(&market, &[1, 1], 4, (3, 2), Check::CountOpened);
    // A depth with a count that is not more than M', or more than there are bids.
    let depth = Disclosure::Facts { cover: false, depth: Some(Depth { min_bids: 1 }) };
    let market = plain(FIRST, depth, &[3, 2, 1]);
    for lie in [1, 4] {
        let mut keyholder = Keyholder::new(7);
        let honest = program(&mut keyholder, &market, &[1, 1], 1);
        assert!(run(&mut keyholder, honest).finding.is_ok());
        let last = keyholder.steps.iter().filter(|(kind, _)| *kind == 'U').count() - 1;
        alarm(&market, &[1, 1], 4, (last, lie), Check::CountOpened);
    }
}

#[test]
fn a_lottery_draws_by_hash() {
    let auction = AuctionId([4; 32]);
    let bids = |contribution: u8| -> Vec<Bid> {
        (0..20)
            .map(|n| Bid {
                bidder: name(n),
                unary: Arc::new(kept(Vec::new(), 0)),
                curve: None,
                contribution: Some([contribution ^ n as u8; 32]),
            })
            .collect()
    };
    let order = |ties, lot, bids| -> Vec<PartyKey> {
        let ordered = ties::order(ties, &auction, lot, bids).unwrap();
        ordered.iter().map(|bid| bid.bidder).collect()
    };
    let commits: Vec<PartyKey> = (0..20).map(name).collect();
    assert_eq!(order(Ties::EarliestCommit, 3, bids(1)), commits);
    let drawn = order(Ties::Lottery, 3, bids(1));
    // The definition, word by word.
    let mut bytes = b"talea/v2/lottery/seed".to_vec();
    bytes.extend(auction.0);
    bytes.extend(3u32.to_le_bytes());
    bytes.extend(20u64.to_le_bytes());
    for n in 0..20 {
        bytes.extend(name(n).0);
        bytes.extend([1 ^ n as u8; 32]);
    }
    let seed = Digest::of(&[&bytes]);
    let mut expected = commits.clone();
    expected.sort_by_key(|who| Digest::of(&[b"talea/v2/lottery/draw", &seed.0, &who.0]));
    assert_eq!(drawn, expected);
    // Everything counts.
    assert_ne!(order(Ties::Lottery, 4, bids(1)), drawn);
    assert_ne!(order(Ties::Lottery, 3, bids(2)), drawn);
    let mut fewer = bids(1);
    fewer.pop();
    assert_ne!(order(Ties::Lottery, 3, fewer), drawn[..19]);
    let mut missing = bids(1);
    missing[7].contribution = None;
    assert!(ties::order(Ties::Lottery, &auction, 3, missing).is_none());
}

/// What the clear path gives for a first price that nobody contests.
#[test]
fn one_bid_is_at_its_own_price() {
    let market = plain(FIRST, Disclosure::Everything, &[2]);
    assert_eq!(market.expected().award, Some((2, vec![(0, PriceComparison::AtPrice)])));
    agrees(9, &market, &[1, 1], 1);
    let market = plain(uniform(1), Disclosure::Everything, &[2]);
    assert_eq!(market.expected().award, Some((0, vec![(0, PriceComparison::NotCompared)])));
    agrees(9, &market, &[1, 1], 1);
}
