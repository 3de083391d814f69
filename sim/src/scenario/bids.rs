//! Bids in a CSV file beside the scenario: `bidder,lot,price`, and `conduct` where wanted.

use crate::{
    failure::{Code, Failure},
    scenario::file::{BIDDER_CONDUCTS, bidder_conduct},
    simulate::BidderConduct,
};
use talea_text::rows::{CsvCodes, Row, Table};

const NEEDED: [&str; 3] = ["bidder", "lot", "price"];
const OPTIONAL: [&str; 1] = ["conduct"];
const CODES: CsvCodes = CsvCodes { columns: Code::BidsColumns, row: Code::BidsRow };

/// A bid as a row says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BidRow {
    /// The line, from 1.
    pub line: u64,
    /// Who bids.
    pub bidder: String,
    /// For which lot: its identifier, or its index from 0.
    pub lot: String,
    /// The price, as people write it.
    pub price: String,
    /// How the bidder behaves with this bid.
    pub conduct: BidderConduct,
}

/// Reads the bids of a file called `name`.
///
/// # Errors
/// `bids.columns`, or `bids.row` with the line.
pub fn read(name: &str, bytes: &[u8]) -> Result<Vec<BidRow>, Failure> {
    let (needed, optional, most) = (&NEEDED, &OPTIONAL, usize::MAX);
    let rows = Table { name, needed, optional, codes: CODES, most }.rows(bytes)?;
    let bid = |row: Row| {
        let line = row.line;
        let fail =
            |what: String| Failure::new(Code::BidsRow, format!("{name} line {line}: {what}"));
        for (column, title) in NEEDED.iter().enumerate() {
            if row.field(column).is_empty() {
                return Err(fail(format!("the {title} is blank")));
            }
        }
        let conduct = match row.field(3) {
            "" => BidderConduct::Honest,
            text => bidder_conduct(text).ok_or_else(|| {
                fail(format!("the conduct is {text:?}"))
                    .with_help(format!("write {BIDDER_CONDUCTS}"))
            })?,
        };
        let [bidder, lot, price] = [0, 1, 2].map(|column| row.field(column).to_owned());
        Ok(BidRow { line, bidder, lot, price, conduct })
    };
    rows.into_iter().map(bid).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_read() {
        let bids = read("b", b"lot,bidder,price\nX,Alder,99-16+\n").unwrap();
        let expected = BidRow {
            line: 2,
            bidder: "Alder".into(),
            lot: "X".into(),
            price: "99-16+".into(),
            conduct: BidderConduct::Honest,
        };
        assert_eq!(bids, [expected]);
    }

    #[test]
    fn nonsense_is_named_by_line() {
        for (row, word) in [
            ("Alder,,1,", "the lot is blank"),
            ("Alder,X, ,", "the price is blank"),
            (",X,1,", "the bidder is blank"),
            ("Alder,X,1,sleeps", "\"sleeps\""),
        ] {
            let text = format!("bidder,lot,price,conduct\nA,B,1,honest\n{row}\n");
            let failure = read("b", text.as_bytes()).unwrap_err();
            assert_eq!(failure.code, Code::BidsRow);
            assert!(failure.sentence.contains(word), "{}", failure.sentence);
            assert!(failure.sentence.contains("line 3"), "{}", failure.sentence);
        }
    }
}
