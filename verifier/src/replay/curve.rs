//! Bids of several steps, as the terms allow them (section 8, Curve).
//!
//! A step's sealed number is `level * 2^bits + quantity`; where quantities are public `bits` is 0, and it is the level.

use talea_protocol::{
    commitment::TradeSide,
    mechanism::{Curve, Mechanism, Quantities},
    price::{PriceGrid, Shape, Side},
};

/// Bits of a step's quantity that are sealed.
pub(crate) fn sealed_bits(mechanism: Mechanism) -> u8 {
    match mechanism.curve() {
        Some(Curve { quantities: Quantities::Sealed { bits }, .. }) => bits,
        Some(Curve { quantities: Quantities::Public { .. }, .. }) | None => 0,
    }
}

/// `Q`: units of one bid, at most. **T8** bounds the bits.
pub(crate) fn most_units(curve: Curve) -> u64 {
    match curve.quantities {
        Quantities::Public { most } => most.into(),
        Quantities::Sealed { bits } => most_of_step(bits).saturating_mul(curve.steps.into()),
    }
}

/// `2^bits - 1`.
pub(crate) fn most_of_step(bits: u8) -> u64 {
    1u64.checked_shl(bits.into()).unwrap_or(u64::MAX).saturating_sub(1)
}

/// Sealed numbers that a bid, or a step of it, is one of: `levels * 2^bits`.
pub(crate) fn step_numbers(levels: u32, bits: u8) -> u64 {
    u64::from(levels).saturating_mul(1u64.checked_shl(bits.into()).unwrap_or(u64::MAX))
}

/// The shape in which such a number is encrypted: the grid's digits, and behind them the bits of the quantity, one
/// to a digit. Nothing if that is no possible shape.
pub(crate) fn step_shape(grid: &PriceGrid, bits: u8) -> Option<Shape> {
    let mut digits = grid.shape.digit_bits().to_vec();
    digits.resize(digits.len().saturating_add(bits.into()), 1);
    Shape::new(&digits).ok()
}

/// The side that bids where one does.
pub(crate) fn bidding_side(grid: &PriceGrid) -> TradeSide {
    match grid.side {
        Side::HighestWins => TradeSide::Buy,
        Side::LowestWins => TradeSide::Sell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use talea_protocol::price::{Price, Scale};

    fn grid(shape: &[u8], side: Side) -> PriceGrid {
        PriceGrid {
            side,
            start: Price(0),
            tick: 1,
            levels: 2,
            scale: Scale::Decimal(0),
            shape: Shape::new(shape).unwrap(),
        }
    }

    #[test]
    fn the_bits_of_a_quantity_stand_behind_the_digits_of_the_price() {
        let grid = grid(&[3, 2], Side::HighestWins);
        assert_eq!(step_shape(&grid, 0), Some(grid.shape.clone()));
        assert_eq!(step_shape(&grid, 3).unwrap().digit_bits(), [3, 2, 1, 1, 1]);
        assert_eq!(step_numbers(24, 3), 192);
        assert_eq!(step_numbers(u32::MAX, 16), u64::from(u32::MAX) << 16);
    }

    #[test]
    fn a_shape_of_too_many_digits_or_bits_is_none() {
        let digits = grid(&[1; 24], Side::HighestWins);
        assert!(step_shape(&digits, 8).is_some());
        assert_eq!(step_shape(&digits, 9), None);
        let bits = grid(&[10, 10], Side::HighestWins);
        assert!(step_shape(&bits, 12).is_some());
        assert_eq!(step_shape(&bits, 13), None);
    }

    #[test]
    fn a_bid_holds_what_its_steps_can() {
        let sealed = |steps, bits| Curve { steps, quantities: Quantities::Sealed { bits } };
        assert_eq!(most_units(sealed(3, 4)), 45);
        assert_eq!(most_units(sealed(8, 16)), 524_280);
        let public = Curve { steps: 8, quantities: Quantities::Public { most: 7 } };
        assert_eq!(most_units(public), 7);
    }

    #[test]
    fn who_bids_follows_from_which_price_wins() {
        assert_eq!(bidding_side(&grid(&[1], Side::HighestWins)), TradeSide::Buy);
        assert_eq!(bidding_side(&grid(&[1], Side::LowestWins)), TradeSide::Sell);
    }
}
