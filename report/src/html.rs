//! The report as one page.

use crate::{
    Auctions, Report,
    counts::Counts,
    lot::LotReport,
    supervision::{GroupReport, Supervision},
};
use serde_json::Value;
use std::fmt::Write as _;
use talea_screens::html as screens;
use talea_text::{
    clearing::{ExcessReport, TradeReport},
    histogram::{self, Counts as Counted},
    money, names,
    page::{
        Column::{Figures, Name, Party, Short, Words},
        Page,
    },
    terms::{ChainData, DisclosureData, GroupData, LotData, Openness, TermsData},
};
use talea_verifier::Verdict;

/// For whom a page is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Whoever asks.
    Anybody,
    /// A regulator: with who could decrypt and who did, defaults, ties, and reserves.
    Regulator,
}

/// The report as people read it, in a browser or on paper.
pub(crate) fn html(report: &Report, reader: Reader) -> String {
    let prefix = if report.is_invalid() { "INVALID: " } else { "" };
    let mut page = Page::new(&format!("{prefix}{}", report.title));
    if report.is_invalid() {
        write_verdict(&mut page, report);
        page.text("h1", &report.title);
    } else {
        page.text("h1", &report.title);
        write_verdict(&mut page, report);
    }
    write_identity(&mut page, report);
    if !report.is_invalid() {
        write_lots(&mut page, report);
        if let (Reader::Regulator, Some(supervision)) = (reader, &report.supervision) {
            write_groups(&mut page, report, &supervision.groups);
            write_defaults(&mut page, report, supervision);
            write_ties(&mut page, supervision);
            write_reserves(&mut page, supervision);
        }
        write_clearings(&mut page, report);
        write_depths(&mut page, report);
        write_opened(&mut page, report);
        write_timeline(&mut page, report);
        write_parties(&mut page, report);
        write_money(&mut page, report);
    }
    if let Some(terms) = &report.terms {
        write_terms(&mut page, report, terms);
    }
    write_checks(&mut page, &report.verification);
    page.end()
}

/// The page of many auctions.
pub(crate) fn of_many(auctions: &Auctions) -> String {
    let reports = auctions.reports();
    let mut page = Page::new(&format!("{} auctions", reports.len()));
    page.text("h1", &format!("{} auctions", reports.len()));
    page.heading("Screens");
    page.0.push_str(&screens::overview(auctions.findings()));
    page.text(
        "p class=quiet",
        "Who bid is known by keys. One party may have several keys, and nothing here says who is behind one.",
    );
    page.heading("The auctions");
    let rows = reports.iter().map(|report| {
        let Counts { sold, declined, below_reserve, other } = Counts::of(&report.lots);
        let defaults = report.supervision.as_ref().map_or(0, |s| s.defaults.len());
        let missed = report.keyholders.iter().filter(|keyholder| !keyholder.note().is_empty());
        let verdict = match &report.board_failure {
            Some(failure) => format!("{}: {}", report.verdict_word(), failure.sentence),
            None => report.verdict_word(),
        };
        let mut row = vec![
            report.title.clone(),
            names::shortened(report.auction.as_deref().unwrap_or_default()),
            verdict,
        ];
        let counts =
            [report.bidders.len(), sold, declined, below_reserve, other, defaults, missed.count()];
        row.extend(
            counts.map(|count| if report.is_invalid() { String::new() } else { count.to_string() }),
        );
        row
    });
    let columns = [
        Words("Auction"),
        Short("Id"),
        Words("Verdict"),
        Figures("Bidders"),
        Figures("Sold or cleared"),
        Figures("Declined"),
        Figures("Below reserve"),
        Figures("Other"),
        Figures("Defaults"),
        Figures("Late keyholders"),
    ];
    page.table(&columns, &rows.collect::<Vec<_>>());
    page.text(
        "p class=quiet",
        "Screens use the lots of auctions that are VALID and in which a bid is one price. A report of one auction with --for regulator has the rest.",
    );
    auctions.findings().iter().for_each(|finding| page.0.push_str(&screens::section(finding)));
    page.end()
}

fn write_verdict(page: &mut Page, report: &Report) {
    let class = match report.verdict {
        _ if report.board_failure.is_some() => "bad",
        Verdict::Valid => "good",
        Verdict::Invalid => "bad",
        Verdict::Undecided => "open",
    };
    let _ = writeln!(page.0, "<div class=\"verdict {class}\">");
    let (word, rest) = report.verdict_in_words.split_once(':').unwrap_or(("", ""));
    page.text("strong", word);
    page.text("p", &format!("The independent verifier:{rest}"));
    if let Some(reason) = &report.reason {
        page.facts([
            ("Check", format!("{} {}", reason.check, reason.rule)),
            ("Where", reason.place.clone()),
            ("Why", reason.sentence.clone()),
        ]);
        page.text(
            "p",
            "An invalid transcript says nothing reliable about lots, bids or money, so none of it is \
             shown. Anybody can change a copy: ask the board for another one.",
        );
    }
    if let Some(failure) = &report.board_failure {
        page.text("p", &format!("The folder is not what its board signed: {}.", failure.sentence));
    }
    if let Some(signatures) = &report.board_signatures {
        page.text("p", &format!("In its folder: {}.", signatures.in_words()));
    }
    page.0.push_str("</div>\n");
}

/// What names the auction without doubt.
fn write_identity(page: &mut Page, report: &Report) {
    let mut facts = Vec::new();
    if let Some(auction) = &report.auction {
        facts.push(("Auction", auction.clone()));
    }
    if let Some(terms) = &report.terms {
        facts.push(("Seller", named(report, &terms.seller)));
        facts.push(("Bids due", terms.schedule.commits_until.in_words()));
    }
    if let Some(phase) = report.phase {
        facts.push(("Phase", phase.to_owned()));
    }
    if let Some(sha256) = report.verification.pointer("/file/sha256").and_then(Value::as_str) {
        facts.push(("Transcript", format!("SHA-256 {sha256}")));
    }
    page.facts(facts);
    if report.known_as.is_some() {
        page.text(
            "p class=quiet",
            "What parties are \"known as\" comes from an address book of whoever made this report. The transcript \
             proves keys, and no names.",
        );
    }
}

/// A party's key, and after it the name by which it is known.
fn named(report: &Report, party: &str) -> String {
    with_name(report, party, party.to_owned())
}

fn with_name(report: &Report, party: &str, shown: String) -> String {
    match report.name_of(party) {
        Some(name) => format!("{shown} (known as \"{name}\")"),
        None => shown,
    }
}

fn write_lots(page: &mut Page, report: &Report) {
    page.heading("Lots");
    let rows: Vec<_> = report.lots.iter().map(|lot| lot_row(report, lot)).collect();
    let columns = [
        Name("Lot"),
        Words("Name"),
        Figures("Quantity"),
        Words("Result"),
        Figures("Price"),
        Figures("Amount"),
        Short("Winner"),
        Figures("Cover"),
        Figures("Reserve"),
        Words("Bids"),
    ];
    page.table(&columns, &rows);
    if report.lots.iter().any(|lot| lot.amount.is_some()) {
        let money = report.terms.as_ref().and_then(|terms| terms.money.as_ref());
        let words = match money {
            Some(money) => format!("Amount: in {}, as the terms say what prices are.", money.currency),
            None => "Amount: the price as a per cent of the quantity, where prices are written in fractions \
                     of a point. For other prices the terms do not state the unit, so there is no amount. \
                     The terms name no currency."
                .into(),
        };
        page.text("p class=quiet", &words);
    }
}

fn lot_row(report: &Report, lot: &LotReport) -> Vec<String> {
    let winner = |party: &String| with_name(report, party, shortened(party));
    let grouped = |quantity: &String| quantity.parse().map_or(quantity.clone(), money::grouped);
    let price = |notation: &Option<String>, decimal: &Option<String>| match (notation, decimal) {
        (Some(notation), Some(decimal)) if notation != decimal => format!("{notation} = {decimal}"),
        (notation, _) => notation.clone().unwrap_or_default(),
    };
    let reserve = match (lot.reserve, &lot.reserve_price) {
        ("none" | "open", _) => String::new(),
        (_, Some(_)) => price(&lot.reserve_price, &lot.reserve_price_decimal),
        (state, None) => state.into(),
    };
    let is_for_sale = report.terms.as_ref().is_none_or(|terms| terms.mechanism.sells_quantity());
    let mut bids = format!("{} committed, {} ranked", lot.committed, lot.ranked);
    if lot.invalid > 0 {
        let _ = write!(bids, ", {} invalid", lot.invalid);
    }
    let amount = lot.amount.as_deref().map_or(String::new(), |amount| {
        let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
        let point = if fraction.is_empty() { "" } else { "." };
        format!("{}{point}{fraction}", grouped(&whole.to_owned()))
    });
    vec![
        lot.identifier.clone(),
        lot.name.clone(),
        if is_for_sale { grouped(&lot.quantity) } else { String::new() },
        lot.result.clone(),
        price(&lot.price, &lot.price_decimal),
        amount,
        lot.winners.iter().map(winner).collect::<Vec<_>>().join(" "),
        price(&lot.cover, &lot.cover_decimal),
        reserve,
        bids,
    ]
}

/// What markets of curves traded, and what was wanted beyond what is offered.
fn write_clearings(page: &mut Page, report: &Report) {
    let cleared: Vec<_> =
        report.lots.iter().filter_map(|lot| Some((lot, lot.clearing.as_ref()?))).collect();
    if cleared.is_empty() {
        return;
    }
    page.heading("Trades");
    let money = report.terms.as_ref().and_then(|terms| terms.money.as_ref());
    let amounts = money.map_or("Amounts are units times prices.".into(), |money| {
        format!("Amounts are in {}, as the terms say what prices are.", money.currency)
    });
    page.text(
        "p class=quiet",
        &format!(
            "Bids that trade something, or would at the price. All units better than the price are traded; what is \
             left is shared out among those at it. {amounts}"
        ),
    );
    let trades = cleared.iter().flat_map(|(lot, clearing)| {
        clearing.trades.iter().map(|trade| trade_row(report, lot, trade))
    });
    let rows: Vec<_> = trades.collect();
    let columns = [
        Name("Lot"),
        Party("Party"),
        Words("Side"),
        Figures("Better than the price"),
        Figures("At the price"),
        Figures("Of these traded"),
        Figures("Traded"),
        Figures("Amount"),
    ];
    page.table(&columns, &rows);
    for (lot, margins) in
        cleared.iter().filter_map(|(lot, clearing)| Some((lot, clearing.margins.as_ref()?)))
    {
        page.text("p", &format!("{}: {}.", lot.identifier, margins.in_words()));
    }
    let tested = cleared.iter().flat_map(|(lot, clearing)| {
        let row =
            |row: &ExcessReport| vec![lot.identifier.clone(), row.at(), row.units.to_string()];
        clearing.excess.iter().map(row)
    });
    let excess: Vec<_> = tested.collect();
    if !excess.is_empty() {
        page.text("h3", "Units wanted beyond what is offered, at every price that was tested");
        page.table(&[Name("Lot"), Figures("Price"), Figures("Units")], &excess);
    }
}

fn trade_row(report: &Report, lot: &LotReport, trade: &TradeReport) -> Vec<String> {
    let grouped = |units: &String| units.parse().map_or(units.clone(), money::grouped);
    let TradeReport { party, side, better, at_price, shared, units, total, amount, .. } = trade;
    let mut row = vec![lot.identifier.clone(), named(report, party), (*side).to_owned()];
    row.extend([better, at_price, shared, units].map(grouped));
    row.push(amount.as_ref().unwrap_or(total).clone());
    row
}

fn write_depths(page: &mut Page, report: &Report) {
    if report.depths.is_empty() {
        return;
    }
    let is_survey = report.depths.iter().all(|row| row.counts == Counted::Answers);
    let (heading, sentence) = if is_survey {
        ("Answers", "Number of answers in each range. All bars have the same scale.")
    } else {
        (
            "Depth",
            "Number of bids in each range of prices, without the best ones. All bars have the same scale.",
        )
    };
    page.heading(heading);
    page.text("p class=quiet", sentence);
    for (row, panels) in report.depths.iter().zip(histogram::panels(&report.depths)) {
        page.text("h3", &row.name);
        let _ = writeln!(page.0, "<div class=panels>\n{}</div>", panels.concat());
    }
}

fn write_opened(page: &mut Page, report: &Report) {
    let lots = &report.lots;
    page.heading("What was opened");
    let opened = |lot: &LotReport| {
        let what = if lot.opened.is_empty() { "nothing".into() } else { lot.opened.join("; ") };
        vec![lot.identifier.clone(), what]
    };
    page.table(&[Name("Lot"), Words("Opened")], &lots.iter().map(opened).collect::<Vec<_>>());
    let bids = lots.iter().flat_map(|lot| {
        let of_lot = lot.bids.iter().flatten();
        of_lot.map(|bid| vec![lot.identifier.clone(), named(report, &bid.party), bid.price.clone()])
    });
    let bids: Vec<_> = bids.collect();
    if !bids.is_empty() {
        page.text("h3", "Bids of each lot; of equal bids the one listed first wins");
        page.table(&[Name("Lot"), Party("Bidder"), Figures("Bid")], &bids);
    }
}

fn write_timeline(page: &mut Page, report: &Report) {
    page.heading("Timeline");
    if let Some(picture) =
        report.course.as_ref().and_then(|course| course.svg("What was said, and when"))
    {
        let _ = writeln!(page.0, "<div class=\"panels timeline\">\n{picture}</div>");
    }
    let rows = report.timeline.iter().map(|event| {
        let count = match event.instructions {
            instructions if instructions == event.count => event.count.to_string(),
            1 => format!("{} in 1 instruction", event.count),
            instructions => format!("{} in {instructions} instructions", event.count),
        };
        vec![event.what.to_owned(), count, event.first.in_words(), event.last.in_words()]
    });
    let columns = [Words("What"), Words("How many"), Words("First"), Words("Last")];
    page.table(&columns, &rows.collect::<Vec<_>>());
}

fn write_parties(page: &mut Page, report: &Report) {
    page.heading("Who took part");
    if let Some(invited) = report.invited {
        page.text("p", &format!("{invited} parties were invited, {} bid.", report.bidders.len()));
    }
    let bidders = report
        .bidders
        .iter()
        .map(|b| vec![named(report, &b.party), b.commits.to_string(), b.ranked.to_string()]);
    let columns =
        [Party("Bidder"), Figures("Bids committed"), Figures("Lots on which one counted")];
    page.table(&columns, &bidders.collect::<Vec<_>>());
    let keyholders = report.keyholders.iter().map(|keyholder| {
        let count = |kind: &str| keyholder.said.get(kind).copied().unwrap_or(0).to_string();
        vec![
            keyholder.name.clone(),
            named(report, &keyholder.party),
            count("deal"),
            count("endorse"),
            count("decrypt"),
            keyholder.note(),
        ]
    });
    let columns = [
        Words("Keyholder"),
        Party("Party"),
        Figures("Dealt"),
        Figures("Endorsed"),
        Figures("Decryption shares posted"),
        Words("Missed"),
    ];
    page.table(&columns, &keyholders.collect::<Vec<_>>());
}

fn numbers(members: &[u16]) -> String {
    members.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")
}

/// Who could decrypt, and who did.
fn write_groups(page: &mut Page, report: &Report, groups: &[GroupReport]) {
    page.heading("Who could decrypt, and who did");
    let sentence = match groups.len() {
        1 => {
            "As many members of the group as its threshold says can decrypt together, and fewer cannot. What they \
             decrypt outside the transcript leaves no trace in it."
        }
        _ => {
            "As many members of each group as its threshold says can decrypt together, and fewer cannot. What they \
             decrypt outside the transcript leaves no trace in it."
        }
    };
    page.text("p class=quiet", sentence);
    let rows = groups.iter().map(|group| {
        vec![
            group.name.clone(),
            format!("{} of {}", group.threshold, group.members),
            numbers(&group.able),
            numbers(&group.decrypted),
            numbers(&group.bidding),
            numbers(&group.seller),
        ]
    });
    let columns = [
        Words("Group"),
        Words("Threshold"),
        Words("Members with a share"),
        Words("Members who decrypted"),
        Words("Members who bid"),
        Words("Members who are the seller"),
    ];
    page.table(&columns, &rows.collect::<Vec<_>>());
    if groups.iter().all(|group| group.bidding.is_empty()) {
        let sentence =
            "No keyholder bid under its own key. One that bid under another key is not found here.";
        page.text("p class=quiet", sentence);
    }
    let late = report.keyholders.iter().filter(|keyholder| !keyholder.note().is_empty());
    let late: Vec<_> =
        late.map(|keyholder| vec![keyholder.name.clone(), keyholder.note()]).collect();
    if !late.is_empty() {
        page.text("h3", "Keyholders who missed something");
        page.table(&[Words("Keyholder"), Words("Missed")], &late);
    }
}

/// What bidders and the seller owed and did not do.
fn write_defaults(page: &mut Page, report: &Report, supervision: &Supervision) {
    page.heading("Defaults");
    if supervision.defaults.is_empty() {
        page.text(
            "p",
            "Every bid that was committed was revealed, and was valid; so was every reserve.",
        );
        return;
    }
    let in_words = |kind| match kind {
        "unrevealed" => "committed a bid and did not reveal it",
        "attested" => "revealed nothing that the board took; keyholders attest that it tried",
        "invalid" => "revealed a sealed bid that proves nothing",
        "update-missed" => "did not reveal a valid update; its bid of a round before stands",
        _ => "committed a reserve and did not reveal it, or it was not valid: it did not bind",
    };
    let rows = supervision.defaults.iter().map(|default| {
        vec![
            named(report, &default.party),
            default.identifier.clone(),
            default.round.to_string(),
            in_words(default.kind).to_owned(),
        ]
    });
    let columns = [Party("Party"), Name("Lot"), Figures("Round"), Words("What")];
    page.table(&columns, &rows.collect::<Vec<_>>());
}

fn write_ties(page: &mut Page, supervision: &Supervision) {
    if supervision.ties.is_empty() {
        return;
    }
    page.heading("Ties");
    let rows = supervision.ties.iter().map(|tie| {
        let tied = match (tie.tied, tie.bids) {
            (Some(true), Some(bids)) => format!("{bids} bids at the price"),
            (Some(true), None) => "yes".into(),
            (Some(false), _) => "no".into(),
            (None, _) => "not disclosed".into(),
        };
        vec![tie.identifier.clone(), tied, tie.rule.replace('-', " "), tie.known_by.to_owned()]
    });
    let columns = [Name("Lot"), Words("Tied"), Words("Rule"), Words("Known from")];
    page.table(&columns, &rows.collect::<Vec<_>>());
}

fn write_reserves(page: &mut Page, supervision: &Supervision) {
    if supervision.reserves.is_empty() {
        return;
    }
    page.heading("Reserves and decisions");
    let rows = supervision.reserves.iter().map(|lot| {
        vec![
            lot.identifier.clone(),
            lot.reserve.unwrap_or("not ended").to_owned(),
            lot.decision.unwrap_or_default().to_owned(),
            lot.ticks_above_reserve.map_or(String::new(), |ticks| ticks.to_string()),
        ]
    });
    let columns =
        [Name("Lot"), Words("Reserve"), Words("Seller"), Figures("Ticks from reserve to price")];
    page.table(&columns, &rows.collect::<Vec<_>>());
    let declined =
        supervision.reserves.iter().filter(|lot| lot.decision == Some("declined")).count();
    let decided = supervision.reserves.iter().filter(|lot| lot.decision.is_some()).count();
    page.text(
        "p",
        &format!("Lots that the seller could decide on: {decided}. Declined: {declined}."),
    );
}

/// Who paid and who was paid, where anything was at stake.
fn write_money(page: &mut Page, report: &Report) {
    if report.accounts.is_empty() {
        return;
    }
    page.heading("Money");
    page.text("p class=quiet", "In units of the custodian's currency.");
    let rows = report.accounts.iter().map(|account| {
        vec![
            named(report, &account.party),
            account.role.clone(),
            account.funded.clone(),
            account.received.clone(),
            account.released.clone(),
            account.settlement.clone(),
            account.forfeited.clone(),
        ]
    });
    let columns = [
        Party("Party"),
        Words("Role"),
        Figures("Funded"),
        Figures("Received"),
        Figures("Released"),
        Figures("Settlement"),
        Figures("Forfeited"),
    ];
    page.table(&columns, &rows.collect::<Vec<_>>());
}

fn write_terms(page: &mut Page, report: &Report, terms: &TermsData) {
    page.heading("Terms");
    page.facts(facts(report, terms));
    page.text("h3", "Lots and their prices");
    let lots = terms.lots.iter().map(|lot: &LotData| {
        vec![
            lot.identifier.clone(),
            lot.name.clone(),
            lot.first_price.clone(),
            lot.last_price.clone(),
            lot.tick_decimal.clone().unwrap_or_default(),
            lot.prices.to_string(),
            lot.side.replace('-', " "),
        ]
    });
    let columns = [
        Name("Lot"),
        Words("Name"),
        Figures("From"),
        Figures("To"),
        Figures("Tick"),
        Figures("Prices"),
        Words("Which bid wins"),
    ];
    page.table(&columns, &lots.collect::<Vec<_>>());
    page.text("h3", "Who may decrypt together");
    let groups = terms.quorum.iter().map(|group: &GroupData| {
        vec![
            group.name.clone(),
            format!("{} of {}", group.threshold, group.members.len()),
            group.endorsements.to_string(),
            group.members_who_can_void.to_string(),
            if group.is_witness { "yes" } else { "no" }.into(),
        ]
    });
    let columns = [
        Words("Group"),
        Words("Decrypt together"),
        Figures("Must endorse"),
        Figures("Can void every lot"),
        Words("Witnesses"),
    ];
    page.table(&columns, &groups.collect::<Vec<_>>());
    if let Some(bidders) = &terms.bidders {
        page.text("h3", "Who may bid");
        let bidders: Vec<String> = bidders.iter().map(|party| named(report, party)).collect();
        page.list(&bidders.iter().map(String::as_str).collect::<Vec<_>>());
    }
    if !terms.cautions.is_empty() {
        page.text("h3", "Left open by these terms");
        page.list(&terms.cautions.iter().map(|c| c.sentence.as_str()).collect::<Vec<_>>());
    }
}

/// The fields of the terms, as a sheet of data.
fn facts(report: &Report, terms: &TermsData) -> Vec<(&'static str, String)> {
    let TermsData { schedule, stakes, .. } = terms;
    let mut facts = vec![("Domain", terms.domain.clone())];
    let named = |party: &Option<String>| {
        party.as_ref().map_or("nobody".into(), |party| named(report, party))
    };
    if let Some(board) = &terms.board {
        facts.push(("Board", named(&Some(board.party.clone()))));
    }
    if let Some(ChainData { id, contract, unit, denom }) = &terms.chain {
        facts.push(("Chain", id.clone()));
        facts.push(("Contract", contract.clone()));
        facts.push(("Slots", unit.to_string()));
        facts.push(("Denomination", denom.clone()));
    }
    facts.push(("Custodian", named(&terms.custodian)));
    facts.push(("Beneficiary", named(&terms.beneficiary)));
    facts.push(("Mechanism", terms.mechanism.name.clone()));
    facts.push(("Ties", terms.ties.replace('-', " ")));
    let opened = match terms.disclosure {
        DisclosureData::Everything => "everything".to_owned(),
        DisclosureData::Facts { cover, depth_from_bids } => {
            let cover = if cover { ", cover" } else { "" };
            let depth = depth_from_bids
                .map_or(String::new(), |bids| format!(", depth from {bids} bids on"));
            format!("winners, price{cover}{depth}")
        }
    };
    match &terms.mechanism.discloses {
        None => facts.push(("Opened", opened)),
        Some(Openness { opened, kept }) => {
            facts.push(("Opened", opened.join("; ")));
            facts.push(("Not opened", kept.join("; ")));
        }
    }
    if let Some(curve) = &terms.mechanism.curve {
        facts.push(("Steps of a bid, at most", curve.steps.to_string()));
        facts.push(("Quantities", curve.quantities.into()));
        facts.push(("Units of a bid, at most", curve.most.to_string()));
    }
    if let Some(least) = terms.mechanism.least {
        facts.push(("Least that is shared out", least.to_string()));
    }
    if let Some(survey) = &terms.mechanism.survey {
        facts.push(("Least number of answers", survey.min_answers.to_string()));
    }
    let who = terms.bidders.as_ref().map_or("anybody".into(), |listed| listed.len().to_string());
    facts.push(("Bidders", who));
    facts.push(("Bids per lot, at most", terms.max_bids_per_lot.to_string()));
    facts.push(("Deposit per bid", stakes.deposit.clone()));
    facts.push(("Bond per keyholder and lot", stakes.bond.clone()));
    facts.push(("Fee per bid", stakes.commit_fee.clone()));
    if stakes.fee_growth != "0" {
        facts.push(("Added to the fee per bid before", stakes.fee_growth.clone()));
    }
    facts.push(("Deals until", schedule.deals_until.in_words()));
    facts.push(("Complaints until", schedule.complaints_until.in_words()));
    if let Some(reserve) = &terms.reserve {
        // With all bids, too: spec section 11.
        let is_opened = reserve.opened || matches!(terms.disclosure, DisclosureData::Everything);
        let opened = if is_opened { "opened at the end" } else { "never opened" };
        facts.push(("Reserves until", format!("{}, {opened}", reserve.until.in_words())));
    }
    facts.push(("Bids until", schedule.commits_until.in_words()));
    facts.push(("Reveals until", schedule.reveals_until.in_words()));
    facts.push(("Endorsing", schedule.endorsing.in_words()));
    facts.push(("Step of the ranking", schedule.step.in_words()));
    if schedule.step_per_bid.slots > 0 {
        facts.push(("Added to a step per bid", schedule.step_per_bid.in_words()));
    }
    if let Some(rounds) = &terms.rounds {
        facts.push(("Rounds, at most", rounds.limit.to_string()));
        facts.push(("Bids of a later round", rounds.commits.in_words()));
        facts.push(("Reveals of a later round", rounds.reveals.in_words()));
        let cover = if rounds.cover { "depth, cover" } else { "depth" };
        facts.push(("Shown between rounds", cover.into()));
    }
    if let Some(acceptance) = &terms.acceptance {
        facts.push(("Seller may decline for", acceptance.in_words()));
    }
    facts
}

fn write_checks(page: &mut Page, verification: &Value) {
    page.heading("Checks");
    let checks = verification.get("checks").and_then(Value::as_array);
    let rows = checks.into_iter().flatten().map(|check| {
        let cell = |key: &str| match check.get(key) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        };
        let status = match cell("status").as_str() {
            "pass" => "PASS".to_owned(),
            "fail" => "FAIL".into(),
            other => other.replace('-', " "),
        };
        vec![cell("number"), status, cell("performed"), cell("sentence")]
    });
    let columns = [Words("Check"), Words("Result"), Figures("Times"), Words("What it says")];
    page.table(&columns, &rows.collect::<Vec<_>>());
    if let Some(sentences) = verification.get("not_verified").and_then(Value::as_array) {
        page.heading("Not verified, because no transcript can show it");
        page.list(&sentences.iter().filter_map(Value::as_str).collect::<Vec<_>>());
    }
}

fn shortened(name: &str) -> String {
    names::read_party(name).map_or(name.to_owned(), |party| names::short(&party))
}
