//! The specification's wire format against the types: real bytes are walked by its tables alone, and must
//! come to what the types say they are; what it bounds is made one longer, in both verifications.

use borsh::BorshDeserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
    path::PathBuf,
};
use talea_contract::Auction;
use talea_protocol::{
    bytes::{Digest, Domain, List, PartyKey, Text},
    check::Check,
    commitment::TradeSide,
    instruction::{Instruction, SignedInstruction, opening_bytes},
    labels, limits,
    mechanism::{Comparisons, Curve, Mechanism, Pricing, Quantities},
    outcome::{
        Account, Award, Clearing, Clears, Disclosed, Ending, Excess, LotResult, Margins, OpenedBid,
        Outcome, PriceComparison, Quote, ReserveResult, Sale, Statistics, Survey, Trade, VoidCause,
    },
    price::{Level, Price, PriceGrid, Scale, Shape, Side},
    ranking::Duty,
    sealed_bid::{SealedBid, split_contribution},
    terms::{Acceptance, Admission, Currency, Money, Openings, Quotation, Terms},
    transcript::{Closing, Entry, Genesis, MAGIC, RecordKind, next_head},
};
use talea_sim::simulate::{BidderConduct, KeyholderConduct, ReservePlan, Seat};
use talea_tests::{
    Small, list, on_all_cores,
    opinions::{first_opinion, second_opinion},
    replay::{Kind, Pens, Replay, Scene, append, edit},
    spec::{Definition, SPEC, SpotKind, Walk, Wire, number, section, table},
    with_bidder, with_keyholder,
};
use talea_verifier::Verdict;

// ---- samples ----

/// A value: the name of its type, its bytes, and its text as its type writes it.
struct Sample {
    name: &'static str,
    bytes: Vec<u8>,
    text: String,
    decode: fn(&[u8]) -> Result<String, String>,
}

fn decode<T: BorshDeserialize + Debug>(bytes: &[u8]) -> Result<String, String> {
    let value: Result<T, _> = borsh::from_slice(bytes);
    value.map(|value| format!("{value:?}")).map_err(|error| error.to_string())
}

fn sample<T: BorshDeserialize + Debug>(name: &'static str, bytes: &[u8]) -> Sample {
    let text = decode::<T>(bytes).expect("it was written by its type");
    Sample { name, bytes: bytes.to_vec(), text, decode: decode::<T> }
}

fn to_vec(value: &impl borsh::BorshSerialize) -> Vec<u8> {
    borsh::to_vec(value).expect("to memory")
}

/// The transcripts of the vectors that are valid.
fn transcripts() -> Vec<Vec<u8>> {
    let folder: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "..", "docs", "vectors", "transcripts"].iter().collect();
    let files = std::fs::read_dir(folder).expect("the vectors are in the project");
    let mut paths: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    let transcripts = paths.iter().filter(|path| path.extension().is_some_and(|e| e == "talea"));
    let transcripts = transcripts.map(|path| std::fs::read(path).unwrap());
    transcripts.filter(|bytes| second_opinion(bytes).verdict == Verdict::Valid).collect()
}

/// Everything that stands in a transcript.
fn samples_of(replay: &Replay) -> Vec<Sample> {
    let mut samples = vec![
        sample::<Genesis>("Genesis", &to_vec(&replay.genesis)),
        sample::<Terms>("Terms", &replay.genesis.terms),
    ];
    for entry in &replay.entries {
        let signed: SignedInstruction = borsh::from_slice(&entry.instruction).unwrap();
        samples.push(sample::<Entry>("Entry", &to_vec(entry)));
        samples.push(sample::<SignedInstruction>("SignedInstruction", &entry.instruction));
        samples.push(sample::<Instruction>("Instruction", &signed.payload));
    }
    let closing = replay.closing.iter();
    samples.extend(closing.map(|closing| sample::<Closing>("Closing", &to_vec(closing))));
    samples
}

/// Outcomes with everything that there can be, also what no transcript shows.
fn outcomes() -> Vec<Sample> {
    let quote = |n: u32| Quote { level: Level(n), price: Price(-i64::from(n) - 1) };
    let sale = |n, comparison| Sale { winner: PartyKey([n; 32]), comparison };
    let sales = [
        sale(1, PriceComparison::AbovePrice),
        sale(2, PriceComparison::AtPrice),
        sale(3, PriceComparison::NotCompared),
    ];
    let award = Award { quote: quote(7), sales: list(sales) };
    let depth = || Some(list([1, 2, 3]));
    let survey = Survey { depth: depth(), cover: Some(quote(9)) };
    let disclosed = Disclosed {
        surveys: list([survey, Survey::default()]),
        cover: Some(quote(8)),
        depth: depth(),
        bids: Some(vec![OpenedBid { bidder: PartyKey([4; 32]), quote: quote(10) }]),
    };
    let trade = |n, side| Trade {
        party: PartyKey([n; 32]),
        side,
        better: 1 << 40,
        at_price: 2 << 30,
        shared: 3 << 20,
        amount: -(4 << 50),
    };
    let clearing = Clearing {
        price: quote(12),
        between: Some(Clears { lowest: quote(13), highest: quote(14) }),
        margins: Some(Margins {
            last_buyer: quote(15),
            next_buyer: quote(16),
            last_seller: quote(17),
            next_seller: quote(18),
        }),
        excess: vec![
            Excess { level: Level(19), units: -5 },
            Excess { level: Level(20), units: 6 << 40 },
        ],
        trades: vec![trade(8, TradeSide::Buy), trade(9, TradeSide::Sell)],
    };
    let nothing = Clearing {
        between: None,
        margins: None,
        excess: Vec::new(),
        trades: Vec::new(),
        ..clearing.clone()
    };
    let bins = Some(list([4, 5, 6]));
    let statistics = Statistics { sum: 7 << 50, bins, squares: Some(8 << 50) };
    let endings = [
        Ending::Sold(award.clone()),
        Ending::Declined(award),
        Ending::BelowReserve,
        Ending::Unsold,
        Ending::Void(VoidCause::Setup),
        Ending::Void(VoidCause::Endorsement),
        Ending::Void(VoidCause::Quorum),
        Ending::Halted,
        Ending::Cleared(clearing),
        Ending::NoTrade(nothing),
        Ending::OneSided,
        Ending::Surveyed(statistics),
        Ending::Surveyed(Statistics { sum: 1 << 50, bins: None, squares: None }),
        Ending::TooFewAnswers,
    ];
    let reserves = [
        ReserveResult::None,
        ReserveResult::Lapsed,
        ReserveResult::Sealed,
        ReserveResult::Opened(quote(11)),
    ];
    let lots = (0u32..).zip(endings).map(|(n, ending)| LotResult {
        commits: 100 + n,
        ranked: 200 + n,
        invalid: 300 + n,
        reserve: reserves[n as usize % reserves.len()],
        disclosed: disclosed.clone(),
        ending,
    });
    let account = Account {
        party: PartyKey([5; 32]),
        funded: 1 << 60,
        received: 2 << 50,
        available: 3 << 40,
        locked: 4 << 30,
        settlement: 5 << 20,
        forfeited: 6 << 10,
    };
    let outcome = Outcome {
        auction: talea_protocol::terms::AuctionId([6; 32]),
        lots: list(lots),
        accounts: vec![account, Account { party: PartyKey([7; 32]), ..account }],
    };
    vec![sample::<Outcome>("Outcome", &to_vec(&outcome))]
}

/// A vouch for an endorsement, which the vectors have not.
fn vouch() -> Sample {
    let heard = list([talea_protocol::quorum::KeyholderId { group: 1, member: 2 }]);
    let head = Digest([8; 32]);
    let vouch = talea_protocol::ranking::Vouch { round: 3, head, duty: Duty::Endorsement, heard };
    sample::<Instruction>("Instruction", &to_vec(&Instruction::Vouch(vouch)))
}

/// Terms with every money, which the vectors have not.
fn priced(terms: &[u8]) -> Vec<Sample> {
    let terms: Terms = borsh::from_slice(terms).unwrap();
    let quotations =
        [Quotation::Lot, Quotation::Unit, Quotation::Percent, Quotation::Yield, Quotation::Spread];
    let money = quotations.map(|quotation| Money { currency: Currency(*b"KWD"), quotation });
    let openings = [Openings::Private, Openings::Recorded].into_iter().cycle();
    let terms = money.into_iter().zip(openings).map(|(money, openings)| {
        let terms = Terms { money: Some(money), openings, ..terms.clone() };
        sample::<Terms>("Terms", &to_vec(&terms))
    });
    terms.collect()
}

// ---- the types ----

#[test]
fn every_type_is_written_as_its_table_says() {
    let wire = Wire::read();
    let replays: Vec<Replay> = transcripts().iter().map(|bytes| Replay::read(bytes)).collect();
    let mut samples: Vec<Sample> = replays.iter().flat_map(samples_of).collect();
    samples.extend(outcomes());
    samples.push(vouch());
    samples.extend(priced(&replays[0].genesis.terms));
    let mut seen = BTreeSet::new();
    for Sample { name, bytes, text, .. } in &samples {
        let (walked, walk) = Walk::over(&wire, name, bytes, None);
        assert_eq!(walked, *text, "{name}");
        seen.extend(walk.seen);
    }
    // The bytes of sealed bids, which only a lot's shape can cut.
    for replay in &replays {
        let terms: Terms = borsh::from_slice(&replay.genesis.terms).unwrap();
        for (_, instruction) in
            replay.entries.iter().map(|entry| talea_tests::replay::opened(&entry.instruction))
        {
            let Instruction::Reveal(reveals) = instruction else { continue };
            for reveal in reveals.iter() {
                let shape = &terms.lots[reveal.bid.lot as usize].grid.shape;
                let curve = terms.mechanism.curve();
                let bits = curve.map_or(0, |curve| curve.quantities.sealed_bits());
                let shape = shape.with_bits(bits).expect("T8");
                let split = split_contribution(&reveal.sealed_bid, terms.ties, reveal.bid.round);
                // A bid that is invalid may have any length.
                let Some((bytes, _)) = split else { continue };
                for bytes in bytes.chunks(SealedBid::encoded_len(&shape)) {
                    let Some(sealed) = SealedBid::from_bytes(bytes, &shape) else { continue };
                    let (walked, walk) = Walk::over(&wire, "SealedBid", bytes, Some(&shape));
                    assert_eq!(walked, format!("{sealed:?}"));
                    seen.extend(walk.seen);
                }
            }
        }
    }
    let all = wire.types.iter().flat_map(|(name, definition)| {
        let tags: Vec<String> = match definition {
            Definition::Tags(tags) => {
                tags.iter().map(|(tag, _)| format!("{name}::{tag}")).collect()
            }
            Definition::Simple(_) | Definition::Fields(_) => Vec::new(),
        };
        std::iter::once(name.clone()).chain(tags)
    });
    let all: BTreeSet<String> = all.collect();
    assert_eq!(all.difference(&seen).collect::<Vec<_>>(), Vec::<&String>::new(), "never met");
}

/// The error of `decode` for these bytes with those at `at` replaced.
fn replaced(sample: &Sample, at: usize, by: &[u8]) -> Result<String, String> {
    let mut bytes = sample.bytes.clone();
    bytes[at..at + by.len()].copy_from_slice(by);
    (sample.decode)(&bytes)
}

#[test]
fn a_tag_a_flag_and_a_length_beyond_the_text_do_not_decode_and_those_within_it_do() {
    let wire = Wire::read();
    let replays: Vec<Replay> = transcripts().iter().map(|bytes| Replay::read(bytes)).collect();
    let mut samples: Vec<Sample> = replays.iter().flat_map(samples_of).collect();
    samples.extend(outcomes());
    samples.push(vouch());
    samples.extend(priced(&replays[0].genesis.terms));
    let mut tried = BTreeSet::new();
    for sample in &samples {
        let (_, walk) = Walk::over(&wire, sample.name, &sample.bytes, None);
        for spot in walk.spots {
            let what = format!("{} {:?}", spot.path, std::mem::discriminant(&spot.kind));
            if !tried.insert(what.clone()) {
                continue;
            }
            match spot.kind {
                SpotKind::Tag(tags) => {
                    for tag in tags..=255 {
                        let error = replaced(sample, spot.at, &[tag as u8]).unwrap_err();
                        assert!(error.contains("variant tag"), "{what} {tag}: {error}");
                    }
                }
                SpotKind::Flag => {
                    for other in 2..=255 {
                        let error = replaced(sample, spot.at, &[other]).unwrap_err();
                        assert!(error.contains("Invalid"), "{what} {other}: {error}");
                    }
                }
                SpotKind::List { bound, .. } => {
                    let too_long = "a list is longer than its bound";
                    // Nothing follows: a number within the bound is missed items.
                    let error = |count: u64| {
                        let count = u32::try_from(count).unwrap().to_le_bytes();
                        (sample.decode)(&[&sample.bytes[..spot.at], &count].concat()).unwrap_err()
                    };
                    match bound {
                        Some(bound) => {
                            assert_ne!(error(bound), too_long, "{what}: {bound} are allowed");
                            assert_eq!(error(bound + 1), too_long, "{what}: no more than {bound}");
                        }
                        None => assert_ne!(error(u32::MAX.into()), too_long, "{what}"),
                    }
                }
            }
        }
        // A tail.
        let tail = [&sample.bytes[..], &[0]].concat();
        assert!((sample.decode)(&tail).is_err(), "{} with a tail", sample.name);
    }
    assert!(tried.len() > 50, "{tried:?}");
}

#[test]
fn the_bounds_are_those_of_the_program() {
    macro_rules! program {
        ($($name:ident)*) => {
            BTreeMap::from([$((stringify!($name).to_owned(), limits::$name as u64)),*])
        };
    }
    let program = program! {
        MAX_INSTRUCTION_BYTES MAX_TERMS_BYTES MAX_OUTCOME_BYTES MAX_TEXT_BYTES MAX_DOMAIN_BYTES MAX_LOTS MAX_GROUPS
        MAX_MEMBERS MAX_LISTED_BIDDERS MAX_BIDS_PER_LOT MAX_DIGITS MAX_DIGIT_BITS MAX_LEVEL_BITS
        MAX_SEALED_BID_BYTES MAX_BUCKETS MAX_ROUNDS MAX_OPENED_BIDS MAX_UNITS
        MAX_STEPS MAX_QUANTITY_BITS MAX_OPENED_SUM MAX_PAID_SUM MAX_SURVEY_SUM MAX_MARKET_BIDS MAX_SEARCHED
        CONTRIBUTION_BYTES MAX_REVEALS MAX_CHUNK_ITEMS MAX_ATTESTED MAX_HEARD MAX_ACCOUNTS
        MAX_SHOWN_BUCKETS MASKED_BYTES MAX_VECTOR MAX_VECTORS MAX_SHUFFLE_TERMS
    };
    let source = include_str!("../../protocol/src/limits.rs");
    let named = source.lines().filter_map(|line| line.strip_prefix("pub const "));
    let named: BTreeSet<&str> = named.filter_map(|line| Some(line.split_once(':')?.0)).collect();
    assert!(named.iter().copied().eq(program.keys().map(String::as_str)), "{named:?}");
    assert_eq!(Wire::read().bounds, program);
}

#[test]
fn a_file_is_framed_as_the_text_says() {
    let rows = table(17, &["kind", "body", "longest body in bytes"]).rows;
    let kinds = [RecordKind::Genesis, RecordKind::Entry, RecordKind::Closing];
    assert_eq!(rows.len(), kinds.len());
    for (row, kind) in rows.iter().zip(kinds) {
        let longest = number(&row[2]);
        assert_eq!(row[0], kind.byte().to_string());
        assert_eq!(row[1], format!("{kind:?}"));
        assert_eq!(longest, kind.max_len() as u64);
        let header = |length: u64| {
            let mut header = [kind.byte(), 0, 0, 0, 0];
            header[1..].copy_from_slice(&u32::try_from(length).unwrap().to_le_bytes());
            header
        };
        assert!(RecordKind::read_header(&header(longest)).is_some());
        assert!(RecordKind::read_header(&header(longest + 1)).is_none());
    }
    assert!(
        (rows.len() as u8..=255).all(|kind| RecordKind::read_header(&[kind, 0, 0, 0, 0]).is_none())
    );
    let line = std::str::from_utf8(MAGIC).unwrap().strip_suffix('\n').expect("it ends a line");
    assert!(section(17).contains(&format!("{} bytes of the line `{line}`", MAGIC.len())));
}

#[test]
fn a_text_is_made_of_the_characters_that_the_text_allows() {
    let rule = "without the characters U+0000 to U+001F and U+007F to U+009F";
    assert!(section(17).contains(rule));
    for c in '\0'..=char::MAX {
        let forbidden = matches!(c, '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}');
        assert_eq!(<Text>::new(&c.to_string()).is_err(), forbidden, "{c:?}");
        assert_eq!(Domain::new(&c.to_string()).is_err(), forbidden, "{c:?}");
    }
    assert!(<Text>::new("").is_err() && Domain::new("").is_err());
    assert!(borsh::from_slice::<Text>(&[1, 0, 0, 0, 0xff]).is_err(), "UTF-8");
    // Shapes.
    let shape = |digits: &[u8]| Shape::new(digits).is_ok();
    assert!(!shape(&[]) && !shape(&[0]) && shape(&[1]) && shape(&[10]) && !shape(&[11]));
    assert!(
        shape(&[10, 10, 10, 2]) && !shape(&[10, 10, 10, 3]) && shape(&[1; 32]) && !shape(&[1; 33])
    );
}

// ---- labels ----

#[test]
fn the_labels_are_those_of_the_program() {
    let of =
        |head: &[&str]| table(18, head).rows.into_iter().map(|row| row[0].clone().into_bytes());
    let kinds = ["kind", "proof", "check", "statement"];
    let listed: BTreeSet<Vec<u8>> = of(&["label", "use"]).chain(of(&kinds)).collect();
    let program: BTreeSet<Vec<u8>> = labels::ALL.iter().map(|label| label.to_vec()).collect();
    assert_eq!(listed, program);
    // Which kind is of which check.
    let checks = [
        (labels::KIND_CONSTANT, Check::DealConstant),
        (labels::KIND_EPHEMERAL, Check::DealEphemeral),
        (labels::KIND_COMPLAINT, Check::ComplaintProof),
        (labels::KIND_RANGE, Check::CommitRange),
        (labels::KIND_IMPROVEMENT, Check::CommitRange),
        (labels::KIND_UNARY, Check::RevealArgument),
        (labels::KIND_GATE, Check::GateProof),
        (labels::KIND_SHUFFLE, Check::ShuffleProof),
        (labels::KIND_BLIND, Check::BlindProof),
        (labels::KIND_DECRYPTION_SHARE, Check::DecryptionShare),
    ];
    for (row, (kind, check)) in table(18, &kinds).rows.iter().zip(checks) {
        assert_eq!((row[0].as_bytes(), row[2].as_str()), (kind, format!("**{check}**").as_str()));
    }
    // Elsewhere the text names no label that there is not.
    for piece in SPEC.split("talea/v2/").skip(1) {
        let label: String =
            piece.chars().take_while(|c| c.is_ascii_lowercase() || "-/".contains(*c)).collect();
        let label = format!("talea/v2/{label}").into_bytes();
        assert!(program.contains(&label), "{}", String::from_utf8_lossy(&label));
    }
    assert!(!SPEC.contains("protocol/src/") && !SPEC.contains("contract/src/"));
}

// ---- breaches ----

/// The check that fails, the same in both opinions.
#[track_caller]
fn check_of(transcript: &[u8], what: &str) -> Option<&'static str> {
    let report = second_opinion(transcript);
    let failed = report.failure.as_ref().map(|failure| failure.check);
    assert_eq!(first_opinion(transcript).err(), failed, "{what}\n{}", report.to_text());
    failed.map(Check::number)
}

/// An auction in which every kind of instruction stands, among them an endorsement that attests.
fn script() -> (Replay, Vec<Scene>, Pens) {
    let small = Small {
        groups: vec![(2, vec![Seat::Own; 4])],
        lots: vec![(4, vec![1, 1])],
        mechanism: Mechanism::UniformPrice { units: 1 },
        reserve: Some(false),
        acceptance: true,
        listed: true,
        ..Small::default()
    };
    let mut plan = small.plan(&[&[1, 3, 2]]);
    plan.reserves = vec![ReservePlan { lot: 0, level: Level(1), is_revealed: true }];
    let plan = with_bidder(plan, 0, BidderConduct::NeverReveals);
    let plan = with_keyholder(plan, 0, 4, KeyholderConduct::DealsWrongShare { to: 1 });
    let plan = with_keyholder(plan, 0, 2, KeyholderConduct::Ignored { from_step: 2 });
    let replay = Replay::read(&small.simulate(&plan).1);
    let (scenes, _) = replay.scenes();
    (replay, scenes, Pens::of(&small.cast()))
}

/// An auction of curves.
fn script_of_curves() -> (Replay, Vec<Scene>, Pens) {
    let curve = Curve { steps: 2, quantities: Quantities::Public { most: 4 } };
    let (pricing, comparisons) = (Pricing::Uniform, Comparisons::Opened);
    let mechanism = Mechanism::Curves { curve, pricing, least: 1, comparisons };
    let small = Small {
        groups: vec![(1, vec![Seat::Own])],
        lots: vec![(4, vec![1, 1])],
        bidders: 1,
        mechanism,
        ..Small::default()
    };
    let plan = small.plan_of_curves(&[(TradeSide::Buy, vec![(1, 1), (2, 1)])]);
    let replay = Replay::read(&small.simulate(&plan).1);
    let (scenes, _) = replay.scenes();
    (replay, scenes, Pens::of(&small.cast()))
}

/// These bytes with a list of so many items.
fn grown(bytes: &[u8], at: usize, spot: &SpotKind, count: u64) -> Vec<u8> {
    let SpotKind::List { len, item, end, .. } = spot else { panic!("it is a list") };
    let more = item.repeat(count as usize - len);
    let count = u32::try_from(count).unwrap().to_le_bytes();
    [&bytes[..at], &count, &bytes[at + 4..*end], &more, &bytes[*end..]].concat()
}

/// Which check fails where a list of an instruction has as many items as it may, and so another number than
/// it should.
fn check_within(path: &str) -> &'static [&'static str] {
    match path {
        "Deal.commitments" | "Deal.shares" => &["S2"],
        "CurveCommit.steps" => &["C9"],
        "RangeProof.masked" => &["C6"],
        "Instruction::Reveal" => &["R1"],
        "Reveal.sealed_bid" => &["R2"],
        "Endorsement.attested" => &["K1"],
        "Vouch.heard" => &["K14"],
        "GatePost.turns"
        | "ShufflePost.outputs"
        | "BlindPost.blinded"
        | "BlindPost.responses"
        | "DecryptionSharePost.shares" => &["K5"],
        "GateProof.signs" => &["K6"],
        "ShuffleProof.moves"
        | "ShuffleProof.powers"
        | "ShuffleProof.polynomial"
        | "ShuffleProof.masked"
        | "ShuffleProof.raised" => &["K12"],
        other => panic!("{other} has no rule in section 17"),
    }
}

#[test]
fn a_list_of_an_instruction_that_is_too_long_fails_before_anything_else() {
    let wire = Wire::read();
    let scripts = [script(), script_of_curves()];
    let mut tried = BTreeSet::new();
    let mut attempts = Vec::new();
    let scenes = scripts.iter().flat_map(|(replay, scenes, pens)| {
        scenes.iter().enumerate().map(move |(index, scene)| (replay, pens, index, scene))
    });
    for (replay, pens, index, scene) in scenes.filter(|(_, pens, _, scene)| pens.has(scene.signer))
    {
        let payload = to_vec(&scene.instruction);
        let (_, walk) = Walk::over(&wire, "Instruction", &payload, None);
        for spot in walk.spots {
            let bound = match spot.kind {
                SpotKind::List { bound: Some(bound), .. } => bound,
                _ => continue,
            };
            // Of commits there are three kinds.
            let kind =
                [Kind::Reserve, Kind::CommitCurve].iter().find(|kind| **kind == scene.kind());
            if !tried.insert((spot.path.clone(), kind)) {
                continue;
            }
            let sign = |count| {
                let payload = grown(&payload, spot.at, &spot.kind, count);
                pens.sign_payload(scene.signer, &scene.before.id(), &payload)
            };
            attempts.push((spot.path, replay, index, sign(bound), sign(bound + 1)));
        }
    }
    assert_eq!(tried.len(), 21, "{tried:?}");
    on_all_cores(&attempts, |(path, replay, index, within, beyond)| {
        let check = |bytes: &[u8]| check_of(&replay.ending_with(*index, bytes), path);
        assert_eq!(check(beyond), Some("E1"), "{path}");
        assert!(
            check_within(path).contains(&check(within).unwrap_or("none")),
            "{path}: {:?}",
            check(within)
        );
    });
}

#[test]
fn lists_of_the_terms_that_are_too_long_are_t1_and_impossible_shapes_too() {
    let wire = Wire::read();
    let (replay, _, pens) = script();
    let terms: Terms = borsh::from_slice(&replay.genesis.terms).unwrap();
    let opened = |bytes: Vec<u8>| {
        let signed = opening_bytes(&Terms::auction_id_of_bytes(&bytes), 1);
        let signature = pens.identity(terms.seller).sign_bytes(&signed);
        let mut transcript = MAGIC.to_vec();
        let genesis = Genesis { slot: 1, terms: list(bytes), signature };
        append(&mut transcript, RecordKind::Genesis, &genesis);
        transcript
    };
    let bytes = to_vec(&terms);
    assert!(matches!(terms.admission, Admission::Listed(_)));
    let (_, walk) = Walk::over(&wire, "Terms", &bytes, None);
    let mut paths = BTreeSet::new();
    for spot in walk.spots {
        let SpotKind::List { bound: Some(bound), .. } = spot.kind else { continue };
        if !paths.insert(spot.path.clone()) {
            continue;
        }
        let check =
            |count| check_of(&opened(grown(&bytes, spot.at, &spot.kind, count)), &spot.path);
        assert_eq!(check(bound + 1), Some("T1"), "{}", spot.path);
        assert_ne!(check(bound), Some("T1"), "{}", spot.path);
    }
    let all = [
        "Admission::Listed",
        "Group.members",
        "Group.name",
        "Lot.identifier",
        "Lot.name",
        "PriceGrid.shape",
        "Terms.domain",
        "Terms.lots",
        "Terms.quorum",
    ];
    assert!(paths.iter().eq(all), "{paths:?}");

    // A possible shape that is too small for the levels is T2; a shape that is none is T1, whatever the levels.
    let shaped = |digits: &[u8], levels| {
        let mut terms = terms.clone();
        edit(&mut terms.lots, |lots| lots[0].grid.levels = levels);
        let bytes = to_vec(&terms);
        let old = [2, 0, 0, 0, 1, 1];
        let at = bytes.windows(6).position(|window| window == old).expect("the shape");
        let count = u32::try_from(digits.len()).unwrap().to_le_bytes();
        check_of(&opened([&bytes[..at], &count, digits, &bytes[at + 6..]].concat()), "shape")
    };
    assert_eq!(shaped(&[1, 1], 4), None);
    assert_eq!(shaped(&[1, 1], 5), Some("T2"));
    assert_eq!(shaped(&[1, 0], 2), Some("T1"));
    assert_eq!(shaped(&[11, 1], 4), Some("T1"));
    assert_eq!(shaped(&[10, 10, 10, 3], 4), Some("T1"));
    assert_eq!(shaped(&[10, 10, 10, 2], 4), None);
}

#[test]
fn a_currency_that_is_not_three_capital_letters_is_t7() {
    let (replay, _, pens) = script();
    let mut terms: Terms = borsh::from_slice(&replay.genesis.terms).unwrap();
    let mut check = |code: &[u8; 3]| {
        terms.money = Some(Money { currency: Currency(*code), quotation: Quotation::Percent });
        let genesis = talea_parties::seller::open(pens.identity(terms.seller), &terms, 1).unwrap();
        let mut transcript = MAGIC.to_vec();
        append(&mut transcript, RecordKind::Genesis, &genesis);
        check_of(&transcript, &code.escape_ascii().to_string())
    };
    assert_eq!([b"EUR", b"AAZ", b"ZZA"].map(&mut check), [None; 3]);
    assert_eq!(
        [b"eur", b"EU ", b"EU@", b"E[R", b"0UR", b"\0UR", b"EU\xc3"].map(check),
        [Some("T7"); 7]
    );
}

#[test]
fn a_grid_may_reach_from_one_end_of_64_bits_to_the_other() {
    let (replay, _, pens) = script();
    let terms: Terms = borsh::from_slice(&replay.genesis.terms).unwrap();
    let check = |side, start: i64, tick: u64| {
        let mut terms = terms.clone();
        edit(&mut terms.lots, |lots| {
            let (scale, shape) = (Scale::Decimal(2), Shape::new(&[1, 1]).unwrap());
            lots[0].grid = PriceGrid { side, start: Price(start), tick, levels: 3, scale, shape };
        });
        let genesis = talea_parties::seller::open(pens.identity(terms.seller), &terms, 1).unwrap();
        let mut transcript = MAGIC.to_vec();
        append(&mut transcript, RecordKind::Genesis, &genesis);
        check_of(&transcript, &format!("{side:?} {start} {tick}"))
    };
    let widest = i64::MAX as u64;
    assert_eq!(check(Side::HighestWins, i64::MIN, widest), None);
    assert_eq!(check(Side::HighestWins, i64::MIN + 1, widest), None);
    assert_eq!(check(Side::HighestWins, i64::MIN + 2, widest), Some("T2"));
    assert_eq!(check(Side::LowestWins, i64::MAX, widest), None);
    assert_eq!(check(Side::LowestWins, i64::MIN, 1), Some("T2"));
    assert_eq!(check(Side::HighestWins, i64::MIN, widest + 1), Some("T2"));
}

#[test]
fn what_a_record_carries_is_x1_where_it_is_too_long_or_does_not_decode() {
    let wire = Wire::read();
    let (replay, _, _) = script();
    let last = replay.entries.len();
    // Terms and instructions of a byte more than their bound, in records that are within theirs.
    let entry = &replay.entries[0];
    let oversized = |before: &[u8], count: usize, after: &[u8]| {
        let length = u32::try_from(count).unwrap().to_le_bytes();
        [before, &length, &vec![0; count], after].concat()
    };
    let slot = replay.genesis.slot.to_le_bytes();
    let with = |kind: RecordKind, before: Vec<u8>, body: Vec<u8>| {
        let mut transcript = before;
        transcript.extend(kind.write(&body).expect("the record is within its bound"));
        transcript
    };
    let genesis = |count| {
        let body = oversized(&slot, count, &[0; 64]);
        check_of(&with(RecordKind::Genesis, MAGIC.to_vec(), body), "terms")
    };
    assert_eq!(genesis(limits::MAX_TERMS_BYTES), Some("T1"));
    assert_eq!(genesis(limits::MAX_TERMS_BYTES + 1), Some("X1"));
    let instruction = |count: usize| {
        let bytes = vec![0; count];
        let head = next_head(&replay.head_before(0), entry.slot, &bytes);
        let body = oversized(&entry.slot.to_le_bytes(), count, &head.0);
        check_of(&with(RecordKind::Entry, replay.until(0), body), "instruction")
    };
    assert_eq!(instruction(limits::MAX_INSTRUCTION_BYTES), Some("E1"));
    assert_eq!(instruction(limits::MAX_INSTRUCTION_BYTES + 1), Some("X1"));
    // Without a record there is only E1.
    let mut auction: Auction = replay.open();
    let refused = auction.apply(entry.slot, &vec![0; limits::MAX_INSTRUCTION_BYTES + 1]);
    assert_eq!(refused.unwrap_err().check.number(), "E1");

    // An outcome that differs is X4, one that does not decode X1, a wrong head before both X2.
    let closing = replay.closing.clone().expect("it is closed");
    let closed =
        |body: Vec<u8>| check_of(&with(RecordKind::Closing, replay.until(last), body), "closing");
    let mut outcome = closing.clone();
    outcome.outcome.lots = List::default();
    assert_eq!(closed(to_vec(&closing)), None);
    assert_eq!(closed(to_vec(&outcome)), Some("X4"));
    outcome.head.0[0] ^= 1;
    assert_eq!(closed(to_vec(&outcome)), Some("X2"));
    assert_eq!(closed([to_vec(&outcome), vec![0]].concat()), Some("X1"));
    // Every list of an outcome: as long as it may be, it differs; one more, and it is none.
    let mut full = closing.clone();
    edit(&mut full.outcome.lots, |lots| {
        let disclosed = &mut lots[0].disclosed;
        disclosed.surveys = list([Survey { depth: Some(list([1])), cover: None }]);
        disclosed.depth = Some(list([1]));
    });
    let mut surveyed = closing.clone();
    edit(&mut surveyed.outcome.lots, |lots| {
        let statistics = Statistics { sum: 1, bins: Some(list([1])), squares: None };
        lots[0].ending = Ending::Surveyed(statistics);
    });
    let mut paths = BTreeSet::new();
    for bytes in [to_vec(&full), to_vec(&surveyed)] {
        let (_, walk) = Walk::over(&wire, "Closing", &bytes, None);
        for spot in walk.spots {
            let SpotKind::List { bound: Some(bound), .. } = spot.kind else { continue };
            if !paths.insert(spot.path.clone()) {
                continue;
            }
            let of = |count| closed(grown(&bytes, spot.at, &spot.kind, count));
            assert_eq!(of(bound), Some("X4"), "{}", spot.path);
            assert_eq!(of(bound + 1), Some("X1"), "{}", spot.path);
        }
    }
    let all = [
        "Award.sales",
        "Disclosed.depth",
        "Disclosed.surveys",
        "Outcome.lots",
        "Statistics.bins",
        "Survey.depth",
    ];
    assert!(paths.iter().eq(all), "{paths:?}");
}

/// The order of the checks of a record: what stands later in it is broken, too, and is not named.
#[test]
fn the_checks_of_a_record_come_in_the_order_of_the_text() {
    let rows = table(17, &["record", "checks"]).rows;
    let order = |record: &str| -> Vec<String> {
        let row = rows.iter().find(|row| row[0] == record).expect("a record");
        row[1].split("**").skip(1).step_by(2).map(str::to_owned).collect()
    };
    let (replay, scenes, pens) = script();

    // An entry with more and more of it right.
    let fund = scenes.iter().position(|scene| scene.kind() == Kind::Fund).expect("a fund");
    let slot = replay.entries[fund].slot;
    let id = scenes[fund].before.id();
    let (seller, custodian) = (scenes[fund].before.terms().seller, scenes[fund].signer);
    let commit = scenes.iter().find(|scene| scene.kind() == Kind::Deal).expect("a deal");
    let mut unsigned = commit.bytes.clone();
    unsigned[40] ^= 1;
    let wrong = |instruction: &Instruction, signer| pens.sign(signer, &id, instruction);
    let Instruction::Fund(right) = scenes[fund].instruction else { panic!("a fund") };
    let none = talea_protocol::instruction::Fund { sequence: 9, amount: 0, ..right };
    let decide = Instruction::Decide(talea_protocol::ranking::Decision { lot: 9, accept: true });
    let at = |slot: u64, bytes: &[u8]| replay.ending_at(fund, slot, bytes);
    let mut found = Vec::new();
    let mut try_it = |transcript: Vec<u8>| {
        found.push(check_of(&transcript, "an entry").expect("it is refused").to_owned());
    };
    let head = Digest([7; 32]);
    let entry = to_vec(&Entry { slot: slot - 1, instruction: list([1, 2, 3]), head });
    for body in [[&entry[..], &[0]].concat(), entry] {
        let record = RecordKind::Entry.write(&body).expect("within its bound");
        try_it([replay.until(fund), record].concat());
    }
    try_it(at(slot - 1, &[1, 2, 3]));
    try_it(at(slot, &[1, 2, 3]));
    try_it(at(slot, &unsigned));
    // A bidder decides while deals are due.
    try_it(at(slot, &wrong(&decide, custodian)));
    try_it(at(slot, &wrong(&Instruction::Fund(none), seller)));
    try_it(at(slot, &wrong(&Instruction::Fund(none), custodian)));
    let mut expected = order("entry");
    assert_eq!(expected.pop().as_deref(), Some("M3"), "which nothing can fail");
    expected.push("M1".into());
    assert_eq!(found, expected);

    // Terms with more and more of them right.
    let mut terms: Terms = borsh::from_slice(&replay.genesis.terms).unwrap();
    let good = terms.clone();
    terms.version = labels::PROTOCOL_VERSION + 1;
    edit(&mut terms.lots, |lots| lots[0].quantity = 0);
    terms.fan_out = 0;
    edit(&mut terms.quorum, |groups| groups[0].threshold = 0);
    terms.custodian = terms.seller;
    // T7 is of the seller's say, T8 of curves without steps.
    terms.acceptance = Some(Acceptance { slots: 0 });
    terms.mechanism = Mechanism::Curves {
        curve: Curve { steps: 0, quantities: Quantities::Public { most: 1 } },
        pricing: Pricing::Uniform,
        least: 1,
        comparisons: Comparisons::Opened,
    };
    let mends: [fn(&mut Terms, &Terms); 7] = [
        |terms, good| terms.version = good.version,
        |terms, good| terms.lots = good.lots.clone(),
        |terms, good| terms.fan_out = good.fan_out,
        |terms, good| terms.quorum = good.quorum.clone(),
        |terms, good| terms.custodian = good.custodian,
        |terms, good| terms.acceptance = good.acceptance,
        |terms, good| terms.mechanism = good.mechanism,
    ];
    let opened = |terms: &Terms, signature| {
        let mut transcript = MAGIC.to_vec();
        let terms = list(to_vec(terms));
        append(&mut transcript, RecordKind::Genesis, &Genesis { slot: 1, terms, signature });
        transcript
    };
    let wrong = talea_protocol::bytes::Signature([7; 64]);
    let mut found = vec!["X1".to_owned()];
    let mut tail = opened(&terms, wrong);
    tail.pop();
    assert_eq!(check_of(&tail, "a genesis"), Some("X1"));
    for mend in mends {
        found.push(check_of(&opened(&terms, wrong), "terms").expect("refused").to_owned());
        mend(&mut terms, &good);
    }
    found.push(check_of(&opened(&terms, wrong), "terms").expect("refused").to_owned());
    assert_eq!(found, order("genesis"));
    assert_eq!(order("closing"), ["X1", "X2", "X4", "M3"], "the test before this one");
}
