//! Many auctions, for a regulator: what became of each, and screens over what they disclosed.

use crate::{Report, html};
use serde::Serialize;
use talea_screens::{
    Finding, Record,
    finding::FindingView,
    verified::{Context, records},
};
use talea_text::names;
use talea_verifier::Verdict;

/// The schema of the JSON.
pub const SCHEMA: &str = "talea-regulator/1";

/// Many auctions.
pub struct Auctions {
    reports: Vec<Report>,
    findings: Vec<Finding>,
}

/// The same as tools read it.
#[derive(Serialize)]
struct View<'a> {
    schema: &'static str,
    auctions: &'a [Report],
    screens: Vec<FindingView<'a>>,
}

impl Auctions {
    /// These auctions, with every screen over those that are valid. An auction that is named twice counts once.
    #[must_use]
    pub fn of(reports: Vec<Report>) -> Self {
        let mut known = Vec::new();
        let reports: Vec<Report> = reports
            .into_iter()
            .filter(|report| {
                let is_new = report.auction.is_none() || !known.contains(&report.auction);
                known.push(report.auction.clone());
                is_new
            })
            .collect();
        let orders = orders(&reports);
        let records: Vec<Record> = reports
            .iter()
            .zip(orders)
            .flat_map(|(report, order)| of_auction(report, order))
            .collect();
        let findings = talea_screens::run(&records);
        Self { reports, findings }
    }

    /// The auctions, in the order in which they were named.
    #[must_use]
    pub fn reports(&self) -> &[Report] {
        &self.reports
    }

    /// What the screens found.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// As tools read it.
    #[must_use]
    pub fn json(&self) -> String {
        let screens = self.findings.iter().map(Finding::view).collect();
        let view = View { schema: SCHEMA, auctions: &self.reports, screens };
        talea_text::json::to_json(&view) + "\n"
    }

    /// As people read it, in a browser or on paper.
    #[must_use]
    pub fn html(&self) -> String {
        html::of_many(self)
    }
}

/// When bids were due, as numbers that order the auctions: by the clock if all have one, otherwise as they were named.
fn orders(reports: &[Report]) -> Vec<u64> {
    let due = |report: &Report| report.terms.as_ref()?.schedule.commits_until.at.clone();
    let times: Option<Vec<String>> = reports.iter().map(due).collect();
    // All are UTC and of one form, so that they order as they read.
    let Some(times) = times else { return (0..).take(reports.len()).collect() };
    let mut sorted: Vec<&String> = times.iter().collect();
    sorted.sort();
    times.iter().map(|time| sorted.partition_point(|other| *other < time) as u64).collect()
}

/// A record for each lot, of an auction that is valid.
fn of_auction(report: &Report, order: u64) -> Vec<Record> {
    if report.verdict != Verdict::Valid || report.board_failure.is_some() {
        return Vec::new();
    }
    let name = |key: &_| {
        let known = report.name_of(&names::party(key)).map(str::to_owned);
        known.unwrap_or_else(|| names::short(key))
    };
    records(&report.verified, &Context { order, committed: &report.committed, name: &name })
}
