//! The report: what happened in an auction, for a regulator or an auditor who was not there. One HTML
//! file without scripts or outside links, and its twins in JSON and CSV.

use crate::{board::folder::Folder, failure::Failure, names, replica::Replica, status, terms};
use serde::Serialize;
use serde_json::Value;
use std::{collections::BTreeMap, fmt::Write as _};
use talea_contract::Auction;
use talea_protocol::{
    bytes::{List, PartyKey},
    outcome::{Award, Disclosed, Ending, LotResult, ReserveResult, Standing},
    price::Rung,
    quorum::keyholders,
    terms::{Admission, Lot, Mechanism},
};
use talea_sim::histogram::{self, escaped};

/// The schema of the JSON.
pub const SCHEMA: &str = "talea-report/1";

/// What happened in an auction.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    schema: &'static str,
    auction: String,
    phase: &'static str,
    /// The terms in words.
    terms: String,
    invited: Option<usize>,
    timeline: Vec<Event>,
    lots: Vec<LotReport>,
    bidders: Vec<BidderReport>,
    keyholders: Vec<KeyholderReport>,
    accounts: Vec<AccountReport>,
    /// The independent verifier's report (schema talea-verify/1).
    verification: Value,
    #[serde(skip)]
    pictures: String,
}

/// Everything of one kind that was said.
#[derive(Clone, Debug, Serialize)]
struct Event {
    what: &'static str,
    count: usize,
    from_slot: u64,
    from: String,
    to_slot: u64,
    to: String,
}

#[derive(Clone, Debug, Serialize)]
struct LotReport {
    lot: usize,
    identifier: String,
    name: String,
    quantity: String,
    result: String,
    price: Option<String>,
    winners: Vec<String>,
    cover: Option<String>,
    reserve: String,
    committed: u32,
    ranked: u32,
    invalid: u32,
    opened: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
struct BidderReport {
    party: String,
    commits: usize,
    /// Lots on which a bid of it counted.
    ranked: usize,
}

#[derive(Clone, Debug, Serialize)]
struct KeyholderReport {
    name: String,
    party: String,
    /// Accepted instructions by kind.
    said: BTreeMap<&'static str, usize>,
    expelled: bool,
    /// Whether it dealt so that it has no share.
    shareless: bool,
    /// Lots of which it let a deadline pass.
    late_on: Vec<String>,
    /// Those of them on which others vouched for what the board did not take.
    excused_on: Vec<String>,
}

/// What an account came to, in units of the custodian's currency; money is text in JSON.
#[derive(Clone, Debug, Serialize)]
struct AccountReport {
    party: String,
    role: String,
    funded: String,
    received: String,
    released: String,
    settlement: String,
    forfeited: String,
}

/// The kinds of instructions, in the order of an auction, in words.
const KINDS: [(&str, &str); 14] = [
    ("fund", "money reported"),
    ("deal", "keys dealt"),
    ("complain", "complaints"),
    ("reserve", "reserves committed"),
    ("commit", "bids committed"),
    ("reveal", "sealed bids handed in"),
    ("endorse", "endorsements"),
    ("mix", "counts mixed"),
    ("gate", "products under encryption"),
    ("blind", "counts blinded"),
    ("unseal", "decryption shares"),
    ("vouch", "words for posts that the board did not take"),
    ("decide", "seller's decisions"),
    ("tick", "deadlines passed"),
];

impl Report {
    /// The report of a board's folder.
    ///
    /// # Errors
    /// Those of replaying and verifying.
    pub fn of(folder: &Folder) -> Result<Self, Failure> {
        let replica = Replica::of(folder)?;
        let verified = crate::cli::verify_file(&folder.transcript())?;
        let verification = serde_json::from_str(&verified.to_json()).unwrap_or(Value::Null);
        let auction = replica.auction();
        let words = auction.terms();
        let invited = match &words.admission {
            Admission::Open => None,
            Admission::Listed(keys) => Some(keys.len()),
        };
        let results =
            auction.outcome().map(|outcome| outcome.lots.into_inner()).unwrap_or_default();
        let lots = words.lots.iter().zip(&results).enumerate();
        Ok(Self {
            schema: SCHEMA,
            auction: names::auction(&auction.id()),
            phase: auction.phase().name(),
            terms: terms::in_words(words)?,
            invited,
            timeline: timeline(&replica),
            lots: lots
                .map(|(at, (lot, result))| LotReport::of(at, lot, words.mechanism, result))
                .collect(),
            bidders: bidders(&replica),
            keyholders: keyholder_reports(&replica),
            accounts: accounts(&verified),
            verification,
            pictures: pictures(auction, &results),
        })
    }
}

fn accounts(verified: &talea_verifier::Report) -> Vec<AccountReport> {
    let accounts = verified.accounts.iter().map(|account| AccountReport {
        party: names::party(&account.party),
        role: verified.role(&account.party),
        funded: account.funded.to_string(),
        received: account.received.to_string(),
        released: account.available.to_string(),
        settlement: account.settlement.to_string(),
        forfeited: account.forfeited.to_string(),
    });
    accounts.collect()
}

fn timeline(replica: &Replica) -> Vec<Event> {
    let time = |slot: u64| replica.board().time_of(slot).replace('T', " ");
    let events = KINDS.into_iter().filter_map(|(kind, what)| {
        let slots: Vec<u64> =
            replica.lines().iter().filter(|line| line.kind == kind).map(|line| line.slot).collect();
        let (from, to) = (*slots.first()?, *slots.last()?);
        Some(Event {
            what,
            count: slots.len(),
            from_slot: from,
            from: time(from),
            to_slot: to,
            to: time(to),
        })
    });
    events.collect()
}

fn bidders(replica: &Replica) -> Vec<BidderReport> {
    let mut commits: BTreeMap<PartyKey, usize> = BTreeMap::new();
    for line in replica.lines().iter().filter(|line| line.kind == "commit") {
        *commits.entry(line.signer).or_default() += 1;
    }
    let auction = replica.auction();
    let report = |(bidder, commits): (PartyKey, usize)| {
        let ranked = |(lot, _): &(u32, &Lot)| auction.standing(*lot, &bidder).is_some();
        let lots = (0..).zip(auction.terms().lots.iter());
        BidderReport { party: names::party(&bidder), commits, ranked: lots.filter(ranked).count() }
    };
    commits.into_iter().map(report).collect()
}

impl KeyholderReport {
    /// What it did not do, in words.
    fn note(&self) -> String {
        if self.expelled {
            return "expelled in the key ceremony".into();
        }
        if self.shareless {
            return "dealt so that it has no share".into();
        }
        match self.late_on.as_slice() {
            [] if !self.said.contains_key("deal") => "did not deal".into(),
            [] => String::new(),
            lots => {
                let excused = match self.excused_on.as_slice() {
                    [] => String::new(),
                    lots => format!("; the others vouch for it on {}", lots.join(", ")),
                };
                format!("let a deadline pass on {}{excused}", lots.join(", "))
            }
        }
    }
}

fn keyholder_reports(replica: &Replica) -> Vec<KeyholderReport> {
    let auction = replica.auction();
    let terms = auction.terms();
    let reports = keyholders(&terms.quorum).map(|(id, member)| {
        let group =
            terms.quorum.get(usize::from(id.group)).map_or(String::new(), |g| g.name.to_string());
        let mut said = BTreeMap::new();
        for line in replica.lines().iter().filter(|line| line.signer == member.signing) {
            *said.entry(line.kind).or_default() += 1;
        }
        let lots = || (0..).zip(terms.lots.iter());
        let names = |lots: Vec<(u32, &Lot)>| -> Vec<String> {
            lots.into_iter().map(|(_, lot)| lot.identifier.to_string()).collect()
        };
        let late_on = lots().filter(|(lot, _)| auction.is_out(*lot, id)).collect();
        let excused_on = lots().filter(|(lot, _)| auction.is_excused(*lot, id)).collect();
        let has_share = auction.quorum_keys().is_none_or(|keys| keys.share_keys.contains_key(&id));
        KeyholderReport {
            name: format!("{group} {}", id.member),
            party: names::party(&member.signing),
            said,
            expelled: auction.was_expelled(id),
            shareless: auction.deal_of(id).is_some() && !auction.was_expelled(id) && !has_share,
            late_on: names(late_on),
            excused_on: names(excused_on),
        }
    });
    reports.collect()
}

impl LotReport {
    fn of(at: usize, lot: &Lot, mechanism: Mechanism, result: &LotResult) -> Self {
        let price = |rung: Rung| status::price(lot, rung);
        let LotResult { commits, ranked, invalid, reserve, disclosed, ending } = result;
        let (words, award) = match ending {
            Ending::Sold(award) => ("sold".to_owned(), Some(award)),
            Ending::Declined(award) => {
                ("did not trade: declined by the seller above the reserve".into(), Some(award))
            }
            Ending::BelowReserve => ("did not trade: below the committed reserve".into(), None),
            Ending::Unsold => ("did not trade: no valid bid was revealed".into(), None),
            Ending::Void(cause) => (format!("void: {cause}"), None),
            Ending::Halted => ("halted: an alarm about soundness".into(), None),
        };
        let mut opened = Vec::new();
        if let Some(award) = award {
            opened.push(format!("the price, {}", price(award.quote.rung)));
            opened.push(match award.sales.len() {
                1 => "the winner".to_owned(),
                winners => format!("the {winners} winners"),
            });
        }
        let is_at_price =
            |award: &Award| award.sales.iter().any(|sale| sale.standing == Standing::AtPrice);
        if mechanism != Mechanism::FirstPrice && award.is_some_and(is_at_price) {
            let words = "that a winner bid the price itself, as did the best loser or the reserve";
            opened.push(words.into());
        }
        if let Some(cover) = &disclosed.cover {
            opened.push(format!("the best losing price, {}", price(cover.rung)));
        }
        if !disclosed.surveys.is_empty() {
            opened.push(format!("the depth after {} rounds", disclosed.surveys.len()));
        } else if disclosed.depth.is_some() {
            opened.push("the depth".into());
        }
        let reserve = match reserve {
            ReserveResult::None => "none".to_owned(),
            ReserveResult::Lapsed => "lapsed".into(),
            ReserveResult::Sealed => "sealed".into(),
            ReserveResult::Opened(quote) => {
                opened.push(format!("the reserve, {}", price(quote.rung)));
                price(quote.rung)
            }
        };
        if let Some(bids) = &disclosed.bids {
            let at_price = |award: &Award| {
                bids.iter().filter(|bid| bid.quote.rung == award.quote.rung).count()
            };
            let tied = award.map_or(0, at_price);
            let tied = if tied > 1 {
                format!(", {tied} of them tied at the price")
            } else {
                String::new()
            };
            opened.push(format!("all {} bids{tied}", bids.len()));
        }
        let sales = award.map(|award| award.sales.iter()).into_iter().flatten();
        Self {
            lot: at,
            identifier: lot.identifier.to_string(),
            name: lot.name.to_string(),
            quantity: lot.quantity.to_string(),
            result: words,
            price: award.map(|award| price(award.quote.rung)),
            winners: sales.map(|sale| names::party(&sale.winner)).collect(),
            cover: disclosed.cover.as_ref().map(|quote| price(quote.rung)),
            reserve,
            committed: *commits,
            ranked: *ranked,
            invalid: *invalid,
            opened,
        }
    }
}

/// The depths, as an SVG picture; nothing if none was opened.
fn pictures(auction: &Auction, results: &[LotResult]) -> String {
    let rows = (0u32..).zip(auction.terms().lots.iter()).filter_map(|(number, lot)| {
        let result = usize::try_from(number).ok().and_then(|at| results.get(at));
        let disclosed = match result {
            Some(result) => result.disclosed.clone(),
            // It is not over; what the rounds have shown so far.
            None => Disclosed {
                surveys: List::new(auction.surveys(number).to_vec()).ok()?,
                ..Disclosed::default()
            },
        };
        histogram::Row::of(lot, &disclosed, String::new())
    });
    let rows: Vec<histogram::Row> = rows.collect();
    if rows.is_empty() { String::new() } else { histogram::svg("Depth", &rows) }
}

impl Report {
    /// As tools read it.
    #[must_use]
    pub fn json(&self) -> String {
        talea_sim::report::to_json(self) + "\n"
    }

    /// The lots, a row each.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let heading = [
            "lot",
            "identifier",
            "name",
            "quantity",
            "result",
            "price",
            "winners",
            "cover",
            "reserve",
            "committed",
            "ranked",
            "invalid",
        ];
        // Writing to memory cannot fail.
        let _ = writer.write_record(heading);
        for lot in &self.lots {
            let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
            let _ = writer.write_record([
                lot.lot.to_string(),
                lot.identifier.clone(),
                lot.name.clone(),
                lot.quantity.clone(),
                lot.result.clone(),
                or_empty(&lot.price),
                lot.winners.join(" "),
                or_empty(&lot.cover),
                lot.reserve.clone(),
                lot.committed.to_string(),
                lot.ranked.to_string(),
                lot.invalid.to_string(),
            ]);
        }
        String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
    }

    /// As people read it, in a browser or on paper.
    #[must_use]
    pub fn html(&self) -> String {
        let mut page = String::from(HEAD);
        let text = |key: &str| self.verification.get(key).and_then(Value::as_str).unwrap_or("");
        let verdict = text("verdict");
        // Writing to a string cannot fail.
        let _ = write!(
            page,
            "<h1>Sealed-bid auction</h1>\n<p class=id>{}</p>\n",
            escaped(&self.auction)
        );
        let _ = writeln!(
            page,
            "<p class=\"verdict {}\">{} <span>by the independent verifier; phase {}</span></p>",
            if verdict == "valid" { "good" } else { "bad" },
            escaped(&verdict.to_uppercase()),
            self.phase,
        );
        page.push_str("<h2>Lots</h2>\n");
        let lots = self.lots.iter().map(|lot| {
            let bids = match lot.invalid {
                0 => format!("{} of {}", lot.ranked, lot.committed),
                _ => format!("{} of {}, {} invalid", lot.ranked, lot.committed, lot.invalid),
            };
            vec![
                lot.identifier.clone(),
                lot.name.clone(),
                lot.result.clone(),
                lot.price.clone().unwrap_or_default(),
                lot.winners.iter().map(|name| shortened(name)).collect::<Vec<_>>().join(" "),
                lot.cover.clone().unwrap_or_default(),
                lot.reserve.clone(),
                bids,
            ]
        });
        let heading =
            ["Lot", "Name", "Result", "Price", "Winner", "Cover", "Reserve", "Bids ranked"];
        table(&mut page, &heading, lots.collect());
        if !self.pictures.is_empty() {
            let _ = write!(page, "<h2>Depth</h2>\n<div class=picture>{}</div>\n", self.pictures);
        }
        page.push_str("<h2>What was opened</h2>\n");
        let opened = self.lots.iter().map(|lot| {
            let what = if lot.opened.is_empty() { "nothing".into() } else { lot.opened.join("; ") };
            vec![lot.identifier.clone(), what]
        });
        table(&mut page, &["Lot", "Opened"], opened.collect());
        page.push_str("<h2>Timeline</h2>\n");
        let events = self.timeline.iter().map(|event| {
            vec![event.what.into(), event.count.to_string(), event.from.clone(), event.to.clone()]
        });
        table(&mut page, &["What", "How often", "First", "Last"], events.collect());
        page.push_str("<h2>Who took part</h2>\n");
        if let Some(invited) = self.invited {
            let _ = writeln!(
                page,
                "<p>{invited} parties were invited, {} bid.</p>",
                self.bidders.len()
            );
        }
        let bidders = self
            .bidders
            .iter()
            .map(|b| vec![b.party.clone(), b.commits.to_string(), b.ranked.to_string()]);
        table(
            &mut page,
            &["Bidder", "Bids committed", "Lots on which one counted"],
            bidders.collect(),
        );
        let keyholders = self.keyholders.iter().map(|keyholder| {
            let count = |kind: &str| keyholder.said.get(kind).copied().unwrap_or(0).to_string();
            vec![
                keyholder.name.clone(),
                shortened(&keyholder.party),
                count("deal"),
                count("endorse"),
                count("unseal"),
                keyholder.note(),
            ]
        });
        let heading =
            ["Keyholder", "Party", "Dealt", "Endorsed", "Decryption shares posted", "Missed"];
        table(&mut page, &heading, keyholders.collect());
        self.write_money(&mut page);
        let _ = write!(page, "<h2>Terms</h2>\n<pre>{}</pre>\n", escaped(&self.terms));
        self.write_checks(&mut page);
        page.push_str("</main>\n</body>\n</html>\n");
        page
    }

    /// Who paid and who was paid, where anything was at stake.
    fn write_money(&self, page: &mut String) {
        if self.accounts.is_empty() {
            return;
        }
        page.push_str("<h2>Money</h2>\n<p>In units of the custodian's currency.</p>\n");
        let rows = self.accounts.iter().map(|account| {
            let AccountReport { party, role, funded, received, released, settlement, forfeited } =
                account;
            let party = shortened(party);
            [&party, role, funded, received, released, settlement, forfeited]
                .map(Clone::clone)
                .into()
        });
        let heading =
            ["Party", "Role", "Funded", "Received", "Released", "Settlement", "Forfeited"];
        table(page, &heading, rows.collect());
    }

    fn write_checks(&self, page: &mut String) {
        page.push_str("<h2>Checks</h2>\n");
        let checks = self.verification.get("checks").and_then(Value::as_array);
        let rows = checks.into_iter().flatten().map(|check| {
            let cell = |key: &str| match check.get(key) {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Null) | None => String::new(),
                Some(other) => other.to_string(),
            };
            ["number", "standing", "performed", "sentence"].map(cell).to_vec()
        });
        table(page, &["Check", "Result", "Times", "What it says"], rows.collect());
        let unverified = self.verification.get("not_verified").and_then(Value::as_array);
        if let Some(sentences) = unverified {
            page.push_str("<h2>Not verified, because no transcript can show it</h2>\n<ul>\n");
            for sentence in sentences.iter().filter_map(Value::as_str) {
                let _ = writeln!(page, "<li>{}</li>", escaped(sentence));
            }
            page.push_str("</ul>\n");
        }
    }
}

fn shortened(name: &str) -> String {
    names::read_party(name).map_or(name.to_owned(), |party| status::short(&party))
}

fn table(page: &mut String, heading: &[&str], rows: Vec<Vec<String>>) {
    page.push_str("<div class=scroll><table>\n<thead><tr>");
    for cell in heading {
        let _ = write!(page, "<th>{}</th>", escaped(cell));
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        page.push_str("<tr>");
        for cell in row {
            let _ = write!(page, "<td>{}</td>", escaped(&cell));
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody>\n</table></div>\n");
}

/// Everything before the contents. No scripts, no outside links.
const HEAD: &str = "<!doctype html>
<html lang=en>
<head>
<meta charset=utf-8>
<meta name=viewport content=\"width=device-width, initial-scale=1\">
<title>Sealed-bid auction</title>
<style>
:root { color-scheme: light; }
body { margin: 0; background: #f5f6f8; color: #1d2733; font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; background: #fff; }
h1 { font-size: 1.6rem; margin: 0 0 .2rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 .6rem; border-bottom: 1px solid #d5dae1; }
.id { margin: 0; color: #5a6675; font-size: .85rem; overflow-wrap: anywhere; }
.verdict { font-size: 1.2rem; font-weight: 600; padding: .5rem .8rem; border-left: .4rem solid; }
.verdict span { font-size: .9rem; font-weight: 400; color: #1d2733; }
.good { color: #14653a; border-color: #14653a; background: #eaf5ee; }
.bad { color: #9c1c1c; border-color: #9c1c1c; background: #fbecec; }
.scroll, .picture { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; margin-bottom: .8rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0;
  border-bottom: 1px solid #e6e9ee; }
th { color: #5a6675; font-weight: 600; white-space: nowrap; }
pre { font-size: .78rem; overflow-x: auto; background: #f5f6f8; padding: .8rem; }
@media print { body { background: #fff; } main { padding: 0; max-width: none; }
  .scroll, .picture, pre { overflow: visible; } pre { white-space: pre-wrap; }
  tr, .picture { break-inside: avoid; } }
</style>
</head>
<body>
<main>
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_the_page() {
        let mut page = String::new();
        table(&mut page, &["<h>"], vec![vec!["<script>alert('1')</script> & \"x\"".into()]]);
        assert!(!page.contains("<script"));
        assert!(
            page.contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;x&quot;")
        );
    }
}
