//! Who runs a scenario: everybody's keys, and the terms that name them.

use super::{RESERVED, Scenario, quorum::GroupPlan};
use crate::{
    failure::{Code, Failure},
    simulate::{Cast, Plan, Seat},
};
use rand_core::CryptoRngCore;
use talea_protocol::{
    builder::TermsBuilder,
    bytes::{List, PartyKey},
    quorum::Group,
    terms::{Stakes, Terms},
};

impl Scenario {
    /// Draws everybody's keys and writes the terms and the plan.
    ///
    /// # Errors
    /// [`Failure`] only if a bound of the protocol was overlooked when the scenario was read.
    pub fn cast(&self, rng: &mut impl CryptoRngCore) -> Result<(Cast, Plan), Failure> {
        let seats: Vec<Vec<Seat>> = self
            .groups
            .iter()
            .map(|group| group.members.iter().map(|(_, seat)| *seat).collect())
            .collect();
        let cast = Cast::draw(&seats, self.bidders.len(), rng);
        let mut nonce = [0; 32];
        rng.fill_bytes(&mut nonce);
        let terms = self.terms(&cast, nonce).ok_or_else(|| {
            Failure::new(Code::ScenarioBound, "the scenario exceeds a bound of the protocol")
        })?;
        let plan = Plan {
            terms,
            opening_slot: self.opening_slot,
            bids: self.bids.clone(),
            curves: self.curves.clone(),
            rounds: self.later_bids.clone(),
            reserves: self.reserves.clone(),
            declines: self.declines.clone(),
            keyholders: self.keyholders.clone(),
        };
        Ok((cast, plan))
    }

    fn terms(&self, cast: &Cast, nonce: [u8; 32]) -> Option<Terms> {
        let groups = self.groups.iter().enumerate().map(|(at, group)| group.of(cast, at));
        let bidders = (0..self.bidders.len()).map(|index| cast.bidder(index));
        let bidders: Vec<PartyKey> = bidders.collect::<Option<_>>()?;
        let builder = TermsBuilder {
            nonce,
            lots: self.lots.clone(),
            mechanism: self.mechanism,
            ties: self.ties,
            money: self.money,
            openings: self.openings,
            disclosure: self.disclosure,
            reserve: self.reserve,
            acceptance: self.acceptance,
            rounds: self.rounds,
            stakes: Stakes { beneficiary: Some(cast.beneficiary()), ..self.stakes },
            bidders: self.is_listed.then_some(bidders),
            max_bids_per_lot: self.max_bids_per_lot,
            quorum: groups.collect::<Option<_>>()?,
            fan_out: self.fan_out,
            chunk_items: self.chunk_items,
            ..TermsBuilder::new(self.domain.clone(), cast.seller(), cast.custodian(), self.schedule)
        };
        builder.build().ok()
    }

    /// Who is behind each key of the cast: bidders, keyholders, then those of every auction.
    #[must_use]
    pub fn names(&self, cast: &Cast) -> Vec<(PartyKey, String)> {
        let bidders = self.bidders.iter().enumerate();
        let bidders = bidders.filter_map(|(at, name)| Some((cast.bidder(at)?, name.clone())));
        let members = self.groups.iter().enumerate().flat_map(|(at, group)| {
            let members = group.members.iter().enumerate();
            members.filter_map(move |(place, (name, seat))| {
                let own = (*seat == Seat::Own).then(|| cast.member(at, place))??;
                Some((own.signing, name.clone()))
            })
        });
        let always = [cast.seller(), cast.custodian(), cast.beneficiary()];
        let always = always.into_iter().zip(RESERVED.map(String::from));
        bidders.chain(members).chain(always).collect()
    }
}

impl GroupPlan {
    /// The group of a cast, the one with this number.
    fn of(&self, cast: &Cast, number: usize) -> Option<Group> {
        let members = (0..self.members.len()).map(|place| cast.member(number, place));
        Some(Group {
            name: self.name.clone(),
            threshold: self.threshold,
            endorsements: self.endorsements,
            is_witness: self.is_witness,
            members: List::new(members.collect::<Option<_>>()?).ok()?,
        })
    }
}
