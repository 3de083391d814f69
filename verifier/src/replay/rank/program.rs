//! The program of a lot: first the price, digit by digit, then the winner (section 11).
//!
//! What one step leaves decides what the next asks. A [`Todo`] is what to do between steps; it
//! runs on until a step with items is needed or the lot is decided.

use std::sync::Arc;

use curve25519_dalek::{RistrettoPoint, traits::IsIdentity as _};
use rayon::prelude::*;
use talea_protocol::{
    bytes::PartyKey,
    check::Check,
    outcome::Ending,
    price::{Price, PriceLadder, Rung},
    sealed_bid::Ciphertext,
};

use super::{
    super::terms::price,
    search::Search,
    step::{Done, Work},
};
use crate::{
    docket::Docket,
    failure::Stop,
    group::{Cipher, bases},
    proofs::{gate::Wires, unseal::Element},
};

/// One ranked bid.
#[derive(Debug)]
pub(crate) struct Bid {
    pub(crate) bidder: PartyKey,
    /// `U[t][j]`, `j = 1 .. B_t - 1`, digit by digit; a digit is let go once it was used.
    pub(crate) ladder: Vec<Vec<Cipher>>,
}

/// Where the program stands.
#[derive(Debug)]
pub(crate) struct Program {
    ladder: PriceLadder,
    fan_out: u16,
    /// In commit order.
    bids: Vec<Bid>,
    /// `A`.
    above: Cipher,
    /// `a_i`: an encryption, at the digit's scale, of whether bid `i` is still among the best.
    alive: Vec<Cipher>,
    /// `P[i][j]`, `j = 0 ..= B_t`, of the current digit.
    products: Vec<Vec<Cipher>>,
    /// The digits found.
    digits: Vec<usize>,
    search: Search,
    /// The points of the current zero-test, and what is known of them.
    points: Vec<usize>,
    zeros: Vec<Option<bool>>,
    /// The last `(X, Y)` of every gate, and its sign where the `X` could be read.
    gates: Vec<Arc<Wires>>,
    signs: Vec<Option<bool>>,
    awaits: Awaits,
}

/// What the current step is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaits {
    /// A digit's gates.
    Gates,
    /// The signs of the gates.
    Signs,
    /// The blinding of a zero-test.
    Blindings,
    /// The opening of a zero-test.
    Zeros,
}

/// What to do next.
enum Todo {
    StartDigit,
    OpenSigns,
    TakeSigns,
    Test,
    Narrow,
    EndDigit(usize),
    FindWinner,
}

/// What a piece of the program comes to.
enum Next {
    Go(Todo),
    Ask(Work, Awaits),
    End(Ending),
}

/// What the program needs.
pub(crate) enum Turn {
    /// A step.
    Ask(Work),
    /// Nothing more.
    End(Ending),
}

const LOST: Stop = Stop::Internal("a ranking lost its thread");

impl Program {
    pub(crate) fn new(ladder: PriceLadder, fan_out: u16, bids: Vec<Bid>) -> Self {
        Self {
            ladder,
            fan_out,
            bids,
            above: Cipher::zero(),
            alive: Vec::new(),
            products: Vec::new(),
            digits: Vec::new(),
            search: Search::up_to(0),
            points: Vec::new(),
            zeros: Vec::new(),
            gates: Vec::new(),
            signs: Vec::new(),
            awaits: Awaits::Gates,
        }
    }

    /// From the beginning.
    pub(crate) fn start(&mut self, docket: &mut Docket) -> Result<Turn, Stop> {
        self.run(docket, Todo::StartDigit)
    }

    /// After a step.
    pub(crate) fn resume(&mut self, docket: &mut Docket, done: Done) -> Result<Turn, Stop> {
        let todo = match (self.awaits, done) {
            (Awaits::Gates, Done::Gate(gates)) => {
                self.gates = gates;
                Todo::OpenSigns
            }
            (Awaits::Signs, Done::Unseal(opened)) => {
                if let Some(ending) = take_signs(docket, &mut self.signs, &opened)? {
                    return Ok(Turn::End(ending));
                }
                Todo::TakeSigns
            }
            (Awaits::Blindings, Done::Blind(sums)) => {
                self.awaits = Awaits::Zeros;
                let items = sums.into_par_iter().map(|sum| (Element::of(sum.r), sum.e)).collect();
                return Ok(Turn::Ask(Work::Unseal(items)));
            }
            (Awaits::Zeros, Done::Unseal(opened)) => {
                let mut opened = opened.iter();
                for unknown in self.zeros.iter_mut().filter(|zero| zero.is_none()) {
                    let (m, _) = opened.next().ok_or(LOST)?;
                    *unknown = Some(m.is_identity());
                }
                Todo::Narrow
            }
            _ => return Err(LOST),
        };
        self.run(docket, todo)
    }

    fn run(&mut self, docket: &mut Docket, first: Todo) -> Result<Turn, Stop> {
        let mut todo = first;
        loop {
            let next = match todo {
                Todo::StartDigit => self.start_digit()?,
                Todo::OpenSigns => {
                    let (next, ending) = self.open_signs(docket)?;
                    match ending {
                        Some(ending) => Next::End(ending),
                        None => next,
                    }
                }
                Todo::TakeSigns => self.multiply()?,
                Todo::Test => self.test()?,
                Todo::Narrow => self.narrow()?,
                Todo::EndDigit(digit) => self.end_digit(docket, digit)?,
                Todo::FindWinner => self.find_winner()?,
            };
            match next {
                Next::Go(then) => todo = then,
                Next::Ask(work, awaits) => {
                    self.awaits = awaits;
                    return Ok(Turn::Ask(work));
                }
                Next::End(ending) => return Ok(Turn::End(ending)),
            }
        }
    }

    /// `B_t` of the digit at hand.
    fn radix(&self) -> Result<usize, Stop> {
        let shape = &self.ladder.shape;
        shape.radices().nth(self.digits.len()).ok_or(LOST)
    }

    /// The first digit's products are the ladders; every other digit's need gates.
    fn start_digit(&mut self) -> Result<Next, Stop> {
        let radix = self.radix()?;
        let t = self.digits.len();
        let mut entries: Vec<Vec<Cipher>> = Vec::with_capacity(self.bids.len());
        for bid in &mut self.bids {
            let digit = std::mem::take(bid.ladder.get_mut(t).ok_or(LOST)?);
            if digit.len() != radix.saturating_sub(1) {
                return Err(LOST);
            }
            entries.push(digit);
        }
        if t == 0 {
            // P[i][j] = U_i[1][j], with U[1][0] = (O, G) and U[1][B_1] = (O, O).
            self.products = entries
                .into_iter()
                .map(|digit| {
                    let mut row = vec![Cipher::one()];
                    row.extend(digit);
                    row.push(Cipher::zero());
                    row
                })
                .collect();
            return Ok(self.search_digit(radix));
        }
        self.above = self.above.doubled();
        // X = 2*U_i[t][j] - (O, G) = 2*(U_i[t][j] - (O, G/2)), Y = a_i
        let encoded: Vec<Ciphertext> = self.alive.par_iter().map(Cipher::encode).collect();
        let half_g = bases().half_g;
        let mut items = Vec::new();
        for ((digit, y), y_wire) in entries.iter().zip(&self.alive).zip(encoded) {
            for u in digit {
                let half = Cipher { r: u.r, e: u.e - half_g };
                items.push((half, *y, y_wire));
            }
        }
        Ok(Next::Ask(Work::Gate(items), Awaits::Gates))
    }

    /// The last `X` of every gate is read if it can be, and opened otherwise.
    fn open_signs(&mut self, docket: &mut Docket) -> Result<(Next, Option<Ending>), Stop> {
        let one = bases().g;
        let mut items = Vec::new();
        self.signs.clear();
        for wires in &self.gates {
            for (at, (x, _)) in wires.points.iter().enumerate() {
                if x.is_public() {
                    let Some(sign) = sign(docket, &x.e, &one) else {
                        return Ok((Next::Go(Todo::TakeSigns), Some(Ending::Halted)));
                    };
                    self.signs.push(Some(sign));
                } else {
                    self.signs.push(None);
                    let wire = wires.x_randomness(at).ok_or(LOST)?;
                    items.push((Element { point: x.r, wire }, x.e));
                }
            }
        }
        let next = if items.is_empty() {
            Next::Go(Todo::TakeSigns)
        } else {
            Next::Ask(Work::Unseal(items), Awaits::Signs)
        };
        Ok((next, None))
    }

    /// `P[i][j] = v*Y_last + Y`, with `P[i][0] = 2*a_i` and `P[i][B_t] = (O, O)`.
    fn multiply(&mut self) -> Result<Next, Stop> {
        let radix = self.radix()?;
        let gates = std::mem::take(&mut self.gates);
        let lasts = gates.iter().flat_map(|wires| wires.points.iter());
        let mut turned = lasts.zip(&self.signs);
        let mut products = Vec::with_capacity(self.alive.len());
        for y in &self.alive {
            let mut row = vec![y.doubled()];
            for _ in 1..radix {
                let ((_, y_last), sign) = turned.next().ok_or(LOST)?;
                let signed = match sign {
                    Some(true) => *y_last,
                    Some(false) => -*y_last,
                    None => return Err(LOST),
                };
                row.push(signed + *y);
            }
            row.push(Cipher::zero());
            products.push(row);
        }
        self.products = products;
        Ok(self.search_digit(radix))
    }

    fn search_digit(&mut self, radix: usize) -> Next {
        self.search = Search::up_to(radix.saturating_sub(1));
        Next::Go(Todo::Test)
    }

    /// Whether the search at hand is for the winner, all digits being found.
    fn seeks_winner(&self) -> bool {
        self.digits.len() >= self.ladder.shape.digits()
    }

    /// `T_j = A + sum_i P[i][j]`; `T_{B_t} = A`, for `P[i][B_t]` is `(O, O)`.
    fn total(&self, j: usize) -> Option<Cipher> {
        let mut total = self.above;
        for row in &self.products {
            total = total + *row.get(j)?;
        }
        Some(total)
    }

    /// `S_j = a_0 + ... + a_{j-1}` at every point, in one pass.
    fn prefixes(&self, points: &[usize]) -> Vec<Cipher> {
        let mut alive = self.alive.iter();
        let mut sum = Cipher::zero();
        let mut taken = 0usize;
        points
            .iter()
            .map(|point| {
                let more = point.saturating_sub(taken);
                for a in alive.by_ref().take(more) {
                    sum = sum + *a;
                }
                taken = *point;
                sum
            })
            .collect()
    }

    /// The next round of the search, or its end. Public ciphertexts are read; the others pass a
    /// Blind and an Unseal step.
    fn test(&mut self) -> Result<Next, Stop> {
        if let Some(found) = self.search.found() {
            return Ok(if self.seeks_winner() {
                let winner = self.bids.get(found).ok_or(LOST)?;
                Next::End(self.sold(winner.bidder)?)
            } else {
                Next::Go(Todo::EndDigit(found))
            });
        }
        self.points = self.search.points(self.fan_out);
        let ciphers: Vec<Cipher> = if self.seeks_winner() {
            self.prefixes(&self.points)
        } else {
            self.points.par_iter().map(|j| self.total(*j)).collect::<Option<_>>().ok_or(LOST)?
        };
        self.zeros = ciphers
            .iter()
            .map(|cipher| cipher.is_public().then(|| cipher.e.is_identity()))
            .collect();
        let hidden: Vec<Cipher> = ciphers.into_iter().filter(|c| !c.is_public()).collect();
        Ok(if hidden.is_empty() {
            Next::Go(Todo::Narrow)
        } else {
            Next::Ask(Work::Blind(hidden), Awaits::Blindings)
        })
    }

    /// A digit's predicate is "`T_j` is not zero", the winner's "`S_j` is zero".
    fn narrow(&mut self) -> Result<Next, Stop> {
        let zeros: Option<Vec<bool>> = self.zeros.iter().copied().collect();
        let wanted = self.seeks_winner();
        let holds: Vec<bool> = zeros.ok_or(LOST)?.iter().map(|zero| *zero == wanted).collect();
        self.search.narrow(&self.points, &holds);
        Ok(Next::Go(Todo::Test))
    }

    /// `A` becomes `T_{j+1}`, `a_i` becomes `P[i][j] - P[i][j+1]`.
    fn end_digit(&mut self, docket: &mut Docket, digit: usize) -> Result<Next, Stop> {
        let after = digit.saturating_add(1);
        self.above = self.total(after).ok_or(LOST)?;
        self.alive = std::mem::take(&mut self.products)
            .iter()
            .map(|row| Some(*row.get(digit)? - *row.get(after)?))
            .collect::<Option<_>>()
            .ok_or(LOST)?;
        self.digits.push(digit);
        if !self.seeks_winner() {
            return Ok(Next::Go(Todo::StartDigit));
        }
        let rung = self.rung()?;
        let position = docket.position();
        let on_ladder = rung.0 < self.ladder.rungs;
        docket.judged(position, Check::PriceOnLadder, on_ladder);
        Ok(if on_ladder { Next::Go(Todo::FindWinner) } else { Next::End(Ending::Halted) })
    }

    fn find_winner(&mut self) -> Result<Next, Stop> {
        self.search = Search::up_to(self.bids.len().checked_sub(1).ok_or(LOST)?);
        Ok(Next::Go(Todo::Test))
    }

    /// `sum j_t 2^s_t`.
    fn rung(&self) -> Result<Rung, Stop> {
        let value = self
            .digits
            .iter()
            .zip(self.ladder.shape.radices())
            .try_fold(0usize, |value, (digit, radix)| {
                value.checked_mul(radix)?.checked_add(*digit)
            });
        let rung = value.and_then(|value| u32::try_from(value).ok());
        rung.map(Rung).ok_or(LOST)
    }

    fn sold(&self, winner: PartyKey) -> Result<Ending, Stop> {
        let rung = self.rung()?;
        let price = i64::try_from(price(&self.ladder, rung)).map_err(|_| LOST)?;
        Ok(Ending::Sold { winner, rung, price: Price(price) })
    }
}

/// **K10**: an opened sign is `G` or `-G`; both are given `delta` times.
fn sign(docket: &mut Docket, opened: &RistrettoPoint, one: &RistrettoPoint) -> Option<bool> {
    let sign = if opened == one {
        Some(true)
    } else if *opened == -one {
        Some(false)
    } else {
        None
    };
    let position = docket.position();
    docket.judged(position, Check::SignOpened, sign.is_some());
    sign
}

/// Fills the signs that were not read. The ending, if the lot is halted.
fn take_signs(
    docket: &mut Docket,
    signs: &mut [Option<bool>],
    opened: &[(RistrettoPoint, RistrettoPoint)],
) -> Result<Option<Ending>, Stop> {
    let mut opened = opened.iter();
    for unknown in signs.iter_mut().filter(|sign| sign.is_none()) {
        let (m, one) = opened.next().ok_or(LOST)?;
        match sign(docket, m, one) {
            Some(found) => *unknown = Some(found),
            None => return Ok(Some(Ending::Halted)),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        failure::{Place, Subject},
        proofs::gate,
        testing::provers,
    };
    use curve25519_dalek::{RistrettoPoint, traits::Identity as _};
    use talea_protocol::{
        bytes::Scalar as WireScalar,
        price::{Scale, Shape, Side},
        ranking::{GateProof, GateTurn},
    };

    /// One bid on a ladder of three rungs and two digits of one bit. The program believes what a
    /// step leaves, so a test can tell it what the mathematics excludes.
    struct Case {
        docket: Docket,
        program: Program,
        rng: provers::Rng,
    }

    impl Case {
        fn new() -> Self {
            let mut rng = provers::rng(70);
            let cipher = provers::encrypt(&mut rng, &bases().h, 1);
            let ladder = PriceLadder {
                side: Side::HighestWins,
                start: Price(0),
                tick: 1,
                rungs: 3,
                scale: Scale::Decimal(0),
                shape: Shape::new(&[1, 1]).unwrap(),
            };
            let bid = Bid { bidder: PartyKey([1; 32]), ladder: vec![vec![cipher], vec![cipher]] };
            Self {
                docket: Docket::new(Subject::at(Place::Entry(1))),
                program: Program::new(ladder, 1, vec![bid]),
                rng,
            }
        }

        fn resume(&mut self, done: Done) -> Turn {
            self.program.resume(&mut self.docket, done).unwrap()
        }

        /// A zero-test of one ciphertext, with this answer.
        fn test(&mut self, zero: bool) -> Turn {
            let sum = provers::encrypt(&mut self.rng, &bases().h, 1);
            let Turn::Ask(Work::Unseal(items)) = self.resume(Done::Blind(vec![sum])) else {
                panic!("an Unseal follows a Blind")
            };
            assert_eq!(items.len(), 1);
            let m = if zero { RistrettoPoint::identity() } else { bases().h };
            self.resume(Done::Unseal(vec![(m, bases().g)]))
        }

        /// The second digit's one gate, opened to this.
        fn gate(&mut self, sign: RistrettoPoint) -> Turn {
            let cipher = provers::encrypt(&mut self.rng, &bases().h, 1).encode();
            let number = WireScalar([0; 32]);
            let turn = GateTurn {
                x: cipher,
                y: cipher,
                proof: GateProof {
                    plus: cipher,
                    minus: cipher,
                    c_plus: number,
                    z_plus: number,
                    z_minus: number,
                },
            };
            let wires = gate::Wires::posted(&gate::decode(&[turn]).unwrap());
            assert!(matches!(
                self.resume(Done::Gate(vec![Arc::new(wires)])),
                Turn::Ask(Work::Unseal(_))
            ));
            self.resume(Done::Unseal(vec![(sign, bases().g)]))
        }

        fn count(&mut self, check: Check) -> (u64, u64) {
            self.docket.flush(None).unwrap();
            let count = self.docket.counts().get(&check).copied().unwrap_or_default();
            (count.performed, count.adverse)
        }
    }

    #[test]
    fn answers_make_digits_and_digits_a_rung() {
        for (first, second, rung) in [(true, true, 0), (true, false, 1), (false, true, 2)] {
            let mut case = Case::new();
            let start = case.program.start(&mut case.docket).unwrap();
            assert!(matches!(start, Turn::Ask(Work::Blind(_))));
            assert!(matches!(case.test(first), Turn::Ask(Work::Gate(_))));
            assert!(matches!(case.gate(bases().g), Turn::Ask(Work::Blind(_))));
            let Turn::End(ending) = case.test(second) else {
                panic!("one bid needs no search for a winner")
            };
            let winner = PartyKey([1; 32]);
            let price = Price(rung.into());
            assert_eq!(ending, Ending::Sold { winner, rung: Rung(rung), price });
            assert_eq!(case.count(Check::SignOpened), (1, 0));
            assert_eq!(case.count(Check::PriceOnLadder), (1, 0));
        }
    }

    #[test]
    fn k10_an_opened_sign_that_is_none_halts_the_lot() {
        let mut case = Case::new();
        case.program.start(&mut case.docket).unwrap();
        case.test(false);
        let turn = case.gate(bases().g + bases().g);
        assert!(matches!(turn, Turn::End(Ending::Halted)));
        assert_eq!(case.count(Check::SignOpened), (1, 1));
    }

    #[test]
    fn k11_a_price_beyond_the_ladder_halts_the_lot() {
        let mut case = Case::new();
        case.program.start(&mut case.docket).unwrap();
        case.test(false);
        case.gate(-bases().g);
        assert!(matches!(case.test(false), Turn::End(Ending::Halted)));
        assert_eq!(case.count(Check::PriceOnLadder), (1, 1));
    }

    /// Bidders can cancel each other's randomness; what is public is read, and asks nobody.
    #[test]
    fn what_is_public_is_read() {
        let mut case = Case::new();
        case.program.bids[0].ladder = vec![vec![Cipher::one()], vec![Cipher::zero()]];
        let Turn::Ask(Work::Gate(items)) = case.program.start(&mut case.docket).unwrap() else {
            panic!("the first digit is public")
        };
        // X = 2*(O, O) - (O, G) = (O, -G): the bit is 0, and the sign -1.
        let (half, ..) = items[0];
        assert_eq!(half.doubled(), -Cipher::one());
        let mut turn = provers::gates(
            &mut case.rng,
            &provers::context(1),
            &Default::default(),
            0,
            &bases().h,
            &[(half.doubled(), items[0].1)],
            &[true],
        );
        turn[0].x = half.doubled().encode();
        turn[0].y = items[0].1.encode();
        let wires = gate::Wires::posted(&gate::decode(&turn).unwrap());
        // Sign -1: P = -Y + Y = (O, O), so the second digit is 0.
        let Turn::End(ending) = case.resume(Done::Gate(vec![Arc::new(wires)])) else {
            panic!("all is public")
        };
        let winner = PartyKey([1; 32]);
        assert_eq!(ending, Ending::Sold { winner, rung: Rung(2), price: Price(2) });
    }
}
