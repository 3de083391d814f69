//! What a bidder gives to others to hand in.

use borsh::{BorshDeserialize, BorshSerialize};
use talea_protocol::sealed_bid::Reveal;

/// Room for what stands around the items.
const FRAME: usize = 4_096;

/// What a bidder hands over to a keyholder, or to any other courier: nothing in it is secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Handed {
    /// Signed commits of a later round that the board does not show.
    pub commits: Vec<Vec<u8>>,
    /// Sealed bids that are due.
    pub reveals: Vec<Reveal>,
}

impl Handed {
    /// The same in parts of at most `most` bytes each, for a keyholder reads no larger file; at least one.
    pub fn in_parts(self, most: u64) -> Vec<Self> {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        // Two counts; and before each item its length, before a sealed bid whose it is too.
        let (mut part, mut bytes, mut parts) = (Self::default(), FRAME, Vec::new());
        let mut room_for = |part: &mut Self, item: usize| {
            if bytes + item > most && *part != Self::default() {
                parts.push(std::mem::take(part));
                bytes = FRAME;
            }
            bytes += item;
        };
        for commit in self.commits {
            room_for(&mut part, commit.len() + 4);
            part.commits.push(commit);
        }
        for reveal in self.reveals {
            room_for(&mut part, reveal.sealed_bid.len() + 64);
            part.reveals.push(reveal);
        }
        parts.push(part);
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::party::left::MAX_LEFT;
    use talea_protocol::{
        bytes::{List, PartyKey},
        commitment::BidId,
    };

    #[test]
    fn what_is_handed_over_fits_into_files_that_keyholders_read() {
        let reveal = |lot| Reveal {
            bid: BidId { lot, round: 0, bidder: PartyKey([7; 32]) },
            sealed_bid: List::new(vec![9; 3_000]).unwrap(),
        };
        let handed =
            Handed { commits: vec![vec![1; 900]; 10], reveals: (0..20).map(reveal).collect() };
        let most = FRAME as u64 + 7_000;
        let parts = handed.clone().in_parts(most);
        assert!(parts.len() > 8, "{}", parts.len());
        for part in &parts {
            assert!(borsh::to_vec(part).unwrap().len() as u64 <= most);
        }
        let again = parts.into_iter().fold(Handed::default(), |mut all, part| {
            all.commits.extend(part.commits);
            all.reveals.extend(part.reveals);
            all
        });
        assert_eq!(again, handed);
        assert_eq!(Handed::default().in_parts(MAX_LEFT), [Handed::default()]);
        assert_eq!(handed.clone().in_parts(MAX_LEFT), [handed]);
    }
}
