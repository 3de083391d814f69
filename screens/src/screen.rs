//! The screens by name: what each asks, where it comes from, what it needs, and how much of it.

/// A screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Screen {
    /// Are close losing bids missing?
    MissingBids,
    /// Do winners win by more than anybody would leave on the table?
    IsolatedWinners,
    /// Are there pockets in which bids hardly differ?
    Variance,
    /// Does the winner stand apart while losers huddle?
    Spread,
    /// Do winners take turns?
    Rotation,
    /// Does the seller decline just above its own reserve?
    Declines,
}

impl Screen {
    /// Every screen, in the order of a report.
    pub const ALL: [Self; 6] = [
        Self::MissingBids,
        Self::IsolatedWinners,
        Self::Variance,
        Self::Spread,
        Self::Rotation,
        Self::Declines,
    ];

    /// Its name for tools.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MissingBids => "missing-bids",
            Self::IsolatedWinners => "isolated-winners",
            Self::Variance => "variance",
            Self::Spread => "spread",
            Self::Rotation => "rotation",
            Self::Declines => "declines",
        }
    }

    /// Its name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::MissingBids => "Missing bids",
            Self::IsolatedWinners => "Isolated winners",
            Self::Variance => "Pockets of low variance",
            Self::Spread => "Winner apart, losers together",
            Self::Rotation => "Rotation of winners",
            Self::Declines => "Declines just above the reserve",
        }
    }

    /// What it asks, and why that is suspicious.
    #[must_use]
    pub fn question(self) -> &'static str {
        match self {
            Self::MissingBids => {
                "Are there fewer close seconds than seconds a little farther off? Bidders who compete come close by \
                 chance. A ring keeps its cover bids at a distance, so that the designated winner wins."
            }
            Self::IsolatedWinners => {
                "Could winners have asked more, or offered less in a sale, and still have won, nearly always? Whoever \
                 competes goes on until that costs too many wins."
            }
            Self::Variance => {
                "Is there a stretch of auctions, or a bidder, with bids that differ little among each other? Prices \
                 that were agreed vary less."
            }
            Self::Spread => {
                "Is the winner farther from the next bid, measured by how far the losers lie apart, than the worst \
                 bid is at the other end? Cover bids huddle behind the winner."
            }
            Self::Rotation => {
                "Are the wins of a bidder spaced more evenly over the auctions in which it bid than chance would \
                 space them? A ring takes turns."
            }
            Self::Declines => {
                "Are the auctions that a seller declines, although its committed reserve was met, those that met it \
                 barely? Such a seller fishes for prices, and the reserve was none."
            }
        }
    }

    /// Where it comes from.
    #[must_use]
    pub fn source(self) -> &'static str {
        match self {
            Self::MissingBids => {
                "Chassang, Kawai, Nakabayashi, Ortner, Robust Screens for Noncompetitive Bidding in Procurement \
                 Auctions, Econometrica 90 (2022) 315-346: the pattern and the distance Delta. The test is our own: \
                 of margins up to their lower quartile, those in the nearer half against those in the farther half."
            }
            Self::IsolatedWinners => {
                "The same article: the incentive constraint against asking a little more, under any information of \
                 the bidders. The exact tail of the test is our own, after Hoeffding, Annals of Mathematical \
                 Statistics 27 (1956) 713-721."
            }
            Self::Variance => {
                "Abrantes-Metz, Froeb, Geweke, Taylor, A Variance Screen for Collusion, International Journal of \
                 Industrial Organization 24 (2006) 467-486: pockets of low variation. The coefficient of variation \
                 per tender as in Imhof, Simple Statistical Screens to Detect Bid Rigging, Working Paper 484, \
                 University of Fribourg (2017). The permutation test is our own."
            }
            Self::Spread => {
                "Imhof (2017): the relative distance RD, the margin of the winner over the standard deviation of \
                 the losing bids, and skewness. The comparison with the same figure at the other end is our own."
            }
            Self::Rotation => {
                "OECD, Guidelines for Fighting Bid Rigging in Public Procurement (2009): bid rotation. The \
                 permutation test is our own. Kawai, Nakabayashi, Ortner, Chassang, Review of Economic Studies 90 \
                 (2023) 376-403, say what it cannot tell apart: who has just won may honestly have less capacity."
            }
            Self::Declines => {
                "Our own. In a bid-wanted the seller names no price at the start and decides at the end (MSRB Rule \
                 G-43); a reserve that was committed before shows which decisions it explains."
            }
        }
    }

    /// What an auction has to disclose.
    #[must_use]
    pub fn needs(self) -> &'static str {
        match self {
            Self::MissingBids | Self::IsolatedWinners => {
                "winner, price and cover where a winner pays its own bid; otherwise all bids"
            }
            Self::Variance | Self::Spread => "all bids, at least three",
            Self::Rotation => "who bid and who won; no price",
            Self::Declines => "the reserve, opened, and the price that met it",
        }
    }

    /// The fewest auctions of which it says anything.
    #[must_use]
    pub fn smallest_sample(self) -> usize {
        match self {
            Self::MissingBids => 40,
            Self::IsolatedWinners => 60,
            Self::Variance | Self::Rotation => 20,
            Self::Spread | Self::Declines => 10,
        }
    }

    /// What it assumes, and where honest data raises its flag more often.
    #[must_use]
    pub fn caveat(self) -> &'static str {
        match self {
            Self::MissingBids => {
                "Assumes that close margins are not rarer than wider ones, as with independent costs. Bids on a grid \
                 coarser than the margins are left out."
            }
            Self::IsolatedWinners => {
                "Assumes costs above zero in a procurement, and in a sale values of at most twice the bid. It rarely \
                 errs, and sees only margins that are wide nearly always."
            }
            Self::Variance => {
                "Assumes that auctions with as many bids can be exchanged. A calmer market, or a bidder who bids \
                 where costs are well known, looks the same."
            }
            Self::Spread => {
                "Assumes bids that lie as wide at the good end as at the bad one, or wider at the bad one. A ceiling \
                 that many bidders would exceed presses losers together and raises it."
            }
            Self::Rotation => {
                "Assumes that a win does not change the chances of the next. Bidders of limited capacity take turns \
                 honestly."
            }
            Self::Declines => {
                "Assumes that declining has nothing to do with how far the reserve was exceeded. A seller that \
                 honestly hoped for more declines so too: the flag is about the reserve, not about intent."
            }
        }
    }
}
