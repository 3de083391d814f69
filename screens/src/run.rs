//! All screens over the same records.

use crate::{
    declines, finding::Finding, isolated, missing_bids, permutation::Chance, record::Record,
    rotation, screen::Screen, spread, variance,
};

/// Runs every screen, with the usual seed. The order of the records does not matter.
#[must_use]
pub fn run(records: &[Record]) -> Vec<Finding> {
    run_with(records, Chance::default())
}

/// Runs every screen.
#[must_use]
pub fn run_with(records: &[Record], chance: Chance) -> Vec<Finding> {
    let ordered = Record::in_order(records);
    let one = |screen: &Screen| match screen {
        Screen::MissingBids => missing_bids::screen(&ordered),
        Screen::IsolatedWinners => isolated::screen(&ordered),
        Screen::Variance => variance::screen(&ordered, chance),
        Screen::Spread => spread::screen(&ordered),
        Screen::Rotation => rotation::screen(&ordered, chance),
        Screen::Declines => declines::screen(&ordered, chance),
    };
    Screen::ALL.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        html,
        permutation::shuffle,
        record::{Bid, Opened},
        testing::{market_with_a_gap, sale, sealed, tender},
    };
    use rand_core::SeedableRng as _;

    #[test]
    fn the_order_in_which_records_come_does_not_matter() {
        let mut records = market_with_a_gap();
        records.extend((0..40).map(|order| {
            let price = i64::try_from(order * 31 % 17).unwrap();
            tender(order, &[("a", 500 + price), ("b", 510), ("c", 530)])
        }));
        let before = run(&records);
        let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(9);
        for _ in 0..3 {
            shuffle(&mut records, &mut rng);
            for record in &mut records {
                if let Opened::All(bids) = &mut record.opened {
                    shuffle::<Bid>(bids, &mut rng);
                }
            }
            assert_eq!(run(&records), before);
        }
    }

    #[test]
    fn none_one_or_two_auctions_say_nothing() {
        for count in 0..3 {
            let records = market_with_a_gap()[..count].to_vec();
            let findings = run(&records);
            assert_eq!(findings.len(), Screen::ALL.len());
            for finding in findings {
                assert!(!finding.was_run() && !finding.is_flag(), "{finding:?}");
                assert!(finding.sentence().starts_with("Cannot be run"), "{}", finding.sentence());
                assert_eq!(finding.coverage.auctions(), count);
            }
        }
    }

    #[test]
    fn the_widest_prices_and_all_ties_break_nothing() {
        let widest = [("a", i64::MIN), ("b", 0), ("c", i64::MAX)];
        let tied = [("a", 7), ("b", 7), ("c", 7)];
        for bids in [widest, tied, [("a", i64::MAX); 3], [("a", i64::MIN); 3], [("a", 0); 3]] {
            for make in [tender, sale] {
                let records: Vec<Record> = (0..120).map(|order| make(order, &bids)).collect();
                let findings = run(&records);
                let numbers =
                    findings.iter().flat_map(Finding::tests).flat_map(|t| [t.p, t.adjusted]);
                assert!(numbers.into_iter().all(|p| (0.0..=1.0).contains(&p)), "{bids:?}");
                let page = html::page("page", &[], &findings);
                assert!(!page.contains("NaN"), "{page}");
            }
        }
    }

    #[test]
    fn sealed_auctions_can_only_be_screened_for_who_bid_and_won() {
        let findings = run(&sealed(200));
        let were_run: Vec<Screen> =
            findings.iter().filter(|finding| finding.was_run()).map(|f| f.screen).collect();
        assert_eq!(were_run, [Screen::Rotation]);
    }

    #[test]
    fn tools_read_the_same() {
        let findings = run(&market_with_a_gap());
        let views: Vec<_> = findings.iter().map(Finding::view).collect();
        let json = serde_json::to_value(&views).unwrap();
        assert_eq!(json[0]["screen"], "missing-bids");
        assert_eq!(json[0]["status"], "flag");
        assert_eq!(json[0]["tests"][0]["subject"]["kind"], "market");
        assert_eq!(json[5]["status"], "too-few");
        assert_eq!(json[5]["left_out"][0]["auctions"], 80);
    }
}
