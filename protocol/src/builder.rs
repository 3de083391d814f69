//! Terms in the making: the one place where all of their fields are put together, and the usual value of those
//! that their author need not choose.

use crate::{
    bytes::{Domain, List, PartyKey, TooLong},
    labels::PROTOCOL_VERSION,
    mechanism::Mechanism,
    quorum::Group,
    terms::{
        Acceptance, Admission, Disclosure, Lot, Money, Openings, Reserve, Rounds, Schedule, Stakes,
        Terms, Ties,
    },
};
use alloc::vec::Vec;

/// Commits per lot, at most, where nobody chose another number.
pub const MAX_BIDS_PER_LOT: u32 = 1_000;
/// Test points asked at once, where nobody chose another number.
pub const FAN_OUT: u16 = 15;
/// Items in one chunk of a rank message, where nobody chose another number.
pub const CHUNK_ITEMS: u16 = 256;

/// Terms in the making. The fields are those of [`Terms`], before their lengths are checked.
#[derive(Clone, Debug)]
pub struct TermsBuilder {
    /// 32 random bytes; zeros are not, and have to be replaced where an id must not be met twice.
    pub nonce: [u8; 32],
    /// The chain or board.
    pub domain: Domain,
    /// Signs the opening.
    pub seller: PartyKey,
    /// Reports money.
    pub custodian: PartyKey,
    /// The line items: none yet.
    pub lots: Vec<Lot>,
    /// First price.
    pub mechanism: Mechanism,
    /// The earliest commit wins.
    pub ties: Ties,
    /// Winner and price.
    pub disclosure: Disclosure,
    /// None.
    pub reserve: Option<Reserve>,
    /// The seller cannot decline.
    pub acceptance: Option<Acceptance>,
    /// One round.
    pub rounds: Option<Rounds>,
    /// When each phase ends.
    pub schedule: Schedule,
    /// Nothing is at stake.
    pub stakes: Stakes,
    /// The parties who may bid, in any order; anybody if nothing.
    pub bidders: Option<Vec<PartyKey>>,
    /// [`MAX_BIDS_PER_LOT`].
    pub max_bids_per_lot: u32,
    /// Who together may decrypt: nobody yet.
    pub quorum: Vec<Group>,
    /// [`FAN_OUT`].
    pub fan_out: u16,
    /// [`CHUNK_ITEMS`].
    pub chunk_items: u16,
    /// The terms do not say what prices are.
    pub money: Option<Money>,
    /// Private.
    pub openings: Openings,
}

/// A list that is too long for terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct Unbuildable {
    /// Which: `lots`, `bidders` or `quorum`.
    pub field: &'static str,
    /// By how much.
    pub why: TooLong,
}

impl TermsBuilder {
    /// With the usual value in every field that has one, and without lots and keyholders.
    #[must_use]
    pub fn new(domain: Domain, seller: PartyKey, custodian: PartyKey, schedule: Schedule) -> Self {
        Self {
            nonce: [0; 32],
            domain,
            seller,
            custodian,
            lots: Vec::new(),
            mechanism: Mechanism::FirstPrice,
            ties: Ties::EarliestCommit,
            disclosure: Disclosure::WINNER_AND_PRICE,
            reserve: None,
            acceptance: None,
            rounds: None,
            schedule,
            stakes: Stakes { deposit: 0, bond: 0, commit_fee: 0, fee_growth: 0, beneficiary: None },
            bidders: None,
            max_bids_per_lot: MAX_BIDS_PER_LOT,
            quorum: Vec::new(),
            fan_out: FAN_OUT,
            chunk_items: CHUNK_ITEMS,
            money: None,
            openings: Openings::Private,
        }
    }

    /// The terms. Whether they can be opened, the contract judges.
    ///
    /// # Errors
    /// [`Unbuildable`] if a list is longer than its bound.
    pub fn build(self) -> Result<Terms, Unbuildable> {
        let in_field = |field| move |why| Unbuildable { field, why };
        let admission = match self.bidders {
            None => Admission::Open,
            Some(mut keys) => {
                keys.sort();
                Admission::Listed(List::new(keys).map_err(in_field("bidders"))?)
            }
        };
        Ok(Terms {
            version: PROTOCOL_VERSION,
            nonce: self.nonce,
            domain: self.domain,
            seller: self.seller,
            custodian: self.custodian,
            lots: List::new(self.lots).map_err(in_field("lots"))?,
            mechanism: self.mechanism,
            ties: self.ties,
            disclosure: self.disclosure,
            reserve: self.reserve,
            acceptance: self.acceptance,
            rounds: self.rounds,
            schedule: self.schedule,
            stakes: self.stakes,
            admission,
            max_bids_per_lot: self.max_bids_per_lot,
            quorum: List::new(self.quorum).map_err(in_field("quorum"))?,
            fan_out: self.fan_out,
            chunk_items: self.chunk_items,
            money: self.money,
            openings: self.openings,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Text;
    use alloc::string::ToString as _;

    fn builder() -> TermsBuilder {
        let [seller, custodian] = [1, 2].map(|byte| PartyKey([byte; 32]));
        let domain = Text::new("test").unwrap();
        TermsBuilder::new(domain, seller, custodian, Schedule::even(10))
    }

    #[test]
    fn a_list_that_is_too_long_is_named() {
        let group = Group {
            name: Text::new("group").unwrap(),
            threshold: 1,
            endorsements: 1,
            is_witness: false,
            members: List::default(),
        };
        let quorum = alloc::vec![group; crate::limits::MAX_GROUPS + 1];
        let fault = TermsBuilder { quorum, ..builder() }.build().unwrap_err();
        assert_eq!(fault.field, "quorum");
        assert!(fault.to_string().starts_with("quorum: a list of "), "{fault}");
    }

    #[test]
    fn bidders_are_listed_in_order_however_they_were_named() {
        let keys = [3, 1, 2].map(|byte| PartyKey([byte; 32]));
        let bidders = Some(keys.to_vec());
        let terms = TermsBuilder { bidders, ..builder() }.build().unwrap();
        let Admission::Listed(listed) = terms.admission else { panic!("{:?}", terms.admission) };
        assert_eq!(listed.to_vec(), [1, 2, 3].map(|byte| PartyKey([byte; 32])));
    }

    #[test]
    fn phases_are_even_and_follow_one_another() {
        let Schedule { deals_until, complaints_until, commits_until, reveals_until, .. } =
            builder().schedule;
        assert_eq!([deals_until, complaints_until, commits_until, reveals_until], [10, 20, 30, 40]);
    }
}
