//! What is made of unary encodings: the rows of a digit, and a unary encoding's digits themselves (section 11).

use std::collections::BTreeMap;

use curve25519_dalek::{RistrettoPoint, traits::Identity as _};
use talea_protocol::{
    bytes::Point,
    check::Check,
    price::{Level, PriceGrid},
};

use super::{
    dialogue::{Halt, KeyholderChannel},
    question::Factor,
};
use crate::group::{Cipher, bases, encode_double_elements};

/// `U[t][j]`, `j = 1 .. B_t - 1`, digit by digit.
pub(crate) type UnaryEncoding = Vec<Vec<Cipher>>;

/// `P[i][j]`, `j = 0 ..= B_t`, of the digit number `t` from 0: of the first digit the entries
/// themselves, and of every other their products with the bidders' flags.
pub(crate) async fn rows(
    channel: &KeyholderChannel,
    t: usize,
    encodings: &[&UnaryEncoding],
    flags: &[Cipher],
) -> Result<Vec<Vec<Cipher>>, Halt> {
    let digits: Option<Vec<&Vec<Cipher>>> = encodings.iter().map(|unary| unary.get(t)).collect();
    let digits = digits.ok_or(Halt::Lost)?;
    // P[i][0] is U_i[1][0] = (O, G), and then 2*a_i; P[i][B_t] is (O, O).
    let row = |first: Cipher, between: &[Cipher]| {
        let mut row = vec![first];
        row.extend(between);
        row.push(Cipher::zero());
        row
    };
    if t == 0 {
        return Ok(digits.into_iter().map(|digit| row(Cipher::one(), digit)).collect());
    }
    let factors = digits.into_iter().zip(flags);
    let factors = factors.map(|(bits, y)| Factor { y: *y, bits: bits.clone() }).collect();
    let products = channel.products(factors).await?;
    Ok(products.iter().zip(flags).map(|(between, flag)| row(flag.doubled(), between)).collect())
}

/// The level that these digits make: `sum j_t 2^s_t`. **K11**: it is one of the grid's.
pub(crate) fn level(
    channel: &KeyholderChannel,
    grid: &PriceGrid,
    digits: &[usize],
) -> Result<Level, Halt> {
    let value = digits
        .iter()
        .zip(grid.shape.radices())
        .try_fold(0usize, |value, (digit, radix)| value.checked_mul(radix)?.checked_add(*digit));
    let level = value.and_then(|value| u32::try_from(value).ok()).ok_or(Halt::Lost)?;
    channel.judge(Check::PriceOnGrid, level < grid.levels)?;
    Ok(Level(level))
}

/// Opens the digits of unary encodings, and so their levels. **K13**: digit `t` is one of `0 .. B_t - 1`.
pub(crate) async fn open_levels(
    channel: &KeyholderChannel,
    grid: &PriceGrid,
    encodings: &[&UnaryEncoding],
) -> Result<Vec<Level>, Halt> {
    // Digit t is sum U[t][j] over 0 < j < B_t.
    let digits = encodings.iter().flat_map(|unary| unary.iter());
    let opened = channel.open(digits.map(|digit| digit.iter().copied().sum()).collect()).await?;
    let most = grid.shape.radices().max().unwrap_or(0).saturating_sub(1);
    let opened = Counts::up_to(most).of(&opened);
    let mut digits = Vec::with_capacity(opened.len());
    for (digit, radix) in
        opened.into_iter().zip(grid.shape.radices().collect::<Vec<_>>().iter().cycle())
    {
        let digit = digit.filter(|digit| digit < radix);
        channel.judge(Check::CountOpened, digit.is_some())?;
        digits.push(digit.ok_or(Halt::Lost)?);
    }
    digits.chunks(grid.shape.digits().max(1)).map(|digits| level(channel, grid, digits)).collect()
}

/// Small counts, known by the encodings of their doubles: those cost one inversion for all.
pub(crate) struct Counts(BTreeMap<Point, usize>);

impl Counts {
    /// `0 ..= most`.
    pub(crate) fn up_to(most: usize) -> Self {
        let g = bases().g;
        let zero = RistrettoPoint::identity();
        let multiples = std::iter::successors(Some(zero), |sum| Some(sum + g));
        let multiples: Vec<RistrettoPoint> = multiples.take(most.saturating_add(1)).collect();
        Self(encode_double_elements(&multiples).into_iter().zip(0..).collect())
    }

    /// Which `n` each is as `n*G`, if it is one of the known.
    pub(crate) fn of(&self, opened: &[RistrettoPoint]) -> Vec<Option<usize>> {
        let encoded = encode_double_elements(opened);
        encoded.iter().map(|double| self.0.get(double).copied()).collect()
    }
}
