//! The page's WebAssembly. It verifies transcripts and does what a bidder's machine does: it replays what a
//! board shows, makes a bid, seals and reveals it, and says what it came to.
//!
//! The page calls one function with bytes, and gets bytes back ([`call`]). What it cannot do itself, a browser
//! does for it ([`host`]): randomness, and reading a file piece by piece.
//!
//! It is built three times, with a feature each, so that nobody waits for what is not needed: `verifier` verifies,
//! `bidder` follows an auction and bids, `locks` opens and makes key files.
//!
//! | module | what it holds |
//! |---|---|
//! | [`host`] | memory that page and program share, and what a browser does for the program |
//! | [`call`] | a call: which there are, what they take and answer |
//! | `verification` | a file, verified, with its timeline |
//! | `timeline` | what was said when, from the records alone |
//! | `follower` | an auction replayed as its board shows it, and what the board signed |
//! | `checkpoint` | the board's signatures: checkpoints and receipts |
//! | `view` | how an auction stands, for people |
//! | `bid` | a bid: its price in figures, its commit, its reveal, what it came to |
//! | [`key`] | a bidder's key, in the lines of a key file |
//! | `locks` | key files: those lines behind a passphrase |
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

#[cfg(feature = "bidder")]
pub mod bid;
pub mod call;
#[cfg(feature = "bidder")]
pub mod checkpoint;
pub mod fault;
#[cfg(feature = "bidder")]
pub mod follower;
pub mod host;
#[cfg(feature = "keys")]
pub mod key;
#[cfg(feature = "locks")]
pub mod locks;
#[cfg(test)]
#[cfg(feature = "bidder")]
mod testing;
#[cfg(any(feature = "verifier", feature = "bidder"))]
pub mod timeline;
#[cfg(feature = "verifier")]
pub mod verification;
#[cfg(feature = "bidder")]
pub mod view;
