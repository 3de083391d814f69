//! A public record of tenders, screened: all bids are known, the winner and the ceiling.

use crate::{
    failure::{Code, Failure},
    report::SCHEMA,
    tenders::record::{RecordedBid, ResultCode, Tender},
};
use serde::Serialize;
use std::fmt::Write as _;
use talea_protocol::price::Side;
use talea_screens::{
    Chance, Finding,
    finding::FindingView,
    html,
    record::{Bid, Ending, Opened, Record, Reserve},
    run_with,
    statistics::probability,
};
use talea_text::{json::to_json, table::table};

/// What the screens made of a record.
#[derive(Clone, Debug)]
pub struct TendersScreened {
    name: String,
    tenders: usize,
    chance: Chance,
    /// A finding per screen.
    pub findings: Vec<Finding>,
}

#[derive(Serialize)]
struct View<'a> {
    schema: &'static str,
    kind: &'static str,
    record: &'a str,
    tenders: usize,
    seed: String,
    drawings: u16,
    screens: Vec<FindingView<'a>>,
}

/// Screens a record called `name`.
///
/// # Errors
/// `tenders.empty` if it has no tender.
pub fn screen(name: &str, tenders: &[Tender], seed: u64) -> Result<TendersScreened, Failure> {
    if tenders.is_empty() {
        return Err(Failure::new(Code::TendersEmpty, format!("{name} has no tender to screen")));
    }
    let chance = Chance { seed, ..Chance::default() };
    let records: Vec<Record> = tenders.iter().zip(0..).map(record).collect();
    let findings = run_with(&records, chance);
    Ok(TendersScreened { name: name.to_owned(), tenders: tenders.len(), chance, findings })
}

/// A tender as a screen sees it. Bids that are void, disqualified or blank are none. The day orders the tenders,
/// and within a day the file does.
fn record((tender, place): (&Tender, u64)) -> Record {
    let bids: Vec<Bid> = tender.bids.iter().filter_map(|bid| valid(tender, bid)).collect();
    let winner = tender.winner();
    let price = winner.and_then(|bid| amount(bid.price?));
    let day: u64 = tender.date.parse().unwrap_or(0);
    Record {
        name: tender.auction.clone(),
        order: day.saturating_mul(1 << 32).saturating_add(place),
        side: Side::LowestWins,
        seller: "buyer".into(),
        tick: 1,
        limit: amount(tender.ceiling),
        reserve: Reserve::None,
        bidders: Some(bids.iter().map(|bid| bid.bidder.clone()).collect()),
        valid_bids: Some(bids.len()),
        units: 1,
        pays_own_bid: true,
        ending: if price.is_some() { Ending::Sold } else { Ending::Nothing },
        winners: winner.map(|bid| bid.bidder.clone()).into_iter().collect(),
        price,
        opened: Opened::All(bids),
    }
}

fn valid(tender: &Tender, bid: &RecordedBid) -> Option<Bid> {
    let price = bid.price.filter(|_| bid.result != ResultCode::Out)?;
    let floor = tender.floor.unwrap_or(0);
    let is_possible = (floor..=tender.ceiling).contains(&price);
    is_possible.then_some(Bid { price: amount(price)?, bidder: bid.bidder.clone() })
}

fn amount(yen: u64) -> Option<i64> {
    i64::try_from(yen).ok()
}

impl TendersScreened {
    /// As people read it.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { name, tenders, chance, findings } = self;
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name}: {tenders} tenders, seed {}\n", chance.seed);
        let rows = findings.iter().map(|finding| {
            let market = finding.tests().first();
            vec![
                finding.screen.name().to_owned(),
                finding.coverage.used.to_string(),
                market.map_or_else(String::new, |test| test.seen.clone()),
                market.map_or_else(String::new, |test| probability(test.p)),
                finding.sentence(),
            ]
        });
        let heading = ["screen", "used", "all tenders together", "by chance", "result"];
        let _ =
            writeln!(text, "{}\n\n{}", table(&heading, rows.collect(), &[1, 3]), html::NO_PROOF);
        text
    }

    /// As tools read it.
    #[must_use]
    pub fn json(&self) -> String {
        to_json(&View {
            schema: SCHEMA,
            kind: "screened-tenders",
            record: &self.name,
            tenders: self.tenders,
            seed: self.chance.seed.to_string(),
            drawings: self.chance.drawings,
            screens: self.findings.iter().map(Finding::view).collect(),
        })
    }

    /// As a page: no scripts, nothing from elsewhere, the same bytes every time.
    #[must_use]
    pub fn html(&self) -> String {
        let Self { name, tenders, chance, findings } = self;
        let sentence = format!(
            "{tenders} tenders of {name}, the lowest bid wins. Bids that were void, disqualified or blank are left out. \
             Chance is drawn {} times with seed {}.",
            chance.drawings, chance.seed
        );
        html::page(&format!("Screens of {name}"), &[sentence], findings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tenders::record::read;
    use std::path::Path;
    use talea_screens::Screen;

    const HEAD: &str = "auction,date_yyyymmdd,bidder_id,bid_jpy,reserve_max_jpy,min_price_jpy,\
                        min_price_rule,result_code,below_min,winner\n";

    fn tenders(rows: &str) -> Vec<Tender> {
        read("t.csv", format!("{HEAD}{rows}").as_bytes()).unwrap()
    }

    #[test]
    fn void_bids_are_none_and_days_order_the_tenders() {
        let tenders = tenders(
            "2,20200202,7,90,100,50,1,2,0,1\n2,20200202,8,40,100,50,1,4,1,0\n2,20200202,9,,100,50,1,4,0,0\n\
             2,20200202,6,110,100,50,1,1,0,0\n1,20200131,7,80,100,,0,2,0,1\n1,20200131,8,95,100,,0,1,0,0\n",
        );
        let records: Vec<Record> = tenders.iter().zip(0..).map(record).collect();
        assert_eq!(records[0].valid_bids, Some(1), "{:?}", records[0]);
        assert_eq!(records[0].winners, ["7"]);
        assert_eq!(records[1].margin().unwrap().distance, 15);
        let ordered: Vec<&str> =
            Record::in_order(&records).iter().map(|record| record.name.as_str()).collect();
        assert_eq!(ordered, ["1", "2"]);
    }

    #[test]
    fn a_record_without_tenders_is_refused() {
        let failure = screen("t.csv", &[], 1).unwrap_err();
        assert_eq!(failure.code, Code::TendersEmpty);
    }

    /// The record of which `../shared/data/README.md` speaks, where it is at hand.
    #[test]
    fn close_bids_are_missing_in_the_real_record() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data");
        let Ok(bytes) = std::fs::read(Path::new(folder).join("tsuchiura_tenders.csv")) else {
            return;
        };
        let tenders = read("tsuchiura_tenders.csv", &bytes).unwrap();
        let screened = screen("tsuchiura_tenders.csv", &tenders, 1).unwrap();
        let by = |screen| screened.findings.iter().find(|f| f.screen == screen).unwrap();
        let missing = by(Screen::MissingBids);
        assert_eq!(missing.coverage.auctions(), 522);
        assert!(missing.tests()[0].is_flag() && missing.tests()[0].p < 0.01, "{missing:?}");
        assert!(!by(Screen::IsolatedWinners).is_flag());
        assert!(!by(Screen::Declines).was_run());
        let page = screened.html();
        assert_eq!(page, screen("tsuchiura_tenders.csv", &tenders, 1).unwrap().html());
        assert_eq!(page.matches("<svg").count(), 3);
        assert!(!page.contains("<script") && !page.contains("http"));
    }
}
