//! Long lists of ciphertexts that a program has, a few of which a post needs: they stand in records of their own.

use crate::{
    elgamal::Held,
    store::{Home, Kind, Map, records},
};
use alloc::{sync::Arc, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};

/// Ciphertexts in one record.
const PAGE: usize = 8;
/// Lists that a program has, at most.
pub(crate) const LISTS: usize = 3;

/// A list as its program has it: whole while the program goes on, and put away in between, when it is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Vector {
    #[borsh(skip)]
    pub(crate) items: Vec<Held>,
    /// Whether it is another than the one that was put away.
    #[borsh(skip)]
    is_new: bool,
}

impl<I: Into<Held>> FromIterator<I> for Vector {
    fn from_iter<T: IntoIterator<Item = I>>(items: T) -> Self {
        Self { items: items.into_iter().map(Into::into).collect(), is_new: true }
    }
}

/// The lists of every lot's program, by list and page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Vectors {
    pages: Map<(u32, u32, u32), Vec<Held>>,
}

records!(Vectors { pages });

impl Vectors {
    pub(crate) fn new(home: Option<&Arc<Home>>) -> Self {
        Self { pages: Map::new(Kind::Vector, home) }
    }

    /// An item of a list that was put away.
    pub(crate) fn get(&self, lot: u32, list: u32, at: usize) -> Option<Held> {
        let page = u32::try_from(at / PAGE).ok()?;
        self.pages.expect(&(lot, list, page))?.get(at % PAGE).copied()
    }

    /// Gives a program its lists, which have these lengths.
    pub(crate) fn hand_out<'a>(
        &self,
        lot: u32,
        lists: impl Iterator<Item = &'a mut Vector>,
        lengths: [u32; LISTS],
    ) {
        for ((list, vector), length) in (0u32..).zip(lists).zip(lengths) {
            let pages = (0..pages(length)).filter_map(|page| self.pages.expect(&(lot, list, page)));
            vector.items = pages.flat_map(|page| page.to_vec()).collect();
            vector.is_new = false;
        }
    }

    /// Puts a program's lists away: their lengths. Before they had others.
    pub(crate) fn put_away<'a>(
        &mut self,
        lot: u32,
        lists: impl Iterator<Item = &'a mut Vector>,
        before: [u32; LISTS],
    ) -> [u32; LISTS] {
        let mut lengths = [0; LISTS];
        for ((list, vector), length) in (0u32..).zip(lists).zip(&mut lengths) {
            let Vector { items, is_new } = core::mem::take(vector);
            *length = u32::try_from(items.len()).unwrap_or(u32::MAX);
            let pages = (0u32..).zip(items.chunks(PAGE)).filter(|_| is_new);
            pages.for_each(|(page, items)| self.pages.put((lot, list, page), items.to_vec()));
        }
        for (list, (before, after)) in (0u32..).zip(before.into_iter().zip(lengths)) {
            (pages(after)..pages(before)).for_each(|page| self.pages.remove((lot, list, page)));
        }
        lengths
    }
}

fn pages(length: u32) -> u32 {
    u32::try_from(PAGE).map_or(0, |page| length.div_ceil(page))
}
