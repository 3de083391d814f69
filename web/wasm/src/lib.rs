//! The page's WebAssembly. It verifies transcripts and does what a bidder's machine does: it replays what a
//! board shows, makes a bid, seals and reveals it, and says what it came to.
//!
//! The page calls one function with bytes, and gets bytes back ([`call`]). What it cannot do itself, a browser
//! does for it ([`host`]): randomness, and reading a file piece by piece.
//!
//! | module | what it holds |
//! |---|---|
//! | [`host`] | memory that page and program share, and what a browser does for the program |
//! | [`call`] | a call: which there are, what they take and answer |
//! | [`verification`] | a file, verified, with its timeline |
//! | [`timeline`] | what was said when, from the records alone |
//! | [`follower`] | an auction replayed as its board shows it, and what the board signed |
//! | [`checkpoint`] | the board's signatures: checkpoints and receipts |
//! | [`view`] | how an auction stands, for people |
//! | [`bid`] | a bid: its price in figures, its commit, its reveal, what it came to |
//! | [`key`] | a bidder's key, as the command line keeps it |
//! | [`fault`] | why something stopped |

#![deny(unsafe_code)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::unreachable,
    clippy::todo
)]

pub mod bid;
pub mod call;
pub mod checkpoint;
pub mod fault;
pub mod follower;
pub mod host;
pub mod key;
#[path = "../../../cli/src/board/merkle.rs"]
mod merkle;
pub mod timeline;
pub mod verification;
pub mod view;
