//! Bids as people write them: on the command line, and in a CSV file.

use crate::{
    arguments::BidsArgs,
    failure::{Code, Failure},
    lists::{self, List, ListRow},
    party::desk::Desk,
};
use talea_protocol::price::Level;

/// The columns of a file of bids.
const COLUMNS: [&str; 2] = ["lot", "price"];

/// Reads bids: for which lot, and at which level of its grid.
pub(crate) fn read(desk: &Desk, args: &BidsArgs) -> Result<Vec<(u32, Level)>, Failure> {
    let mut bids: Vec<(u32, Level)> = Vec::new();
    for bid in &args.bids {
        let (lot, price) = lot_and_price(bid)?;
        add(&mut bids, desk.level(lot, price)?, lot)?;
    }
    let list = args.file.as_ref().map(|path| lists::read(path, &COLUMNS, &[], Code::Price));
    for line in list.transpose()?.iter().flat_map(List::lines) {
        let lot = line.need("lot", "write a lot's identifier, or its number")?;
        let price = line.need("price", "write a price, or remove the line")?;
        desk.lot(lot).map_err(|failure| in_column(line, "lot", failure))?;
        let bid = desk.level(lot, price).map_err(|failure| in_column(line, "price", failure))?;
        add(&mut bids, bid, lot).map_err(|failure| in_column(line, "lot", failure))?;
    }
    Ok(bids)
}

/// A bid as it is written on the command line.
pub(crate) fn lot_and_price(bid: &str) -> Result<(&str, &str), Failure> {
    bid.rsplit_once('=').ok_or_else(|| {
        Failure::new(Code::Price, format!("{bid:?} is not a bid"))
            .with_help("write LOT=PRICE, as in 3=99-17+")
    })
}

fn add(bids: &mut Vec<(u32, Level)>, bid: (u32, Level), lot: &str) -> Result<(), Failure> {
    if bids.iter().any(|(number, _)| *number == bid.0) {
        return Err(Failure::new(
            Code::Price,
            format!(
                "lot {lot} has two bids, and a bidder has one bid \
             per lot"
            ),
        )
        .with_help("remove one of them"));
    }
    bids.push(bid);
    Ok(())
}

/// A complaint with the place in the file that it is about.
fn in_column(line: ListRow<'_>, column: &str, failure: Failure) -> Failure {
    let Failure { code, sentence, help } = failure;
    let sentence = line.fault(column, &format!("cannot be bid: {sentence}")).sentence;
    Failure { code, sentence, help }
}
