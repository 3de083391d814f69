//! Bids as people write them: on the command line, and in a list.

use crate::{
    arguments::BidsArgs,
    failure::{Code, Failure},
    files,
    lists::Handed,
    party::{desk::Desk, own_bid::Offer},
    say::{excerpt, say},
};
use std::path::Path;
use talea_exchange::list::offers::{Offers, offers};
use talea_protocol::commitment::TradeSide;
use talea_text::{
    curve::{self, Written},
    notation,
};

/// Reads bids: for which lot, and what is bid on it. Which lots a list leaves out is said.
pub(crate) fn read(desk: &Desk, args: &BidsArgs) -> Result<Vec<(u32, Offer)>, Failure> {
    let mut bids: Vec<(u32, Offer)> = Vec::new();
    let mut steps = Curves::default();
    for bid in &args.bids {
        let (lot, price) = lot_and_price(bid)?;
        match Written::read(bid, price) {
            Some(step) => steps.add(desk, lot, step)?,
            None => add(&mut bids, one_price(desk, lot, price)?, lot)?,
        }
    }
    for named in &args.curve {
        steps.add_file(desk, named)?;
    }
    let side = args.side();
    for (lot, written) in steps.0 {
        add(&mut bids, (lot, curve_on(desk, lot, side, &written)?), &desk.name_of(lot))?;
    }
    if side.is_some() && desk.replica.auction().terms().mechanism.curve().is_none() {
        let sentence = "the auction takes bids of one price, and its terms say on which side";
        return Err(Failure::new(Code::CurveSide, sentence).with_help("remove --buy or --sell"));
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
            let bid = one_price(desk, &desk.name_of(lot), number)
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

/// A bid of one price.
fn one_price(desk: &Desk, name: &str, price: &str) -> Result<(u32, Offer), Failure> {
    let (_, lot) = desk.lot(name)?;
    curve::require_one_price(desk.replica.auction().terms(), lot)?;
    let (number, level) = desk.level(name, price)?;
    Ok((number, Offer::Price(level)))
}

/// The steps of curves, in the order in which they were written, lot by lot.
#[derive(Default)]
struct Curves(Vec<(u32, Vec<Written>)>);

impl Curves {
    /// One more step of the curve on a lot.
    fn add(&mut self, desk: &Desk, name: &str, step: Written) -> Result<(), Failure> {
        let (number, _) = desk.lot(name)?;
        match self.0.iter_mut().find(|(lot, _)| *lot == number) {
            Some((_, steps)) => steps.push(step),
            None => self.0.push((number, vec![step])),
        }
        Ok(())
    }

    /// The whole curve on a lot, from a file: `LOT=FILE`.
    fn add_file(&mut self, desk: &Desk, named: &str) -> Result<(), Failure> {
        let (name, path) = named.split_once('=').ok_or_else(|| {
            Failure::new(Code::CurveStep, format!("{named:?} names no lot and file"))
                .with_help("write --curve LOT=FILE.csv")
        })?;
        let (number, _) = desk.lot(name)?;
        if self.0.iter().any(|(lot, _)| *lot == number) {
            return Err(twice(name));
        }
        let bytes = files::read(Path::new(path), MAX_CURVE)?;
        self.0.push((number, curve::read_csv(path, &bytes)?));
        Ok(())
    }
}

/// The largest file of steps.
const MAX_CURVE: u64 = 1 << 20;

fn curve_on(
    desk: &Desk,
    number: u32,
    side: Option<TradeSide>,
    written: &[Written],
) -> Result<Offer, Failure> {
    let name = desk.name_of(number);
    let (_, lot) = desk.lot(&name)?;
    let steps = curve::read(desk.replica.auction().terms(), lot, side, written)?;
    for remark in written.iter().filter_map(|step| notation::remark(lot.grid.scale, &step.price)) {
        say(&format!("{name}: {remark}"));
    }
    Ok(Offer::Curve(steps))
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
fn say_what_is_left_out(desk: &Desk, bids: &[(u32, Offer)], list: &Offers) {
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

fn add(bids: &mut Vec<(u32, Offer)>, bid: (u32, Offer), lot: &str) -> Result<(), Failure> {
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
