//! The numbered checks of `docs/spec.md`.
//!
//! A refusal names the check that it failed, the verifier counts how often each one passed, and a
//! test confirms that code, specification and table agree on the numbers.

use core::fmt;

macro_rules! checks {
    ($($name:ident $number:literal $sentence:literal)*) => {
        /// One numbered check. The letter is the part of the specification, the number the rule.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Check {
            $(#[doc = concat!($number, ": ", $sentence)] $name,)*
        }

        impl Check {
            /// Every check, in the specification's order.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The number by which the specification knows it; stable.
            pub fn number(self) -> &'static str {
                match self { $(Self::$name => $number,)* }
            }

            /// What must hold.
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence,)* }
            }
        }
    };
}

checks! {
    RecordFraming       "X1" "every record is whole, canonical, within its bound and in its place"
    ChainHead           "X2" "every entry's head is the hash of all before it"
    SlotOrder           "X3" "slots never decrease"
    OutcomeDerived      "X4" "the outcome is the one derived from the entries"
    TermsCanonical      "T1" "the terms are canonical bytes of a known protocol version"
    TermsLots           "T2" "every lot has a quantity and a possible price grid"
    TermsSchedule       "T3" "deadlines follow one another and every step has time"
    TermsQuorum         "T4" "every group has distinct valid keys and a reachable threshold"
    TermsParties        "T5" "parties have distinct valid keys, and none receives a forfeit that it can cause"
    TermsRules          "T7" "mechanism, disclosure, reserve, acceptance, rounds and currency are possible"
    TermsMarkets        "T8" "curves, two-sided markets and surveys are possible and within their bounds"
    TermsSignature      "T6" "the seller signed the opening"
    EnvelopeCanonical   "E1" "an instruction is canonical bytes within its bounds"
    EnvelopeSignature   "E2" "an instruction's signature verifies strictly, and its key is not weak"
    EnvelopeRole        "E3" "the signer has the role that the instruction requires"
    EnvelopePhase       "E4" "the instruction belongs to the phase of its slot"
    FundSequence        "M1" "the custodian's instructions are counted without gap or repetition"
    FundAmount          "M2" "an amount is positive and all amounts sum to less than 2^64"
    FundRoom            "M4" "there is room for one more account"
    DealOnce            "S1" "a member deals once, with its bonds at stake"
    DealLengths         "S2" "a deal has exactly threshold commitments and a share for each other member"
    DealConstant        "S3" "a dealer knows its constant term, and the sum of constants is not O, in its group and in all"
    DealEphemeral       "S4" "a dealer knows the randomness of its ephemeral key"
    ComplaintParties    "S5" "a complaint is between two members of a group who both dealt and were not expelled"
    ComplaintProof      "S6" "a complaint's shared point is the one between complainer and dealer"
    CommitLot           "C1" "a commit names a lot and a round of the terms"
    CommitForm          "C9" "a commit is of the kind that the mechanism takes: of a level, or of a curve within its bounds"
    CommitAdmission     "C2" "the bidder is admitted, and is neither seller, custodian nor beneficiary"
    CommitOnce          "C3" "a bidder has one commit per lot and round"
    CommitRoom          "C4" "a lot has room for the commit"
    CommitActive        "C8" "a bidder that commits in a later round has an active bid"
    CommitStake         "C5" "deposit and fee are available"
    CommitRange         "C6" "the committed bid is a level of the grid"
    CommitDistinct      "C7" "no commitment appears twice"
    RevealCommit        "R1" "a reveal names commits of the round, each once, and an open bid of each bidder"
    RevealSeal          "R2" "the revealed bytes are the sealed ones"
    RevealForm          "R3" "a sealed bid is canonical and no randomness of its unary encoding is the identity"
    RevealArgument      "R4" "the unary encoding encrypts the committed bid"
    RevealDistinct      "R5" "no randomness of a unary encoding appears twice"
    EndorseHead         "K1" "an endorsement names the head at the close of reveals, and attests bids in order"
    EndorseOnce         "K2" "a keyholder endorses once, while its group still wants endorsements"
    VouchDue            "K14" "a vouch names others who are due at this point"
    VouchOnce           "K15" "a keyholder vouches once for another's post"
    RankPlace           "K3" "a rank message names a lot, step, chunk and head that are due"
    RankActor           "K4" "the keyholder is not excluded, has not acted, and is due"
    RankLength          "K5" "a rank message covers its chunk exactly"
    GateProof           "K6" "both ciphertexts of every conditional gate were multiplied by the same sign"
    BlindProof          "K7" "both parts of every ciphertext were multiplied by the same factor, which is not zero"
    BlindSum            "K8" "blindings do not cancel"
    DecryptionShare     "K9" "every decryption share is the keyholder's own"
    SignOpened          "K10" "a gate's opened sign is +1 or -1"
    PriceOnGrid         "K11" "the price found is a level of the grid"
    ShuffleProof        "K12" "every list was shuffled, and its entries were multiplied by factors that are not zero"
    CountOpened         "K13" "an opened count, flag or digit is one that bids can give"
    DecisionDue         "D1" "the lot waits for the seller's decision"
    LedgerBalance       "M3" "every unit is accounted for"
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.number())
    }
}

#[cfg(test)]
mod tests {
    use super::Check;
    extern crate std;
    use std::{collections::BTreeSet, fs, string::String};

    #[test]
    fn numbers_are_distinct_and_stand_in_the_specification() {
        let spec: String =
            fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/spec.md")).unwrap();
        let mut numbers = BTreeSet::new();
        for check in Check::ALL {
            assert!(numbers.insert(check.number()), "{check} occurs twice in the table");
            let marked = std::format!("**{}**", check.number());
            assert!(spec.contains(&marked), "{check} is not in docs/spec.md");
        }
    }

    #[test]
    fn the_specification_has_no_check_that_the_table_lacks() {
        let spec: String =
            fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/spec.md")).unwrap();
        let known: BTreeSet<&str> = Check::ALL.iter().map(|c| c.number()).collect();
        for piece in spec.split("**").skip(1).step_by(2) {
            let mut letters = piece.chars();
            let is_number = letters.next().is_some_and(|c| "XTEMSCRKD".contains(c))
                && letters.clone().next().is_some()
                && letters.all(|c| c.is_ascii_digit());
            assert!(!is_number || known.contains(piece), "{piece} is in docs/spec.md only");
        }
    }
}
