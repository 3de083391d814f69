//! Hostile lengths and damaged bytes: whatever arrives is refused with a check's number, and changes
//! nothing.

use std::sync::LazyLock;
use talea_contract::{Auction, Phase};
use talea_protocol::{
    bytes::List,
    commitment::TradeSide,
    instruction::{Instruction, SignedInstruction},
    limits::{
        MAX_ATTESTED, MAX_BUCKETS, MAX_CHUNK_ITEMS, MAX_DOMAIN_BYTES, MAX_GROUPS, MAX_HEARD,
        MAX_INSTRUCTION_BYTES, MAX_LISTED_BIDDERS, MAX_LOTS, MAX_MEMBERS, MAX_REVEALS, MAX_ROUNDS,
        MAX_SEALED_BID_BYTES, MAX_SHUFFLE_TERMS, MAX_STEPS, MAX_TERMS_BYTES, MAX_TEXT_BYTES,
        MAX_UNITS, MAX_VECTOR, MAX_VECTORS,
    },
    mechanism::{Comparisons, Curve, Mechanism, Pricing, Quantities},
    outcome::{Clearing, Ending, Excess, Outcome, Quote, Statistics, Trade},
    price::{Level, Price},
    ranking::{Duty, ShuffleProof},
    terms::{Admission, Terms},
    transcript::{Entry, Genesis},
};
use talea_sim::simulate::{BidderConduct, KeyholderConduct, ReservePlan, Seat};
use talea_tests::{
    Small, list,
    replay::{Kind, Pens, Replay, Scene, refused},
    with_bidder, with_keyholder,
};

/// An auction in which every kind of instruction stands, as in `refusals.rs`.
struct Script {
    pens: Pens,
    scenes: Vec<Scene>,
    replay: Replay,
    outcome: Outcome,
}

static SCRIPT: LazyLock<Script> = LazyLock::new(|| {
    let small = Small {
        groups: vec![(2, vec![Seat::Own; 4])],
        lots: vec![(8, vec![1, 2])],
        bidders: 4,
        mechanism: Mechanism::UniformPrice { units: 1 },
        reserve: Some(false),
        acceptance: true,
        ..Small::default()
    };
    let mut plan = small.plan(&[&[5, 2, 7, 1]]);
    plan.reserves = vec![ReservePlan { lot: 0, level: Level(3), is_revealed: true }];
    let plan = with_bidder(plan, 3, BidderConduct::NeverReveals);
    let plan = with_keyholder(plan, 0, 4, KeyholderConduct::DealsWrongShare { to: 1 });
    let plan = with_keyholder(plan, 0, 2, KeyholderConduct::Ignored { from_step: 2 });
    let (simulated, transcript) = small.simulate(&plan);
    let replay = Replay::read(&transcript);
    let pens = Pens::of(&small.cast());
    Script { pens, scenes: replay.scenes().0, replay, outcome: simulated.outcome }
});

/// A curve of sealed quantities, by the same cast.
static CURVE: LazyLock<Scene> = LazyLock::new(|| {
    let small = Small {
        groups: vec![(2, vec![Seat::Own; 4])],
        lots: vec![(4, vec![1, 1])],
        bidders: 4,
        mechanism: curves(),
        ..Small::default()
    };
    let plan = small.plan_of_curves(&[(TradeSide::Buy, vec![(2, 1), (1, 1)])]);
    let (scenes, _) = Replay::read(&small.simulate(&plan).1).scenes();
    let mut scenes = scenes.into_iter();
    scenes.find(|scene| scene.kind() == Kind::CommitCurve).expect("a curve is bid")
});

fn curves() -> Mechanism {
    let curve = Curve { steps: 2, quantities: Quantities::Sealed { bits: 2 } };
    let (pricing, comparisons) = (Pricing::Uniform, Comparisons::Opened);
    Mechanism::Curves { curve, pricing, least: 1, comparisons }
}

/// The first instruction of every kind.
fn of_every_kind() -> impl Iterator<Item = &'static Scene> {
    Kind::ALL.into_iter().map(|kind| SCRIPT.first(kind)).chain([&*CURVE])
}

impl Script {
    fn first(&self, kind: Kind) -> &Scene {
        let by_cast = |scene: &&Scene| self.pens.has(scene.signer);
        let mut scenes = self.scenes.iter().filter(by_cast);
        scenes.find(|scene| scene.kind() == kind).expect("every kind is in the script")
    }
}

fn payload(scene: &Scene) -> Vec<u8> {
    borsh::to_vec(&scene.instruction).unwrap()
}

fn signed(scene: &Scene, payload: &[u8]) -> Vec<u8> {
    SCRIPT.pens.sign_payload(scene.signer, &scene.before.id(), payload)
}

// ---- lengths that are not there ----

/// A list on the wire: its name, where its length stands, the length, and its bound.
struct Prefix {
    name: &'static str,
    place: usize,
    len: usize,
    max: usize,
}

/// The bytes with this prefix replaced by every length that it must not have.
fn lies(bytes: &[u8], prefix: &Prefix) -> Vec<(String, Vec<u8>)> {
    let Prefix { name, place, len, max } = prefix;
    let here = *place..place + 4;
    let stands = u32::from_le_bytes(bytes[here.clone()].try_into().unwrap());
    assert_eq!(stands as usize, *len, "the length of {name} stands elsewhere");
    let hostile = [max + 1, *max, 1 << 31, (1 << 32) - 1, (1 << 24) + 1, len + 1];
    let lies = hostile.into_iter().chain(len.checked_sub(1)).map(|lie| {
        let mut bytes = bytes.to_vec();
        let lie = u32::try_from(lie).unwrap();
        bytes[here.clone()].copy_from_slice(&lie.to_le_bytes());
        (format!("{name} of {lie}"), bytes)
    });
    lies.collect()
}

/// Every list in the payload of an instruction.
fn prefixes(instruction: &Instruction) -> Vec<Prefix> {
    let prefix = |name, place, len, max| Prefix { name, place, len, max };
    let header = 1 + 4 * 4 + 32;
    match instruction {
        Instruction::Tick
        | Instruction::Fund(_)
        | Instruction::Complain(_)
        | Instruction::Decide(_) => Vec::new(),
        Instruction::Deal(deal) => {
            let shares = 1 + 4 + 32 * deal.commitments.len() + 32;
            vec![
                prefix("commitments", 1, deal.commitments.len(), MAX_MEMBERS),
                prefix("shares", shares, deal.shares.len(), MAX_MEMBERS),
            ]
        }
        Instruction::Commit(commit) | Instruction::Reserve(commit) => {
            let masked = 1 + 4 + 4 + 32 + 2 * 96;
            vec![prefix("masked bits", masked, commit.range_proof.masked.len(), MAX_VECTOR)]
        }
        Instruction::CommitCurve(commit) => {
            let steps = 1 + 4 + 4 + 1;
            let masked = steps + 4 + 4 + 32 + 2 * 96;
            let of_first = commit.steps[0].range_proof.masked.len();
            vec![
                prefix("steps", steps, commit.steps.len(), MAX_STEPS),
                prefix("masked bits", masked, of_first, MAX_VECTOR),
            ]
        }
        Instruction::Reveal(reveals) => vec![
            prefix("reveals", 1, reveals.len(), MAX_REVEALS),
            prefix("sealed bid", 1 + 4 + 40, reveals[0].sealed_bid.len(), MAX_SEALED_BID_BYTES),
        ],
        Instruction::Endorse(endorsement) => {
            vec![prefix("attested", 1 + 4 + 32, endorsement.attested.len(), MAX_ATTESTED)]
        }
        Instruction::Vouch(vouch) => {
            let heard = 1 + 4 + 32 + if vouch.duty == Duty::Endorsement { 1 } else { 13 };
            vec![prefix("heard", heard, vouch.heard.len(), MAX_HEARD)]
        }
        Instruction::Gate(post) => {
            let signs = header + 4 + 146 * post.turns.len();
            vec![
                prefix("turns", header, post.turns.len(), MAX_CHUNK_ITEMS),
                prefix("signs", signs, post.proof.signs.len(), MAX_VECTORS),
            ]
        }
        Instruction::Shuffle(post) => {
            let ShuffleProof { moves, powers, polynomial, masked, raised, .. } = &post.proof;
            let lists = [
                ("outputs", post.outputs.len(), 64, MAX_CHUNK_ITEMS),
                ("moves", moves.len(), 96, MAX_VECTORS),
                ("powers", powers.len(), 96, MAX_VECTORS),
                ("polynomial", polynomial.len(), 96, MAX_SHUFFLE_TERMS),
                ("masked", masked.len(), 18, MAX_CHUNK_ITEMS),
                ("raised", raised.len(), 32, MAX_CHUNK_ITEMS),
            ];
            let mut place = header;
            let prefixes = lists.map(|(name, len, bytes, max)| {
                let prefix = prefix(name, place, len, max);
                // The squares stand between moves and powers.
                place += 4 + bytes * len + if name == "moves" { 96 } else { 0 };
                prefix
            });
            prefixes.into()
        }
        Instruction::Blind(post) => {
            let responses = header + 4 + 64 * post.blinded.len() + 32;
            vec![
                prefix("blinded", header, post.blinded.len(), MAX_CHUNK_ITEMS),
                prefix("responses", responses, post.responses.len(), MAX_CHUNK_ITEMS),
            ]
        }
        Instruction::Decrypt(post) => {
            vec![prefix("shares", header, post.shares.len(), MAX_CHUNK_ITEMS)]
        }
    }
}

#[test]
fn a_list_has_the_length_it_says_within_its_bound() {
    let mut tried = 0;
    for scene in of_every_kind() {
        let kind = scene.kind();
        let payload = payload(scene);
        for prefix in prefixes(&scene.instruction) {
            for (what, lie) in lies(&payload, &prefix) {
                let bytes = signed(scene, &lie);
                assert_eq!(refused(&scene.before, scene.slot, &bytes), "E1", "{kind:?}: {what}");
                tried += 1;
            }
        }
        let envelope =
            Prefix { name: "payload", place: 96, len: payload.len(), max: MAX_INSTRUCTION_BYTES };
        for (what, lie) in lies(&scene.bytes, &envelope) {
            assert_eq!(refused(&scene.before, scene.slot, &lie), "E1", "{kind:?}: {what}");
        }
    }
    assert!(tried > 60);
}

#[test]
fn a_list_of_terms_has_the_length_it_says_within_its_bound() {
    let Genesis { slot, terms, signature } = &SCRIPT.replay.genesis;
    let mut honest: Terms = borsh::from_slice(terms).unwrap();
    let listed: Vec<_> = SCRIPT.outcome.accounts.iter().map(|account| account.party).collect();
    honest.admission = Admission::Listed(list(listed));
    let bytes = borsh::to_vec(&honest).unwrap();

    // What stands before each list, encoded.
    let t = &honest;
    let (lot, group) = (&t.lots[0], &t.quorum[0]);
    let Admission::Listed(listed) = &t.admission else { panic!("listed") };
    let len = |bytes: borsh::io::Result<Vec<u8>>| bytes.unwrap().len();
    let domain = len(borsh::to_vec(&(t.version, t.nonce)));
    let lots = domain + len(borsh::to_vec(&(&t.domain, t.seller, t.custodian)));
    let name = lots + 4;
    let identifier = name + len(borsh::to_vec(&lot.name));
    let grid = &lot.grid;
    let shape = identifier
        + len(borsh::to_vec(&(&lot.identifier, lot.quantity, grid.side, grid.start)))
        + len(borsh::to_vec(&(grid.tick, grid.levels, grid.scale)));
    let mechanism = lots + len(borsh::to_vec(&t.lots));
    let admission = mechanism
        + len(borsh::to_vec(&(t.mechanism, t.ties, t.disclosure, t.reserve)))
        + len(borsh::to_vec(&(t.acceptance, t.rounds)))
        + len(borsh::to_vec(&(t.schedule, t.stakes)))
        + 1;
    let quorum = admission - 1 + len(borsh::to_vec(&(&t.admission, t.max_bids_per_lot)));
    let group_name = quorum + 4;
    let members = group_name
        + len(borsh::to_vec(&(&group.name, group.threshold, group.endorsements)))
        + len(borsh::to_vec(&group.is_witness));

    let prefix = |name, place, len, max| Prefix { name, place, len, max };
    let prefixes = [
        prefix("domain", domain, t.domain.as_str().len(), MAX_DOMAIN_BYTES),
        prefix("lots", lots, t.lots.len(), MAX_LOTS),
        prefix("name", name, lot.name.as_str().len(), MAX_TEXT_BYTES),
        prefix("identifier", identifier, lot.identifier.as_str().len(), MAX_TEXT_BYTES),
        prefix("shape", shape, grid.shape.digits(), 32),
        prefix("admission", admission, listed.len(), MAX_LISTED_BIDDERS),
        prefix("quorum", quorum, t.quorum.len(), MAX_GROUPS),
        prefix("group name", group_name, group.name.as_str().len(), MAX_TEXT_BYTES),
        prefix("members", members, group.members.len(), MAX_MEMBERS),
    ];
    for prefix in &prefixes {
        for (what, lie) in lies(&bytes, prefix) {
            let check = Auction::open(*slot, &lie, signature).unwrap_err().check.number();
            assert_eq!(check, "T1", "{what}");
        }
    }
}

#[test]
fn a_list_of_a_record_has_the_length_it_says_within_its_bound() {
    let prefix = |name, place, len, max| Prefix { name, place, len, max };
    let genesis = &SCRIPT.replay.genesis;
    let bytes = borsh::to_vec(genesis).unwrap();
    for (what, lie) in lies(&bytes, &prefix("terms", 8, genesis.terms.len(), MAX_TERMS_BYTES)) {
        assert!(borsh::from_slice::<Genesis>(&lie).is_err(), "{what}");
    }
    // Where a market is cleared: what is opened of it has no bound but that of the record.
    let quote = Quote { level: Level(1), price: Price(2) };
    let trade = Trade {
        party: SCRIPT.outcome.accounts[0].party,
        side: TradeSide::Buy,
        better: 1,
        at_price: 2,
        shared: 2,
        amount: 3,
    };
    let clearing = Clearing {
        price: quote,
        between: None,
        margins: None,
        excess: vec![Excess { level: Level(1), units: -1 }],
        trades: vec![trade; 2],
    };
    let bytes = borsh::to_vec(&clearing).unwrap();
    let lists = [prefix("excess", 14, 1, 1 << 26), prefix("trades", 14 + 4 + 12, 2, 1 << 26)];
    for list in &lists {
        for (what, lie) in lies(&bytes, list) {
            assert!(borsh::from_slice::<Clearing>(&lie).is_err(), "{what}");
        }
    }
    let statistics = Statistics { sum: 1, bins: Some(list([1, 2])), squares: None };
    let bytes = borsh::to_vec(&statistics).unwrap();
    for (what, lie) in lies(&bytes, &prefix("bins", 8 + 1, 2, MAX_BUCKETS)) {
        assert!(borsh::from_slice::<Statistics>(&lie).is_err(), "{what}");
    }
    let entry = &SCRIPT.replay.entries[0];
    let bytes = borsh::to_vec(entry).unwrap();
    let instruction = prefix("instruction", 8, entry.instruction.len(), MAX_INSTRUCTION_BYTES);
    for (what, lie) in lies(&bytes, &instruction) {
        assert!(borsh::from_slice::<Entry>(&lie).is_err(), "{what}");
    }
    let outcome = &SCRIPT.outcome;
    let bytes = borsh::to_vec(outcome).unwrap();
    let accounts = bytes.len() - 4 - 80 * outcome.accounts.len();
    // Of the only lot: three counts, a sealed reserve, nothing disclosed, "sold", and the price.
    let Ending::Sold(award) = &outcome.lots[0].ending else { panic!("it is sold") };
    let surveys = 32 + 4 + 3 * 4 + 1;
    let sales = surveys + 4 + 3 + 1 + 12;
    let lists = [
        prefix("surveys", surveys, outcome.lots[0].disclosed.surveys.len(), MAX_ROUNDS),
        prefix("sales", sales, award.sales.len(), MAX_UNITS),
        prefix("lots", 32, outcome.lots.len(), MAX_LOTS),
        prefix("accounts", accounts, outcome.accounts.len(), 1 << 20),
    ];
    for list in &lists {
        for (what, lie) in lies(&bytes, list) {
            assert!(borsh::from_slice::<Outcome>(&lie).is_err(), "{what}");
        }
    }
}

#[test]
fn lists_at_their_bounds_are_read_and_one_item_more_is_not() {
    // Built by hand, for a `List` cannot be made too long.
    fn at_bound<T, const MAX: usize>(item: &[u8])
    where
        List<T, MAX>: borsh::BorshDeserialize,
    {
        let mut bytes = u32::try_from(MAX).unwrap().to_le_bytes().to_vec();
        bytes.extend(item.repeat(MAX));
        assert!(borsh::from_slice::<List<T, MAX>>(&bytes).is_ok());
        let more = u32::try_from(MAX + 1).unwrap().to_le_bytes();
        bytes[..4].copy_from_slice(&more);
        bytes.extend(item);
        assert!(borsh::from_slice::<List<T, MAX>>(&bytes).is_err());
    }
    at_bound::<talea_protocol::masked::Masked, MAX_VECTOR>(&[0; 18]);
    at_bound::<talea_protocol::commitment::CurveStep, MAX_STEPS>(&[0; 4 + 32 + 6 * 32 + 4]);
    at_bound::<u32, MAX_BUCKETS>(&[0; 4]);
    at_bound::<u8, MAX_SEALED_BID_BYTES>(&[0]);
    at_bound::<u8, MAX_INSTRUCTION_BYTES>(&[0]);
    at_bound::<talea_protocol::bytes::Point, MAX_MEMBERS>(&[0; 32]);
    at_bound::<talea_protocol::bytes::Scalar, MAX_CHUNK_ITEMS>(&[0; 32]);
    at_bound::<talea_protocol::ranking::GateTurn, MAX_CHUNK_ITEMS>(&[0; 146]);
    at_bound::<talea_protocol::ranking::ShuffleTerm, MAX_SHUFFLE_TERMS>(&[0; 96]);
    at_bound::<talea_protocol::masked::VectorOpening, MAX_VECTORS>(&[0; 96]);
    at_bound::<talea_protocol::masked::Masked, MAX_CHUNK_ITEMS>(&[0; 18]);
    at_bound::<talea_protocol::sealed_bid::Ciphertext, MAX_CHUNK_ITEMS>(&[0; 64]);
    at_bound::<talea_protocol::commitment::BidId, MAX_ATTESTED>(&[0; 40]);
    at_bound::<talea_protocol::quorum::KeyholderId, MAX_HEARD>(&[0; 4]);
    at_bound::<talea_protocol::sealed_bid::Reveal, MAX_REVEALS>(&[0; 44]);
}

// ---- bytes that are not there, or too many ----

#[test]
fn an_instruction_cut_anywhere_is_refused() {
    for scene in of_every_kind() {
        let kind = scene.kind();
        for cut in 0..scene.bytes.len() {
            let cut = &scene.bytes[..cut];
            let refusal = scene.before.clone().apply(scene.slot, cut).unwrap_err();
            assert_eq!(refusal.check.number(), "E1", "{kind:?}, {} bytes", cut.len());
        }
        // And the auction stands as before, which takes longer to see.
        for cut in (0..scene.bytes.len()).step_by(97) {
            refused(&scene.before, scene.slot, &scene.bytes[..cut]);
        }
    }
}

#[test]
fn a_payload_cut_anywhere_and_signed_is_refused() {
    for scene in of_every_kind() {
        let kind = scene.kind();
        let payload = payload(scene);
        for cut in (0..payload.len()).step_by(if payload.len() > 1000 { 13 } else { 1 }) {
            let bytes = signed(scene, &payload[..cut]);
            assert_eq!(refused(&scene.before, scene.slot, &bytes), "E1", "{kind:?}, {cut} bytes");
        }
    }
}

#[test]
fn an_instruction_with_a_tail_is_refused() {
    for scene in of_every_kind() {
        let kind = scene.kind();
        let payload = payload(scene);
        for tail in [&[0][..], &[0; 4], &[0xff; 32], &payload, &scene.bytes] {
            let outside = [&scene.bytes, tail].concat();
            assert_eq!(refused(&scene.before, scene.slot, &outside), "E1", "{kind:?}");
            let inside = signed(scene, &[&payload, tail].concat());
            assert_eq!(refused(&scene.before, scene.slot, &inside), "E1", "{kind:?}");
        }
    }
}

#[test]
fn what_decodes_is_the_one_encoding_of_what_it_says() {
    let reencode = |bytes: &[u8]| {
        let signed: SignedInstruction = borsh::from_slice(bytes).unwrap();
        let instruction: Instruction = borsh::from_slice(&signed.payload).unwrap();
        assert_eq!(borsh::to_vec(&instruction).unwrap(), signed.payload.to_vec());
        borsh::to_vec(&signed).unwrap()
    };
    for scene in &SCRIPT.scenes {
        assert_eq!(reencode(&scene.bytes), scene.bytes);
    }
}

// ---- bytes that are others ----

/// Bytes of a payload that may be others without the instruction being refused, for nothing in the
/// auction contradicts them when it is taken.
fn is_free(instruction: &Instruction, place: usize, payload: usize) -> bool {
    match instruction {
        // Whatever the custodian says, it says.
        Instruction::Fund(_) => place > 8,
        // A seal is bound to nothing until the reveal.
        Instruction::Commit(_) | Instruction::Reserve(_) | Instruction::CommitCurve(_) => {
            place >= payload - 32
        }
        _ => false,
    }
}

#[test]
fn every_byte_of_a_payload_counts_though_it_is_signed_anew() {
    for scene in of_every_kind().filter(|scene| scene.kind() != Kind::Tick) {
        let kind = scene.kind();
        let honest = payload(scene);
        let step = match kind {
            Kind::Gate => 11,
            Kind::Shuffle => 5,
            Kind::Reveal => 5,
            Kind::Commit | Kind::Reserve | Kind::CommitCurve => 3,
            _ => 1,
        };
        for place in (0..honest.len()).step_by(step) {
            let mut payload = honest.clone();
            payload[place] ^= 1 << (place % 8);
            let bytes = signed(scene, &payload);
            let mut tried = scene.before.clone();
            let answer = tried.apply(scene.slot, &bytes);
            let free = is_free(&scene.instruction, place, payload.len());
            assert_eq!(answer.is_ok(), free, "{kind:?}, byte {place}: {:?}", answer.err());
            assert!(free || tried == scene.before, "{kind:?}, byte {place}");
        }
    }
}

#[test]
fn rubbish_is_refused_in_every_phase() {
    let mut states: Vec<&Auction> = Vec::new();
    for scene in &SCRIPT.scenes {
        if states.last().is_none_or(|last| last.phase() != scene.before.phase()) {
            states.push(&scene.before);
        }
    }
    assert!(states.iter().any(|auction| auction.phase() == Phase::Ranking));
    let mut byte = 0u8;
    let mut next = || {
        byte = byte.wrapping_mul(197).wrapping_add(113);
        byte
    };
    for auction in states {
        for len in [0usize, 1, 4, 31, 32, 96, 99, 100, 101, 105, 133, 1000, 70_000] {
            let mut bytes: Vec<u8> = (0..len).map(|_| next()).collect();
            assert_eq!(refused(auction, auction.slot(), &bytes), "E1");
            // The same with a payload's length that fits.
            if let Some(rest) = len.checked_sub(100) {
                bytes[96..100].copy_from_slice(&(rest as u32).to_le_bytes());
                assert_eq!(refused(auction, auction.slot(), &bytes), "E1");
            }
        }
    }
}
