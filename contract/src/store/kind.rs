//! The kinds of records: one table, so that no two have the same keys.

use super::Key;
use alloc::vec::Vec;

/// What a record holds. Its letter is the first byte of its key; what it is about follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// The terms.
    Terms = b'T',
    /// What every instruction needs.
    Core = b'C',

    /// A party's account, by its key.
    Account = b'a',
    /// Who has an account, by the order in which they were opened.
    AccountHolder = b'p',
    /// The sums over all accounts.
    Totals = b'm',

    /// A member's deal.
    Deal = b'd',
    /// What became of the members.
    Members = b's',
    /// `PK`.
    QuorumKey = b'q',
    /// `PK`, and the keyholders' shares of it in public form.
    QuorumKeys = b'k',

    /// A lot, by its index, as the index of every lot below.
    Lot = b'l',
    /// How far all lots have come.
    Progress = b'w',
    /// A survey, by lot and round.
    Survey = b'y',
    /// What a lot's last ranking opened.
    Shown = b'f',

    /// How many bids a lot has.
    BidCount = b'n',
    /// A bid, by lot and place.
    Bid = b'b',
    /// The place of a bid, by lot and bidder.
    Place = b'i',
    /// Entries of a unary encoding, by lot, place, round and part.
    UnaryEncoding = b'u',
    /// The sums of a lot's first digits.
    FirstDigits = b'1',
    /// What they lack.
    Unsummed = b'2',
    /// A commitment that was made: nothing but the key.
    Commitment = b'c',
    /// Randomness that an instruction revealed, by the number of such instructions before it.
    Randomness = b'r',

    /// The head that is endorsed, and by whom.
    Endorsed = b'e',
    /// The bids that a keyholder attests.
    Attested = b't',
    /// For whom others vouched while endorsements were due.
    Vouches = b'v',

    /// The bids in a lot's ranking, by lot and page.
    RankedBids = b'B',
    /// A lot's ranking: its current step, and what keyholders are asked in it.
    Ranking = b'g',
    /// What is to be asked after it.
    Program = b'o',
    /// Ciphertexts of a list that it has, by lot, list and page.
    Vector = b'V',
    /// Who acted on a chunk, by lot and chunk.
    ChunkActs = b'j',
    /// The gates of a chunk, by lot and chunk.
    ChunkGates = b'G',
    /// The other items of a chunk, by lot and chunk.
    ChunkItems = b'x',
    /// A keyholder's decryption shares, by lot, chunk and keyholder.
    ChunkShares = b'z',
}

impl Kind {
    /// The key of the record about this.
    pub(crate) fn key(self, about: &impl Key) -> Vec<u8> {
        let mut key = Vec::from([self as u8]);
        about.write(&mut key);
        key
    }
}
