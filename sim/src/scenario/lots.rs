//! The line items of a scenario, with what the seller does on each.

use super::{file::LotFile, rules::require_table};
use crate::{
    failure::{Code, Failure},
    simulate::ReservePlan,
};
use std::collections::BTreeSet;
use talea_protocol::{
    limits::MAX_LOTS,
    terms::{Lot, Mechanism},
};
use talea_text::{
    file::{GridFile, PriceText},
    lot::{read_bid, read_lot},
    suggest::{self, Load},
};

/// What every lot is read by.
pub(super) struct EveryLot<'a, L> {
    /// How the price follows from the bids.
    pub(super) mechanism: Mechanism,
    /// What holds for every lot that does not say otherwise.
    pub(super) grid: &'a GridFile,
    /// What a shape has to serve.
    pub(super) load: L,
    /// Whether the seller may commit reserves.
    pub(super) has_reserve: bool,
    /// Whether the seller may decline.
    pub(super) has_acceptance: bool,
}

/// All line items.
#[derive(Default)]
pub(super) struct Lots {
    pub(super) lots: Vec<Lot>,
    pub(super) reserves: Vec<ReservePlan>,
    pub(super) declines: BTreeSet<u32>,
}

impl Lots {
    /// Reads the line items.
    ///
    /// # Errors
    /// `scenario.*`, naming the field.
    pub(super) fn read(
        files: Vec<LotFile>,
        every_lot: &EveryLot<'_, impl Fn(u32) -> Load + Copy>,
    ) -> Result<Self, Failure> {
        if files.is_empty() || files.len() > MAX_LOTS {
            let sentence = format!("lots: found {}, expected 1 to {MAX_LOTS}", files.len());
            return Err(Failure::new(Code::ScenarioLots, sentence));
        }
        let mut lots = Self::default();
        for (index, file) in (0u32..).zip(files) {
            lots.add(index, file, every_lot)?;
        }
        Ok(lots)
    }

    fn add(
        &mut self,
        index: u32,
        file: LotFile,
        every_lot: &EveryLot<'_, impl Fn(u32) -> Load + Copy>,
    ) -> Result<(), Failure> {
        let EveryLot { mechanism, grid, load, has_reserve, has_acceptance } = every_lot;
        let grid = file.grid().or(grid);
        let LotFile { name, identifier, reserve, declined, .. } = file;
        let at = format!("lots[{index}]");
        let identifier = identifier.unwrap_or_else(|| format!("lot {index}"));
        let place = |field: &str| field_of(&at, field);
        let lot = read_lot(&place, &name, &identifier, &grid, load)?;
        let lot = suggest::fitted(lot, grid.shape.is_some(), *mechanism, load)?;
        if let Some(PriceText(text)) = reserve {
            let at = format!("{at}.reserve");
            require_table(&at, *has_reserve, "reserve")?;
            let level = read_bid(&at, &lot, &text)?;
            self.reserves.push(ReservePlan { lot: index, level, is_revealed: true });
        }
        if declined {
            let at = format!("{at}.declined");
            require_table(&at, *has_acceptance, "acceptance")?;
            self.declines.insert(index);
        }
        self.lots.push(lot);
        Ok(())
    }
}

/// A field of something; it itself where the field has no name.
fn field_of(at: &str, field: &str) -> String {
    if field.is_empty() { at.to_owned() } else { format!("{at}.{field}") }
}
