//! What screens make of auctions whose truth is known, and of a public record of tenders.
//!
//! Auctions are simulated in the clear: bidders compete in equilibrium, or some of them collude. How often each
//! screen raises a flag is its rate of false alarms there and its power here.
//!
//! In the order in which the data moves:
//!
//! | module | what it holds |
//! |---|---|
//! | [`equilibrium`] | what a bidder asks that knows its own cost alone |
//! | [`market`] | who meets whom, at what costs and prices |
//! | [`cartel`] | what a ring, or a seller, makes of it |
//! | [`lines`](mod@lines) | the markets that screens are tested on |
//! | [`rates`] | how often each screen raises a flag |
//! | [`tenders`] | a public record of tenders, screened |

pub mod cartel;
pub mod equilibrium;
pub mod lines;
pub mod market;
pub mod rates;
pub mod tenders;

use rand_core::RngCore;

/// A number from 0 to below 1, every multiple of 2^-53 as likely.
pub(crate) fn uniform(rng: &mut impl RngCore) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    let bits = (rng.next_u64() >> 11) as f64;
    bits * 2.0_f64.powi(-53)
}

#[cfg(test)]
mod tests {
    use crate::{run, scenario::Scenario};
    use std::{collections::BTreeSet, path::Path};
    use talea_protocol::bytes::PartyKey;
    use talea_screens::{
        Record,
        record::{Ending, Opened, Reserve},
        verified::{Context, records},
    };
    use talea_verifier::{Options, Report, verify};

    fn verified(scenario: &str, cut: usize) -> Report {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
        let scenario = Scenario::read(&folder.join(scenario)).unwrap();
        let mut transcript = Vec::new();
        run::run(&scenario, (scenario.seed, 0), &mut transcript).unwrap();
        transcript.truncate(transcript.len() - cut);
        verify(transcript.as_slice(), &Options::default(), |_| ()).unwrap()
    }

    fn converted(report: &Report, committed: &[BTreeSet<PartyKey>]) -> Vec<Record> {
        records(report, &Context { order: 3, committed, name: &|key| key.to_string() })
    }

    #[test]
    fn a_verified_transcript_becomes_records_of_what_it_disclosed() {
        let open = converted(&verified("open-book.toml", 0), &[]);
        assert!(!open.is_empty());
        for record in &open {
            let Opened::All(bids) = &record.opened else { panic!("{record:?}") };
            assert_eq!(Some(bids.len()), record.valid_bids);
            assert_eq!(record.bidders.as_ref().map(BTreeSet::len), Some(bids.len()));
            if let Some(price) = record.price.filter(|_| record.pays_own_bid) {
                assert_eq!(record.bids(1).unwrap()[0].price, price, "{record:?}");
            }
        }
        let report = verified("bwic-with-reserves.toml", 0);
        let sealed = converted(&report, &[]);
        assert_eq!(sealed.len(), report.lots.len());
        for (record, lot) in sealed.iter().zip(&report.lots) {
            assert_eq!(matches!(record.opened, Opened::All(_)), lot.disclosed.bids.is_some());
            assert_eq!(record.bidders, None, "who committed was not read");
            assert_eq!((record.order, record.price.is_some()), (3, !record.winners.is_empty()));
        }
        let ends = |ending| sealed.iter().filter(|record| record.ending == ending).count();
        assert!(ends(Ending::Sold) > 0 && ends(Ending::BelowReserve) > 0, "{sealed:?}");
        assert!(sealed.iter().any(|record| record.reserve != Reserve::None), "{sealed:?}");
    }

    #[test]
    fn who_committed_is_taken_from_whoever_read_it() {
        let report = verified("seed-story.toml", 0);
        let keys = BTreeSet::from([PartyKey([1; 32]), PartyKey([2; 32])]);
        let records = converted(&report, &[keys]);
        let bidders = records[0].bidders.as_ref().unwrap();
        assert!(bidders.contains(&PartyKey([2; 32]).to_string()) && bidders.len() == 2);
    }

    #[test]
    fn a_transcript_that_is_not_complete_and_valid_gives_no_record() {
        assert!(converted(&verified("seed-story.toml", 1), &[]).is_empty());
    }
}
