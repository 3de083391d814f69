//! What is opened of a market or a survey, computed from the posts alone (spec section 11): each ciphertext with its
//! name.

use curve25519_dalek::Scalar;
use std::slice::Iter;
use talea_contract::{elgamal::Ciphertext, group::Generators};
use talea_protocol::{
    commitment::TradeSide,
    mechanism::{ClearingRule, Mechanism, Pricing},
    outcome::{Clearing, Ending},
    price::{Level, Shape},
};
use talea_tests::onlooker::UnaryEncoding;

/// A step of a bid, or an answer.
pub struct Step {
    /// Of the bid, in tie order.
    pub bid: usize,
    pub side: TradeSide,
    /// `g_i`.
    pub weight: u32,
    /// All digits, those of a sealed quantity too.
    pub unary: UnaryEncoding,
}

/// A lot whose ending is known.
pub struct Market<'a> {
    pub mechanism: Mechanism,
    /// Of the grid.
    pub shape: &'a Shape,
    pub quantity: u64,
    pub ending: &'a Ending,
    pub steps: Vec<Step>,
}

type Named = Vec<(String, Ciphertext)>;
/// `v*Y` of every step of gates.
type Products<'a> = Iter<'a, Vec<Ciphertext>>;

/// What is left when a level is found.
struct Found {
    above: Vec<Ciphertext>,
    at: Vec<Ciphertext>,
    scale: u32,
}

fn times(ciphertext: &Ciphertext, factor: u64) -> Ciphertext {
    ciphertext.scaled(&Scalar::from(factor))
}

fn units(number: u64) -> Ciphertext {
    Ciphertext::trivial(Generators::derive().value * Scalar::from(number))
}

impl Market<'_> {
    /// Everything that can be named once so many products were opened.
    pub fn named(&self, products: &[Vec<Ciphertext>]) -> Named {
        let mut named = Vec::new();
        let mut products = products.iter();
        let _ = match (self.mechanism, self.ending) {
            (Mechanism::Survey { bin_levels, squares, .. }, _) => {
                self.answers((bin_levels, squares), &mut products, &mut named)
            }
            (_, Ending::Cleared(clearing)) => self.trades(clearing, &mut products, &mut named),
            (_, other) => panic!("nothing is searched: {other:?}"),
        };
        named
    }

    fn sealed_bits(&self) -> usize {
        let curve = self.mechanism.curve().expect("bids are curves");
        curve.quantities.sealed_bits().into()
    }

    /// `Q_i`, or `g_i*(O, G)`.
    fn quantity(&self, step: &Step) -> Ciphertext {
        let bits = self.sealed_bits();
        if bits == 0 {
            return units(step.weight.into());
        }
        let digits = step.unary[self.shape.digits()..].iter().rev();
        (0..bits).zip(digits).map(|(l, digit)| times(&digit[0], 1 << l)).sum()
    }

    /// `A`.
    fn offer(&self) -> Ciphertext {
        match self.mechanism {
            Mechanism::TwoSided { .. } => {
                let sellers = self.steps.iter().filter(|step| step.side == TradeSide::Sell);
                sellers.map(|step| self.quantity(step)).sum()
            }
            _ => units(self.quantity),
        }
    }

    /// Bits of the digits behind the one at this place.
    fn bits_behind(&self, place: usize) -> u32 {
        self.shape.digit_bits()[place + 1..].iter().map(|bits| u32::from(*bits)).sum()
    }

    /// A market search that finds this level. Nothing while products are missing.
    fn search(
        &self,
        level: Level,
        products: &mut Products<'_>,
        named: &mut Named,
    ) -> Option<Found> {
        let is_sealed = self.sealed_bits() > 0;
        let count = self.steps.len();
        let (mut above, mut at): (Vec<_>, Vec<_>) = if is_sealed {
            let quantities = self.steps.iter().map(|step| self.quantity(step));
            (vec![Ciphertext::zero(); count], quantities.collect())
        } else {
            (vec![Ciphertext::zero(); count], vec![units(1); count])
        };
        let (mut scale, mut found) = (1, 0);
        let radices = self.shape.radices().zip(self.shape.digits_of(level));
        for (place, (radix, digit)) in radices.enumerate() {
            let is_plain = place == 0 && !is_sealed;
            let mut columns: Vec<Vec<Ciphertext>> = Vec::new();
            let mut answers = if is_plain { None } else { Some(products.next()?.iter()) };
            for (step, at) in self.steps.iter().zip(&at) {
                let middle: Vec<Ciphertext> = match &mut answers {
                    None => step.unary[place].clone(),
                    Some(answers) => {
                        answers.take(radix - 1).map(|product| *product + *at).collect()
                    }
                };
                let first = if is_plain { *at } else { at.doubled() };
                columns.push([vec![first], middle, vec![Ciphertext::zero()]].concat());
            }
            if !is_plain {
                above.iter_mut().for_each(|above| *above = above.doubled());
                scale *= 2;
            }
            let offer = times(&self.offer(), scale);
            for j in 1..radix {
                let wanted = self.steps.iter().zip(above.iter().zip(&columns));
                let wanted = wanted.map(|(step, (above, column))| {
                    times(&(*above + column[j]), step.weight.into())
                });
                let tested = found + (j << self.bits_behind(place));
                named.push((format!("Z at level {tested}"), wanted.sum::<Ciphertext>() - offer));
            }
            for ((above, at), column) in above.iter_mut().zip(&mut at).zip(&columns) {
                *above = *above + column[digit + 1];
                *at = column[digit] - column[digit + 1];
            }
            found += digit << self.bits_behind(place);
        }
        Some(Found { above, at, scale: u32::try_from(scale).expect("a few digits") })
    }

    fn trades(
        &self,
        clearing: &Clearing,
        products: &mut Products<'_>,
        named: &mut Named,
    ) -> Option<()> {
        let price = clearing.price.level;
        let lowest = clearing.between.map_or(price, |between| between.lowest.level);
        let mut found = self.search(lowest, products, named)?;
        if let Mechanism::TwoSided { rule: ClearingRule::Middle, .. } = self.mechanism {
            let highest = clearing.between.expect("the rule is Middle").highest.level;
            self.search(highest, products, named)?;
            if price > lowest {
                found.at.fill(Ciphertext::zero());
            }
        }
        let Found { above, at, scale } = &found;
        let sums = |of: &dyn Fn(usize, &Step) -> Ciphertext| {
            let bids = self.steps.iter().map(|step| step.bid + 1).max().unwrap_or(0);
            let mut sums = vec![Ciphertext::zero(); bids];
            for (place, step) in self.steps.iter().enumerate() {
                sums[step.bid] = sums[step.bid] + of(place, step);
            }
            sums
        };
        let better = sums(&|place, step| {
            let above = times(&above[place], step.weight.into());
            match (self.mechanism, step.side) {
                (Mechanism::TwoSided { .. }, TradeSide::Sell) => {
                    let at = times(&at[place], step.weight.into());
                    times(&self.quantity(step), u64::from(*scale)) - above - at
                }
                _ => above,
            }
        });
        let at_price = sums(&|place, step| times(&at[place], step.weight.into()));
        named.extend((0..).zip(better).map(|(bid, sum)| (format!("better_{bid}"), sum)));
        named.extend((0..).zip(at_price).map(|(bid, sum)| (format!("at_price_{bid}"), sum)));
        if let Mechanism::Curves { pricing: Pricing::PayAsBid, .. } = self.mechanism {
            self.paid_as_bid(clearing, above, products, named)?;
        }
        Some(())
    }

    /// `Y` of every bid that is better than the price, of sealed quantities. The lot has a trade for each bid.
    fn paid_as_bid(
        &self,
        clearing: &Clearing,
        above: &[Ciphertext],
        products: &mut Products<'_>,
        named: &mut Named,
    ) -> Option<()> {
        let mut answers = products.next()?.iter();
        for (bid, _) in (0..).zip(clearing.trades.iter()).filter(|(_, trade)| trade.better > 0) {
            let mut sum = Ciphertext::zero();
            for (_, above) in self.steps.iter().zip(above).filter(|(step, _)| step.bid == bid) {
                for (place, radix) in self.shape.radices().enumerate() {
                    for product in answers.by_ref().take(radix - 1) {
                        sum = sum + times(&(*product + *above), 1 << self.bits_behind(place));
                    }
                }
            }
            named.push((format!("Y_{bid}"), sum));
        }
        Some(())
    }

    /// A survey of two digits of one bit each, its sum, edges and squares.
    fn answers(
        &self,
        (bin_levels, squares): (u32, bool),
        products: &mut Products<'_>,
        named: &mut Named,
    ) -> Option<()> {
        assert_eq!(self.shape.digit_bits(), [1, 1]);
        let sum_of = |digit: usize| -> Ciphertext {
            self.steps.iter().map(|answer| answer.unary[digit][0]).sum()
        };
        named.push(("sum".into(), times(&sum_of(0), 4) + times(&sum_of(1), 2)));
        let edges: Vec<usize> = (1..4).filter(|edge| edge % bin_levels as usize == 0).collect();
        let products = products.next()?;
        let asked = edges.iter().filter(|edge| **edge % 2 == 1).count();
        let per_answer = asked + usize::from(squares);
        // Column by column: 2xy is v*Y + y, and y is the second digit.
        let doubled = |column: usize| -> Ciphertext {
            let all = self.steps.iter().zip(products.chunks(per_answer));
            all.map(|(answer, of_answer)| of_answer[column] + answer.unary[1][0]).sum()
        };
        let mut column = 0;
        for edge in edges {
            let reached = if edge % 2 == 0 {
                times(&sum_of(0), 2)
            } else {
                column += 1;
                // U[1][e_1 + 1] is that of the first digit, or (O, O).
                let higher = if edge == 1 { times(&sum_of(0), 2) } else { Ciphertext::zero() };
                higher + doubled(column - 1)
            };
            named.push((format!("edge {edge}"), reached));
        }
        if squares {
            let sum = times(&sum_of(0), 8) + times(&sum_of(1), 2) + times(&doubled(asked), 4);
            named.push(("squares".into(), sum));
        }
        Some(())
    }
}
