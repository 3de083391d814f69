//! What somebody signs who takes money out, where a chain keeps it.
//!
//! A claim is not an instruction: it comes after the close, when the program accepts none, and it changes
//! nothing that the transcript says.

use crate::{bytes::PartyKey, labels, terms::AuctionId};
use alloc::vec::Vec;

/// Which money of a party is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pocket {
    /// What is to be released to the party. The party claims it.
    Available,
    /// A winner's deposit, held towards what it owes. The seller claims it.
    Settlement,
}

impl Pocket {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Available, Self::Settlement];

    /// The byte of this pocket.
    #[must_use]
    pub fn byte(self) -> u8 {
        match self {
            Self::Available => 0,
            Self::Settlement => 1,
        }
    }
}

/// What the claimant signs: `label || auction id || pocket u8 || party || address`. The address is the one that
/// is paid, as the chain writes it.
#[must_use]
pub fn claim_bytes(auction: &AuctionId, pocket: Pocket, party: &PartyKey, to: &str) -> Vec<u8> {
    [labels::CLAIM, &auction.0, &[pocket.byte()], &party.0, to.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;

    #[test]
    fn a_claim_is_for_one_auction_one_pocket_one_party_and_one_address() {
        let claim = |auction, pocket, party, to| {
            claim_bytes(&AuctionId([auction; 32]), pocket, &PartyKey([party; 32]), to)
        };
        let mut claims = BTreeSet::new();
        for auction in [1, 2] {
            for pocket in Pocket::ALL {
                for party in [1, 2] {
                    for to in ["addr", "addr1", "ddr1"] {
                        claims.insert(claim(auction, pocket, party, to));
                    }
                }
            }
        }
        assert_eq!(claims.len(), 24);
    }
}
