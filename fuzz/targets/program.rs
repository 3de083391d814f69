//! Instructions altered by somebody who holds every key: a refusal leaves the program as it was, and
//! what is accepted keeps every account balanced.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use talea_protocol::instruction::SignedInstruction;
use talea_sim::play::Seat;
use talea_tests::{
    Small,
    replay::{Pens, Replay, Scene},
};

struct Theatre {
    scenes: Vec<Scene>,
    pens: Pens,
    fallback_signer: talea_protocol::bytes::PartyKey,
}

static THEATRE: LazyLock<Theatre> = LazyLock::new(|| {
    let small = Small {
        groups: vec![(1, vec![Seat::Own, Seat::Own])],
        lots: vec![(3, vec![1, 1])],
        bidders: 2,
        ..Small::default()
    };
    let (_, transcript) = small.play(&small.plan(&[&[1, 2]]));
    let (scenes, _) = Replay::read(&transcript).scenes();
    let cast = small.cast();
    Theatre { scenes, pens: Pens::of(&cast), fallback_signer: cast.seller() }
});

fuzz_target!(|data: &[u8]| {
    let Theatre { scenes, pens, fallback_signer } = &*THEATRE;
    let [scene, late, rest @ ..] = data else { return };
    let scene = &scenes[usize::from(*scene) % scenes.len()];
    let signed: SignedInstruction = borsh::from_slice(&scene.bytes).expect("it was accepted");
    let mut payload = signed.payload.to_vec();
    // Triples of position, position and mask; what is left over is appended.
    for edit in rest.chunks(3) {
        match edit {
            [high, low, mask] => {
                let at = usize::from(u16::from_be_bytes([*high, *low])) % payload.len();
                payload[at] ^= mask;
            }
            tail => payload.extend_from_slice(tail),
        }
    }
    // Ticks may be signed by anybody, so by the seller too.
    let signer = if pens.has(signed.signer) { signed.signer } else { *fallback_signer };
    let id = scene.before.id();
    let instruction = pens.sign_payload(signer, &id, &payload);
    let slot = scene.slot + u64::from(late % 4) * 7;
    let mut auction = scene.before.clone();
    match auction.apply(slot, &instruction) {
        Err(_) => assert!(auction == scene.before, "a refusal left a trace"),
        Ok(_) => {
            let accounts = auction.accounts();
            let received: u64 = accounts.iter().map(|a| a.received).sum();
            let forfeited: u64 = accounts.iter().map(|a| a.forfeited).sum();
            assert_eq!(received, forfeited);
            for a in accounts {
                let held = a.available + a.locked + a.settlement + a.forfeited;
                assert_eq!(a.funded + a.received, held);
            }
        }
    }
});
