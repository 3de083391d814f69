//! A release: what was known at a moment.

use super::{
    award::Award, bids::Bids, money::Prices, party::Parties, party::Party, party::PartyReference,
    publication::Publication, shape::Seller, shape::Shape, tender::Tender, tender::status_of_all,
};
use crate::mechanism::require_one_price;
use serde::Serialize;
use std::collections::BTreeSet;
use talea_report::{Report, lot::LotReport};
use talea_text::{
    failure::{Code, Failure},
    terms::TermsData,
};

/// What was known at a moment.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Release {
    pub(super) ocid: String,
    pub(super) id: String,
    pub(super) date: String,
    pub(super) tag: Vec<&'static str>,
    initiation_type: &'static str,
    language: String,
    parties: Vec<Party>,
    #[serde(skip_serializing_if = "Option::is_none")]
    buyer: Option<PartyReference>,
    tender: Tender,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    awards: Vec<Award>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bids: Option<Bids>,
}

/// Everything that releases of an auction are made from.
#[derive(Clone, Copy)]
struct Source<'a> {
    report: &'a Report,
    terms: &'a TermsData,
    parties: Parties<'a>,
    prices: Prices<'a>,
}

impl Release {
    /// The releases of an auction, the oldest first: what the terms announced, then what is known by now. Where
    /// there is no time to tell them apart, one release says both.
    ///
    /// # Errors
    /// `standard.mechanism`, `standard.currency`, `standard.number`.
    pub(super) fn all(report: &Report, publication: &Publication) -> Result<Vec<Self>, Failure> {
        let terms = report.terms.as_ref().filter(|_| !report.is_invalid());
        let terms = terms.ok_or_else(|| {
            Failure::new(Code::BoardInvalid, "nothing is published of an invalid transcript")
        })?;
        require_one_price("OCDS", terms)?;
        let parties = Parties { report, publication };
        let source = Source { report, terms, parties, prices: Prices::of(report)? };
        let at = |moment: &Option<talea_text::board::Moment>| moment.as_ref()?.at.clone();
        let (opened, last) = (at(&report.opened), at(&report.last));
        match opened.zip(last).filter(|(opened, last)| opened < last) {
            None => {
                let date = at(&report.last).unwrap_or_else(|| publication.date.clone());
                let tags = std::iter::once("tender").chain(outcome_tag(report));
                Ok(vec![source.outcome(date, tags.collect())?])
            }
            Some((opened, last)) => {
                let tag = outcome_tag(report).unwrap_or("tenderUpdate");
                Ok(vec![source.announcement(opened)?, source.outcome(last, vec![tag])?])
            }
        }
    }

    /// What the releases come to, by the standard's rules for merging them: each says all that was known, so it
    /// is the last, with the date of the last.
    pub(super) fn compiled(releases: &[Self]) -> Option<Self> {
        let last = releases.last()?;
        let id = format!("{}-{}", last.ocid, last.date);
        Some(Self { id, tag: vec!["compiled"], ..last.clone() })
    }
}

/// What became of the tender, if anything did by now.
fn outcome_tag(report: &Report) -> Option<&'static str> {
    if report.lots.iter().any(|lot| !lot.winners.is_empty()) {
        return Some("award");
    }
    match status_of_all(report) {
        "active" => None,
        "cancelled" => Some("tenderCancellation"),
        _ => Some("tenderUpdate"),
    }
}

impl Source<'_> {
    /// What the terms announced.
    fn announcement(self, date: String) -> Result<Release, Failure> {
        let lots = self.report.lots.iter().map(LotReport::before_bids).collect();
        let before = Report { lots, bidders: Vec::new(), ..self.report.clone() };
        let (report, terms) = (&before, self.terms);
        let parties = Parties { report, ..self.parties };
        let prices = self.prices;
        let release = Source { report, terms, parties, prices }.release("opening", date)?;
        Ok(Release { tag: vec!["tender"], ..release })
    }

    /// What is known by now.
    fn outcome(self, date: String, tag: Vec<&'static str>) -> Result<Release, Failure> {
        let Self { report, parties, prices, .. } = self;
        let shape = Shape::of(report);
        let release = self.release(&format!("entry-{}", report.entries), date)?;
        Ok(Release {
            tag,
            awards: Award::all(report, parties, prices, shape)?,
            bids: Some(Bids::of(report, parties, prices, shape)?),
            ..release
        })
    }

    /// Without awards and bids.
    fn release(self, id: &str, date: String) -> Result<Release, Failure> {
        let Self { report, terms, parties, .. } = self;
        let (seller, shape) = (Seller::of(terms), Shape::of(report));
        let tenderers: Vec<&str> =
            report.bidders.iter().map(|bidder| bidder.party.as_str()).collect();
        let winners: BTreeSet<&str> =
            report.lots.iter().flat_map(|lot| &lot.winners).map(String::as_str).collect();
        let ocid = format!("{}-{}", parties.publication.ocid_prefix, terms.auction);
        Ok(Release {
            id: format!("{ocid}-{id}"),
            ocid,
            date,
            tag: Vec::new(),
            initiation_type: "tender",
            language: parties.publication.language.clone(),
            parties: parties.all(&terms.seller, seller.roles(), &tenderers, &winners),
            buyer: seller.is_buyer().then(|| parties.reference(&terms.seller)),
            tender: Tender::of(report, terms, parties, (seller, shape), &tenderers)?,
            awards: Vec::new(),
            bids: None,
        })
    }
}
