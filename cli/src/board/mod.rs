//! The board: a folder through which parties talk, and the one process that orders what they say.
//!
//! | in the folder | what it is | who writes |
//! |---|---|---|
//! | `transcript.talea` | the auction, entry by entry, only ever appended to | the board |
//! | `checkpoints` | signed heads of it, a JSON line each | the board |
//! | `inbox/` | instructions that wait | everybody, and nobody writes elsewhere |
//! | `notices` | which bid was opened to which auditor, if the terms ask for that; a JSON line each | the board |
//! | `answers/` | what became of each, for a while | the board |
//!
//! Nobody trusts that process: everybody replays the transcript, and what counts stands there. A
//! board can refuse service, and that shows.

pub mod access;
pub mod address;
pub mod answers;
pub mod checkpoint;
pub mod client;
pub mod clock;
pub mod compare;
pub mod courier;
pub mod folder;
pub mod history;
pub mod http;
pub mod log;
pub mod mirror;
pub mod notices;
pub mod parts;
pub mod posts;
pub mod queue;
pub mod serve;
pub mod share;
pub mod shared;
pub mod shown;
pub mod window;
