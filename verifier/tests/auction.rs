//! An auction in miniature. The tests run every party; a [`Replay`] runs along and says what is
//! asked next, so that a test states only what it is about.

use std::collections::{BTreeMap, BTreeSet};

use curve25519_dalek::scalar::Scalar;
use ed25519_dalek::{Signer as _, SigningKey};
use talea_protocol::{
    builder::TermsBuilder,
    bytes::{Domain, List, PartyKey, Point, Signature, Text},
    commitment::{BidId, Commit, CurveCommit, CurveStep, RangeProof, TradeSide, seal},
    instruction::{Fund, Instruction, SignedInstruction, opening_bytes, signed_bytes},
    outcome::{Account, Quote},
    price::{Level, Price, PriceGrid, Scale, Shape, Side},
    quorum::{Group, KeyholderId, Member},
    ranking::{
        BlindPost, Decision, DecryptionSharePost, Duty, Endorsement, GatePost, RankHeader,
        ShufflePost, Vouch,
    },
    sealed_bid::{Reveal, SealedBid},
    setup::{CompactProof, Complaint, Deal},
    terms::{
        Acceptance, Disclosure, Lot, Mechanism, Reserve, Rounds, Schedule, Stakes, Terms, Ties,
    },
    transcript::{Closing, Entry, Genesis, MAGIC, RecordKind, next_head},
};

use super::provers::{self, Former, Rng};
use crate::{
    docket::Docket,
    failure::{Place, Stop, Subject},
    fiat_shamir::Context,
    group::{bases, encode, encode_scalar},
    intake::{RawEntry, take_in},
    proofs::{complaint, possession},
    replay::{Replay, curve::sealed_bits, rank::step::Items, setup::pad},
    report::Report,
    verify::{Options, verify},
};

/// What is sold, and by which rules.
pub(crate) struct Rules {
    pub(crate) shape: Vec<u8>,
    pub(crate) levels: u32,
    pub(crate) lots: usize,
    /// Per group: threshold, endorsements, members.
    pub(crate) groups: Vec<(u16, u16, u16)>,
    pub(crate) fan_out: u16,
    pub(crate) chunk_items: u16,
    pub(crate) mechanism: Mechanism,
    pub(crate) ties: Ties,
    pub(crate) disclosure: Disclosure,
    /// Whether it is opened.
    pub(crate) reserve: Option<bool>,
    /// Slots for the seller's decision.
    pub(crate) acceptance: Option<u64>,
    /// The limit, and whether they show the cover.
    pub(crate) rounds: Option<(u32, bool)>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            shape: vec![2, 1, 1],
            levels: 14,
            lots: 1,
            groups: vec![(2, 2, 3)],
            fan_out: 1,
            chunk_items: 2048,
            mechanism: Mechanism::FirstPrice,
            ties: Ties::EarliestCommit,
            disclosure: Disclosure::WINNER_AND_PRICE,
            reserve: None,
            acceptance: None,
            rounds: None,
        }
    }
}

pub(crate) fn party(name: &str) -> SigningKey {
    let digest = talea_protocol::bytes::Digest::of(&[b"test party", name.as_bytes()]);
    SigningKey::from_bytes(&digest.0)
}

pub(crate) fn key(secret: &SigningKey) -> PartyKey {
    PartyKey(secret.verifying_key().to_bytes())
}

pub(crate) fn bidder(n: usize) -> SigningKey {
    party(&format!("bidder {n}"))
}

pub(crate) fn seat(id: KeyholderId) -> SigningKey {
    party(&format!("member {} {}", id.group, id.member))
}

/// A member's secrets.
pub(crate) struct Secrets {
    encryption: Scalar,
    /// `a_0 .. a_{t-1}`.
    coefficients: Vec<Scalar>,
    /// `r`.
    ephemeral: Scalar,
}

/// A bid that was committed, and how to open it.
#[derive(Clone)]
pub(crate) struct Hidden {
    pub(crate) id: BidId,
    pub(crate) sealed: Vec<u8>,
    /// What it is committed to, if it is to be bettered.
    pub(crate) former: Former,
}

pub(crate) const OPENING: u64 = 10;
pub(crate) const DEALS: u64 = 20;
pub(crate) const COMPLAINTS: u64 = 30;
pub(crate) const RESERVES: u64 = 35;
pub(crate) const COMMITS: u64 = 40;
pub(crate) const REVEALS: u64 = 50;
pub(crate) const COMMIT_SLOTS: u64 = 4;
pub(crate) const REVEAL_SLOTS: u64 = 6;
pub(crate) const DEPOSIT: u64 = 100;
pub(crate) const BOND: u64 = 1_000;
pub(crate) const FEE: u64 = 3;

pub(crate) struct Auction {
    pub(crate) rng: Rng,
    pub(crate) terms: Terms,
    pub(crate) members: BTreeMap<KeyholderId, Secrets>,
    pub(crate) replay: Replay,
    pub(crate) file: Vec<u8>,
    pub(crate) slot: u64,
    funds: u64,
}

pub(crate) fn terms(rules: &Rules, members: &BTreeMap<KeyholderId, Secrets>) -> Terms {
    let text = |s: &str| Text::new(s).unwrap();
    let lots = (0..rules.lots).map(|n| Lot {
        name: text(&format!("Lot {n}")),
        identifier: text("XS0000000009"),
        quantity: 1_000,
        grid: PriceGrid {
            side: Side::HighestWins,
            start: Price(9_500),
            tick: 5,
            levels: rules.levels,
            scale: Scale::Decimal(2),
            shape: Shape::new(&rules.shape).unwrap(),
        },
    });
    let groups = (0u16..).zip(&rules.groups).map(|(g, (t, e, n))| Group {
        name: text(&format!("group {g}")),
        threshold: *t,
        endorsements: *e,
        is_witness: true,
        members: List::new(
            (1..=*n)
                .map(|m| {
                    let id = KeyholderId { group: g, member: m };
                    Member {
                        signing: key(&seat(id)),
                        encryption: encode(&(bases().k * members[&id].encryption)),
                    }
                })
                .collect(),
        )
        .unwrap(),
    });
    let schedule = Schedule {
        deals_until: DEALS,
        complaints_until: COMPLAINTS,
        commits_until: COMMITS,
        reveals_until: REVEALS,
        endorse_slots: 10,
        step_slots: 10,
        step_slots_per_bid: 1,
        witness_slots: 2,
    };
    let [seller, custodian, beneficiary] =
        ["seller", "custodian", "beneficiary"].map(|who| key(&party(who)));
    let domain = Domain::new("test").unwrap();
    let builder = TermsBuilder {
        nonce: [7; 32],
        lots: lots.collect(),
        mechanism: rules.mechanism,
        ties: rules.ties,
        disclosure: rules.disclosure,
        reserve: rules.reserve.map(|opened| Reserve { until: RESERVES, opened }),
        acceptance: rules.acceptance.map(|slots| Acceptance { slots }),
        rounds: rules.rounds.map(|(limit, cover)| Rounds {
            limit,
            commit_slots: COMMIT_SLOTS,
            reveal_slots: REVEAL_SLOTS,
            cover,
        }),
        stakes: Stakes {
            deposit: DEPOSIT,
            bond: BOND,
            commit_fee: FEE,
            fee_growth: 0,
            beneficiary: Some(beneficiary),
        },
        quorum: groups.collect(),
        fan_out: rules.fan_out,
        chunk_items: rules.chunk_items,
        ..TermsBuilder::new(domain, seller, custodian, schedule)
    };
    builder.build().unwrap()
}

/// A level of the lots' grid with its price.
pub(crate) fn quote(level: u32) -> Quote {
    Quote { level: Level(level), price: Price(9_500 + 5 * i64::from(level)) }
}

pub(crate) fn secrets(rng: &mut Rng, rules: &Rules) -> BTreeMap<KeyholderId, Secrets> {
    let mut members = BTreeMap::new();
    for (g, (t, _, n)) in (0u16..).zip(&rules.groups) {
        for m in 1..=*n {
            let id = KeyholderId { group: g, member: m };
            let secrets = Secrets {
                encryption: Scalar::random(rng),
                coefficients: (0..*t).map(|_| Scalar::random(rng)).collect(),
                ephemeral: Scalar::random(rng),
            };
            members.insert(id, secrets);
        }
    }
    members
}

/// Magic and genesis.
pub(crate) fn opening(terms: &Terms, seller: &SigningKey) -> (Vec<u8>, Vec<u8>) {
    let bytes = borsh::to_vec(terms).unwrap();
    let auction = Terms::auction_id_of_bytes(&bytes);
    let genesis = Genesis {
        slot: OPENING,
        terms: List::new(bytes).unwrap(),
        signature: Signature(seller.sign(&opening_bytes(&auction, OPENING)).to_bytes()),
    };
    let body = borsh::to_vec(&genesis).unwrap();
    let mut file = MAGIC.to_vec();
    file.extend(RecordKind::Genesis.write(&body).unwrap());
    (file, body)
}

/// The coefficients of the polynomial through these points, lowest first.
fn interpolated(points: &[(Scalar, Scalar)]) -> Vec<Scalar> {
    let mut sum = vec![Scalar::ZERO; points.len()];
    for (at, (x, y)) in points.iter().enumerate() {
        let mut one = vec![*y];
        for (_, (other, _)) in points.iter().enumerate().filter(|(other, _)| *other != at) {
            // Times (X - other) / (x - other).
            let scale = (x - other).invert();
            let mut next = vec![Scalar::ZERO; one.len() + 1];
            for (power, coefficient) in one.iter().enumerate() {
                next[power] -= coefficient * other * scale;
                next[power + 1] += coefficient * scale;
            }
            one = next;
        }
        for (total, coefficient) in sum.iter_mut().zip(one) {
            *total += coefficient;
        }
    }
    sum
}

pub(crate) fn report(file: &[u8], jobs: usize) -> Report {
    let options = Options { jobs: Some(jobs) };
    verify(file, &options, |_| ()).unwrap()
}

impl Auction {
    pub(crate) fn open(seed: u64, rules: &Rules) -> Self {
        Self::open_with(seed, rules, |_| ())
    }

    pub(crate) fn open_with(seed: u64, rules: &Rules, change: impl FnOnce(&mut Terms)) -> Self {
        let mut rng = provers::rng(seed);
        let members = secrets(&mut rng, rules);
        let mut terms = terms(rules, &members);
        change(&mut terms);
        let (file, body) = opening(&terms, &party("seller"));
        let docket = Docket::new(Subject::at(Place::Genesis));
        let replay = Replay::open(docket, &body).map_err(|(_, stop)| stop).unwrap();
        Self { rng, terms, members, replay, file, slot: OPENING, funds: 0 }
    }

    /// The record of an entry.
    pub(crate) fn record(&self, signer: &SigningKey, instruction: &Instruction) -> Vec<u8> {
        let payload = borsh::to_vec(instruction).unwrap();
        let auction = self.replay.facts.auction;
        let message = signed_bytes(&auction, &payload);
        let signed = SignedInstruction {
            signer: key(signer),
            signature: Signature(signer.sign(&message).to_bytes()),
            payload: List::new(payload).unwrap(),
        };
        self.record_of(borsh::to_vec(&signed).unwrap())
    }

    /// The record of an entry with these bytes for an instruction.
    pub(crate) fn record_of(&self, instruction: Vec<u8>) -> Vec<u8> {
        let head = next_head(&self.replay.head(), self.slot, &instruction);
        let entry = Entry { slot: self.slot, instruction: List::new(instruction).unwrap(), head };
        RecordKind::Entry.write(&borsh::to_vec(&entry).unwrap()).unwrap()
    }

    /// Adds an entry, which must be accepted.
    pub(crate) fn post(&mut self, signer: &SigningKey, instruction: &Instruction) {
        let record = self.record(signer, instruction);
        let raw = RawEntry::parse(record[5..].to_vec()).unwrap();
        let intake = take_in(raw, &self.replay.facts.clone());
        let applied = self.replay.apply(intake);
        if let Err(Stop::Refused(refusal)) = &applied {
            panic!("{:?}", refusal.failure);
        }
        applied.unwrap();
        self.file.extend(record);
    }

    /// The report on the file so far with this entry added.
    pub(crate) fn attempt(&self, signer: &SigningKey, instruction: &Instruction) -> Report {
        self.attempt_record(self.record(signer, instruction))
    }

    pub(crate) fn attempt_record(&self, record: Vec<u8>) -> Report {
        let mut file = self.file.clone();
        file.extend(record);
        report(&file, 2)
    }

    pub(crate) fn fund(&mut self, party: PartyKey, amount: u64) {
        let fund = Fund { sequence: self.funds, party, amount };
        self.funds += 1;
        self.post(&super::auction::party("custodian"), &Instruction::Fund(fund));
    }

    pub(crate) fn ids(&self) -> Vec<KeyholderId> {
        self.members.keys().copied().collect()
    }

    /// Makes the values that a group's dealers gave these members sum to nothing, by the coefficients of
    /// the last dealer, who has as many as there are members to cheat.
    pub(crate) fn cancel(&mut self, last: KeyholderId, members: &[u16]) {
        let threshold = self.members[&last].coefficients.len();
        assert_eq!(threshold, members.len() + 1, "one coefficient is left to chance");
        let others: Vec<KeyholderId> =
            self.ids().into_iter().filter(|id| id.group == last.group && *id != last).collect();
        // Through these points, and a random one at 0.
        let mut points = vec![(Scalar::ZERO, Scalar::random(&mut self.rng))];
        for j in members {
            let sum: Scalar = others.iter().map(|dealer| self.share(*dealer, *j)).sum();
            points.push((Scalar::from(*j), -sum));
        }
        let coefficients = interpolated(&points);
        self.members.get_mut(&last).unwrap().coefficients = coefficients;
    }

    /// Makes a dealer's constant term cancel those of the `others`.
    pub(crate) fn cancel_key(&mut self, last: KeyholderId, others: &[KeyholderId]) {
        let sum: Scalar = others.iter().map(|id| self.members[id].coefficients[0]).sum();
        self.members.get_mut(&last).unwrap().coefficients[0] = -sum;
    }

    fn encryption_keys(&self, group: u16) -> Vec<Point> {
        let group = &self.terms.quorum[usize::from(group)];
        group.members.iter().map(|m| m.encryption).collect()
    }

    /// `f(j)`.
    fn share(&self, dealer: KeyholderId, j: u16) -> Scalar {
        let j = Scalar::from(j);
        let coefficients = &self.members[&dealer].coefficients;
        coefficients.iter().rev().fold(Scalar::ZERO, |sum, a| sum * j + a)
    }

    /// A deal. `wrong` receives a wrong share.
    pub(crate) fn deal(&mut self, id: KeyholderId, wrong: Option<u16>) -> Deal {
        self.deal_signed(id, key(&seat(id)), wrong)
    }

    /// A deal of a member with another signing key than its seat's.
    pub(crate) fn deal_as(&mut self, id: KeyholderId, signer: PartyKey) -> Deal {
        self.deal_signed(id, signer, None)
    }

    fn deal_signed(&mut self, id: KeyholderId, signer: PartyKey, wrong: Option<u16>) -> Deal {
        let keys = self.encryption_keys(id.group);
        let auction = self.replay.facts.auction;
        let secrets = &self.members[&id];
        let k = bases().k;
        let ephemeral = encode(&(k * secrets.ephemeral));
        let commitments: Vec<Point> =
            secrets.coefficients.iter().map(|a| encode(&(k * a))).collect();
        let shares: Vec<_> = (1u16..)
            .zip(&keys)
            .filter(|(j, _)| *j != id.member)
            .map(|(j, p)| {
                let shared = crate::group::decode(p).unwrap() * secrets.ephemeral;
                let pad = pad(&encode(&shared), &ephemeral, p, &auction, id, j);
                let error = Scalar::from(u64::from(wrong == Some(j)));
                encode_scalar(&(self.share(id, j) + pad + error))
            })
            .collect();
        let statement = possession::Statement {
            group: id.group,
            member: id.member,
            encryption_keys: &keys,
            commitments: &commitments,
            ephemeral,
            shares: &shares,
        };
        let context = Context::setup(auction, signer);
        let (a_0, r) = (secrets.coefficients[0], secrets.ephemeral);
        let rng = &mut self.rng;
        let constant =
            provers::possession(rng, &context, possession::Of::Constant, &statement, &a_0);
        let of_ephemeral =
            provers::possession(rng, &context, possession::Of::Ephemeral, &statement, &r);
        Deal {
            commitments: List::new(commitments).unwrap(),
            ephemeral,
            shares: List::new(shares).unwrap(),
            constant_proof: constant,
            ephemeral_proof: of_ephemeral,
        }
    }

    pub(crate) fn complaint(&mut self, id: KeyholderId, dealer: KeyholderId) -> Complaint {
        let p = self.members[&id].encryption;
        let r = bases().k * self.members[&dealer].ephemeral;
        let statement = complaint::Statement {
            group: id.group,
            member: id.member,
            dealer: dealer.member,
            encryption_key: encode(&(bases().k * p)),
            ephemeral: encode(&r),
            shared: encode(&(r * p)),
        };
        let context = Context::setup(self.replay.facts.auction, key(&seat(id)));
        let proof: CompactProof = provers::complaint(&mut self.rng, &context, &statement, &p);
        Complaint { dealer: dealer.member, shared: statement.shared, proof }
    }

    /// Everybody deals honestly, and nobody complains.
    pub(crate) fn ceremony(&mut self) {
        for id in self.ids() {
            self.bond(id);
            let deal = self.deal(id, None);
            self.post(&seat(id), &Instruction::Deal(deal));
        }
        self.slot = COMPLAINTS + 1;
    }

    /// Funds a keyholder's bonds.
    pub(crate) fn bond(&mut self, id: KeyholderId) {
        self.fund(key(&seat(id)), BOND * self.terms.lots.len() as u64);
    }

    /// A commit to a level, and what it hides.
    pub(crate) fn commitment(
        &mut self,
        lot: u32,
        who: &SigningKey,
        level: u32,
    ) -> (Commit, Hidden) {
        self.commitment_and_unary(lot, who, level, level)
    }

    /// A commit to a level with a unary encoding for another.
    pub(crate) fn commitment_and_unary(
        &mut self,
        lot: u32,
        who: &SigningKey,
        level: u32,
        unary: u32,
    ) -> (Commit, Hidden) {
        let id = BidId { lot, round: self.replay.round.number, bidder: key(who) };
        let context = Context::bid(self.replay.facts.auction, &id);
        let levels = self.replay.facts.lot(lot).unwrap().grid.levels;
        let key = self.quorum_key();
        let proven = provers::range(&mut self.rng, &context, &key, levels, level);
        self.proven(id, proven, level, unary)
    }

    /// A commit of a later round to a level that is not below the former one, and what it hides.
    pub(crate) fn improvement(&mut self, former: &Hidden, level: u32) -> (Commit, Hidden) {
        self.improvement_and_unary(former, level, level)
    }

    /// A commit of a later round with a unary encoding for another level.
    pub(crate) fn improvement_and_unary(
        &mut self,
        former: &Hidden,
        level: u32,
        unary: u32,
    ) -> (Commit, Hidden) {
        let id = BidId { round: self.replay.round.number, ..former.id };
        let context = Context::bid(self.replay.facts.auction, &id);
        let levels = self.replay.facts.lot(id.lot).unwrap().grid.levels;
        let former = former.former;
        let gain = level.saturating_sub(former.level);
        let key = self.quorum_key();
        let proven =
            provers::improvement(&mut self.rng, &context, &key, levels, level, &former, gain);
        self.proven(id, proven, level, unary)
    }

    /// `PK`, encoded.
    pub(crate) fn quorum_key(&self) -> Point {
        self.replay.committee().unwrap().key.wire
    }

    fn proven(
        &mut self,
        id: BidId,
        (c, proof, rho): (Point, RangeProof, Scalar),
        level: u32,
        unary: u32,
    ) -> (Commit, Hidden) {
        let facts = self.replay.facts.clone();
        let context = Context::bid(facts.auction, &id);
        let shape = &facts.lot(id.lot).unwrap().grid.shape;
        let quorum_key = self.replay.committee().unwrap().key.point;
        let sealed: SealedBid =
            provers::unary(&mut self.rng, &context, shape, &quorum_key, &c, Level(unary), &rho);
        let mut sealed = sealed.to_bytes();
        if facts.terms.ties.asks_for_contributions(id.round) {
            sealed.extend(Scalar::random(&mut self.rng).to_bytes());
        }
        let commit = Commit {
            lot: id.lot,
            round: id.round,
            commitment: c,
            range_proof: proof,
            seal: seal(&facts.auction, &id, &sealed),
        };
        (commit, Hidden { id, sealed, former: Former { commitment: c, level, rho } })
    }

    /// A commit of a curve, and what it hides: the same numbers, or other ones.
    pub(crate) fn curve(
        &mut self,
        lot: u32,
        who: &SigningKey,
        side: TradeSide,
        (steps, sealed_as): (&[(u32, u32)], &[(u32, u32)]),
    ) -> (CurveCommit, Hidden) {
        let id = BidId { lot, round: 0, bidder: key(who) };
        let facts = self.replay.facts.clone();
        let bits = sealed_bits(facts.terms.mechanism);
        let shape = facts.step_shape(lot).unwrap();
        let numbers = facts.lot(lot).unwrap().grid.levels << bits;
        let quorum_key = self.replay.committee().unwrap().key.point;
        let number = |(level, quantity): &(u32, u32)| {
            if bits == 0 { *level } else { (level << bits) | quantity }
        };
        let (mut committed, mut sealed) = (Vec::new(), Vec::new());
        let mut former = None;
        for (at, (step, sealed_as)) in (0u32..).zip(steps.iter().zip(sealed_as)) {
            let context = Context { step: at, ..Context::bid(facts.auction, &id) };
            let level = number(step);
            let (commitment, range_proof, rho) =
                provers::range(&mut self.rng, &context, &encode(&quorum_key), numbers, level);
            let quantity = if bits == 0 { step.1 } else { 0 };
            committed.push(CurveStep { quantity, commitment, range_proof });
            let spelled = Level(number(sealed_as));
            let rng = &mut self.rng;
            let bid = provers::unary(rng, &context, shape, &quorum_key, &commitment, spelled, &rho);
            sealed.extend(bid.to_bytes());
            former.get_or_insert(Former { commitment, level, rho });
        }
        if facts.terms.ties.asks_for_contributions(0) {
            sealed.extend(Scalar::random(&mut self.rng).to_bytes());
        }
        let commit = CurveCommit {
            lot,
            round: 0,
            side,
            steps: List::new(committed).unwrap(),
            seal: seal(&facts.auction, &id, &sealed),
        };
        (commit, Hidden { id, sealed, former: former.unwrap() })
    }

    /// A bidder commits a curve.
    pub(crate) fn commit_curve(
        &mut self,
        lot: u32,
        who: &SigningKey,
        side: TradeSide,
        steps: &[(u32, u32)],
    ) -> Hidden {
        self.fund(key(who), DEPOSIT + FEE);
        let (commit, hidden) = self.curve(lot, who, side, (steps, steps));
        self.post(who, &Instruction::CommitCurve(commit));
        hidden
    }

    /// Advances past setup, so that the quorum key is known before the first commit.
    pub(crate) fn begin_commits(&mut self) {
        self.slot = COMPLAINTS + 1;
        self.post(&party("anybody"), &Instruction::Tick);
    }

    /// The seller commits a reserve.
    pub(crate) fn reserve(&mut self, lot: u32, level: u32) -> Hidden {
        let seller = party("seller");
        self.fund(key(&seller), DEPOSIT);
        let (commit, hidden) = self.commitment(lot, &seller, level);
        self.post(&seller, &Instruction::Reserve(commit));
        hidden
    }

    pub(crate) fn commit(&mut self, lot: u32, who: &SigningKey, level: u32) -> Hidden {
        if self.terms.reserve.is_some() {
            self.slot = self.slot.max(RESERVES + 1);
        }
        self.fund(key(who), DEPOSIT + FEE);
        let (commit, hidden) = self.commitment(lot, who, level);
        self.post(who, &Instruction::Commit(commit));
        hidden
    }

    /// A bidder bids again, in a later round.
    pub(crate) fn improve(&mut self, who: &SigningKey, former: &Hidden, level: u32) -> Hidden {
        let (commit, hidden) = self.improvement(former, level);
        self.post(who, &Instruction::Commit(commit));
        hidden
    }

    /// The first slot after the phase at hand.
    pub(crate) fn pass(&mut self) {
        self.slot = self.replay.next_deadline().unwrap() + 1;
    }

    pub(crate) fn reveals(hidden: &[Hidden]) -> Instruction {
        let reveals = hidden.iter().map(|hidden| Reveal {
            bid: hidden.id,
            sealed_bid: List::new(hidden.sealed.clone()).unwrap(),
        });
        Instruction::Reveal(List::new(reveals.collect()).unwrap())
    }

    pub(crate) fn reveal(&mut self, hidden: &[Hidden]) {
        self.slot = self.slot.max(COMMITS + 1);
        for piece in hidden.chunks(16) {
            self.post(&party("carrier"), &Self::reveals(piece));
        }
    }

    pub(crate) fn endorsement(&self, attested: Vec<BidId>) -> Instruction {
        Instruction::Endorse(Endorsement {
            round: self.replay.round.number,
            head: self.replay.endorsing.head,
            attested: List::new(attested).unwrap(),
        })
    }

    /// The first endorsers of every group endorse.
    pub(crate) fn endorse(&mut self, attested: &[BidId]) {
        let committee = self.replay.committee().unwrap();
        for (g, seats) in committee.seats() {
            let of_group = committee.keyholders().filter(|id| id.group == g);
            for id in of_group.take(seats.wanted) {
                let endorsement = self.endorsement(attested.to_vec());
                self.post(&seat(id), &endorsement);
            }
        }
    }

    /// A vouch for others on a duty.
    pub(crate) fn vouch(&self, duty: Duty, heard: &[KeyholderId]) -> Instruction {
        Instruction::Vouch(Vouch {
            round: self.replay.round.number,
            head: self.replay.endorsing.head,
            duty,
            heard: List::new(heard.to_vec()).unwrap(),
        })
    }

    /// The current step of a lot.
    pub(crate) fn chunk(&self, lot: usize, chunk: usize) -> Duty {
        let ranking = self.replay.lot_states()[lot].ranking.as_ref().unwrap();
        Duty::Chunk { lot: lot as u32, step: ranking.step.number, chunk: chunk as u32 }
    }

    /// `x_j`, of all who dealt and were not expelled.
    fn key_share(&self, id: KeyholderId) -> Scalar {
        let setup = &self.replay.setup;
        self.ids()
            .into_iter()
            .filter(|dealer| dealer.group == id.group)
            .filter(|dealer| setup.dealt(*dealer) && !setup.expelled.contains(dealer))
            .map(|dealer| self.share(dealer, id.member))
            .sum()
    }

    /// What a lot's step asks of a keyholder in a chunk.
    pub(crate) fn act(&mut self, lot: usize, chunk: usize, id: KeyholderId) -> Instruction {
        let quorum_key = self.replay.committee().unwrap().key.point;
        let x = self.key_share(id);
        let state = &self.replay.lot_states()[lot];
        let step = &state.ranking.as_ref().unwrap().step;
        let header = RankHeader {
            lot: lot as u32,
            round: self.replay.round.number,
            step: step.number,
            chunk: chunk as u32,
            head: self.replay.endorsing.head,
        };
        let context = Context::rank(self.replay.facts.auction, &header, key(&seat(id)));
        let rng = &mut self.rng;
        match &step.chunks[chunk].items {
            Items::Gate(wires) => {
                let signs: Vec<bool> = wires
                    .points
                    .iter()
                    .map(|_| Scalar::random(rng).to_bytes()[0] & 1 == 1)
                    .collect();
                let (turns, proof) = provers::gates(
                    rng,
                    &context,
                    &header.head,
                    header.chunk,
                    &quorum_key,
                    &wires.points,
                    &signs,
                );
                Instruction::Gate(GatePost { header, turns: List::new(turns).unwrap(), proof })
            }
            Items::Shuffle(lists) => {
                let lists: Vec<Vec<_>> = lists
                    .entries
                    .chunks(lists.length())
                    .map(|list| list.iter().map(|entry| entry.cipher).collect())
                    .collect();
                let (outputs, proof) = provers::shuffle(
                    rng,
                    &context,
                    &header.head,
                    header.chunk,
                    &quorum_key,
                    &lists,
                );
                let outputs = List::new(outputs).unwrap();
                Instruction::Shuffle(ShufflePost { header, outputs, proof })
            }
            Items::Blind { inputs, .. } => {
                let inputs: Vec<_> = inputs.iter().map(|i| i.cipher).collect();
                let post = provers::blind(rng, &context, &header.head, header.chunk, &inputs);
                Instruction::Blind(BlindPost {
                    header,
                    blinded: List::new(post.outputs).unwrap(),
                    challenge: post.challenge,
                    responses: List::new(post.responses).unwrap(),
                })
            }
            Items::Decrypt { randomness, .. } => {
                let points: Vec<_> = randomness.iter().map(|r| r.point).collect();
                let (shares, proof) = provers::decryption_share(
                    rng,
                    &context,
                    &header.head,
                    header.chunk,
                    &x,
                    &points,
                );
                Instruction::Decrypt(DecryptionSharePost {
                    header,
                    shares: List::new(shares).unwrap(),
                    proof,
                })
            }
        }
    }

    /// Who acts next in a lot, and in which chunk, if the absent do not.
    pub(crate) fn next_act(
        &self,
        lot: usize,
        absent: &BTreeSet<KeyholderId>,
    ) -> Option<(usize, KeyholderId)> {
        let committee = self.replay.committee().unwrap();
        let state = &self.replay.lot_states()[lot];
        let ranking = state.ranking.as_ref()?;
        ranking.step.chunks.iter().enumerate().find_map(|(at, chunk)| {
            let mut able = committee.keyholders().filter(|id| {
                !state.excluded.contains(id)
                    && !chunk.has_acted(*id)
                    && chunk.lacks(&committee, id.group)
            });
            let next = if ranking.step.kind.is_in_turn() {
                able.next().filter(|id| !absent.contains(id))
            } else {
                able.find(|id| !absent.contains(id))
            };
            next.map(|id| (at, id))
        })
    }

    /// What a party has now.
    pub(crate) fn account(&self, who: &SigningKey) -> Account {
        let who = key(who);
        *self.replay.ledger.accounts().iter().find(|account| account.party == who).unwrap()
    }

    /// The seller's word on a lot.
    pub(crate) fn decision(lot: u32, accept: bool) -> Instruction {
        Instruction::Decide(Decision { lot, accept })
    }

    /// Runs whoever can act on any lot until nobody can: surveys end, or all is ranked.
    pub(crate) fn act_all(&mut self) {
        for lot in (0..self.terms.lots.len()).cycle() {
            let none = BTreeSet::new();
            if (0..self.terms.lots.len()).all(|lot| self.next_act(lot, &none).is_none()) {
                return;
            }
            if let Some((chunk, id)) = self.next_act(lot, &none) {
                let act = self.act(lot, chunk, id);
                self.post(&seat(id), &act);
            }
        }
    }

    /// Ranks all lots side by side. Where nobody who is present can act, time passes, and a lot that
    /// waits for the seller's word is sold.
    pub(crate) fn rank(&mut self, absent: &BTreeSet<KeyholderId>) {
        for round in 0u64.. {
            let undecided: Vec<usize> = (0..self.terms.lots.len())
                .filter(|lot| self.replay.lot_states()[*lot].ending.is_none())
                .collect();
            if undecided.is_empty() {
                return;
            }
            // Slow enough to be in time where a step has many chunks.
            self.slot += u64::from(round % 32 == 0);
            let mut idle = true;
            for lot in undecided {
                if let Some((chunk, id)) = self.next_act(lot, absent) {
                    let act = self.act(lot, chunk, id);
                    self.post(&seat(id), &act);
                    idle = false;
                }
            }
            if idle {
                self.slot = self.replay.next_deadline().unwrap() + 1;
                self.post(&party("anybody"), &Instruction::Tick);
            }
        }
    }

    /// The file with its closing.
    pub(crate) fn closed(&self) -> Vec<u8> {
        let mut file = self.file.clone();
        file.extend(self.closing_record(|_| ()));
        file
    }

    pub(crate) fn closing_record(&self, change: impl FnOnce(&mut Closing)) -> Vec<u8> {
        let mut closing =
            Closing { outcome: self.replay.outcome().unwrap(), head: self.replay.head() };
        change(&mut closing);
        let body = borsh::to_vec(&closing).unwrap();
        RecordKind::Closing.write(&body).unwrap()
    }
}
