//! What people read and write of an auction: files of terms, lots and prices, tables and pictures, and why
//! something failed. It knows no terminal, folder, clock or randomness, and builds for wasm32.
//!
//! | module | what it holds |
//! |---|---|
//! | [`failure`] | why something stops: a sentence, a code out of one table, an exit status |
//! | [`shown`], [`names`] | strangers' words and keys, fit for a terminal |
//! | [`notation`], [`money`], [`currency`] | prices and scales as people write them, what a bid comes to, and in what |
//! | [`rows`], [`lists`], [`spreadsheet`] | CSV files, by line and column, and text that stays text in a spreadsheet |
//! | [`file`](mod@file), [`rules`], [`lot`] | what files of terms and scenarios have in common: fields, and what they mean |
//! | [`markets`] | the bounds of curves, two-sided markets and surveys |
//! | [`curve`] | bids that are curves, as people write them |
//! | [`suggest`] | which digits to write a grid's levels in |
//! | [`board`], [`chain`], [`nobody`], [`book`] | the board that terms name, the custodian that a chain is, one where there is none, whose key a key is |
//! | [`result`](mod@result) | what a bid came to, in a word |
//! | [`terms`] | files of terms: read, in words, as data |
//! | [`table`](mod@table), [`ending`], [`survey`], [`json`] | figures in columns, how a lot ended, what a round showed, data for tools |
//! | [`clearing`], [`statistics`], [`fraction`] | what a market traded and what a survey opened, exactly |
//! | [`drawing`], [`histogram`], [`timeline`] | what pictures are made of; the depth, and when what was said |
//! | [`page`] | a page that is one file |

#![forbid(unsafe_code)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::unreachable,
    clippy::todo,
    clippy::string_slice
)]
#![cfg_attr(test, allow(clippy::string_slice))]

pub mod board;
pub mod book;
pub mod chain;
pub mod clearing;
pub mod currency;
pub mod curve;
pub mod drawing;
pub mod ending;
pub mod failure;
pub mod file;
pub mod fraction;
pub mod histogram;
pub mod json;
pub mod lists;
pub mod lot;
pub mod markets;
pub mod money;
pub mod names;
pub mod nobody;
pub mod notation;
pub mod page;
#[cfg(test)]
mod reference;
pub mod result;
pub mod rows;
pub mod rules;
pub mod shown;
pub mod spreadsheet;
pub mod statistics;
pub mod suggest;
pub mod survey;
pub mod table;
pub mod terms;
pub mod timeline;
