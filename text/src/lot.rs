//! Lots and prices on them, from what people write.

use crate::{
    failure::{Code, Failure},
    file::{GridFile, PriceText, SideFile},
    notation,
    rules::named,
    suggest::{self, Load},
};
use talea_protocol::{
    bytes::Text,
    notation::Misread,
    price::{Level, Price, PriceGrid, Scale, Shape, Side},
    terms::Lot,
};

/// Reads a line item. `at` says where one of its fields stands, or the item itself for an empty name.
///
/// # Errors
/// [`Failure`], naming the field.
pub fn read_lot(
    at: &dyn Fn(&str) -> String,
    name: &str,
    identifier: &str,
    file: &GridFile,
    load: impl Fn(u32) -> Load,
) -> Result<Lot, Failure> {
    let name = named(&at("name"), name)?;
    let identifier = named(&at("identifier"), identifier)?;
    let written = Written { at, name: &name, file };
    let quantity = written.quantity()?;
    let (side, scale) = (written.side()?, written.scale()?);
    let start = written.start(scale)?;
    let tick = written.tick(scale)?;
    let levels = written.levels(side, scale, start, tick)?;
    let shape = match &file.shape {
        None => suggest::suggest(&load(levels))?,
        Some(radices) => read_shape(&written.of("shape"), radices, levels)?,
    };
    let grid = PriceGrid { side, start, tick, levels, scale, shape };
    if let Some(fault) = grid.fault() {
        return Err(Failure::new(Code::ScenarioGrid, format!("{}: {fault}", written.of(""))));
    }
    Ok(Lot { name, identifier, quantity, grid })
}

/// A line item as its author wrote it, and where it stands.
struct Written<'a> {
    at: &'a dyn Fn(&str) -> String,
    name: &'a Text,
    file: &'a GridFile,
}

impl Written<'_> {
    /// Where a field is, and of which lot.
    fn of(&self, field: &str) -> String {
        format!("{} ({})", (self.at)(field), self.name)
    }

    fn missing(&self, field: &str) -> Failure {
        Failure::new(Code::ScenarioField, format!("{} is missing", self.of(field)))
            .with_help(format!("set it here, or for all lots in [every_lot].{field}"))
    }

    fn quantity(&self) -> Result<u64, Failure> {
        match self.file.quantity {
            Some(0) => {
                let sentence = format!("{} must be at least 1", self.of("quantity"));
                Err(Failure::new(Code::ScenarioQuantity, sentence))
            }
            quantity => Ok(quantity.unwrap_or(1)),
        }
    }

    fn side(&self) -> Result<Side, Failure> {
        match self.file.side.ok_or_else(|| self.missing("side"))? {
            SideFile::Sale => Ok(Side::HighestWins),
            SideFile::Procurement => Ok(Side::LowestWins),
        }
    }

    fn scale(&self) -> Result<Scale, Failure> {
        let text = self.file.scale.as_deref().ok_or_else(|| self.missing("scale"))?;
        notation::scale(text).ok_or_else(|| {
            let sentence = format!("{}: {text:?} is not a scale", self.of("scale"));
            Failure::new(Code::ScenarioScale, sentence).with_help(notation::SCALES)
        })
    }

    fn start(&self, scale: Scale) -> Result<Price, Failure> {
        let PriceText(text) = self.file.start.as_ref().ok_or_else(|| self.missing("start"))?;
        read_price(&self.of("start"), scale, text)
    }

    /// The smallest unit of the scale if left out.
    fn tick(&self, scale: Scale) -> Result<u64, Failure> {
        let Some(PriceText(text)) = &self.file.tick else { return Ok(1) };
        notation::tick(scale, text).ok_or_else(|| {
            let sentence = format!(
                "{}: {text:?} is not a positive number of units at the scale {:?}",
                self.of("tick"),
                notation::scale_name(scale)
            );
            Failure::new(Code::ScenarioTick, sentence)
                .with_help("write an amount such as \"0.05\" or a fraction such as \"1/64\"")
        })
    }

    /// The number of prices: said, or counted up to the last one.
    fn levels(&self, side: Side, scale: Scale, start: Price, tick: u64) -> Result<u32, Failure> {
        let levels = match (&self.file.end, self.file.levels) {
            (None, None) => {
                let help = "set the last price (end) or the number of prices (levels)";
                return Err(self.missing("end").with_help(help));
            }
            (Some(_), Some(_)) => {
                let sentence = format!("{} sets both end and levels", self.of(""));
                return Err(
                    Failure::new(Code::ScenarioGrid, sentence).with_help("remove one of them")
                );
            }
            (None, Some(levels)) => levels,
            (Some(PriceText(end)), None) => {
                let at = self.of("end");
                let end = read_price(&at, scale, end)?;
                levels_between(&at, side, scale, (start, end), tick)?
            }
        };
        if levels < 2 {
            let sentence =
                format!("{}: a grid needs at least two levels, not {levels}", self.of(""));
            return Err(Failure::new(Code::ScenarioGrid, sentence));
        }
        Ok(levels)
    }
}

fn read_price(at: &str, scale: Scale, text: &str) -> Result<Price, Failure> {
    scale.read(text).map_err(|why| misread(at, scale, text, why))
}

fn misread(at: &str, scale: Scale, text: &str, why: Misread) -> Failure {
    let neighbours = match why {
        Misread::Between { below, above } => vec![below, above],
        _ => Vec::new(),
    };
    let [sentence, help] = notation::fault(scale, text, why, &neighbours);
    Failure::new(Code::ScenarioPrice, format!("{at}: {sentence}")).with_help(help)
}

fn levels_between(
    at: &str,
    side: Side,
    scale: Scale,
    (start, end): (Price, Price),
    tick: u64,
) -> Result<u32, Failure> {
    let fail = |what: String| Failure::new(Code::ScenarioGrid, format!("{at}: {what}"));
    let (distance, better) = match side {
        Side::HighestWins => (i128::from(end.0) - i128::from(start.0), "above"),
        Side::LowestWins => (i128::from(start.0) - i128::from(end.0), "below"),
    };
    let (from, to) = (scale.write(start), scale.write(end));
    if distance <= 0 {
        return Err(fail(format!("{to} must be {better} the start, {from}")));
    }
    let tick = i128::from(tick.max(1));
    if distance.rem_euclid(tick) != 0 {
        let whole = distance.div_euclid(tick).saturating_mul(tick);
        let reach = |distance: i128| {
            let minor = match side {
                Side::HighestWins => i128::from(start.0).saturating_add(distance),
                Side::LowestWins => i128::from(start.0).saturating_sub(distance),
            };
            i64::try_from(minor).map_or_else(|_| "beyond".into(), |minor| scale.write(Price(minor)))
        };
        let (near, far) = (reach(whole), reach(whole.saturating_add(tick)));
        return Err(fail(format!("{to} is not a whole number of ticks from the start, {from}"))
            .with_help(format!("the nearest ends are {near} and {far}")));
    }
    let levels = distance.div_euclid(tick).saturating_add(1);
    u32::try_from(levels).map_err(|_| {
        fail(format!(
            "the grid from {from} to {to} has {levels} levels, and may have at most 2^32 - 1"
        ))
        .with_help("choose a larger tick or a shorter grid")
    })
}

fn read_shape(at: &str, radices: &[u32], levels: u32) -> Result<Shape, Failure> {
    let fail = |what: String| Failure::new(Code::ScenarioShape, format!("{at}: {what}"));
    let bits = radices.iter().map(|radix| {
        if !radix.is_power_of_two() || *radix < 2 {
            return Err(fail(format!("the radix {radix} is not a power of two from 2 to 1024")));
        }
        Ok(u8::try_from(radix.trailing_zeros()).unwrap_or(u8::MAX))
    });
    let bits: Vec<u8> = bits.collect::<Result<_, _>>()?;
    let shape = Shape::new(&bits).map_err(|fault| fail(fault.to_string()))?;
    let product = 1u64.checked_shl(u32::try_from(shape.bits()).unwrap_or(u32::MAX));
    if product.is_some_and(|product| product < u64::from(levels)) {
        return Err(fail(format!("{shape} holds fewer values than the grid's {levels} levels"))
            .with_help("remove the shape to use the suggested one"));
    }
    Ok(shape)
}

/// The price of a lot, as its users write it.
#[must_use]
pub fn price(lot: &Lot, level: Level) -> String {
    lot.grid.price(level).map_or(String::new(), |price| lot.grid.scale.write(price))
}

/// The price of a lot as a decimal number, exactly.
#[must_use]
pub fn price_decimal(lot: &Lot, level: Level) -> String {
    lot.grid.price(level).map_or(String::new(), |price| lot.grid.scale.write_decimal(price))
}

/// Reads a price as a level of a lot's grid; `at` names the place in a complaint.
///
/// # Errors
/// [`Failure`] if it cannot be read at the lot's scale, or is not on the grid.
pub fn read_bid(at: &str, lot: &Lot, text: &str) -> Result<Level, Failure> {
    let grid = &lot.grid;
    let scale = grid.scale;
    // What lies between two minor units is not on the grid either.
    let around = match scale.read(text) {
        Ok(price) => match grid.level(price) {
            Some(level) => return Ok(level),
            None => (price, price),
        },
        Err(Misread::Between { below, above }) => (below, above),
        Err(why) => return Err(misread(at, scale, text, why)),
    };
    let last = Level(grid.levels.saturating_sub(1));
    let end = grid.price(last).map(|price| scale.write(price)).unwrap_or_default();
    let sentence = format!(
        "{at}: {text:?} is not on the grid of {}, which goes from {} to {end} in steps of {}",
        lot.name,
        scale.write(grid.start),
        scale.write(Price(i64::try_from(grid.tick).unwrap_or(i64::MAX))),
    );
    let (below, above) = around;
    let nearest = notation::nearest(grid, around);
    let [_, help] = notation::fault(scale, text, Misread::Between { below, above }, &nearest);
    Err(Failure::new(Code::ScenarioOffGrid, sentence).with_help(help))
}
