//! The seller: opens an auction, reserves, accepts or declines.

use crate::{
    board::{
        clock::{self, BoardTerms},
        folder::Folder,
        log,
    },
    failure::{Code, Failure},
    keys::Keys,
    party::desk::Desk,
    terms::hopeless,
};
use talea_contract::Auction;
use talea_parties::seller;
use talea_protocol::terms::Terms;

/// Says so if no auction can be held under these terms any more.
///
/// # Errors
/// `refused`, with the deadline that has passed; `board.folder` if they name no board.
pub fn require_hope(terms: &Terms) -> Result<(), Failure> {
    BoardTerms::of(terms)?;
    match hopeless(terms, clock::now()) {
        None => Ok(()),
        Some(hopeless) => {
            Err(Failure::new(Code::Refused, hopeless.to_string()).with_help(hopeless.help()))
        }
    }
}

/// Opens an auction in a board's folder, which must not hold one.
///
/// # Errors
/// `key.other`, `refused`, `file.exists`, `file.unwritable`.
pub fn open(folder: &Folder, keys: &Keys, terms: &Terms) -> Result<Auction, Failure> {
    if keys.party() != terms.seller {
        return Err(Failure::other_key("seller", &terms.seller, &keys.party()));
    }
    require_hope(terms)?;
    let slot = BoardTerms::of(terms)?.clock().slot_at(clock::now());
    let genesis = seller::open(&keys.identity(), terms, slot).map_err(|error| {
        Failure::new(Code::TermsField, format!("the terms are too long: {error}"))
    })?;
    log::begin(folder, &genesis)
}

/// Accepts or declines what a lot came to. Which entry that became.
///
/// # Errors
/// `refused`, `not-yet`, `board.*`.
pub fn decide(desk: &mut Desk, lot: u32, accept: bool) -> Result<u64, Failure> {
    let auction = desk.replica.auction();
    if auction.award_to_decide(lot).is_none() {
        let sentence =
            format!("there is nothing to accept or decline on {} now", desk.name_of(lot));
        return Err(
            Failure::new(Code::NotYet, sentence).with_help("talea status says when there is")
        );
    }
    let decision = seller::decide(&desk.keys.identity(), auction, lot, accept);
    let decision = decision.map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
    desk.submit(decision)
}
