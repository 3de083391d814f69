//! What goes in and comes out, as JSON. `chain/contract/schema` has the schemas.
//!
//! Parties and auctions are spelled as everywhere (`taleaparty1...`), hashes in hexadecimal, bytes in base64, money
//! as text. A message with a field that it does not have is refused: what its sender meant by it would be lost.

use cosmwasm_schema::{QueryResponses, cw_serde};
use cosmwasm_std::{Binary, Uint64};
use talea_protocol::claim;

/// Opens an auction.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct InstantiateMsg {
    /// The canonical bytes of the terms. They name this contract, and the denomination of the coins.
    pub terms: Binary,
    /// The slot for which the seller signed; not after the block's.
    pub slot: u64,
    /// The seller's signature of the opening, 64 bytes.
    pub signature: Binary,
}

/// What can be done. Anybody may send any of these and pay the gas.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub enum ExecuteMsg {
    /// Applies signed instructions in this order, each that the rules allow, and announces those. Refused if they allow
    /// none. Takes no coins.
    Apply {
        /// At least one; 180,000 bytes together at most.
        instructions: Vec<Binary>,
    },
    /// Puts the coins of this message into a party's account. They are of the auction's denomination.
    Fund {
        /// Whose account.
        party: String,
    },
    /// Pays out what a party has, once the auction is closed. Takes no coins.
    Claim {
        /// Whose account.
        party: String,
        /// Which money of it.
        pocket: Pocket,
        /// The address that is paid.
        to: String,
        /// Of the party, or for a settlement of the seller: 64 bytes.
        signature: Binary,
    },
}

/// Which money of a party is claimed.
#[cw_serde]
#[derive(Copy, Eq)]
pub enum Pocket {
    /// What is released to the party, who signs the claim.
    Available,
    /// A winner's deposit, held towards what it owes. The seller signs the claim.
    Settlement,
}

impl From<Pocket> for claim::Pocket {
    fn from(pocket: Pocket) -> Self {
        match pocket {
            Pocket::Available => Self::Available,
            Pocket::Settlement => Self::Settlement,
        }
    }
}

/// What can be asked. Lists come in pages; a page has 30 items unless `limit` says fewer.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
#[derive(QueryResponses)]
pub enum QueryMsg {
    /// How far the auction is.
    #[returns(Status)]
    Status {},
    /// What a keyholder may do now.
    #[returns(Dues)]
    Dues {
        /// Its signing key.
        keyholder: String,
        /// How many to leave out.
        skip: Option<u32>,
        /// How many to show.
        limit: Option<u32>,
    },
    /// How a bid stands.
    #[returns(Bid)]
    Bid {
        /// Index of the lot, from 0.
        lot: u32,
        /// Its bidder.
        bidder: String,
    },
    /// The account of a party.
    #[returns(Account)]
    Account {
        /// Whose.
        party: String,
    },
    /// All accounts, ascending by key.
    #[returns(Accounts)]
    Accounts {
        /// The last one of the page before.
        start_after: Option<String>,
        /// How many to show.
        limit: Option<u32>,
    },
    /// What the auction came to, lot by lot.
    #[returns(Outcome)]
    Outcome {
        /// The first lot of the page, from 0.
        from: Option<u32>,
        /// How many to show.
        limit: Option<u32>,
    },
    /// The heads of the transcript. Its entries are in the events.
    #[returns(Entries)]
    Entries {
        /// The first entry of the page, from 1. The one after the last is an empty page.
        from: Option<u64>,
        /// How many to show.
        limit: Option<u32>,
    },
}

/// How far the auction is.
#[cw_serde]
pub struct Status {
    /// Its id.
    pub auction: String,
    /// The denomination of the coins in which its terms count, and which they name.
    pub denom: String,
    /// What its slots are: `seconds` since 1970, or `blocks`.
    pub slots: String,
    /// What it waits for, as of its last entry.
    pub phase: String,
    /// The current round, from 0.
    pub round: u32,
    /// The slot of the last entry.
    pub slot: u64,
    /// The slot of this block.
    pub now: u64,
    /// The last slot before time alone changes something; nothing once closed.
    pub deadline: Option<u64>,
    /// Whether it has passed, so that a tick is accepted.
    pub is_overdue: bool,
    /// How many entries there are.
    pub entries: u64,
    /// The head after the last one.
    pub head: String,
}

/// What a keyholder may do now.
#[cw_serde]
pub struct Dues {
    /// How many there are in all.
    pub total: u32,
    /// Those of this page.
    pub dues: Vec<Due>,
}

/// One thing that a keyholder may do.
#[cw_serde]
pub enum Due {
    /// Endorse the transcript so far.
    Endorse {
        /// The round.
        round: u32,
        /// The head to endorse.
        head: String,
    },
    /// Work on a chunk of a lot's current step.
    Rank {
        /// Index of the lot.
        lot: u32,
        /// The round.
        round: u32,
        /// The step.
        step: u32,
        /// The chunk.
        chunk: u32,
        /// The head that was endorsed.
        head: String,
        /// `gate`, `shuffle`, `blind` or `decrypt`.
        work: String,
    },
}

/// How a bid stands.
#[cw_serde]
pub struct Bid {
    /// Its last commit; nothing if there is none.
    pub commit: Option<BidCommit>,
    /// The bid that takes part in the ranking; nothing if none does.
    pub active: Option<ActiveBid>,
    /// Whether an update of the active bid was once missing or invalid, so that its deposit is forfeited at the end.
    pub is_in_default: bool,
    /// What is locked for it: the deposit, from its first commit to the ending of the lot.
    pub locked: Uint64,
    /// How its lot ended, once it has.
    pub ending: Option<String>,
}

/// A bid's last commit.
#[cw_serde]
pub struct BidCommit {
    /// Its round, from 0.
    pub round: u32,
    /// `open` before it is revealed; `revealed` if its sealed bid was taken and is valid, `invalid` if it is not (R5 is
    /// checked when reveals close);
    /// `lapsed` if it was not revealed in time, `attested` if keyholders attest that its bidder tried; `dropped` if the
    /// bid of a round before stands in its place.
    pub state: String,
}

/// A bid that takes part in the ranking.
#[cw_serde]
pub struct ActiveBid {
    /// The round in which it was revealed, from 0.
    pub round: u32,
    /// Its commitment, in hexadecimal.
    pub commitment: String,
}

/// The account of a party.
#[cw_serde]
pub struct Account {
    /// Whose.
    pub party: String,
    /// Coins that came in for it.
    pub funded: Uint64,
    /// Forfeits and fees of others.
    pub received: Uint64,
    /// Free, or to be released.
    pub available: Uint64,
    /// At stake.
    pub locked: Uint64,
    /// Deposits of lots that it won.
    pub settlement: Uint64,
    /// Forfeited, fees included.
    pub forfeited: Uint64,
    /// Whether what was available has been paid out.
    pub is_claimed: bool,
    /// Whether the settlement has been paid out.
    pub is_settled: bool,
}

/// Accounts.
#[cw_serde]
pub struct Accounts {
    /// Those of this page.
    pub accounts: Vec<Account>,
}

/// What the auction came to.
#[cw_serde]
pub struct Outcome {
    /// The lots of this page.
    pub lots: Vec<LotOutcome>,
}

/// What became of a lot.
#[cw_serde]
pub struct LotOutcome {
    /// Its index, from 0.
    pub lot: u32,
    /// Its identifier in the terms.
    pub identifier: String,
    /// Commits accepted.
    pub commits: u32,
    /// Bids that were ranked.
    pub ranked: u32,
    /// Bids that were revealed and not valid.
    pub invalid: u32,
    /// `sold`, `declined`, `below-reserve`, `unsold`, `void` or `halted`.
    pub ending: String,
    /// The price of a lot that was sold or declined, in its lot's notation.
    pub price: Option<String>,
    /// The winners, in tie order.
    pub winners: Vec<String>,
    /// Everything about the lot: the bytes of its `LotResult`.
    pub result: Binary,
}

/// Heads of the transcript.
#[cw_serde]
pub struct Entries {
    /// How many entries there are in all.
    pub total: u64,
    /// Those of this page.
    pub entries: Vec<EntryHead>,
}

/// The head after an entry.
#[cw_serde]
pub struct EntryHead {
    /// Its number, from 1.
    pub number: u64,
    /// Its slot.
    pub slot: u64,
    /// The head after it.
    pub head: String,
}
