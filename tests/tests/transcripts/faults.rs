//! Faults, one each: a transcript that is right up to its last record, which one check refuses.

use super::{
    Case,
    auctions::{in_rounds, small},
};
use talea_contract::Phase;
use talea_protocol::{
    bytes::{Digest, PartyKey, Point, Scalar, Signature},
    commitment::BidId,
    instruction::{Fund, Instruction, opening_bytes},
    price::{Level, Side},
    ranking::{Decision, Duty, Vouch},
    setup::Complaint,
    terms::{Disclosure, Mechanism, Rounds, Terms},
    transcript::{Closing, Entry, Genesis, MAGIC, RecordKind, next_head},
};
use talea_sim::simulate::{KeyholderConduct, Plan, ReservePlan, Seat};
use talea_tests::{
    Small, chosen_unary,
    harness::Harness,
    list,
    replay::{Kind, Pens, Replay, Scene, append, edit, opened},
    rng, with_keyholder,
};
use talea_verifier::Verdict;

/// No canonical point and no canonical scalar.
const RUBBISH: [u8; 32] = [0xff; 32];

pub fn fault(
    file: &'static str,
    check: &'static str,
    title: &'static str,
    transcript: Vec<u8>,
) -> Case {
    Case { file, title, verdict: Verdict::Invalid, check: Some(check), transcript }
}

/// All of them.
pub fn cases() -> Vec<Case> {
    let mut cases = terms();
    cases.extend(framing());
    let base = Base::all_kinds();
    cases.extend(envelopes(&base));
    cases.extend(money_and_setup(&base));
    cases.extend(commits(&base));
    cases.extend(reveals(&base));
    cases.extend(ranking(&base));
    cases.push(second_commitment());
    cases.push(new_in_a_later_round());
    cases
}

// ---- terms ----

/// A genesis of these bytes, signed.
pub fn genesis(bytes: Vec<u8>) -> Vec<u8> {
    let cast = small().cast();
    let pens = Pens::of(&cast);
    let signed = opening_bytes(&Terms::auction_id_of_bytes(&bytes), 1);
    let signature = pens.identity(cast.seller()).sign_bytes(&signed);
    let mut transcript = MAGIC.to_vec();
    let terms = list(bytes);
    append(&mut transcript, RecordKind::Genesis, &Genesis { slot: 1, terms, signature });
    transcript
}

fn terms() -> Vec<Case> {
    let of = |alter: fn(&mut Terms)| {
        let mut terms = small().terms();
        alter(&mut terms);
        genesis(borsh::to_vec(&terms).expect("to memory"))
    };
    let bytes = borsh::to_vec(&small().terms()).expect("to memory");
    let replaced = |from: &[u8], to: &[u8]| {
        let at = bytes.windows(from.len()).position(|window| window == from).expect("it is there");
        genesis([&bytes[..at], to, &bytes[at + from.len()..]].concat())
    };
    let mut unsigned = Replay::read(&of(|_| ()));
    unsigned.genesis.signature = Signature([7; 64]);
    // Two digits of one bit.
    let shape = [2, 0, 0, 0, 1, 1];
    vec![
        fault(
            "t1-tail.talea",
            "T1",
            "terms with a byte too many",
            genesis([&bytes[..], &[0]].concat()),
        ),
        fault("t1-version.talea", "T1", "terms of version 1", of(|t| t.version = 1)),
        fault(
            "t1-text.talea",
            "T1",
            "a lot's name with a control character",
            replaced(b"Lot 0", b"Lot\x7f0"),
        ),
        fault(
            "t1-digit.talea",
            "T1",
            "a shape with a digit of eleven bits",
            replaced(&shape, &[2, 0, 0, 0, 11, 1]),
        ),
        fault("t1-no-digit.talea", "T1", "a shape without digits", replaced(&shape, &[0; 4])),
        fault(
            "t2-quantity.talea",
            "T2",
            "a lot of nothing",
            of(|t| edit(&mut t.lots, |lots| lots[0].quantity = 0)),
        ),
        fault(
            "t2-levels.talea",
            "T2",
            "more levels than the shape holds",
            of(|t| edit(&mut t.lots, |lots| lots[0].grid.levels = 5)),
        ),
        fault(
            "t2-price.talea",
            "T2",
            "a last price beyond 64 bits",
            of(|t| {
                edit(&mut t.lots, |lots| {
                    lots[0].grid.side = Side::HighestWins;
                    lots[0].grid.tick = i64::MAX as u64;
                });
            }),
        ),
        fault(
            "t3-deadlines.talea",
            "T3",
            "bids are due before complaints",
            of(|t| t.schedule.commits_until = t.schedule.complaints_until),
        ),
        fault(
            "t4-threshold.talea",
            "T4",
            "a threshold above the members",
            of(|t| edit(&mut t.quorum, |groups| groups[0].threshold = 2)),
        ),
        fault(
            "t5-one-party.talea",
            "T5",
            "the custodian is the seller",
            of(|t| t.custodian = t.seller),
        ),
        fault(
            "t7-units.talea",
            "T7",
            "a uniform price of no units",
            of(|t| t.mechanism = Mechanism::UniformPrice { units: 0 }),
        ),
        fault(
            "t7-rounds.talea",
            "T7",
            "rounds without a depth to show",
            of(|t| {
                let (limit, commit_slots, reveal_slots) = (2, 6, 5);
                t.rounds = Some(Rounds { limit, commit_slots, reveal_slots, cover: false });
                t.disclosure = Disclosure::WINNER_AND_PRICE;
            }),
        ),
        fault(
            "t6-signature.talea",
            "T6",
            "an opening that the seller did not sign",
            unsigned.until(0),
        ),
    ]
}

// ---- records ----

fn framing() -> Vec<Case> {
    let (_, whole) = small().simulate(&small().plan(&[&[1, 2]]));
    let replay = Replay::read(&whole);
    let opening = replay.until(0);
    let entries = replay.until(replay.entries.len());
    let closing = replay.closing.clone().expect("it is closed");
    let closing_bytes = borsh::to_vec(&closing).expect("to memory");
    let record = |kind: RecordKind, body: &[u8]| kind.write(body).expect("within its bound");
    let then = |before: &[u8], more: Vec<u8>| [before, &more].concat();
    let header = |kind: u8, length: u32| [&[kind][..], &length.to_le_bytes()].concat();
    let first = borsh::to_vec(&replay.entries[0]).expect("to memory");

    let altered = |alter: &dyn Fn(&mut Replay)| {
        let mut replay = replay.clone();
        alter(&mut replay);
        replay.to_bytes()
    };
    // Before the head stand the accounts: their number follows the lots, whose last field is the ending.
    let account = 4 + 80 * closing.outcome.accounts.len() + 32;
    let comparison = closing_bytes.len() - account - 1;
    let mut no_comparison = closing_bytes.clone();
    no_comparison[comparison] = 3;
    let head_of_last = |replay: &Replay, index: usize| {
        let entry = &replay.entries[index];
        (entry.slot, entry.instruction.clone())
    };
    let wrong_head = {
        let (slot, instruction) = head_of_last(&replay, 0);
        let mut transcript = opening.clone();
        let head = Digest([7; 32]);
        append(&mut transcript, RecordKind::Entry, &Entry { slot, instruction, head });
        transcript
    };
    let no_instruction = {
        let instruction = list([1, 2, 3]);
        let mut transcript = opening.clone();
        let head = Digest([7; 32]);
        append(&mut transcript, RecordKind::Entry, &Entry { slot: 0, instruction, head });
        transcript
    };
    let slot_back = {
        let (_, instruction) = head_of_last(&replay, 0);
        let mut transcript = opening.clone();
        let head = next_head(&replay.open().head(), 0, &instruction);
        append(&mut transcript, RecordKind::Entry, &Entry { slot: 0, instruction, head });
        transcript
    };
    let too_early = {
        let mut transcript = replay.until(replay.entries.len() - 1);
        let last = replay.entries.len() - 1;
        let closing = Closing { head: replay.head_before(last), ..closing.clone() };
        append(&mut transcript, RecordKind::Closing, &closing);
        transcript
    };
    vec![
        fault("x1-empty.talea", "X1", "a file of the magic bytes alone", MAGIC.to_vec()),
        fault("x1-no-genesis.talea", "X1", "an entry before the genesis", {
            then(MAGIC, record(RecordKind::Entry, &first))
        }),
        fault("x1-two-geneses.talea", "X1", "a second genesis", {
            then(&opening, opening[MAGIC.len()..].to_vec())
        }),
        fault("x1-kind.talea", "X1", "a record of kind 3", then(&opening, header(3, 0))),
        fault(
            "x1-record-too-long.talea",
            "X1",
            "an entry that says it is longer than its bound",
            then(&opening, header(1, (1 << 20) + 257)),
        ),
        fault("x1-tail.talea", "X1", "an entry with a byte too many", {
            then(&opening, record(RecordKind::Entry, &[&first[..], &[0]].concat()))
        }),
        fault("x1-truncated.talea", "X1", "a file that ends within a record", {
            whole[..whole.len() - 1].to_vec()
        }),
        fault("x1-outcome.talea", "X1", "an outcome with a tag that there is not", {
            then(&entries, record(RecordKind::Closing, &no_comparison))
        }),
        fault("x1-after-closing.talea", "X1", "a record after the closing", {
            then(&whole, record(RecordKind::Entry, &first))
        }),
        fault("x2-entry.talea", "X2", "an entry with another head", wrong_head),
        fault(
            "x2-first.talea",
            "X2",
            "an entry with another head, whose slot goes back and whose instruction is none: the head is checked first",
            no_instruction,
        ),
        fault("x2-closing.talea", "X2", "a closing with another head", {
            altered(&|replay| {
                if let Some(closing) = &mut replay.closing {
                    closing.head = Digest([7; 32]);
                }
            })
        }),
        fault("x3-slot.talea", "X3", "a slot before the opening", slot_back),
        fault("x4-outcome.talea", "X4", "an outcome with a unit too much", {
            altered(&|replay| {
                if let Some(closing) = &mut replay.closing {
                    closing.outcome.accounts[0].available += 1;
                }
            })
        }),
        fault("x4-too-early.talea", "X4", "a closing before the auction is closed", too_early),
    ]
}

// ---- instructions ----

/// An auction to put faults into, and everybody's pens.
pub struct Base {
    replay: Replay,
    scenes: Vec<Scene>,
    pens: Pens,
    small: Small,
}

impl Base {
    /// What comes of a plan.
    pub fn of(small: Small, plan: &Plan) -> Self {
        let (_, transcript) = small.simulate(plan);
        let replay = Replay::read(&transcript);
        let (scenes, _) = replay.scenes();
        Self { pens: Pens::of(&small.cast()), replay, scenes, small }
    }

    /// Every kind of instruction stands in it.
    ///
    /// A second price over a reserve, with the seller's say. The last of four keyholders deals a wrong share, the
    /// posts of the second are dropped and vouched for.
    fn all_kinds() -> Self {
        let small = Small {
            groups: vec![(2, vec![Seat::Own; 4])],
            bidders: 3,
            mechanism: Mechanism::UniformPrice { units: 1 },
            reserve: Some(false),
            acceptance: true,
            ..small()
        };
        let mut plan = small.plan(&[&[1, 3, 2]]);
        plan.terms.max_bids_per_lot = 3;
        plan.reserves = vec![ReservePlan { lot: 0, level: Level(1), is_revealed: true }];
        let plan = with_keyholder(plan, 0, 4, KeyholderConduct::DealsWrongShare { to: 1 });
        let plan = with_keyholder(plan, 0, 2, KeyholderConduct::Ignored { from_step: 2 });
        Self::of(small, &plan)
    }

    /// The first entry of a kind that somebody of the cast signed.
    fn first(&self, kind: Kind) -> usize {
        let of_cast = |scene: &Scene| self.pens.has(scene.signer) && scene.kind() == kind;
        self.scenes.iter().position(of_cast).expect("every kind is there")
    }

    /// In place of the first of a kind, what `alter` makes of it, signed by the same.
    pub fn altered(&self, kind: Kind, alter: impl FnOnce(&mut Instruction)) -> Vec<u8> {
        let index = self.first(kind);
        let scene = &self.scenes[index];
        let bytes = self.pens.alter(&scene.before, &scene.bytes, alter);
        self.replay.ending_with(index, &bytes)
    }

    /// In place of the first of a kind, the same signed by another.
    fn by(&self, kind: Kind, signer: PartyKey) -> Vec<u8> {
        self.instead(kind, signer, |_| ())
    }

    fn instead(
        &self,
        kind: Kind,
        signer: PartyKey,
        alter: impl FnOnce(&mut Instruction),
    ) -> Vec<u8> {
        let index = self.first(kind);
        let (_, mut instruction) = opened(&self.scenes[index].bytes);
        alter(&mut instruction);
        self.replay.ending_with(index, &self.sign(signer, &instruction))
    }

    /// The first of a kind, once more right after itself.
    fn twice(&self, kind: Kind) -> Vec<u8> {
        let index = self.first(kind);
        self.replay.ending_at(index + 1, self.scenes[index].slot, &self.scenes[index].bytes)
    }

    fn sign(&self, signer: PartyKey, instruction: &Instruction) -> Vec<u8> {
        self.pens.sign(signer, &self.scenes[0].before.id(), instruction)
    }

    /// In place of the first of a kind, bytes signed by the same as if they were an instruction.
    fn payload(&self, kind: Kind, payload: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Vec<u8> {
        let index = self.first(kind);
        let scene = &self.scenes[index];
        let payload = payload(borsh::to_vec(&scene.instruction).expect("to memory"));
        let bytes = self.pens.sign_payload(scene.signer, &scene.before.id(), &payload);
        self.replay.ending_with(index, &bytes)
    }
}

/// Alters the one instruction that it is about.
macro_rules! alter {
    ($kind:ident, $name:ident => $alter:expr) => {
        |instruction| match instruction {
            Instruction::$kind($name) => {
                $alter;
            }
            other => panic!("it is no {}: {other:?}", stringify!($kind)),
        }
    };
}

fn envelopes(base: &Base) -> Vec<Case> {
    let cast = base.small.cast();
    let index = base.first(Kind::Fund);
    let mut unsigned = base.scenes[index].bytes.clone();
    unsigned[40] ^= 1;
    let commit = base.scenes[base.first(Kind::Commit)].bytes.clone();
    vec![
        fault("e1-tail.talea", "E1", "a payload with a byte too many", {
            base.payload(Kind::Fund, |payload| [payload, vec![0]].concat())
        }),
        fault("e1-tag.talea", "E1", "a fund with the tag of a curve", {
            base.payload(Kind::Fund, |payload| [vec![14], payload].concat())
        }),
        fault("e1-no-tag.talea", "E1", "an instruction with tag 15", {
            base.payload(Kind::Fund, |payload| [vec![15], payload].concat())
        }),
        fault("e1-list.talea", "E1", "a deal of 65 shares: E1 comes before S2", {
            base.payload(Kind::Deal, |payload| {
                // Two commitments, the ephemeral key, then the shares.
                let at = 1 + 4 + 2 * 32 + 32;
                let (before, after) = payload.split_at(at);
                let after = &after[4 + 3 * 32..];
                [before, &65u32.to_le_bytes(), &[0; 65 * 32], after].concat()
            })
        }),
        fault("e1-boolean.talea", "E1", "a decision that is neither 0 nor 1", {
            base.payload(Kind::Decide, |mut payload| {
                payload[5] = 2;
                payload
            })
        }),
        fault(
            "e2-signature.talea",
            "E2",
            "another signature",
            base.replay.ending_with(index, &unsigned),
        ),
        fault(
            "e3-role.talea",
            "E3",
            "the seller reports money",
            base.by(Kind::Fund, cast.seller()),
        ),
        fault("e4-phase.talea", "E4", "a commit while deals are due", {
            base.replay.ending_with(base.first(Kind::Deal), &commit)
        }),
        fault("e4-tick.talea", "E4", "a tick that passes no deadline", {
            base.replay.ending_with(index, &base.sign(cast.seller(), &Instruction::Tick))
        }),
    ]
}

fn money_and_setup(base: &Base) -> Vec<Case> {
    let cast = base.small.cast();
    let index = base.first(Kind::Fund);
    let poor = {
        let deal = base.scenes[base.first(Kind::Deal)].bytes.clone();
        base.replay.ending_with(index, &deal)
    };
    let fund = |amount| Fund { sequence: 0, party: cast.seller(), amount };
    let funded = |fund| {
        base.replay.ending_with(index, &base.sign(cast.custodian(), &Instruction::Fund(fund)))
    };
    let accused = |alter: fn(&mut Complaint)| {
        base.altered(Kind::Complain, |instruction| match instruction {
            Instruction::Complain(complaint) => alter(complaint),
            other => panic!("it is no complaint: {other:?}"),
        })
    };
    vec![
        fault(
            "m1-sequence.talea",
            "M1",
            "a number left out",
            funded(Fund { sequence: 1, ..fund(5) }),
        ),
        fault("m2-amount.talea", "M2", "an amount of nothing", funded(fund(0))),
        fault("s1-bond.talea", "S1", "a deal without a bond", poor),
        fault("s1-twice.talea", "S1", "a second deal", base.twice(Kind::Deal)),
        fault("s2-shares.talea", "S2", "a deal with a share too few", {
            base.altered(
                Kind::Deal,
                alter!(Deal, deal => edit(&mut deal.shares, |s| s.truncate(s.len() - 1))),
            )
        }),
        fault("s2-ephemeral.talea", "S2", "a deal whose ephemeral key is not canonical", {
            base.altered(Kind::Deal, alter!(Deal, deal => deal.ephemeral = Point(RUBBISH)))
        }),
        fault("s3-identity.talea", "S3", "a deal whose constant is O", {
            base.altered(
                Kind::Deal,
                alter!(Deal, deal => edit(&mut deal.commitments, |c| c[0] = Point::IDENTITY)),
            )
        }),
        fault("s3-proof.talea", "S3", "a proof of the constant that does not hold", {
            base.altered(Kind::Deal, alter!(Deal, deal => deal.constant_proof.response.0[0] ^= 1))
        }),
        fault("s4-proof.talea", "S4", "a proof of the ephemeral key that does not hold", {
            base.altered(Kind::Deal, alter!(Deal, deal => deal.ephemeral_proof.response.0[0] ^= 1))
        }),
        fault("s5-dealer.talea", "S5", "a complaint about a member that there is not", {
            accused(|complaint| complaint.dealer = 9)
        }),
        fault("s6-shared.talea", "S6", "a complaint whose point is not canonical", {
            accused(|complaint| complaint.shared = Point(RUBBISH))
        }),
        fault("s6-proof.talea", "S6", "a complaint whose proof does not hold", {
            accused(|complaint| complaint.proof.response.0[0] ^= 1)
        }),
    ]
}

fn commits(base: &Base) -> Vec<Case> {
    let cast = base.small.cast();
    let keyholder = cast.member(0, 0).expect("it was drawn").signing;
    let last = base.scenes.iter().rposition(|s| s.kind() == Kind::Commit).expect("there is one");
    let full = {
        let Scene { instruction, slot, .. } = &base.scenes[last];
        base.replay.ending_at(last + 1, *slot, &base.sign(keyholder, instruction))
    };
    vec![
        fault("c1-lot.talea", "C1", "a commit for a lot that there is not", {
            base.altered(Kind::Commit, alter!(Commit, commit => commit.lot = 1))
        }),
        fault("c1-round.talea", "C1", "a commit for another round", {
            base.altered(Kind::Commit, alter!(Commit, commit => commit.round = 1))
        }),
        fault("c2-seller.talea", "C2", "the seller bids", base.by(Kind::Commit, cast.seller())),
        fault("c3-twice.talea", "C3", "a second commit", base.twice(Kind::Commit)),
        fault("c4-room.talea", "C4", "a commit on a full lot", full),
        fault(
            "c5-stake.talea",
            "C5",
            "a commit without a deposit",
            base.by(Kind::Commit, keyholder),
        ),
        fault("c6-commitment.talea", "C6", "a commitment that is not canonical", {
            base.altered(Kind::Commit, alter!(Commit, commit => commit.commitment = Point(RUBBISH)))
        }),
        fault("c6-proof.talea", "C6", "a range proof that does not hold", {
            base.altered(
                Kind::Commit,
                alter!(Commit, commit => edit(&mut commit.range_proof.masked, |bits| bits[0].0[0] ^= 1)),
            )
        }),
        fault("c6-length.talea", "C6", "a range proof of another length", {
            base.altered(
                Kind::Commit,
                alter!(Commit, commit => edit(&mut commit.range_proof.masked, |bits| bits.truncate(bits.len() - 1))),
            )
        }),
        fault("c6-reserve.talea", "C6", "a reserve whose proof does not hold", {
            base.altered(
                Kind::Reserve,
                alter!(Reserve, commit => edit(&mut commit.range_proof.masked, |bits| bits[0].0[0] ^= 1)),
            )
        }),
    ]
}

/// Two bidders commit to the same level with the same blinding, each with a proof of its own.
fn second_commitment() -> Case {
    let small = small();
    let mut harness = Harness::at_commits(&small, &small.terms());
    let [first, second] = [0, 1].map(|bidder| {
        let bidder = harness.bidder(bidder);
        let bid = BidId { lot: 0, round: 0, bidder };
        let chosen = (Level(2), curve25519_dalek::Scalar::from(1000u32));
        let commit = chosen_unary::commit(harness.auction(), &bid, chosen, None, &mut rng(9));
        harness.sign(bidder, &Instruction::Commit(commit))
    });
    harness.submit(&first);
    refused_last("c7-commitment.talea", "C7", "a commitment that was made before", harness, &second)
}

/// What ends a harness's transcript, refused.
pub fn refused_last(
    file: &'static str,
    check: &'static str,
    title: &'static str,
    harness: Harness,
    instruction: &[u8],
) -> Case {
    let slot = harness.slot;
    let replay = Replay::read(&harness.board.into_inner().1);
    let transcript = replay.ending_at(replay.entries.len(), slot, instruction);
    fault(file, check, title, transcript)
}

/// In round 1 somebody commits who did not in round 0.
fn new_in_a_later_round() -> Case {
    let small = in_rounds();
    let mut harness = Harness::at_commits(&small, &small.terms());
    let reveals = vec![harness.commit(0, 0, 1), harness.commit(1, 0, 2)];
    harness.pass();
    harness.reveal(reveals);
    harness.act_until(Phase::Commits);
    let bid = harness.bidders[2].commit(harness.board.auction(), 0, Level(3), &mut rng(9));
    let bid = bid.expect("a level of the grid").commit;
    refused_last("c8-new.talea", "C8", "somebody new commits in round 1", harness, &bid)
}

fn reveals(base: &Base) -> Vec<Case> {
    vec![
        fault("r1-none.talea", "R1", "a reveal of nothing", {
            base.instead(Kind::Reveal, base.small.cast().seller(), |instruction| {
                *instruction = Instruction::Reveal(list([]));
            })
        }),
        fault("r1-unknown.talea", "R1", "a reveal of a bid that was not committed", {
            let custodian = base.small.cast().custodian();
            base.altered(
                Kind::Reveal,
                alter!(Reveal, reveals => edit(reveals, |r| r[0].bid.bidder = custodian)),
            )
        }),
        fault("r1-twice.talea", "R1", "a reveal that names a bid twice", {
            base.altered(
                Kind::Reveal,
                alter!(Reveal, reveals => edit(reveals, |r| r.push(r[0].clone()))),
            )
        }),
        fault("r2-seal.talea", "R2", "other bytes than those that were sealed", {
            base.altered(
                Kind::Reveal,
                alter!(Reveal, reveals => edit(reveals, |r| edit(&mut r[0].sealed_bid, |b| b[0] ^= 1))),
            )
        }),
    ]
}

fn ranking(base: &Base) -> Vec<Case> {
    let head = Digest([7; 32]);
    let last =
        |kind: Kind| base.scenes.iter().rposition(|s| s.kind() == kind).expect("there is one");
    let decide = |lot, at: usize| {
        let instruction = Instruction::Decide(Decision { lot, accept: true });
        base.replay.ending_with(at, &base.sign(base.small.cast().seller(), &instruction))
    };
    // In a step of gates, the keyholder that is not due.
    let gate = base.first(Kind::Gate);
    let due = base.scenes[gate].signer;
    let other = (0..3).map(|m| base.small.cast().member(0, m).expect("drawn").signing);
    let other = other.into_iter().find(|key| *key != due).expect("there are three");
    vec![
        fault("k1-head.talea", "K1", "an endorsement of another head", {
            base.altered(Kind::Endorse, alter!(Endorse, endorsement => endorsement.head = head))
        }),
        fault("k2-twice.talea", "K2", "a second endorsement", base.twice(Kind::Endorse)),
        fault("k3-step.talea", "K3", "a post for another step", {
            base.altered(Kind::Gate, alter!(Gate, post => post.header.step += 1))
        }),
        fault("k3-head.talea", "K3", "a post under another head", {
            base.altered(Kind::Gate, alter!(Gate, post => post.header.head = head))
        }),
        fault(
            "k4-due.talea",
            "K4",
            "a keyholder that is not due at a gate",
            base.by(Kind::Gate, other),
        ),
        fault("k4-twice.talea", "K4", "a second post for a chunk", base.twice(Kind::Decrypt)),
        fault("k5-length.talea", "K5", "a gate too few", {
            base.altered(
                Kind::Gate,
                alter!(Gate, post => edit(&mut post.turns, |t| t.truncate(t.len() - 1))),
            )
        }),
        fault("k6-proof.talea", "K6", "a gate whose proof does not hold", {
            base.altered(
                Kind::Gate,
                alter!(Gate, post => edit(&mut post.turns, |t| t[0].sign.0[0] ^= 1)),
            )
        }),
        fault("k6-vectors.talea", "K6", "gates with a vector of signs too many", {
            base.altered(
                Kind::Gate,
                alter!(Gate, post => edit(&mut post.proof.signs, |signs| signs.push(signs[0]))),
            )
        }),
        fault("k6-canonical.talea", "K6", "a response of gates that is not canonical", {
            base.altered(Kind::Gate, alter!(Gate, post => post.proof.randomness = Scalar(RUBBISH)))
        }),
        fault("k7-proof.talea", "K7", "a blinding whose proof does not hold", {
            base.altered(
                Kind::Blind,
                alter!(Blind, post => edit(&mut post.responses, |z| z[0].0[0] ^= 1)),
            )
        }),
        fault("k9-proof.talea", "K9", "decryption shares whose proof does not hold", {
            base.altered(Kind::Decrypt, alter!(Decrypt, post => post.proof.response.0[0] ^= 1))
        }),
        fault("k9-canonical.talea", "K9", "a response that is not canonical", {
            base.altered(
                Kind::Decrypt,
                alter!(Decrypt, post => post.proof.response = Scalar(RUBBISH)),
            )
        }),
        fault("k12-proof.talea", "K12", "a shuffle whose proof does not hold", {
            base.altered(
                Kind::Shuffle,
                alter!(Shuffle, post => edit(&mut post.proof.masked, |z| z[0].0[0] ^= 1)),
            )
        }),
        fault("k12-terms.talea", "K12", "a shuffle with a term of its polynomial too few", {
            base.altered(
                Kind::Shuffle,
                alter!(Shuffle, post => edit(&mut post.proof.polynomial, |terms| terms.truncate(1))),
            )
        }),
        fault("k12-identity.talea", "K12", "a shuffle that makes an entry the identity", {
            base.altered(
                Kind::Shuffle,
                alter!(Shuffle, post => edit(&mut post.outputs, |z| z[0].r = Point::IDENTITY)),
            )
        }),
        fault("k14-duty.talea", "K14", "a vouch on a step that is not the current one", {
            base.altered(
                Kind::Vouch,
                alter!(Vouch, vouch => {
                    let Vouch { duty, .. } = vouch;
                    if let Duty::Chunk { step, .. } = duty {
                        *step += 1;
                    }
                }),
            )
        }),
        fault("k15-twice.talea", "K15", "a second vouch", base.twice(Kind::Vouch)),
        fault("d1-lot.talea", "D1", "a decision on a lot that does not wait for it", {
            decide(0, base.first(Kind::Gate))
        }),
        fault("d1-unknown.talea", "D1", "a decision on a lot that there is not", {
            decide(1, last(Kind::Decide))
        }),
    ]
}
