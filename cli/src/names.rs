//! Public keys and auction ids as text, and those of agents, which are of this program alone.

use crate::{agent::Agent, failure::Failure};

pub use talea_text::names::*;

/// Reads the public keys of an agent: `taleaagent1...`.
///
/// # Errors
/// `name.malformed`.
pub fn read_agent(text: &str) -> Result<Agent, Failure> {
    read(text)
}
