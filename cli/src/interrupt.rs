//! What a process does that is told to end, by Ctrl-C or by a signal: it finishes what it is writing, says
//! what becomes of its work, and ends with 128 and the signal's number, as shells have it.

use std::sync::{
    Arc, Condvar, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

/// How many things are being written.
static WRITES: Mutex<usize> = Mutex::new(0);
/// Wakes whoever waits until nothing is.
static WRITTEN: Condvar = Condvar::new();

/// As long as this lives, the process does not end by a signal.
pub struct Writing(());

/// Something is being written, and will be whole.
#[must_use]
pub fn writing() -> Writing {
    *writes() += 1;
    Writing(())
}

impl Drop for Writing {
    fn drop(&mut self) {
        let mut writes = writes();
        *writes = writes.saturating_sub(1);
        WRITTEN.notify_all();
    }
}

fn writes() -> MutexGuard<'static, usize> {
    // A number is whole whoever panicked.
    WRITES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on a process that is told to end says these words. To be called once; where there are no such
/// signals, or no thread for them, the process ends without a word, and nothing else is different.
pub fn say_when_stopped(words: &'static str) {
    #[cfg(unix)]
    signals::watch(words);
    #[cfg(not(unix))]
    let _ = words;
}

/// Whether the process was told to end, for who has something to clear away first. It goes on until then.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicUsize>);

impl Stop {
    /// From now on a process that is told to end is only noted. Where there are no such signals, it ends.
    #[must_use]
    pub fn noted() -> Self {
        let stop = Self::default();
        #[cfg(unix)]
        signals::note(&stop.0);
        stop
    }

    /// Whether it was told to end.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.0.load(Ordering::SeqCst) != 0
    }

    /// Ends the process with these words, if it was told to.
    pub fn end_if_told(&self, words: &str) {
        #[cfg(unix)]
        if let Ok(signal @ 1..) = i32::try_from(self.0.load(Ordering::SeqCst)) {
            signals::end_now(signal, words);
        }
        #[cfg(not(unix))]
        let _ = words;
    }
}

#[cfg(unix)]
mod signals {
    use super::{WRITTEN, writes};
    use crate::say::say;
    use signal_hook::{
        consts::{SIGHUP, SIGINT, SIGTERM},
        flag,
        iterator::Signals,
    };
    use std::{
        process,
        sync::{Arc, PoisonError, atomic::AtomicUsize},
        thread,
    };

    pub(super) fn note(told: &Arc<AtomicUsize>) {
        for signal in [SIGHUP, SIGINT, SIGTERM] {
            // Where it cannot be noted the process ends by it, as it would without.
            let number = usize::try_from(signal).unwrap_or_default();
            let _ = flag::register_usize(signal, told.clone(), number);
        }
    }

    pub(super) fn watch(words: &'static str) {
        let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) else { return };
        thread::spawn(move || {
            let mut is_told = false;
            for signal in signals.forever() {
                if is_told {
                    // A disk may take for ever, and whoever asks twice does not want to wait for it.
                    process::exit(128 + signal);
                }
                is_told = true;
                thread::spawn(move || end(signal, words));
            }
        });
    }

    /// Ends the process once nothing is being written, and lets nothing more be written.
    fn end(signal: i32, words: &str) {
        let mut writes = writes();
        while *writes > 0 {
            writes = WRITTEN.wait(writes).unwrap_or_else(PoisonError::into_inner);
        }
        end_now(signal, words);
    }

    pub(super) fn end_now(signal: i32, words: &str) -> ! {
        let name = if signal == SIGINT { "Ctrl-C" } else { "a signal" };
        say(&format!("stopped by {name}; {words}"));
        process::exit(128 + signal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_in_the_course_of_writing_is_counted_too() {
        let before = *writes();
        let outer = writing();
        let inner = writing();
        drop(outer);
        assert!(*writes() > before);
        drop(inner);
    }
}
