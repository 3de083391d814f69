//! What a transcript decrypts is a function of what the terms disclose, and of nothing else: over
//! every pattern of up to three bids on four levels, for the mechanisms, disclosures, reserves and tie
//! rules, two patterns that come to the same facts show the same.
//!
//! Everything that keyholders open is read here from the posts alone, as an onlooker reads it. Each
//! opened value has a class: of a blinded sum whether it is zero, of a shuffled list whether some entry
//! is, of a gate nothing but that it is a sign, of an open question the value itself. Signs and the
//! places of zeros are masks; one test sees that they take every value.

use curve25519_dalek::RistrettoPoint;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};
use talea_contract::{elgamal::Ciphertext, group::decode_point};
use talea_protocol::{
    bytes::PartyKey,
    instruction::Instruction,
    outcome::{Ending, LotResult, ReserveResult},
    price::Level,
    ranking::RankHeader,
    sealed_bid::Reveal,
    terms::{Depth, Disclosure, Mechanism, Terms, Ties},
};
use talea_sim::simulate::{BidPlan, BidderConduct, Plan, ReservePlan, Seat};
use talea_tests::{
    Small,
    onlooker::{
        Class, UnaryEncoding, above, count_of, counts, draw, header_of, is_plus, shuffled,
        unary_of, zero_of,
    },
    patterns,
    replay::{Kind, Replay, opened},
};

const LEVELS: u32 = 4;
const ONE_DIGIT: &[u8] = &[2];
const TWO_DIGITS: &[u8] = &[1, 1];
const SECOND_PRICE: Mechanism = Mechanism::SECOND_PRICE;
const TWO_UNITS: Mechanism = Mechanism::UniformPrice { units: 2 };
const COVER: Disclosure = Disclosure::Facts { cover: true, depth: None };
const DEPTH: Disclosure = Disclosure::Facts { cover: false, depth: Some(Depth { min_bids: 1 }) };
const COVER_AND_DEPTH: Disclosure =
    Disclosure::Facts { cover: true, depth: Some(Depth { min_bids: 1 }) };

// ---- what an onlooker sees ----

/// The steps of a lot, in order, and what each item of them shows.
type View = Vec<(Kind, Vec<Class>)>;

/// By step and item: which sign was opened, or at which place of its list the zero stood.
type Masks = BTreeMap<(usize, usize), usize>;

/// What is public of one lot before anything is opened, and what was posted since.
struct Onlooker<'a> {
    terms: &'a Terms,
    result: &'a LotResult,
    /// In tie order.
    bidders: Vec<PartyKey>,
    encodings: Vec<UnaryEncoding>,
    reserve: Option<UnaryEncoding>,
    /// What was revealed of the bids in round 0, in commit order.
    in_round_0: Vec<(PartyKey, Vec<u8>)>,
    /// The step before, if it left ciphertexts that an decryption takes, item by item.
    left: Option<Vec<Vec<Ciphertext>>>,
    /// `Y` of every gate of the step before.
    seconds: Vec<Ciphertext>,
    /// Of every step of gates: `v*Y`, item by item.
    products: Vec<Vec<Ciphertext>>,
    /// Steps of the rounds before this one.
    of_former_rounds: usize,
    view: View,
    masks: Masks,
}

impl<'a> Onlooker<'a> {
    fn new(terms: &'a Terms, result: &'a LotResult) -> Self {
        Self {
            terms,
            result,
            bidders: Vec::new(),
            encodings: Vec::new(),
            reserve: None,
            in_round_0: Vec::new(),
            left: None,
            seconds: Vec::new(),
            products: Vec::new(),
            of_former_rounds: 0,
            view: View::new(),
            masks: Masks::new(),
        }
    }

    /// A round is ranked, or surveyed: with these bids, the seller's reserve among them.
    fn turn_to(&mut self, lot: u32, round: u32, bids: &[(PartyKey, Vec<u8>)]) {
        let terms = self.terms;
        let (of_seller, of_bidders): (Vec<_>, Vec<_>) =
            bids.iter().cloned().partition(|(bidder, _)| *bidder == terms.seller);
        let mut bids = of_bidders;
        if round == 0 {
            self.in_round_0.clone_from(&bids);
        }
        draw(terms, lot, &self.in_round_0, &mut bids);
        let unary = |(_, bytes): &(PartyKey, Vec<u8>)| unary_of(terms, lot, bytes);
        self.bidders = bids.iter().map(|(bidder, _)| *bidder).collect();
        self.encodings = bids.iter().map(unary).collect();
        self.reserve = of_seller.first().map(unary);
        self.products.clear();
        self.of_former_rounds = self.view.len();
    }

    /// Reads the only post of a step: one keyholder, one chunk.
    fn read(&mut self, instruction: &Instruction) {
        let kind = Kind::of(instruction);
        let header = header_of(instruction).expect("a rank message");
        let step = self.view.len() - self.of_former_rounds;
        assert_eq!((header.step as usize, header.chunk), (step, 0));
        let decode = |wire| Ciphertext::decode(wire).expect("it was accepted");
        let classes = match instruction {
            Instruction::Gate(post) => {
                self.left = Some(post.turns.iter().map(|turn| vec![decode(&turn.x)]).collect());
                self.seconds = post.turns.iter().map(|turn| decode(&turn.y)).collect();
                vec![Class::Sealed; post.turns.len()]
            }
            Instruction::Shuffle(post) => {
                let entries = usize::from(self.limit_asked() + 1).next_power_of_two();
                self.left = Some(shuffled(&post.outputs, entries.ilog2()));
                vec![Class::Sealed; post.outputs.len()]
            }
            Instruction::Blind(post) => {
                self.left = Some(post.blinded.iter().map(|wire| vec![decode(wire)]).collect());
                vec![Class::Sealed; post.blinded.len()]
            }
            Instruction::Decrypt(post) => {
                let shares =
                    post.shares.iter().map(|share| decode_point(share).expect("it was accepted"));
                self.decrypt(&shares.collect::<Vec<_>>())
            }
            _ => panic!("a rank message"),
        };
        self.view.push((kind, classes));
    }

    /// At-most-tests of a lot are all for one limit.
    fn limit_asked(&self) -> u16 {
        self.terms.mechanism.units()
    }

    fn decrypt(&mut self, shares: &[RistrettoPoint]) -> Vec<Class> {
        let Some(left) = self.left.take() else { return self.open(shares) };
        // A quorum of one: its shares need no interpolation.
        let messages: Vec<RistrettoPoint> =
            left.iter().flatten().zip(shares).map(|(sealed, share)| sealed.e - share).collect();
        assert_eq!(messages.len(), shares.len());
        let step = self.view.len();
        match self.view.last().map(|(kind, _)| *kind) {
            Some(Kind::Gate) => {
                let mut products = Vec::new();
                for (item, message) in messages.iter().enumerate() {
                    let is_plus = is_plus(message);
                    self.masks.insert((step, item), usize::from(is_plus));
                    let second = self.seconds[item];
                    products.push(if is_plus { second } else { -second });
                }
                self.products.push(products);
                vec![Class::Sign; messages.len()]
            }
            _ => {
                let lists = messages.chunks(left[0].len()).enumerate();
                let classes = lists.map(|(item, list)| {
                    let Some(place) = zero_of(list) else { return Class::NoZero };
                    self.masks.insert((step, item), place);
                    Class::Zero
                });
                classes.collect()
            }
        }
    }

    /// An open question: flags of who is above the price, counts of the depth, digits.
    fn open(&self, shares: &[RistrettoPoint]) -> Vec<Class> {
        let last_scale = 1 << (self.shape().len() - 1);
        let asked = [(self.above(), last_scale), (counts(&self.encodings), 1), (self.digits(), 1)];
        let answers = asked.into_iter().find_map(|(asked, scale)| {
            let opened = asked.iter().zip(shares).map(|(c, share)| count_of(&(c.e - share), scale));
            let counts: Vec<u32> = opened.collect::<Option<_>>()?;
            (counts.len() == shares.len()).then_some(counts)
        });
        let answers = answers.expect("it was one of these that was opened");
        answers.into_iter().map(Class::Count).collect()
    }

    fn shape(&self) -> Vec<usize> {
        self.terms.lots[0].grid.shape.radices().collect()
    }

    /// `above_i` of every bid, once the price is known.
    fn above(&self) -> Vec<Ciphertext> {
        let Some(level) = price_of(self.result) else { return Vec::new() };
        let shape = &self.terms.lots[0].grid.shape;
        let Some(first) = self.products.len().checked_sub(shape.digits() - 1) else {
            return Vec::new();
        };
        above(&self.encodings, &shape.digits_of(level), &self.products[first..])
    }

    /// The digits of every bid, if all are opened, and of the reserve.
    fn digits(&self) -> Vec<Ciphertext> {
        let all = self.terms.disclosure == Disclosure::Everything;
        let bids = self.encodings.iter().filter(|_| all);
        let encodings = bids.chain(&self.reserve);
        encodings.flatten().map(|row| row.iter().copied().sum()).collect()
    }

    /// What the outcome says of this lot, bidders by their places in tie order.
    fn facts(&self) -> String {
        let LotResult { ranked, reserve, disclosed, ending, .. } = self.result;
        let mut facts = format!("{ranked} bids; reserve {reserve:?}");
        let opened = disclosed.bids.iter().flatten().map(|bid| bid.quote.level.0);
        let opened: Vec<u32> = opened.collect();
        for survey in disclosed.surveys.iter() {
            let _ = write!(facts, "; survey {:?} {:?}", survey.depth, survey.cover);
        }
        let (cover, depth) = (&disclosed.cover, &disclosed.depth);
        let _ = write!(facts, "; cover {cover:?}; depth {depth:?}; opened {opened:?}");
        match ending {
            Ending::Sold(award) => {
                let _ = write!(facts, "; price {}", award.quote.level.0);
                for sale in award.sales.iter() {
                    let place = self.bidders.iter().position(|bidder| *bidder == sale.winner);
                    let place = place.expect("a winner has bid");
                    let _ = write!(facts, "; sold to {place} {:?}", sale.comparison);
                }
            }
            other => {
                let _ = write!(facts, "; {other:?}");
            }
        }
        facts
    }
}

fn price_of(result: &LotResult) -> Option<Level> {
    match &result.ending {
        Ending::Sold(award) | Ending::Declined(award) => Some(award.quote.level),
        _ => None,
    }
}

/// What one lot came to, and what was seen of it.
#[derive(Clone, Debug)]
struct Seen {
    facts: String,
    view: View,
    masks: Masks,
}

/// Every lot of a transcript.
fn seen(small: &Small, patterns: &[Vec<u32>], reserve: Option<u32>) -> Vec<Seen> {
    let levels: Vec<&[u32]> = patterns.iter().map(Vec::as_slice).collect();
    let small = Small {
        groups: vec![(1, vec![Seat::Own])],
        lots: patterns.iter().map(|_| small.lots[0].clone()).collect(),
        ..small.clone()
    };
    let mut plan = small.plan(&levels);
    let of_lot = |level| move |lot| ReservePlan { lot, level: Level(level), is_revealed: true };
    plan.reserves =
        reserve.into_iter().flat_map(|level| (0..levels.len() as u32).map(of_lot(level))).collect();
    seen_in(&small, &plan)
}

/// Every lot of an auction simulated like this.
fn seen_in(small: &Small, plan: &Plan) -> Vec<Seen> {
    let (simulated, transcript) = small.simulate(plan);
    // Of every lot the active bids, in commit order.
    let mut active: BTreeMap<u32, Vec<(PartyKey, Vec<u8>)>> = BTreeMap::new();
    let lots = simulated.outcome.lots.iter();
    let mut onlookers: Vec<(u32, Onlooker<'_>)> =
        lots.map(|result| (u32::MAX, Onlooker::new(&plan.terms, result))).collect();
    for entry in Replay::read(&transcript).entries {
        match opened(&entry.instruction).1 {
            Instruction::Reveal(revealed) => {
                for Reveal { bid, sealed_bid } in revealed.iter() {
                    let of_lot = active.entry(bid.lot).or_default();
                    match of_lot.iter_mut().find(|(bidder, _)| *bidder == bid.bidder) {
                        Some((_, former)) => *former = sealed_bid.to_vec(),
                        None => of_lot.push((bid.bidder, sealed_bid.to_vec())),
                    }
                }
            }
            post => {
                let Some(RankHeader { lot, round, .. }) = header_of(&post) else { continue };
                let (current, onlooker) = &mut onlookers[lot as usize];
                if *current != round {
                    *current = round;
                    onlooker.turn_to(lot, round, &active[&lot]);
                }
                onlooker.read(&post);
            }
        }
    }
    let lots = (0u32..).zip(onlookers).map(|(lot, (current, mut onlooker))| {
        // Where nothing is asked at all, everybody who bid wins.
        let bids = active.get(&lot).filter(|_| current == u32::MAX);
        bids.into_iter().for_each(|bids| onlooker.turn_to(lot, 0, bids));
        Seen { facts: onlooker.facts(), view: onlooker.view, masks: onlooker.masks }
    });
    lots.collect()
}

// ---- equal facts, equal views ----

/// The views by facts; nothing if two lots with the same facts were seen otherwise, by what `of`
/// takes for the facts.
fn views_by_facts<'a>(
    lots: &'a [Seen],
    of: impl Fn(&'a Seen) -> &'a str,
) -> Option<BTreeMap<&'a str, &'a View>> {
    let mut views: BTreeMap<&str, &View> = BTreeMap::new();
    let same = lots.iter().all(|lot| *views.entry(of(lot)).or_insert(&lot.view) == &lot.view);
    same.then_some(views)
}

/// Every pattern of up to `bidders` bids, with every reserve if there are reserves.
fn every_pattern(small: &Small, bidders: usize) -> Vec<Seen> {
    let patterns = patterns(LEVELS, bidders);
    match small.reserve {
        None => seen(small, &patterns, None),
        Some(_) => (0..LEVELS).flat_map(|level| seen(small, &patterns, Some(level))).collect(),
    }
}

#[track_caller]
fn assert_no_leak(small: &Small, bidders: usize) {
    [ONE_DIGIT, TWO_DIGITS].into_iter().for_each(|shape| assert_no_leak_in(shape, small, bidders));
}

#[track_caller]
fn assert_no_leak_in(digit_bits: &[u8], small: &Small, bidders: usize) {
    let small = Small { lots: vec![(LEVELS, digit_bits.to_vec())], bidders, ..small.clone() };
    let lots = every_pattern(&small, bidders);
    let views = views_by_facts(&lots, |lot| &lot.facts);
    let views = views.unwrap_or_else(|| {
        let mut first: BTreeMap<&str, &View> = BTreeMap::new();
        for lot in &lots {
            let view = first.entry(&lot.facts).or_insert(&lot.view);
            assert_eq!(*view, &lot.view, "{}", lot.facts);
        }
        unreachable!("one of them is another")
    });
    let all_is_opened = small.disclosure == Disclosure::Everything;
    assert!(all_is_opened || views.len() < lots.len(), "some patterns come to the same");
    assert!(views.len() > 4, "and some do not");
}

fn small(mechanism: Mechanism, disclosure: Disclosure) -> Small {
    Small { mechanism, disclosure, ..Small::default() }
}

#[test]
fn the_first_price_shows_winner_and_price() {
    assert_no_leak(&small(Mechanism::FirstPrice, Disclosure::WINNER_AND_PRICE), 3);
}

#[test]
fn a_uniform_price_shows_winners_and_price() {
    assert_no_leak(&small(SECOND_PRICE, Disclosure::WINNER_AND_PRICE), 3);
    assert_no_leak_in(ONE_DIGIT, &small(TWO_UNITS, Disclosure::WINNER_AND_PRICE), 3);
}

#[test]
fn cover_and_depth_show_cover_and_depth() {
    assert_no_leak_in(ONE_DIGIT, &small(Mechanism::FirstPrice, COVER), 3);
    assert_no_leak(&small(SECOND_PRICE, COVER_AND_DEPTH), 3);
    assert_no_leak_in(TWO_DIGITS, &small(TWO_UNITS, COVER_AND_DEPTH), 3);
}

#[test]
fn everything_shows_everything() {
    assert_no_leak(&small(SECOND_PRICE, Disclosure::Everything), 2);
}

#[test]
fn a_reserve_shows_whether_it_is_met() {
    for (mechanism, opened) in
        [(Mechanism::FirstPrice, false), (SECOND_PRICE, false), (TWO_UNITS, true)]
    {
        let small = small(mechanism, Disclosure::WINNER_AND_PRICE);
        assert_no_leak(&Small { reserve: Some(opened), ..small }, 2);
    }
    let all = small(SECOND_PRICE, COVER_AND_DEPTH);
    assert_no_leak(&Small { reserve: Some(false), ..all }, 2);
}

#[test]
fn a_search_by_halves_shows_no_more() {
    // Which points it asks at follows from the answers before, and they from price and winner.
    let by_halves = |mechanism, disclosure| Small { fan_out: 1, ..small(mechanism, disclosure) };
    let first_price = by_halves(Mechanism::FirstPrice, Disclosure::WINNER_AND_PRICE);
    assert_no_leak_in(ONE_DIGIT, &first_price, 3);
    let with_reserve = by_halves(SECOND_PRICE, Disclosure::WINNER_AND_PRICE);
    assert_no_leak_in(ONE_DIGIT, &Small { reserve: Some(false), ..with_reserve }, 2);
}

/// Every first bids of two bidders, and every second ones that are not worse, a lot each.
fn every_move(small: &Small) -> Vec<Seen> {
    let mut first = Vec::new();
    let mut moves = Vec::new();
    for (a, b) in (0..LEVELS).flat_map(|a| (0..LEVELS).map(move |b| (a, b))) {
        for (c, d) in (a..LEVELS).flat_map(|c| (b..LEVELS).map(move |d| (c, d))) {
            let lot = first.len() as u32;
            first.push(vec![a, b]);
            let bid = |(bidder, level)| BidPlan {
                lot,
                bidder,
                level: Level(level),
                conduct: BidderConduct::Honest,
            };
            moves.extend([(0, c), (1, d)].map(bid));
        }
    }
    let small = Small {
        groups: vec![(1, vec![Seat::Own])],
        lots: first.iter().map(|_| small.lots[0].clone()).collect(),
        bidders: 2,
        ..small.clone()
    };
    let levels: Vec<&[u32]> = first.iter().map(Vec::as_slice).collect();
    let mut plan = small.plan(&levels);
    plan.rounds = vec![moves];
    seen_in(&small, &plan)
}

#[test]
fn rounds_show_what_is_surveyed_and_not_who_moved() {
    for (mechanism, disclosure, limit, cover) in [
        (Mechanism::FirstPrice, DEPTH, 2, false),
        (Mechanism::FirstPrice, DEPTH, 3, true),
        (SECOND_PRICE, COVER_AND_DEPTH, 3, false),
    ] {
        let small = small(mechanism, disclosure);
        let lots = vec![(LEVELS, TWO_DIGITS.to_vec())];
        let small = Small { lots, rounds: Some((limit, cover)), ..small };
        let lots = every_move(&small);
        let views = views_by_facts(&lots, |lot| &lot.facts).expect("equal facts, equal views");
        assert!(4 < views.len() && views.len() < lots.len());
        // The comparison is alive: surveys are facts that were opened.
        let others =
            lots.iter().map(|lot| Seen { facts: without(&lot.facts, "survey"), ..lot.clone() });
        let others: Vec<Seen> = others.collect();
        assert!(views_by_facts(&others, |lot| &lot.facts).is_none());
    }
}

#[test]
fn a_lottery_shows_its_draw() {
    for mechanism in [Mechanism::FirstPrice, SECOND_PRICE] {
        let small = small(mechanism, Disclosure::WINNER_AND_PRICE);
        assert_no_leak_in(TWO_DIGITS, &Small { ties: Ties::Lottery, ..small }, 3);
    }
}

/// The comparison above is alive: with a fact left out, there are lots that agree in the rest and
/// were seen otherwise.
#[test]
fn a_fact_that_is_left_out_is_noticed() {
    // Of a first price: at a second price the cover is the price.
    let small = small(Mechanism::FirstPrice, COVER_AND_DEPTH);
    let small = Small { lots: vec![(LEVELS, vec![1, 1])], ..small };
    let lots = every_pattern(&small, 3);
    assert!(views_by_facts(&lots, |lot| &lot.facts).is_some());
    for fact in ["cover ", "depth ", "price ", "sold to "] {
        let others =
            lots.iter().map(|lot| Seen { facts: without(&lot.facts, fact), ..lot.clone() });
        let others: Vec<Seen> = others.collect();
        assert!(views_by_facts(&others, |lot| &lot.facts).is_none(), "{fact:?} is not noticed");
    }
}

/// Facts without those that contain a word.
fn without(facts: &str, word: &str) -> String {
    facts.split("; ").filter(|part| !part.contains(word)).collect::<Vec<_>>().join("; ")
}

// ---- attacks ----

/// Eight levels as three bits.
fn three_bits(mechanism: Mechanism) -> Small {
    let lots = vec![(8, vec![1, 1, 1])];
    Small { lots, ..small(mechanism, Disclosure::WINNER_AND_PRICE) }
}

/// `above` after each digit of the price: what an onlooker would see of a bid if the flags were
/// opened one by one.
fn flags_one_by_one(bid: u32, price: u32) -> Vec<bool> {
    (0..3).rev().map(|bit| bid >> bit > price >> bit).collect()
}

#[test]
fn a_winner_above_the_price_does_not_show_by_how_much() {
    // The price is 2; winners from 3 to 7 pass it in the first digit, in the second or in the last.
    let winners = 3..8u32;
    let one_by_one: BTreeSet<Vec<bool>> =
        winners.clone().map(|bid| flags_one_by_one(bid, 2)).collect();
    assert!(one_by_one.len() > 1, "the attack is alive");

    let patterns: Vec<Vec<u32>> = winners.map(|bid| vec![2, bid, 1]).collect();
    let lots = seen(&three_bits(SECOND_PRICE), &patterns, None);
    let views = views_by_facts(&lots, |lot| &lot.facts).expect("they all look the same");
    assert_eq!(views.len(), 1, "and came to the same");
    // Of each bid one flag was opened, and for nobody more than "above the price".
    let opened: Vec<&Vec<Class>> = lots[0]
        .view
        .iter()
        .map(|(_, classes)| classes)
        .filter(|classes| matches!(classes[..], [Class::Count(_), ..]))
        .collect();
    assert_eq!(opened, [&vec![Class::Count(0), Class::Count(1), Class::Count(0)]]);
}

#[test]
fn losers_who_tied_do_not_show() {
    // With the price, with each other, or not at all.
    let one_winner = [[7, 7, 7], [7, 7, 0], [7, 0, 7], [7, 3, 3], [7, 0, 0], [7, 6, 1]];
    let second_price = [[5, 2, 2], [5, 2, 1], [5, 2, 0]];
    let third = [[5, 2, 5], [6, 2, 3], [7, 2, 7]];
    for (mechanism, patterns) in [
        (Mechanism::FirstPrice, &one_winner[..]),
        (SECOND_PRICE, &second_price[..]),
        (TWO_UNITS, &third[..]),
    ] {
        let patterns: Vec<Vec<u32>> = patterns.iter().map(|bids| bids.to_vec()).collect();
        let lots = seen(&three_bits(mechanism), &patterns, None);
        let views = views_by_facts(&lots, |lot| &lot.facts).expect("they all look the same");
        assert_eq!(views.len(), 1, "{mechanism:?}");
    }
}

#[test]
fn a_reserve_that_was_not_met_does_not_show_by_how_much() {
    let small = three_bits(SECOND_PRICE);
    let small = Small { reserve: Some(false), ..small };
    let lots: Vec<Seen> = [(3, [0, 1, 2]), (7, [6, 5, 6]), (7, [0, 0, 0]), (1, [0, 0, 0])]
        .into_iter()
        .flat_map(|(reserve, bids)| seen(&small, &[bids.to_vec()], Some(reserve)))
        .collect();
    let views = views_by_facts(&lots, |lot| &lot.facts).expect("they all look the same");
    assert_eq!(views.len(), 1);
    assert!(lots[0].facts.contains("BelowReserve"));
}

// ---- masks ----

#[test]
fn signs_and_places_of_zeros_are_masks() {
    // One pattern many times: every gate opens to either sign, every zero stands everywhere.
    for (mechanism, lists) in [(SECOND_PRICE, 2), (TWO_UNITS, 4)] {
        let small = Small { lots: vec![(LEVELS, vec![1, 1])], ..small(mechanism, COVER) };
        let patterns = vec![vec![3, 1, 2]; 60];
        let lots = seen(&small, &patterns, None);
        let mut taken: BTreeMap<(usize, usize), BTreeSet<usize>> = BTreeMap::new();
        for (at, mask) in lots.iter().flat_map(|lot| &lot.masks) {
            taken.entry(*at).or_default().insert(*mask);
        }
        let mut sizes = BTreeSet::new();
        for ((step, item), values) in taken {
            let (before, _) = lots[0].view[step - 1];
            let expected = match before {
                Kind::Gate => 2,
                Kind::Shuffle => lists,
                // A blinded sum stands alone.
                Kind::Blind => 1,
                other => panic!("{other:?} leaves nothing to open"),
            };
            assert_eq!(values.len(), expected, "step {step}, item {item}");
            sizes.insert(expected);
        }
        assert!(sizes.contains(&2) && sizes.contains(&lists), "{sizes:?}");
    }
}

#[test]
fn the_facts_name_what_the_reserve_became() {
    // The comparison would be idle if a sealed reserve stood among the facts.
    let small = Small { reserve: Some(false), ..three_bits(SECOND_PRICE) };
    let lots: Vec<Seen> = [2, 3].map(|level| seen(&small, &[vec![5, 4]], Some(level))).concat();
    assert_eq!(lots[0].facts, lots[1].facts);
    assert!(lots[0].facts.contains(&format!("{:?}", ReserveResult::Sealed)));
}
