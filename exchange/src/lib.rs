//! Files of other tools: desks' lists in, standards out.
//!
//! | module | what it holds |
//! |---|---|
//! | [`list`] | lists of bonds as desks keep them, as CSV, workbooks and messages: read, asked about, written |

#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

pub mod list;
