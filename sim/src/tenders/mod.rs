//! A public record of real tenders, held again with sealed bids.
//!
//! | module | what it holds |
//! |---|---|
//! | [`record`] | the record: tenders with all their bids, losers included |
//! | [`submission`] | what of a tender is simulated: its grid, and which bids are handed in |
//! | [`replay`] | the run, many tenders as the lots of one auction, compared with the record |
//! | [`report`] | the comparison, for people and for tools |

pub mod record;
pub mod replay;
pub mod report;
pub mod submission;
