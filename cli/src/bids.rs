//! Bids as people write them: on the command line, and in a list.

use crate::{
    arguments::BidsArgs,
    failure::{Code, Failure},
    lists::Handed,
    party::desk::Desk,
    say::{excerpt, say},
};
use talea_exchange::list::offers::{Offers, offers};
use talea_protocol::price::Level;

/// Reads bids: for which lot, and at which level of its grid. Which lots a list leaves out is said.
pub(crate) fn read(desk: &Desk, args: &BidsArgs) -> Result<Vec<(u32, Level)>, Failure> {
    let mut bids: Vec<(u32, Level)> = Vec::new();
    for bid in &args.bids {
        let (lot, price) = lot_and_price(bid)?;
        add(&mut bids, desk.level(lot, price)?, lot)?;
    }
    if let Some(path) = &args.from {
        let handed = Handed::read(path)?;
        let list = handed.understood(args.answers.answers()?, offers)?;
        list.said.agreed("the terms", desk.replica.auction().terms().money)?;
        let mut seen = Vec::new();
        for offer in &list.lines {
            let (name, at_lot) = &offer.lot;
            let lot = lot_of(desk, name).map_err(|failure| at_place(at_lot, name, failure))?;
            if seen.contains(&lot) {
                return Err(at_place(at_lot, name, twice(name)));
            }
            seen.push(lot);
            let Some(price) = &offer.price else { continue };
            let number = price.under(desk.replica.auction().terms().money)?;
            let bid = desk
                .level(&desk.name_of(lot), number)
                .map_err(|failure| at_place(&price.at, &price.written, failure))?;
            add(&mut bids, bid, name).map_err(|failure| at_place(at_lot, name, failure))?;
        }
        say_what_is_left_out(desk, &bids, &list);
        if bids.is_empty() {
            let sentence = format!("{} has no price: there is nothing to bid", handed.name);
            return Err(Failure::new(Code::Price, sentence));
        }
    }
    Ok(bids)
}

/// The lot that a list names: by its identifier, its number, or a name that one lot alone has.
fn lot_of(desk: &Desk, name: &str) -> Result<u32, Failure> {
    let by_identifier = desk.lot(name).map(|(lot, _)| lot);
    by_identifier.or_else(|failure| {
        let lots = (0..).zip(desk.replica.auction().terms().lots.iter());
        let named: Vec<u32> = lots
            .filter(|(_, lot)| lot.name.as_str().eq_ignore_ascii_case(name))
            .map(|(number, _)| number)
            .collect();
        match named.as_slice() {
            [lot] => Ok(*lot),
            _ => Err(failure),
        }
    })
}

/// What a list does not bid on, and what of it is not read.
fn say_what_is_left_out(desk: &Desk, bids: &[(u32, Level)], list: &Offers) {
    let lots = &desk.replica.auction().terms().lots;
    let passes: Vec<String> = (0u32..)
        .zip(lots.iter())
        .filter(|(lot, _)| bids.iter().all(|(bid, _)| bid != lot))
        .map(|(_, lot)| lot.identifier.to_string())
        .collect();
    if !passes.is_empty() {
        let (count, all) = (passes.len(), lots.len());
        say(&format!("no price, so no bid, on {count} of {all} lots: {}", passes.join(", ")));
    }
    for (what, words) in [("the columns", &list.ignored), ("the lines", &list.not_read)] {
        if !words.is_empty() {
            let words: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
            say(&format!("of the list, {what} {} are not read", words.join(", ")));
        }
    }
}

/// A bid as it is written on the command line.
pub(crate) fn lot_and_price(bid: &str) -> Result<(&str, &str), Failure> {
    bid.rsplit_once('=').ok_or_else(|| {
        Failure::new(Code::Price, format!("{bid:?} is not a bid"))
            .with_help("write LOT=PRICE, as in 3=99-17+")
    })
}

fn twice(lot: &str) -> Failure {
    let sentence = format!("lot {lot} has two bids, and a bidder has one bid per lot");
    Failure::new(Code::Price, sentence).with_help("remove one of them")
}

fn add(bids: &mut Vec<(u32, Level)>, bid: (u32, Level), lot: &str) -> Result<(), Failure> {
    if bids.iter().any(|(number, _)| *number == bid.0) {
        return Err(twice(lot));
    }
    bids.push(bid);
    Ok(())
}

/// A complaint with the place in the list that it is about.
fn at_place(at: &str, written: &str, failure: Failure) -> Failure {
    let sentence = format!("{at}: {:?} cannot be bid: {}", excerpt(written, 60), failure.sentence);
    Failure { sentence, ..failure }
}
