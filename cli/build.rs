//! Embeds the page of `web/dist` if this checkout has built one: `talea board serve` serves it.

use std::{env, fmt::Write as _, fs, io, path::Path};

/// Every file below a folder, by its path within it, in order.
fn files(folder: &Path, within: &str, found: &mut Vec<String>) -> io::Result<()> {
    let mut items: Vec<_> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    items.sort_by_key(fs::DirEntry::file_name);
    for item in items {
        let name = item.file_name();
        let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else { continue };
        let path = format!("{within}{name}");
        if item.file_type()?.is_dir() {
            files(&item.path(), &format!("{path}/"), found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

fn main() -> io::Result<()> {
    let variable = |name| env::var(name).map_err(io::Error::other);
    let web = Path::new(&variable("CARGO_MANIFEST_DIR")?).join("../web");
    let dist = web.join("dist");
    let mut found = Vec::new();
    println!("cargo:rerun-if-changed=build.rs");
    if dist.is_dir() {
        println!("cargo:rerun-if-changed={}", dist.display());
        files(&dist, "", &mut found)?;
    } else if web.is_dir() {
        println!("cargo:rerun-if-changed={}", web.display());
    }
    let mut source = String::from("&[\n");
    for path in &found {
        let place = dist.join(path);
        let _ =
            writeln!(source, "    ({path:?}, include_bytes!({:?})),", place.display().to_string());
    }
    source.push_str("]\n");
    fs::write(Path::new(&variable("OUT_DIR")?).join("page.rs"), source)
}
