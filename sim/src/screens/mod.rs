//! What screens make of auctions whose truth is known, and of a public record of tenders.
//!
//! Auctions are simulated in the clear: bidders compete in equilibrium, or some of them collude. How often each
//! screen raises a flag is its rate of false alarms there and its power here.
//!
//! In the order in which the data moves:
//!
//! | module | what it holds |
//! |---|---|
//! | [`equilibrium`] | what a bidder asks that knows its own cost alone |
//! | [`market`] | who meets whom, at what costs and prices |
//! | [`cartel`] | what a ring, or a seller, makes of it |
//! | [`lines`](mod@lines) | the markets that screens are tried on |
//! | [`rates`] | how often each screen raises a flag |
//! | [`tenders`] | a public record of tenders, screened |

pub mod cartel;
pub mod equilibrium;
pub mod lines;
pub mod market;
pub mod rates;
pub mod tenders;

use rand_core::RngCore;

/// A number from 0 to below 1, every multiple of 2^-53 as likely.
pub(crate) fn uniform(rng: &mut impl RngCore) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    let bits = (rng.next_u64() >> 11) as f64;
    bits * 2.0_f64.powi(-53)
}
