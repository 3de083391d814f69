//! A workbook: lots, bids, parties, money and timeline as sheets.
//!
//! A cell of text is never read as a formula, a date or a number: the file says of every cell what it is. A number that
//! a spreadsheet's doubles would change is text.

use crate::number;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use talea_report::{Report, lot::LotReport, report::Event};
use talea_text::{
    board::Moment,
    failure::{Code, Failure},
    statistics::StatisticsReport,
};

/// What a spreadsheet takes in a cell, in characters.
const MAX_CHARACTERS: usize = 32_767;

/// What a spreadsheet takes in a sheet, in rows below the heading.
const MAX_ROWS: usize = 1_048_575;

enum Cell {
    Text(String),
    /// A decimal without commas.
    Number(String),
    Empty,
}

struct Sheet {
    name: &'static str,
    heading: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
}

fn text(words: &str) -> Cell {
    Cell::Text(words.to_owned())
}

fn text_or_empty(words: Option<&String>) -> Cell {
    words.map_or(Cell::Empty, |words| text(words))
}

fn number(decimal: impl ToString) -> Cell {
    Cell::Number(decimal.to_string())
}

fn number_or_empty(decimal: Option<&String>) -> Cell {
    decimal.map_or(Cell::Empty, number)
}

/// The report as a workbook. The same report makes the same bytes.
///
/// # Errors
/// `board.invalid` of a transcript that breaks the rules; `file.too-large` if a sheet has more rows than a spreadsheet
/// takes; `internal`.
pub fn workbook(report: &Report) -> Result<Vec<u8>, Failure> {
    if report.is_invalid() {
        let sentence = "nothing is written of an invalid transcript but the verdict";
        return Err(Failure::new(Code::BoardInvalid, sentence));
    }
    let of_market = [trades(report), excess(report), answers(report)];
    let mut sheets = vec![about(report), lots(report), bids(report)];
    // Of most auctions these would be empty.
    sheets.extend(of_market.into_iter().filter(|sheet| !sheet.rows.is_empty()));
    sheets.extend([parties(report), money(report), timeline(report)]);
    sheets.iter().try_for_each(require_room)?;
    write(&sheets).map_err(|error| {
        Failure::new(Code::Internal, format!("the workbook cannot be written: {error}"))
    })
}

fn require_room(sheet: &Sheet) -> Result<(), Failure> {
    let Sheet { name, rows, .. } = sheet;
    if rows.len() <= MAX_ROWS {
        return Ok(());
    }
    let sentence = format!(
        "the sheet {name} would have {} rows, and a spreadsheet takes {MAX_ROWS} below the heading",
        rows.len()
    );
    Err(Failure::new(Code::FileTooLarge, sentence)
        .with_help("write the report as .json, .csv or .parquet"))
}

fn write(sheets: &[Sheet]) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    // Otherwise it would be the time of writing.
    let date = ExcelDateTime::from_ymd(2000, 1, 1)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&date));
    let bold = Format::new().set_bold();
    for sheet in sheets {
        let worksheet = workbook.add_worksheet().set_name(sheet.name)?;
        for (column, name) in (0u16..).zip(&sheet.heading) {
            worksheet.write_string_with_format(0, column, *name, &bold)?;
        }
        for (row, cells) in (1u32..).zip(&sheet.rows) {
            for (column, cell) in (0u16..).zip(cells) {
                put(worksheet, (row, column), cell)?;
            }
        }
        worksheet.set_freeze_panes(1, 0)?.autofit();
    }
    workbook.save_to_buffer()
}

fn put(worksheet: &mut Worksheet, (row, column): (u32, u16), cell: &Cell) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => {}
        Cell::Text(words) => {
            let words: String = words.chars().take(MAX_CHARACTERS).collect();
            worksheet.write_string(row, column, words)?;
        }
        Cell::Number(decimal) => match number::kept(decimal).and_then(|kept| kept.parse().ok()) {
            Some::<f64>(number) => {
                worksheet.write_number(row, column, number)?;
            }
            None => {
                worksheet.write_string(row, column, decimal)?;
            }
        },
    }
    Ok(())
}

fn about(report: &Report) -> Sheet {
    let terms = report.terms.as_ref();
    let of_money = terms.and_then(|terms| terms.money.as_ref());
    let is_not_of_board = report.objection();
    let rows = [
        ("title", text(&report.title)),
        ("verdict", text(&report.verdict_in_words)),
        ("objection", text_or_empty(is_not_of_board.as_ref())),
        ("auction", text_or_empty(report.auction.as_ref())),
        ("phase", report.phase.map_or(Cell::Empty, text)),
        ("seller", text_or_empty(terms.map(|terms| &terms.seller))),
        ("mechanism", text_or_empty(terms.map(|terms| &terms.mechanism.name))),
        ("ties", terms.map_or(Cell::Empty, |terms| text(terms.ties))),
        ("currency", text_or_empty(of_money.map(|money| &money.currency))),
        ("price", of_money.map_or(Cell::Empty, |money| text(money.price))),
        ("bids_due", terms.map_or(Cell::Empty, |terms| moment(&terms.schedule.commits_until))),
    ];
    let rows = rows.into_iter().map(|(name, cell)| vec![text(name), cell]).collect();
    Sheet { name: "about", heading: vec!["what", "is"], rows }
}

fn moment(moment: &Moment) -> Cell {
    text(&moment.at.clone().unwrap_or_else(|| moment.in_words()))
}

fn lots(report: &Report) -> Sheet {
    let heading = vec![
        "lot",
        "identifier",
        "name",
        "side",
        "quantity",
        "state",
        "result",
        "price",
        "price_decimal",
        "amount",
        "winners",
        "winners_known_as",
        "cover",
        "cover_decimal",
        "reserve",
        "reserve_price",
        "reserve_decimal",
        "committed",
        "ranked",
        "invalid",
    ];
    let is_for_sale = report.terms.as_ref().is_none_or(|terms| terms.mechanism.sells_quantity());
    let sides = report.terms.iter().flat_map(|terms| &terms.lots).map(|lot| lot.side);
    let row = |(lot, side): (&LotReport, &'static str)| {
        let known: Vec<&str> =
            lot.winners.iter().filter_map(|party| report.name_of(party)).collect();
        vec![
            number(lot.lot),
            text(&lot.identifier),
            text(&lot.name),
            text(side),
            if is_for_sale { number(&lot.quantity) } else { Cell::Empty },
            text(lot.state),
            text(&lot.result),
            text_or_empty(lot.price.as_ref()),
            number_or_empty(lot.price_decimal.as_ref()),
            number_or_empty(lot.amount.as_ref()),
            text(&lot.winners.join(" ")),
            text(&known.join("; ")),
            text_or_empty(lot.cover.as_ref()),
            number_or_empty(lot.cover_decimal.as_ref()),
            text(lot.reserve),
            text_or_empty(lot.reserve_price.as_ref()),
            number_or_empty(lot.reserve_price_decimal.as_ref()),
            number(lot.committed),
            number(lot.ranked),
            number(lot.invalid),
        ]
    };
    Sheet { name: "lots", heading, rows: report.lots.iter().zip(sides).map(row).collect() }
}

/// Bids that the terms opened.
fn bids(report: &Report) -> Sheet {
    let heading = vec![
        "lot",
        "identifier",
        "tie_order",
        "party",
        "known_as",
        "price",
        "price_decimal",
        "amount",
    ];
    let of_lot = |lot: &'_ LotReport| {
        let bids = (1usize..).zip(lot.bids.iter().flatten());
        let row = |(place, bid): (usize, &talea_report::lot::BidReport)| {
            vec![
                number(lot.lot),
                text(&lot.identifier),
                number(place),
                text(&bid.party),
                report.name_of(&bid.party).map_or(Cell::Empty, text),
                text(&bid.price),
                number(&bid.price_decimal),
                number_or_empty(bid.amount.as_ref()),
            ]
        };
        bids.map(row).collect::<Vec<_>>()
    };
    Sheet { name: "bids", heading, rows: report.lots.iter().flat_map(of_lot).collect() }
}

fn parties(report: &Report) -> Sheet {
    let heading = vec!["party", "known_as", "role", "bids_committed", "lots_ranked", "note"];
    let known = |party: &str| report.name_of(party).map_or(Cell::Empty, text);
    let bidders = report.bidders.iter().map(|bidder| {
        vec![
            text(&bidder.party),
            known(&bidder.party),
            text("bidder"),
            number(bidder.commits),
            number(bidder.ranked),
            Cell::Empty,
        ]
    });
    let keyholders = report.keyholders.iter().map(|keyholder| {
        vec![
            text(&keyholder.party),
            known(&keyholder.party),
            text(&format!("keyholder {}", keyholder.name)),
            Cell::Empty,
            Cell::Empty,
            text(&keyholder.note()),
        ]
    });
    Sheet { name: "parties", heading, rows: bidders.chain(keyholders).collect() }
}

/// What each bid of a market of curves trades.
fn trades(report: &Report) -> Sheet {
    let heading = vec![
        "lot",
        "identifier",
        "party",
        "known_as",
        "side",
        "better",
        "at_price",
        "shared",
        "traded",
        "price",
        "price_decimal",
        "units_times_prices",
        "amount",
    ];
    let cleared = report.lots.iter().filter_map(|lot| Some((lot, lot.clearing.as_ref()?)));
    let rows = cleared.flat_map(|(lot, clearing)| {
        clearing.trades.iter().map(move |trade| {
            vec![
                number(lot.lot),
                text(&lot.identifier),
                text(&trade.party),
                report.name_of(&trade.party).map_or(Cell::Empty, text),
                text(trade.side),
                number(&trade.better),
                number(&trade.at_price),
                number(&trade.shared),
                number(&trade.units),
                text(&clearing.price),
                number(&clearing.price_decimal),
                number(&trade.total),
                number_or_empty(trade.amount.as_ref()),
            ]
        })
    });
    Sheet { name: "trades", heading, rows: rows.collect() }
}

/// What is wanted beyond what is offered, at every price where that was opened.
fn excess(report: &Report) -> Sheet {
    let heading = vec!["lot", "identifier", "price", "price_decimal", "units"];
    let cleared = report.lots.iter().filter_map(|lot| Some((lot, lot.clearing.as_ref()?)));
    let rows = cleared.flat_map(|(lot, clearing)| {
        clearing.excess.iter().map(|row| {
            vec![
                number(lot.lot),
                text(&lot.identifier),
                text(&row.at()),
                number_or_empty(row.price_decimal.as_ref()),
                number(row.units),
            ]
        })
    });
    Sheet { name: "excess", heading, rows: rows.collect() }
}

/// The histogram of a survey, and before it what is of all answers. What is no decimal number is a fraction, as text.
fn answers(report: &Report) -> Sheet {
    let heading = vec!["lot", "identifier", "what", "from", "to", "value"];
    let surveyed = report.lots.iter().filter_map(|lot| Some((lot, lot.statistics.as_ref()?)));
    let rows = surveyed.flat_map(|(lot, statistics)| {
        let StatisticsReport { answers, sum, mean, variance, herfindahl, bins, .. } = statistics;
        let row = move |what: &str, [from, to]: [Cell; 2], value: Cell| {
            vec![number(lot.lot), text(&lot.identifier), text(what), from, to, value]
        };
        let of_all = [
            ("answers", Some(answers.to_string())),
            ("sum", sum.clone()),
            ("mean", mean.clone()),
            ("variance", variance.clone()),
            ("herfindahl", herfindahl.clone()),
        ];
        let of_all = of_all.into_iter().filter_map(move |(what, value)| {
            let value = value?;
            let cell = if value.contains('/') { text(&value) } else { number(value) };
            Some(row(what, [Cell::Empty, Cell::Empty], cell))
        });
        let of_bins = bins
            .iter()
            .flatten()
            .map(move |bin| row("bin", [text(&bin.from), text(&bin.to)], number(bin.answers)));
        of_all.chain(of_bins)
    });
    Sheet { name: "answers", heading, rows: rows.collect() }
}

fn money(report: &Report) -> Sheet {
    let heading = vec![
        "party",
        "known_as",
        "role",
        "funded",
        "received",
        "released",
        "settlement",
        "forfeited",
    ];
    let rows = report.accounts.iter().map(|account| {
        vec![
            text(&account.party),
            report.name_of(&account.party).map_or(Cell::Empty, text),
            text(&account.role),
            number(&account.funded),
            number(&account.received),
            number(&account.released),
            number(&account.settlement),
            number(&account.forfeited),
        ]
    });
    Sheet { name: "money", heading, rows: rows.collect() }
}

fn timeline(report: &Report) -> Sheet {
    let heading = vec!["what", "count", "instructions", "first", "last"];
    let row = |event: &Event| {
        vec![
            text(event.what),
            number(event.count),
            number(event.instructions),
            moment(&event.first),
            moment(&event.last),
        ]
    };
    Sheet { name: "timeline", heading, rows: report.timeline.iter().map(row).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_of_more_rows_than_a_spreadsheet_takes_is_refused() {
        let sheet = |rows: usize| {
            let rows = std::iter::repeat_with(Vec::new).take(rows).collect();
            require_room(&Sheet { name: "bids", heading: Vec::new(), rows })
        };
        assert!(sheet(MAX_ROWS).is_ok());
        let failure = sheet(MAX_ROWS + 1).unwrap_err();
        assert_eq!(failure.code, Code::FileTooLarge);
        assert!(failure.sentence.contains("the sheet bids would have 1048576 rows"), "{failure}");
    }
}
