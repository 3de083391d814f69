//! Who bids, and what they wrote.

use super::{
    RESERVED, bids,
    file::{BidderFile, OfferFile},
};
use crate::{
    failure::{Code, Failure},
    input,
    simulate::BidderConduct,
};
use std::{collections::BTreeMap, path::Path};
use talea_text::rules::named;

/// A bid as its author wrote it, with the place to name in a complaint.
pub(super) struct WrittenBid {
    pub(super) at: String,
    pub(super) bidder: usize,
    pub(super) lot: String,
    pub(super) offer: OfferFile,
    pub(super) conduct: BidderConduct,
}

/// All bidders, and all that they wrote.
#[derive(Default)]
pub(super) struct Written {
    /// Names of the bidders.
    pub(super) names: Vec<String>,
    /// Their bids, in commit order.
    pub(super) bids: Vec<WrittenBid>,
    /// What they bid in later rounds, each with its round.
    pub(super) later: Vec<(usize, WrittenBid)>,
}

impl Written {
    /// Reads the bidders of a scenario, and the CSV file of bids in `folder` if it names one.
    ///
    /// # Errors
    /// `scenario.bidder`, `scenario.text`, `bids.*`, `file.*`.
    pub(super) fn read(
        bidders: Vec<BidderFile>,
        list: Option<&str>,
        folder: &Path,
    ) -> Result<Self, Failure> {
        let mut written = Self::default();
        for (index, bidder) in bidders.into_iter().enumerate() {
            written.add(index, bidder)?;
        }
        if let Some(list) = list {
            let bids = read_bids(list, folder, &mut written.names)?;
            written.bids.extend(bids);
        }
        Ok(written)
    }

    /// A bidder of the scenario itself, with its bids round by round.
    fn add(&mut self, index: usize, file: BidderFile) -> Result<(), Failure> {
        let at = format!("bidders[{index}]");
        add_bidder(&mut self.names, &format!("{at}.name"), &file.name)?;
        for (lot, bid) in file.bids {
            let at = format!("{at}.bids.{lot:?}");
            self.later.extend((1..).zip(bid.then).map(|(round, (offer, conduct))| {
                let at = format!("{at}.then[{}]", round - 1);
                (round, WrittenBid { at, bidder: index, lot: lot.clone(), offer, conduct })
            }));
            let (offer, conduct) = (bid.offer, bid.conduct);
            self.bids.push(WrittenBid { at, bidder: index, lot, offer, conduct });
        }
        Ok(())
    }
}

fn add_bidder(names: &mut Vec<String>, at: &str, name: &str) -> Result<usize, Failure> {
    named(at, name)?;
    let taken = |what: &str| {
        Err(Failure::new(Code::ScenarioBidder, format!("{at}: the name {name:?} {what}")))
    };
    if RESERVED.contains(&name) {
        return taken("belongs to a party of every auction");
    }
    if names.iter().any(|known| known == name) {
        return taken("occurs twice");
    }
    names.push(name.to_owned());
    Ok(names.len().saturating_sub(1))
}

/// The bids of a CSV file. Where the scenario lists no bidders, they are those of the file.
fn read_bids(
    file: &str,
    folder: &Path,
    names: &mut Vec<String>,
) -> Result<Vec<WrittenBid>, Failure> {
    let rows = bids::read(file, &input::read(&folder.join(file))?)?;
    let are_listed = !names.is_empty();
    let mut places: BTreeMap<String, usize> =
        names.iter().cloned().enumerate().map(|(index, name)| (name, index)).collect();
    let mut written = Vec::new();
    for row in rows {
        let at = format!("{file} line {}", row.line);
        let bidder = match places.get(&row.bidder) {
            Some(index) => *index,
            None if are_listed => {
                let sentence = format!("{at}: there is no bidder {:?} in the scenario", row.bidder);
                return Err(Failure::new(Code::ScenarioBidder, sentence)
                    .with_help("list it under bidders, or remove the list of bidders"));
            }
            None => {
                let index = add_bidder(names, &at, &row.bidder)?;
                places.insert(row.bidder.clone(), index);
                index
            }
        };
        let bids::BidRow { lot, price, conduct, .. } = row;
        let offer = OfferFile::Price(price);
        written.push(WrittenBid { at, bidder, lot, offer, conduct });
    }
    Ok(written)
}
