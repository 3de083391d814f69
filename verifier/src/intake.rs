//! What can be done for an entry without knowing the auction's state: decoding, the signature,
//! the seals. Done for many entries at a time, on all cores; the verdicts are taken in the order
//! of the file by the replay.

use std::sync::Arc;

use borsh::BorshDeserialize;
use curve25519_dalek::RistrettoPoint;
use talea_protocol::{
    bytes::{Digest, PartyKey, Point, Signature},
    commitment::{self, BidId, Commit, CurveCommit, CurveStep, TradeSide},
    instruction::{Fund, Instruction, signed_bytes},
    limits::{CONTRIBUTION_BYTES, MAX_INSTRUCTION_BYTES},
    price::Shape,
    ranking::{Decision, Endorsement, RankHeader, Vouch},
    sealed_bid::{Contribution, Reveals, SealedBid, split_contribution},
    setup::{Complaint, Deal},
    terms::Ties,
};

use crate::{
    group, keys,
    proofs::{ProofError, blind, decryption_share, gate, range, shuffle, unary::Sealed},
    replay::terms::Facts,
};

/// An entry as in the file, cut into its fields.
pub(crate) struct RawEntry {
    pub(crate) slot: u64,
    pub(crate) instruction: Vec<u8>,
    pub(crate) head: Digest,
}

impl RawEntry {
    /// Borsh of an entry: slot, the instruction's length and bytes, the head. The lengths alone
    /// decide whether this is canonical. Nothing if it is not.
    pub(crate) fn parse(mut body: Vec<u8>) -> Option<Self> {
        let (slot, rest) = body.split_first_chunk::<8>()?;
        let slot = u64::from_le_bytes(*slot);
        let (len, rest) = rest.split_first_chunk::<4>()?;
        let len = usize::try_from(u32::from_le_bytes(*len)).ok()?;
        let (instruction, head) = rest.split_at_checked(len)?;
        let head = Digest(head.try_into().ok()?);
        if instruction.len() > MAX_INSTRUCTION_BYTES {
            return None;
        }
        body.truncate(len.checked_add(12)?);
        body.drain(..12);
        Some(Self { slot, instruction: body, head })
    }
}

/// Everything about an entry that does not depend on the state.
pub(crate) struct Intake {
    pub(crate) raw: RawEntry,
    /// **E1**: the sentence of its failure.
    pub(crate) envelope: Result<Envelope, String>,
}

/// A signed instruction, decoded.
pub(crate) struct Envelope {
    pub(crate) signer: PartyKey,
    /// **E2**: the sentence of its failure.
    pub(crate) signature: Result<(), String>,
    pub(crate) body: Body,
}

/// What is instructed, with its points decoded where they must all be canonical.
pub(crate) enum Body {
    Tick,
    Fund(Fund),
    Deal(DealBody),
    Complain(Complaint),
    Reserve(CommitBody),
    Commit(CommitBody),
    CommitCurve(CurveBody),
    Reveal(Vec<RevealBody>),
    Endorse(Endorsement),
    Vouch(Vouch),
    Gate(RankBody<gate::Decoded>),
    Shuffle(RankBody<shuffle::Decoded>),
    Blind(RankBody<blind::Decoded>),
    Decrypt(RankBody<decryption_share::Decoded>),
    Decide(Decision),
}

impl Body {
    /// The name of this kind of instruction.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Tick => "Tick",
            Self::Fund(_) => "Fund",
            Self::Deal(_) => "Deal",
            Self::Complain(_) => "Complain",
            Self::Reserve(_) => "Reserve",
            Self::Commit(_) => "Commit",
            Self::CommitCurve(_) => "CommitCurve",
            Self::Reveal(_) => "Reveal",
            Self::Endorse(_) => "Endorse",
            Self::Vouch(_) => "Vouch",
            Self::Gate(_) => "Gate",
            Self::Shuffle(_) => "Shuffle",
            Self::Blind(_) => "Blind",
            Self::Decrypt(_) => "Decrypt",
            Self::Decide(_) => "Decide",
        }
    }
}

pub(crate) struct DealBody {
    pub(crate) deal: Deal,
    /// **S2**, its second half: every encoding of the deal outside its proofs is canonical.
    /// The commitments, decoded.
    pub(crate) decoded: Result<Vec<RistrettoPoint>, ProofError>,
}

pub(crate) struct CommitBody {
    pub(crate) lot: u32,
    pub(crate) round: u32,
    pub(crate) seal: Digest,
    /// The first half of **C6**.
    pub(crate) decoded: Result<Box<range::Decoded>, ProofError>,
}

pub(crate) struct CurveBody {
    pub(crate) lot: u32,
    pub(crate) round: u32,
    pub(crate) side: TradeSide,
    pub(crate) steps: Vec<StepBody>,
    pub(crate) seal: Digest,
}

pub(crate) struct StepBody {
    pub(crate) quantity: u32,
    /// The first half of **C6**.
    pub(crate) decoded: Result<Box<range::Decoded>, ProofError>,
}

pub(crate) struct RevealBody {
    pub(crate) bid: BidId,
    /// What the commit's seal must be.
    pub(crate) seal: Digest,
    /// **R3**, but for the number of the steps: of a bid that is no curve there is one, and of a curve at most as
    /// many as the terms allow.
    pub(crate) sealed: Result<Vec<Sealed>, ProofError>,
    /// Its last bytes, where ties go by lottery.
    pub(crate) contribution: Option<Contribution>,
}

pub(crate) struct RankBody<T> {
    pub(crate) header: RankHeader,
    /// How many items, or in a Shuffle entries, and in a Blind how many responses: **K5**.
    pub(crate) lengths: (usize, usize),
    /// The first half of **K6**, **K12**, **K7** or **K9**.
    pub(crate) decoded: Result<Arc<T>, ProofError>,
}

/// Takes an entry in.
pub(crate) fn take_in(raw: RawEntry, facts: &Facts) -> Intake {
    let envelope = open(&raw.instruction, facts);
    Intake { raw, envelope }
}

fn open(bytes: &[u8], facts: &Facts) -> Result<Envelope, String> {
    let (signer, signature, payload) =
        cut(bytes).ok_or("the signed instruction is not canonical")?;
    let instruction = Instruction::try_from_slice(payload)
        .map_err(|error| format!("the payload is not an instruction: {error}"))?;
    let message = signed_bytes(&facts.auction, payload);
    Ok(Envelope {
        signer,
        signature: keys::verify(&signer, &message, &signature),
        body: decode(instruction, facts),
    })
}

/// Borsh of a signed instruction: signer, signature, the payload's length and bytes.
fn cut(bytes: &[u8]) -> Option<(PartyKey, Signature, &[u8])> {
    let (signer, rest) = bytes.split_first_chunk::<32>()?;
    let (signature, rest) = rest.split_first_chunk::<64>()?;
    let (len, payload) = rest.split_first_chunk::<4>()?;
    let len = usize::try_from(u32::from_le_bytes(*len)).ok()?;
    let whole = len == payload.len() && len <= MAX_INSTRUCTION_BYTES;
    whole.then_some((PartyKey(*signer), Signature(*signature), payload))
}

fn decode(instruction: Instruction, facts: &Facts) -> Body {
    match instruction {
        Instruction::Tick => Body::Tick,
        Instruction::Fund(fund) => Body::Fund(fund),
        Instruction::Deal(deal) => Body::Deal(DealBody { decoded: decode_deal(&deal), deal }),
        Instruction::Complain(complaint) => Body::Complain(complaint),
        Instruction::Reserve(commit) => Body::Reserve(decode_commit(&commit)),
        Instruction::Commit(commit) => Body::Commit(decode_commit(&commit)),
        Instruction::CommitCurve(commit) => Body::CommitCurve(decode_curve(&commit)),
        Instruction::Reveal(reveals) => Body::Reveal(decode_reveals(&reveals, facts)),
        Instruction::Endorse(endorsement) => Body::Endorse(endorsement),
        Instruction::Vouch(vouch) => Body::Vouch(vouch),
        Instruction::Gate(post) => Body::Gate(RankBody {
            header: post.header,
            lengths: (post.turns.len(), post.turns.len()),
            decoded: gate::decode(&post.turns, &post.proof).map(Arc::new),
        }),
        Instruction::Shuffle(post) => Body::Shuffle(RankBody {
            header: post.header,
            lengths: (post.outputs.len(), post.outputs.len()),
            decoded: shuffle::decode(&post.outputs, &post.proof).map(Arc::new),
        }),
        Instruction::Blind(post) => Body::Blind(RankBody {
            header: post.header,
            lengths: (post.blinded.len(), post.responses.len()),
            decoded: blind::decode(&post.blinded, &post.challenge, &post.responses).map(Arc::new),
        }),
        Instruction::Decrypt(post) => Body::Decrypt(RankBody {
            header: post.header,
            lengths: (post.shares.len(), post.shares.len()),
            decoded: decryption_share::decode(&post.shares, &post.proof).map(Arc::new),
        }),
        Instruction::Decide(decision) => Body::Decide(decision),
    }
}

fn decode_commit(commit: &Commit) -> CommitBody {
    let Commit { lot, round, commitment, range_proof, seal } = commit;
    let decoded = range::decode(commitment, range_proof).map(Box::new);
    CommitBody { lot: *lot, round: *round, seal: *seal, decoded }
}

fn decode_curve(commit: &CurveCommit) -> CurveBody {
    let CurveCommit { lot, round, side, steps, seal } = commit;
    let step = |CurveStep { quantity, commitment, range_proof }: &CurveStep| StepBody {
        quantity: *quantity,
        decoded: range::decode(commitment, range_proof).map(Box::new),
    };
    let steps = steps.iter().map(step).collect();
    CurveBody { lot: *lot, round: *round, side: *side, steps, seal: *seal }
}

fn decode_deal(deal: &Deal) -> Result<Vec<RistrettoPoint>, ProofError> {
    let point = |p: &Point, name: String| group::decode(p).ok_or(ProofError::NotCanonical(name));
    let commitments = deal
        .commitments
        .iter()
        .enumerate()
        .map(|(c, a)| point(a, format!("commitment A_{c}")))
        .collect::<Result<_, _>>()?;
    for (at, share) in deal.shares.iter().enumerate() {
        if group::decode_scalar(share).is_none() {
            return Err(ProofError::NotCanonical(format!("share {at}")));
        }
    }
    point(&deal.ephemeral, "the ephemeral key".into())?;
    Ok(commitments)
}

fn decode_reveals(reveals: &Reveals, facts: &Facts) -> Vec<RevealBody> {
    reveals
        .iter()
        .map(|reveal| {
            let bytes = &reveal.sealed_bid;
            let (sealed, contribution) = match facts.step_shape(reveal.bid.lot) {
                Some(shape) => {
                    let steps = facts.terms.mechanism.curve().map_or(1, |curve| curve.steps);
                    decode_sealed(bytes, (shape, steps), facts.terms.ties, reveal.bid.round)
                }
                // **R1** refuses it before anybody asks.
                None => (Err(ProofError::Equation("a reveal for no lot".into())), None),
            };
            RevealBody {
                bid: reveal.bid,
                seal: commitment::seal(&facts.auction, &reveal.bid, bytes),
                sealed,
                contribution,
            }
        })
        .collect()
}

/// A sealed bid of at most so many steps, and after it in round 0 the contribution to a lottery if there is one.
fn decode_sealed(
    bytes: &[u8],
    (shape, most_steps): (&Shape, u8),
    ties: Ties,
    round: u32,
) -> (Result<Vec<Sealed>, ProofError>, Option<Contribution>) {
    let each = SealedBid::encoded_len(shape);
    let wrong = |most: usize| ProofError::Length {
        what: "bytes of the sealed bid and the contribution",
        expected: most,
        actual: bytes.len(),
    };
    let most = each.saturating_mul(most_steps.into());
    let Some((sealed, contribution)) = split_contribution(bytes, ties, round) else {
        return (Err(wrong(most.saturating_add(CONTRIBUTION_BYTES))), None);
    };
    let steps = sealed.chunks_exact(each);
    let is_whole = steps.remainder().is_empty() && (1..=most).contains(&sealed.len());
    if !is_whole {
        let behind = bytes.len().saturating_sub(sealed.len());
        return (Err(wrong(most.saturating_add(behind))), None);
    }
    (steps.map(|step| Sealed::decode(step, shape)).collect(), contribution.copied())
}

#[cfg(test)]
mod tests {
    use super::*;
    use talea_protocol::{bytes::List, instruction::SignedInstruction, transcript::Entry};

    #[test]
    fn cutting_agrees_with_borsh() {
        let instruction = SignedInstruction {
            signer: PartyKey([1; 32]),
            signature: Signature([2; 64]),
            payload: List::new(vec![0]).unwrap(),
        };
        let instruction_bytes = borsh::to_vec(&instruction).unwrap();
        let entry = Entry {
            slot: 77,
            instruction: List::new(instruction_bytes.clone()).unwrap(),
            head: Digest([3; 32]),
        };
        let bytes = borsh::to_vec(&entry).unwrap();
        let raw = RawEntry::parse(bytes.clone()).unwrap();
        assert_eq!(raw.slot, 77);
        assert_eq!(raw.instruction, instruction_bytes);
        assert_eq!(raw.head, Digest([3; 32]));
        let (signer, signature, payload) = cut(&instruction_bytes).unwrap();
        assert_eq!(signer, instruction.signer);
        assert_eq!(signature, instruction.signature);
        assert_eq!(payload, [0]);

        for end in 0..bytes.len() {
            assert!(RawEntry::parse(bytes[..end].to_vec()).is_none());
        }
        for end in 0..instruction_bytes.len() {
            assert!(cut(&instruction_bytes[..end]).is_none());
        }
        assert!(RawEntry::parse([&bytes[..], &[0]].concat()).is_none());
        assert!(cut(&[&instruction_bytes[..], &[0]].concat()).is_none());
        // Every change of a byte is judged alike.
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] = changed[at].wrapping_add(1);
            assert_eq!(
                RawEntry::parse(changed.clone()).is_some(),
                Entry::try_from_slice(&changed).is_ok()
            );
        }
    }
}
