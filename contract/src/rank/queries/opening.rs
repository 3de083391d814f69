//! Opening whole unary encodings: what the terms disclose of bids, and of the reserve. Section 11 of
//! `docs/spec.md`, "Everything".

use super::{QueryProgress, price::level_of};
use crate::{
    elgamal::{Ciphertext, Held},
    rank::{
        opened::Counts,
        program::LotSetting,
        question::{Answer, Ask},
    },
    setting::Setting,
    unary_encoding::EncodingId,
};
use alloc::vec::Vec;
use talea_protocol::price::{Level, PriceGrid};

/// From its beginning.
pub(crate) fn start(
    bids: impl Iterator<Item = EncodingId>,
    lot_setting: LotSetting<'_>,
) -> QueryProgress<Vec<Level>> {
    let digits = bids.flat_map(|id| digits_of(id, lot_setting)).map(Held::from);
    QueryProgress::Ask(Ask::Open(digits.collect()))
}

/// With the answer to what it asked. Done: a level for each unary encoding.
pub(crate) fn resume(
    answer: &Answer,
    grid: &PriceGrid,
    setting: &Setting,
) -> QueryProgress<Vec<Level>> {
    levels(answer, grid, setting).map_or(QueryProgress::Alarm, QueryProgress::Done)
}

/// Encryptions of a unary encoding's digits: `sum over j of U[t][j]`.
fn digits_of(id: EncodingId, lot_setting: LotSetting<'_>) -> Vec<Ciphertext> {
    let shape = &lot_setting.grid().shape;
    let entries = lot_setting.bids.encodings.entries(id, 0, shape.entries());
    let mut entries = entries.into_iter();
    let widths = shape.radices().map(|radix| radix.saturating_sub(1));
    widths.map(|width| entries.by_ref().take(width).sum()).collect()
}

/// The levels whose digits were opened, one after the other. Nothing if one is no digit (K13) or no
/// level (K11).
fn levels(answer: &Answer, grid: &PriceGrid, setting: &Setting) -> Option<Vec<Level>> {
    let Answer::Opened(opened) = answer else { return None };
    let largest = grid.shape.radices().map(|radix| radix.saturating_sub(1));
    let generator = &setting.generators.value;
    let mut readers: Vec<Counts> = largest.map(Counts::up_to).collect();
    opened
        .chunks(readers.len().max(1))
        .map(|digits| {
            let digits = digits.iter().zip(&mut readers);
            let digits = digits.map(|(opened, reader)| reader.read(opened, generator));
            let digits: Option<Vec<u32>> = digits.map(|digit| u32::try_from(digit?).ok()).collect();
            level_of(&digits?, grid)
        })
        .collect()
}
