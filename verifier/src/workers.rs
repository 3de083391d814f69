//! The threads that verify. Where a system has none, as WebAssembly in a browser, the caller does the work.

use crate::failure::Fault;

/// A pool of threads, or none.
pub(crate) struct Workers(Option<rayon::ThreadPool>);

impl Workers {
    /// So many threads; one for each core if `jobs` says nothing.
    pub(crate) fn start(jobs: Option<usize>) -> Result<Self, Fault> {
        if cfg!(target_family = "wasm") {
            return Ok(Self(None));
        }
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(jobs.unwrap_or(0))
            .build()
            .map_err(|_| Fault::Internal("threads could not be started"))?;
        Ok(Self(Some(pool)))
    }

    /// Does something that needs no more than to know how many threads there are.
    pub(crate) fn ask<T: Send>(&self, question: impl FnOnce() -> T + Send) -> T {
        match &self.0 {
            Some(pool) => pool.install(question),
            None => question(),
        }
    }

    /// Does work on all threads.
    ///
    /// It is handed out by a thread of its own: a caller that is itself a worker of some pool would take up
    /// other work of its pool while it waits, and run out of stack.
    pub(crate) fn work<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, Fault> {
        let Some(pool) = &self.0 else { return Ok(work()) };
        std::thread::scope(|scope| scope.spawn(|| pool.install(work)).join())
            .map_err(|_| Fault::Internal("a thread panicked"))
    }
}
