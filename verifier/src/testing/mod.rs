//! What only the tests need: provers, written from the specification like the rest; an auction in
//! miniature, every party of which the tests play; and the trials of the whole.

#![allow(
    clippy::needless_range_loop,
    clippy::type_complexity,
    reason = "trial provers keep the letters and indices of the specification"
)]

pub(crate) mod auction;
mod markets;
mod oracle;
pub(crate) mod provers;
mod ranking;
mod refusals;
mod rounds;
mod setting_up;
mod trials;
mod witnesses;
