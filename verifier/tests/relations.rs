//! What each relation accepts, and that nothing else passes.

mod blind;
mod complaint;
mod decryption_share;
mod gate;
mod opening;
mod possession;
mod range;
mod shuffle;
mod unary;
