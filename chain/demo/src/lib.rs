//! Whole auctions on the virtual machine that chains run.
//!
//! | module | what it holds |
//! |---|---|
//! | [`chain`] | a chain of one contract: blocks, balances, the machine, events |
//! | [`claims`] | everybody takes out what the outcome leaves it |
//! | [`store`] | the contract's storage, and what a chain charges for it |
//! | [`gas`] | what a message costs |
//! | [`home`] | the parties of `talea-sim` in an auction on the chain |
//! | [`one_lot`](mod@one_lot) | auctions of one lot, of whatever size |
//! | [`node`] | what a node shows of the chain, as JSON |
//! | [`table`](mod@table) | what was sent and what it cost, for people |
//! | [`wasm`] | the code of the contract |

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

pub mod chain;
pub mod claims;
pub mod gas;
pub mod home;
pub mod node;
pub mod one_lot;
pub mod store;
pub mod table;
pub mod wasm;
