//! Opening whole ladders: what the terms disclose of bids, and of the reserve. Section 11 of
//! `docs/spec.md`, "Everything".

use super::{Turn, price::rung_of};
use crate::{
    elgamal::Ciphertext,
    rank::{
        opened::Counts,
        question::{Answer, Ask},
    },
    setting::Setting,
};
use alloc::{sync::Arc, vec::Vec};
use talea_protocol::price::{PriceLadder, Rung};

/// From its beginning.
pub(crate) fn start(
    ladders: impl Iterator<Item = Arc<[Ciphertext]>>,
    ladder: &PriceLadder,
) -> Turn<Vec<Rung>> {
    Turn::Ask(Ask::Open(ladders.flat_map(|entries| digits_of(&entries, ladder)).collect()))
}

/// With the answer to what it asked. Done: a rung for each ladder.
pub(crate) fn resume(answer: &Answer, ladder: &PriceLadder, setting: &Setting) -> Turn<Vec<Rung>> {
    rungs(answer, ladder, setting).map_or(Turn::Alarm, Turn::Done)
}

/// Encryptions of a ladder's digits: `sum over j of U[t][j]`.
fn digits_of(entries: &[Ciphertext], ladder: &PriceLadder) -> Vec<Ciphertext> {
    let mut entries = entries.iter().copied();
    let widths = ladder.shape.radices().map(|radix| radix.saturating_sub(1));
    widths.map(|width| entries.by_ref().take(width).sum()).collect()
}

/// The rungs whose digits were opened, one after the other. Nothing if one is no digit (K13) or no
/// rung (K11).
fn rungs(answer: &Answer, ladder: &PriceLadder, setting: &Setting) -> Option<Vec<Rung>> {
    let Answer::Opened(opened) = answer else { return None };
    let largest = ladder.shape.radices().map(|radix| radix.saturating_sub(1));
    let generator = &setting.generators.value;
    let mut readers: Vec<Counts> = largest.map(Counts::up_to).collect();
    opened
        .chunks(readers.len().max(1))
        .map(|digits| {
            let digits = digits.iter().zip(&mut readers);
            let digits = digits.map(|(opened, reader)| reader.read(opened, generator));
            let digits: Option<Vec<usize>> = digits.collect();
            rung_of(&digits?, ladder)
        })
        .collect()
}
