//! A lot's program and the keyholders, in turn.
//!
//! The program of a lot is written as it is read, from its first question to the award, and the
//! steps of keyholders lie between. So it is a coroutine: it goes on until it asks for a step, and
//! is suspended until the step is complete. Nothing else ever wakes it; there is no other task, no
//! thread and no clock.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use talea_protocol::check::Check;

use super::step::{Done, Work};
use crate::{
    decryptions::{Purpose, Question, Topic},
    docket::Docket,
    failure::Stop,
};

/// Why a program stops early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Halt {
    /// An opened value is impossible: the lot is halted.
    Alarm,
    /// The program contradicted itself. This is a fault of the verifier.
    Lost,
}

/// The channel from a program to the keyholders: the program's end.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyholderChannel(Arc<Mutex<Desk>>);

/// What lies between the program and the replay.
#[derive(Debug, Default)]
struct Desk {
    work: Option<Work>,
    done: Option<Done>,
    /// Checks of opened values, in order, and whether they held.
    judged: Vec<(Check, bool)>,
    /// What the program wants to know, and of a Decrypt step what it asks to that end.
    topic: Option<Topic>,
    question: Option<Question>,
    /// Whether what was opened last took a step.
    took_a_step: bool,
    /// What it read in what that step opened.
    values: Vec<i64>,
}

impl KeyholderChannel {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for a step, whose list is not empty, and waits for it.
    pub(crate) async fn ask(&self, work: Work) -> Done {
        self.desk().work = Some(work);
        std::future::poll_fn(|_| match self.desk().done.take() {
            Some(done) => Poll::Ready(done),
            None => Poll::Pending,
        })
        .await
    }

    /// From here on the program wants to know this.
    pub(crate) fn turn_to(&self, topic: Topic) {
        self.desk().topic = Some(topic);
    }

    /// This is to be decrypted next, by a step of keyholders if it `takes_a_step`.
    pub(crate) fn will_decrypt(&self, question: Question, takes_a_step: bool) {
        let mut desk = self.desk();
        (desk.question, desk.took_a_step) = (Some(question), takes_a_step);
    }

    /// What is in the items that were opened last.
    pub(crate) fn has_read(&self, values: impl IntoIterator<Item = i64>) {
        let mut desk = self.desk();
        if desk.took_a_step {
            desk.values = values.into_iter().collect();
        }
    }

    /// The same of what is not negative.
    pub(crate) fn has_counted(&self, values: impl IntoIterator<Item = usize>) {
        self.has_read(values.into_iter().map(|value| i64::try_from(value).unwrap_or(i64::MAX)));
    }

    /// Counts a check of what was opened. One that fails halts the lot.
    pub(crate) fn judge(&self, check: Check, holds: bool) -> Result<(), Halt> {
        self.desk().judged.push((check, holds));
        if holds { Ok(()) } else { Err(Halt::Alarm) }
    }
}

/// What a program needs.
pub(crate) enum DialogueProgress<T> {
    /// A step.
    Ask(Work),
    /// Nothing more.
    End(Result<T, Halt>),
}

/// A running program, and the channel to it.
pub(crate) struct Dialogue<T> {
    program: Pin<Box<dyn Future<Output = Result<T, Halt>> + Send>>,
    channel: KeyholderChannel,
}

impl<T> std::fmt::Debug for Dialogue<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dialogue").field("channel", &self.channel).finish_non_exhaustive()
    }
}

impl<T> Dialogue<T> {
    /// A program that has not begun.
    pub(crate) fn new<F>(program: impl FnOnce(KeyholderChannel) -> F) -> Self
    where
        F: Future<Output = Result<T, Halt>> + Send + 'static,
    {
        let channel = KeyholderChannel::default();
        Self { program: Box::pin(program(channel.clone())), channel }
    }

    /// From the beginning.
    pub(crate) fn start(&mut self, docket: &mut Docket) -> Result<DialogueProgress<T>, Stop> {
        self.run(docket)
    }

    /// After a step.
    pub(crate) fn resume(
        &mut self,
        docket: &mut Docket,
        done: Done,
    ) -> Result<DialogueProgress<T>, Stop> {
        self.channel.desk().done = Some(done);
        self.run(docket)
    }

    /// What the step that was asked for last is for.
    pub(crate) fn purpose(&self) -> Option<Purpose> {
        let desk = self.channel.desk();
        Some(Purpose { topic: desk.topic?, question: desk.question? })
    }

    /// What the program read in what was opened last.
    pub(crate) fn take_values(&self) -> Vec<i64> {
        std::mem::take(&mut self.channel.desk().values)
    }

    fn run(&mut self, docket: &mut Docket) -> Result<DialogueProgress<T>, Stop> {
        let polled = self.program.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        let mut desk = self.channel.desk();
        for (check, held) in desk.judged.drain(..) {
            let position = docket.position();
            docket.judged(position, check, held);
        }
        match (polled, desk.work.take()) {
            (Poll::Ready(Err(Halt::Lost)), _) => Err(Stop::Internal("a ranking lost its thread")),
            (Poll::Ready(end), _) => Ok(DialogueProgress::End(end)),
            (Poll::Pending, Some(work)) => Ok(DialogueProgress::Ask(work)),
            (Poll::Pending, None) => Err(Stop::Internal("a ranking waits for nothing")),
        }
    }
}
