//! Rounds in which everybody does anything: bids, improves, is silent, reveals nothing or rubbish, is
//! attested or not; keyholders stay away or bid too, the seller decides or does not; and in between come
//! instructions that are out of place. Whatever happens, both verifications agree, on every refusal too, prices
//! are those of the bids that stand, and money goes where section 12 of `docs/spec.md` says.

use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore as _, SeedableRng as _};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};
use talea_contract::{Auction, Due, Phase};
use talea_parties::bidder::{BidSecret, Bidder};
use talea_protocol::{
    bytes::{Digest, PartyKey},
    commitment::BidId,
    instruction::Instruction,
    outcome::{Ending, Outcome},
    price::Level,
    quorum::{KeyholderId, keyholders},
    ranking::{Duty, Endorsement, Vouch},
    sealed_bid::Reveal,
    terms::{Depth, Disclosure, Mechanism, Terms, Ties},
    transcript::{Entry, MAGIC, RecordKind, genesis_head, next_head},
};
use talea_sim::{plain::PlainLot, simulate::Seat};
use talea_tests::{
    Small,
    harness::Harness,
    list, on_all_cores,
    opinions::{agree_that_it_is_valid, second_opinion},
    replay::{Pens, Replay, opened},
};
use talea_verifier::Verdict;

const LEVELS: u32 = 4;
/// The last one is a keyholder.
const BIDDERS: usize = 4;
const DEPOSIT: u64 = 100;
const FEE: u64 = 1;

/// What a bidder may do in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Move {
    Silent,
    Bids,
    NeverReveals,
    RevealsRubbish,
    RevealsLonger,
    RevealsShorter,
    RevealsNothing,
}

impl Move {
    fn is_invalid(self) -> bool {
        use Move::{RevealsLonger, RevealsNothing, RevealsRubbish, RevealsShorter};
        matches!(self, RevealsRubbish | RevealsLonger | RevealsShorter | RevealsNothing)
    }
}

/// What was tried before the entry with this number, and what the contract said.
struct Attempt {
    before: u64,
    slot: u64,
    bytes: Vec<u8>,
    said: Result<(), &'static str>,
}

/// What a bid on a lot has come to, as everybody knows who sees what each does.
#[derive(Default)]
struct BidRecord {
    /// Its level, and what proves the next one.
    active: Option<(Level, BidSecret)>,
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
        groups: match chance.below(4) {
            0 => vec![(1, vec![Seat::Own])],
            1 => vec![(1, vec![Seat::Own; 2]), (2, vec![Seat::Own; 3])],
            _ => vec![(2, vec![Seat::Own; 3])],
        },
        lots: vec![(LEVELS, vec![1, 1]); lots],
        bidders: BIDDERS - 1,
        mechanism: chance.one_of(&Mechanism::EXAMPLES),
        ties: chance.one_of(&[Ties::EarliestCommit, Ties::Lottery]),
        disclosure: Disclosure::Facts { cover: true, depth: Some(Depth { min_bids: 1 }) },
        chunk_items: chance.one_of(&[512, 2]),
        reserve: chance.one_of(&[None, Some(false), Some(true)]),
        acceptance: chance.once_in(3),
        rounds: Some((2 + chance.below(4), chance.once_in(2))),
        stakes: (DEPOSIT, 30, FEE),
        seed,
        ..Small::default()
    }
}

struct Run {
    harness: Harness,
    chance: Chance,
    attempts: Vec<Attempt>,
    /// Everything that was ever signed.
    old: Vec<Vec<u8>>,
    /// Every reveal that was ever at hand.
    all_reveals: Vec<Reveal>,
    /// By lot and bidder.
    lines: BTreeMap<(u32, usize), BidRecord>,
    /// The first commits of each lot, in order.
    commits: BTreeMap<u32, Vec<usize>>,
    /// The reserves that bind.
    reserves: BTreeMap<u32, Level>,
    /// Of the seller's, not revealed.
    lapsed: u64,
    lapsed_on: BTreeSet<u32>,
    declined: BTreeSet<u32>,
    /// What happened, for those who want to know whether anything did.
    seen: BTreeSet<&'static str>,
}

impl Run {
    fn open(seed: u64) -> Self {
        let mut chance = Chance(ChaCha20Rng::seed_from_u64(seed));
        let small = rules(&mut chance, seed);
        let mut terms = small.terms();
        let mut groups = terms.quorum.to_vec();
        for group in &mut groups {
            let spare = group.members.len() as u32 - u32::from(group.threshold);
            group.endorsements += chance.below(spare + 1) as u16;
            group.is_witness = !chance.once_in(4);
        }
        terms.quorum = list(groups);
        terms.stakes.fee_growth = chance.below(3).into();
        if chance.once_in(4) {
            terms.stakes.beneficiary = None;
        }
        let mut harness = Harness::open(&small, &terms);
        // A keyholder bids too.
        let member = terms.quorum[0].members[0].signing;
        harness.bidders.push(Bidder::new(Pens::of(&small.cast()).take(member)));
        harness.fund_everybody();
        harness.deal();
        harness.finish_ceremony();
        Self {
            harness,
            chance,
            attempts: Vec::new(),
            old: Vec::new(),
            all_reveals: Vec::new(),
            lines: BTreeMap::new(),
            commits: BTreeMap::new(),
            reserves: BTreeMap::new(),
            lapsed: 0,
            lapsed_on: BTreeSet::new(),
            declined: BTreeSet::new(),
            seen: BTreeSet::new(),
        }
    }

    /// Tries these bytes on a copy of the program, now or somewhat later.
    fn try_out(&mut self, bytes: Vec<u8>) {
        let before = self.harness.board.entries();
        let late = match (self.chance.below(5), self.harness.auction().deadline()) {
            (0, Some(deadline)) => deadline + self.chance.below(4) as u64,
            (1, Some(deadline)) => deadline + self.chance.below(60) as u64,
            _ => 0,
        };
        let slot = self.harness.slot.max(late);
        let mut auction = self.harness.auction().clone();
        let said = auction.apply(slot, &bytes).map(|_| ()).map_err(|r| r.check.number());
        self.attempts.push(Attempt { before, slot, bytes, said });
    }

    /// Endorsements that attest anything.
    fn try_endorsements(&mut self) {
        let terms = self.terms();
        let round = self.harness.auction().round();
        let mut parties: Vec<PartyKey> = (0..BIDDERS).map(|n| self.harness.bidder(n)).collect();
        parties.extend([terms.seller, terms.custodian, terms.quorum[0].members[0].signing]);
        let head = self.harness.keyholders.iter().find_map(|keyholder| {
            let dues = self.harness.auction().dues(keyholder.id());
            dues.iter().find_map(|due| match due {
                Due::Endorse { head, .. } => Some(*head),
                Due::Rank { .. } => None,
            })
        });
        let Some(head) = head else { return };
        for _ in 0..6 {
            let mut attested = Vec::new();
            let only_missing = self.chance.once_in(2);
            for lot in 0..=terms.lots.len() as u32 {
                for of_round in 0..=round + 1 {
                    for bidder in &parties {
                        let bid = BidId { lot, round: of_round, bidder: *bidder };
                        let keep = if only_missing {
                            self.harness.auction().is_missing(&bid) && !self.chance.once_in(4)
                        } else {
                            self.chance.once_in(30)
                        };
                        if keep {
                            attested.push(bid);
                        }
                    }
                }
            }
            attested.sort();
            if attested.len() > 1 && self.chance.once_in(8) {
                let last = attested[attested.len() - 1];
                attested.push(last);
            }
            if attested.len() > 1 && self.chance.once_in(8) {
                attested.reverse();
            }
            let place = self.chance.below(self.harness.keyholders.len() as u32) as usize;
            let signer = self.harness.keyholders[place].party();
            let round = if self.chance.once_in(10) { round + 1 } else { round };
            let instruction =
                Instruction::Endorse(Endorsement { round, head, attested: list(attested) });
            let bytes = self.harness.sign(signer, &instruction);
            self.try_out(bytes);
        }
    }

    /// Words for anybody, on anything; those that are accepted are sometimes given.
    fn vouch(&mut self) {
        let auction = self.harness.auction();
        let (round, head) = (auction.round(), auction.endorsed_head());
        let ids: Vec<KeyholderId> = keyholders(&auction.terms().quorum).map(|(id, _)| id).collect();
        for _ in 0..3 {
            let [lot, step, chunk] = [3, 30, 2].map(|bound| self.chance.below(bound));
            let any = Duty::Chunk { lot, step, chunk };
            let mut due = self.harness.auction().duties();
            due.push(Duty::Endorsement);
            let duty = if self.chance.once_in(4) { any } else { self.chance.one_of(&due) };
            let late = self.harness.auction().late(duty);
            let place = self.chance.below(self.harness.keyholders.len() as u32) as usize;
            let voucher = self.harness.keyholders[place].id();
            let is_likely = self.chance.once_in(2);
            let mut heard: Vec<KeyholderId> = ids
                .iter()
                .filter(|id| match is_likely {
                    true => late.contains(id) && **id != voucher,
                    false => self.chance.once_in(3),
                })
                .copied()
                .collect();
            if self.chance.once_in(8) {
                heard.reverse();
            }
            let round = if self.chance.once_in(10) { round + 1 } else { round };
            let head = if self.chance.once_in(10) { Digest([7; 32]) } else { head };
            let signer = self.harness.keyholders[place].party();
            let vouch = Instruction::Vouch(Vouch { round, head, duty, heard: list(heard) });
            let bytes = self.harness.sign(signer, &vouch);
            self.try_out(bytes.clone());
            let mut after = self.harness.auction().clone();
            if self.chance.once_in(2) && after.apply(self.harness.slot, &bytes).is_ok() {
                self.harness.submit(&bytes);
                self.try_out(bytes.clone());
                self.old.push(bytes);
                self.seen.insert("a vouch");
            }
        }
    }

    /// Old reveals, reveals twice, some with others.
    fn try_reveals(&mut self) {
        for _ in 0..3 {
            let known = self.all_reveals.len() as u32;
            if known == 0 {
                return;
            }
            let reveals: Vec<Reveal> = (0..1 + self.chance.below(3))
                .map(|_| {
                    let mut reveal = self.all_reveals[self.chance.below(known) as usize].clone();
                    if self.chance.once_in(6) {
                        reveal.bid.round = self.harness.auction().round();
                    }
                    if self.chance.once_in(9) {
                        reveal.bid.lot ^= 1;
                    }
                    reveal
                })
                .collect();
            let bytes = self.harness.carry(reveals);
            self.try_out(bytes);
        }
    }

    /// The seller's word, or a tick.
    fn try_decision(&mut self) {
        let lot = self.chance.below(3);
        let accept = self.chance.once_in(2);
        let decision = self.harness.decision(lot, accept);
        self.try_out(decision);
        let tick = self.harness.sign(self.harness.auction().terms().seller, &Instruction::Tick);
        self.try_out(tick);
    }

    /// Whatever was said before, or will be.
    fn try_old(&mut self) {
        for _ in 0..3 {
            let known = self.old.len() as u32;
            if known > 0 {
                let bytes = self.old[self.chance.below(known) as usize].clone();
                self.try_out(bytes);
            }
        }
    }

    /// The verifier says of every attempt what the contract said.
    fn compare(&self, auction: &Auction, transcript: &[u8]) {
        let replay = Replay::read(transcript);
        let record = |kind: RecordKind, body: Vec<u8>| kind.write(&body).unwrap();
        for Attempt { before, slot, bytes, said } in &self.attempts {
            let mut file = MAGIC.to_vec();
            file.extend(record(RecordKind::Genesis, borsh::to_vec(&replay.genesis).unwrap()));
            let mut head =
                genesis_head(&auction.id(), replay.genesis.slot, &replay.genesis.signature);
            for entry in replay.entries.iter().take(*before as usize) {
                file.extend(record(RecordKind::Entry, borsh::to_vec(entry).unwrap()));
                head = entry.head;
            }
            let entry = Entry {
                slot: *slot,
                instruction: list(bytes.iter().copied()),
                head: next_head(&head, *slot, bytes),
            };
            file.extend(record(RecordKind::Entry, borsh::to_vec(&entry).unwrap()));
            let report = second_opinion(&file);
            let found = match (&report.verdict, &report.failure) {
                (Verdict::Undecided, None) => Ok(()),
                (_, Some(failure)) => Err(failure.check.number()),
                (verdict, None) => panic!("{verdict:?}"),
            };
            let (_, instruction) = opened(bytes);
            assert_eq!(found, *said, "at {before}: {instruction:?}: {}", report.to_text());
        }
    }

    fn terms(&self) -> Terms {
        self.harness.auction().terms().clone()
    }

    fn lots(&self) -> std::ops::Range<u32> {
        0..self.terms().lots.len() as u32
    }

    fn undecided(&self) -> Vec<u32> {
        self.lots().filter(|lot| self.harness.auction().ending(*lot).is_none()).collect()
    }

    /// The seller commits reserves; those that it will reveal.
    fn reserve(&mut self) -> Vec<Reveal> {
        let mut reveals = Vec::new();
        if self.harness.auction().phase() == Phase::Reserves {
            for lot in self.lots() {
                // Rounds take bids upwards, and few end below it.
                let level =
                    if self.chance.once_in(2) { LEVELS - 1 } else { self.chance.below(LEVELS) };
                match self.chance.below(4) {
                    0 => {}
                    1 => {
                        let reveal = self.harness.reserve(lot, level);
                        self.all_reveals.push(reveal);
                        self.lapsed_on.insert(lot);
                        self.lapsed += 1;
                    }
                    _ => {
                        let reveal = self.harness.reserve(lot, level);
                        self.all_reveals.push(reveal.clone());
                        reveals.push(reveal);
                        self.reserves.insert(lot, Level(level));
                    }
                }
            }
            self.harness.pass();
        }
        reveals
    }

    /// One round of bids; what each bidder did, and what is to be revealed.
    fn bid(&mut self) -> (BTreeMap<(u32, usize), Move>, Vec<Reveal>) {
        let round = self.harness.auction().round();
        let mut moves = BTreeMap::new();
        let mut reveals = Vec::new();
        let places: Vec<(u32, usize)> = self
            .undecided()
            .into_iter()
            .flat_map(|lot| (0..BIDDERS).map(move |bidder| (lot, bidder)))
            .collect();
        for (lot, bidder) in self.chance.shuffled(places) {
            use Move::{
                Bids, NeverReveals, RevealsLonger, RevealsNothing, RevealsRubbish, RevealsShorter,
                Silent,
            };
            let next = if self.chance.once_in(4) {
                let bad = [RevealsRubbish, RevealsLonger, RevealsShorter, RevealsNothing];
                self.chance.one_of(&bad)
            } else {
                self.chance.one_of(&[Bids, Bids, Bids, Silent, NeverReveals])
            };
            let alter = |mut bytes: Vec<u8>| {
                match next {
                    RevealsRubbish => bytes[0] ^= 1,
                    RevealsLonger => bytes.extend([7; 32]),
                    RevealsShorter => bytes.truncate(bytes.len() - 32),
                    RevealsNothing => bytes.clear(),
                    _ => {}
                }
                bytes
            };
            let (auction, rng) = (self.harness.board.auction(), &mut self.harness.rng);
            let active = self.lines.get(&(lot, bidder)).and_then(|line| line.active.as_ref());
            let signer = &self.harness.bidders[bidder];
            if round > 0 && active.is_none() {
                // Nobody enters after round 0.
                let late = signer.commit(auction, lot, Level(0), rng).unwrap();
                if self.chance.once_in(3) {
                    self.try_out(late.commit.clone());
                }
                let slot = self.harness.slot;
                assert!(self.harness.board.submit(slot, &late.commit).is_err());
                continue;
            }
            if next == Silent {
                if round > 0 {
                    moves.insert((lot, bidder), Silent);
                }
                continue;
            }
            let least = active.map_or(0, |(level, _)| level.0);
            let level = Level(least + self.chance.below(LEVELS - least));
            let bid = match active {
                None => signer.commit_altered(auction, lot, level, alter, rng),
                Some((_, secret)) => {
                    signer.improve_altered(auction, (lot, level), secret, alter, rng)
                }
            };
            let bid = bid.unwrap();
            self.all_reveals.push(bid.reveal.clone());
            self.old.push(bid.commit.clone());
            if self.chance.once_in(6) {
                self.try_old();
            }
            self.harness.submit(&bid.commit);
            if round == 0 {
                self.commits.entry(lot).or_default().push(bidder);
                self.lines.insert((lot, bidder), BidRecord::default());
            }
            if next != NeverReveals {
                reveals.push(bid.reveal.clone());
            }
            if next == Bids {
                self.lines.entry((lot, bidder)).or_default().active = Some((level, bid.secret));
            }
            moves.insert((lot, bidder), next);
        }
        self.harness.pass();
        (moves, reveals)
    }

    fn reveal(&mut self, reveals: Vec<Reveal>) {
        if self.harness.auction().phase() != Phase::Reveals {
            return;
        }
        let reveals = self.chance.shuffled(reveals);
        self.try_reveals();
        if self.chance.once_in(2) {
            for reveal in reveals {
                if self.chance.once_in(6) && self.harness.auction().phase() == Phase::Reveals {
                    self.try_reveals();
                }
                self.harness.reveal(vec![reveal]);
            }
        } else if !reveals.is_empty() {
            self.harness.reveal(reveals);
        }
        if self.harness.auction().phase() == Phase::Reveals {
            self.harness.pass();
        }
    }

    /// Keyholders endorse, or not, and attest whom they like of those who are missing.
    fn endorse(&mut self, moves: &BTreeMap<(u32, usize), Move>) {
        let round = self.harness.auction().round();
        let id =
            |(lot, bidder): (u32, usize)| BidId { lot, round, bidder: self.harness.bidder(bidder) };
        let is_missing = |next: Move| matches!(next, Move::Silent | Move::NeverReveals);
        let missing: Vec<((u32, usize), BidId)> = moves
            .iter()
            .filter(|(_, next)| is_missing(**next))
            .map(|(at, _)| (*at, id(*at)))
            .collect();
        if self.harness.auction().phase() == Phase::Endorsing {
            for (at, next) in moves {
                let missing = self.harness.auction().is_missing(&id(*at));
                assert_eq!(missing, is_missing(*next), "{at:?} {next:?} in round {round}");
            }
        }
        if self.harness.auction().phase() == Phase::Endorsing {
            self.try_endorsements();
            self.try_old();
        }
        let mut attesting: BTreeSet<(BidId, KeyholderId)> = BTreeSet::new();
        let places: Vec<usize> = (0..self.harness.keyholders.len()).collect();
        for place in self.chance.shuffled(places) {
            let is_wanted = self.harness.auction().phase() == Phase::Endorsing;
            if !is_wanted || self.chance.once_in(12) {
                continue;
            }
            let mut attested: Vec<BidId> = missing.iter().map(|(_, bid)| *bid).collect();
            attested.retain(|_| !self.chance.once_in(3));
            attested.sort();
            let id = self.harness.keyholders[place].id();
            for post in self.harness.posts(place, &attested) {
                self.harness.submit(&post);
                self.old.push(post);
                attesting.extend(attested.iter().map(|bid| (*bid, id)));
            }
            if self.chance.once_in(4) && self.harness.auction().phase() == Phase::Endorsing {
                self.try_endorsements();
                self.vouch();
            }
        }
        if self.harness.auction().phase() == Phase::Endorsing {
            self.harness.pass();
        }
        let groups = self.terms().quorum;
        // By each witnessing group that has a threshold of members besides the bidder.
        let is_attested = |bid: &BidId| {
            let (mut counting, mut saying) = (0, 0);
            for (g, group) in (0u16..).zip(groups.iter()).filter(|(_, group)| group.is_witness) {
                let threshold = usize::from(group.threshold);
                let others: Vec<KeyholderId> = keyholders(&groups)
                    .filter(|(id, member)| id.group == g && member.signing != bid.bidder)
                    .map(|(id, _)| id)
                    .collect();
                let said = others.iter().filter(|id| attesting.contains(&(*bid, **id))).count();
                counting += usize::from(others.len() >= threshold);
                saying += usize::from(others.len() >= threshold && said >= threshold);
            }
            counting > 0 && saying == counting
        };
        for (at, next) in moves {
            let line = self.lines.entry(*at).or_default();
            let bid = BidId { lot: at.0, round, bidder: self.harness.bidder(at.1) };
            let forfeits = match next {
                Move::Bids => false,
                next if next.is_invalid() => true,
                _ => !is_attested(&bid),
            };
            line.forfeits |= forfeits;
            let word = match (next, round, forfeits) {
                (Move::Bids, 0, _) => "a bid",
                (Move::Bids, ..) => "a bid in a later round",
                (next, 0, _) if next.is_invalid() => "rubbish",
                (next, ..) if next.is_invalid() => "rubbish in a later round",
                (Move::NeverReveals, 0, true) => "unrevealed",
                (Move::NeverReveals, 0, false) => "unrevealed and attested",
                (Move::NeverReveals, _, true) => "unrevealed in a later round",
                (Move::NeverReveals, _, false) => "unrevealed and attested in a later round",
                (_, _, true) => "silent",
                (_, _, false) => "silent and attested",
            };
            self.seen.insert(word);
        }
    }

    /// Keyholders rank, some of them not to the end, and the seller decides or does not; until there is
    /// another round, or the end.
    fn rank(&mut self) {
        let round = self.harness.auction().round();
        let leavers: BTreeMap<usize, u32> = (0..self.harness.keyholders.len())
            .map(|place| (place, self.chance.below(150)))
            .filter(|(_, from_step)| *from_step < 12)
            .collect();
        while self.harness.auction().phase() == Phase::Ranking {
            let mut progress = false;
            for place in 0..self.harness.keyholders.len() {
                let stays_away =
                    |step: Option<u32>| leavers.get(&place).is_some_and(|from| step >= Some(*from));
                let (auction, rng) = (self.harness.board.auction(), &mut self.harness.rng);
                let keyholder = &mut self.harness.keyholders[place];
                let posts = keyholder.act_unless(auction, &[], stays_away, rng).unwrap();
                progress |= !posts.is_empty();
                self.old.extend(posts.iter().cloned());
                if self.chance.once_in(12) {
                    self.try_old();
                    self.try_decision();
                    self.vouch();
                }
                if self.harness.auction().phase() != Phase::Ranking {
                    break;
                }
                posts.iter().for_each(|post| self.harness.submit(post));
            }
            for lot in self.lots() {
                if self.harness.auction().award_to_decide(lot).is_some() && !self.chance.once_in(3)
                {
                    let accept = self.chance.once_in(2);
                    let decision = self.harness.decision(lot, accept);
                    self.harness.submit(&decision);
                    progress = true;
                    if !accept {
                        self.declined.insert(lot);
                    }
                }
            }
            if !progress && self.harness.auction().phase() == Phase::Ranking {
                self.harness.pass();
            }
        }
        let phase = self.harness.auction().phase();
        assert!(phase == Phase::Closed || self.harness.auction().round() == round + 1);
    }

    /// From the opening to the outcome.
    fn run(mut self) -> BTreeSet<&'static str> {
        let mut of_reserves = self.reserve();
        while self.harness.auction().phase() == Phase::Commits {
            let (moves, mut reveals) = self.bid();
            reveals.append(&mut of_reserves);
            self.reveal(reveals);
            self.endorse(&moves);
            self.rank();
        }
        let outcome = self.harness.auction().outcome().expect("it is closed");
        self.judge(&outcome);
        let small = Small::default();
        let empty = Harness::open(&small, &small.terms());
        let harness = std::mem::replace(&mut self.harness, empty);
        let auction = harness.auction().clone();
        let (_, transcript) = harness.board.into_inner();
        agree_that_it_is_valid(&transcript, &outcome);
        self.compare(&auction, &transcript);
        self.seen.extend(self.attempts.iter().map(|attempt| attempt.said.err().unwrap_or("taken")));
        self.seen
    }

    /// What the first commit of a bidder on a lot cost.
    fn fee(&self, lot: u32, bidder: usize) -> u64 {
        let place = self.commits[&lot].iter().position(|known| *known == bidder).unwrap();
        FEE + place as u64 * self.terms().stakes.fee_growth
    }

    /// Compares the outcome with what everybody did.
    fn judge(&mut self, outcome: &Outcome) {
        let terms = self.terms();
        let mut settled: BTreeMap<PartyKey, u64> = BTreeMap::new();
        for (lot, result) in (0u32..).zip(outcome.lots.iter()) {
            let bids: Vec<(PartyKey, Level)> = self
                .commits
                .get(&lot)
                .into_iter()
                .flatten()
                .filter_map(|bidder| {
                    let (level, _) = self.lines.get(&(lot, *bidder))?.active.as_ref()?;
                    Some((self.harness.bidder(*bidder), *level))
                })
                .collect();
            let reserve = self.reserves.get(&lot).copied();
            let plain = PlainLot {
                terms: &terms,
                grid: &terms.lots[lot as usize].grid,
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
                        (0..BIDDERS).find(|n| self.harness.bidder(*n) == sale.winner).unwrap();
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
                other => panic!("no such market is opened here: {other:?}"),
            }
        }
        for bidder in 0..BIDDERS {
            let party = self.harness.bidder(bidder);
            let lines = self.lines.iter().filter(|((_, of), _)| *of == bidder);
            let lost = |((lot, _), line): (&(u32, usize), &BidRecord)| {
                self.fee(*lot, bidder) + if line.forfeits { DEPOSIT } else { 0 }
            };
            let forfeits: u64 = lines.map(lost).sum();
            let account = outcome.accounts.iter().find(|account| account.party == party).unwrap();
            let is_void = outcome.lots.iter().any(|lot| matches!(lot.ending, Ending::Void(_)));
            if bidder < BIDDERS - 1 {
                assert_eq!(account.forfeited, forfeits, "bidder {bidder}");
            } else {
                assert!(account.forfeited == forfeits || is_void, "the keyholder");
            }
            assert_eq!(account.settlement, settled.get(&party).copied().unwrap_or(0));
        }
        let mut sums = [0, 0];
        for account in &outcome.accounts {
            let (taken, given) =
                (account.funded + account.received, account.available + account.settlement);
            assert_eq!(taken, given + account.forfeited, "{account:?}");
            sums[0] += account.received;
            sums[1] += account.forfeited;
            let may_receive = Some(account.party) == terms.stakes.beneficiary;
            assert!(may_receive || account.received == 0, "{account:?}");
        }
        let received = if terms.stakes.beneficiary.is_some() { sums[1] } else { 0 };
        assert_eq!(sums[0], received, "what is lost the beneficiary receives, or nobody");
        self.seen.insert(if received == sums[1] { "received" } else { "received by nobody" });
        let seller = outcome.accounts.iter().find(|account| account.party == terms.seller);
        assert_eq!(seller.map_or(0, |account| account.forfeited), DEPOSIT * self.lapsed);
    }
}

/// Everything that can happen to a bid, to a lot, and to an instruction that is tried out: the checks that
/// refuse it.
const ALL: [&str; 34] = [
    "received",
    "received by nobody",
    "a vouch",
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
    "taken",
    "C1",
    "C3",
    "C8",
    "D1",
    "E4",
    "K1",
    "K2",
    "K3",
    "K4",
    "K14",
    "K15",
    "R1",
    "R2",
];

/// Runs with these seeds; everything that can happen is to have happened.
fn hold(seeds: std::ops::Range<u64>) {
    let seen = Mutex::new(BTreeSet::new());
    let seeds: Vec<u64> = seeds.collect();
    on_all_cores(&seeds, |seed| {
        let simulated = std::panic::catch_unwind(|| Run::open(*seed).run());
        let words = simulated.unwrap_or_else(|_| panic!("with seed {seed}"));
        seen.lock().unwrap().extend(words);
    });
    let (seen, all) = (seen.into_inner().unwrap(), BTreeSet::from(ALL));
    let missed: Vec<&&str> = all.difference(&seen).collect();
    assert!(missed.is_empty(), "it never came to {missed:?}");
}

#[test]
fn whatever_happens_in_rounds_both_verifications_agree() {
    hold(0..24);
}

/// By hand: `cargo test --release -p talea-tests --test all rounds_at_random:: -- --ignored`.
#[test]
#[ignore = "a quarter of an hour"]
fn whatever_happens_in_many_rounds_both_verifications_agree() {
    hold(24..1_000);
}
