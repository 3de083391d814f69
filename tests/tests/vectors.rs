//! The worked vectors of `docs/vectors/`: small auctions with every intermediate value that the
//! specification names.
//!
//! To write them anew, an explicit decision because old transcripts stop verifying:
//! `TALEA_WRITE_VECTORS=1 cargo test -p talea-tests --test all vectors::`.

mod market;
mod opening;

use curve25519_dalek::{RistrettoPoint, Scalar, traits::Identity as _};
use market::Market;
use std::{collections::BTreeMap, fmt::Write as _};
use talea_contract::{
    Due, Task,
    elgamal::Ciphertext,
    fiat_shamir::{Context, FiatShamir},
    group::{Generators, decode_point, encode_point, encode_scalar},
    proofs::{
        gate, masked, range, shuffle,
        unary::{self, absorb_announcements, absorb_bits, absorb_entries},
    },
    setup::QuorumKeys,
};
use talea_protocol::{
    bytes::{Digest, PartyKey, Point},
    commitment::{BidId, Commit, CurveCommit, CurveStep, RangeProof, TradeSide},
    instruction::Instruction,
    labels,
    mechanism::{ClearingRule, Comparisons, Curve, Pricing, Quantities},
    outcome::{Clearing, Ending, Outcome},
    price::{Level, Shape},
    quorum::{KeyholderId, keyholders},
    ranking::{GatePost, RankHeader, ShufflePost, ShuffleProof},
    sealed_bid::{Ciphertext as Encoded, Reveal, SealedBid, split_contribution},
    terms::{Depth, Disclosure, Mechanism, Terms, Ties},
};
use talea_sim::simulate::{BidPlan, BidderConduct, Plan, ReservePlan, Seat};
use talea_tests::{
    Small,
    onlooker::{above, counts, draw, drawn_number, header_of, shuffled, unary_in, unary_of},
    replay::{Kind, Replay, Scene},
};
use talea_verifier::{Options, Verdict, verify};

// ---- the auctions ----

/// A small auction whose every value is written down.
struct Vector {
    /// In `docs/vectors/`.
    file: &'static str,
    /// What is simulated, and what comes of it.
    title: &'static str,
    small: Small,
    plan: Plan,
    /// Round by round, the steps of the lot and what each asks.
    steps: &'static [&'static [(Kind, &'static str)]],
}

/// One lot of four levels as two bits, quorum 2 of 2.
fn four_levels(bidders: usize) -> Small {
    Small {
        groups: vec![(2, vec![Seat::Own, Seat::Own])],
        lots: vec![(4, vec![1, 1])],
        bidders,
        ..Small::default()
    }
}

fn first_price() -> Vector {
    let small = four_levels(2);
    Vector {
        file: "first-price.txt",
        title: "Two bidders, four levels as two bits, quorum 2 of 2. Levels 1 and 2 are bid; level 2 wins.",
        plan: small.plan(&[&[1, 2]]),
        small,
        steps: &[&[
            (Kind::Blind, "price, digit 1: is T_1 zero?"),
            (Kind::Decrypt, "price, digit 1: is T_1 zero?"),
            (Kind::Gate, "price, digit 2: products"),
            (Kind::Decrypt, "price, digit 2: products"),
            (Kind::Blind, "price, digit 2: is T_1 zero?"),
            (Kind::Decrypt, "price, digit 2: is T_1 zero?"),
            (Kind::Blind, "winner: is S_1 zero?"),
            (Kind::Decrypt, "winner: is S_1 zero?"),
        ]],
    }
}

fn second_price() -> Vector {
    let small = Small {
        mechanism: Mechanism::UniformPrice { units: 1 },
        ties: Ties::Lottery,
        reserve: Some(false),
        acceptance: true,
        ..four_levels(3)
    };
    let reserves = vec![ReservePlan { lot: 0, level: Level(1), is_revealed: true }];
    Vector {
        file: "second-price.txt",
        title: "Second price, three bidders, four levels as two bits, quorum 2 of 2, ties by lottery, a sealed\n\
                # reserve of level 1, the seller has a say. Levels 1, 3 and 2 are bid; level 3 wins and pays level 2.",
        plan: Plan { reserves, ..small.plan(&[&[1, 3, 2]]) },
        small,
        steps: &[&[
            (Kind::Gate, "reserve test, digit 1: selections"),
            (Kind::Decrypt, "reserve test, digit 1: selections"),
            (Kind::Gate, "reserve test, digit 2: products"),
            (Kind::Decrypt, "reserve test, digit 2: products"),
            (Kind::Gate, "reserve test, digit 2: selection"),
            (Kind::Decrypt, "reserve test, digit 2: selection"),
            (Kind::Blind, "reserve test: is N zero?"),
            (Kind::Decrypt, "reserve test: is N zero?"),
            (Kind::Shuffle, "price, digit 1: is T_1 at most 1?"),
            (Kind::Decrypt, "price, digit 1: is T_1 at most 1?"),
            (Kind::Gate, "price, digit 2: products"),
            (Kind::Decrypt, "price, digit 2: products"),
            (Kind::Shuffle, "price, digit 2: is T_1 at most 1?"),
            (Kind::Decrypt, "price, digit 2: is T_1 at most 1?"),
            (Kind::Decrypt, "winners: who is above the price?"),
        ]],
    }
}

fn rounds() -> Vector {
    let small = Small {
        groups: vec![(1, vec![Seat::Own])],
        disclosure: Disclosure::Facts { cover: false, depth: Some(Depth { min_bids: 1 }) },
        rounds: Some((3, false)),
        ..four_levels(3)
    };
    let again = BidPlan { lot: 0, bidder: 1, level: Level(3), conduct: BidderConduct::Honest };
    Vector {
        file: "rounds.txt",
        title: "First price in at most three rounds, three bidders, four levels as two bits, one keyholder. Levels 0,\n\
                # 2 and 3 are bid. In round 1 all bid again, and bidder 1 moves from level 2 to level 3, in the same\n\
                # bucket: nothing that is shown moves, so round 1 is the last. Bidder 1 wins as the earlier of two.",
        plan: Plan { rounds: vec![vec![again]], ..small.plan(&[&[0, 2, 3]]) },
        small,
        steps: &[
            &[
                (Kind::Shuffle, "survey, depth: is T_1 at most 1?"),
                (Kind::Decrypt, "survey, depth: is T_1 at most 1?"),
                (Kind::Decrypt, "survey, depth: how many is T_1?"),
            ],
            &[
                (Kind::Shuffle, "survey, depth: is T_1 at most 1?"),
                (Kind::Decrypt, "survey, depth: is T_1 at most 1?"),
                (Kind::Decrypt, "survey, depth: how many is T_1?"),
                (Kind::Blind, "price, digit 1: is T_1 zero?"),
                (Kind::Decrypt, "price, digit 1: is T_1 zero?"),
                (Kind::Gate, "price, digit 2: products"),
                (Kind::Decrypt, "price, digit 2: products"),
                (Kind::Blind, "price, digit 2: is T_1 zero?"),
                (Kind::Decrypt, "price, digit 2: is T_1 zero?"),
                (Kind::Blind, "winner: are S_1 and S_2 zero?"),
                (Kind::Decrypt, "winner: are S_1 and S_2 zero?"),
            ],
        ],
    }
}

/// Bidder 0 wants a unit at level 3 and one at level 1, bidder 1 a unit at level 2.
fn curves() -> Vector {
    let curve = Curve { steps: 2, quantities: Quantities::Sealed { bits: 1 } };
    let (pricing, comparisons) = (Pricing::PayAsBid, Comparisons::Opened);
    let mechanism = Mechanism::Curves { curve, pricing, least: 1, comparisons };
    let small = Small { mechanism, quantity: 2, ..four_levels(2) };
    let bids = [(TradeSide::Buy, vec![(3, 1), (1, 1)]), (TradeSide::Buy, vec![(2, 1)])];
    Vector {
        file: "curves.txt",
        title: "Curves of two steps with sealed quantities of one bit, two bidders, four levels as two bits, quorum 2\n\
                # of 2, two units for sale, winners pay as bid, comparisons are opened. Bidder 0 wants a unit at level 3\n\
                # and one at level 1, bidder 1 one at level 2 and nothing in its other step. The price is level 2: each\n\
                # has a unit, bidder 0 for level 3 and bidder 1 at the price.",
        plan: small.plan_of_curves(&bids),
        small,
        steps: &[&[
            (Kind::Gate, "price, digit 1: products"),
            (Kind::Decrypt, "price, digit 1: products"),
            (Kind::Decrypt, "price, digit 1: the excess"),
            (Kind::Gate, "price, digit 2: products"),
            (Kind::Decrypt, "price, digit 2: products"),
            (Kind::Decrypt, "price, digit 2: the excess"),
            (Kind::Decrypt, "trades"),
            (Kind::Gate, "amounts: products"),
            (Kind::Decrypt, "amounts: products"),
            (Kind::Decrypt, "amounts"),
        ]],
    }
}

fn two_sided() -> Vector {
    let curve = Curve { steps: 1, quantities: Quantities::Public { most: 2 } };
    let (rule, comparisons) = (ClearingRule::Middle, Comparisons::Opened);
    let mechanism = Mechanism::TwoSided { curve, rule, comparisons };
    let small = Small { mechanism, ..four_levels(3) };
    let bids = [
        (TradeSide::Buy, vec![(3, 2)]),
        (TradeSide::Sell, vec![(0, 1)]),
        (TradeSide::Sell, vec![(2, 1)]),
    ];
    Vector {
        file: "two-sided.txt",
        title: "A two-sided market with public quantities, a buyer and two sellers, four levels as two bits, quorum 2\n\
                # of 2, the middle price, comparisons are opened. The buyer wants two units at level 3, the sellers ask\n\
                # for level 0 and level 2 for a unit each. The lowest price is level 2, the highest level 3; the middle,\n\
                # rounded down, is level 2. Two units are traded.",
        plan: small.plan_of_curves(&bids),
        small,
        steps: &[&[
            (Kind::Decrypt, "lowest price, digit 1: the excess"),
            (Kind::Gate, "lowest price, digit 2: products"),
            (Kind::Decrypt, "lowest price, digit 2: products"),
            (Kind::Decrypt, "lowest price, digit 2: the excess"),
            (Kind::Decrypt, "highest price, digit 1: the excess"),
            (Kind::Gate, "highest price, digit 2: products"),
            (Kind::Decrypt, "highest price, digit 2: products"),
            (Kind::Decrypt, "highest price, digit 2: the excess"),
            (Kind::Decrypt, "trades"),
        ]],
    }
}

fn survey() -> Vector {
    let mechanism = Mechanism::Survey { min_answers: 2, bin_levels: 1, squares: true };
    let small = Small { mechanism, ..four_levels(3) };
    Vector {
        file: "survey.txt",
        title: "A survey, three answers, four levels as two bits, quorum 2 of 2, bins of one level, the squares. The\n\
                # answers are 1, 3 and 2.",
        plan: small.plan(&[&[1, 3, 2]]),
        small,
        steps: &[&[
            (Kind::Gate, "products"),
            (Kind::Decrypt, "products"),
            (Kind::Decrypt, "sum, edges, squares"),
        ]],
    }
}

// ---- writing one down ----

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn point(point: &RistrettoPoint) -> String {
    hex(&encode_point(point).0)
}

fn scalar(scalar: &Scalar) -> String {
    hex(&encode_scalar(scalar).0)
}

fn encoded(ciphertext: &Encoded) -> String {
    format!("({}, {})", hex(&ciphertext.r.0), hex(&ciphertext.e.0))
}

fn ciphertext(ciphertext: &Ciphertext) -> String {
    encoded(&ciphertext.encode())
}

fn decode(wire: &Encoded) -> Ciphertext {
    Ciphertext::decode(wire).expect("it was accepted")
}

/// `(X, Y)` of every gate.
type Pairs<T> = [(T, T)];

/// An opened message, and what it is if it is a small multiple of `G`.
fn message(message: &RistrettoPoint, generators: &Generators) -> String {
    let value = generators.value;
    let is_times = |n: &u8| value * Scalar::from(*n) == *message;
    let is_minus_times = |n: &u8| value * Scalar::from(*n) == -*message;
    let known = match ((2..=32u8).find(is_times), (2..=16u8).find(is_minus_times)) {
        (Some(n), _) => format!(" = {n}*G"),
        (None, Some(n)) => format!(" = -{n}*G"),
        _ if *message == RistrettoPoint::identity() => String::from(" = O"),
        _ if *message == value => String::from(" = G"),
        _ if *message == -value => String::from(" = -G"),
        _ => String::new(),
    };
    format!("{}{known}", point(message))
}

/// What a bid's commit says of it, or a reserve's.
struct Committed {
    seal: Digest,
    side: TradeSide,
    /// `C` and `g_i` of every step; of a bid of one level there is one.
    steps: Vec<(Point, u32)>,
}

/// The auction so far, as an onlooker of its one lot holds it, and the lines written of it.
struct Writer<'a> {
    terms: &'a Terms,
    outcome: &'a Outcome,
    generators: Generators,
    text: String,
    /// Of the current entry, from 1.
    number: usize,
    /// The last commit of every bidder, and of the seller.
    commits: BTreeMap<PartyKey, Committed>,
    /// The sealed bids that stand, in commit order.
    active: Vec<(PartyKey, Vec<u8>)>,
    in_round_0: Vec<(PartyKey, Vec<u8>)>,
    step: Step,
    /// `v*Y` of every step of gates of this round.
    products: Vec<Vec<Ciphertext>>,
}

/// What was posted in a step, and what the step before left to be opened.
#[derive(Default)]
struct Step {
    at: Option<(u32, u32)>,
    kind: Option<Kind>,
    left: Vec<Ciphertext>,
    /// `Y` of every gate.
    seconds: Vec<Ciphertext>,
    shares: Vec<(KeyholderId, Vec<RistrettoPoint>)>,
}

impl<'a> Writer<'a> {
    fn line(&mut self, name: &str, value: &str) {
        let _ = writeln!(self.text, "{name} = {value}");
    }

    /// A line about the current entry.
    fn of_entry(&mut self, name: &str, value: &str) {
        let number = self.number;
        let _ = writeln!(self.text, "entry {number} {name} = {value}");
    }

    fn entry(&mut self, scene: &Scene) {
        match &scene.instruction {
            Instruction::Commit(commit) | Instruction::Reserve(commit) => {
                self.commit(scene, commit);
            }
            Instruction::CommitCurve(commit) => self.commit_curve(scene, commit),
            Instruction::Reveal(reveals) => {
                reveals.iter().for_each(|reveal| self.reveal(scene, reveal));
            }
            instruction => {
                if let Some(header) = header_of(instruction) {
                    self.rank(scene, &header);
                }
            }
        }
    }

    fn commit(&mut self, scene: &Scene, commit: &Commit) {
        let Commit { round, commitment, ref range_proof, seal, .. } = *commit;
        let key = self.quorum_key(scene);
        let committed = Committed { seal, side: TradeSide::Buy, steps: vec![(commitment, 1)] };
        let former = self.commits.insert(scene.signer, committed);
        let active = former.map(|former| former.steps[0].0);
        let levels = self.terms.lots[0].grid.levels;
        let statement = range::Statement { levels, quorum_key: key, commitment, active };
        if let Some(active) = active {
            self.of_entry("C_0", &hex(&active.0));
        }
        self.range(&context(scene, round, 0, scene.signer), &statement, range_proof);
    }

    fn commit_curve(&mut self, scene: &Scene, commit: &CurveCommit) {
        let quorum_key = self.quorum_key(scene);
        let steps = commit.steps.iter().map(|step| (step.commitment, step.quantity.max(1)));
        let committed = Committed { seal: commit.seal, side: commit.side, steps: steps.collect() };
        self.commits.insert(scene.signer, committed);
        self.of_entry("side", &format!("{:?}", commit.side));
        let levels = self.terms.lots[0].grid.levels << self.sealed_bits();
        for (number, step) in (0..).zip(commit.steps.iter()) {
            let CurveStep { quantity, commitment, range_proof } = step;
            self.of_entry("step of the bid", &number.to_string());
            self.of_entry("quantity", &quantity.to_string());
            let commitment = *commitment;
            let statement = range::Statement { levels, quorum_key, commitment, active: None };
            let context = context(scene, commit.round, number, scene.signer);
            self.range(&context, &statement, range_proof);
        }
    }

    /// `PK`; with the first commit all keys are written.
    fn quorum_key(&mut self, scene: &Scene) -> RistrettoPoint {
        let keys = scene.before.quorum_keys().expect("the ceremony is over");
        if self.commits.is_empty() {
            self.keys(&keys);
        }
        keys.key
    }

    fn sealed_bits(&self) -> u8 {
        self.terms.mechanism.curve().map_or(0, |curve| curve.quantities.sealed_bits())
    }

    /// The statement of the range proof, or of the improvement.
    fn range(&mut self, context: &Context, statement: &range::Statement, proof: &RangeProof) {
        let mut fs = FiatShamir::begin(statement.kind(), context);
        statement.absorb(&mut fs, &self.generators);
        let RangeProof { bits, squares, .. } = proof;
        let y = range::absorb_bits(&mut fs, statement, bits);
        masked::absorb_announcements(&mut fs, [bits], squares);
        let places = range::place_values(statement.levels);
        let places: Vec<String> = places.iter().map(u32::to_string).collect();
        self.of_entry("place values", &places.join(" "));
        self.of_entry("C", &hex(&statement.commitment.0));
        self.of_entry("S", &hex(&bits.commitment.0));
        self.of_entry("y", &scalar(&y));
        self.of_entry("x", &scalar(&fs.weight(b"x")));
    }

    fn keys(&mut self, keys: &QuorumKeys) {
        self.line("PK", &hex(&keys.encoded.0));
        for (id, key) in &keys.share_keys {
            self.line(&format!("Y {}.{}", id.group, id.member), &point(key));
        }
    }

    /// The digits of what a bid, or a step of one, encrypts.
    fn shape(&self) -> Shape {
        let shape = &self.terms.lots[0].grid.shape;
        shape.with_bits(self.sealed_bits()).expect("T8")
    }

    fn reveal(&mut self, scene: &Scene, reveal: &Reveal) {
        let BidId { round, bidder, .. } = reveal.bid;
        let Committed { seal, steps, .. } = &self.commits[&bidder];
        let (seal, steps) = (*seal, steps.clone());
        let shape = self.shape();
        let (bytes, contribution) =
            split_contribution(&reveal.sealed_bid, self.terms.ties, round).expect("its length");
        let quorum_key = scene.before.quorum_keys().expect("the ceremony is over").key;
        self.of_entry("bidder", &hex(&bidder.0));
        let of_steps = bytes.chunks(SealedBid::encoded_len(&shape));
        for (number, ((commitment, _), bytes)) in (0..).zip(steps.iter().zip(of_steps)) {
            let sealed = SealedBid::from_bytes(bytes, &shape).expect("its length");
            let context = context(scene, round, number, bidder);
            let mut fs = FiatShamir::begin(labels::KIND_UNARY, &context);
            let point = decode_point(commitment).expect("canonical");
            let statement = unary::Statement { shape: &shape, quorum_key, commitment: point };
            statement.absorb(&mut fs, &self.generators);
            absorb_entries(&mut fs, &sealed.unary);
            let y = absorb_bits(&mut fs, &shape, &sealed.argument.bits);
            let x = absorb_announcements(&mut fs, &sealed.argument);
            if self.terms.mechanism.curve().is_some() {
                self.of_entry("step of the bid", &number.to_string());
            }
            self.of_entry("C", &hex(&commitment.0));
            if number == 0 {
                self.of_entry("seal", &hex(&seal.0));
            }
            self.of_entry("S", &hex(&sealed.argument.bits.commitment.0));
            self.of_entry("y", &scalar(&y));
            self.of_entry("x", &scalar(&x));
        }
        if let Some(contribution) = contribution {
            self.of_entry("contribution", &hex(contribution));
        }
        match self.active.iter_mut().find(|(other, _)| *other == bidder) {
            Some((_, former)) => *former = reveal.sealed_bid.to_vec(),
            None if bidder == self.terms.seller => {}
            None => {
                self.active.push((bidder, reveal.sealed_bid.to_vec()));
                self.in_round_0.push((bidder, reveal.sealed_bid.to_vec()));
            }
        }
    }

    /// The bids that stand, in tie order.
    fn in_tie_order(&mut self, is_written: bool) -> Vec<(PartyKey, Vec<u8>)> {
        let mut bids = self.active.clone();
        let seed = draw(self.terms, 0, &self.in_round_0, &mut bids);
        if let Some(seed) = seed.filter(|_| is_written) {
            self.of_entry("lottery seed", &hex(&seed.0));
            for (bidder, _) in &bids {
                self.of_entry("drawn", &hex(&drawn_number(&seed, bidder).0));
                self.of_entry("drawn for", &hex(&bidder.0));
            }
        }
        bids
    }

    fn rank(&mut self, scene: &Scene, header: &RankHeader) {
        let id = keyholders(&self.terms.quorum)
            .find(|(_, member)| member.signing == scene.signer)
            .map(|(id, _)| id)
            .expect("a keyholder");
        let at = Some((header.round, header.step));
        if self.step.at != at {
            if header.step == 0 {
                self.products.clear();
                self.in_tie_order(true);
            }
            self.step.at = at;
            self.step.shares.clear();
        }
        let due = scene.before.dues(id).into_iter().find_map(|due| match due {
            Due::Rank { task, .. } => Some(task),
            Due::Endorse { .. } => None,
        });
        let context = Context {
            auction: scene.before.id(),
            lot: header.lot,
            round: header.round,
            step: header.step,
            signer: scene.signer,
        };
        match (due.expect("it was its turn"), &scene.instruction) {
            (Task::Gate { pairs, encoded }, Instruction::Gate(post)) => {
                for (x, y) in &pairs {
                    let pair = format!("X {} Y {}", ciphertext(x), ciphertext(y));
                    self.of_entry("item", &pair);
                }
                let key = scene.before.quorum_keys().expect("the ceremony is over").key;
                self.gate(&context, key, (&pairs, &encoded), post);
            }
            (Task::Shuffle(lists), Instruction::Shuffle(post)) => {
                for (entry, _) in lists.iter().flatten() {
                    self.of_entry("item", &ciphertext(entry));
                }
                let key = scene.before.quorum_keys().expect("the ceremony is over").key;
                self.shuffle(&context, key, &lists, post);
            }
            (Task::Blind(inputs), Instruction::Blind(post)) => {
                inputs.iter().for_each(|input| self.of_entry("item", &ciphertext(input)));
                let is_first = self.step.kind != Some(Kind::Blind);
                if is_first {
                    self.step.left = vec![Ciphertext::zero(); inputs.len()];
                }
                for (sum, blinded) in self.step.left.iter_mut().zip(post.blinded.iter()) {
                    *sum = *sum + decode(blinded);
                }
            }
            (Task::Decrypt { randomness: points, .. }, Instruction::Decrypt(post)) => {
                points.iter().for_each(|randomness| self.of_entry("item", &point(randomness)));
                let shares = post.shares.iter().map(|d| decode_point(d).expect("it was accepted"));
                self.step.shares.push((id, shares.collect()));
                if self.step.shares.len() == usize::from(self.terms.quorum[0].threshold) {
                    self.open(&points);
                }
            }
            _ => panic!("a keyholder does what is due"),
        }
        self.step.kind = Some(scene.kind());
    }

    /// The first weights and the challenge of a conditional gate's proof.
    fn gate(
        &mut self,
        context: &Context,
        quorum_key: RistrettoPoint,
        (inputs, inputs_encoded): (&Pairs<Ciphertext>, &Pairs<Encoded>),
        post: &GatePost,
    ) {
        let GatePost { header: RankHeader { head, chunk, .. }, turns, proof } = post;
        let (head, chunk) = (*head, *chunk);
        let statement = gate::Statement { head, chunk, quorum_key, inputs, inputs_encoded, turns };
        let mut fs = FiatShamir::begin(labels::KIND_GATE, context);
        statement.absorb(&mut fs, &self.generators);
        let weights = gate::absorb_signs(&mut fs, &proof.signs, inputs.len());
        let c =
            gate::absorb_announcements(&mut fs, &proof.signs, &proof.squares, &proof.announcement);
        let [e, f] = weights[0];
        self.of_entry("e", &scalar(&e));
        self.of_entry("f", &scalar(&f));
        self.of_entry("c", &scalar(&c));
        self.step.left = turns.iter().map(|turn| decode(&turn.x)).collect();
        self.step.seconds = turns.iter().map(|turn| decode(&turn.y)).collect();
    }

    /// The first weights and the challenge of a shuffle's proof.
    fn shuffle(
        &mut self,
        context: &Context,
        quorum_key: RistrettoPoint,
        lists: &[shuffle::List],
        post: &ShufflePost,
    ) {
        let ShufflePost { header: RankHeader { head, chunk, .. }, outputs, proof } = post;
        let (head, chunk) = (*head, *chunk);
        let k = lists[0].len().ilog2();
        let statement = shuffle::Statement { head, chunk, quorum_key, lists, outputs };
        let mut fs = FiatShamir::begin(labels::KIND_SHUFFLE, context);
        statement.absorb(&mut fs, &self.generators);
        let ShuffleProof { moves, powers, squares, polynomial, .. } = proof;
        let size = (lists.len(), k as usize);
        let weights = shuffle::absorb_commitments(&mut fs, moves, powers, size);
        let c = shuffle::absorb_announcements(&mut fs, moves, powers, squares, polynomial);
        self.of_entry("y_0", &scalar(&weights.places[0]));
        self.of_entry("u", &scalar(&weights.lists[0]));
        self.of_entry("e", &scalar(&weights.bits[0]));
        self.of_entry("c", &scalar(&c));
        self.step.left = shuffled(outputs, k).concat();
    }

    /// What a complete step of decryption opens: what the step before left, or an open question.
    fn open(&mut self, randomness: &[RistrettoPoint]) {
        let was_left = !self.step.left.is_empty();
        let sealed = if was_left {
            std::mem::take(&mut self.step.left)
        } else {
            self.asked_openly(randomness)
        };
        assert!(randomness.iter().eq(sealed.iter().map(|sealed| &sealed.r)));
        let members: Vec<u16> = self.step.shares.iter().map(|(id, _)| id.member).collect();
        let mut signs = Vec::new();
        for (item, sealed) in sealed.iter().enumerate() {
            let mut combined = RistrettoPoint::identity();
            for (id, shares) in &self.step.shares {
                combined += shares[item] * lagrange(&members, id.member);
            }
            let opened = sealed.e - combined;
            if was_left {
                self.of_entry("E", &point(&sealed.e));
            }
            self.of_entry("M", &message(&opened, &self.generators));
            signs.push(opened);
        }
        if !self.step.seconds.is_empty() {
            let seconds = std::mem::take(&mut self.step.seconds);
            let value = self.generators.value;
            let products = seconds.iter().zip(&signs);
            let products = products.map(|(y, sign)| if *sign == value { *y } else { -*y });
            self.products.push(products.collect());
        }
    }

    /// The ciphertexts of an open question, found by their `R`, each written with its name.
    fn asked_openly(&mut self, randomness: &[RistrettoPoint]) -> Vec<Ciphertext> {
        let named = match self.terms.mechanism {
            Mechanism::FirstPrice | Mechanism::UniformPrice { .. } => self.named(),
            Mechanism::Curves { .. } | Mechanism::TwoSided { .. } | Mechanism::Survey { .. } => {
                let products = self.products.clone();
                self.market().named(&products)
            }
        };
        let found = randomness.iter().map(|randomness| {
            // What was asked for last: a search after another asks for some levels again.
            let mut named = named.iter().rev();
            let (name, sealed) =
                named.find(|(_, sealed)| sealed.r == *randomness).expect("it has a name");
            self.of_entry(name, &ciphertext(sealed));
            *sealed
        });
        found.collect()
    }

    /// What may be opened where a bid is a price.
    fn named(&mut self) -> Vec<(String, Ciphertext)> {
        let bids = self.in_tie_order(false);
        let encodings: Vec<_> =
            bids.iter().map(|(_, bytes)| unary_of(self.terms, 0, bytes)).collect();
        let mut named: Vec<(String, Ciphertext)> =
            (1..).zip(counts(&encodings)).map(|(j, count)| (format!("T_{j}"), count)).collect();
        if let Ending::Sold(award) = &self.outcome.lots[0].ending {
            let digits = self.terms.lots[0].grid.shape.digits_of(award.quote.level);
            if let Some(first) = self.products.len().checked_sub(digits.len() - 1) {
                let above = above(&encodings, &digits, &self.products[first..]);
                named.extend((0..).zip(above).map(|(i, above)| (format!("above_{i}"), above)));
            }
        }
        named
    }

    /// The steps of a market, or the answers to a survey.
    fn market(&mut self) -> Market<'_> {
        let bids = self.in_tie_order(false);
        let shape = self.shape();
        let length = SealedBid::encoded_len(&shape);
        let bids = (0..).zip(&bids);
        let steps = bids.flat_map(|(bid, (bidder, bytes))| {
            let Committed { side, steps, .. } = &self.commits[bidder];
            let steps = steps.iter().zip(bytes.chunks(length));
            steps
                .map(|((_, weight), bytes)| market::Step {
                    bid,
                    side: *side,
                    weight: *weight,
                    unary: unary_in(&shape, bytes),
                })
                .collect::<Vec<_>>()
        });
        let steps = steps.collect();
        let lot = &self.terms.lots[0];
        Market {
            mechanism: self.terms.mechanism,
            shape: &lot.grid.shape,
            quantity: lot.quantity,
            ending: &self.outcome.lots[0].ending,
            steps,
        }
    }

    /// What was opened, in the clear, and all of it as bytes.
    fn outcome(&mut self) {
        let result = &self.outcome.lots[0];
        for (round, survey) in result.disclosed.surveys.iter().enumerate() {
            if let Some(depth) = &survey.depth {
                self.line(&format!("survey {round} depth"), &format!("{:?}", &**depth));
            }
        }
        match &result.ending {
            Ending::Sold(award) => {
                self.line("level", &award.quote.level.0.to_string());
                for sale in award.sales.iter() {
                    self.line("winner", &hex(&sale.winner.0));
                }
            }
            Ending::Cleared(clearing) => self.clearing(clearing),
            Ending::Surveyed(statistics) => {
                self.line("sum", &statistics.sum.to_string());
                let bins = statistics.bins.as_ref().expect("the terms ask for bins");
                self.line("bins", &format!("{:?}", &**bins));
                let squares = statistics.squares.expect("the terms ask for them");
                self.line("squares", &squares.to_string());
            }
            other => panic!("it was not sold: {other:?}"),
        }
        let bytes = borsh::to_vec(self.outcome).expect("memory takes it");
        self.line("outcome", &hex(&bytes));
    }

    fn clearing(&mut self, clearing: &Clearing) {
        if let Some(between) = clearing.between {
            self.line("lowest level", &between.lowest.level.0.to_string());
            self.line("highest level", &between.highest.level.0.to_string());
        }
        self.line("level", &clearing.price.level.0.to_string());
        for excess in &clearing.excess {
            self.line(&format!("excess at level {}", excess.level.0), &excess.units.to_string());
        }
        for trade in &clearing.trades {
            self.line("trade of", &hex(&trade.party.0));
            for (name, units) in
                [("better", trade.better), ("at price", trade.at_price), ("shared", trade.shared)]
            {
                self.line(name, &units.to_string());
            }
            self.line("amount", &trade.amount.to_string());
        }
    }
}

/// `lambda_j`, the Lagrange coefficient at 0 of `member` among `members`.
fn lagrange(members: &[u16], member: u16) -> Scalar {
    let others = members.iter().filter(|other| **other != member);
    let factor = |other: &u16| {
        let (m, j) = (Scalar::from(*other), Scalar::from(member));
        m * (m - j).invert()
    };
    others.map(factor).product()
}

/// What a proof of somebody's bid is bound to.
fn context(scene: &Scene, round: u32, step: u32, signer: PartyKey) -> Context {
    Context { auction: scene.before.id(), lot: 0, round, step, signer }
}

/// The vector, line by line: `name = value`.
fn written(vector: &Vector) -> String {
    let (simulated, transcript) = vector.small.simulate(&vector.plan);
    let report = verify(transcript.as_slice(), &Options { jobs: Some(1) }, |_| ());
    assert_eq!(report.expect("memory can be read").verdict, Verdict::Valid);
    let replay = Replay::read(&transcript);
    let (scenes, _) = replay.scenes();
    let terms = &vector.plan.terms;
    let mut writer = Writer {
        terms,
        outcome: &simulated.outcome,
        generators: Generators::derive(),
        text: format!(
            "# {}\n\
             # Encodings are hexadecimal. An entry's `item` lines are the ciphertexts, as `(R, E)`, or\n\
             # points that were due from its keyholder before it.\n",
            vector.title
        ),
        number: 0,
        commits: BTreeMap::new(),
        active: Vec::new(),
        in_round_0: Vec::new(),
        step: Step::default(),
        products: Vec::new(),
    };
    let Generators { value, blinding, key, vector: vector_bases, .. } = writer.generators.clone();
    for (name, generator) in [("G", value), ("H", blinding), ("K", key)] {
        writer.line(name, &point(&generator));
    }
    for (l, base) in vector_bases.iter().enumerate() {
        writer.line(&format!("V_{l}"), &point(base));
    }
    let digest = writer.generators.vector_digest;
    writer.line("vector-bases", &hex(&digest.0));
    writer.line("terms", &hex(&replay.genesis.terms));
    writer.line("auction id", &hex(&terms.auction_id().0));
    writer.line("opening slot", &replay.genesis.slot.to_string());
    writer.line("genesis signature", &hex(&replay.genesis.signature.0));
    writer.line("genesis head", &hex(&replay.open().head().0));
    let mut steps: Vec<Vec<Kind>> = Vec::new();
    for (index, (scene, entry)) in scenes.iter().zip(&replay.entries).enumerate() {
        writer.number = index + 1;
        writer.of_entry("kind", &format!("{:?}", scene.kind()));
        writer.of_entry("slot", &entry.slot.to_string());
        writer.of_entry("signer", &hex(&scene.signer.0));
        if let Some(RankHeader { round, step, .. }) = header_of(&scene.instruction) {
            let (round, number) = (round as usize, step as usize);
            steps.resize(round + 1, Vec::new());
            if steps[round].len() == number {
                steps[round].push(scene.kind());
            }
            let (_, asked) = vector.steps[round][number];
            writer.of_entry("step", &format!("{number} of round {round}: {asked}"));
        }
        writer.entry(scene);
        writer.of_entry("instruction", &hex(&entry.instruction));
        writer.of_entry("head", &hex(&entry.head.0));
    }
    let kinds = |steps: &[(Kind, &str)]| steps.iter().map(|(kind, _)| *kind).collect();
    let expected: Vec<Vec<Kind>> = vector.steps.iter().map(|steps| kinds(steps)).collect();
    assert_eq!(steps, expected);
    writer.outcome();
    writer.text
}

fn hold(vector: &Vector) {
    hold_to(vector.file, &written(vector));
}

fn hold_to(name: &str, lines: &str) {
    let file = format!("{}/../docs/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("TALEA_WRITE_VECTORS").is_some() {
        std::fs::write(&file, lines).expect("the vector can be written");
    }
    let kept = std::fs::read_to_string(&file).expect("the vector is in the project");
    for (number, (expected, actual)) in kept.lines().zip(lines.lines()).enumerate() {
        assert_eq!(expected, actual, "{name}, line {}", number + 1);
    }
    assert_eq!(kept.lines().count(), lines.lines().count());
}

#[test]
fn the_first_price_is_what_the_program_does() {
    hold(&first_price());
}

#[test]
fn the_second_price_is_what_the_program_does() {
    hold(&second_price());
}

#[test]
fn rounds_are_what_the_program_does() {
    hold(&rounds());
}

#[test]
fn curves_are_what_the_program_does() {
    hold(&curves());
}

#[test]
fn a_two_sided_market_is_what_the_program_does() {
    hold(&two_sided());
}

#[test]
fn a_survey_is_what_the_program_does() {
    hold(&survey());
}
