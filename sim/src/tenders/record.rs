//! The record: a CSV file with a row per bid.
//!
//! Columns, in any order: `auction`, `date_yyyymmdd`, `bidder_id`, `bid_jpy` (blank: no valid bid),
//! `reserve_max_jpy` (the ceiling), `min_price_jpy` (a floor below which a bid is void; blank or 0:
//! none), `min_price_rule` (1: the floor applies), `result_code` (1 lost, 2 won, 3 won by lottery
//! after a tie, 4 disqualified, withdrawn or invalid), `below_min` (1: the bid lies below the
//! floor), `winner` (1: this bid won).
//!
//! Rows of a tender need not stand together. A bidder's number may stand twice in a tender: such
//! rows are bids of two parties, since a party has one bid.

use crate::failure::{Code, Failure};
use std::collections::BTreeMap;
use talea_protocol::bytes::Text;
use talea_text::rows::{CsvCodes, Row, Table};

const COLUMNS: [&str; 10] = [
    "auction",
    "date_yyyymmdd",
    "bidder_id",
    "bid_jpy",
    "reserve_max_jpy",
    "min_price_jpy",
    "min_price_rule",
    "result_code",
    "below_min",
    "winner",
];
const CODES: CsvCodes = CsvCodes { columns: Code::TendersColumns, row: Code::TendersRow };

/// An amount in whole yen.
pub type Yen = u64;

/// A tender with all its bids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tender {
    /// The record's name for it.
    pub auction: String,
    /// The day, as eight digits.
    pub date: String,
    /// The highest price that may be paid.
    pub ceiling: Yen,
    /// The price below which a bid is void, where the rule applies.
    pub floor: Option<Yen>,
    /// Its bids, in the order of the file.
    pub bids: Vec<RecordedBid>,
}

/// A bid of the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedBid {
    /// The line of the file.
    pub line: u64,
    /// The bidder's number; a second bid of the same number in a tender is `217 (2)`.
    pub bidder: String,
    /// The price; nothing if there was no valid bid.
    pub price: Option<Yen>,
    /// What became of it.
    pub result: ResultCode,
}

/// What became of a bid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultCode {
    /// 1: it lost.
    Lost,
    /// 2: it won.
    Won,
    /// 3: it won by lottery after a tie.
    WonByLottery,
    /// 4: it was disqualified, withdrawn or invalid.
    Out,
}

impl Tender {
    /// The bid that the record names as the winner.
    #[must_use]
    pub fn winner(&self) -> Option<&RecordedBid> {
        self.bids
            .iter()
            .find(|bid| matches!(bid.result, ResultCode::Won | ResultCode::WonByLottery))
    }
}

/// What all rows of a tender must say alike.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Common {
    date: String,
    ceiling: Yen,
    floor: Option<Yen>,
}

/// Reads a record called `name`; tenders stand in the order of their first rows.
///
/// # Errors
/// `tenders.columns`, or `tenders.row` and `tenders.tender` with the line.
pub fn read(name: &str, bytes: &[u8]) -> Result<Vec<Tender>, Failure> {
    let (needed, optional, most) = (&COLUMNS, &[], usize::MAX);
    let rows = Table { name, needed, optional, codes: CODES, most }.rows(bytes)?;
    let mut tenders: Vec<(Common, Tender)> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows {
        let line = row.line;
        let ReadRow { auction, bidder, common, price, result } = read_row(name, &row)?;
        let fail = |what: String| {
            Failure::new(
                Code::TendersTender,
                format!("{name} line {line}: tender {auction}: {what}"),
            )
        };
        let place = *places.entry(auction.clone()).or_insert(tenders.len());
        if place == tenders.len() {
            let Common { date, ceiling, floor } = common.clone();
            let tender =
                Tender { auction: auction.clone(), date, ceiling, floor, bids: Vec::new() };
            tenders.push((common.clone(), tender));
        }
        // The place was looked up or just made.
        let Some((first, tender)) = tenders.get_mut(place) else { continue };
        if *first != common {
            let line = tender.bids.first().map_or(0, |bid| bid.line);
            let what = "date, ceiling and floor are not those of its first row, line";
            return Err(fail(format!("{what} {line}")));
        }
        let wins = |result| matches!(result, ResultCode::Won | ResultCode::WonByLottery);
        if let Some(other) = tender.bids.iter().find(|bid| wins(bid.result) && wins(result)) {
            return Err(fail(format!("it already has a winner, on line {}", other.line)));
        }
        let same = |bid: &&RecordedBid| {
            bid.bidder == bidder
                || bid.bidder.strip_prefix(&bidder).is_some_and(|rest| rest.starts_with(" ("))
        };
        let bidder = match tender.bids.iter().filter(same).count() {
            0 => bidder,
            before => format!("{bidder} ({})", before.saturating_add(1)),
        };
        tender.bids.push(RecordedBid { line, bidder, price, result });
    }
    Ok(tenders.into_iter().map(|(_, tender)| tender).collect())
}

struct ReadRow {
    auction: String,
    bidder: String,
    common: Common,
    price: Option<Yen>,
    result: ResultCode,
}

fn read_row(name: &str, row: &Row) -> Result<ReadRow, Failure> {
    let fail =
        |what: String| Failure::new(Code::TendersRow, format!("{name} line {}: {what}", row.line));
    let [auction, date, bidder, price, ceiling, floor, rule, result, below, winner] =
        std::array::from_fn(|column| row.field(column));
    let word = |title: &str, text: &str| {
        // Numbers in practice; whatever it is, it will be printed and named in terms.
        if text.len() > 32 || <Text>::new(text).is_err() {
            return Err(fail(format!("{title} is {text:?}, and should have 1 to 32 characters")));
        }
        Ok(text.to_owned())
    };
    let yen = |title: &str, text: &str| {
        if text.is_empty() {
            return Ok(None);
        }
        // i64 is what a price of the terms can hold.
        let amount = text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<i64>());
        let amount = amount.and_then(Result::ok).and_then(|amount| Yen::try_from(amount).ok());
        amount.map(Some).ok_or_else(|| {
            fail(format!(
                "{title} is {text:?}, which is not an amount in \
             whole yen"
            ))
        })
    };
    let flag = |title: &str, text: &str| match text {
        "0" => Ok(false),
        "1" => Ok(true),
        _ => Err(fail(format!("{title} is {text:?}, neither 0 nor 1"))),
    };

    let auction = word("auction", auction)?;
    let bidder = word("bidder_id", bidder)?;
    if !is_date(date) {
        return Err(fail(format!("date_yyyymmdd is {date:?}, which is not a date")));
    }
    let ceiling = yen("reserve_max_jpy", ceiling)?.filter(|ceiling| *ceiling > 0);
    let ceiling = ceiling.ok_or_else(|| fail("reserve_max_jpy is blank or 0".into()))?;
    let floor = yen("min_price_jpy", floor)?.filter(|floor| *floor > 0);
    let floor = if flag("min_price_rule", rule)? { floor } else { None };
    if let Some(floor) = floor.filter(|floor| *floor > ceiling) {
        return Err(fail(format!("the floor, {floor}, lies above the ceiling, {ceiling}")));
    }
    let price = yen("bid_jpy", price)?;
    if price == Some(0) {
        return Err(fail("bid_jpy is 0".into()));
    }
    let result = match result {
        "1" => ResultCode::Lost,
        "2" => ResultCode::Won,
        "3" => ResultCode::WonByLottery,
        "4" => ResultCode::Out,
        _ => return Err(fail(format!("result_code is {result:?}, expected 1, 2, 3 or 4"))),
    };
    if price.is_none() && result != ResultCode::Out {
        return Err(fail("bid_jpy is blank, but result_code is not 4".into()));
    }
    let is_winner = matches!(result, ResultCode::Won | ResultCode::WonByLottery);
    if flag("winner", winner)? != is_winner {
        return Err(fail("winner and result_code contradict each other".into()));
    }
    let is_below = price.zip(floor).is_some_and(|(price, floor)| price < floor);
    if flag("below_min", below)? != is_below {
        return Err(fail("below_min contradicts bid_jpy and min_price_jpy".into()));
    }
    Ok(ReadRow {
        auction,
        bidder,
        common: Common { date: date.to_owned(), ceiling, floor },
        price,
        result,
    })
}

/// Eight digits that can be a day.
fn is_date(text: &str) -> bool {
    let part = |range: std::ops::Range<usize>| text.get(range).and_then(|t| t.parse::<u32>().ok());
    text.len() == 8
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && part(4..6).is_some_and(|month| (1..=12).contains(&month))
        && part(6..8).is_some_and(|day| (1..=31).contains(&day))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "auction,date_yyyymmdd,bidder_id,bid_jpy,reserve_max_jpy,min_price_jpy,\
                        min_price_rule,result_code,below_min,winner\r\n";

    fn parse(rows: &str) -> Result<Vec<Tender>, Failure> {
        read("t.csv", format!("{HEAD}{rows}").as_bytes())
    }

    #[test]
    fn rows_of_a_tender_need_not_stand_together() {
        let tenders = parse(
            "1,20200131,7,900,1000,,0,2,0,1\r\n2,20200131,7,80,100,50,1,1,0,0\r\n\
             1,20200131,8,950,1000,0,1,1,0,0\r\n1,20200131,7,960,1000,,0,1,0,0\r\n",
        )
        .unwrap();
        assert_eq!(tenders.len(), 2);
        let bidders: Vec<&str> = tenders[0].bids.iter().map(|bid| bid.bidder.as_str()).collect();
        assert_eq!(bidders, ["7", "8", "7 (2)"], "one number, two bids: two parties");
        assert_eq!(tenders[0].winner().unwrap().price, Some(900));
        assert_eq!(tenders[0].floor, None, "a floor of 0 is none");
        assert_eq!((tenders[1].floor, tenders[1].winner()), (Some(50), None));
    }

    #[test]
    fn rows_that_make_no_sense_are_named_by_line() {
        for (row, word) in [
            (",20200131,7,900,1000,,0,2,0,1", "auction is \"\""),
            ("1,2020-01-31,7,900,1000,,0,2,0,1", "not a date"),
            ("1,20201331,7,900,1000,,0,2,0,1", "not a date"),
            ("1,20200131,,900,1000,,0,2,0,1", "bidder_id"),
            ("1,20200131,7,9e2,1000,,0,2,0,1", "bid_jpy is \"9e2\""),
            ("1,20200131,7,-5,1000,,0,2,0,1", "bid_jpy is \"-5\""),
            ("1,20200131,7,+5,1000,,0,2,0,1", "bid_jpy is \"+5\""),
            ("1,20200131,7,99999999999999999999,1000,,0,2,0,1", "not an amount"),
            ("1,20200131,7,0,1000,,0,1,0,0", "bid_jpy is 0"),
            ("1,20200131,7,900,,,0,2,0,1", "reserve_max_jpy"),
            ("1,20200131,7,900,1000,2000,1,2,0,1", "above the ceiling"),
            ("1,20200131,7,900,1000,,2,2,0,1", "min_price_rule"),
            ("1,20200131,7,900,1000,,0,5,0,1", "result_code"),
            ("1,20200131,7,,1000,,0,1,0,0", "blank"),
            ("1,20200131,7,900,1000,,0,2,0,0", "winner and result_code"),
            ("1,20200131,7,900,1000,,0,1,0,1", "winner and result_code"),
            ("1,20200131,7,900,1000,950,1,4,0,0", "below_min"),
            ("1,20200131,7,900,1000,,0,2,0", "has 9 fields"),
        ] {
            let failure = parse(&format!("9,20200101,1,5,6,,0,1,0,0\n{row}\n")).unwrap_err();
            assert_eq!(failure.code, Code::TendersRow, "{row}");
            assert!(failure.sentence.contains("line 3"), "{}", failure.sentence);
            assert!(failure.sentence.contains(word), "{row}: {}", failure.sentence);
        }
    }

    #[test]
    fn rows_that_contradict_one_another_are_named() {
        for (row, word) in [
            ("1,20200131,7,900,1001,,0,1,0,0", "first row, line 2"),
            ("1,20200130,7,900,1000,,0,1,0,0", "first row, line 2"),
            ("1,20200131,7,900,1000,5,1,1,0,0", "first row, line 2"),
            ("1,20200131,7,900,1000,,0,3,0,1", "already has a winner, on line 2"),
        ] {
            let failure = parse(&format!("1,20200131,1,5,1000,,0,2,0,1\n{row}\n")).unwrap_err();
            assert_eq!(failure.code, Code::TendersTender, "{row}");
            assert!(failure.sentence.contains("line 3"), "{}", failure.sentence);
            assert!(failure.sentence.contains(word), "{row}: {}", failure.sentence);
        }
    }

    #[test]
    fn columns_are_asked_for() {
        let failure = read("t.csv", b"auction,bid\n").unwrap_err();
        assert_eq!(failure.code, Code::TendersColumns);
    }
}
