//! An auction resumed from its records, and what to write of them.

use super::{Auction, state::State};
use crate::{
    setting::Setting,
    store::{Changes, Corrupt, Header, Home, Kind, Records as _, Store},
};
use alloc::sync::Arc;
use talea_protocol::terms::Terms;

impl Auction {
    /// Resumes an auction from the records of its home. Of these it reads the terms and what every instruction needs,
    /// and later what it is asked for.
    ///
    /// # Errors
    /// [`Corrupt`] if a record that every auction has is missing or damaged.
    pub fn resume(store: Arc<dyn Store>) -> Result<Self, Corrupt> {
        let home = Arc::new(Home::new(store));
        let (terms, bytes): (Terms, _) = home.read_with_bytes(Kind::Terms)?;
        let auction = Terms::auction_id_of_bytes(&bytes);
        let state = State::resume(&terms, &home)?;
        let setting = Header::read(Kind::Terms, Arc::new(Setting::new(terms, auction)));
        Ok(Self { setting, state, home: Some(home) })
    }

    /// The records that changed since it was opened or resumed, or since they were taken: all there are, if it was
    /// opened and none were taken yet.
    ///
    /// # Errors
    /// [`Corrupt`] if a record that was read since is missing or damaged. Then nothing may be written, and the last
    /// instruction was neither accepted nor refused, whatever was said of it. A home asks this after a refusal too.
    pub fn changes(&self) -> Result<Changes, Corrupt> {
        self.home.as_ref().map_or(Ok(()), |home| home.check())?;
        let mut changes = Changes::new();
        self.setting.changes(&mut changes)?;
        self.state.changes(&mut changes)?;
        Ok(changes)
    }

    /// As [`changes`](Self::changes), for a home that writes them now: they are not given again.
    ///
    /// # Errors
    /// As `changes`.
    pub fn take_changes(&mut self) -> Result<Changes, Corrupt> {
        let changes = self.changes()?;
        self.setting.taken();
        self.state.taken();
        Ok(changes)
    }
}
