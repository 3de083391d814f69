//! Whole auctions on the virtual machine that chains run: what it accepts, what it refuses, and what becomes of the
//! coins.

mod auctions;
mod bids;
mod common;
mod differential;
mod gas;
mod money;
mod refused;
