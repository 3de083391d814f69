//! The figures, for people and for tools.

use super::{
    auctions::AuctionFigures, keyholder::KeyholderFigures, markets::MarketFigures,
    messages::MessageFigures, ranking::RulesFigures,
};
use comfy_table::{CellAlignment, Table, presets::ASCII_MARKDOWN};
use serde::Serialize;

/// Everything measured.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Names this layout.
    pub schema: &'static str,
    /// What a ratio of 1 is.
    pub unit: &'static str,
    /// Figures of single messages.
    pub messages: Vec<MessageFigures>,
    /// Figures of keyholders' work, per item of a message of 128.
    pub keyholder: KeyholderFigures,
    /// Figures of whole auctions.
    pub auctions: Vec<AuctionFigures>,
    /// Figures of ranking under every rule, on the last grid with the most bidders.
    pub rules: Vec<RulesFigures>,
    /// Figures of markets of curves and of surveys, with 64 bidders at most.
    pub markets: Vec<MarketFigures>,
}

impl Report {
    /// The figures as JSON.
    ///
    /// # Errors
    /// Never, for figures that are numbers.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }

    /// The figures as tables.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!(
            "All figures are multiples of {}.\n\nA bid's two messages\n{}\n\n\
             Keyholders' work\n{}\n\n\
             One lot, quorum 2 of 3: cost and bytes per bidder, memory of the whole\n{}\n\n\
             One lot under every rule: the contract's rank phase, and bytes, per bidder\n{}\n\n\
             Markets of curves, and surveys: the contract on the whole transcript, and bytes, per step of a bid; \
             beside the uniform price of ten units with as many bids\n{}\n",
            self.unit,
            messages(&self.messages),
            keyholder(&self.keyholder),
            auctions(&self.auctions),
            rules(&self.rules),
            markets(&self.markets)
        )
    }
}

fn messages(figures: &[MessageFigures]) -> Table {
    let mut rows = table(&[
        "levels", "shape", "commit", "verify", "bytes", "improve", "verify", "bytes", "reveal",
        "verify", "in 64", "bytes",
    ]);
    for m in figures {
        rows.add_row([
            m.levels.to_string(),
            m.shape.clone(),
            ratio(m.commit_prove),
            ratio(m.commit_verify),
            m.range_proof_bytes.to_string(),
            ratio(m.improve_prove),
            ratio(m.improve_verify),
            m.improvement_bytes.to_string(),
            ratio(m.reveal_prove),
            ratio(m.reveal_verify),
            ratio(m.reveal_verify_in_64),
            m.sealed_bid_bytes.to_string(),
        ]);
    }
    rows
}

fn keyholder(k: &KeyholderFigures) -> Table {
    let mut rows = table(&["per item of 128", "prove", "x faster", "verify", "bytes"]);
    let faster = |speedup: f64| format!("{speedup:.2} on {}", k.threads);
    let bytes = k.gate_bytes.to_string();
    let (prove, verify) = (ratio(k.gate_prove), ratio(k.gate_verify));
    rows.add_row(["conditional gate", &prove, &faster(k.gate_prove_speedup), &verify, &bytes]);
    let bytes = k.shuffle_bytes.to_string();
    let (prove, verify) = (ratio(k.shuffle_prove), ratio(k.shuffle_verify));
    rows.add_row(["entry of a shuffle", &prove, &faster(k.shuffle_prove_speedup), &verify, &bytes]);
    let (prove, verify) = (ratio(k.decryption_share_prove), ratio(k.decryption_share_verify));
    rows.add_row(["decryption share", &prove, "-", &verify, "32"]);
    rows
}

fn auctions(figures: &[AuctionFigures]) -> Table {
    let mut rows = table(&[
        "levels",
        "shape",
        "bidders",
        "contract",
        "verifier",
        "x faster",
        "bytes",
        "contract KiB",
        "verifier KiB",
    ]);
    let kib = |bytes: Option<usize>| bytes.map_or("-".into(), |b| (b / 1024).to_string());
    for a in figures {
        rows.add_row([
            a.levels.to_string(),
            a.shape.clone(),
            a.bidders.to_string(),
            ratio(a.contract_per_bidder),
            ratio(a.verifier_per_bidder),
            format!("{:.2} on {}", a.verifier_speedup, a.verifier_jobs),
            a.bytes_per_bidder.to_string(),
            kib(a.contract_peak_bytes),
            kib(a.verifier_peak_bytes),
        ]);
    }
    rows
}

fn rules(figures: &[RulesFigures]) -> Table {
    let mut rows =
        table(&["rules", "shape", "bidders", "rank phase", "x first price", "steps", "bytes"]);
    for f in figures {
        rows.add_row([
            f.rules.to_string(),
            f.shape.clone(),
            f.bidders.to_string(),
            ratio(f.rank_per_bidder),
            format!("{:.2}", f.rank_to_first_price),
            f.steps.to_string(),
            f.bytes_per_bidder.to_string(),
        ]);
    }
    rows
}

fn markets(figures: &[MarketFigures]) -> Table {
    let mut rows = table(&[
        "market",
        "shape",
        "bidders",
        "steps",
        "contract",
        "x uniform price",
        "bytes",
        "x uniform price",
    ]);
    for f in figures {
        rows.add_row([
            f.market.clone(),
            f.shape.clone(),
            f.bidders.to_string(),
            f.steps.to_string(),
            ratio(f.contract_per_step),
            format!("{:.2}", f.contract_to_uniform_price),
            f.bytes_per_step.to_string(),
            format!("{:.2}", f.bytes_to_uniform_price),
        ]);
    }
    rows
}

fn ratio(value: f64) -> String {
    if value < 1.0 { format!("{value:.3}") } else { format!("{value:.2}") }
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(ASCII_MARKDOWN).set_header(header);
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}
