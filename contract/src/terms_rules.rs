//! The rules that terms must meet to open an auction: checks T1 to T8 of `docs/spec.md`.

use crate::{
    curve, envelope,
    group::decode_point,
    rank::mechanism,
    refusal::{Fault, Refusal, require},
};
use alloc::collections::BTreeSet;
use curve25519_dalek::traits::IsIdentity as _;
use talea_protocol::{
    bytes::{PartyKey, Signature},
    check::Check,
    instruction::opening_bytes,
    labels::PROTOCOL_VERSION,
    limits::{
        MAX_BIDS_PER_LOT, MAX_CHUNK_ITEMS, MAX_OPENED_BIDS, MAX_ROUNDS, MAX_SHOWN_BUCKETS,
        MAX_TERMS_BYTES,
    },
    quorum::keyholders,
    terms::{Admission, AuctionId, Disclosure, Terms},
};

const MAX_SLOT: u64 = 1 << 62;
const MAX_DURATION: u64 = 1 << 32;
const MAX_FAN_OUT: u16 = 1023;

/// Reads the terms of an auction that opens at `slot` and checks every rule.
///
/// # Errors
/// The first of T1 to T5, T7, T8 and T6 that fails.
pub fn check(
    slot: u64,
    bytes: &[u8],
    signature: &Signature,
) -> Result<(Terms, AuctionId), Refusal> {
    let malformed = Fault::Malformed { what: "terms" };
    require(bytes.len() <= MAX_TERMS_BYTES, Check::TermsCanonical, malformed.clone())?;
    let terms: Terms =
        borsh::from_slice(bytes).map_err(|_| malformed.fails(Check::TermsCanonical))?;
    require(
        terms.version == PROTOCOL_VERSION,
        Check::TermsCanonical,
        Fault::Count {
            what: "the protocol's version",
            expected: PROTOCOL_VERSION.into(),
            actual: terms.version.into(),
        },
    )?;
    lots(&terms)?;
    schedule(&terms, slot)?;
    quorum(&terms)?;
    parties(&terms)?;
    rules(&terms)?;
    markets(&terms)?;
    let id = Terms::auction_id_of_bytes(bytes);
    require(
        envelope::signature_holds(&terms.seller, &opening_bytes(&id, slot), signature),
        Check::TermsSignature,
        Fault::BadSignature { signer: terms.seller },
    )?;
    Ok((terms, id))
}

fn lots(terms: &Terms) -> Result<(), Refusal> {
    let none = Fault::Impossible { why: "an auction needs at least one lot" };
    require(!terms.lots.is_empty(), Check::TermsLots, none)?;
    for (lot, item) in terms.lots.iter().enumerate() {
        let why = match item.quantity {
            0 => Some("its quantity is zero"),
            _ => item.grid.fault(),
        };
        if let Some(why) = why {
            return Err(Fault::ImpossibleLot { lot, why }.fails(Check::TermsLots));
        }
    }
    Ok(())
}

fn schedule(terms: &Terms, slot: u64) -> Result<(), Refusal> {
    let s = &terms.schedule;
    let rules = [
        (
            slot <= s.deals_until
                && s.deals_until < s.complaints_until
                && s.complaints_until < s.commits_until
                && s.commits_until < s.reveals_until
                && s.reveals_until <= MAX_SLOT,
            "deadlines must follow one another, from the opening slot to 2^62",
        ),
        (
            (1..=MAX_DURATION).contains(&s.endorse_slots)
                && (1..=MAX_DURATION).contains(&s.step_slots)
                && s.step_slots_per_bid <= MAX_DURATION,
            "endorsing and every step need 1 to 2^32 slots",
        ),
        (
            s.witness_slots < s.reveals_until.saturating_sub(s.commits_until)
                && s.witness_slots <= MAX_DURATION,
            "witnesses stop attesting at most 2^32 slots before the end of reveals, and after their beginning",
        ),
        ((1..=MAX_BIDS_PER_LOT).contains(&terms.max_bids_per_lot), "a lot takes 1 to 65,535 bids"),
        ((1..=MAX_FAN_OUT).contains(&terms.fan_out), "the fan-out is 1 to 1,023"),
        (
            (1..=MAX_CHUNK_ITEMS).contains(&usize::from(terms.chunk_items)),
            "a chunk has 1 to 2,048 items",
        ),
    ];
    rules.into_iter().try_for_each(|(holds, why)| {
        require(holds, Check::TermsSchedule, Fault::Impossible { why })
    })
}

fn quorum(terms: &Terms) -> Result<(), Refusal> {
    let broken = |why| Fault::Impossible { why }.fails(Check::TermsQuorum);
    if terms.quorum.is_empty() {
        return Err(broken("a quorum needs at least one group"));
    }
    for group in terms.quorum.iter() {
        let thresholds_fit = 1 <= group.threshold
            && group.threshold <= group.endorsements
            && usize::from(group.endorsements) <= group.members.len();
        if !thresholds_fit {
            return Err(broken("a group needs 1 <= threshold <= endorsements <= members"));
        }
    }
    let mut signing = BTreeSet::new();
    let mut encryption = BTreeSet::new();
    for (_, member) in keyholders(&terms.quorum) {
        if !envelope::key_is_valid(&member.signing) || !signing.insert(member.signing.0) {
            return Err(broken("a keyholder's signing key is invalid or occurs twice"));
        }
        let usable = decode_point(&member.encryption).is_some_and(|p| !p.is_identity());
        if !usable || !encryption.insert(member.encryption.0) {
            return Err(broken("a keyholder's encryption key is invalid or occurs twice"));
        }
    }
    Ok(())
}

fn parties(terms: &Terms) -> Result<(), Refusal> {
    let Terms { seller, custodian, stakes, .. } = terms;
    let beneficiary = stakes.beneficiary;
    let listed: &[PartyKey] = match &terms.admission {
        Admission::Open => &[],
        Admission::Listed(keys) => keys,
    };
    let lots = u64::try_from(terms.lots.len()).unwrap_or(u64::MAX);
    let rules = [
        (
            [seller, custodian].into_iter().chain(&beneficiary).all(envelope::key_is_valid),
            "seller, custodian and beneficiary need valid keys",
        ),
        (
            seller != custodian && ![Some(*seller), Some(*custodian)].contains(&beneficiary),
            "seller, custodian and beneficiary must be distinct parties",
        ),
        (
            keyholders(&terms.quorum).all(|(_, member)| {
                ![Some(*custodian), beneficiary].contains(&Some(member.signing))
            }),
            "neither the custodian nor the beneficiary of forfeits may be a keyholder",
        ),
        (
            listed.iter().all(envelope::key_is_valid) && listed.is_sorted_by(|a, b| a < b),
            "listed bidders need valid keys in strictly ascending order",
        ),
        (
            stakes
                .fee_growth
                .checked_mul(terms.max_bids_per_lot.into())
                .and_then(|growth| growth.checked_add(stakes.commit_fee))
                .and_then(|fee| fee.checked_add(stakes.deposit))
                .is_some()
                && stakes.bond.checked_mul(lots).is_some(),
            "stakes must fit in 64 bits",
        ),
    ];
    rules
        .into_iter()
        .try_for_each(|(holds, why)| require(holds, Check::TermsParties, Fault::Impossible { why }))
}

fn rules(terms: &Terms) -> Result<(), Refusal> {
    let schedule = &terms.schedule;
    let rules = [
        (mechanism::is_possible(terms.mechanism), "a uniform price sells 1 to 63 units"),
        (
            match terms.disclosure {
                Disclosure::Facts { depth: Some(depth), .. } => depth.min_bids >= 1,
                Disclosure::Facts { depth: None, .. } | Disclosure::Everything => true,
            },
            "a depth needs at least one bid",
        ),
        (
            terms.disclosure != Disclosure::Everything || {
                let lots = u64::try_from(terms.lots.len()).unwrap_or(u64::MAX);
                lots.saturating_mul(terms.max_bids_per_lot.into()) <= MAX_OPENED_BIDS
            },
            "an auction that discloses everything takes 2^19 bids at most, over all lots",
        ),
        (
            shown_buckets(terms) <= MAX_SHOWN_BUCKETS,
            "an auction shows 2^22 buckets at most, over all lots and rounds",
        ),
        (
            terms.reserve.is_none_or(|reserve| {
                schedule.complaints_until < reserve.until && reserve.until < schedule.commits_until
            }),
            "a reserve is due after the complaints and before the bids",
        ),
        (
            terms
                .acceptance
                .is_none_or(|acceptance| (1..=MAX_DURATION).contains(&acceptance.slots)),
            "an acceptance has 1 to 2^32 slots",
        ),
        (
            terms.rounds.is_none_or(|rounds| {
                let limit = usize::try_from(rounds.limit).unwrap_or(usize::MAX);
                (2..=MAX_ROUNDS).contains(&limit)
                    && (1..=MAX_DURATION).contains(&rounds.commit_slots)
                    && (1..=MAX_DURATION).contains(&rounds.reveal_slots)
            }),
            "there are 2 to 64 rounds, with 1 to 2^32 slots for commits and for reveals",
        ),
        (
            terms.rounds.is_none_or(|rounds| {
                schedule.witness_slots < rounds.commit_slots.min(rounds.reveal_slots)
            }),
            "witnesses stop attesting after the commits and reveals of a round began",
        ),
        (
            terms.rounds.is_none()
                || matches!(terms.disclosure, Disclosure::Facts { depth: Some(_), .. }),
            "rounds need a depth to show",
        ),
        (
            terms.money.is_none_or(|money| money.currency.0.iter().all(u8::is_ascii_uppercase)),
            "a currency is three letters A to Z",
        ),
    ];
    rules
        .into_iter()
        .try_for_each(|(holds, why)| require(holds, Check::TermsRules, Fault::Impossible { why }))
}

/// T8.
fn markets(terms: &Terms) -> Result<(), Refusal> {
    let why = curve::fault(terms);
    why.map_or(Ok(()), |why| Err(Fault::Impossible { why }.fails(Check::TermsMarkets)))
}

/// Buckets that the outcome may have to hold: of a depth, on every lot and in every round.
fn shown_buckets(terms: &Terms) -> u64 {
    if !matches!(terms.disclosure, Disclosure::Facts { depth: Some(_), .. }) {
        return 0;
    }
    let rounds = terms.rounds.map_or(1, |rounds| rounds.limit);
    let radices = terms.lots.iter().filter_map(|lot| lot.grid.shape.radices().next());
    let buckets = radices.map(|radix| u64::try_from(radix).unwrap_or(u64::MAX));
    buckets.fold(0, u64::saturating_add).saturating_mul(rounds.into())
}
