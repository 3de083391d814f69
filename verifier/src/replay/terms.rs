//! The opening: terms, and the seller's word for them (section 3; **T1** to **T8**).

mod markets;

use std::collections::{BTreeMap, BTreeSet};

use borsh::BorshDeserialize as _;
use talea_protocol::{
    bytes::{PartyKey, Point},
    instruction::opening_bytes,
    labels::PROTOCOL_VERSION,
    limits::{MAX_BIDS_PER_LOT, MAX_OPENED_BIDS, MAX_ROUNDS, MAX_SHOWN_BUCKETS, MAX_UNITS},
    outcome::Quote,
    price::{Level, Price, PriceGrid, Shape, Side},
    quorum::{KeyholderId, Member, keyholders},
    terms::{Admission, AuctionId, Currency, Disclosure, Lot, Mechanism, Terms},
    transcript::{Genesis, genesis_head},
};

use super::curve::{sealed_bits, step_shape};
use crate::{docket::Docket, failure::Stop, group, keys};
use talea_protocol::{bytes::Digest, check::Check, quorum::Group};

/// The terms, and what follows from them alone.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) terms: Terms,
    pub(crate) auction: AuctionId,
    pub(crate) keyholders: BTreeMap<PartyKey, KeyholderId>,
    admitted: Option<BTreeSet<PartyKey>>,
    /// In what a step of a bid is encrypted, or a bid that is none of steps, by lot.
    step_shapes: Vec<Shape>,
}

impl Facts {
    fn new(terms: Terms, auction: AuctionId) -> Self {
        let seats = keyholders(&terms.quorum).map(|(id, member)| (member.signing, id));
        let admitted = match &terms.admission {
            Admission::Open => None,
            Admission::Listed(keys) => Some(keys.iter().copied().collect()),
        };
        let bits = sealed_bits(terms.mechanism);
        // **T8**: they are possible.
        let shape =
            |lot: &Lot| step_shape(&lot.grid, bits).unwrap_or_else(|| lot.grid.shape.clone());
        let step_shapes = terms.lots.iter().map(shape).collect();
        Self { keyholders: seats.collect(), admitted, auction, step_shapes, terms }
    }

    pub(crate) fn lot(&self, index: u32) -> Option<&Lot> {
        self.terms.lots.get(usize::try_from(index).ok()?)
    }

    /// In what a step of a bid on this lot is encrypted.
    pub(crate) fn step_shape(&self, lot: u32) -> Option<&Shape> {
        self.step_shapes.get(usize::try_from(lot).ok()?)
    }

    pub(crate) fn group(&self, index: u16) -> Option<&Group> {
        self.terms.quorum.get(usize::from(index))
    }

    pub(crate) fn member(&self, id: KeyholderId) -> Option<&Member> {
        let index = usize::from(id.member).checked_sub(1)?;
        self.group(id.group)?.members.get(index)
    }

    pub(crate) fn is_listed(&self, bidder: &PartyKey) -> bool {
        self.admitted.as_ref().is_none_or(|keys| keys.contains(bidder))
    }

    /// What a keyholder has at stake in all.
    pub(crate) fn bond(&self) -> u64 {
        let lots = u64::try_from(self.terms.lots.len()).unwrap_or(u64::MAX);
        // **T5** bounds it.
        self.terms.stakes.bond.saturating_mul(lots)
    }

    /// The fee for a commit on a lot that has so many. **T5** bounds it.
    pub(crate) fn commit_fee(&self, commits: usize) -> u64 {
        let stakes = &self.terms.stakes;
        let n = u64::try_from(commits).unwrap_or(u64::MAX);
        stakes.commit_fee.saturating_add(n.saturating_mul(stakes.fee_growth))
    }
}

/// A level of the grid with its price. Nothing if the price does not fit, which **T2** excludes.
pub(crate) fn quote(grid: &PriceGrid, level: Level) -> Option<Quote> {
    let price = i64::try_from(price(grid, level)).ok()?;
    Some(Quote { level, price: Price(price) })
}

/// The price of a level as an exact integer.
pub(crate) fn price(grid: &PriceGrid, level: Level) -> i128 {
    let distance = i128::from(grid.tick).saturating_mul(i128::from(level.0));
    let start = i128::from(grid.start.0);
    match grid.side {
        Side::HighestWins => start.saturating_add(distance),
        Side::LowestWins => start.saturating_sub(distance),
    }
}

/// Checks the genesis, whose **X1** has passed, and gives the head after it.
pub(crate) fn open(docket: &mut Docket, genesis: &Genesis) -> Result<(Facts, Digest), Stop> {
    let terms = canonical(&genesis.terms);
    let terms = match terms {
        Ok(terms) => terms,
        Err(sentence) => return Err(docket.refuse(Check::TermsCanonical, sentence)),
    };
    docket.pass(Check::TermsCanonical);
    for (check, fault) in [
        (Check::TermsLots, lots_fault(&terms)),
        (Check::TermsSchedule, schedule_fault(&terms, genesis.slot)),
        (Check::TermsQuorum, quorum_fault(&terms)),
        (Check::TermsParties, parties_fault(&terms)),
        (Check::TermsRules, rules_fault(&terms)),
        (Check::TermsMarkets, markets::fault(&terms)),
    ] {
        match fault {
            None => docket.pass(check),
            Some(sentence) => return Err(docket.refuse(check, sentence)),
        }
    }
    let auction = Terms::auction_id_of_bytes(&genesis.terms);
    let message = opening_bytes(&auction, genesis.slot);
    let seller = terms.seller;
    docket.describe(|subject| subject.signer = Some(seller));
    if let Err(sentence) = keys::verify(&seller, &message, &genesis.signature) {
        return Err(docket.refuse(Check::TermsSignature, sentence));
    }
    docket.pass(Check::TermsSignature);
    let head = genesis_head(&auction, genesis.slot, &genesis.signature);
    Ok((Facts::new(terms, auction), head))
}

/// **T1**.
fn canonical(bytes: &[u8]) -> Result<Terms, String> {
    if let Some((version, _)) = bytes.split_first_chunk::<2>() {
        let version = u16::from_le_bytes(*version);
        if version != PROTOCOL_VERSION {
            return Err(format!(
                "the terms must be of protocol version {PROTOCOL_VERSION} and are of {version}"
            ));
        }
    }
    let terms = Terms::try_from_slice(bytes)
        .map_err(|error| format!("the terms do not decode: {error}"))?;
    match borsh::to_vec(&terms) {
        Ok(again) if again == bytes => Ok(terms),
        _ => Err("the terms are not the canonical encoding of what they say".into()),
    }
}

/// **T2**.
fn lots_fault(terms: &Terms) -> Option<String> {
    if terms.lots.is_empty() {
        return Some("there must be at least one lot".into());
    }
    terms.lots.iter().enumerate().find_map(|(index, lot)| {
        let fault = if lot.quantity == 0 {
            "its quantity must be at least 1 and is 0".into()
        } else {
            grid_fault(&lot.grid)?
        };
        Some(format!("lot {index}: {fault}"))
    })
}

fn grid_fault(grid: &PriceGrid) -> Option<String> {
    if !grid.scale.is_possible() {
        return Some("its scale must have at most 12 decimal places or 8 binary ones".into());
    }
    if grid.tick == 0 || i64::try_from(grid.tick).is_err() {
        let tick = grid.tick;
        return Some(format!("its tick must be in 1 .. 2^63 and is {tick}"));
    }
    let product =
        1u64.checked_shl(u32::try_from(grid.shape.bits()).unwrap_or(u32::MAX)).unwrap_or(u64::MAX);
    if !(2..=product).contains(&u64::from(grid.levels)) {
        let levels = grid.levels;
        return Some(format!("its levels must be in 2 ..= {product} and are {levels}"));
    }
    let last = price(grid, Level(grid.levels.saturating_sub(1)));
    if i64::try_from(last).is_err() {
        return Some(format!("its last price {last} must fit in 64 bits"));
    }
    None
}

/// **T3**.
fn schedule_fault(terms: &Terms, opening: u64) -> Option<String> {
    let s = &terms.schedule;
    let in_order = opening <= s.deals_until
        && s.deals_until < s.complaints_until
        && s.complaints_until < s.commits_until
        && s.commits_until < s.reveals_until
        && s.reveals_until <= 1 << 62;
    if !in_order {
        return Some(format!(
            "opening <= deals < complaints < commits < reveals <= 2^62 must hold and the slots are \
             {opening}, {}, {}, {}, {}",
            s.deals_until, s.complaints_until, s.commits_until, s.reveals_until
        ));
    }
    // Of Reveals, which **T3** has put in order.
    let lasts = s.reveals_until.saturating_sub(s.commits_until);
    let margin = lasts.saturating_sub(1).min(1 << 32);
    let bounded = [
        ("endorse_slots", s.endorse_slots, 1, 1 << 32),
        ("step_slots", s.step_slots, 1, 1 << 32),
        ("step_slots_per_bid", s.step_slots_per_bid, 0, 1 << 32),
        ("witness_slots", s.witness_slots, 0, margin),
        ("max_bids_per_lot", terms.max_bids_per_lot.into(), 1, MAX_BIDS_PER_LOT.into()),
        ("fan_out", terms.fan_out.into(), 1, 1023),
        ("chunk_items", terms.chunk_items.into(), 1, 2048),
    ];
    bounded.into_iter().find_map(|(name, value, least, most)| {
        (!(least..=most).contains(&value))
            .then(|| format!("{name} must be in {least} ..= {most} and is {value}"))
    })
}

/// **T4**.
fn quorum_fault(terms: &Terms) -> Option<String> {
    if terms.quorum.is_empty() {
        return Some("there must be at least one group of keyholders".into());
    }
    for (g, group) in terms.quorum.iter().enumerate() {
        let (t, e, n) = (group.threshold, group.endorsements, group.members.len());
        if !(1 <= t && t <= e && usize::from(e) <= n) {
            return Some(format!(
                "group {g}: 1 <= threshold <= endorsements <= members must hold and they are {t}, {e}, {n}"
            ));
        }
    }
    let mut signing = BTreeSet::new();
    let mut encryption = BTreeSet::new();
    for (id, member) in keyholders(&terms.quorum) {
        if let Err(bad) = keys::decode(&member.signing) {
            return Some(format!("the signing key of {id} {bad}"));
        }
        if !signing.insert(member.signing) {
            return Some(format!("the signing key of {id} occurs twice"));
        }
        if member.encryption == Point::IDENTITY {
            return Some(format!("the encryption key of {id} is the identity"));
        }
        if group::decode(&member.encryption).is_none() {
            return Some(format!("the encryption key of {id} is not canonical"));
        }
        if !encryption.insert(member.encryption) {
            return Some(format!("the encryption key of {id} occurs twice"));
        }
    }
    None
}

/// **T5**.
fn parties_fault(terms: &Terms) -> Option<String> {
    let beneficiary = terms.stakes.beneficiary;
    let mut parties = vec![("seller", terms.seller), ("custodian", terms.custodian)];
    parties.extend(beneficiary.map(|key| ("beneficiary", key)));
    for (name, key) in &parties {
        if let Err(bad) = keys::decode(key) {
            return Some(format!("the {name}'s key {bad}"));
        }
    }
    let distinct: BTreeSet<PartyKey> = parties.iter().map(|(_, key)| *key).collect();
    if distinct.len() < parties.len() {
        return Some("seller, custodian and beneficiary must be distinct".into());
    }
    for (id, member) in keyholders(&terms.quorum) {
        let seated = [("custodian", Some(terms.custodian)), ("beneficiary", beneficiary)];
        if let Some((name, _)) = seated.into_iter().find(|(_, key)| *key == Some(member.signing)) {
            return Some(format!("the {name} must be no keyholder and is {id}"));
        }
    }
    if let Admission::Listed(list) = &terms.admission {
        let mut before: Option<&PartyKey> = None;
        for (at, key) in list.iter().enumerate() {
            if let Err(bad) = keys::decode(key) {
                return Some(format!("admitted key {at} {bad}"));
            }
            if before.is_some_and(|before| before >= key) {
                return Some(format!("admitted key {at} must be above the one before it"));
            }
            before = Some(key);
        }
    }
    let stakes = &terms.stakes;
    let growth = stakes.fee_growth.checked_mul(terms.max_bids_per_lot.into());
    let fee = growth.and_then(|growth| growth.checked_add(stakes.commit_fee));
    if fee.and_then(|fee| fee.checked_add(stakes.deposit)).is_none() {
        return Some("the deposit and the fee of a full lot must sum to less than 2^64".into());
    }
    let lots = u64::try_from(terms.lots.len()).unwrap_or(u64::MAX);
    if stakes.bond.checked_mul(lots).is_none() {
        return Some("the bonds of all lots must sum to less than 2^64".into());
    }
    None
}

/// **T7**.
fn rules_fault(terms: &Terms) -> Option<String> {
    match terms.mechanism {
        Mechanism::UniformPrice { units } if !(1..=MAX_UNITS).contains(&usize::from(units)) => {
            return Some(format!("the units must be in 1 ..= {MAX_UNITS} and are {units}"));
        }
        Mechanism::UniformPrice { .. }
        | Mechanism::FirstPrice
        | Mechanism::Curves { .. }
        | Mechanism::TwoSided { .. }
        | Mechanism::Survey { .. } => {}
    }
    if let Disclosure::Facts { depth: Some(depth), .. } = terms.disclosure
        && depth.min_bids == 0
    {
        return Some("the min_bids of a depth must be at least 1 and are 0".into());
    }
    let bids = u64::try_from(terms.lots.len())
        .unwrap_or(u64::MAX)
        .saturating_mul(terms.max_bids_per_lot.into());
    if terms.disclosure == Disclosure::Everything && bids > MAX_OPENED_BIDS {
        return Some(format!(
            "an auction that discloses everything takes at most {MAX_OPENED_BIDS} bids over all \
             lots, and these terms allow {bids}"
        ));
    }
    if let Some(sentence) = depth_fault(terms) {
        return Some(sentence);
    }
    if let Some(reserve) = terms.reserve {
        let (after, before) = (terms.schedule.complaints_until, terms.schedule.commits_until);
        if !(after < reserve.until && reserve.until < before) {
            return Some(format!(
                "complaints < reserves < commits must hold and the slots are {after}, {}, {before}",
                reserve.until
            ));
        }
    }
    if let Some(acceptance) = terms.acceptance
        && !(1..=1 << 32).contains(&acceptance.slots)
    {
        let slots = acceptance.slots;
        return Some(format!("the slots of an acceptance must be in 1 ..= 2^32 and are {slots}"));
    }
    rounds_fault(terms).or_else(|| currency_fault(terms.money?.currency))
}

/// **T7**, of the currency.
fn currency_fault(currency: Currency) -> Option<String> {
    let is_code = currency.0.iter().all(u8::is_ascii_uppercase);
    (!is_code).then(|| format!("the currency must be three letters A to Z and is {currency}"))
}

/// **T7**, of what depths show: a bucket for each first digit of each lot, in each round.
fn depth_fault(terms: &Terms) -> Option<String> {
    let Disclosure::Facts { depth: Some(_), .. } = terms.disclosure else {
        return None;
    };
    let radices = terms.lots.iter().map(|lot| {
        let bits = lot.grid.shape.digit_bits().first().copied().unwrap_or(0);
        1u64.checked_shl(bits.into()).unwrap_or(u64::MAX)
    });
    let of_a_round = radices.fold(0u64, u64::saturating_add);
    let limit = terms.rounds.map_or(1, |rounds| u64::from(rounds.limit));
    let buckets = of_a_round.saturating_mul(limit);
    (buckets > MAX_SHOWN_BUCKETS).then(|| {
        format!(
            "an auction shows at most {MAX_SHOWN_BUCKETS} buckets of depths over all lots and \
             rounds, and these terms show {buckets}"
        )
    })
}

/// **T7**, of rounds.
fn rounds_fault(terms: &Terms) -> Option<String> {
    let rounds = terms.rounds?;
    let most = u64::try_from(MAX_ROUNDS).unwrap_or(u64::MAX);
    // Longer than witnesses' margin, and at least 1.
    let least = terms.schedule.witness_slots.saturating_add(1);
    let bounded = [
        ("limit", rounds.limit.into(), 2, most),
        ("commit_slots", rounds.commit_slots, least, 1 << 32),
        ("reveal_slots", rounds.reveal_slots, least, 1 << 32),
    ];
    for (name, value, least, most) in bounded {
        if !(least..=most).contains(&value) {
            return Some(format!(
                "the {name} of rounds must be in {least} ..= {most} and is {value}"
            ));
        }
    }
    if !matches!(terms.disclosure, Disclosure::Facts { depth: Some(_), .. }) {
        return Some("rounds must have a depth to show, and the terms disclose none".into());
    }
    None
}
