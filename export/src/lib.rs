//! The transcript of an auction on a chain, from the events that a node shows.
//!
//! A node is not trusted: what it shows is replayed by the rules, and the heads of the entries chain them.
//! `talea-verify` then verifies the transcript like any other. `talea chain export` is the command.
//!
//! | module | what it holds |
//! |---|---|
//! | [`events`] | a node's answers as JSON, and the events in them |
//! | [`transcript`] | the transcript that the events make |

#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

pub mod events;
pub mod transcript;
