//! Desks' lists: into lots and terms, and out of terms again.

use crate::{
    arguments::{ExportListArgs, ImportArgs},
    board::{access::path_of, folder::Folder},
    failure::{Code, Failure},
    files::{self, Readers},
    lists::Handed,
    replica::Replica,
    say::{print, say},
    terms::{self, Draft, FoundList},
};
use std::path::{Path, PathBuf};
use talea_exchange::list::{
    understood::{Understood, understand},
    write::{ImportData, csv, lots_list, lots_list_in_place, message, preview, workbook},
};
use talea_protocol::terms::Terms;

/// Reads a desk's list, shows what was understood, and writes lots or terms: all of them, or nothing.
///
/// # Errors
/// `list.*`, `terms.field`, `file.*`; then nothing is written.
pub(crate) fn import(args: &ImportArgs) -> Result<(), Failure> {
    let out = args.out.as_deref().filter(|_| !args.preview);
    if let Some(out) = out.filter(|_| !args.force) {
        require_new(out)?;
    }
    let handed = Handed::read(&args.list)?;
    let answers = args.more.add_to(args.answers.answers()?)?;
    let list = handed.understood(answers, understand)?;
    let (bytes, remarks) = made_of(&list, args)?;
    if let Some(out) = out {
        write(out, &bytes, args.force)?;
    }
    let written = out.map(|out| out.display().to_string());
    print(&match args.json {
        true => ImportData::of(&list, written.clone()).json(),
        false => preview(&list),
    });
    remarks.iter().for_each(|remark| say(remark));
    match (written, &args.terms) {
        (None, _) => say("this is a preview: nothing was written"),
        (Some(out), Some(_)) => {
            say(&format!("the terms are in {out}; talea terms show {out} prints them"))
        }
        (Some(out), None) => {
            say(&format!("the lots are in {out}; a file of terms names it as its lots_file"));
        }
    }
    Ok(())
}

/// What is to be written of a list, judged as whoever reads it will, and what its author should see.
fn made_of(list: &Understood, args: &ImportArgs) -> Result<(Vec<u8>, Vec<String>), Failure> {
    let Some(base) = &args.terms else {
        let bytes = lots_list(list).into_bytes();
        let items = terms::read_lots_list(&list.file, &bytes)?;
        (0..).zip(&items).try_for_each(|(index, item)| item.identifier(index).map(drop))?;
        return Ok((bytes, Vec::new()));
    };
    let bytes = lots_list_in_place(list).into_bytes();
    let lots = FoundList { name: list.file.clone(), bytes };
    let mut of_money = None;
    let money = |money| {
        let agreed = list.said.agreed(&base.display().to_string(), money)?;
        of_money = agreed.remark;
        Ok(agreed.money)
    };
    let Draft { terms, mut remarks } = terms::with_lots(base, &lots, money)?;
    remarks.extend(of_money);
    Ok((borsh::to_vec(&terms).unwrap_or_default(), remarks))
}

fn require_new(out: &Path) -> Result<(), Failure> {
    files::require_new(out).map_err(|failure| failure.with_help("--force replaces it"))
}

fn write(out: &Path, bytes: &[u8], force: bool) -> Result<(), Failure> {
    if force {
        return files::write(out, bytes, Readers::Usual);
    }
    files::write_new(out, bytes, Readers::Usual)
}

/// Terms from a file of them, or from a board's folder or address.
///
/// # Errors
/// `terms.field`, `file.*`, `board.*`.
pub(crate) fn terms_at(written: &Path) -> Result<Terms, Failure> {
    let path: PathBuf = path_of(written)?;
    if path.is_dir() {
        return Ok(Replica::open(&Folder::new(&path).transcript())?.auction().terms().clone());
    }
    terms::read_bytes(&path)
}

/// Writes the lots of terms as a desk's list.
///
/// # Errors
/// `file.*`, `terms.field`, `board.*`.
pub(crate) fn export(args: &ExportListArgs) -> Result<(), Failure> {
    let ExportListArgs { path, out, force } = args;
    let extension = out.extension().and_then(|extension| extension.to_str());
    let Terms { lots, money, .. } = terms_at(path)?;
    let bytes = match extension {
        Some("csv") => csv(&lots, money).into_bytes(),
        Some("txt") => message(&lots, money).into_bytes(),
        Some("xlsx") => workbook(&lots, money)
            .map_err(|error| Failure::new(Code::Internal, error.to_string()))?,
        _ => {
            let sentence = format!("the name {} must end in .csv, .xlsx or .txt", out.display());
            return Err(Failure::new(Code::FileUnwritable, sentence));
        }
    };
    if !force {
        require_new(out)?;
    }
    write(out, &bytes, *force)?;
    say(&format!("{} lots are in {}", lots.len(), out.display()));
    Ok(())
}
