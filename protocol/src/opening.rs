//! A bid that its bidder opens to an auditor alone (spec section 20). None of this enters a transcript.
//!
//! Five quantities live here. An [`AuditorKey`] is what an auditor publishes. An [`OpeningProof`] convinces that
//! auditor alone, because the auditor could have made it too. An [`Opening`] is what the file holds that the
//! bidder encrypts to it. It carries no signature: signed, it would convince everybody. A [`Notice`] says in the
//! open that a bid was opened, and to whom; it says nothing of the opening, for the same reason.

use crate::{
    bytes::{PartyKey, Point, Signature},
    commitment::BidId,
    labels::{self, PROTOCOL_VERSION},
    price::Level,
    setup::CompactProof,
    terms::AuctionId,
};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// An X25519 public key, to which age encrypts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Recipient(pub [u8; 32]);

/// What an auditor publishes, so that bids can be opened to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct AuditorKey {
    /// `A = a*K`.
    pub point: Point,
    /// To what files are encrypted for it. The possession covers it, so that nobody puts another in its place.
    pub recipient: Recipient,
    /// Knowledge of `a`. A key whose `a` nobody knows would make openings convince everybody.
    pub possession: CompactProof,
}

/// `C - v*G = r*H` for a known `r`, *or* `A = a*K` for a known `a`; which of the two, it does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct OpeningProof {
    /// `c_1` and `z_1`, of the bidder's branch.
    pub bidder: CompactProof,
    /// `c_2` and `z_2`, of the auditor's.
    pub auditor: CompactProof,
}

/// That a bid has this level, for one auditor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Opening {
    /// Version of the protocol.
    pub version: u16,
    /// The auction.
    pub auction: AuctionId,
    /// The bid. Which commitment is its, the transcript says.
    pub bid: BidId,
    /// `v`.
    pub level: Level,
    /// Why.
    pub proof: OpeningProof,
}

impl Opening {
    /// How many bytes one has: 206.
    pub const BYTES: usize = 206;

    /// An opening in this version of the protocol.
    #[must_use]
    pub fn new(auction: AuctionId, bid: BidId, level: Level, proof: OpeningProof) -> Self {
        Self { version: PROTOCOL_VERSION, auction, bid, level, proof }
    }

    /// The opening of these bytes, if they are one of this version.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        borsh::from_slice(bytes).ok().filter(|opening: &Self| opening.version == PROTOCOL_VERSION)
    }
}

/// That a bidder has opened a bid to an auditor, signed by the bidder.
///
/// It does not name the file: the auditor could decrypt in front of others a file that the bidder has signed, and
/// they would know then that it does not come from the auditor. It need not, because a commitment opens to one level
/// only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Notice {
    /// The auction.
    pub auction: AuctionId,
    /// The bid.
    pub bid: BidId,
    /// To whom it was opened.
    pub auditor: AuditorKey,
    /// Of the bidder, over [`signed_bytes`](Self::signed_bytes).
    pub signature: Signature,
}

impl Notice {
    /// How its bytes begin. No signed instruction begins so: those begin with a key.
    pub const MAGIC: &[u8; 15] = b"talea notice 1\n";

    /// What the bidder signs.
    #[must_use]
    pub fn signed_bytes(auction: &AuctionId, bid: &BidId, auditor: &AuditorKey) -> Vec<u8> {
        let BidId { lot, round, bidder } = bid;
        let AuditorKey { point, recipient, possession } = auditor;
        [
            labels::NOTICE,
            &auction.0,
            &lot.to_le_bytes(),
            &round.to_le_bytes(),
            &bidder.0,
            &point.0,
            &recipient.0,
            &possession.challenge.0,
            &possession.response.0,
        ]
        .concat()
    }

    /// Who signs it.
    #[must_use]
    pub fn signer(&self) -> &PartyKey {
        &self.bid.bidder
    }

    /// Its bytes, as it is handed in: 279 of them.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut bytes = Self::MAGIC.to_vec();
        // Writing to memory does not fail.
        bytes.extend(borsh::to_vec(self).unwrap_or_default());
        bytes
    }

    /// The notice of these bytes, if they are one.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        borsh::from_slice(bytes.strip_prefix(Self::MAGIC)?).ok()
    }
}
