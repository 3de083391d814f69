//! Every domain-separation string of the protocol, in one table.
//!
//! Two strings that were equal would let a message made for one purpose serve
//! another, so a test compares them all. To change one is to change the
//! protocol: no transcript written before would verify after. Some strings are older than the names of
//! their constants, and keep them: `ladder`, `mix`, `unseal`. All keep the `v2` of the version that they came with: the
//! version is a field of the terms, which the auction id and with it every signature and proof depend on, and keys of
//! keyholders serve the next version too.

/// Version of the protocol that this code speaks; the first field of the terms.
pub const PROTOCOL_VERSION: u16 = 3;

/// Hashed to the group for `K`, the key base. Nobody knows its logarithm.
pub const KEY_BASE: &[u8] = b"talea/v2/key-base";
/// Hashed to the group, with an index after it, for `V_l`, the vector bases. Nobody knows a relation between them.
pub const VECTOR_BASE: &[u8] = b"talea/v2/vector-base";

/// Prefix of the hash that turns terms into the auction id.
pub const AUCTION_ID: &[u8] = b"talea/v2/auction-id";
/// Prefix of the seller's signature that opens an auction.
pub const OPENING: &[u8] = b"talea/v2/opening";
/// Prefix of what the signer of an instruction signs.
pub const INSTRUCTION: &[u8] = b"talea/v2/instruction";
/// Prefix of what is signed to take money out, where a chain keeps it.
pub const CLAIM: &[u8] = b"talea/v2/claim";
/// Prefix of the hash that starts a transcript's chain.
pub const CHAIN_GENESIS: &[u8] = b"talea/v2/chain/genesis";
/// Prefix of the hash that adds an entry to a transcript's chain.
pub const CHAIN_ENTRY: &[u8] = b"talea/v2/chain/entry";
/// Prefix of the hash by which a commit binds its sealed bid.
pub const SEAL: &[u8] = b"talea/v2/seal";
/// Prefix of the hash that pads an encrypted share in a deal.
pub const SHARE_PAD: &[u8] = b"talea/v2/share-pad";

/// Prefix of the hash of all contributions to a lottery.
pub const LOTTERY_SEED: &[u8] = b"talea/v2/lottery/seed";
/// Prefix of the hash that gives a bid its place in a lottery.
pub const LOTTERY_DRAW: &[u8] = b"talea/v2/lottery/draw";

/// Prefix of the hash that is the seed of a chain's key as a custodian. Everybody can compute it.
pub const CHAIN_CUSTODIAN: &[u8] = b"talea/v2/chain-custodian";

/// Name of the Fiat–Shamir transcript of every proof.
pub const PROOF: &[u8] = b"talea/v2/proof";
/// Name of the transcript from which one weight per equation is drawn when several proofs are
/// verified together.
pub const BATCH_WEIGHTS: &[u8] = b"talea/v2/batch-weights";
/// Name of the transcript from which a keyholder derives masks.
pub const MASKS: &[u8] = b"talea/v2/masks";
/// Name of the transcript from which a bidder derives the secrets of a bid.
pub const BID_SECRETS: &[u8] = b"talea/v2/bid-secrets";

/// Proof kind: knowledge of a dealer's constant term.
pub const KIND_CONSTANT: &[u8] = b"possession-of-constant";
/// Proof kind: knowledge of the randomness of a deal's ephemeral key.
pub const KIND_EPHEMERAL: &[u8] = b"possession-of-ephemeral";
/// Proof kind: a complaint's shared point.
pub const KIND_COMPLAINT: &[u8] = b"complaint";
/// Proof kind: a committed bid lies on its grid.
pub const KIND_RANGE: &[u8] = b"range";
/// Proof kind: a committed bid lies on its grid and is not below the active one.
pub const KIND_IMPROVEMENT: &[u8] = b"improvement";
/// Proof kind: an encrypted unary encoding is well formed and opens its commitment.
pub const KIND_UNARY: &[u8] = b"unary";
/// Proof kind: a step of an in-turn product of encrypted bits.
pub const KIND_GATE: &[u8] = b"gate";
/// Proof kind: lists permuted, and every entry raised to a secret power.
pub const KIND_SHUFFLE: &[u8] = b"shuffle";
/// Proof kind: a multiplicative blinding for a zero-test.
pub const KIND_BLIND: &[u8] = b"blind";
/// Proof kind: decryption shares.
pub const KIND_DECRYPTION_SHARE: &[u8] = b"decryption-share";

/// All of the above, for the test that they differ.
pub const ALL: &[&[u8]] = &[
    KEY_BASE,
    VECTOR_BASE,
    AUCTION_ID,
    OPENING,
    INSTRUCTION,
    CLAIM,
    CHAIN_GENESIS,
    CHAIN_ENTRY,
    SEAL,
    SHARE_PAD,
    LOTTERY_SEED,
    LOTTERY_DRAW,
    CHAIN_CUSTODIAN,
    PROOF,
    BATCH_WEIGHTS,
    MASKS,
    BID_SECRETS,
    KIND_CONSTANT,
    KIND_EPHEMERAL,
    KIND_COMPLAINT,
    KIND_RANGE,
    KIND_IMPROVEMENT,
    KIND_UNARY,
    KIND_GATE,
    KIND_SHUFFLE,
    KIND_BLIND,
    KIND_DECRYPTION_SHARE,
];

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn no_label_is_another_or_begins_another_of_its_family() {
        for (i, a) in ALL.iter().enumerate() {
            for (j, b) in ALL.iter().enumerate() {
                assert!(i == j || a != b, "label {i} equals label {j}");
            }
        }
        // Labels that prefix a hash input must not begin one another: the bytes that follow could
        // then make up the difference.
        for (i, a) in ALL.iter().enumerate() {
            for (j, b) in ALL.iter().enumerate() {
                assert!(i == j || !b.starts_with(a), "label {i} begins label {j}");
            }
        }
    }
}
