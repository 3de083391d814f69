//! Declines just above the reserve: are the auctions that a seller declines those that met its reserve barely?
//!
//! A seller that committed a reserve before bids has said what it would take. Of the auctions that met it, by how
//! much each did is ranked, seller by seller; the statistic is the sum of the ranks of those that were declined.
//! Chance: the same number of declines among the same auctions of the seller.

use crate::{
    finding::{Coverage, Figure, Finding, Need, Outcome, Subject, Test, Why},
    permutation::{Chance, shuffle},
    picture::{Dots, Picture},
    record::{Ending, Record, Reserve},
    screen::Screen,
    statistics::{float, float_of, half, median, per_cent, ranks, shown},
};
use std::collections::BTreeMap;

/// A seller is tested with so many auctions that met the reserve, and so many declines among them.
const LEAST_OF_A_SELLER: usize = 5;
const LEAST_DECLINES: usize = 2;

struct Case<'a> {
    seller: &'a String,
    excess: f64,
    is_declined: bool,
}

fn case<'a>(record: &&'a Record) -> Result<Case<'a>, Why> {
    let price = record.award()?;
    let reserve = match record.reserve {
        Reserve::None => return Err(Why::NoReserve),
        Reserve::Sealed => return Err(Need::Reserve.into()),
        Reserve::Opened(reserve) => reserve,
    };
    let reference = record.yardstick(reserve)?;
    let excess = float_of(price.abs_diff(reserve)) / float_of(reference);
    let is_declined = record.ending == Ending::Declined;
    Ok(Case { seller: &record.seller, excess, is_declined })
}

/// The auctions of one seller that met its reserve.
struct Seller<'a> {
    name: &'a String,
    ranks: Vec<f64>,
    is_declined: Vec<bool>,
}

impl Seller<'_> {
    fn declines(&self) -> usize {
        self.is_declined.iter().filter(|declined| **declined).count()
    }

    fn can_be_tested(&self) -> bool {
        self.is_declined.len() >= LEAST_OF_A_SELLER
            && self.declines() >= LEAST_DECLINES
            && self.declines() < self.is_declined.len()
    }

    fn sum(&self, is_declined: &[bool]) -> f64 {
        let ranked = self.ranks.iter().zip(is_declined);
        ranked.filter(|(_, declined)| **declined).map(|(rank, _)| rank).sum()
    }
}

fn sellers<'a>(cases: &[Case<'a>]) -> Vec<Seller<'a>> {
    let mut sellers: BTreeMap<&String, Vec<&Case<'a>>> = BTreeMap::new();
    for case in cases {
        sellers.entry(case.seller).or_default().push(case);
    }
    let seller = |(name, cases): (&'a String, Vec<&Case<'a>>)| Seller {
        name,
        ranks: ranks(&cases.iter().map(|case| case.excess).collect::<Vec<_>>()),
        is_declined: cases.iter().map(|case| case.is_declined).collect(),
    };
    sellers.into_iter().map(seller).filter(Seller::can_be_tested).collect()
}

/// Runs the screen.
#[must_use]
pub fn screen(records: &[&Record], chance: Chance) -> Finding {
    let screen = Screen::Declines;
    let (cases, coverage) = Coverage::gather(records.iter().map(case));
    let need = screen.smallest_sample();
    if cases.len() < need {
        let what = "auctions that met an opened reserve";
        return Finding::not_run(screen, coverage, (cases.len(), need, what));
    }
    let tests = tests(&sellers(&cases), chance);
    let excess = |is_declined: bool| -> Vec<f64> {
        let of = cases.iter().filter(|case| case.is_declined == is_declined);
        of.map(|case| case.excess * 100.0).collect()
    };
    let (declined, sold) = (excess(true), excess(false));
    let figures = vec![
        Figure {
            name: "declined, of those that met the reserve",
            value: per_cent(float(declined.len()) / float(cases.len())),
        },
        Figure {
            name: "median excess over the reserve, declined",
            value: format!("{} %", shown(median(&declined), 2)),
        },
        Figure {
            name: "median excess over the reserve, sold",
            value: format!("{} %", shown(median(&sold), 2)),
        },
        Figure::drawings(chance),
    ];
    let pictures = vec![Picture::Dots(Dots {
        title: "Excess over the reserve, declined ones first".into(),
        note: "each group in the order of the auctions; the shaded ones were declined".into(),
        values: declined.iter().chain(&sold).copied().collect(),
        unit: "%",
        shaded: Some((0, declined.len())),
    })];
    Finding { screen, coverage, outcome: Outcome::Ran { figures, tests, pictures } }
}

/// The market of all sellers that can be tested, then each of them.
fn tests(sellers: &[Seller<'_>], chance: Chance) -> Vec<Test> {
    if sellers.is_empty() {
        return Vec::new();
    }
    let seen: Vec<f64> = sellers.iter().map(|seller| seller.sum(&seller.is_declined)).collect();
    let again = |rng: &mut rand_chacha::ChaCha20Rng| -> Vec<f64> {
        let drawn = |seller: &Seller<'_>| {
            let mut is_declined = seller.is_declined.clone();
            shuffle(&mut is_declined, rng);
            seller.sum(&is_declined)
        };
        sellers.iter().map(drawn).collect()
    };
    let sum = |sums: &[f64]| vec![sums.iter().sum::<f64>()];
    let declines: usize = sellers.iter().map(Seller::declines).sum();
    let auctions: usize = sellers.iter().map(|seller| seller.is_declined.len()).sum();
    let market = chance.compare(4, &sum(&seen), |rng| sum(&again(rng)));
    let market = market.iter().map(|drawn| Test {
        subject: Subject::Market,
        auctions,
        seen: format!("{declines} declines, {:.1} standard deviations", drawn.distance),
        p: drawn.p,
        adjusted: half(drawn.p),
    });
    let of_sellers = chance.compare(4, &seen, again);
    let of_sellers = sellers.iter().zip(of_sellers).map(|(seller, drawn)| Test {
        subject: Subject::Seller(seller.name.clone()),
        auctions: seller.is_declined.len(),
        seen: format!("{} declines, {:.1} standard deviations", seller.declines(), drawn.distance),
        p: drawn.p,
        adjusted: half(drawn.adjusted),
    });
    market.chain(of_sellers).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{found, sale};

    fn run(records: &[Record]) -> Finding {
        found(records, |records| screen(records, Chance { seed: 5, drawings: 1_999 }))
    }

    /// Sales at 1,000 and more, of which the reserve was 1,000; those named were declined.
    fn sales(excesses: &[i64], declined: &[usize]) -> Vec<Record> {
        let sale = |(place, excess): (usize, &i64)| {
            let order = u64::try_from(place).unwrap();
            let mut record = sale(order, &[("a", 1_000 + excess), ("b", 900)]);
            record.reserve = Reserve::Opened(1_000);
            if declined.contains(&place) {
                record.ending = Ending::Declined;
            }
            record
        };
        excesses.iter().enumerate().map(sale).collect()
    }

    #[test]
    fn declining_what_met_the_reserve_barely_is_a_flag() {
        let excesses: Vec<i64> = (0..12).collect();
        let finding = run(&sales(&excesses, &[0, 1, 2, 3]));
        // One of the 495 ways to choose 4 of 12 is as low.
        let market = &finding.tests()[0];
        assert!((market.p - 1.0 / 495.0).abs() < 0.002, "{market:?}");
        let flags: Vec<String> = finding.flags().map(|test| test.subject.to_string()).collect();
        assert_eq!(flags, ["all auctions together", "seller seller"]);
    }

    #[test]
    fn declining_anything_is_none() {
        let excesses: Vec<i64> = (0..12).collect();
        for declined in [&[1, 4, 7, 10][..], &[8, 9, 10, 11], &[]] {
            let finding = run(&sales(&excesses, declined));
            assert!(finding.was_run() && !finding.is_flag(), "{declined:?} {finding:?}");
        }
    }

    #[test]
    fn a_sealed_reserve_is_not_used() {
        let mut records = sales(&[5; 20], &[3]);
        records.iter_mut().for_each(|record| record.reserve = Reserve::Sealed);
        let sentence = run(&records).sentence();
        assert_eq!(sentence, "Cannot be run: the terms did not disclose the seller's reserve.");
    }

    #[test]
    fn auctions_without_a_reserve_are_too_few_not_sealed() {
        let mut records = sales(&[5; 20], &[3]);
        records.iter_mut().for_each(|record| record.reserve = Reserve::None);
        let finding = run(&records);
        assert!(finding.sentence().starts_with("Cannot be run: there are 0 auctions that met"));
        assert_eq!(finding.coverage.left_out[&Why::NoReserve], 20);
    }

    #[test]
    fn excesses_that_all_tie_are_none() {
        let finding = run(&sales(&[7; 20], &[0, 5, 6]));
        assert!(finding.was_run() && !finding.is_flag());
    }
}
