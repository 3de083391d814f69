//! The static bound of every list and message.
//!
//! A length prefix is compared with its bound before anything is allocated, so that hostile
//! bytes cost memory in proportion to their own length and no more.

/// Bytes of a signed instruction, envelope included.
pub const MAX_INSTRUCTION_BYTES: usize = 1 << 20;
/// Bytes of the terms.
pub const MAX_TERMS_BYTES: usize = 1 << 20;
/// Bytes of the outcome.
pub const MAX_OUTCOME_BYTES: usize = 1 << 26;
/// Bytes of a text such as a lot's name.
pub const MAX_TEXT_BYTES: usize = 128;
/// Bytes of a domain: on a chain its name (50 at most), an address and a denomination (128 at most) stand in it.
pub const MAX_DOMAIN_BYTES: usize = 320;
/// Lots in one auction.
pub const MAX_LOTS: usize = 1024;
/// Groups in a quorum.
pub const MAX_GROUPS: usize = 8;
/// Members of one group of a quorum. The threshold literature is comfortable far above it; what
/// bounds it is that shares are dealt to every member.
pub const MAX_MEMBERS: usize = 64;
/// Keys in a list of admitted bidders.
pub const MAX_LISTED_BIDDERS: usize = 8192;
/// Commits per lot. Sums over bidders stay far below the group order.
pub const MAX_BIDS_PER_LOT: u32 = 65_535;
/// Digits in the shape of a price grid.
pub const MAX_DIGITS: usize = 32;
/// Bits of one digit: a radix of 1,024 is the largest.
pub const MAX_DIGIT_BITS: u8 = 10;
/// Bytes of a masked bit or sign: a challenge of 128 bits, hidden by 16 bits more.
pub const MASKED_BYTES: usize = 18;
/// Bits or signs in one vector commitment: as many vector bases are derived.
pub const MAX_VECTOR: usize = 64;
/// Vector commitments of one kind in a keyholder's turn on a chunk.
pub const MAX_VECTORS: usize = MAX_CHUNK_ITEMS.div_ceil(MAX_VECTOR);
/// Coefficients in the proof of a shuffle: lists have at most `2^6` entries, for `MAX_UNITS` counts.
pub const MAX_SHUFFLE_TERMS: usize = 7;
/// Bits of a whole level index.
pub const MAX_LEVEL_BITS: u32 = 32;
/// Bytes of a sealed bid: the largest shape, one digit of radix 1,024 and 22 bits, stays below.
pub const MAX_SEALED_BID_BYTES: usize = 1 << 18;
/// Price buckets of a depth: the largest radix of a digit.
pub const MAX_BUCKETS: usize = 1024;
/// Rounds of an auction.
pub const MAX_ROUNDS: usize = 64;
/// Bids of an auction that discloses everything: as many as fit in an outcome's record.
pub const MAX_OPENED_BIDS: u64 = 1 << 19;
/// Identical units sold by one lot at a uniform price.
pub const MAX_UNITS: usize = 63;
/// Steps of a bid that is a curve.
pub const MAX_STEPS: usize = 8;
/// Bits of a step's quantity where quantities are sealed.
pub const MAX_QUANTITY_BITS: u8 = 16;
/// A sum of quantities, or of quantities times levels, that is opened and has to be read: its logarithm is searched.
pub const MAX_OPENED_SUM: u64 = 1 << 26;
/// What all winners of a lot bid who pay as they bid, in quantities times levels: a sum of each is opened.
pub const MAX_PAID_SUM: u64 = 1 << 36;
/// A sum of answers to a survey, or of their squares: there are two of them, where a market opens some for each bid.
pub const MAX_SURVEY_SUM: u64 = 1 << 32;
/// Bids of a market, over all lots: as many trades as fit in an outcome's record.
pub const MAX_MARKET_BIDS: u64 = 1 << 18;
/// Prices at which markets may open what is wanted, over all lots: as many as fit in an outcome's record.
pub const MAX_SEARCHED: u64 = 1 << 20;
/// Bytes of a bidder's contribution to a lottery.
pub const CONTRIBUTION_BYTES: usize = 32;
/// Sealed bids in one reveal instruction.
pub const MAX_REVEALS: usize = 256;
/// Items in one chunk of a rank message.
pub const MAX_CHUNK_ITEMS: usize = 2048;
/// Bids that one endorsement attests.
pub const MAX_ATTESTED: usize = 8192;
/// Keyholders for whom one vouch speaks: as many as there may be.
pub const MAX_HEARD: usize = MAX_GROUPS * MAX_MEMBERS;
/// Parties for whom a custodian reports money: as many accounts fit in an outcome's record.
pub const MAX_ACCOUNTS: usize = 1 << 18;
/// Buckets that an auction may show, over all lots and rounds: as many as fit in an outcome's record.
pub const MAX_SHOWN_BUCKETS: u64 = 1 << 22;
