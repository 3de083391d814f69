//! Files of other tools: desks' lists in, standards out.
//!
//! | module | what it holds |
//! |---|---|
//! | [`list`] | lists of bonds as desks keep them, as CSV, workbooks and messages: read, asked about, written |
//! | [`ocds`] | publications of the Open Contracting Data Standard |
//! | [`fix`] | the outcome as FIX messages |
//! | [`table`] | workbooks of spreadsheets, and Parquet |
//! | `mechanism` | which mechanisms a standard has a form for |
//! | `decimal` | decimals as whole numbers of their last place |
//! | `number` | decimals that readers with doubles keep |

#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod decimal;
pub mod fix;
pub mod list;
mod mechanism;
mod number;
pub mod ocds;
pub mod table;
