//! An agent's name: `taleaagent1...`, by which bidders encrypt to it.

use crate::recipient;
use std::{fmt, str::FromStr};
use talea_protocol::{
    bytes::PartyKey,
    names::{NameError, read_name, write_name},
    opening::Recipient,
};

/// What an agent's name begins with, before a 1.
pub const AGENT: &str = "taleaagent";
/// The public keys of an agent: who it is, and to what bids are encrypted for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agent {
    /// Who hands in what was left.
    pub party: PartyKey,
    /// To what age encrypts for it.
    pub recipient: Recipient,
}

impl Agent {
    /// An agent by its party and the text of an age recipient.
    #[must_use]
    pub fn new(party: PartyKey, recipient: &str) -> Option<Self> {
        recipient::read(recipient).map(|recipient| Self { party, recipient })
    }
}

impl fmt::Display for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.party.0, self.recipient.0].concat();
        f.pad(&write_name(AGENT, &bytes).ok_or(fmt::Error)?)
    }
}

impl FromStr for Agent {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let bytes: [u8; 64] = read_name(AGENT, "agent", text)?;
        let (mut party, mut recipient) = ([0; 32], [0; 32]);
        party.iter_mut().chain(&mut recipient).zip(bytes).for_each(|(to, from)| *to = from);
        Ok(Self { party: PartyKey(party), recipient: Recipient(recipient) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agents_name_reads_back() {
        let identity = age::x25519::Identity::generate();
        let recipient = identity.to_public().to_string();
        let agent = Agent::new(PartyKey([7; 32]), &recipient).unwrap();
        assert_eq!(recipient::text(&agent.recipient), Some(recipient));
        assert_eq!(agent.to_string().parse(), Ok(agent));
        assert!(agent.to_string().starts_with("taleaagent1"));
        assert!(agent.party.to_string().parse::<Agent>().is_err());
        assert_eq!(Agent::new(agent.party, "age1rubbish"), None);
    }
}
