//! The line items of a file of terms, and of the CSV list beside it.

use super::{
    MAX_FILE, fail,
    file::LotFile,
    identifier::{is_cusip, is_isin},
};
use crate::{failure::Failure, files};
use serde::Deserialize;
use std::path::Path;
use talea_protocol::limits::MAX_LOTS;
use talea_sim::scenario::file::{LadderFile, PriceText, SideFile};

impl LotFile {
    pub(super) fn identifier(&self, at: &str, index: usize) -> Result<String, Failure> {
        let Self { identifier, cusip, isin, .. } = self;
        match (identifier, cusip, isin) {
            (None, None, None) => Ok(format!("lot {index}")),
            (Some(any), None, None) => Ok(any.clone()),
            (None, Some(cusip), None) if is_cusip(cusip) => Ok(cusip.clone()),
            (None, Some(cusip), None) => {
                fail(&format!("{at}.cusip"), format!("the check digit of {cusip:?} is wrong"))
            }
            (None, None, Some(isin)) if is_isin(isin) => Ok(isin.clone()),
            (None, None, Some(isin)) => {
                fail(&format!("{at}.isin"), format!("the check digit of {isin:?} is wrong"))
            }
            _ => fail(at, "one of identifier, cusip and isin is enough"),
        }
    }

    pub(super) fn ladder(self) -> LadderFile {
        let Self { side, scale, start, tick, end, rungs, shape, quantity, .. } = self;
        LadderFile { side, scale, start, tick, end, rungs, shape, quantity }
    }
}

/// A row of a CSV file of lots. Empty fields are left out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LotRow {
    name: String,
    identifier: Option<String>,
    cusip: Option<String>,
    isin: Option<String>,
    side: Option<SideFile>,
    scale: Option<String>,
    start: Option<String>,
    tick: Option<String>,
    end: Option<String>,
    rungs: Option<u32>,
    quantity: Option<u64>,
}

impl From<LotRow> for LotFile {
    fn from(row: LotRow) -> Self {
        let LotRow {
            name,
            identifier,
            cusip,
            isin,
            side,
            scale,
            start,
            tick,
            end,
            rungs,
            quantity,
        } = row;
        let [start, tick, end] = [start, tick, end].map(|text| text.map(PriceText));
        let shape = None;
        Self {
            name,
            identifier,
            cusip,
            isin,
            side,
            scale,
            start,
            tick,
            end,
            rungs,
            shape,
            quantity,
        }
    }
}

pub(crate) fn read_lots_file(path: &Path) -> Result<Vec<LotFile>, Failure> {
    let bytes = files::read(path, MAX_FILE)?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(&bytes[..]);
    let rows = reader.deserialize::<LotRow>().enumerate().map(|(row, lot)| {
        let at = format!("{}, line {}", path.display(), row + 2);
        lot.map(LotFile::from).or_else(|error| fail(&at, error))
    });
    rows.take(MAX_LOTS + 1).collect()
}
