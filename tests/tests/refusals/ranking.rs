//! K3 to K9 and K12: what keyholders post to rank bids.

use curve25519_dalek::Scalar;
use std::collections::BTreeMap;
use talea_contract::{Auction, Due, Phase, Task, elgamal::Ciphertext, fiat_shamir::Context};
use talea_parties::{
    choices::Move,
    proofs::{blind, shuffle},
};
use talea_protocol::{
    bytes::{Digest, PartyKey, Point, Scalar as WireScalar},
    instruction::Instruction,
    masked::{Masked, VectorOpening},
    quorum::KeyholderId,
    ranking::{
        BlindPost, DecryptionSharePost, GatePost, GateTurn, RankHeader, ShufflePost, ShuffleTerm,
    },
    sealed_bid::Ciphertext as Wire,
    terms::Mechanism,
};
use talea_sim::simulate::Seat;
use talea_tests::{
    Small,
    harness::Harness,
    list,
    replay::{Kind, accepted, edit, opened, refused},
    rng,
};

const NO_POINT: Point = Point([0xff; 32]);
const NO_SCALAR: WireScalar = WireScalar([0xff; 32]);
const SECOND_PRICE: Mechanism = Mechanism::SECOND_PRICE;

/// Two lots under `[1 of 1] and [2 of 3]`, of which the second has no bids; two items to a chunk.
fn ranking(mechanism: Mechanism) -> Harness {
    ranking_in_chunks(mechanism, 2)
}

fn ranking_in_chunks(mechanism: Mechanism, chunk_items: u16) -> Harness {
    let small = Small {
        mechanism,
        groups: vec![(1, vec![Seat::Seller]), (2, vec![Seat::Own; 3])],
        lots: vec![(16, vec![1, 3]), (16, vec![1, 3])],
        chunk_items,
        ..Small::default()
    };
    let mut harness = Harness::at_commits(&small, &small.terms());
    let reveals = [(0, 5), (1, 2), (2, 7)].map(|(bidder, level)| harness.commit(bidder, 0, level));
    harness.pass();
    harness.reveal(reveals.to_vec());
    harness.act_until(Phase::Ranking);
    harness
}

fn kind_due(harness: &Harness) -> Kind {
    let tasks = harness.keyholders.iter().flat_map(|k| harness.auction().dues(k.id()));
    let mut kinds = tasks.filter_map(|due| match due {
        Due::Rank { task: Task::Gate { .. }, .. } => Some(Kind::Gate),
        Due::Rank { task: Task::Shuffle(_), .. } => Some(Kind::Shuffle),
        Due::Rank { task: Task::Blind(_), .. } => Some(Kind::Blind),
        Due::Rank { task: Task::Decrypt { .. }, .. } => Some(Kind::Decrypt),
        Due::Endorse { .. } => None,
    });
    kinds.next().expect("something is due")
}

/// A harness at the beginning of the first step of this kind, or the first of more than one chunk.
fn at(kind: Kind, chunks: usize) -> Harness {
    let mechanism = match kind {
        // "At most none" is asked by blindings, "at most one" by shuffling.
        Kind::Shuffle => SECOND_PRICE,
        _ => Mechanism::FirstPrice,
    };
    until(ranking(mechanism), kind, chunks)
}

fn until(mut harness: Harness, kind: Kind, chunks: usize) -> Harness {
    let first = harness.keyholders[0].id();
    while kind_due(&harness) != kind || harness.auction().dues(first).len() < chunks {
        let complete = (0..4).any(|place| harness.act(place));
        assert!(complete, "somebody is due");
    }
    harness
}

/// The honest posts of the first keyholder at the beginning of a step of this kind.
fn posts(kind: Kind, chunks: usize) -> (Harness, Vec<Vec<u8>>) {
    let mut harness = at(kind, chunks);
    let posts = harness.posts(0, &[]);
    (harness, posts)
}

/// What is altered, in words, and how.
type Change<T> = (&'static str, fn(&mut T));

const KINDS: [Kind; 4] = [Kind::Gate, Kind::Shuffle, Kind::Blind, Kind::Decrypt];

fn header(instruction: &mut Instruction) -> &mut RankHeader {
    match instruction {
        Instruction::Gate(post) => &mut post.header,
        Instruction::Shuffle(post) => &mut post.header,
        Instruction::Blind(post) => &mut post.header,
        Instruction::Decrypt(post) => &mut post.header,
        _ => panic!("a rank message"),
    }
}

/// The check that refuses a post with its header altered and signed again.
fn displaced(harness: &Harness, post: &[u8], alter: impl FnOnce(&mut RankHeader)) -> &'static str {
    let bytes = harness.pens.alter(harness.auction(), post, |i| alter(header(i)));
    refused(harness.auction(), harness.slot, &bytes)
}

#[test]
fn k3_a_rank_message_names_a_lot_that_is_being_ranked() {
    for kind in KINDS {
        let (harness, posts) = posts(kind, 1);
        assert_eq!(displaced(&harness, &posts[0], |h| h.lot = 1), "K3", "it ended unsold");
        assert_eq!(displaced(&harness, &posts[0], |h| h.lot = 2), "K3", "there is none");
        assert_eq!(displaced(&harness, &posts[0], |h| h.lot = u32::MAX), "K3", "there is none");
    }
}

#[test]
fn k3_a_rank_message_names_the_only_round_and_the_current_step() {
    for kind in KINDS {
        let (harness, posts) = posts(kind, 1);
        assert_eq!(displaced(&harness, &posts[0], |h| h.round = 1), "K3", "{kind:?}");
        assert_eq!(displaced(&harness, &posts[0], |h| h.step += 1), "K3", "{kind:?}");
        assert_eq!(displaced(&harness, &posts[0], |h| h.step = u32::MAX), "K3", "{kind:?}");
        let earlier = displaced(&harness, &posts[0], |h| h.step = h.step.wrapping_sub(1));
        assert_eq!(earlier, "K3", "{kind:?}");
    }
}

#[test]
fn k3_a_post_of_a_step_that_is_over_or_to_come_is_refused() {
    [Mechanism::FirstPrice, SECOND_PRICE].into_iter().for_each(no_step_takes_anothers_posts);
}

/// Tries every post of a whole ranking at the beginning of every step that is not its own.
fn no_step_takes_anothers_posts(mechanism: Mechanism) {
    let mut harness = ranking(mechanism);
    let mut posts: Vec<(u32, Vec<u8>)> = Vec::new();
    let mut beginnings: BTreeMap<u32, Auction> = BTreeMap::new();
    while harness.auction().phase() == Phase::Ranking {
        for place in 0..4 {
            for post in harness.posts(place, &[]) {
                let step = header(&mut opened(&post).1).step;
                beginnings.entry(step).or_insert_with(|| harness.auction().clone());
                harness.submit(&post);
                posts.push((step, post));
            }
        }
    }
    assert!(beginnings.len() >= 7);
    for (current, auction) in &beginnings {
        for (own, post) in posts.iter().filter(|(own, _)| own != current) {
            assert_eq!(refused(auction, harness.slot, post), "K3", "post of {own} in {current}");
        }
    }
}

#[test]
fn k3_a_rank_message_is_of_the_kind_that_is_due() {
    let samples: Vec<(Kind, Instruction)> =
        KINDS.iter().map(|kind| (*kind, opened(&posts(*kind, 1).1[0]).1)).collect();
    for kind in KINDS {
        let (mut harness, posts) = posts(kind, 1);
        let place = *header(&mut opened(&posts[0]).1);
        for (other, sample) in samples.iter().filter(|(other, _)| *other != kind) {
            let mut sample = sample.clone();
            *header(&mut sample) = place;
            let signer = harness.keyholders[0].party();
            let bytes = harness.sign(signer, &sample);
            let check = refused(harness.auction(), harness.slot, &bytes);
            assert_eq!(check, "K3", "{other:?} in a step of {kind:?}");
        }
        assert!(harness.act(0));
    }
}

#[test]
fn k3_a_rank_message_names_a_chunk_that_is_not_complete() {
    for kind in KINDS {
        let (mut harness, posts) = posts(kind, 2);
        for chunk in [posts.len() as u32, u32::MAX] {
            assert_eq!(displaced(&harness, &posts[0], |h| h.chunk = chunk), "K3", "{kind:?}");
        }
        // Everybody acts on chunk 0 only; then somebody does again.
        let mut last = Vec::new();
        for place in 0..3 {
            last = harness.posts(place, &[]).swap_remove(0);
            harness.submit(&last);
        }
        assert_eq!(refused(harness.auction(), harness.slot, &last), "K3", "{kind:?}");
        let party = harness.keyholders[3].party();
        let bytes = harness.sign(party, &opened(&last).1);
        assert_eq!(refused(harness.auction(), harness.slot, &bytes), "K3", "{kind:?}");
    }
}

#[test]
fn k3_a_rank_message_names_the_endorsed_head() {
    for kind in KINDS {
        let (harness, posts) = posts(kind, 1);
        let current = harness.auction().head();
        assert_eq!(displaced(&harness, &posts[0], |h| h.head.0[0] ^= 1), "K3", "{kind:?}");
        assert_eq!(displaced(&harness, &posts[0], |h| h.head = Digest([0; 32])), "K3", "{kind:?}");
        assert_eq!(displaced(&harness, &posts[0], |h| h.head = current), "K3", "{kind:?}");
    }
}

#[test]
fn a_refused_head_or_step_is_said_beside_the_one_that_was_expected() {
    let (harness, posts) = posts(Kind::Gate, 1);
    let mut due = opened(&posts[0]).1;
    let due = *header(&mut due);
    let said = |alter: fn(&mut RankHeader)| {
        let bytes = harness.pens.alter(harness.auction(), &posts[0], |i| alter(header(i)));
        harness.auction().clone().apply(harness.slot, &bytes).unwrap_err().to_string()
    };
    let found = Digest([9; 32]);
    let of_head = format!("K3: the head: expected {}, got {found}", due.head);
    assert_eq!(said(|h| h.head = Digest([9; 32])), of_head);
    let of_step = format!("K3: the step: expected {}, got {}", due.step, u32::MAX);
    assert_eq!(said(|h| h.step = u32::MAX), of_step);
}

#[test]
fn e3_only_keyholders_rank() {
    for kind in KINDS {
        let (harness, posts) = posts(kind, 1);
        let (_, instruction) = opened(&posts[0]);
        for party in [harness.bidder(0), harness.custodian.party()] {
            let bytes = harness.sign(party, &instruction);
            assert_eq!(refused(harness.auction(), harness.slot, &bytes), "E3", "{kind:?}");
        }
    }
}

#[test]
fn k4_a_keyholder_acts_once_in_a_chunk() {
    for kind in KINDS {
        let (mut harness, posts) = posts(kind, 2);
        let again = harness.posts(0, &[]).swap_remove(0);
        harness.submit(&posts[0]);
        assert_eq!(refused(harness.auction(), harness.slot, &posts[0]), "K4", "{kind:?}");
        assert_eq!(refused(harness.auction(), harness.slot, &again), "K4", "{kind:?}, made anew");
        harness.submit(&posts[1]);
    }
}

#[test]
fn k4_gates_and_lists_are_taken_in_turn() {
    for (kind, proof) in [(Kind::Gate, "K6"), (Kind::Shuffle, "K12")] {
        is_taken_in_turn(kind, proof);
    }
}

fn is_taken_in_turn(kind: Kind, proof: &str) {
    let (mut harness, posts) = posts(kind, 1);
    let (_, first) = opened(&posts[0]);
    let out_of_turn = |harness: &Harness, place: usize| {
        let bytes = harness.sign(harness.keyholders[place].party(), &first);
        refused(harness.auction(), harness.slot, &bytes)
    };
    for place in 1..4 {
        assert_eq!(out_of_turn(&harness, place), "K4", "the first is due");
    }
    harness.submit(&posts[0]);
    for place in [2, 3] {
        assert_eq!(out_of_turn(&harness, place), "K4", "the second is due");
    }
    assert_eq!(out_of_turn(&harness, 1), proof, "it is due, but this is not its post");
}

#[test]
fn k4_a_group_acts_no_more_often_than_it_must() {
    for kind in [Kind::Blind, Kind::Decrypt] {
        let mut harness = at(kind, 1);
        let third = harness.posts(3, &[]).swap_remove(0);
        assert!(harness.act(1));
        assert!(harness.act(2));
        // The seller's act is missing, so the chunk is not complete; the buyers' part of it is.
        assert_eq!(refused(harness.auction(), harness.slot, &third), "K4", "{kind:?}");
        assert!(harness.act(0));
    }
}

#[test]
fn k4_whoever_let_its_turn_time_out_is_out() {
    [Kind::Gate, Kind::Shuffle].into_iter().for_each(is_out_after_its_turn);
}

fn is_out_after_its_turn(kind: Kind) {
    let mut harness = at(kind, 1);
    assert!(harness.act(0));
    let late = harness.posts(1, &[]).swap_remove(0);
    harness.pass();
    assert_eq!(refused(harness.auction(), harness.slot, &late), "K4");
    assert!(!harness.act(1));
    // For good: in the next steps too.
    assert!(harness.act(2) && harness.act(3));
    assert_ne!(kind_due(&harness), kind);
    let share = harness.posts(2, &[]).swap_remove(0);
    let (_, share) = opened(&share);
    let bytes = harness.sign(harness.keyholders[1].party(), &share);
    assert_eq!(refused(harness.auction(), harness.slot, &bytes), "K4");
}

/// The check that refuses the first keyholder's post after `alter` and signing again.
fn altered(kind: Kind, chunks: usize, alter: impl FnOnce(&mut Instruction)) -> &'static str {
    let (harness, posts) = posts(kind, chunks);
    let bytes = harness.pens.alter(harness.auction(), &posts[0], alter);
    refused(harness.auction(), harness.slot, &bytes)
}

fn gate_post(alter: impl FnOnce(&mut GatePost)) -> &'static str {
    altered(Kind::Gate, 2, |instruction| match instruction {
        Instruction::Gate(post) => alter(post),
        _ => panic!("a gate post"),
    })
}

fn gate(alter: impl FnOnce(&mut Vec<GateTurn>)) -> &'static str {
    gate_post(|post| edit(&mut post.turns, alter))
}

fn shuffle(alter: impl FnOnce(&mut ShufflePost)) -> &'static str {
    altered(Kind::Shuffle, 2, |instruction| match instruction {
        Instruction::Shuffle(post) => alter(post),
        _ => panic!("a shuffle post"),
    })
}

fn blind(alter: impl FnOnce(&mut BlindPost)) -> &'static str {
    altered(Kind::Blind, 2, |instruction| match instruction {
        Instruction::Blind(post) => alter(post),
        _ => panic!("a blind post"),
    })
}

fn decrypt(alter: impl FnOnce(&mut DecryptionSharePost)) -> &'static str {
    altered(Kind::Decrypt, 2, |instruction| match instruction {
        Instruction::Decrypt(post) => alter(post),
        _ => panic!("a post of decryption shares"),
    })
}

#[test]
fn k5_a_rank_message_covers_its_chunk_exactly() {
    assert_eq!(gate(|turns| turns.truncate(1)), "K5");
    assert_eq!(gate(|turns| turns.push(turns[0])), "K5");
    assert_eq!(gate(Vec::clear), "K5");
    assert_eq!(shuffle(|post| edit(&mut post.outputs, |items| items.truncate(1))), "K5");
    assert_eq!(shuffle(|post| edit(&mut post.outputs, |items| items.push(items[0]))), "K5");
    assert_eq!(shuffle(|post| post.outputs = list([])), "K5");
    assert_eq!(blind(|post| edit(&mut post.blinded, |items| items.truncate(1))), "K5");
    assert_eq!(blind(|post| edit(&mut post.blinded, |items| items.push(items[0]))), "K5");
    assert_eq!(blind(|post| edit(&mut post.responses, |items| items.truncate(1))), "K5");
    assert_eq!(blind(|post| edit(&mut post.responses, |items| items.push(items[0]))), "K5");
    assert_eq!(blind(|post| (post.blinded, post.responses) = (list([]), list([]))), "K5");
    assert_eq!(decrypt(|post| edit(&mut post.shares, |items| items.truncate(1))), "K5");
    assert_eq!(decrypt(|post| edit(&mut post.shares, |items| items.push(items[0]))), "K5");
    assert_eq!(decrypt(|post| post.shares = list([])), "K5");
}

#[test]
fn k5_counts_the_entries_of_whole_lists() {
    // At most two: lists of four entries. A chunk has room for as many lists as its items allow entries, and for
    // one at least.
    let three_at_once = Mechanism::UniformPrice { units: 2 };
    for (chunk_items, entries) in [(1, 4), (4, 4), (7, 4), (8, 8), (11, 8)] {
        let mut harness = until(ranking_in_chunks(three_at_once, chunk_items), Kind::Shuffle, 2);
        let post = harness.posts(0, &[]).swap_remove(0);
        let Instruction::Shuffle(ShufflePost { outputs: posted, .. }) = opened(&post).1 else {
            panic!("a shuffle post")
        };
        assert_eq!(posted.len(), entries, "{chunk_items} items");
        let with = |count: usize| {
            let bytes = harness.pens.alter(harness.auction(), &post, |instruction| {
                let Instruction::Shuffle(post) = instruction else { panic!("a shuffle post") };
                post.outputs = list(posted.iter().copied().cycle().take(count));
            });
            refused(harness.auction(), harness.slot, &bytes)
        };
        for count in [1, entries - 1, entries + 1, entries + 4, 2 * entries] {
            assert_eq!(with(count), "K5", "{count} entries in chunks of {chunk_items} items");
        }
        harness.submit(&post);
    }
}

/// The largest response that fits: every value of 18 bytes is one, and only one is right.
const LARGEST: Masked = Masked([0xff; 18]);

#[test]
fn k6_a_gate_multiplies_both_ciphertexts_by_one_sign() {
    let changes: [Change<Vec<GateTurn>>; 8] = [
        ("X of one gate with the randomness of another", |t| t[0].x.r = t[1].x.r),
        ("Y of another gate", |t| t[0].y = t[1].y),
        ("outputs of a gate swapped", |t| (t[0].x, t[0].y) = (t[0].y, t[0].x)),
        ("gates swapped", |t| t.swap(0, 1)),
        ("masked signs swapped", |t| (t[0].sign, t[1].sign) = (t[1].sign, t[0].sign)),
        ("another masked sign", |t| t[1].sign.0[0] ^= 1),
        ("the largest masked sign", |t| t[1].sign = LARGEST),
        ("no point", |t| t[0].x.e = NO_POINT),
    ];
    for (what, change) in changes {
        assert_eq!(gate(change), "K6", "{what}");
    }
    assert_eq!(moved(Kind::Gate), "K6", "a post for another chunk");
}

#[test]
fn k6_one_proof_covers_all_gates_of_a_post() {
    let changes: [Change<GatePost>; 7] = [
        ("no vector", |p| p.proof.signs = list([])),
        ("a vector more", |p| edit(&mut p.proof.signs, |signs| signs.push(signs[0]))),
        ("another announcement", |p| p.proof.announcement.r = p.proof.announcement.e),
        ("no announcement", |p| p.proof.announcement.e = NO_POINT),
        ("coefficients swapped", |p| {
            let squares = &mut p.proof.squares;
            (squares.linear, squares.constant) = (squares.constant, squares.linear);
        }),
        ("another response", |p| p.proof.randomness.0[0] ^= 1),
        ("no scalar", |p| p.proof.squares.blinding = NO_SCALAR),
    ];
    for (what, change) in changes {
        assert_eq!(gate_post(change), "K6", "{what}");
    }
    for (what, change) in OF_VECTORS {
        let check = gate_post(|post| edit(&mut post.proof.signs, |signs| change(&mut signs[0])));
        assert_eq!(check, "K6", "{what}");
    }
}

/// What can be wrong with a vector.
const OF_VECTORS: [Change<VectorOpening>; 6] = [
    ("another commitment", |v| v.commitment = v.announcement),
    ("no commitment", |v| v.commitment = NO_POINT),
    ("another announcement", |v| v.announcement = Point::IDENTITY),
    ("no announcement", |v| v.announcement = NO_POINT),
    ("another response", |v| v.blinding.0[0] ^= 1),
    ("no response", |v| v.blinding = NO_SCALAR),
];

/// The check that refuses the post for chunk 0 in the place of that for chunk 1.
fn moved(kind: Kind) -> &'static str {
    let (harness, posts) = posts(kind, 2);
    displaced(&harness, &posts[0], |header| header.chunk = 1)
}

#[test]
fn k7_a_blinding_multiplies_both_parts_by_one_factor() {
    let changes: [Change<BlindPost>; 6] = [
        ("E of another item", |p| edit(&mut p.blinded, |b| b[0].e = b[1].e)),
        ("items swapped", |p| edit(&mut p.blinded, |b| b.swap(0, 1))),
        ("responses swapped", |p| edit(&mut p.responses, |z| z.swap(0, 1))),
        ("another challenge", |p| p.challenge.0[0] ^= 1),
        ("no point", |p| edit(&mut p.blinded, |b| b[1].e = NO_POINT)),
        ("no scalar", |p| edit(&mut p.responses, |z| z[0] = NO_SCALAR)),
    ];
    for (what, change) in changes {
        assert_eq!(blind(change), "K7", "{what}");
    }
    assert_eq!(moved(Kind::Blind), "K7", "a post for another chunk");
}

/// A blinding of the first chunk due by these factors, proved as the protocol says.
fn blinding(harness: &Harness, id: KeyholderId, signer: PartyKey, factors: &[Scalar]) -> Vec<u8> {
    let Some(Due::Rank { header, task: Task::Blind(inputs) }) =
        harness.auction().dues(id).into_iter().next()
    else {
        panic!("a blinding is due")
    };
    let RankHeader { lot, round, step, chunk, head } = header;
    let context = Context { auction: harness.auction().id(), lot, round, step, signer };
    let witness = blind::Witness { factors: factors[..inputs.len()].to_vec() };
    let post = blind::prove(&context, head, chunk, &inputs, &witness, &mut rng(6));
    let post = Instruction::Blind(BlindPost {
        header,
        blinded: list(post.blinded),
        challenge: post.challenge,
        responses: list(post.responses),
    });
    harness.sign(signer, &post)
}

fn blinding_by(harness: &Harness, place: usize, factors: [i64; 2]) -> Vec<u8> {
    let scalar = |factor: i64| {
        let magnitude = Scalar::from(factor.unsigned_abs());
        if factor < 0 { -magnitude } else { magnitude }
    };
    let keyholder = &harness.keyholders[place];
    blinding(harness, keyholder.id(), keyholder.party(), &factors.map(scalar))
}

#[test]
fn k7_a_factor_is_not_zero() {
    // Equality of the two parts holds for zero too.
    let harness = at(Kind::Blind, 2);
    let check =
        |factors| refused(harness.auction(), harness.slot, &blinding_by(&harness, 0, factors));
    assert_eq!(check([0, 5]), "K7");
    assert_eq!(check([5, 0]), "K7");
    drop(accepted(harness.auction(), harness.slot, &blinding_by(&harness, 0, [5, 7])));
}

#[test]
fn k8_blindings_do_not_cancel() {
    let mut harness = at(Kind::Blind, 2);
    let [first, second] = [blinding_by(&harness, 0, [5, 7]), blinding_by(&harness, 1, [3, -3])];
    harness.submit(&first);
    harness.submit(&second);
    // The last of the chunk would undo the others' factors of an item: 5 + 3 - 8, or 7 - 3 - 4.
    for factors in [[-8, 1], [1, -4], [-8, -4]] {
        let third = blinding_by(&harness, 2, factors);
        assert_eq!(refused(harness.auction(), harness.slot, &third), "K8", "{factors:?}");
    }
    let third = blinding_by(&harness, 2, [-4, -8]);
    harness.submit(&third);
}

#[test]
fn k8_is_asked_of_the_post_that_completes_the_chunk() {
    // After two of three, a sum may be O: another is still to come.
    let mut harness = at(Kind::Blind, 2);
    for (place, factors) in [(0, [5, 7]), (1, [-5, -7])] {
        let post = blinding_by(&harness, place, factors);
        harness.submit(&post);
    }
    let post = blinding_by(&harness, 2, [1, 1]);
    harness.submit(&post);
}

#[test]
fn k12_a_shuffle_moves_and_raises_its_entries_and_nothing_else() {
    let changes: [Change<Vec<Wire>>; 7] = [
        ("an entry of another list", |z| z[0] = z[2]),
        ("half an entry of another", |z| z[1].e = z[2].e),
        ("entries of a list swapped", |z| z.swap(0, 1)),
        ("one entry twice", |z| z[1] = z[0]),
        ("the identity", |z| z[1].r = Point::IDENTITY),
        ("no point", |z| z[1].e = NO_POINT),
        ("an entry turned round", |z| z[0] = (-Ciphertext::decode(&z[0]).unwrap()).encode()),
    ];
    for (what, change) in changes {
        assert_eq!(shuffle_all(|post| edit(&mut post.outputs, change)), "K12", "{what}");
    }
    assert_eq!(moved(Kind::Shuffle), "K12", "a post for another chunk");
}

/// The check that refuses the first keyholder's shuffle of two lists of two after `alter`.
fn shuffle_all(alter: impl FnOnce(&mut ShufflePost)) -> &'static str {
    let mut harness = until(ranking_in_chunks(SECOND_PRICE, 4), Kind::Shuffle, 2);
    let post = harness.posts(0, &[]).swap_remove(0);
    let bytes = harness.pens.alter(harness.auction(), &post, |instruction| match instruction {
        Instruction::Shuffle(post) => alter(post),
        _ => panic!("a shuffle post"),
    });
    refused(harness.auction(), harness.slot, &bytes)
}

#[test]
fn k12_every_field_of_a_shuffle_is_canonical_and_counts() {
    let changes: [Change<ShufflePost>; 16] = [
        ("a masked bit missing", |p| edit(&mut p.proof.masked, |z| z.truncate(1))),
        ("a masked bit more", |p| edit(&mut p.proof.masked, |z| z.push(z[0]))),
        ("another masked bit", |p| edit(&mut p.proof.masked, |z| z[1].0[0] ^= 1)),
        ("the largest masked bit", |p| edit(&mut p.proof.masked, |z| z[0] = LARGEST)),
        ("a masked power missing", |p| edit(&mut p.proof.raised, |z| z.truncate(1))),
        ("a masked power more", |p| edit(&mut p.proof.raised, |z| z.push(z[0]))),
        ("masked powers swapped", |p| edit(&mut p.proof.raised, |z| z.swap(0, 3))),
        ("no masked power", |p| edit(&mut p.proof.raised, |z| z[2] = NO_SCALAR)),
        ("no vector of moves", |p| p.proof.moves = list([])),
        ("no vector of powers", |p| p.proof.powers = list([])),
        ("a vector of moves more", |p| edit(&mut p.proof.moves, |v| v.push(v[0]))),
        ("a vector of powers more", |p| edit(&mut p.proof.powers, |v| v.push(v[0]))),
        ("another mask", |p| p.proof.mask.0[0] ^= 1),
        ("no mask", |p| p.proof.mask = NO_SCALAR),
        ("another response of the squares", |p| p.proof.squares.blinding.0[0] ^= 1),
        ("no coefficient", |p| p.proof.squares.linear = NO_POINT),
    ];
    for (what, change) in changes {
        assert_eq!(shuffle_all(change), "K12", "{what}");
    }
    for (what, change) in OF_VECTORS {
        let moves = shuffle_all(|post| edit(&mut post.proof.moves, |v| change(&mut v[0])));
        let powers = shuffle_all(|post| edit(&mut post.proof.powers, |v| change(&mut v[0])));
        assert_eq!([moves, powers], ["K12"; 2], "{what}");
    }
    let of_terms: [Change<Vec<ShuffleTerm>>; 6] = [
        ("a term missing", |d| d.truncate(1)),
        ("a term more", |d| d.push(d[0])),
        ("terms swapped", |d| d.swap(0, 1)),
        ("masks swapped", |d| (d[0].mask, d[1].mask) = (d[1].mask, d[0].mask)),
        ("no mask", |d| d[1].mask = NO_POINT),
        ("no term", |d| d[0].ciphertext.e = NO_POINT),
    ];
    for (what, change) in of_terms {
        assert_eq!(shuffle_all(|post| edit(&mut post.proof.polynomial, change)), "K12", "{what}");
    }
}

/// A turn of the first keyholder on the first chunk due, with these powers for every list, proved
/// as the protocol says.
fn shuffling(harness: &Harness, powers: [u64; 2]) -> Vec<u8> {
    let keyholder = &harness.keyholders[0];
    let due = harness.auction().dues(keyholder.id()).into_iter().next();
    let Some(Due::Rank { header, task: Task::Shuffle(lists) }) = due else {
        panic!("lists are to be shuffled")
    };
    let RankHeader { lot, round, step, chunk, head } = header;
    let signer = keyholder.party();
    let auction = harness.auction();
    let context = Context { auction: auction.id(), lot, round, step, signer };
    let moves = lists.iter().map(|_| Move::chosen(1, powers.map(Scalar::from).to_vec()));
    let witness = shuffle::Witness { moves: moves.collect() };
    let quorum_key = auction.quorum_keys().unwrap().key;
    let inputs = shuffle::Inputs { head, chunk, quorum_key, lists: &lists };
    let gens = &auction.setting().generators;
    let (outputs, proof) = shuffle::prove(gens, &context, &inputs, &witness, &mut rng(6)).unwrap();
    let outputs = list(outputs);
    harness.sign(signer, &Instruction::Shuffle(ShufflePost { header, outputs, proof }))
}

#[test]
fn k12_a_power_is_not_zero() {
    // Whatever is raised to the power of zero would read as a count of at most one.
    let harness = at(Kind::Shuffle, 2);
    let check = |powers| refused(harness.auction(), harness.slot, &shuffling(&harness, powers));
    assert_eq!(check([0, 5]), "K12");
    assert_eq!(check([5, 0]), "K12");
    drop(accepted(harness.auction(), harness.slot, &shuffling(&harness, [5, 7])));
}

#[test]
fn k12_a_turn_is_its_keyholders_own() {
    let (mut harness, posts) = posts(Kind::Shuffle, 1);
    harness.submit(&posts[0]);
    let bytes = harness.sign(harness.keyholders[1].party(), &opened(&posts[0]).1);
    assert_eq!(refused(harness.auction(), harness.slot, &bytes), "K12");
}

#[test]
fn k9_decryption_shares_are_the_keyholders_own() {
    let changes: [Change<DecryptionSharePost>; 7] = [
        ("shares swapped", |p| edit(&mut p.shares, |d| d.swap(0, 1))),
        ("one share twice", |p| edit(&mut p.shares, |d| d[1] = d[0])),
        ("the identity", |p| edit(&mut p.shares, |d| d[0] = Point::IDENTITY)),
        ("no point", |p| edit(&mut p.shares, |d| d[0] = NO_POINT)),
        ("another challenge", |p| p.proof.challenge.0[0] ^= 1),
        ("another response", |p| p.proof.response.0[0] ^= 1),
        ("no scalar", |p| p.proof.response = NO_SCALAR),
    ];
    for (what, change) in changes {
        assert_eq!(decrypt(change), "K9", "{what}");
    }
    assert_eq!(moved(Kind::Decrypt), "K9", "a post for another chunk");
    // Another keyholder's, signed anew.
    let (harness, posts) = posts(Kind::Decrypt, 1);
    let (_, instruction) = opened(&posts[0]);
    let bytes = harness.sign(harness.keyholders[1].party(), &instruction);
    assert_eq!(refused(harness.auction(), harness.slot, &bytes), "K9");
}
