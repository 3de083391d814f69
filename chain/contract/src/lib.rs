//! The auction program as a CosmWasm contract.
//!
//! It adds to [`talea_contract`] what only a chain has: messages, coins, block time, storage, events. Every
//! rule of an auction stays there. `docs/chain.md` is for those who deploy it.
//!
//! | module | what it holds |
//! |---|---|
//! | [`message`] | what goes in and comes out, as JSON |
//! | [`contract`] | the entry points |
//! | [`apply`](mod@apply) | signed instructions, one after another |
//! | [`coins`] | what comes in with a message, and what a claim pays out |
//! | `state` | what the chain stores |
//! | `query` | answers |
//! | [`event`] | how an accepted instruction is announced |
//! | [`refusal`] | one sentence and a stable code |
//!
//! There is no `migrate` entry point: the code of a running auction cannot be replaced.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![deny(clippy::float_arithmetic, clippy::unreachable, clippy::todo)]

pub mod apply;
pub mod coins;
pub mod contract;
pub mod event;
pub mod message;
mod query;
pub mod refusal;
mod state;
