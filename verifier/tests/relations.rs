//! What each relation accepts, and that nothing else passes.

mod blind;
mod complaint;
mod gate;
mod ladder;
mod mix;
mod possession;
mod range;
mod unseal;
