//! T1 to T7: terms under which nobody can hold an auction.

use super::{
    SCRIPT,
    signatures::{bad_keys, small_order_keys},
};
use talea_contract::Auction;
use talea_parties::seller;
use talea_protocol::{
    bytes::{PartyKey, Point, Signature},
    limits::MAX_TERMS_BYTES,
    price::{Price, PriceGrid, Scale, Shape, Side},
    quorum::{Group, Member},
    terms::{
        Acceptance, Admission, Currency, Depth, Disclosure, Mechanism, Money, Openings, Quotation,
        Reserve, Rounds, Terms,
    },
};
use talea_tests::{list, replay::edit};

const TWO_TO_62: u64 = 1 << 62;
const TWO_TO_32: u64 = 1 << 32;

/// Opens at slot 1 under these terms, signed by the script's seller.
fn open(terms: &Terms) -> Result<Auction, &'static str> {
    open_at(1, terms)
}

fn open_at(slot: u64, terms: &Terms) -> Result<Auction, &'static str> {
    let genesis = seller::open(SCRIPT.pens.identity(SCRIPT.seller()), terms, slot).unwrap();
    verdict(slot, &genesis.terms, &genesis.signature)
}

fn verdict(slot: u64, terms: &[u8], signature: &Signature) -> Result<Auction, &'static str> {
    Auction::open(slot, terms, signature).map_err(|refusal| refusal.check.number())
}

/// The check that refuses good terms with one thing altered; nothing if they open.
fn altered(alter: impl FnOnce(&mut Terms)) -> Option<&'static str> {
    let mut terms = SCRIPT.small.terms();
    alter(&mut terms);
    open(&terms).err()
}

/// The same, for the grid of the only lot.
fn grid(alter: impl FnOnce(&mut PriceGrid)) -> Option<&'static str> {
    altered(|terms| edit(&mut terms.lots, |lots| alter(&mut lots[0].grid)))
}

/// The same, for the only group.
fn group(alter: impl FnOnce(&mut Group)) -> Option<&'static str> {
    altered(|terms| edit(&mut terms.quorum, |groups| alter(&mut groups[0])))
}

/// The same, for one of its members.
fn member(alter: impl FnOnce(&mut [Member])) -> Option<&'static str> {
    group(|group| edit(&mut group.members, |members| alter(members)))
}

#[test]
fn t1_terms_are_exactly_their_canonical_bytes() {
    let terms = SCRIPT.small.terms();
    let genesis = seller::open(SCRIPT.pens.identity(SCRIPT.seller()), &terms, 1).unwrap();
    let bytes = genesis.terms.to_vec();
    let refused = |bytes: &[u8]| verdict(1, bytes, &genesis.signature).err();
    assert_eq!(refused(&bytes), None);
    for cut in 0..bytes.len() {
        assert_eq!(refused(&bytes[..cut]), Some("T1"), "cut at {cut}");
    }
    assert_eq!(refused(&[&bytes, &[0][..]].concat()), Some("T1"));
    assert_eq!(refused(&vec![0; MAX_TERMS_BYTES + 1]), Some("T1"));
    assert_eq!(refused(&[bytes, vec![0; MAX_TERMS_BYTES]].concat()), Some("T1"));
}

#[test]
fn t1_terms_are_of_this_version_of_the_protocol() {
    for version in [0, 1, 2, 4, u16::MAX] {
        assert_eq!(altered(|terms| terms.version = version), Some("T1"));
    }
}

#[test]
fn t1_no_text_or_shape_or_list_beyond_its_rules() {
    let terms = SCRIPT.small.terms();
    let bytes = borsh::to_vec(&terms).unwrap();
    let domain = 2 + 32;
    let lots = domain + 4 + terms.domain.as_str().len() + 64;
    let shape = {
        let head = borsh::to_vec(&terms.lots[0]).unwrap().len();
        lots + 4 + head - terms.lots[0].grid.shape.digits()
    };
    let mut changes: Vec<(&str, usize, u8)> = Vec::new();
    changes.push(("a control character", domain + 4, b'\n'));
    changes.push(("not UTF-8", domain + 4, 0xff));
    changes.push(("a text of 255", domain, 0xff));
    changes.push(("no such bool or enum", shape - 4 - 1 - 1, 9));
    changes.push(("a digit of no bits", shape, 0));
    changes.push(("a digit of 11 bits", shape, 11));
    for (what, place, byte) in changes {
        let mut bytes = bytes.clone();
        bytes[place] = byte;
        assert_eq!(verdict(1, &bytes, &Signature([0; 64])).err(), Some("T1"), "{what}");
    }
}

#[test]
fn t2_there_is_a_lot_and_a_quantity() {
    assert_eq!(altered(|terms| terms.lots = list([])), Some("T2"));
    assert_eq!(altered(|t| edit(&mut t.lots, |lots| lots[0].quantity = 0)), Some("T2"));
    let second = |terms: &mut Terms| {
        edit(&mut terms.lots, |lots| {
            lots.push(lots[0].clone());
            lots[1].quantity = 0;
        });
    };
    assert_eq!(altered(second), Some("T2"), "of every lot");
}

#[test]
fn t2_a_grid_is_possible() {
    let shape = |bits: &[u8]| Shape::new(bits).unwrap();
    assert_eq!(grid(|l| l.scale = Scale::Decimal(12)), None);
    assert_eq!(grid(|l| l.scale = Scale::Decimal(13)), Some("T2"));
    assert_eq!(grid(|l| l.scale = Scale::Binary(8)), None);
    assert_eq!(grid(|l| l.scale = Scale::Binary(9)), Some("T2"));
    assert_eq!(grid(|l| l.tick = 0), Some("T2"));
    for (levels, verdict) in [(0, Some("T2")), (1, Some("T2")), (2, None), (8, None)] {
        assert_eq!(grid(|l| l.levels = levels), verdict, "{levels} levels");
    }
    assert_eq!(grid(|l| l.levels = 9), Some("T2"), "eight are the digits'");
    assert_eq!(grid(|l| l.levels = u32::MAX), Some("T2"));
    assert_eq!(grid(|l| (l.levels, l.shape) = (u32::MAX, shape(&[1; 32]))), None);
}

#[test]
fn t2_every_price_fits_in_64_bits() {
    let at = |side, start, tick| {
        grid(|l| (l.side, l.start, l.tick, l.levels) = (side, Price(start), tick, 8))
    };
    let (up, down) = (Side::HighestWins, Side::LowestWins);
    assert_eq!(at(up, i64::MAX - 7, 1), None);
    assert_eq!(at(up, i64::MAX - 6, 1), Some("T2"));
    assert_eq!(at(down, i64::MIN + 7, 1), None);
    assert_eq!(at(down, i64::MIN + 6, 1), Some("T2"));
    assert_eq!(at(up, 0, i64::MAX as u64 / 7), None);
    assert_eq!(at(up, 0, i64::MAX as u64 / 7 + 1), Some("T2"));
    // The tick itself has 63 bits, even where a sum with it would have 64.
    let two = |tick| grid(|l| (l.start, l.tick, l.levels) = (Price(i64::MIN), tick, 2));
    assert_eq!(two(i64::MAX as u64), None);
    assert_eq!(two(i64::MAX as u64 + 1), Some("T2"));
    assert_eq!(two(u64::MAX), Some("T2"));
}

#[test]
fn t3_deadlines_follow_one_another() {
    let schedule = |deals, complaints, commits, reveals| {
        altered(|t| {
            t.reserve = None;
            t.schedule.witness_slots = 0;
            t.schedule.deals_until = deals;
            t.schedule.complaints_until = complaints;
            t.schedule.commits_until = commits;
            t.schedule.reveals_until = reveals;
        })
    };
    assert_eq!(schedule(1, 2, 3, 4), None);
    assert_eq!(schedule(0, 2, 3, 4), Some("T3"), "before the opening");
    assert_eq!(schedule(2, 2, 3, 4), Some("T3"));
    assert_eq!(schedule(1, 3, 3, 4), Some("T3"));
    assert_eq!(schedule(1, 2, 4, 4), Some("T3"));
    assert_eq!(schedule(1, 2, 3, TWO_TO_62), None);
    assert_eq!(schedule(1, 2, 3, TWO_TO_62 + 1), Some("T3"));
    assert_eq!(schedule(u64::MAX, u64::MAX, u64::MAX, u64::MAX), Some("T3"));
    let terms = SCRIPT.small.terms();
    assert_eq!(open_at(terms.schedule.deals_until, &terms).err(), None);
    assert_eq!(open_at(terms.schedule.deals_until + 1, &terms).err(), Some("T3"));
    assert_eq!(open_at(u64::MAX, &terms).err(), Some("T3"));
}

#[test]
fn t3_every_step_has_time() {
    for (slots, verdict) in
        [(0, Some("T3")), (1, None), (TWO_TO_32, None), (TWO_TO_32 + 1, Some("T3"))]
    {
        assert_eq!(altered(|t| t.schedule.endorse_slots = slots), verdict);
        assert_eq!(altered(|t| t.schedule.step_slots = slots), verdict);
    }
    assert_eq!(altered(|t| t.schedule.step_slots_per_bid = 0), None);
    assert_eq!(altered(|t| t.schedule.step_slots_per_bid = TWO_TO_32), None);
    assert_eq!(altered(|t| t.schedule.step_slots_per_bid = TWO_TO_32 + 1), Some("T3"));
}

#[test]
fn t3_bids_questions_and_chunks_are_within_their_bounds() {
    for (bids, verdict) in [(0, Some("T3")), (1, None), (65_535, None), (65_536, Some("T3"))] {
        assert_eq!(altered(|t| t.max_bids_per_lot = bids), verdict);
    }
    for (points, verdict) in [(0, Some("T3")), (1, None), (1_023, None), (1_024, Some("T3"))] {
        assert_eq!(altered(|t| t.fan_out = points), verdict);
    }
    for (items, verdict) in [(0, Some("T3")), (1, None), (2_048, None), (2_049, Some("T3"))] {
        assert_eq!(altered(|t| t.chunk_items = items), verdict);
    }
}

#[test]
fn t4_a_quorum_can_act() {
    assert_eq!(altered(|terms| terms.quorum = list([])), Some("T4"));
    let thresholds = |threshold, endorsements| {
        group(|group| (group.threshold, group.endorsements) = (threshold, endorsements))
    };
    assert_eq!(thresholds(0, 2), Some("T4"));
    assert_eq!(thresholds(0, 0), Some("T4"));
    assert_eq!(thresholds(1, 1), None);
    assert_eq!(thresholds(3, 2), Some("T4"), "it would rank on less than it takes to decrypt");
    assert_eq!(thresholds(4, 4), None);
    assert_eq!(thresholds(2, 5), Some("T4"), "there are four");
    assert_eq!(thresholds(u16::MAX, u16::MAX), Some("T4"));
    assert_eq!(group(|group| group.members = list([])), Some("T4"));
}

#[test]
fn t4_signing_keys_are_distinct_over_the_whole_quorum() {
    assert_eq!(member(|m| m[1].signing = m[0].signing), Some("T4"));
    let two_groups = |alter: fn(&mut Group)| {
        altered(|terms| {
            edit(&mut terms.quorum, |groups| {
                let mut members = groups[0].members.to_vec();
                let second = members.split_off(2);
                groups[0].members = list(members);
                let mut other = Group { members: list(second), ..groups[0].clone() };
                alter(&mut other);
                groups.push(other);
            });
        })
    };
    assert_eq!(two_groups(|_| {}), None);
    assert_eq!(
        two_groups(|group| edit(&mut group.members, |m| m[0].signing = SCRIPT.keyholder(1))),
        Some("T4")
    );
    let encryption = |group: &mut Group| {
        let first = SCRIPT.small.cast().member(0, 0).unwrap().encryption;
        edit(&mut group.members, |m| m[0].encryption = first);
    };
    assert_eq!(two_groups(encryption), Some("T4"));
}

#[test]
fn t4_signing_keys_are_valid() {
    for key in bad_keys() {
        assert_eq!(member(|m| m[2].signing = key), Some("T4"), "{key}");
    }
}

#[test]
fn t4_encryption_keys_are_distinct_canonical_and_not_the_identity() {
    assert_eq!(member(|m| m[1].encryption = m[0].encryption), Some("T4"));
    assert_eq!(member(|m| m[1].encryption = Point::IDENTITY), Some("T4"));
    // RFC 9496, A.2: the field's order for zero, an odd encoding, no square.
    let mut order = [0xff; 32];
    (order[0], order[31]) = (0xed, 0x7f);
    let mut one = [0; 32];
    one[0] = 1;
    for encoding in [order, one, [0xff; 32]] {
        assert_eq!(member(|m| m[1].encryption = Point(encoding)), Some("T4"), "{encoding:?}");
    }
}

#[test]
fn t5_seller_custodian_and_beneficiary_have_valid_keys() {
    for key in bad_keys() {
        assert_eq!(altered(|t| t.seller = key), Some("T5"), "{key}");
        assert_eq!(altered(|t| t.custodian = key), Some("T5"), "{key}");
        assert_eq!(altered(|t| t.stakes.beneficiary = Some(key)), Some("T5"), "{key}");
    }
    assert_eq!(altered(|t| t.stakes.beneficiary = None), None, "nobody needs no key");
}

#[test]
fn t5_seller_custodian_and_beneficiary_are_three() {
    assert_eq!(altered(|t| t.custodian = t.seller), Some("T5"));
    assert_eq!(altered(|t| t.stakes.beneficiary = Some(t.seller)), Some("T5"));
    assert_eq!(altered(|t| t.stakes.beneficiary = Some(t.custodian)), Some("T5"));
}

#[test]
fn t5_no_keyholder_receives_what_it_could_cause_to_be_forfeited() {
    for keyholder in 1..=4 {
        let beneficiary = Some(SCRIPT.keyholder(keyholder));
        assert_eq!(altered(|t| t.stakes.beneficiary = beneficiary), Some("T5"));
    }
}

#[test]
fn t5_listed_bidders_ascend_and_have_valid_keys() {
    let mut keys: Vec<PartyKey> = (0..5).map(|index| SCRIPT.bidder(index)).collect();
    keys.sort();
    let listed = |keys: &[PartyKey]| {
        altered(|terms| terms.admission = Admission::Listed(list(keys.to_vec())))
    };
    assert_eq!(listed(&keys), None);
    assert_eq!(listed(&[]), None);
    assert_eq!(listed(&[keys[1], keys[0]]), Some("T5"));
    assert_eq!(listed(&[keys[0], keys[0]]), Some("T5"));
    for key in bad_keys() {
        assert_eq!(listed(&[key]), Some("T5"), "{key}");
    }
}

#[test]
fn t5_stakes_fit_in_64_bits() {
    let stakes = |deposit, commit_fee| {
        altered(|t| (t.stakes.deposit, t.stakes.commit_fee) = (deposit, commit_fee))
    };
    assert_eq!(stakes(u64::MAX, 0), None);
    assert_eq!(stakes(u64::MAX - 1, 1), None);
    assert_eq!(stakes(u64::MAX, 1), Some("T5"));
    assert_eq!(stakes(1 << 63, 1 << 63), Some("T5"));
    // The fee grows for every bid that a lot may have.
    let growth = |fee_growth, deposit| {
        altered(|t| {
            t.max_bids_per_lot = 500;
            t.stakes.fee_growth = fee_growth;
            (t.stakes.deposit, t.stakes.commit_fee) = (deposit, 1);
        })
    };
    assert_eq!(growth(1, u64::MAX - 501), None);
    assert_eq!(growth(1, u64::MAX - 500), Some("T5"));
    assert_eq!(growth((u64::MAX - 1) / 500, 0), None);
    assert_eq!(growth(u64::MAX / 500 + 1, 0), Some("T5"));
    assert_eq!(growth(u64::MAX, 0), Some("T5"));
    let bonds = |bond, lots: usize| {
        altered(|t| {
            t.stakes.bond = bond;
            t.lots = list(vec![t.lots[0].clone(); lots]);
        })
    };
    assert_eq!(bonds(u64::MAX, 1), None);
    assert_eq!(bonds(u64::MAX / 3, 3), None);
    assert_eq!(bonds(u64::MAX / 3 + 1, 3), Some("T5"));
}

#[test]
fn t6_the_seller_signed_these_terms_for_this_slot() {
    let terms = SCRIPT.small.terms();
    let pen = SCRIPT.pens.identity(SCRIPT.seller());
    let genesis = seller::open(pen, &terms, 1).unwrap();
    let refused = |slot, signature: Signature| verdict(slot, &genesis.terms, &signature).err();
    assert_eq!(refused(1, genesis.signature), None);
    assert_eq!(refused(2, genesis.signature), Some("T6"), "another slot");
    for place in 0..64 {
        let mut signature = genesis.signature;
        signature.0[place] ^= 1 << (place % 8);
        assert_eq!(refused(1, signature), Some("T6"), "byte {place}");
    }
    let by_custodian =
        seller::open(SCRIPT.pens.identity(terms.custodian), &terms, 1).unwrap().signature;
    assert_eq!(refused(1, by_custodian), Some("T6"));
    let mut other = terms.clone();
    other.nonce[0] ^= 1;
    let of_other = seller::open(pen, &other, 1).unwrap().signature;
    assert_eq!(refused(1, of_other), Some("T6"), "other terms");
    // An instruction's signature does not open, though it is the seller's and of this auction.
    let tick = SCRIPT.tick();
    let of_tick = Signature(tick[32..96].try_into().unwrap());
    assert_eq!(refused(1, of_tick), Some("T6"));
}

#[test]
fn t7_a_uniform_price_sells_one_to_63_units() {
    let units = |units| altered(|t| t.mechanism = Mechanism::UniformPrice { units });
    for (sold, verdict) in
        [(0, Some("T7")), (1, None), (63, None), (64, Some("T7")), (u16::MAX, Some("T7"))]
    {
        assert_eq!(units(sold), verdict, "{sold} units");
    }
    assert_eq!(altered(|t| t.mechanism = Mechanism::FirstPrice), None);
}

#[test]
fn t7_a_depth_has_a_bid() {
    for cover in [false, true] {
        let depth = |min_bids| {
            let depth = Some(Depth { min_bids });
            altered(|t| t.disclosure = Disclosure::Facts { cover, depth })
        };
        assert_eq!(depth(0), Some("T7"));
        assert_eq!(depth(1), None);
        assert_eq!(depth(u32::MAX), None, "more than ever bid: never opened");
    }
    assert_eq!(altered(|t| t.disclosure = Disclosure::Everything), None);
}

#[test]
fn t7_a_reserve_is_due_between_the_complaints_and_the_bids() {
    let until = |until| {
        [true, false].map(|opened| altered(|t| t.reserve = Some(Reserve { until, opened })))
    };
    let schedule = SCRIPT.small.terms().schedule;
    let (complaints, commits) = (schedule.complaints_until, schedule.commits_until);
    for slot in [0, complaints - 1, complaints, commits, commits + 1, u64::MAX] {
        assert_eq!(until(slot), [Some("T7"); 2], "{slot}");
    }
    for slot in [complaints + 1, commits - 1] {
        assert_eq!(until(slot), [None; 2], "{slot}");
    }
    // Where commits follow at once there is no slot for it.
    let without_room = |t: &mut Terms| t.schedule.complaints_until = t.schedule.commits_until - 1;
    assert_eq!(altered(without_room), Some("T7"));
}

#[test]
fn t7_a_decision_has_time() {
    for (slots, verdict) in [
        (0, Some("T7")),
        (1, None),
        (TWO_TO_32, None),
        (TWO_TO_32 + 1, Some("T7")),
        (u64::MAX, Some("T7")),
    ] {
        assert_eq!(altered(|t| t.acceptance = Some(Acceptance { slots })), verdict);
    }
    assert_eq!(altered(|t| t.acceptance = None), None);
}

#[test]
fn t7_rounds_have_a_limit_and_time_and_a_depth_to_show() {
    let depth = Disclosure::Facts { cover: false, depth: Some(Depth { min_bids: 1 }) };
    let with = |rounds: Rounds, disclosure: Disclosure| {
        altered(|t| {
            t.schedule.witness_slots = 0;
            (t.rounds, t.disclosure) = (Some(rounds), disclosure);
        })
    };
    let rounds = Rounds { limit: 2, commit_slots: 1, reveal_slots: 1, cover: false };
    for (limit, verdict) in [
        (0, Some("T7")),
        (1, Some("T7")),
        (2, None),
        (64, None),
        (65, Some("T7")),
        (u32::MAX, Some("T7")),
    ] {
        assert_eq!(with(Rounds { limit, ..rounds }, depth), verdict, "{limit} rounds");
    }
    for (slots, verdict) in [
        (0, Some("T7")),
        (1, None),
        (TWO_TO_32, None),
        (TWO_TO_32 + 1, Some("T7")),
        (u64::MAX, Some("T7")),
    ] {
        assert_eq!(with(Rounds { commit_slots: slots, ..rounds }, depth), verdict, "{slots}");
        assert_eq!(with(Rounds { reveal_slots: slots, ..rounds }, depth), verdict, "{slots}");
    }
    let nothing_to_show = [Disclosure::WINNER_AND_PRICE, Disclosure::Everything];
    for disclosure in nothing_to_show {
        assert_eq!(with(Rounds { cover: true, ..rounds }, disclosure), Some("T7"));
    }
    assert_eq!(with(Rounds { cover: true, ..rounds }, depth), None);
}

#[test]
fn witnesses_have_time_in_every_phase_that_they_watch() {
    // Reveals last ten slots here.
    let margin = |slots| altered(|t| t.schedule.witness_slots = slots);
    assert_eq!([0, 9, 10, u64::MAX].map(margin), [None, None, Some("T3"), Some("T3")]);
    let long = |slots| {
        altered(|t| {
            t.schedule.reveals_until = 1 << 40;
            t.schedule.witness_slots = slots;
        })
    };
    assert_eq!([TWO_TO_32, TWO_TO_32 + 1].map(long), [None, Some("T3")]);
    let in_rounds = |commit_slots, reveal_slots| {
        altered(|t| {
            t.schedule.witness_slots = 5;
            t.disclosure = Disclosure::Facts { cover: false, depth: Some(Depth { min_bids: 1 }) };
            t.rounds = Some(Rounds { limit: 2, commit_slots, reveal_slots, cover: false });
        })
    };
    assert_eq!(in_rounds(6, 6), None);
    assert_eq!(in_rounds(5, 6), Some("T7"));
    assert_eq!(in_rounds(6, 5), Some("T7"));
}

#[test]
fn t7_what_is_shown_fits_in_a_record() {
    let shown = |lots: usize, bits: u8, limit: Option<u32>| {
        altered(|t| {
            t.disclosure = Disclosure::Facts { cover: false, depth: Some(Depth { min_bids: 1 }) };
            let (commit_slots, reveal_slots) = (5, 5);
            t.rounds = limit.map(|limit| Rounds { limit, commit_slots, reveal_slots, cover: true });
            let mut lot = t.lots[0].clone();
            lot.grid.shape = Shape::new(&[bits]).unwrap();
            lot.grid.levels = 1 << bits;
            t.lots = list(vec![lot; lots]);
        })
    };
    // 2^22 buckets: 64 lots of 1,024 in 64 rounds.
    assert_eq!(shown(64, 10, Some(64)), None);
    assert_eq!(shown(65, 10, Some(64)), Some("T7"));
    assert_eq!(shown(1024, 6, Some(64)), None);
    assert_eq!(shown(1024, 7, Some(64)), Some("T7"));
    assert_eq!(shown(1024, 10, None), None);
}

#[test]
fn t7_a_currency_is_three_capital_letters() {
    for quotation in
        [Quotation::Lot, Quotation::Unit, Quotation::Percent, Quotation::Yield, Quotation::Spread]
    {
        let with = |code: &[u8; 3]| {
            let money = Money { currency: Currency(*code), quotation };
            altered(|terms| terms.money = Some(money))
        };
        assert_eq!([with(b"USD"), with(b"AAA"), with(b"ZZZ")], [None; 3]);
        for code in [b"usd", b"Usd", b"US ", b"U5D", b"US@", b"US[", b"US\0", b"\0\0\0", b"US\xff"]
        {
            assert_eq!(with(code), Some("T7"), "{}", code.escape_ascii());
        }
    }
}

#[test]
fn t1_there_are_five_quotations_and_two_kinds_of_openings() {
    let mut terms = SCRIPT.small.terms();
    let currency = Currency(*b"USD");
    terms.money = Some(Money { currency, quotation: Quotation::Spread });
    terms.openings = Openings::Recorded;
    let bytes = borsh::to_vec(&terms).unwrap();
    let (before, [4, 1]) = bytes.split_last_chunk().unwrap() else { panic!("{bytes:?}") };
    for (tags, check) in [([4, 1], "T6"), ([5, 1], "T1"), ([4, 2], "T1"), ([255, 255], "T1")] {
        let bytes = [before, &tags].concat();
        assert_eq!(verdict(1, &bytes, &Signature([0; 64])).err(), Some(check), "{tags:?}");
    }
}

#[test]
fn t7_comes_after_t5_and_before_t6() {
    let mut terms = SCRIPT.small.terms();
    terms.mechanism = Mechanism::UniformPrice { units: 0 };
    let bytes = |terms: &Terms| borsh::to_vec(terms).unwrap();
    assert_eq!(verdict(1, &bytes(&terms), &Signature([0; 64])).err(), Some("T7"));
    terms.custodian = terms.seller;
    assert_eq!(verdict(1, &bytes(&terms), &Signature([0; 64])).err(), Some("T5"));
}

#[test]
fn the_key_that_verifies_everything_opens_nothing() {
    // With the identity for a key, (s*B, s) verifies for every message unless it is refused.
    for key in small_order_keys() {
        let mut terms = SCRIPT.small.terms();
        terms.seller = key;
        let bytes = borsh::to_vec(&terms).unwrap();
        let signature = Signature(super::signatures::one_for_every_message());
        assert_eq!(verdict(1, &bytes, &signature).err(), Some("T5"), "{key}");
    }
}
