//! What kind of tender an auction is.

use talea_report::{Report, lot::LotReport};
use talea_text::terms::{LotData, TermsData};

/// Whether the lots of an auction need the extension for tenders of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    One,
    Several,
}

impl Shape {
    pub(super) fn of(report: &Report) -> Self {
        if report.lots.len() == 1 { Self::One } else { Self::Several }
    }

    /// By what others refer to a lot, where there are several.
    pub(super) fn lot_id(self, lot: &LotReport) -> Option<String> {
        (self == Self::Several).then(|| format!("lot-{}", lot.lot))
    }
}

/// On which side of the market the terms' seller stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seller {
    Buys,
    Sells,
    Both,
}

impl Seller {
    pub(super) fn of(terms: &TermsData) -> Self {
        let buys = |lot: &LotData| lot.side == "lowest-wins";
        match (terms.lots.iter().all(buys), terms.lots.iter().any(buys)) {
            (true, _) => Self::Buys,
            (false, false) => Self::Sells,
            (false, true) => Self::Both,
        }
    }

    pub(super) fn is_buyer(self) -> bool {
        self == Self::Buys
    }

    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Buys => "Procurement",
            Self::Sells => "Sale",
            Self::Both => "Procurement and sale",
        }
    }

    pub(super) fn roles(self) -> Vec<&'static str> {
        if self.is_buyer() { vec!["buyer", "procuringEntity"] } else { vec!["procuringEntity"] }
    }
}
