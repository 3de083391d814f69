//! Why a command stopped: one sentence, a stable code, an exit status, and what to do next.
//!
//! The codes of every program stand in one table. `docs/errors.md` is made from it.

use crate::shown::{fit_for_terminals, shortened};
use std::{fmt, path::Path, process::ExitCode};
use talea_contract::Refusal;
use talea_protocol::bytes::PartyKey;

/// A program of Talea.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Program {
    /// `talea`.
    Talea,
    /// `talea-sim`.
    Sim,
    /// `talea-verify`. It has exit statuses, and no codes.
    Verify,
}

impl Program {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Talea => "talea",
            Self::Sim => "talea-sim",
            Self::Verify => "talea-verify",
        }
    }
}

macro_rules! exits {
    ($($name:ident $status:literal $programs:expr => $meaning:literal)*) => {
        /// How a process ends. The same for every command of Talea.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Exit {
            $(#[doc = $meaning] $name = $status,)*
        }

        impl Exit {
            /// Every way to end.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The status that the shell sees.
            #[must_use]
            pub fn status(self) -> u8 {
                self as u8
            }

            /// What it means, in a few words.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)* }
            }

            /// Which programs end so.
            #[must_use]
            pub fn programs(self) -> &'static [Program] {
                match self { $(Self::$name => $programs,)* }
            }
        }
    };
}

const ALL: &[Program] = &[Program::Talea, Program::Sim, Program::Verify];
const TALEA_AND_SIM: &[Program] = &[Program::Talea, Program::Sim];
const ALL_BUT_SIM: &[Program] = &[Program::Talea, Program::Verify];
const TALEA: &[Program] = &[Program::Talea];
const SIM: &[Program] = &[Program::Sim];

exits! {
    Ok       0  ALL              => "done, or valid"
    Invalid  1  ALL              => "the record is invalid, or says something else than was found"
    Usage    2  ALL              => "the command line or a file asks for something impossible"
    NotYet   3  ALL_BUT_SIM      => "not decidable yet: wait, or come back"
    Io       4  ALL              => "a file cannot be read or written"
    Key      5  TALEA            => "a key is missing, locked, or not the one"
    Refused  6  TALEA_AND_SIM    => "the rules of the auction refuse"
    Internal 70 ALL              => "a fault of this program"
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.status().into()
    }
}

macro_rules! codes {
    ($($programs:expr => { $($name:ident $code:literal $exit:ident $meaning:literal)* })*) => {
        /// What went wrong, by a name that scripts may rely on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code {
            $($(#[doc = concat!("`", $code, "`: ", $meaning)] $name,)*)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$($(Self::$name,)*)*];

            /// Its name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $($(Self::$name => $code,)*)* }
            }

            /// The exit status that goes with it.
            #[must_use]
            pub fn exit(self) -> Exit {
                match self { $($(Self::$name => Exit::$exit,)*)* }
            }

            /// What it means, in a few words.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $($(Self::$name => $meaning,)*)* }
            }

            /// Which programs fail with it.
            #[must_use]
            pub fn programs(self) -> &'static [Program] {
                match self { $($(Self::$name => $programs,)*)* }
            }
        }
    };
}

codes! {
    TALEA_AND_SIM => {
        FileUnreadable "file.unreadable" Io
            "a file cannot be read"
        FileUnwritable "file.unwritable" Io
            "a file cannot be written"
        FileTooLarge "file.too-large" Usage
            "a file exceeds its bound"
    }
    TALEA => {
        FileExists "file.exists" Usage
            "a file would be overwritten"
        KeyPassphrase "key.passphrase" Key
            "a passphrase is wrong, missing or too short"
        KeyFile "key.file" Key
            "a file is not a key file"
        KeyMode "key.mode" Key
            "other users may read a key file"
        KeyOther "key.other" Key
            "the terms give this role to another key"
        NameMalformed "name.malformed" Usage
            "a key or id is mistyped, or is of another kind"
        TermsField "terms.field" Usage
            "a field of the terms is invalid"
        Book "book.entry" Usage
            "an address book cannot have such an entry, or has none"
        LotUnknown "lot.unknown" Usage
            "there is no such lot"
        Price "price" Usage
            "a price cannot be bid"
        CurveForm "curve.form" Usage
            "a bid is a curve where one price is asked for, or the other way round"
        CurveSide "curve.side" Usage
            "a bid names no side of a market, or one that is not taken"
        CurveStep "curve.step" Usage
            "a step of a curve cannot be read, or is for nothing"
        CurveOrder "curve.order" Usage
            "prices of a curve do not fall, or for sellers rise"
        CurveSize "curve.size" Usage
            "a curve has too many steps, or too many units"
        ListFile "list.file" Usage
            "a file is no list that can be read: a workbook is locked, unpacks to too much, or names no columns"
        ListCell "list.cell" Usage
            "a cell of a list holds what cannot be imported"
        ListQuestion "list.question" Usage
            "a list can be read in more than one way, and nobody was there to ask"
        NotConfirmed "not-confirmed" Usage
            "not confirmed"
        BoardFolder "board.folder" Io
            "a folder does not hold a board"
        BoardBusy "board.busy" Io
            "another process runs this board"
        BoardInvalid "board.invalid" Invalid
            "the board's transcript breaks the rules"
        BoardRewritten "board.rewritten" Invalid
            "the board shows a different history than before"
        BoardForked "board.forked" Invalid
            "the board signed two histories"
        BoardSilent "board.silent" NotYet
            "the board did not take an instruction in time"
        BoardAddress "board.address" Usage
            "an address of a board is malformed, or means no auction or several"
        BoardUnreachable "board.unreachable" NotYet
            "the board cannot be reached over the network"
        BoardAnswer "board.answer" Io
            "what answers at a board's address does not answer as a board"
        BoardCertificate "board.certificate" Io
            "the certificate of a board's address is not to be trusted"
        BoardOther "board.other-auction" Io
            "an address shows another auction than it names, or than it showed before"
        NotYet "not-yet" NotYet
            "the auction has not reached that point"
        Refused "refused" Refused
            "the rules refuse"
        BidElsewhere "bid.elsewhere" Key
            "the secrets that reveal a bid are not on this machine"
        NoBid "bid.none" Refused
            "this party has no bid to continue with"
        Receipt "receipt.invalid" Invalid
            "a receipt proves nothing"
        AuditOpening "audit.opening" Invalid
            "an opening proves nothing"
        AuditAuditor "audit.auditor" Key
            "an opening is for another auditor"
        AuditOtherAuction "audit.other-auction" Invalid
            "an opening is of another auction than the transcript"
        AuditNotice "audit.notice" NotYet
            "the terms ask for a record of openings, and this one is not on it"
        AuditRecord "audit.record" Invalid
            "a board's record of openings is broken"
        HttpListen "http.listen" Io
            "a board cannot be served at an address, or with a certificate"
        HttpRequest "http.request" Usage
            "a request asks a board for something impossible"
        HttpNotFound "http.not-found" Usage
            "a board has nothing at an address"
        HttpMethod "http.method" Usage
            "an address of a board does not take such a request"
        HttpContentType "http.content-type" Usage
            "a request holds another kind of thing than a board takes there"
        HttpBusy "http.busy" NotYet
            "a board has no room for more instructions now"
        ChainEvents "chain.events" Usage
            "a file is not a node's answer, or holds no events of an auction"
        ChainSeveral "chain.several" Usage
            "the events are of several contracts"
        ChainIncomplete "chain.incomplete" NotYet
            "events of the auction are missing"
        ChainDiffers "chain.differs" Invalid
            "the events are not what the rules of the auction make of them"
        OcdsPublication "ocds.publication" Usage
            "a file of what OCDS asks for besides an auction is invalid"
        StandardCurrency "standard.currency" Refused
            "a standard asks for amounts of money, and the terms have no currency that it knows"
        StandardMechanism "standard.mechanism" Refused
            "a standard has no form for what such a mechanism comes to"
        StandardNumber "standard.number" Refused
            "a number has more digits than readers of a standard keep"
        StandardClock "standard.clock" Refused
            "a standard asks for times, and the terms have no clock"
        Internal "internal" Internal
            "internal error in this program"
    }
    SIM => {
        FileEncoding "file.encoding" Usage
            "a file is not UTF-8"
        NotATranscript "cli.not-a-transcript" Usage
            "a file that is not a transcript would be replaced"
        Threads "cli.jobs" Usage
            "the threads asked for cannot be started"
        ScenarioSyntax "scenario.syntax" Usage
            "a scenario is not valid TOML"
        ScenarioField "scenario.field" Usage
            "a field is missing, unknown or of the wrong type"
        ScenarioText "scenario.text" Usage
            "a name is empty, too long, or holds control characters"
        ScenarioLots "scenario.lots" Usage
            "there are no lots, or too many"
        ScenarioIdentifier "scenario.identifier-twice" Usage
            "two lots have the same identifier"
        ScenarioQuantity "scenario.quantity" Usage
            "a lot offers nothing"
        ScenarioScale "scenario.scale" Usage
            "a scale is unknown"
        ScenarioPrice "scenario.price" Usage
            "a price cannot be read at its lot's scale"
        ScenarioTick "scenario.tick" Usage
            "a tick is not a positive amount at its lot's scale"
        ScenarioGrid "scenario.grid" Usage
            "a lot has no possible price grid"
        ScenarioShape "scenario.shape" Usage
            "a shape is impossible or too small for its grid"
        ScenarioSchedule "scenario.schedule" Usage
            "deadlines do not follow one another"
        ScenarioBound "scenario.bound" Usage
            "a number lies outside its bounds"
        ScenarioCurrency "scenario.currency" Usage
            "a currency is not in ISO 4217, or has no minor unit"
        ScenarioStakes "scenario.stakes" Usage
            "stakes do not fit in 64 bits"
        ScenarioQuorum "scenario.quorum" Usage
            "a quorum cannot be met"
        ScenarioMember "scenario.member" Usage
            "a member is unknown or sits in the quorum twice"
        ScenarioConduct "scenario.conduct" Usage
            "a conduct is unknown or impossible"
        ScenarioBidder "scenario.bidder" Usage
            "a bidder's name is taken or unknown"
        ScenarioUnknownLot "scenario.unknown-lot" Usage
            "a bid is for a lot that does not exist"
        ScenarioBidTwice "scenario.bid-twice" Usage
            "a bidder bids twice for a lot"
        ScenarioTooManyBids "scenario.too-many-bids" Usage
            "a lot has more bids than it takes"
        ScenarioOffGrid "scenario.price-off-grid" Usage
            "a bid's price is not on its lot's grid"
        BidsColumns "bids.columns" Usage
            "a file of bids has missing or unknown columns"
        BidsRow "bids.row" Usage
            "a row of a file of bids is invalid"
        TendersColumns "tenders.columns" Usage
            "a file of tenders has missing or unknown columns"
        TendersRow "tenders.row" Usage
            "a row of a file of tenders is invalid"
        TendersTender "tenders.tender" Usage
            "the rows of a tender contradict each other"
        TendersEmpty "tenders.empty" Usage
            "there is nothing to run"
        TendersDiffer "tenders.differ" Invalid
            "an award differs from the published one"
        OrdersColumns "orders.columns" Usage
            "an order book has missing or unknown columns"
        OrdersRow "orders.row" Usage
            "a row of an order book is invalid"
        OrdersEmpty "orders.empty" Usage
            "an order book has no row on one of the sides"
        SuggestLoad "suggest.load" Usage
            "no shape can be suggested for such a load"
        CompareGrid "compare.grid" Usage
            "nothing can be compared on such a grid"
        RunRefused "run.refused" Refused
            "the rules refused what a party did"
        RunDiffers "run.outcome-differs" Invalid
            "the outcome is not the one that the bids imply"
        RunInvalid "run.transcript-invalid" Invalid
            "the verifier refuses the transcript"
        RunStuck "run.stuck" Internal
            "an auction stopped without an outcome"
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Why a command stopped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct Failure {
    /// Its stable name.
    pub code: Code,
    /// What is wrong, and where.
    pub sentence: String,
    /// What to do next, where that is not plain.
    pub help: Option<String>,
}

impl Failure {
    /// A failure that says what is wrong in one sentence.
    pub fn new(code: Code, sentence: impl Into<String>) -> Self {
        Self { code, sentence: sentence.into(), help: None }
    }

    /// The same failure with a word on what to do next.
    #[must_use]
    pub fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// A file that cannot be read.
    pub fn unreadable(path: &Path, error: impl fmt::Display) -> Self {
        Self::new(Code::FileUnreadable, format!("{} cannot be read: {error}", path.display()))
    }

    /// A file that cannot be written.
    pub fn unwritable(path: &Path, error: impl fmt::Display) -> Self {
        Self::new(Code::FileUnwritable, format!("{} cannot be written: {error}", path.display()))
    }

    /// The terms give a role to another key than the one at hand.
    pub fn other_key(role: &str, named: &PartyKey, given: &PartyKey) -> Self {
        let [named, given] = [named, given].map(|key| shortened(&key.to_string()));
        let sentence = format!("the terms name {named} as the {role}, and this key is {given}");
        Self::new(Code::KeyOther, sentence).with_help(format!("use the key file of the {role}"))
    }

    /// As people read it on stderr.
    #[must_use]
    pub fn report(&self) -> String {
        let Self { code, sentence, help } = self;
        let help = help.as_ref().map_or(String::new(), |help| format!("\n  help: {help}"));
        fit_for_terminals(&format!("error[{code}]: {sentence}{help}"))
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::new(Code::Refused, refusal.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn what_a_failure_quotes_moves_no_terminal() {
        let failure = Failure::new(Code::Receipt, "no receipt: \u{1b}[2J").with_help("\u{7}");
        let expected = "error[receipt.invalid]: no receipt: \\u{1b}[2J\n  help: \\u{7}";
        assert_eq!(failure.report(), expected);
    }

    #[test]
    fn a_key_of_another_role_is_said_beside_the_one_that_the_terms_name() {
        let (named, given) = (PartyKey([1; 32]), PartyKey([2; 32]));
        let failure = Failure::other_key("seller", &named, &given);
        for key in [named, given] {
            let shown = shortened(&key.to_string());
            assert!(failure.sentence.contains(&shown), "{failure}");
        }
        assert_eq!(failure.code, Code::KeyOther);
    }

    #[test]
    fn a_report_names_the_code_and_the_help() {
        let failure = Failure::new(Code::ScenarioTick, "lots[0].tick is zero").with_help("be bold");
        assert_eq!(failure.report(), "error[scenario.tick]: lots[0].tick is zero\n  help: be bold");
    }

    #[test]
    fn codes_are_distinct() {
        let names: BTreeSet<&str> = Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), Code::ALL.len());
    }
}
