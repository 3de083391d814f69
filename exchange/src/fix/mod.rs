//! The outcome as FIX messages: FIX 5.0 SP2 over FIXT 1.1, in tag=value encoding.
//!
//! | module | what it holds |
//! |---|---|
//! | `message` | fields, the length of the body and the check sum |
//! | `instrument` | what is quoted: a lot of the terms |
//! | `outcome` | which messages an auction comes to |
//!
//! `docs/standards.md` has the table of fields.

mod instrument;
mod message;
mod outcome;

pub use outcome::messages;
