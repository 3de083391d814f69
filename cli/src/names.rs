//! Public keys and auction ids as text, and those of agents, which are of this program alone.

use crate::{
    agent::Agent,
    failure::{Code, Failure},
    recipient,
};
use talea_contract::{group::Generators, proofs::auditor};
use talea_protocol::opening::AuditorKey;

pub use talea_text::names::*;

/// Reads the public keys of an agent: `taleaagent1...`.
///
/// # Errors
/// `name.malformed`.
pub fn read_agent(text: &str) -> Result<Agent, Failure> {
    let agent: Agent = read(text)?;
    recipient::require_usable(&agent.recipient)?;
    Ok(agent)
}

/// Reads an auditor's key, `taleaauditor1...`, whose secret somebody knows.
///
/// # Errors
/// `name.malformed`.
pub fn read_auditor(text: &str) -> Result<AuditorKey, Failure> {
    let key: AuditorKey = read(text)?;
    auditor::verify(&Generators::derive(), &key).map_err(|fault| {
        let sentence = format!("{text:?} is no auditor's key: {fault}");
        Failure::new(Code::NameMalformed, sentence).with_help(
            "ask the auditor for what talea key show prints; to a key whose secret nobody knows, an \
             opening would be a proof for everybody",
        )
    })?;
    recipient::require_usable(&key.recipient)?;
    Ok(key)
}
