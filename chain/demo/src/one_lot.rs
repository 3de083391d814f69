//! Auctions of one lot, of whatever size.

use std::fmt::Write as _;

/// A scenario with one lot of so many prices, for which everybody bids.
#[must_use]
pub fn one_lot(bidders: usize, levels: u32) -> String {
    let mut text = format!(
        "title = \"One lot\"\nseed = 1\nmax_bids_per_lot = {bidders}\nchunk_items = 64\n\
         [stakes]\ndeposit = 1000\nbond = 1000\n\
         [[lots]]\nname = \"A lot\"\nidentifier = \"LOT\"\nside = \"sale\"\nscale = \"decimal 0\"\n\
         start = 1\nlevels = {levels}\n\
         [[quorum]]\nname = \"keyholders\"\nthreshold = 2\nmembers = 3\n"
    );
    for bidder in 0..bidders {
        let place = u64::try_from(bidder).unwrap_or(0).wrapping_mul(7_919) % u64::from(levels);
        let _ = writeln!(
            text,
            "[[bidders]]\nname = \"bidder {bidder}\"\nbids = {{ LOT = {} }}",
            place + 1
        );
    }
    text
}
