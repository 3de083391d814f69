//! Ctrl-C, while Rust works. Python only notes a signal; whoever works for long must ask for it.

use pyo3::{PyErr, Python};
use std::{
    cell::RefCell,
    io::{self, Read, Write},
};

/// What a signal's handler raised, once one did.
#[derive(Default)]
pub struct Signals {
    raised: RefCell<Option<PyErr>>,
}

impl Signals {
    /// Lets Python handle what has come in.
    pub fn look(&self) {
        if let Err(error) = Python::attach(|py| py.check_signals()) {
            self.raised.replace(Some(error));
        }
    }

    /// What was raised.
    pub fn into_raised(self) -> Option<PyErr> {
        self.raised.into_inner()
    }

    fn go_on(&self) -> io::Result<()> {
        match *self.raised.borrow() {
            Some(_) => Err(io::Error::other("it was interrupted")),
            None => Ok(()),
        }
    }
}

/// Bytes that end with an error when a signal was raised.
pub struct Reader<'a, R>(pub R, pub &'a Signals);

impl<R: Read> Read for Reader<'_, R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        self.1.go_on()?;
        self.0.read(to)
    }
}

/// A writer that looks for signals, and fails when one was raised.
pub struct Writer<'a>(pub &'a mut Vec<u8>, pub &'a Signals);

impl Write for Writer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1.look();
        self.1.go_on()?;
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
