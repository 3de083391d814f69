//! The Open Contracting Data Standard, version 1.1: release packages and record packages.
//!
//! | module | what it holds |
//! |---|---|
//! | [`publication`] | what a publication says that an auction does not |
//! | `package` | packages, and the record with its compiled release |
//! | `release` | a release: what was known at a moment |
//! | `shape` | whether there are several lots, and on which side of the market the seller stands |
//! | `tender`, `award`, `bids` | its parts |
//! | `party` | the organizations that take part |
//! | `money` | values |
//!
//! Every release of an auction says all that was known at its moment, so the compiled release says what the last
//! release says. `docs/standards.md` has the table of fields, and what the standard leaves open.

mod award;
mod bids;
mod money;
mod package;
mod party;
pub mod publication;
mod release;
mod shape;
mod tender;

pub use package::{record_package, release_package};
pub use publication::Publication;
