//! The bids that take part in a lot's ranking, in tie order.

use crate::{
    store::{Home, Kind, Map, records},
    unary_encoding::EncodingId,
};
use alloc::{sync::Arc, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};
use talea_protocol::{bytes::PartyKey, commitment::TradeSide};

/// Bids in one record: a post about some of them does not read all.
const PAGE: usize = 8;

/// A bid that takes part, or a step of one that is a curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct RankedBid {
    pub(crate) bidder: PartyKey,
    pub(crate) unary: EncodingId,
    /// The number of the step; 0 where there is one.
    pub(crate) step: u32,
    /// How often it counts; 0 where that is sealed.
    pub(crate) quantity: u32,
    pub(crate) side: TradeSide,
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Page {
    /// How many bids there are on all pages.
    all: u32,
    bids: Vec<RankedBid>,
}

/// Those of every lot that is being surveyed or ranked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RankedBids {
    pages: Map<(u32, u32), Page>,
}

records!(RankedBids { pages });

impl RankedBids {
    pub(crate) fn new(home: Option<&Arc<Home>>) -> Self {
        Self { pages: Map::new(Kind::RankedBids, home) }
    }

    pub(crate) fn put(&mut self, lot: u32, bids: &[RankedBid]) {
        let all = u32::try_from(bids.len()).unwrap_or(u32::MAX);
        for (page, bids) in (0u32..).zip(bids.chunks(PAGE)) {
            self.pages.put((lot, page), Page { all, bids: bids.to_vec() });
        }
    }

    /// Forgets those of a lot that has some.
    pub(crate) fn remove(&mut self, lot: u32) {
        (0..self.count_pages(lot)).for_each(|page| self.pages.remove((lot, page)));
    }

    /// How many a lot has.
    pub(crate) fn count(&self, lot: u32) -> usize {
        let all = self.pages.expect(&(lot, 0)).map_or(0, |page| page.all);
        usize::try_from(all).unwrap_or(usize::MAX)
    }

    fn count_pages(&self, lot: u32) -> u32 {
        u32::try_from(self.count(lot).div_ceil(PAGE)).unwrap_or(u32::MAX)
    }

    pub(crate) fn get(&self, lot: u32, place: usize) -> Option<RankedBid> {
        let page = u32::try_from(place / PAGE).ok()?;
        self.pages.expect(&(lot, page))?.bids.get(place % PAGE).copied()
    }

    pub(crate) fn all(&self, lot: u32) -> Vec<RankedBid> {
        let pages = (0..self.count_pages(lot)).filter_map(|page| self.pages.expect(&(lot, page)));
        pages.flat_map(|page| page.bids.clone()).collect()
    }
}
