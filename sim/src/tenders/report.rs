//! The comparison, for people and for tools.

use crate::{
    report::SCHEMA,
    tenders::replay::{Replay, SimulatedTender},
};
use serde::Serialize;
use std::{collections::BTreeMap, fmt::Write as _};
use talea_text::{json::to_json, table::table};

/// What a record came to.
#[derive(Clone, Debug, Serialize)]
pub struct TendersReport {
    schema: &'static str,
    kind: &'static str,
    record: String,
    seed: String,
    tenders: usize,
    decided_by_bids: usize,
    skipped: Vec<SkippedReport>,
    simulated: usize,
    reproduced: usize,
    differing: usize,
    ties: Vec<String>,
    twins: Vec<String>,
    bids: BidsReport,
    units: BTreeMap<u64, usize>,
    auctions: usize,
    entries: u64,
    bytes: u64,
    lots: Vec<TenderReport>,
}

#[derive(Clone, Debug, Serialize)]
struct SkippedReport {
    why: &'static str,
    tenders: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
struct BidsReport {
    recorded: usize,
    simulated: usize,
    not_submitted: BTreeMap<&'static str, usize>,
}

#[derive(Clone, Debug, Serialize)]
struct TenderReport {
    tender: String,
    bids: usize,
    unit: String,
    levels: u32,
    shape: Vec<usize>,
    tie: bool,
    published: AwardReport,
    #[serde(skip_serializing_if = "Option::is_none")]
    derived: Option<AwardReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why_not: Option<String>,
    reproduced: bool,
}

#[derive(Clone, Debug, Serialize)]
struct AwardReport {
    winner: String,
    price: String,
}

impl AwardReport {
    fn new((winner, price): &(String, i64)) -> Self {
        Self { winner: winner.clone(), price: price.to_string() }
    }
}

impl TendersReport {
    /// Gathers what there is to say about a record called `record`.
    #[must_use]
    pub fn new(record: &str, seed: u64, replay: &Replay) -> Self {
        let Replay { tenders, decided, skipped, simulated, auctions, entries, bytes } = replay;
        let reproduced = simulated.iter().filter(|tender| tender.is_reproduced).count();
        let names = |which: fn(&SimulatedTender) -> bool| {
            simulated.iter().filter(|tender| which(tender)).map(|t| t.auction.clone()).collect()
        };
        let mut units = BTreeMap::new();
        let mut not_submitted = BTreeMap::new();
        for tender in simulated {
            let count: &mut usize = units.entry(tender.unit).or_default();
            *count = count.saturating_add(1);
            for why in &tender.not_submitted {
                let count: &mut usize = not_submitted.entry(why.words()).or_default();
                *count = count.saturating_add(1);
            }
        }
        let skipped = skipped
            .iter()
            .map(|(why, tenders)| SkippedReport { why: why.words(), tenders: tenders.clone() });
        Self {
            schema: SCHEMA,
            kind: "tenders",
            record: record.to_owned(),
            seed: seed.to_string(),
            tenders: *tenders,
            decided_by_bids: *decided,
            skipped: skipped.collect(),
            simulated: simulated.len(),
            reproduced,
            differing: simulated.len().saturating_sub(reproduced),
            ties: names(|tender| tender.is_tie),
            twins: names(|tender| tender.has_twin),
            bids: BidsReport {
                recorded: simulated.iter().map(|tender| tender.recorded).sum(),
                simulated: simulated.iter().map(|tender| tender.bids).sum(),
                not_submitted,
            },
            units,
            auctions: *auctions,
            entries: *entries,
            bytes: *bytes,
            lots: simulated.iter().map(TenderReport::new).collect(),
        }
    }

    /// Whether every award is the published one.
    #[must_use]
    pub fn all_reproduced(&self) -> bool {
        self.differing == 0
    }

    /// How many awards differ.
    #[must_use]
    pub fn differing(&self) -> usize {
        self.differing
    }

    /// As people read it.
    #[must_use]
    pub fn text(&self) -> String {
        let mut rows: Vec<Vec<String>> = Vec::new();
        let mut row = |what: &str, count: usize, note: String| {
            rows.push(vec![what.to_owned(), count.to_string(), note]);
        };
        row("tenders in the record", self.tenders, String::new());
        for skipped in &self.skipped {
            row(
                &format!("skipped: {}", skipped.why),
                skipped.tenders.len(),
                skipped.tenders.join(", "),
            );
        }
        row("decided by their bids", self.decided_by_bids, String::new());
        let auctions = match self.auctions {
            1 => "as lots of 1 auction, quorum 2 of 3".to_owned(),
            auctions => format!("as lots of {auctions} auctions, quorum 2 of 3"),
        };
        row("simulated", self.simulated, auctions);
        row("winner and price reproduced", self.reproduced, String::new());
        row("differing", self.differing, String::new());
        let note = "any of the lowest counts as the winner";
        let ties = if self.ties.is_empty() {
            String::new()
        } else {
            format!("{}; {note}", self.ties.join(", "))
        };
        row("with a tie at the lowest", self.ties.len(), ties);
        row("with a bidder's number twice", self.twins.len(), self.twins.join(", "));
        row("bids recorded for those run", self.bids.recorded, String::new());
        for (why, count) in &self.bids.not_submitted {
            row(&format!("not handed in: {why}"), *count, String::new());
        }
        row("bids sealed and ranked", self.bids.simulated, String::new());
        for (unit, count) in self.units.iter().rev() {
            row(&format!("grids in steps of {unit} yen"), *count, String::new());
        }
        let mut text = format!(
            "{}\n\n{}\n",
            self.record,
            table(&["of the record", "count", "which"], rows, &[1])
        );

        let differing: Vec<Vec<String>> =
            self.lots.iter().filter(|lot| !lot.reproduced).map(TenderReport::cells).collect();
        if !differing.is_empty() {
            let heading = ["tender", "published winner", "price", "derived winner", "price"];
            // Writing to a string cannot fail.
            let _ = writeln!(text, "\n{}", table(&heading, differing, &[2, 4]));
        }
        text
    }

    /// As tools read it.
    #[must_use]
    pub fn json(&self) -> String {
        to_json(self)
    }
}

impl TenderReport {
    fn new(tender: &SimulatedTender) -> Self {
        Self {
            tender: tender.auction.clone(),
            bids: tender.bids,
            unit: tender.unit.to_string(),
            levels: tender.levels,
            shape: tender.shape.clone(),
            tie: tender.is_tie,
            published: AwardReport::new(&tender.published),
            derived: tender.derived.as_ref().ok().map(AwardReport::new),
            why_not: tender.derived.as_ref().err().cloned(),
            reproduced: tender.is_reproduced,
        }
    }

    fn cells(&self) -> Vec<String> {
        let (winner, price) = match (&self.derived, &self.why_not) {
            (Some(award), _) => (award.winner.clone(), award.price.clone()),
            (None, why) => (why.clone().unwrap_or_default(), "-".into()),
        };
        let AwardReport { winner: published, price: published_price } = self.published.clone();
        vec![self.tender.clone(), published, published_price, winner, price]
    }
}
