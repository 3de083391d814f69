//! Why the contract refused: one sentence and a stable code. Whatever was refused, the chain rolls back, coins
//! included.

use cosmwasm_std::StdError;
use talea_contract::{Corrupt, Refusal as RuleBroken};

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $kind:ty),* } $code:literal $sentence:literal)*) => {
        /// Why the contract refused.
        #[derive(Debug, thiserror::Error)]
        pub enum Refusal {
            /// A rule of the auction: the number of the check is the code.
            #[error("{0}")]
            Rule(RuleBroken),
            /// A record that cannot be read.
            #[error("chain.record: {0}")]
            Record(Corrupt),
            /// The chain's own library failed.
            #[error("chain.host: {0}")]
            Host(StdError),
            $(
                $(#[$doc])*
                #[error("{}: {}", $code, format_args!($sentence))]
                $name {
                    $(#[doc = "What the sentence names."] $field: $kind,)*
                },
            )*
        }

        /// Every code but the numbers of checks, with a sentence.
        pub const CODES: &[(&str, &str)] = &[
            ("chain.record", "a record of the auction is missing or damaged"),
            ("chain.host", "the chain's own library failed"),
            $(($code, $sentence),)*
        ];
    };
}

refusals! {
    /// No instruction came.
    Empty {} "chain.empty" "the message carries no instruction"
    /// More than a message can announce.
    TooLong { bytes: usize, most: usize } "chain.too-long" "what the message hands in has {bytes} bytes, and a message carries {most} at most"
    /// Terms under which a message would be too long to be taken.
    Unfit { what: &'static str, bytes: usize, most: usize } "chain.unfit" "by these terms {what} has {bytes} bytes, and a message carries {most} at most"
    /// The seller signed for later.
    TooEarly { signed: u64, now: u64 } "chain.opening" "the seller signed the opening for slot {signed}, and the chain is at slot {now}"
    /// Terms of an auction that is not on a chain.
    NoHome {} "chain.no-home" "the terms' domain does not name a contract on a chain, and a denomination"
    /// Terms of an auction of another contract.
    Elsewhere { contract: String, chain: String } "chain.elsewhere" "the terms are for the contract {contract} on the chain {chain}"
    /// Terms whose custodian is somebody else.
    Custodian { named: String } "chain.custodian" "the terms' custodian is {named}, and not this contract"
    /// Bytes of a wrong length.
    Signature { length: usize } "chain.signature" "a signature has 64 bytes, and this one has {length}"
    /// A party that cannot be read.
    Name { why: String } "chain.name" "{why}"
    /// An address that the chain does not know.
    Address { address: String } "chain.address" "{address} is not an address of this chain"
    /// Coins where none are taken.
    CoinsUnwanted { coins: String } "chain.coins-unwanted" "this message takes no coins, and {coins} came with it"
    /// No coins where some are needed.
    CoinsMissing { denom: String } "chain.coins-missing" "the message funds a party, and no {denom} came with it"
    /// Coins of another kind.
    Denom { denom: String, coins: String } "chain.denom" "the auction is in {denom} alone, and {coins} came with the message"
    /// More than the program counts.
    Amount { amount: String } "chain.amount" "an amount has at most 64 bits, and {amount} is more"
    /// Funding by an instruction alone.
    FundWithoutCoins {} "chain.fund-alone" "a party is funded by coins in a Fund message, and by no instruction"
    /// A claim before the outcome.
    NotClosed { phase: &'static str } "chain.not-closed" "money is claimed when the auction is closed, and it is in the phase {phase}"
    /// Nothing there.
    NothingToClaim { party: String } "chain.nothing" "{party} has nothing there to claim"
    /// Paid before.
    Claimed { party: String } "chain.claimed" "{party} was paid this already"
    /// A claim that its claimant did not sign.
    ClaimSignature { signer: String } "chain.claim-signature" "the claim is not signed by {signer}"
    /// A page beyond the last.
    Page { what: &'static str, total: u64, from: u64 } "chain.page" "there are {total} {what}, and the page begins at {from}"
    /// No such thing.
    Unknown { what: &'static str } "chain.unknown" "there is no such {what}"
    /// Stored bytes that cannot be read.
    State { what: &'static str } "chain.state" "the chain's storage holds no readable {what}"
}

impl From<RuleBroken> for Refusal {
    fn from(refusal: RuleBroken) -> Self {
        Self::Rule(refusal)
    }
}

impl From<Corrupt> for Refusal {
    fn from(corrupt: Corrupt) -> Self {
        Self::Record(corrupt)
    }
}

impl From<StdError> for Refusal {
    fn from(error: StdError) -> Self {
        Self::Host(error)
    }
}
