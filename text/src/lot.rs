//! Lots and prices on them, from what people write.

use crate::{
    failure::{Code, Failure},
    file::{LadderFile, PriceText, SideFile},
    notation,
    rules::named,
    suggest::{self, Load},
};
use talea_protocol::{
    notation::Misread,
    price::{Price, PriceLadder, Rung, Scale, Shape, Side},
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
    file: &LadderFile,
    load: impl Fn(u32) -> Load,
) -> Result<Lot, Failure> {
    let name = named(&at("name"), name)?;
    let identifier = named(&at("identifier"), identifier)?;
    let quantity = file.quantity.unwrap_or(1);
    if quantity == 0 {
        let sentence = format!("{} ({name}) must be at least 1", at("quantity"));
        return Err(Failure::new(Code::ScenarioQuantity, sentence));
    }
    let missing = |field: &str| {
        let sentence = format!("{} ({name}) is missing", at(field));
        Failure::new(Code::ScenarioField, sentence)
            .with_help(format!("set it here, or for all lots in [every_lot].{field}"))
    };
    let side = match file.side.ok_or_else(|| missing("side"))? {
        SideFile::Sale => Side::HighestWins,
        SideFile::Procurement => Side::LowestWins,
    };
    let text = file.scale.as_deref().ok_or_else(|| missing("scale"))?;
    let scale = notation::scale(text).ok_or_else(|| {
        Failure::new(
            Code::ScenarioScale,
            format!("{} ({name}): {text:?} is not a scale", at("scale")),
        )
        .with_help(notation::SCALES)
    })?;
    let price = |field: &str, text: &PriceText| {
        read_price(&format!("{} ({name})", at(field)), scale, &text.0)
    };
    let start = price("start", file.start.as_ref().ok_or_else(|| missing("start"))?)?;
    let tick = match &file.tick {
        None => 1,
        Some(PriceText(text)) => notation::tick(scale, text).ok_or_else(|| {
            let sentence = format!(
                "{} ({name}): {text:?} is not a positive number of units at the scale {:?}",
                at("tick"),
                notation::scale_name(scale)
            );
            Failure::new(Code::ScenarioTick, sentence)
                .with_help("write an amount such as \"0.05\" or a fraction such as \"1/64\"")
        })?,
    };
    let rungs = match (&file.end, file.rungs) {
        (None, None) => {
            return Err(missing("end")
                .with_help("set the last price (end) or the number of prices (rungs)"));
        }
        (Some(_), Some(_)) => {
            let sentence = format!("{} ({name}) sets both end and rungs", at(""));
            return Err(
                Failure::new(Code::ScenarioLadder, sentence).with_help("remove one of them")
            );
        }
        (None, Some(rungs)) => rungs,
        (Some(end), None) => {
            let end = price("end", end)?;
            rungs_between(&format!("{} ({name})", at("end")), side, scale, (start, end), tick)?
        }
    };
    if rungs < 2 {
        let sentence =
            format!("{} ({name}): a ladder needs at least two rungs, not {rungs}", at(""));
        return Err(Failure::new(Code::ScenarioLadder, sentence));
    }
    let shape = match &file.shape {
        None => suggest::suggest(&load(rungs))?,
        Some(radices) => read_shape(&format!("{} ({name})", at("shape")), radices, rungs)?,
    };
    let ladder = PriceLadder { side, start, tick, rungs, scale, shape };
    if let Some(fault) = ladder.fault() {
        return Err(Failure::new(Code::ScenarioLadder, format!("{} ({name}): {fault}", at(""))));
    }
    Ok(Lot { name, identifier, quantity, ladder })
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

fn rungs_between(
    at: &str,
    side: Side,
    scale: Scale,
    (start, end): (Price, Price),
    tick: u64,
) -> Result<u32, Failure> {
    let fail = |what: String| Failure::new(Code::ScenarioLadder, format!("{at}: {what}"));
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
    let rungs = distance.div_euclid(tick).saturating_add(1);
    u32::try_from(rungs).map_err(|_| {
        fail(format!(
            "the ladder from {from} to {to} has {rungs} rungs, and may have at most 2^32 - 1"
        ))
        .with_help("choose a larger tick or a shorter ladder")
    })
}

fn read_shape(at: &str, radices: &[u32], rungs: u32) -> Result<Shape, Failure> {
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
    if product.is_some_and(|product| product < u64::from(rungs)) {
        return Err(fail(format!("{shape} holds fewer values than the ladder's {rungs} rungs"))
            .with_help("remove the shape to use the suggested one"));
    }
    Ok(shape)
}

/// Reads a price as a rung of a lot's ladder; `at` names the place in a complaint.
///
/// # Errors
/// [`Failure`] if it cannot be read at the lot's scale, or is not on the ladder.
pub fn read_bid(at: &str, lot: &Lot, text: &str) -> Result<Rung, Failure> {
    let ladder = &lot.ladder;
    let scale = ladder.scale;
    // What lies between two minor units is not on the ladder either.
    let around = match scale.read(text) {
        Ok(price) => match ladder.rung(price) {
            Some(rung) => return Ok(rung),
            None => (price, price),
        },
        Err(Misread::Between { below, above }) => (below, above),
        Err(why) => return Err(misread(at, scale, text, why)),
    };
    let last = Rung(ladder.rungs.saturating_sub(1));
    let end = ladder.price(last).map(|price| scale.write(price)).unwrap_or_default();
    let sentence = format!(
        "{at}: {text:?} is not on the ladder of {}, which goes from {} to {end} in steps of {}",
        lot.name,
        scale.write(ladder.start),
        scale.write(Price(i64::try_from(ladder.tick).unwrap_or(i64::MAX))),
    );
    let (below, above) = around;
    let nearest = notation::nearest(ladder, around);
    let [_, help] = notation::fault(scale, text, Misread::Between { below, above }, &nearest);
    Err(Failure::new(Code::ScenarioOffLadder, sentence).with_help(help))
}
