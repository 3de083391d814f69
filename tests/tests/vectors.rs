//! The worked vector of `docs/vectors/first-price.txt`: one small auction with every intermediate
//! value that the specification names.
//!
//! To write it anew, an explicit decision because old transcripts stop verifying:
//! `TALEA_WRITE_VECTORS=1 cargo test -p talea-tests --test vectors`.

use std::fmt::Write as _;
use talea_contract::{
    Due, Task,
    elgamal::Ciphertext,
    fiat_shamir::{Context, FiatShamir},
    group::{Generators, decode_point, encode_point, encode_scalar},
    proofs::ladder::{Statement, absorb_bits, absorb_entries, absorb_polynomial},
};
use talea_protocol::{instruction::Instruction, labels, quorum::keyholders, sealed_bid::SealedBid};
use talea_sim::play::Seat;
use talea_tests::{
    Small,
    replay::{Kind, Replay},
};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/vectors/first-price.txt");

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn ciphertext(ciphertext: &Ciphertext) -> String {
    let encoded = ciphertext.encode();
    format!("({}, {})", hex(&encoded.r.0), hex(&encoded.e.0))
}

/// The vector, line by line: `name = value`.
fn vector() -> String {
    let small = Small {
        groups: vec![(2, vec![Seat::Own, Seat::Own])],
        lots: vec![(4, vec![1, 1])],
        bidders: 2,
        ..Small::default()
    };
    let (played, transcript) = small.play(&small.plan(&[&[1, 2]]));
    let replay = Replay::read(&transcript);
    let (scenes, _) = replay.scenes();
    let mut text = String::from(
        "# Two bidders, four rungs as two bits, quorum 2 of 2. Rungs 1 and 2 are bid; rung 2 wins.\n\
         # Encodings are hexadecimal. An entry's `item` lines are the ciphertexts, as `(R, E)`, or\n\
         # points that were due from its keyholder before it.\n",
    );
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name} = {value}");
    };
    let generators = Generators::derive();
    line("G", hex(&encode_point(&generators.value).0));
    line("H", hex(&encode_point(&generators.blinding).0));
    line("K", hex(&encode_point(&generators.key).0));
    let terms = small.terms();
    line("terms", hex(&replay.genesis.terms));
    line("auction id", hex(&terms.auction_id().0));
    line("genesis signature", hex(&replay.genesis.signature.0));
    line("genesis head", hex(&replay.open().head().0));
    for (index, (scene, entry)) in scenes.iter().zip(&replay.entries).enumerate() {
        let number = index + 1;
        let name = |what: &str| format!("entry {number} {what}");
        line(&name("kind"), format!("{:?}", scene.kind()));
        line(&name("slot"), entry.slot.to_string());
        line(&name("signer"), hex(&scene.signer.0));
        let keyholder =
            keyholders(&terms.quorum).find(|(_, member)| member.signing == scene.signer);
        let dues = keyholder.map(|(id, _)| scene.before.dues(id)).unwrap_or_default();
        for due in dues {
            let Due::Rank { task, .. } = due else { continue };
            match task {
                Task::Gate { pairs, .. } => {
                    for (x, y) in &pairs {
                        let pair = format!("X {} Y {}", ciphertext(x), ciphertext(y));
                        line(&name("item"), pair);
                    }
                }
                Task::Mix(lists) => {
                    for (entry, _) in lists.iter().flatten() {
                        line(&name("item"), ciphertext(entry));
                    }
                }
                Task::Blind(inputs) => {
                    inputs.iter().for_each(|input| line(&name("item"), ciphertext(input)));
                }
                Task::Unseal(points) => {
                    points.iter().for_each(|point| line(&name("item"), hex(&encode_point(point).0)))
                }
            }
        }
        if let Instruction::Reveal(reveals) = &scene.instruction {
            let keys = scene.before.quorum_keys().expect("the ceremony is over");
            line("PK", hex(&keys.encoded.0));
            for (id, key) in &keys.share_keys {
                line(&format!("Y {}.{}", id.group, id.member), hex(&encode_point(key).0));
            }
            for reveal in reveals.iter() {
                let commit = scenes.iter().find_map(|scene| match &scene.instruction {
                    Instruction::Commit(commit) if scene.signer == reveal.bid.bidder => {
                        Some(commit.clone())
                    }
                    _ => None,
                });
                let commit = commit.expect("it was committed");
                let shape = &terms.lots[reveal.bid.lot as usize].ladder.shape;
                let sealed = SealedBid::from_bytes(&reveal.sealed_bid, shape).expect("its length");
                let context = Context {
                    auction: terms.auction_id(),
                    lot: reveal.bid.lot,
                    round: 0,
                    step: 0,
                    signer: reveal.bid.bidder,
                };
                let mut fs = FiatShamir::begin(labels::KIND_LADDER, &context);
                let commitment = decode_point(&commit.commitment).expect("canonical");
                Statement { shape, quorum_key: keys.key, commitment }.absorb(&mut fs, &generators);
                absorb_entries(&mut fs, &sealed.ladder);
                let y = absorb_bits(&mut fs, &sealed.argument.bits);
                let x = absorb_polynomial(&mut fs, &sealed.argument.polynomial);
                line(&name("bidder"), hex(&reveal.bid.bidder.0));
                line(&name("C"), hex(&commit.commitment.0));
                line(&name("seal"), hex(&commit.seal.0));
                line(&name("y"), hex(&encode_scalar(&y).0));
                line(&name("x"), hex(&encode_scalar(&x).0));
            }
        }
        line(&name("instruction"), hex(&entry.instruction));
        line(&name("head"), hex(&entry.head.0));
    }
    assert!(scenes.iter().any(|scene| scene.kind() == Kind::Gate), "every kind of proof occurs");
    line("outcome", hex(&borsh::to_vec(&played.outcome).expect("memory takes it")));
    text
}

#[test]
fn the_worked_vector_is_what_the_program_does() {
    let vector = vector();
    if std::env::var_os("TALEA_WRITE_VECTORS").is_some() {
        std::fs::write(FILE, &vector).expect("the vector can be written");
    }
    let written = std::fs::read_to_string(FILE).expect("the vector is in the project");
    for (number, (expected, actual)) in written.lines().zip(vector.lines()).enumerate() {
        assert_eq!(expected, actual, "line {}", number + 1);
    }
    assert_eq!(written.lines().count(), vector.lines().count());
}
