//! One small test per numbered check: what it refuses, at which entry.
//!
//! **R3** to **R5** refuse nothing and are in `whole_auctions`. **K10**, **K11**, **K13** and **M3** fail only
//! where a proof system or this program is broken, and have tests next to their code.

use std::collections::BTreeSet;

use curve25519_dalek::scalar::Scalar;
use ed25519_dalek::{Signer as _, SigningKey};
use talea_protocol::{
    bytes::{Digest, List, PartyKey, Point, Scalar as WireScalar, Signature},
    check::Check,
    commitment::BidId,
    instruction::{Fund, Instruction, SignedInstruction, signed_bytes},
    labels::PROTOCOL_VERSION,
    limits::MAX_ACCOUNTS,
    masked::Quadratic,
    outcome::{Ending, ReserveResult},
    price::{Price, Scale, Shape, Side},
    quorum::KeyholderId,
    ranking::{BlindPost, GatePost, GateProof, GateTurn},
    sealed_bid::Ciphertext,
    terms::{
        Acceptance, Admission, AuctionId, Currency, Depth, Disclosure, Mechanism, Money, Quotation,
        Reserve, Rounds, Terms,
    },
    transcript::{Genesis, MAGIC, RecordKind},
};

use super::{
    auction::{
        Auction, COMMITS, COMPLAINTS, DEALS, DEPOSIT, FEE, Hidden, OPENING, RESERVES, REVEALS,
        Rules, bidder, key, opening, party, report, seat, secrets, terms,
    },
    provers,
};
use crate::{
    failure::{Place, Stop},
    fiat_shamir::Context,
    group::{bases, encode},
    replay::rank::step::Items,
    report::{CheckStatus, Report, Verdict},
};

pub(super) fn id(group: u16, member: u16) -> KeyholderId {
    KeyholderId { group, member }
}

#[track_caller]
pub(super) fn assert_refused(report: &Report, check: Check) {
    let failure = report.failure.as_ref().expect("it was accepted");
    assert_eq!(failure.check, check, "{failure:?}");
    assert_eq!(report.verdict, Verdict::Invalid);
    assert_eq!(report.exit_code(), 1);
    let row = report.checks.iter().find(|row| row.check == check).unwrap();
    assert_eq!(row.status, CheckStatus::Fail);
    assert!(!failure.sentence.is_empty());
}

/// That the entry after the file so far is refused under this check.
#[track_caller]
pub(super) fn refuse(
    auction: &Auction,
    signer: &SigningKey,
    instruction: &Instruction,
    check: Check,
) {
    let report = auction.attempt(signer, instruction);
    assert_refused(&report, check);
    let failure = report.failure.unwrap();
    let place = Place::Entry(auction.replay.entries() + 1);
    assert_eq!(failure.subject.place, place, "{failure:?}");
}

pub(super) fn at_commits(seed: u64, rules: &Rules) -> Auction {
    let mut auction = Auction::open(seed, rules);
    auction.ceremony();
    auction.begin_commits();
    auction
}

pub(super) fn at_reveals(seed: u64, rules: &Rules, levels: &[u32]) -> (Auction, Vec<Hidden>) {
    let mut auction = at_commits(seed, rules);
    let hidden =
        levels.iter().enumerate().map(|(n, level)| auction.commit(0, &bidder(n), *level)).collect();
    auction.slot = COMMITS + 1;
    (auction, hidden)
}

pub(super) fn at_endorsing(seed: u64, rules: &Rules, levels: &[u32]) -> Auction {
    let (mut auction, hidden) = at_reveals(seed, rules, levels);
    auction.reveal(&hidden);
    auction
}

pub(super) fn at_ranking(seed: u64, rules: &Rules, levels: &[u32]) -> Auction {
    let mut auction = at_endorsing(seed, rules, levels);
    auction.endorse(&[]);
    auction
}

pub(super) fn is_gate(items: &Items) -> bool {
    matches!(items, Items::Gate(_))
}

/// Runs on until the step is of the kind wanted, nobody having acted in it.
pub(super) fn until(auction: &mut Auction, wanted: fn(&Items) -> bool) {
    let none = BTreeSet::new();
    loop {
        let ranking = auction.replay.lot_states()[0].ranking.as_ref().unwrap();
        let chunk = &ranking.step.chunks[0];
        if wanted(&chunk.items) && chunk.acts.is_empty() {
            return;
        }
        let (chunk, id) = auction.next_act(0, &none).unwrap();
        let act = auction.act(0, chunk, id);
        auction.post(&seat(id), &act);
    }
}

pub(super) mod opening_of {
    use super::*;

    #[track_caller]
    pub(crate) fn refuse_terms(check: Check, change: impl FnOnce(&mut Terms)) {
        let rules = Rules::default();
        let mut terms = terms(&rules, &secrets(&mut provers::rng(1), &rules));
        change(&mut terms);
        let (file, _) = opening(&terms, &party("seller"));
        let report = report(&file, 1);
        assert_refused(&report, check);
        assert_eq!(report.failure.unwrap().subject.place, Place::Genesis);
    }

    #[track_caller]
    pub(crate) fn accept_terms(change: impl FnOnce(&mut Terms)) {
        let rules = Rules::default();
        let mut terms = terms(&rules, &secrets(&mut provers::rng(1), &rules));
        change(&mut terms);
        let (file, _) = opening(&terms, &party("seller"));
        let report = report(&file, 1);
        assert_eq!(report.failure, None);
    }

    fn lot(terms: &mut Terms, change: impl FnOnce(&mut talea_protocol::terms::Lot)) {
        let mut lots = terms.lots.clone().into_inner();
        change(&mut lots[0]);
        terms.lots = List::new(lots).unwrap();
    }

    fn group(terms: &mut Terms, change: impl FnOnce(&mut talea_protocol::quorum::Group)) {
        let mut groups = terms.quorum.clone().into_inner();
        change(&mut groups[0]);
        terms.quorum = List::new(groups).unwrap();
    }

    fn member(
        terms: &mut Terms,
        at: usize,
        change: impl FnOnce(&mut talea_protocol::quorum::Member),
    ) {
        group(terms, |group| {
            let mut members = group.members.clone().into_inner();
            change(&mut members[at]);
            group.members = List::new(members).unwrap();
        });
    }

    #[test]
    fn x1_framing() {
        for (file, part) in [
            (&b""[..], "empty"),
            (b"talea", "ends within its magic"),
            (b"PK\x03\x04 something else entirely", "not a transcript"),
            (&MAGIC[..], "no genesis"),
        ] {
            let report = report(file, 1);
            assert_refused(&report, Check::RecordFraming);
            assert!(report.failure.unwrap().sentence.contains(part));
        }
        let with = |record: Vec<u8>| report(&[&MAGIC[..], &record].concat(), 1);
        let entry = RecordKind::Entry.write(&[0; 44]).unwrap();
        assert_refused(&with(entry), Check::RecordFraming);
        let closing = RecordKind::Closing.write(&[0; 44]).unwrap();
        assert_refused(&with(closing), Check::RecordFraming);
        let genesis = RecordKind::Genesis.write(&[0; 44]).unwrap();
        assert_refused(&with(genesis), Check::RecordFraming);
        let rules = Rules::default();
        let terms = terms(&rules, &secrets(&mut provers::rng(1), &rules));
        let (file, _) = opening(&terms, &party("seller"));
        let twice = [&file[..], &file[MAGIC.len()..]].concat();
        assert_refused(&report(&twice, 1), Check::RecordFraming);
    }

    #[test]
    fn t1_canonical() {
        refuse_terms(Check::TermsCanonical, |t| t.version = PROTOCOL_VERSION - 1);
        refuse_terms(Check::TermsCanonical, |t| t.version = PROTOCOL_VERSION + 1);
        let genesis = Genesis {
            slot: 1,
            terms: List::new([&PROTOCOL_VERSION.to_le_bytes()[..], &[9]].concat()).unwrap(),
            signature: Signature([0; 64]),
        };
        let record = RecordKind::Genesis.write(&borsh::to_vec(&genesis).unwrap()).unwrap();
        let report = report(&[&MAGIC[..], &record].concat(), 1);
        assert_refused(&report, Check::TermsCanonical);
    }

    #[test]
    fn t2_lots() {
        refuse_terms(Check::TermsLots, |t| t.lots = List::default());
        refuse_terms(Check::TermsLots, |t| lot(t, |l| l.quantity = 0));
        refuse_terms(Check::TermsLots, |t| lot(t, |l| l.grid.tick = 0));
        refuse_terms(Check::TermsLots, |t| lot(t, |l| l.grid.tick = 1 << 63));
        refuse_terms(Check::TermsLots, |t| lot(t, |l| l.grid.levels = 1));
        refuse_terms(Check::TermsLots, |t| lot(t, |l| l.grid.levels = 17));
        accept_terms(|t| lot(t, |l| l.grid.levels = 16));
        refuse_terms(Check::TermsLots, |t| {
            lot(t, |l| l.grid.scale = Scale::Decimal(13));
        });
        refuse_terms(Check::TermsLots, |t| {
            lot(t, |l| l.grid.scale = Scale::Binary(9));
        });
        // 14 levels of 5: the last is 65 above the first.
        accept_terms(|t| lot(t, |l| l.grid.start = Price(i64::MAX - 65)));
        refuse_terms(Check::TermsLots, |t| {
            lot(t, |l| l.grid.start = Price(i64::MAX - 64));
        });
        // Three ticks of 2^62 do not fit in 63 bits; the last price does, and that is the rule.
        accept_terms(|t| {
            lot(t, |l| (l.grid.start, l.grid.tick, l.grid.levels) = (Price(i64::MIN), 1 << 62, 4));
        });
        let falling = |start| {
            move |t: &mut Terms| {
                lot(t, |l| {
                    l.grid.start = Price(start);
                    l.grid.side = Side::LowestWins;
                });
            }
        };
        accept_terms(falling(i64::MIN + 65));
        refuse_terms(Check::TermsLots, falling(i64::MIN + 64));
    }

    #[test]
    fn t3_schedule() {
        refuse_terms(Check::TermsSchedule, |t| t.schedule.deals_until = OPENING - 1);
        accept_terms(|t| t.schedule.deals_until = OPENING);
        refuse_terms(Check::TermsSchedule, |t| t.schedule.complaints_until = DEALS);
        refuse_terms(Check::TermsSchedule, |t| t.schedule.commits_until = COMPLAINTS);
        refuse_terms(Check::TermsSchedule, |t| t.schedule.reveals_until = COMMITS);
        accept_terms(|t| t.schedule.reveals_until = 1 << 62);
        refuse_terms(Check::TermsSchedule, |t| {
            t.schedule.reveals_until = (1 << 62) + 1;
        });
        refuse_terms(Check::TermsSchedule, |t| t.schedule.endorse_slots = 0);
        refuse_terms(Check::TermsSchedule, |t| {
            t.schedule.endorse_slots = (1 << 32) + 1;
        });
        refuse_terms(Check::TermsSchedule, |t| t.schedule.step_slots = 0);
        refuse_terms(Check::TermsSchedule, |t| {
            t.schedule.step_slots_per_bid = (1 << 32) + 1;
        });
        accept_terms(|t| t.schedule.step_slots_per_bid = 0);
        // Reveals last for 10 slots.
        accept_terms(|t| t.schedule.witness_slots = 0);
        accept_terms(|t| t.schedule.witness_slots = REVEALS - COMMITS - 1);
        refuse_terms(Check::TermsSchedule, |t| t.schedule.witness_slots = REVEALS - COMMITS);
        let long = |witness_slots| {
            move |t: &mut Terms| {
                t.schedule.reveals_until = 1 << 40;
                t.schedule.witness_slots = witness_slots;
            }
        };
        accept_terms(long(1 << 32));
        refuse_terms(Check::TermsSchedule, long((1 << 32) + 1));
        refuse_terms(Check::TermsSchedule, |t| t.max_bids_per_lot = 0);
        refuse_terms(Check::TermsSchedule, |t| t.max_bids_per_lot = 65_536);
        refuse_terms(Check::TermsSchedule, |t| t.fan_out = 0);
        refuse_terms(Check::TermsSchedule, |t| t.fan_out = 1_024);
        refuse_terms(Check::TermsSchedule, |t| t.chunk_items = 0);
        refuse_terms(Check::TermsSchedule, |t| t.chunk_items = 2_049);
    }

    #[test]
    fn t4_quorum() {
        refuse_terms(Check::TermsQuorum, |t| t.quorum = List::default());
        refuse_terms(Check::TermsQuorum, |t| group(t, |g| g.threshold = 0));
        refuse_terms(Check::TermsQuorum, |t| group(t, |g| g.threshold = 3));
        refuse_terms(Check::TermsQuorum, |t| group(t, |g| g.endorsements = 4));
        let first = |t: &Terms| t.quorum[0].members[0];
        refuse_terms(Check::TermsQuorum, |t| {
            let same = first(t).signing;
            member(t, 2, |m| m.signing = same);
        });
        refuse_terms(Check::TermsQuorum, |t| {
            let same = first(t).encryption;
            member(t, 2, |m| m.encryption = same);
        });
        refuse_terms(Check::TermsQuorum, |t| {
            member(t, 1, |m| m.encryption = Point::IDENTITY);
        });
        refuse_terms(Check::TermsQuorum, |t| {
            member(t, 1, |m| m.encryption = Point([0xff; 32]));
        });
        refuse_terms(Check::TermsQuorum, |t| {
            member(t, 1, |m| m.signing = PartyKey([0; 32]));
        });
    }

    #[test]
    fn t5_parties() {
        let mut weak = [0; 32];
        weak[0] = 1;
        refuse_terms(Check::TermsParties, |t| t.seller = PartyKey(weak));
        refuse_terms(Check::TermsParties, |t| t.custodian = t.seller);
        refuse_terms(Check::TermsParties, |t| t.stakes.beneficiary = Some(t.seller));
        refuse_terms(Check::TermsParties, |t| {
            t.stakes.beneficiary = Some(t.quorum[0].members[1].signing);
        });
        accept_terms(|t| t.stakes.beneficiary = None);
        refuse_terms(Check::TermsParties, |t| t.stakes.beneficiary = Some(t.custodian));
        refuse_terms(Check::TermsParties, |t| t.stakes.beneficiary = Some(PartyKey(weak)));
        refuse_terms(Check::TermsParties, |t| t.stakes.deposit = u64::MAX - FEE + 1);
        accept_terms(|t| t.stakes.deposit = u64::MAX - FEE);
        // With the fee of a lot with room for 1,000.
        let growing = |deposit, fee_growth| {
            move |t: &mut Terms| {
                (t.stakes.deposit, t.stakes.fee_growth) = (deposit, fee_growth);
            }
        };
        accept_terms(growing(u64::MAX - FEE - 7_000, 7));
        refuse_terms(Check::TermsParties, growing(u64::MAX - FEE - 6_999, 7));
        refuse_terms(Check::TermsParties, growing(0, 1 << 60));
        refuse_terms(Check::TermsParties, |t| {
            t.stakes.fee_growth = u64::MAX / 1_000;
            t.stakes.commit_fee = 616;
            t.stakes.deposit = 0;
        });
        accept_terms(|t| t.stakes.bond = u64::MAX);
        refuse_terms(Check::TermsParties, |t| {
            t.stakes.bond = u64::MAX;
            let lots = [t.lots[0].clone(), t.lots[0].clone()];
            t.lots = List::new(lots.to_vec()).unwrap();
        });
        let mut listed = [key(&bidder(0)), key(&bidder(1))];
        listed.sort();
        let list = |keys: &[PartyKey]| Admission::Listed(List::new(keys.to_vec()).unwrap());
        accept_terms(|t| t.admission = list(&listed));
        accept_terms(|t| t.admission = list(&[]));
        refuse_terms(Check::TermsParties, |t| {
            t.admission = list(&[listed[1], listed[0]]);
        });
        refuse_terms(Check::TermsParties, |t| {
            t.admission = list(&[listed[0], listed[0]]);
        });
        refuse_terms(Check::TermsParties, |t| t.admission = list(&[PartyKey(weak)]));
    }

    #[test]
    fn t7_rules() {
        let units = |units| move |t: &mut Terms| t.mechanism = Mechanism::UniformPrice { units };
        refuse_terms(Check::TermsRules, units(0));
        refuse_terms(Check::TermsRules, units(64));
        accept_terms(units(1));
        accept_terms(units(63));
        let depth = |min_bids| {
            let depth = Some(Depth { min_bids });
            move |t: &mut Terms| t.disclosure = Disclosure::Facts { cover: false, depth }
        };
        refuse_terms(Check::TermsRules, depth(0));
        accept_terms(depth(1));
        // Buckets of depths over all lots and rounds: 1,024 each.
        let shown = |lots: usize, limit: u32, last: u8| {
            move |t: &mut Terms| {
                depth(1)(t);
                let mut lot = t.lots[0].clone();
                (lot.grid.shape, lot.grid.levels) = (Shape::new(&[10]).unwrap(), 1_000);
                let mut lots = vec![lot; lots];
                let shape = Shape::new(&[last, 9]).unwrap();
                lots.last_mut().unwrap().grid.shape = shape;
                t.lots = List::new(lots).unwrap();
                let (commit_slots, reveal_slots) = (10, 10);
                t.rounds = (limit > 1).then_some(Rounds {
                    limit,
                    commit_slots,
                    reveal_slots,
                    cover: false,
                });
            }
        };
        accept_terms(shown(1_024, 1, 10));
        accept_terms(shown(1_024, 4, 10));
        refuse_terms(Check::TermsRules, shown(1_024, 5, 10));
        accept_terms(shown(64, 64, 10));
        refuse_terms(Check::TermsRules, shown(65, 64, 1));
        // The same lots without a depth to show.
        accept_terms(|t| {
            shown(1_024, 5, 10)(t);
            t.disclosure = Disclosure::WINNER_AND_PRICE;
            t.rounds = None;
        });
        let opened = |lots: usize| {
            move |t: &mut Terms| {
                t.disclosure = Disclosure::Everything;
                t.max_bids_per_lot = 65_535;
                t.lots = List::new(vec![t.lots[0].clone(); lots]).unwrap();
            }
        };
        accept_terms(opened(8));
        refuse_terms(Check::TermsRules, opened(9));
        let reserve =
            |until| move |t: &mut Terms| t.reserve = Some(Reserve { until, opened: true });
        refuse_terms(Check::TermsRules, reserve(COMPLAINTS));
        accept_terms(reserve(COMPLAINTS + 1));
        accept_terms(reserve(COMMITS - 1));
        refuse_terms(Check::TermsRules, reserve(COMMITS));
        let acceptance = |slots| move |t: &mut Terms| t.acceptance = Some(Acceptance { slots });
        refuse_terms(Check::TermsRules, acceptance(0));
        refuse_terms(Check::TermsRules, acceptance((1 << 32) + 1));
        accept_terms(acceptance(1 << 32));
        let rounds = |limit, commit_slots, reveal_slots| {
            move |t: &mut Terms| {
                t.schedule.witness_slots = 0;
                t.disclosure =
                    Disclosure::Facts { cover: false, depth: Some(Depth { min_bids: 1 }) };
                t.rounds = Some(Rounds { limit, commit_slots, reveal_slots, cover: true });
            }
        };
        accept_terms(rounds(2, 1, 1));
        accept_terms(rounds(64, 1 << 32, 1 << 32));
        for (limit, commit_slots, reveal_slots) in [
            (1, 1, 1),
            (65, 1, 1),
            (2, 0, 1),
            (2, (1 << 32) + 1, 1),
            (2, 1, 0),
            (2, 1, (1 << 32) + 1),
        ] {
            refuse_terms(Check::TermsRules, rounds(limit, commit_slots, reveal_slots));
        }
        for disclosure in [Disclosure::Facts { cover: true, depth: None }, Disclosure::Everything] {
            refuse_terms(Check::TermsRules, |t| {
                rounds(2, 1, 1)(t);
                t.disclosure = disclosure;
            });
        }
        // Longer than the margin of witnesses.
        let margin = |commit_slots, reveal_slots| {
            move |t: &mut Terms| {
                rounds(2, commit_slots, reveal_slots)(t);
                t.schedule.witness_slots = 3;
            }
        };
        accept_terms(margin(4, 4));
        refuse_terms(Check::TermsRules, margin(3, 4));
        refuse_terms(Check::TermsRules, margin(4, 3));
        let money = |code: &[u8; 3]| {
            let money = Money { currency: Currency(*code), quotation: Quotation::Unit };
            move |t: &mut Terms| t.money = Some(money)
        };
        accept_terms(money(b"JPY"));
        for code in [b"jpy", b"JP@", b"JP[", b"J1Y", b"JP\0", b"\xffPY"] {
            refuse_terms(Check::TermsRules, money(code));
        }
        // T7 stands before T6 and after T5.
        let rules = Rules::default();
        let mut terms = terms(&rules, &secrets(&mut provers::rng(1), &rules));
        terms.mechanism = Mechanism::UniformPrice { units: 0 };
        let (file, _) = opening(&terms, &party("another seller"));
        assert_refused(&report(&file, 1), Check::TermsRules);
        refuse_terms(Check::TermsParties, |t| {
            t.mechanism = Mechanism::UniformPrice { units: 0 };
            t.custodian = t.seller;
        });
    }

    #[test]
    fn t6_signature() {
        let rules = Rules::default();
        let terms = terms(&rules, &secrets(&mut provers::rng(1), &rules));
        let (file, _) = opening(&terms, &party("another seller"));
        assert_refused(&report(&file, 1), Check::TermsSignature);
    }
}

mod envelope {
    use super::*;

    #[test]
    fn x2_x3_chain_and_slots() {
        let mut auction = Auction::open(401, &Rules::default());
        auction.bond(id(0, 1));
        let fund = Instruction::Fund(Fund { sequence: 1, party: PartyKey([1; 32]), amount: 1 });
        let mut record = auction.record(&party("custodian"), &fund);
        *record.last_mut().unwrap() ^= 1;
        assert_refused(&auction.attempt_record(record), Check::ChainHead);
        // A record cut short keeps its chain from matching before anything else is looked at.
        auction.slot = OPENING - 1;
        refuse(&auction, &party("custodian"), &fund, Check::SlotOrder);
    }

    #[test]
    fn x1_an_entry_with_a_tail() {
        let auction = Auction::open(402, &Rules::default());
        let record = auction.record(&party("custodian"), &Instruction::Tick);
        let body = [&record[5..], &[0]].concat();
        let longer = RecordKind::Entry.write(&body).unwrap();
        assert_refused(&auction.attempt_record(longer), Check::RecordFraming);
    }

    #[test]
    fn e1_canonical() {
        let auction = Auction::open(403, &Rules::default());
        for bytes in [vec![], vec![0; 99], vec![0xff; 200]] {
            let report = auction.attempt_record(auction.record_of(bytes));
            assert_refused(&report, Check::EnvelopeCanonical);
        }
        // Well enveloped, and no instruction: a tail, an unknown kind.
        for payload in [vec![0, 0], vec![13], vec![]] {
            let signer = party("custodian");
            let message = signed_bytes(&auction.replay.facts.auction, &payload);
            let signed = SignedInstruction {
                signer: key(&signer),
                signature: Signature(signer.sign(&message).to_bytes()),
                payload: List::new(payload).unwrap(),
            };
            let bytes = borsh::to_vec(&signed).unwrap();
            let report = auction.attempt_record(auction.record_of(bytes));
            assert_refused(&report, Check::EnvelopeCanonical);
        }
    }

    #[test]
    fn e2_signature() {
        let auction = Auction::open(404, &Rules::default());
        let payload = borsh::to_vec(&Instruction::Tick).unwrap();
        let signer = party("custodian");
        let signed = |signer_key, signature| {
            let signed = SignedInstruction {
                signer: signer_key,
                signature,
                payload: List::new(payload.clone()).unwrap(),
            };
            auction.attempt_record(auction.record_of(borsh::to_vec(&signed).unwrap()))
        };
        // Of another auction.
        let elsewhere =
            Signature(signer.sign(&signed_bytes(&AuctionId([0; 32]), &payload)).to_bytes());
        assert_refused(&signed(key(&signer), elsewhere), Check::EnvelopeSignature);
        // The key of small order for which (R, s) = (identity, 0) is a signature of everything.
        let mut identity = [0; 32];
        identity[0] = 1;
        let mut signature = [0; 64];
        signature[0] = 1;
        assert_refused(&signed(PartyKey(identity), Signature(signature)), Check::EnvelopeSignature);
    }

    #[test]
    fn e3_role() {
        let mut auction = Auction::open(405, &Rules::default());
        let fund = Instruction::Fund(Fund { sequence: 0, party: PartyKey([1; 32]), amount: 1 });
        refuse(&auction, &bidder(0), &fund, Check::EnvelopeRole);
        let deal = auction.deal(id(0, 1), None);
        refuse(&auction, &bidder(0), &Instruction::Deal(deal), Check::EnvelopeRole);
        auction.slot = DEALS + 1;
        let complaint = auction.complaint(id(0, 1), id(0, 2));
        refuse(&auction, &seat(id(0, 1)), &Instruction::Complain(complaint), Check::EnvelopeRole);
        let auction = at_endorsing(406, &Rules::default(), &[3]);
        let endorsement = auction.endorsement(vec![]);
        refuse(&auction, &bidder(0), &endorsement, Check::EnvelopeRole);
    }

    #[test]
    fn e4_phase() {
        let mut auction = Auction::open(407, &Rules::default());
        let deal = auction.deal(id(0, 1), None);
        refuse(&auction, &party("anybody"), &Instruction::Tick, Check::EnvelopePhase);
        auction.slot = DEALS + 1;
        refuse(&auction, &seat(id(0, 1)), &Instruction::Deal(deal), Check::EnvelopePhase);
        // The last slot of a phase is in it.
        let mut auction = at_commits(408, &Rules::default());
        auction.fund(key(&bidder(0)), DEPOSIT + FEE);
        auction.fund(key(&bidder(1)), DEPOSIT + FEE);
        let (commit, hidden) = auction.commitment(0, &bidder(0), 3);
        let commit = Instruction::Commit(commit);
        auction.slot = COMMITS + 1;
        refuse(&auction, &bidder(0), &commit, Check::EnvelopePhase);
        auction.slot = COMMITS;
        auction.post(&bidder(0), &commit);
        let reveal = Auction::reveals(&[hidden]);
        refuse(&auction, &party("anybody"), &reveal, Check::EnvelopePhase);
        auction.slot = COMMITS + 1;
        auction.post(&party("anybody"), &Instruction::Tick);
        auction.slot = REVEALS + 1;
        refuse(&auction, &party("anybody"), &reveal, Check::EnvelopePhase);
    }

    #[test]
    fn e4_nothing_after_the_end() {
        let mut auction = Auction::open(409, &Rules::default());
        auction.slot = COMPLAINTS + 1;
        let tick = Instruction::Tick;
        let fund = Instruction::Fund(Fund { sequence: 0, party: PartyKey([1; 32]), amount: 1 });
        // The slot closes the auction before the Fund is looked at.
        refuse(&auction, &party("custodian"), &fund, Check::EnvelopePhase);
        auction.post(&party("anybody"), &tick);
        refuse(&auction, &party("custodian"), &fund, Check::EnvelopePhase);
        refuse(&auction, &party("anybody"), &tick, Check::EnvelopePhase);
    }

    #[test]
    fn m1_m2_funds() {
        let mut auction = Auction::open(410, &Rules::default());
        let fund = |sequence, amount| {
            Instruction::Fund(Fund { sequence, party: PartyKey([1; 32]), amount })
        };
        let custodian = party("custodian");
        refuse(&auction, &custodian, &fund(1, 1), Check::FundSequence);
        refuse(&auction, &custodian, &fund(0, 0), Check::FundAmount);
        auction.fund(PartyKey([2; 32]), u64::MAX);
        refuse(&auction, &custodian, &fund(0, 1), Check::FundSequence);
        refuse(&auction, &custodian, &fund(1, 1), Check::FundAmount);
    }

    #[test]
    fn m4_is_counted() {
        let mut auction = Auction::open(418, &Rules::default());
        auction.fund(PartyKey([2; 32]), 5);
        let report = report(&auction.file, 1);
        let row = report.checks.iter().find(|row| row.check == Check::FundRoom).unwrap();
        assert_eq!((row.status, row.count.performed), (CheckStatus::Pass, 1));
    }

    /// In a ledger that is as full as it may be, which no file is built for here.
    #[test]
    fn m4_refuses_one_account_too_many() {
        let mut auction = Auction::open(900, &Rules::default());
        let nth = |n: u32| {
            let mut key = [0xff; 32];
            key[..4].copy_from_slice(&n.to_le_bytes());
            PartyKey(key)
        };
        let most = u32::try_from(MAX_ACCOUNTS).unwrap();
        for n in 0..most {
            auction.replay.ledger.fund(nth(n), 1).unwrap();
        }
        let fund = |sequence, n| Fund { sequence, party: nth(n), amount: 1 };
        assert!(auction.replay.fund(&fund(0, most - 1)).is_ok());
        let Err(Stop::Refused(refusal)) = auction.replay.fund(&fund(1, most)) else {
            panic!("it was accepted")
        };
        assert_eq!(refusal.failure.check, Check::FundRoom);
        // **M2** stands before it.
        let none = Fund { amount: 0, ..fund(1, most) };
        let Err(Stop::Refused(refusal)) = auction.replay.fund(&none) else {
            panic!("it was accepted")
        };
        assert_eq!(refusal.failure.check, Check::FundAmount);
    }

    #[test]
    fn x4_outcome() {
        let auction = Auction::open(411, &Rules::default());
        let early = auction.replay.outcome();
        assert_eq!(early, None);

        let mut auction = Auction::open(412, &Rules::default());
        auction.bond(id(0, 1));
        auction.slot = COMPLAINTS + 1;
        auction.post(&party("anybody"), &Instruction::Tick);
        let claim = |change: fn(&mut talea_protocol::transcript::Closing)| {
            auction.attempt_record(auction.closing_record(change))
        };
        assert_eq!(claim(|_| ()).verdict, Verdict::Valid);
        for changed in [
            claim(|c| c.outcome.auction = AuctionId([0; 32])),
            claim(|c| c.outcome.lots = List::default()),
            claim(|c| {
                let mut lots = c.outcome.lots.clone().into_inner();
                lots[0].ending = Ending::Unsold;
                c.outcome.lots = List::new(lots).unwrap();
            }),
            claim(|c| {
                let mut lots = c.outcome.lots.clone().into_inner();
                lots[0].reserve = ReserveResult::Lapsed;
                c.outcome.lots = List::new(lots).unwrap();
            }),
            claim(|c| {
                let mut lots = c.outcome.lots.clone().into_inner();
                lots[0].disclosed.bids = Some(Vec::new());
                c.outcome.lots = List::new(lots).unwrap();
            }),
            claim(|c| c.outcome.accounts[0].available += 1),
            claim(|c| c.outcome.accounts.clear()),
            claim(|c| {
                let twice = c.outcome.accounts[0];
                c.outcome.accounts.push(twice);
            }),
        ] {
            assert_refused(&changed, Check::OutcomeDerived);
            assert_eq!(changed.failure.unwrap().subject.place, Place::Closing);
        }
        assert_refused(&claim(|c| c.head = Digest([0; 32])), Check::ChainHead);
        // Nothing may follow.
        let closing = auction.closing_record(|_| ());
        let twice = [&closing[..], &closing[..]].concat();
        let report = auction.attempt_record(twice);
        assert_refused(&report, Check::RecordFraming);
        assert_eq!(report.failure.unwrap().subject.place, Place::AfterClosing);
    }

    #[test]
    fn x4_a_closing_before_the_end() {
        let mut closed = Auction::open(413, &Rules::default());
        closed.slot = COMPLAINTS + 1;
        closed.post(&party("anybody"), &Instruction::Tick);
        let outcome = closed.closing_record(|_| ());
        let open = Auction::open(413, &Rules::default());
        let head = open.replay.head();
        let mut closing: talea_protocol::transcript::Closing =
            borsh::from_slice(&outcome[5..]).unwrap();
        closing.head = head;
        let record = RecordKind::Closing.write(&borsh::to_vec(&closing).unwrap()).unwrap();
        assert_refused(&open.attempt_record(record), Check::OutcomeDerived);
    }
}

mod ceremony {
    use super::*;

    #[test]
    fn s1_once_and_bonded() {
        let mut auction = Auction::open(421, &Rules::default());
        let deal = Instruction::Deal(auction.deal(id(0, 1), None));
        refuse(&auction, &seat(id(0, 1)), &deal, Check::DealOnce);
        auction.bond(id(0, 1));
        auction.post(&seat(id(0, 1)), &deal);
        auction.bond(id(0, 1));
        refuse(&auction, &seat(id(0, 1)), &deal, Check::DealOnce);
    }

    #[test]
    fn s2_lengths() {
        let mut auction = Auction::open(422, &Rules::default());
        auction.bond(id(0, 1));
        let deal = auction.deal(id(0, 1), None);
        let with = |change: &dyn Fn(&mut Vec<Point>, &mut Vec<WireScalar>, &mut Point)| {
            let mut deal = deal.clone();
            let mut commitments = deal.commitments.to_vec();
            let mut shares = deal.shares.to_vec();
            change(&mut commitments, &mut shares, &mut deal.ephemeral);
            deal.commitments = List::new(commitments).unwrap();
            deal.shares = List::new(shares).unwrap();
            Instruction::Deal(deal)
        };
        let k = bases().k_wire;
        for bad in [
            with(&|c, _, _| c.push(k)),
            with(&|c, _, _| c.truncate(1)),
            with(&|c, _, _| c.clear()),
            with(&|_, s, _| s.push(WireScalar([0; 32]))),
            with(&|_, s, _| s.truncate(1)),
            with(&|c, _, _| c[1] = Point([0xff; 32])),
            with(&|_, s, _| s[1] = WireScalar([0xff; 32])),
            with(&|_, _, e| *e = Point([0xff; 32])),
        ] {
            refuse(&auction, &seat(id(0, 1)), &bad, Check::DealLengths);
        }
    }

    #[test]
    fn s3_s4_possession() {
        let mut auction = Auction::open(423, &Rules::default());
        auction.bond(id(0, 1));
        let deal = auction.deal(id(0, 1), None);
        let signer = seat(id(0, 1));
        let mut bad = deal.clone();
        bad.constant_proof = deal.ephemeral_proof;
        refuse(&auction, &signer, &Instruction::Deal(bad), Check::DealConstant);
        let mut bad = deal.clone();
        bad.ephemeral_proof = deal.constant_proof;
        refuse(&auction, &signer, &Instruction::Deal(bad), Check::DealEphemeral);
        let mut bad = deal.clone();
        bad.ephemeral_proof.response = WireScalar([0xff; 32]);
        refuse(&auction, &signer, &Instruction::Deal(bad), Check::DealEphemeral);
        // Both wrong: the first in the order of the text is named.
        let mut bad = deal;
        bad.ephemeral = Point::IDENTITY;
        refuse(&auction, &signer, &Instruction::Deal(bad), Check::DealConstant);
    }

    #[test]
    fn s3_the_groups_key_does_not_cancel() {
        let rules = Rules { groups: vec![(1, 1, 3), (1, 1, 1)], ..Rules::default() };
        let mut auction = Auction::open(420, &rules);
        let mut deal = |who: KeyholderId, against: &[KeyholderId], check: Option<Check>| {
            auction.bond(who);
            if !against.is_empty() {
                auction.cancel_key(who, against);
            }
            let deal = Instruction::Deal(auction.deal(who, None));
            match check {
                Some(check) => refuse(&auction, &seat(who), &deal, check),
                None => auction.post(&seat(who), &deal),
            }
        };
        deal(id(0, 1), &[], None);
        deal(id(0, 2), &[id(0, 1)], Some(Check::DealConstant));
        // One that cancels some of those before, and not all of them.
        deal(id(0, 2), &[id(1, 1)], None);
        deal(id(0, 3), &[id(0, 1), id(0, 2)], Some(Check::DealConstant));
        deal(id(0, 3), &[id(0, 1)], None);
        // Another group's deals are not counted.
        deal(id(1, 1), &[id(0, 1)], None);
    }

    #[test]
    fn s5_s6_complaints() {
        let mut auction = Auction::open(424, &Rules::default());
        for dealer in [id(0, 1), id(0, 2)] {
            auction.bond(dealer);
            let deal = auction.deal(dealer, None);
            auction.post(&seat(dealer), &Instruction::Deal(deal));
        }
        auction.slot = COMPLAINTS;
        let signer = seat(id(0, 1));
        let good = auction.complaint(id(0, 1), id(0, 2));
        for dealer in [0, 1, 3, 4, 77] {
            let mut bad = good;
            bad.dealer = dealer;
            refuse(&auction, &signer, &Instruction::Complain(bad), Check::ComplaintParties);
        }
        let mut bad = good;
        bad.shared = bases().g_wire;
        let bad = Instruction::Complain(bad);
        refuse(&auction, &signer, &bad, Check::ComplaintProof);
        auction.post(&signer, &Instruction::Complain(good));
        // The complainer was expelled.
        let again = Instruction::Complain(good);
        refuse(&auction, &signer, &again, Check::ComplaintParties);
    }
}

mod bids {
    use super::*;

    #[test]
    fn c1_to_c7() {
        let mut auction = Auction::open_with(431, &Rules::default(), |terms| {
            terms.max_bids_per_lot = 2;
        });
        auction.ceremony();
        auction.begin_commits();
        let who = bidder(0);
        let (commit, _) = auction.commitment(0, &who, 3);
        let good = Instruction::Commit(commit.clone());
        let with = |change: &dyn Fn(&mut talea_protocol::commitment::Commit)| {
            let mut commit = commit.clone();
            change(&mut commit);
            Instruction::Commit(commit)
        };
        refuse(&auction, &who, &with(&|c| c.lot = 1), Check::CommitLot);
        refuse(&auction, &who, &with(&|c| c.round = 1), Check::CommitLot);
        for excluded in ["seller", "custodian", "beneficiary"] {
            refuse(&auction, &party(excluded), &good, Check::CommitAdmission);
        }
        refuse(&auction, &who, &good, Check::CommitStake);
        auction.fund(key(&who), DEPOSIT + FEE - 1);
        refuse(&auction, &who, &good, Check::CommitStake);
        auction.fund(key(&who), DEPOSIT + FEE);
        let copied = with(&|c| c.commitment = bases().h_wire);
        refuse(&auction, &who, &copied, Check::CommitRange);
        let nothing = with(&|c| c.commitment = Point::IDENTITY);
        refuse(&auction, &who, &nothing, Check::CommitRange);
        let garbage = with(&|c| c.commitment = Point([0xff; 32]));
        refuse(&auction, &who, &garbage, Check::CommitRange);
        let short = with(&|c| c.range_proof.masked = List::default());
        refuse(&auction, &who, &short, Check::CommitRange);
        let no_point = with(&|c| c.range_proof.squares.constant = Point([0xff; 32]));
        refuse(&auction, &who, &no_point, Check::CommitRange);
        // A proof under the key of another history, where the bid could be revealed.
        let context = Context::bid(
            auction.replay.facts.auction,
            &BidId { lot: 0, round: 0, bidder: key(&who) },
        );
        let elsewhere = encode(&(bases().k * Scalar::from(5u8)));
        let (commitment, proof, _) =
            provers::range(&mut provers::rng(9), &context, &elsewhere, 14, 3);
        let elsewhere = with(&|c| {
            c.commitment = commitment;
            c.range_proof = proof.clone();
        });
        refuse(&auction, &who, &elsewhere, Check::CommitRange);
        auction.post(&who, &good);
        refuse(&auction, &who, &good, Check::CommitOnce);
        // A copy of a commitment fails at its proof, which is its bidder's.
        auction.fund(key(&bidder(1)), DEPOSIT + FEE);
        refuse(&auction, &bidder(1), &good, Check::CommitRange);
        auction.commit(0, &bidder(2), 1);
        refuse(&auction, &bidder(1), &good, Check::CommitRoom);
    }

    /// Proofs wait, and are folded together.
    #[test]
    fn c6_of_several_commits_the_first_that_is_wrong_is_named() {
        let mut auction = at_commits(460, &Rules::default());
        let commit = |auction: &mut Auction, n: usize| {
            auction.fund(key(&bidder(n)), DEPOSIT + FEE);
            auction.commitment(0, &bidder(n), 3).0
        };
        let post = |auction: &mut Auction, n: usize, commit| {
            auction.post(&bidder(n), &Instruction::Commit(commit));
            auction.replay.entries()
        };
        let good = commit(&mut auction, 0);
        post(&mut auction, 0, good);
        // One whose responses are another's, and one in which a bit is one too few.
        let [mut second, third, mut fourth] = [1, 2, 3].map(|n| commit(&mut auction, n));
        second.range_proof.masked = fourth.range_proof.masked.clone();
        let mut bits = fourth.range_proof.masked.to_vec();
        bits.pop();
        fourth.range_proof.masked = List::new(bits).unwrap();
        let false_at = post(&mut auction, 1, second);
        post(&mut auction, 2, third);
        post(&mut auction, 3, fourth);
        // And one that is refused before any proof is verified.
        let mut last = commit(&mut auction, 4);
        last.range_proof.bits.commitment = Point([0xff; 32]);
        let report = auction.attempt(&bidder(4), &Instruction::Commit(last));
        assert_refused(&report, Check::CommitRange);
        let failure = report.failure.unwrap();
        assert_eq!(failure.subject.place, Place::Entry(false_at));
        assert_eq!(failure.sentence, "the range proof does not hold");
        let checks = report.checks.iter().find(|row| row.check == Check::CommitRange).unwrap();
        assert_eq!(checks.count.performed, 2, "what comes after the first failure is not counted");
    }

    #[test]
    fn c5_the_fee_grows_as_a_lot_fills() {
        let rules = Rules { lots: 2, ..Rules::default() };
        let mut auction = Auction::open_with(449, &rules, |terms| terms.stakes.fee_growth = 7);
        auction.ceremony();
        auction.begin_commits();
        let mut paid = 0;
        for n in 0..3 {
            let who = bidder(n);
            let fee = FEE + 7 * n as u64;
            auction.fund(key(&who), DEPOSIT + fee - 1);
            let (commit, _) = auction.commitment(0, &who, 3);
            let commit = Instruction::Commit(commit);
            if n > 0 {
                // As much as would have done one commit earlier.
                refuse(&auction, &who, &commit, Check::CommitStake);
            }
            auction.fund(key(&who), 1);
            auction.post(&who, &commit);
            paid += fee;
            let account = auction.account(&who);
            assert_eq!((account.available, account.forfeited), (0, fee));
            assert_eq!(auction.account(&party("beneficiary")).received, paid);
        }
        // Another lot is empty, and asks for the first fee.
        auction.fund(key(&bidder(0)), DEPOSIT + FEE);
        let (commit, _) = auction.commitment(1, &bidder(0), 3);
        auction.post(&bidder(0), &Instruction::Commit(commit));
        assert_eq!(auction.account(&bidder(0)).forfeited, FEE + FEE);
    }

    #[test]
    fn e3_e4_reserves() {
        let rules = Rules { reserve: Some(true), ..Rules::default() };
        let mut auction = at_commits(437, &rules);
        let seller = party("seller");
        auction.fund(key(&seller), DEPOSIT);
        auction.fund(key(&bidder(0)), DEPOSIT + FEE);
        let reserve = Instruction::Reserve(auction.commitment(0, &seller, 3).0);
        refuse(&auction, &bidder(0), &reserve, Check::EnvelopeRole);
        // No bid while reserves are due, no reserve among bids.
        let bid = Instruction::Commit(auction.commitment(0, &bidder(0), 3).0);
        auction.slot = RESERVES;
        refuse(&auction, &bidder(0), &bid, Check::EnvelopePhase);
        auction.slot = RESERVES + 1;
        refuse(&auction, &seller, &reserve, Check::EnvelopePhase);
        auction.post(&bidder(0), &bid);
        // Without terms for it there is no such phase.
        let mut auction = at_commits(438, &Rules::default());
        auction.fund(key(&seller), DEPOSIT);
        let reserve = Instruction::Reserve(auction.commitment(0, &seller, 3).0);
        refuse(&auction, &seller, &reserve, Check::EnvelopePhase);
    }

    #[test]
    fn c1_to_c7_reserves() {
        let rules = Rules { reserve: Some(true), lots: 2, ..Rules::default() };
        let mut auction = at_commits(439, &rules);
        let seller = party("seller");
        auction.rng = provers::rng(5);
        let (commit, hidden) = auction.commitment(0, &seller, 3);
        let good = Instruction::Reserve(commit.clone());
        let with = |change: &dyn Fn(&mut talea_protocol::commitment::Commit)| {
            let mut commit = commit.clone();
            change(&mut commit);
            Instruction::Reserve(commit)
        };
        refuse(&auction, &seller, &with(&|c| c.lot = 2), Check::CommitLot);
        refuse(&auction, &seller, &with(&|c| c.round = 1), Check::CommitLot);
        auction.fund(key(&seller), DEPOSIT - 1);
        refuse(&auction, &seller, &good, Check::CommitStake);
        auction.fund(key(&seller), 1);
        for bad in [
            with(&|c| c.commitment = bases().h_wire),
            with(&|c| c.commitment = Point::IDENTITY),
            with(&|c| c.commitment = Point([0xff; 32])),
            with(&|c| c.range_proof.masked = List::default()),
        ] {
            refuse(&auction, &seller, &bad, Check::CommitRange);
        }
        // There is no fee: the deposit is enough.
        auction.post(&seller, &good);
        refuse(&auction, &seller, &good, Check::CommitOnce);
        // The same commitment on the other lot.
        auction.fund(key(&seller), DEPOSIT);
        auction.rng = provers::rng(5);
        let again = Instruction::Reserve(auction.commitment(1, &seller, 3).0);
        refuse(&auction, &seller, &again, Check::CommitDistinct);
        // Revealed under the seller's name, once, on its own lot.
        auction.slot = COMMITS + 1;
        let carrier = party("carrier");
        let mut elsewhere = hidden.clone();
        elsewhere.id.lot = 1;
        refuse(&auction, &carrier, &Auction::reveals(&[elsewhere]), Check::RevealCommit);
        let mut changed = hidden.clone();
        changed.sealed[5] ^= 1;
        refuse(&auction, &carrier, &Auction::reveals(&[changed]), Check::RevealSeal);
        let twice = Auction::reveals(&[hidden.clone(), hidden]);
        refuse(&auction, &carrier, &twice, Check::RevealCommit);
    }

    #[test]
    fn c4_a_reserve_takes_no_room() {
        let rules = Rules { reserve: Some(true), ..Rules::default() };
        let mut auction = Auction::open_with(440, &rules, |terms| terms.max_bids_per_lot = 1);
        auction.ceremony();
        auction.begin_commits();
        auction.reserve(0, 3);
        auction.commit(0, &bidder(0), 4);
    }

    #[test]
    fn k1_a_revealed_reserve_is_not_attested() {
        let rules = Rules { reserve: Some(true), ..Rules::default() };
        let mut auction = at_commits(448, &rules);
        let reserve = auction.reserve(0, 3);
        let bid = auction.commit(0, &bidder(0), 4);
        auction.reveal(&[reserve.clone(), bid]);
        let bad = auction.endorsement(vec![reserve.id]);
        refuse(&auction, &seat(id(0, 1)), &bad, Check::EndorseHead);
    }

    #[test]
    fn c2_the_list() {
        let mut auction = Auction::open_with(432, &Rules::default(), |terms| {
            terms.admission = Admission::Listed(List::new(vec![key(&bidder(0))]).unwrap());
        });
        auction.ceremony();
        auction.begin_commits();
        auction.commit(0, &bidder(0), 3);
        auction.fund(key(&bidder(1)), DEPOSIT + FEE);
        let (commit, _) = auction.commitment(0, &bidder(1), 3);
        refuse(&auction, &bidder(1), &Instruction::Commit(commit), Check::CommitAdmission);
    }

    #[test]
    fn c7_the_same_commitment_under_its_own_bidder() {
        // Only its bidder can prove it again: on another lot.
        let rules = Rules { lots: 2, ..Rules::default() };
        let mut auction = at_commits(433, &rules);
        let who = bidder(0);
        auction.fund(key(&who), 2 * (DEPOSIT + FEE));
        auction.rng = provers::rng(5);
        let (commit, _) = auction.commitment(0, &who, 3);
        auction.post(&who, &Instruction::Commit(commit));
        auction.rng = provers::rng(5);
        let (commit, _) = auction.commitment(1, &who, 3);
        let again = Instruction::Commit(commit);
        refuse(&auction, &who, &again, Check::CommitDistinct);
    }

    #[test]
    fn r1_r2_reveals() {
        let (mut auction, hidden) = at_reveals(434, &Rules::default(), &[3, 4]);
        let carrier = party("carrier");
        let with = |change: &dyn Fn(&mut Hidden)| {
            let mut one = hidden[0].clone();
            change(&mut one);
            Auction::reveals(&[one])
        };
        for bad in [
            Auction::reveals(&[]),
            with(&|h| h.id.lot = 1),
            with(&|h| h.id.lot = u32::MAX),
            with(&|h| h.id.round = 1),
            with(&|h| h.id.bidder = PartyKey([0; 32])),
            Auction::reveals(&[hidden[0].clone(), hidden[0].clone()]),
        ] {
            refuse(&auction, &carrier, &bad, Check::RevealCommit);
        }
        let bad = with(&|h| h.sealed[7] ^= 1);
        refuse(&auction, &carrier, &bad, Check::RevealSeal);
        let bad = with(&|h| h.sealed.push(0));
        refuse(&auction, &carrier, &bad, Check::RevealSeal);
        auction.reveal(&hidden[..1]);
        refuse(&auction, &carrier, &Auction::reveals(&hidden[..1]), Check::RevealCommit);
    }

    #[test]
    fn r1_what_was_revealed_before_is_skipped() {
        let mut auction = at_commits(429, &Rules { lots: 2, ..Rules::default() });
        let copied = &auction.commit(0, &bidder(0), 3);
        let fresh = &auction.commit(1, &bidder(0), 4);
        let last = &auction.commit(0, &bidder(1), 5);
        auction.slot = COMMITS + 1;
        let carrier = party("carrier");
        let both = |a: &Hidden, b: &Hidden| Auction::reveals(&[a.clone(), b.clone()]);
        // Whoever copies one of a bidder's sealed bids has nothing else refused.
        auction.post(&party("copier"), &Auction::reveals(std::slice::from_ref(copied)));
        auction.post(&carrier, &both(copied, fresh));
        assert_eq!(auction.replay.phase().name(), "Reveals");
        // Nothing in it is new; or nothing of one of its bidders.
        refuse(&auction, &carrier, &both(copied, fresh), Check::RevealCommit);
        refuse(&auction, &carrier, &both(last, copied), Check::RevealCommit);
        // What is skipped is checked all the same, and named once.
        let mut other = copied.clone();
        other.sealed[7] ^= 1;
        refuse(&auction, &carrier, &both(&other, last), Check::RevealSeal);
        refuse(&auction, &carrier, &both(last, &other), Check::RevealSeal);
        refuse(&auction, &carrier, &Auction::reveals(&[other]), Check::RevealSeal);
        let twice = [copied.clone(), last.clone(), copied.clone()];
        refuse(&auction, &carrier, &Auction::reveals(&twice), Check::RevealCommit);
        auction.post(&carrier, &Auction::reveals(std::slice::from_ref(last)));
        assert_eq!(auction.replay.phase().name(), "Endorsing");
        auction.endorse(&[]);
        auction.rank(&BTreeSet::new());
        let report = report(&auction.closed(), 2);
        assert_eq!(report.verdict, Verdict::Valid);
        assert_eq!((report.lots[0].ranked, report.lots[1].ranked), (2, 1));
        // Each was judged once.
        let row = report.checks.iter().find(|row| row.check == Check::RevealForm).unwrap();
        assert_eq!(row.count.performed, 3);
    }

    #[test]
    fn r1_an_invalid_bid_stays_invalid() {
        let mut auction = at_commits(428, &Rules { lots: 2, ..Rules::default() });
        auction.fund(key(&bidder(0)), DEPOSIT + FEE);
        let (commit, lie) = auction.commitment_and_unary(0, &bidder(0), 2, 3);
        auction.post(&bidder(0), &Instruction::Commit(commit));
        let good = auction.commit(1, &bidder(0), 1);
        let open = auction.commit(0, &bidder(2), 1);
        auction.slot = COMMITS + 1;
        let carrier = party("carrier");
        auction.post(&carrier, &Auction::reveals(std::slice::from_ref(&lie)));
        let again = Auction::reveals(std::slice::from_ref(&lie));
        refuse(&auction, &carrier, &again, Check::RevealCommit);
        auction.post(&carrier, &Auction::reveals(&[lie, good]));
        auction.post(&carrier, &Auction::reveals(&[open]));
        auction.endorse(&[]);
        auction.rank(&BTreeSet::new());
        let report = report(&auction.closed(), 2);
        assert_eq!((report.lots[0].ranked, report.lots[0].invalid), (1, 1));
    }

    #[test]
    fn k1_k2_endorsements() {
        let (mut auction, hidden) = at_reveals(435, &Rules::default(), &[3, 4, 5]);
        auction.reveal(&hidden[..1]);
        auction.slot = REVEALS + 1;
        auction.post(&party("anybody"), &Instruction::Tick);
        let signer = seat(id(0, 1));
        let mut lost = vec![hidden[1].id, hidden[2].id];
        lost.sort();
        for bad in [vec![hidden[0].id], vec![lost[1], lost[0]], vec![lost[0], lost[0]]] {
            let bad = auction.endorsement(bad);
            refuse(&auction, &signer, &bad, Check::EndorseHead);
        }
        let good = auction.endorsement(lost);
        let Instruction::Endorse(mut other) = good.clone() else { unreachable!() };
        other.head = Digest([0; 32]);
        let bad = Instruction::Endorse(other.clone());
        refuse(&auction, &signer, &bad, Check::EndorseHead);
        let Instruction::Endorse(mut other) = good.clone() else { unreachable!() };
        other.round = 1;
        let bad = Instruction::Endorse(other);
        refuse(&auction, &signer, &bad, Check::EndorseHead);
        auction.post(&signer, &good);
        refuse(&auction, &signer, &good, Check::EndorseOnce);
    }

    #[test]
    fn k2_a_group_has_enough() {
        let rules = Rules { groups: vec![(1, 1, 2), (1, 1, 1)], ..Rules::default() };
        let mut auction = at_endorsing(436, &rules, &[3]);
        let good = auction.endorsement(vec![]);
        auction.post(&seat(id(0, 2)), &good);
        refuse(&auction, &seat(id(0, 1)), &good, Check::EndorseOnce);
    }

    #[test]
    fn k2_a_group_wants_no_more_than_two_sets_need_to_meet() {
        // 1 of 3 by all: two endorsements are enough for any two sets to share one.
        let rules = Rules { groups: vec![(1, 3, 3), (1, 1, 1)], ..Rules::default() };
        let mut auction = at_endorsing(427, &rules, &[3]);
        let good = auction.endorsement(vec![]);
        for member in [1, 3] {
            auction.post(&seat(id(0, member)), &good);
        }
        refuse(&auction, &seat(id(0, 2)), &good, Check::EndorseOnce);
        assert_eq!(auction.replay.phase().name(), "Endorsing");
        auction.post(&seat(id(1, 1)), &good);
        assert_eq!(auction.replay.phase().name(), "Ranking");
    }
}

mod ranking {
    use super::*;

    fn is_blind(items: &Items) -> bool {
        matches!(items, Items::Blind { .. })
    }

    fn is_decrypt(items: &Items) -> bool {
        matches!(items, Items::Decrypt { .. })
    }

    #[test]
    fn k3_place() {
        let mut auction = at_ranking(441, &Rules::default(), &[3, 9]);
        until(&mut auction, is_blind);
        let who = id(0, 1);
        let Instruction::Blind(good) = auction.act(0, 0, who) else {
            panic!("the step is a Blind")
        };
        let with = |change: &dyn Fn(&mut talea_protocol::ranking::RankHeader)| {
            let mut post = good.clone();
            change(&mut post.header);
            Instruction::Blind(post)
        };
        for bad in [
            with(&|h| h.lot = 1),
            with(&|h| h.lot = u32::MAX),
            with(&|h| h.round = 1),
            with(&|h| h.step += 1),
            with(&|h| h.chunk = 1),
            with(&|h| h.chunk = u32::MAX),
            with(&|h| h.head = Digest([0; 32])),
        ] {
            refuse(&auction, &seat(who), &bad, Check::RankPlace);
        }
        let Instruction::Blind(post) = with(&|_| ()) else { unreachable!() };
        let wrong_kind = Instruction::Decrypt(talea_protocol::ranking::DecryptionSharePost {
            header: post.header,
            shares: List::default(),
            proof: talea_protocol::setup::CompactProof {
                challenge: WireScalar([0; 32]),
                response: WireScalar([0; 32]),
            },
        });
        refuse(&auction, &seat(who), &wrong_kind, Check::RankPlace);
    }

    #[test]
    fn k3_a_complete_chunk() {
        let rules =
            Rules { groups: vec![(1, 1, 2)], chunk_items: 1, fan_out: 3, ..Rules::default() };
        let mut auction = at_ranking(442, &rules, &[3, 9]);
        until(&mut auction, is_blind);
        let act = auction.act(0, 0, id(0, 1));
        let late = auction.act(0, 0, id(0, 2));
        auction.post(&seat(id(0, 1)), &act);
        refuse(&auction, &seat(id(0, 2)), &late, Check::RankPlace);
    }

    #[test]
    fn k4_actor() {
        let rules = Rules { groups: vec![(1, 1, 3), (2, 2, 3)], ..Rules::default() };
        let mut auction = at_ranking(443, &rules, &[3, 9]);
        until(&mut auction, is_gate);
        // Not the one due.
        let early = auction.act(0, 0, id(0, 2));
        refuse(&auction, &seat(id(0, 2)), &early, Check::RankActor);
        until(&mut auction, is_decrypt);
        let act = auction.act(0, 0, id(0, 2));
        auction.post(&seat(id(0, 2)), &act);
        // Acted; and a group that has enough.
        refuse(&auction, &seat(id(0, 2)), &act, Check::RankActor);
        let act = auction.act(0, 0, id(0, 1));
        refuse(&auction, &seat(id(0, 1)), &act, Check::RankActor);
    }

    #[test]
    fn k4_out() {
        let mut auction = at_ranking(444, &Rules::default(), &[3, 9]);
        until(&mut auction, is_gate);
        let act = auction.act(0, 0, id(0, 1));
        auction.slot = auction.replay.next_deadline().unwrap() + 1;
        refuse(&auction, &seat(id(0, 1)), &act, Check::RankActor);
        let act = auction.act(0, 0, id(0, 2));
        auction.post(&seat(id(0, 2)), &act);
    }

    #[test]
    fn k5_k6_gates() {
        let mut auction = at_ranking(445, &Rules::default(), &[3, 9]);
        until(&mut auction, is_gate);
        let who = id(0, 1);
        let Instruction::Gate(good) = auction.act(0, 0, who) else { panic!("the step is a Gate") };
        let with = |change: &dyn Fn(&mut Vec<GateTurn>)| {
            let mut turns = good.turns.to_vec();
            change(&mut turns);
            Instruction::Gate(GatePost { turns: List::new(turns).unwrap(), ..good.clone() })
        };
        let proved = |change: &dyn Fn(&mut GateProof)| {
            let mut post = good.clone();
            change(&mut post.proof);
            Instruction::Gate(post)
        };
        let vectors = |number: usize| {
            let vectors = good.proof.signs.iter().cycle().take(number);
            proved(&|p| p.signs = List::new(vectors.clone().copied().collect()).unwrap())
        };
        for bad in [with(&|t| t.truncate(1)), with(&|t| t.push(t[0])), with(&|t| t.clear())] {
            refuse(&auction, &seat(who), &bad, Check::RankLength);
        }
        for bad in [
            with(&|t| t.swap(0, 1)),
            with(&|t| t[1].y = t[0].y),
            with(&|t| t[1].x.r = Point([0xff; 32])),
            with(&|t| t[0].sign.0[0] ^= 1),
            vectors(0),
            vectors(2),
            proved(&|p| p.squares.linear = Point([0xff; 32])),
            proved(&|p| p.announcement.e = Point([0xff; 32])),
            proved(&|p| p.randomness = WireScalar([0xff; 32])),
            proved(&|p| p.randomness = WireScalar([0; 32])),
        ] {
            refuse(&auction, &seat(who), &bad, Check::GateProof);
        }
        // Another keyholder's turn.
        auction.slot = auction.replay.next_deadline().unwrap() + 1;
        let stolen = with(&|_| ());
        refuse(&auction, &seat(id(0, 2)), &stolen, Check::GateProof);
    }

    #[test]
    fn k5_k7_k8_blinds() {
        let rules = Rules { groups: vec![(2, 2, 2)], ..Rules::default() };
        let mut auction = at_ranking(446, &rules, &[3, 9]);
        until(&mut auction, is_blind);
        let who = id(0, 1);
        let Instruction::Blind(good) = auction.act(0, 0, who) else {
            panic!("the step is a Blind")
        };
        let mut short = good.clone();
        short.responses = List::default();
        let short = Instruction::Blind(short);
        refuse(&auction, &seat(who), &short, Check::RankLength);
        let mut bad = good.clone();
        bad.challenge = WireScalar([0; 32]);
        refuse(&auction, &seat(who), &Instruction::Blind(bad), Check::BlindProof);
        // The identity is its own multiple by 0, and proves it.
        let ranking = auction.replay.lot_states()[0].ranking.as_ref().unwrap();
        let Items::Blind { inputs, .. } = &ranking.step.chunks[0].items else {
            panic!("the step is a Blind")
        };
        let inputs: Vec<_> = inputs.iter().map(|item| item.cipher).collect();
        let header = good.header;
        let facts = auction.replay.facts.clone();
        let with = |who: KeyholderId, a: Scalar| {
            let context = Context::rank(facts.auction, &header, key(&seat(who)));
            let post = provers::blind_with(
                &mut provers::rng(3),
                &context,
                &header.head,
                header.chunk,
                &inputs,
                &[a],
            );
            Instruction::Blind(BlindPost {
                header,
                blinded: List::new(post.outputs).unwrap(),
                challenge: post.challenge,
                responses: List::new(post.responses).unwrap(),
            })
        };
        let zero = with(who, Scalar::ZERO);
        let a = Scalar::from(77u8);
        let (first, cancelling) = (with(who, a), with(id(0, 2), -a));
        refuse(&auction, &seat(who), &zero, Check::BlindProof);
        auction.post(&seat(who), &first);
        refuse(&auction, &seat(id(0, 2)), &cancelling, Check::BlindSum);
    }

    #[test]
    fn k5_k9_decryption_shares() {
        let mut auction = at_ranking(447, &Rules::default(), &[3, 9]);
        until(&mut auction, is_gate);
        until(&mut auction, is_decrypt);
        let who = id(0, 1);
        let Instruction::Decrypt(good) = auction.act(0, 0, who) else {
            panic!("the step is a Decrypt")
        };
        let with = |change: &dyn Fn(&mut Vec<Point>)| {
            let mut shares = good.shares.to_vec();
            change(&mut shares);
            let mut post = good.clone();
            post.shares = List::new(shares).unwrap();
            Instruction::Decrypt(post)
        };
        let bad = with(&|s| s.truncate(1));
        refuse(&auction, &seat(who), &bad, Check::RankLength);
        for bad in [
            with(&|s| s.swap(0, 1)),
            with(&|s| s[0] = Point::IDENTITY),
            with(&|s| s[0] = Point([0xff; 32])),
            with(&|s| s[1] = encode(&bases().h)),
        ] {
            refuse(&auction, &seat(who), &bad, Check::DecryptionShare);
        }
        // Another keyholder's shares.
        let stolen = with(&|_| ());
        refuse(&auction, &seat(id(0, 2)), &stolen, Check::DecryptionShare);
    }
}

mod shuffling {
    use super::*;
    use provers::Move;
    use talea_protocol::ranking::{ShufflePost, ShuffleProof};

    fn is_shuffle(items: &Items) -> bool {
        matches!(items, Items::Shuffle(_))
    }

    fn at_shuffle(seed: u64, units: u16, rules: Rules) -> Auction {
        let rules = Rules { mechanism: Mechanism::UniformPrice { units }, ..rules };
        let mut auction = at_ranking(seed, &rules, &[3, 9, 5, 5, 5]);
        until(&mut auction, is_shuffle);
        auction
    }

    fn shuffle(auction: &mut Auction, who: KeyholderId) -> ShufflePost {
        match auction.act(0, 0, who) {
            Instruction::Shuffle(post) => post,
            other => panic!("the step is a Shuffle: {other:?}"),
        }
    }

    fn with(post: &ShufflePost, change: impl FnOnce(&mut Vec<Ciphertext>)) -> Instruction {
        let mut outputs = post.outputs.to_vec();
        change(&mut outputs);
        Instruction::Shuffle(ShufflePost { outputs: List::new(outputs).unwrap(), ..post.clone() })
    }

    fn with_proof(post: &ShufflePost, change: impl FnOnce(&mut ShuffleProof)) -> Instruction {
        let mut post = post.clone();
        change(&mut post.proof);
        Instruction::Shuffle(post)
    }

    fn changed<T: Clone, const MAX: usize>(
        list: &List<T, MAX>,
        change: impl FnOnce(&mut Vec<T>),
    ) -> List<T, MAX> {
        let mut list = list.to_vec();
        change(&mut list);
        List::new(list).unwrap()
    }

    #[test]
    fn k3_k4_turns() {
        let mut auction = at_shuffle(460, 1, Rules::default());
        let (first, second) = (id(0, 1), id(0, 2));
        // Not the one due; not of this step's kind.
        let early = auction.act(0, 0, second);
        refuse(&auction, &seat(second), &early, Check::RankActor);
        let act = auction.act(0, 0, first);
        let Instruction::Shuffle(post) = &act else { panic!("the step is a Shuffle") };
        let nothing = (Point::IDENTITY, WireScalar([0; 32]));
        let gate = Instruction::Gate(GatePost {
            header: post.header,
            turns: List::default(),
            proof: GateProof {
                signs: List::default(),
                squares: Quadratic { linear: nothing.0, constant: nothing.0, blinding: nothing.1 },
                announcement: Ciphertext::default(),
                randomness: nothing.1,
            },
        });
        refuse(&auction, &seat(first), &gate, Check::RankPlace);
        let outsider = party("outsider");
        refuse(&auction, &outsider, &act, Check::EnvelopeRole);
        auction.post(&seat(first), &act);
        refuse(&auction, &seat(first), &act, Check::RankActor);
        // An act moves the deadline; who is late is excluded.
        let deadline = auction.replay.next_deadline().unwrap();
        auction.slot = deadline;
        let act = auction.act(0, 0, second);
        auction.slot = deadline + 1;
        refuse(&auction, &seat(second), &act, Check::RankActor);
        let third = auction.act(0, 0, id(0, 3));
        auction.post(&seat(id(0, 3)), &third);
    }

    #[test]
    fn an_act_moves_the_deadline() {
        let mut auction = at_shuffle(461, 1, Rules::default());
        // step_slots and five bids.
        let dur = 10 + 5;
        let before = auction.replay.next_deadline().unwrap();
        auction.slot = before;
        let act = auction.act(0, 0, id(0, 1));
        auction.post(&seat(id(0, 1)), &act);
        assert_eq!(auction.replay.next_deadline(), Some(before + dur));
    }

    #[test]
    fn k5_counts_entries() {
        let lengths = |auction: &Auction| -> Vec<usize> {
            let ranking = auction.replay.lot_states()[0].ranking.as_ref().unwrap();
            ranking.step.chunks.iter().map(|chunk| chunk.len).collect()
        };
        // One list of four, of three points, fits in a chunk of seven.
        let rules = Rules { fan_out: 3, chunk_items: 7, ..Rules::default() };
        let mut auction = at_shuffle(462, 2, rules);
        let who = id(0, 1);
        assert_eq!(lengths(&auction), [4, 4, 4]);
        let good = shuffle(&mut auction, who);
        for bad in [
            with(&good, |z| z.truncate(3)),
            with(&good, |z| z.push(z[0])),
            with(&good, |z| z.clear()),
            // A wrong length comes before a wrong form.
            with(&good, |z| {
                z.truncate(3);
                z[0].r = Point::IDENTITY;
            }),
        ] {
            refuse(&auction, &seat(who), &bad, Check::RankLength);
        }
        // More than one list where they fit.
        let rules = Rules { fan_out: 3, chunk_items: 8, ..Rules::default() };
        assert_eq!(lengths(&at_shuffle(463, 2, rules)), [8, 4]);
        // A list has a chunk of its own where not even one fits.
        let rules = Rules { fan_out: 3, chunk_items: 1, ..Rules::default() };
        assert_eq!(lengths(&at_shuffle(464, 4, rules)), [8, 8, 8]);
    }

    #[test]
    fn k12_shuffles() {
        let mut auction = at_shuffle(465, 2, Rules { fan_out: 2, ..Rules::default() });
        let (first, second) = (id(0, 1), id(0, 2));
        let good = shuffle(&mut auction, first);
        let garbage = WireScalar([0xff; 32]);
        for bad in [
            with(&good, |z| z.swap(0, 1)),
            with(&good, |z| z[1] = z[0]),
            with(&good, |z| z[1].r = Point([0xff; 32])),
            with(&good, |z| z[1].e = Point([0xff; 32])),
            with(&good, |z| z[1].r = Point::IDENTITY),
            with_proof(&good, |p| p.mask = garbage),
            with_proof(&good, |p| p.mask = WireScalar([0; 32])),
            with_proof(&good, |p| p.raised = changed(&p.raised, |p| p[7] = garbage)),
            with_proof(&good, |p| p.raised = changed(&p.raised, |p| p.swap(0, 1))),
            with_proof(&good, |p| p.raised = changed(&p.raised, |p| p.truncate(7))),
            with_proof(&good, |p| p.masked = changed(&p.masked, |z| z[3].0[0] ^= 1)),
            with_proof(&good, |p| p.masked = changed(&p.masked, |z| z.truncate(3))),
            with_proof(&good, |p| p.moves = changed(&p.moves, |v| v.clear())),
            with_proof(&good, |p| p.powers = changed(&p.powers, |v| v.push(v[0]))),
            with_proof(&good, |p| p.polynomial = changed(&p.polynomial, |d| d.swap(0, 1))),
            with_proof(&good, |p| p.polynomial = changed(&p.polynomial, |d| d.clear())),
        ] {
            refuse(&auction, &seat(first), &bad, Check::ShuffleProof);
        }
        let ranking = auction.replay.lot_states()[0].ranking.as_ref().unwrap();
        let Items::Shuffle(lists) = &ranking.step.chunks[0].items else {
            panic!("the step is a Shuffle")
        };
        let entries: Vec<_> = lists.entries.iter().map(|entry| entry.cipher).collect();
        let header = good.header;
        let context = Context::rank(auction.replay.facts.auction, &header, key(&seat(first)));
        let quorum_key = auction.replay.committee().unwrap().key.point;
        let prove = |lists: &[Vec<_>], moves: &[Move]| {
            let (outputs, proof) = provers::shuffle_of(
                &mut provers::rng(3),
                &context,
                &header.head,
                header.chunk,
                &quorum_key,
                lists,
                moves,
            );
            let outputs = List::new(outputs).unwrap();
            Instruction::Shuffle(ShufflePost { header, outputs, proof })
        };
        // A power of 0 has a proof; what it leaves is refused.
        let cut = |length| -> Vec<Vec<_>> { entries.chunks(length).map(<[_]>::to_vec).collect() };
        let mut powers = [Scalar::ONE; 4];
        let honest = Move::of(2, 1, &powers);
        powers[3] = Scalar::ZERO;
        let zero = [honest, Move::of(2, 1, &powers)];
        refuse(&auction, &seat(first), &prove(&cut(4), &zero), Check::ShuffleProof);
        // The same entries as lists of another length.
        for (length, k) in [(2, 1), (8, 3)] {
            let lists = cut(length);
            let moves = vec![Move::of(k, 1, &vec![Scalar::ONE; length]); lists.len()];
            refuse(&auction, &seat(first), &prove(&lists, &moves), Check::ShuffleProof);
        }
        // The second turn starts from what the first left.
        let stale = shuffle(&mut auction, second);
        auction.post(&seat(first), &Instruction::Shuffle(good.clone()));
        refuse(&auction, &seat(second), &Instruction::Shuffle(stale), Check::ShuffleProof);
        refuse(&auction, &seat(second), &Instruction::Shuffle(good), Check::ShuffleProof);
        let act = auction.act(0, 0, second);
        auction.post(&seat(second), &act);
    }
}
