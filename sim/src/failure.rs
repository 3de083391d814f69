//! Why the simulator stopped: one sentence, a stable code, an exit status, and what to do next.

use std::{fmt, path::Path, process::ExitCode};

/// How a process ends. The same for every command of Talea.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All is well.
    Ok,
    /// The record is invalid, or says something else than was found.
    Differs,
    /// The command line or a scenario asks for something impossible.
    Usage,
    /// A file cannot be read or written.
    Io,
    /// The rules of the auction refused.
    Refused,
    /// A fault of this program.
    Internal,
}

impl Exit {
    /// The status that the shell sees.
    #[must_use]
    pub fn status(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Differs => 1,
            Self::Usage => 2,
            Self::Io => 4,
            Self::Refused => 6,
            Self::Internal => 70,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.status().into()
    }
}

macro_rules! codes {
    ($($name:ident $code:literal $exit:ident $sentence:literal)*) => {
        /// What went wrong, by a name that scripts may rely on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = concat!("`", $code, "`: ", $sentence)] $name,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The exit status that goes with it.
            #[must_use]
            pub fn exit(self) -> Exit {
                match self { $(Self::$name => Exit::$exit,)* }
            }
        }
    };
}

codes! {
    FileUnreadable        "file.unreadable"            Io       "a file cannot be read"
    FileUnwritable        "file.unwritable"            Io       "a file cannot be written"
    FileTooLarge          "file.too-large"             Usage    "a file exceeds its bound"
    FileEncoding          "file.encoding"              Usage    "a file is not UTF-8"
    NotATranscript        "cli.not-a-transcript"       Usage    "a file that is not a transcript would \
         be replaced"
    Threads               "cli.jobs"                   Usage    "the threads asked for cannot be started"
    ScenarioSyntax        "scenario.syntax"            Usage    "a scenario is not valid TOML"
    ScenarioField         "scenario.field"             Usage    "a field is missing, unknown or of the \
         wrong type"
    ScenarioText          "scenario.text"              Usage    "a name is empty, too long, or holds control characters"
    ScenarioLots          "scenario.lots"              Usage    "there are no lots, or too many"
    ScenarioIdentifier    "scenario.identifier-twice"  Usage    "two lots have the same identifier"
    ScenarioQuantity      "scenario.quantity"          Usage    "a lot offers nothing"
    ScenarioScale         "scenario.scale"             Usage    "a scale is unknown"
    ScenarioPrice         "scenario.price"             Usage    "a price cannot be read at its lot's scale"
    ScenarioTick          "scenario.tick"              Usage    "a tick is not a positive amount at its \
         lot's scale"
    ScenarioGrid          "scenario.grid"            Usage    "a lot has no possible price grid"
    ScenarioShape         "scenario.shape"             Usage    "a shape is impossible or too small for its grid"
    ScenarioSchedule      "scenario.schedule"          Usage    "deadlines do not follow one another"
    ScenarioBound         "scenario.bound"             Usage    "a number lies outside its bounds"
    ScenarioStakes        "scenario.stakes"            Usage    "stakes do not fit in 64 bits"
    ScenarioQuorum        "scenario.quorum"            Usage    "a quorum cannot be met"
    ScenarioMember        "scenario.member"            Usage    "a member is unknown or sits in the quorum twice"
    ScenarioConduct       "scenario.conduct"           Usage    "a conduct is unknown or impossible"
    ScenarioBidder        "scenario.bidder"            Usage    "a bidder's name is taken or unknown"
    ScenarioUnknownLot    "scenario.unknown-lot"       Usage    "a bid is for a lot that does not exist"
    ScenarioBidTwice      "scenario.bid-twice"         Usage    "a bidder bids twice for a lot"
    ScenarioTooManyBids   "scenario.too-many-bids"     Usage    "a lot has more bids than it takes"
    ScenarioOffGrid       "scenario.price-off-grid"  Usage    "a bid's price is not on its lot's grid"
    BidsColumns           "bids.columns"               Usage    "a file of bids has missing or unknown \
         columns"
    BidsRow               "bids.row"                   Usage    "a row of a file of bids is invalid"
    TendersColumns        "tenders.columns"            Usage    "a file of tenders has missing or \
         unknown columns"
    TendersRow            "tenders.row"                Usage    "a row of a file of tenders is invalid"
    TendersTender         "tenders.tender"             Usage    "the rows of a tender contradict each \
         other"
    TendersEmpty          "tenders.empty"              Usage    "there is nothing to run"
    TendersDiffer         "tenders.differ"             Differs  "an award differs from the published one"
    SuggestLoad           "suggest.load"               Usage    "no shape can be suggested for such a load"
    CompareGrid           "compare.grid"             Usage    "nothing can be compared on such a grid"
    RunRefused            "run.refused"                Refused  "the rules refused what a party did"
    RunDiffers            "run.outcome-differs"        Differs  "the outcome is not the one that the bids imply"
    RunInvalid            "run.transcript-invalid"     Differs  "the verifier refuses the transcript"
    RunStuck              "run.stuck"                  Internal "an auction stopped without an outcome"
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Why the simulator stopped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct Failure {
    /// Its stable name, and through it the exit status.
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
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// A file that cannot be read.
    #[must_use]
    pub fn unreadable(path: &Path, error: &std::io::Error) -> Self {
        Self::new(Code::FileUnreadable, format!("{} cannot be read: {error}", path.display()))
    }

    /// A file that cannot be written.
    #[must_use]
    pub fn unwritable(path: &Path, error: &std::io::Error) -> Self {
        Self::new(Code::FileUnwritable, format!("{} cannot be written: {error}", path.display()))
    }

    /// As people read it on stderr: the code, the sentence, and the help on a line of its own.
    #[must_use]
    pub fn report(&self) -> String {
        let Self { code, sentence, help } = self;
        match help {
            Some(help) => format!("error[{code}]: {sentence}\n  help: {help}"),
            None => format!("error[{code}]: {sentence}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_distinct() {
        let names: BTreeSet<&str> = Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), Code::ALL.len());
    }

    #[test]
    fn a_report_names_the_code_and_the_help() {
        let failure = Failure::new(Code::ScenarioTick, "lots[0].tick is zero").with_help("be bold");
        assert_eq!(failure.report(), "error[scenario.tick]: lots[0].tick is zero\n  help: be bold");
    }
}
