//! A transcript, from its first byte to its last.
//!
//! Records are read in batches, taken in on all cores, applied one by one, and their proofs
//! verified on all cores again. Memory is in proportion to a batch, what waits on the docket, and
//! the auction's state; never to the file.

use std::io::Read;

use rayon::prelude::*;
use talea_protocol::{check::Check, transcript::RecordKind};

use crate::{
    batch,
    decryptions::Decryptions,
    docket::Docket,
    failure::{Failure, Fault, Place, Refusal, Stop, Subject},
    intake::{Intake, RawEntry, take_in},
    reader::{Record, Records, Trouble},
    replay::Replay,
    report::Report,
    workers::Workers,
};

/// How to verify.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Threads; all cores by default. The report does not depend on it.
    pub jobs: Option<usize>,
}

/// How far a verification has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read.
    pub bytes: u64,
    /// Entries applied.
    pub entries: u64,
}

/// Verifies a transcript.
///
/// # Errors
/// [`Fault`] if the source could not be read, or if the verifier itself is at fault. A
/// transcript that is invalid is no error but a [`Report`] that says so.
pub fn verify(
    source: impl Read,
    options: &Options,
    progress: impl FnMut(Progress),
) -> Result<Report, Fault> {
    verify_keeping(source, options, false, progress)
}

/// Verifies a transcript, and keeps what keyholders decrypted: [`Report::decryptions`]. It takes memory in
/// proportion to the transcript, which [`verify`] does not.
///
/// # Errors
/// As [`verify`].
pub fn verify_decryptions(
    source: impl Read,
    options: &Options,
    progress: impl FnMut(Progress),
) -> Result<Report, Fault> {
    verify_keeping(source, options, true, progress)
}

fn verify_keeping(
    source: impl Read,
    options: &Options,
    decryptions: bool,
    mut progress: impl FnMut(Progress),
) -> Result<Report, Fault> {
    let workers = Workers::start(options.jobs)?;
    let mut records = Records::new(source);
    let mut run = Run::Start(Docket::new(Subject::at(Place::Genesis)), decryptions);
    let ended = loop {
        let batch = Batch::read(&mut records, workers.ask(batch::record_bytes));
        let (next, ended) = workers.work(|| run.take(batch))?;
        run = next;
        progress(Progress { bytes: records.bytes(), entries: run.entries() });
        if let Some(ended) = ended {
            break ended;
        }
    };
    let failure = match ended {
        Ended::AtEnd => None,
        Ended::Refused(failure) => Some(failure),
        Ended::Read(error) => return Err(Fault::Read(error)),
        Ended::Internal(what) => return Err(Fault::Internal(what)),
    };
    let is_transcript = records.is_transcript();
    // An invalid beginning stays invalid, whether or not the rest can be read to be hashed.
    let file = match (records.finish(), &failure) {
        (Ok(file), _) => Some(file),
        (Err(error), None) => return Err(Fault::Read(error)),
        (Err(_), Some(_)) => None,
    };
    let report = match run {
        Run::Start(docket, _) => Report::new(file, &docket, None, false, failure),
        Run::Open(replay) => Report::new(file, &replay.docket, Some(&replay), false, failure),
        Run::Closed(replay) => Report::new(file, &replay.docket, Some(&replay), true, failure),
    };
    Ok(Report { is_transcript, ..report })
}

/// Records that were read together, and why there are no more, if there are none.
struct Batch {
    records: Vec<Record>,
    end: Option<End>,
}

/// Why a file has no more records.
enum End {
    /// It ends after a whole one.
    Whole,
    Trouble(Trouble),
}

impl Batch {
    fn read<R: Read>(source: &mut Records<R>, enough: usize) -> Self {
        let mut records = Vec::new();
        let mut bytes = 0usize;
        let trouble = |records, trouble| Self { records, end: Some(End::Trouble(trouble)) };
        if source.bytes() == 0
            && let Err(error) = source.magic()
        {
            return trouble(records, error);
        }
        while bytes < enough && records.len() < batch::RECORDS {
            match source.next() {
                Ok(Some(record)) => {
                    bytes = bytes.saturating_add(record.body.len());
                    records.push(record);
                }
                Ok(None) => {
                    return Self { records, end: Some(End::Whole) };
                }
                Err(error) => return trouble(records, error),
            }
        }
        Self { records, end: None }
    }
}

/// How a run ended.
enum Ended {
    AtEnd,
    Refused(Failure),
    Read(std::io::Error),
    Internal(&'static str),
}

/// The place of a run in the order of records: one genesis, entries, at most one closing.
enum Run {
    /// Whether to keep what is decrypted.
    Start(Docket, bool),
    Open(Box<Replay>),
    Closed(Box<Replay>),
}

impl Run {
    fn entries(&self) -> u64 {
        match self {
            Self::Start(..) => 0,
            Self::Open(replay) | Self::Closed(replay) => replay.entries(),
        }
    }

    /// Takes a batch; says how the run ended, if it did.
    fn take(self, batch: Batch) -> (Self, Option<Ended>) {
        let mut run = self;
        let Batch { records, end } = batch;
        let mut records = records.into_iter().peekable();
        let mut outcome: Result<(), Stop> = Ok(());
        while let Some(record) = records.next() {
            if record.kind == RecordKind::Entry
                && let Self::Open(replay) = &mut run
            {
                let mut bodies = vec![record.body];
                while let Some(next) = records.next_if(|r| r.kind == RecordKind::Entry) {
                    bodies.push(next.body);
                }
                outcome = apply_all(replay, bodies);
            } else {
                (run, outcome) = run.take_one(record);
            }
            if outcome.is_err() {
                break;
            }
        }
        if outcome.is_ok() {
            if let Some(End::Trouble(Trouble::Framing(sentence, kind))) = &end {
                outcome = Err(run.framing(sentence.clone(), *kind));
            } else if matches!((&end, &run), (Some(End::Whole), Self::Start(..))) {
                let sentence = "there is no genesis after the magic bytes".into();
                outcome = Err(run.framing(sentence, None));
            }
        }
        let last = end.is_some() || outcome.is_err();
        let settled = run.settle(outcome, last);
        let ended = match settled {
            Err(ended) => Some(ended),
            Ok(()) => end.map(|end| match end {
                End::Trouble(Trouble::Io(error)) => Ended::Read(error),
                // Framing has been made a refusal above.
                End::Trouble(Trouble::Framing(..)) | End::Whole => Ended::AtEnd,
            }),
        };
        (run, ended)
    }

    /// A genesis, a closing, or a record out of its place.
    fn take_one(self, record: Record) -> (Self, Result<(), Stop>) {
        match (self, record.kind) {
            (Self::Start(docket, keeps), RecordKind::Genesis) => {
                match Replay::open(docket, &record.body) {
                    Ok(mut replay) => {
                        replay.decryptions = keeps.then(Decryptions::default);
                        (Self::Open(Box::new(replay)), Ok(()))
                    }
                    Err((docket, stop)) => (Self::Start(docket, keeps), Err(stop)),
                }
            }
            (Self::Open(mut replay), RecordKind::Closing) => {
                // The derived outcome must not rest on a proof that is still to be verified.
                let result = replay.flush(None).and_then(|()| replay.close(&record.body));
                (Self::Closed(replay), result)
            }
            (mut run, kind) => {
                let sentence = match (&run, kind) {
                    (Self::Start(..), _) => "the first record must be the genesis",
                    (Self::Open(_), _) => "there is a second genesis",
                    (Self::Closed(_), _) => "there is a record after the closing",
                };
                let stop = run.framing(sentence.into(), Some(kind));
                (run, Err(stop))
            }
        }
    }

    /// A refusal under **X1** of the record that comes next.
    fn framing(&mut self, sentence: String, kind: Option<RecordKind>) -> Stop {
        let next = Place::Entry(self.entries().saturating_add(1));
        let (docket, place) = match (self, kind) {
            (Self::Start(docket, _), _) => (docket, Place::Genesis),
            (Self::Open(replay), Some(RecordKind::Closing)) => (&mut replay.docket, Place::Closing),
            (Self::Open(replay), _) => (&mut replay.docket, next),
            (Self::Closed(replay), _) => (&mut replay.docket, Place::AfterClosing),
        };
        docket.enter(Subject::at(place));
        docket.refuse(Check::RecordFraming, sentence)
    }

    /// Verifies what waits if it must be verified now.
    fn settle(&mut self, outcome: Result<(), Stop>, last: bool) -> Result<(), Ended> {
        let (stopped, internal) = match outcome {
            Ok(()) => (None, None),
            Err(Stop::Refused(refusal)) => (Some(refusal), None),
            Err(Stop::Internal(what)) => (None, Some(what)),
        };
        let result = match self {
            Self::Start(docket, _) => docket.flush(stopped).map_err(Stop::Refused),
            Self::Open(replay) | Self::Closed(replay) => {
                if last || replay.is_full() {
                    replay.flush(stopped)
                } else {
                    Ok(())
                }
            }
        };
        match (result, internal) {
            (Err(Stop::Refused(Refusal { failure, .. })), _) => Err(Ended::Refused(failure)),
            (_, Some(what)) | (Err(Stop::Internal(what)), None) => Err(Ended::Internal(what)),
            (Ok(()), None) => Ok(()),
        }
    }
}

/// Takes entries in on all cores, and applies them one by one.
fn apply_all(replay: &mut Replay, bodies: Vec<Vec<u8>>) -> Result<(), Stop> {
    let facts = std::sync::Arc::clone(&replay.facts);
    let intakes: Vec<Option<Intake>> = bodies
        .into_par_iter()
        .with_max_len(1)
        .map(|body| RawEntry::parse(body).map(|raw| take_in(raw, &facts)))
        .collect();
    for intake in intakes {
        let Some(intake) = intake else {
            let place = Place::Entry(replay.entries().saturating_add(1));
            replay.docket.enter(Subject::at(place));
            let sentence = "the entry is not canonical: its length is not that of its parts".into();
            return Err(replay.docket.refuse(Check::RecordFraming, sentence));
        };
        replay.apply(intake)?;
        if replay.is_full() {
            replay.flush(None)?;
        }
        replay.relieve()?;
    }
    Ok(())
}
