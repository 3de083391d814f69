//! `talea`: the command line with which real parties hold an auction over a shared folder, or over HTTP.
//!
//! In the order in which the data moves:
//!
//! | module | what it holds |
//! |---|---|
//! | `arguments`, [`cli`] | arguments in, exit status out |
//! | [`names`], [`agent`], [`keys`], [`passphrase`], [`files`] | public keys as text, secret ones in files, what locks them, files that are whole |
//! | [`terms`], `interview`, `answers` | terms from TOML and CSV or by questions, in words, and as data |
//! | [`book`] | an address book: whose key a key is |
//! | `lists`, `desk_lists`, `bids` | lists that people hand in and what they leave open, desks' lists into terms and out again, bids as people write them |
//! | [`board`] | the folder, the process that orders what is handed in, checkpoints, receipts, mirrors of a board over HTTP |
//! | [`replica`] | the program replayed from the transcript: what a party believes |
//! | [`party`] | what seller, custodian, bidder and keyholder do |
//! | [`accepted`] | what a command brought into the transcript |
//! | `chain` | the transcript of an auction on a chain, from a node's answers |
//! | [`status`], [`result`] | how an auction stands, what a bidder's own bids came to |
//! | [`audit`] | a bid that its bidder opens to an auditor alone, and what keyholders decrypted |
//! | [`demo`] | all of them in a temporary folder |
//! | [`interrupt`], [`say`], [`progress`] | why a command stops, how it says so, and how far things are |
//!
//! What happened in an auction is reported by [`talea_report`]. What people read and write stands in [`talea_text`]; [`failure`] and [`money`] are its.

#![forbid(unsafe_code)]

pub mod accepted;
pub mod agent;
mod answers;
mod arguments;
pub mod audit;
mod bids;
pub mod board;
pub mod book;
mod chain;
pub mod cli;
pub mod demo;
mod desk_lists;
mod exports;
pub mod files;
pub mod interrupt;
mod interview;
pub mod keys;
mod lists;
pub mod names;
pub mod party;
pub mod passphrase;
pub mod progress;
mod recipient;
pub mod replica;
pub mod result;
pub mod say;
pub mod status;
pub mod terms;

pub use talea_text::{failure, money};
