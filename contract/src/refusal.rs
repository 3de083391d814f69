//! Why the program refused.
//!
//! A refusal names the numbered check of `docs/spec.md` that failed first, and says in one sentence
//! what was expected, what came, and whose it was. Nothing changes when something is refused.

use crate::proofs::ProofFault;
use talea_protocol::{
    bytes::{Digest, PartyKey},
    check::Check,
    quorum::KeyholderId,
};

/// A refusal. The state is as it was before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{check}: {fault}")]
pub struct Refusal {
    /// The check that failed first.
    pub check: Check,
    /// What was wrong.
    pub fault: Fault,
}

/// What was wrong, in one plain sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Bytes that do not decode, or have a tail.
    #[error("malformed {what}: the bytes are not a canonical encoding")]
    Malformed {
        /// The type that was expected.
        what: &'static str,
    },
    /// Terms under which no auction is possible.
    #[error("{why}")]
    Impossible {
        /// The rule that they break.
        why: &'static str,
    },
    /// A lot that cannot be bid for.
    #[error("lot {lot} is impossible: {why}")]
    ImpossibleLot {
        /// Index of the lot, from 0.
        lot: usize,
        /// The rule that it breaks.
        why: &'static str,
    },
    /// A signature that does not verify, or a weak key.
    #[error("the signature of {signer} does not verify, or its key is weak")]
    BadSignature {
        /// The key that was to verify it.
        signer: PartyKey,
    },
    /// A slot before the last one.
    #[error("the slot must be at least {last} and is {given}")]
    SlotBack {
        /// The last slot.
        last: u64,
        /// The slot given.
        given: u64,
    },
    /// An instruction in the wrong phase.
    #[error("{instruction} does not belong to the phase {phase}")]
    WrongPhase {
        /// The kind of the instruction.
        instruction: &'static str,
        /// The phase at its slot.
        phase: &'static str,
    },
    /// A signer without the role.
    #[error("{signer} is not {needed}")]
    WrongRole {
        /// Who signed.
        signer: PartyKey,
        /// Whom the instruction needs.
        needed: &'static str,
    },
    /// A count differs from the expected one.
    #[error("{what}: expected {expected}, got {actual}")]
    Count {
        /// What was counted.
        what: &'static str,
        /// The right number.
        expected: u64,
        /// The number that was found.
        actual: u64,
    },
    /// Something named does not exist.
    #[error("there is no such {what}")]
    Unknown {
        /// What was named.
        what: &'static str,
    },
    /// An act that is allowed once was done before.
    #[error("{what} already")]
    Already {
        /// What was done.
        what: &'static str,
    },
    /// A hash differs from the expected one.
    #[error("{what}: expected {expected}, got {actual}")]
    Differs {
        /// What differs.
        what: &'static str,
        /// The right hash.
        expected: Digest,
        /// The hash that was found.
        actual: Digest,
    },
    /// A well-formed value breaks a rule.
    #[error("{rule}")]
    Broken {
        /// The rule.
        rule: &'static str,
    },
    /// Too little money at stake.
    #[error("{party} needs {needed} units available and has {available}")]
    Insufficient {
        /// Whose account.
        party: PartyKey,
        /// Units needed.
        needed: u64,
        /// Units there.
        available: u64,
    },
    /// A sum above 64 bits, or an amount of zero.
    #[error("the amount is zero or the sum of all amounts exceeds 2^64 - 1")]
    Amount,
    /// A keyholder that may not act here.
    #[error("{keyholder} may not act here: {why}")]
    NotDue {
        /// Which keyholder.
        keyholder: KeyholderId,
        /// Why not.
        why: &'static str,
    },
    /// A proof that does not verify.
    #[error("the proof of {culprit} fails: {fault}")]
    Proof {
        /// Who made it.
        culprit: PartyKey,
        /// How it fails.
        fault: ProofFault,
    },
}

impl Fault {
    /// This fault as the failure of `check`.
    #[must_use]
    pub fn fails(self, check: Check) -> Refusal {
        Refusal { check, fault: self }
    }
}

/// `Err` of `fault` under `check` unless `holds`.
pub(crate) fn require(holds: bool, check: Check, fault: Fault) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(fault.fails(check)) }
}

/// `Err` under `check` unless a number is the one that is expected.
pub(crate) fn require_number(
    check: Check,
    what: &'static str,
    (expected, actual): (u32, u32),
) -> Result<(), Refusal> {
    let (expected, actual) = (expected.into(), actual.into());
    require(expected == actual, check, Fault::Count { what, expected, actual })
}

/// `Err` under `check` unless a hash is the one that is expected.
pub(crate) fn require_digest(
    check: Check,
    what: &'static str,
    (expected, actual): (Digest, Digest),
) -> Result<(), Refusal> {
    require(expected == actual, check, Fault::Differs { what, expected, actual })
}
