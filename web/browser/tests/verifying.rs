//! The page verifies transcripts, on a static server and without one.

use crate::{
    browser::Browser,
    site::{Site, program, repository},
};
use serde_json::Value;
use std::path::Path;

/// What `talea-verify --json` writes of a file.
fn natively(file: &Path) -> Value {
    let output = program("talea-verify").arg("--json").arg(file).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What the page's program says of the file that is chosen.
const REPORT: &str = "const { Engine } = await import('/engine.js');
    const file = document.getElementById('file').files[0];
    return (await new Engine('verifier').call('verify', null, { file })).ok;";

async fn verdict_of(browser: &Browser, file: &Path) -> String {
    browser.type_into("#file", &file.display().to_string()).await;
    browser.text("#verdict").await
}

/// A valid transcript of an auction with rounds, so with a depth.
fn valid(folder: &Path) -> std::path::PathBuf {
    let file = folder.join("rounds.talea");
    let scenario = repository().join("scenarios/rounds.toml");
    let output = program("talea-sim")
        .args(["run".as_ref(), scenario.as_os_str(), "--transcript".as_ref(), file.as_os_str()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    file
}

#[tokio::test]
async fn a_page_says_of_a_transcript_what_the_verifier_says() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let browser = Browser::open(1280).await;
    for (file, word, shown) in [
        (valid(folder.path()), "VALID", "Depth"),
        (repository().join("scenarios/tampered.talea"), "INVALID", "not reached"),
    ] {
        browser.go(&site.address("/?fresh#verify")).await;
        browser.go(&site.address("/#verify")).await;
        let verdict = verdict_of(&browser, &file).await;
        assert!(verdict.starts_with(word), "{verdict}");
        let expected = natively(&file);
        assert_eq!(browser.run_async(REPORT).await, expected);
        let text = browser.text("#result").await;
        assert!(text.contains(shown), "{text}");
        if let Some(check) = expected["failure"]["check"].as_str() {
            assert!(verdict.contains(check), "{check}: {verdict}");
        }
    }
    browser.close().await;
}

/// The depths on this page, and those of the report that is put in place of REPORT.
const PICTURES: &str =
    "const drawn = (page) => [...page.querySelectorAll('.panels:not(.timeline) svg')].map((svg) => svg.outerHTML);
    return [drawn(document), drawn(new DOMParser().parseFromString(REPORT, 'text/html'))];";

#[tokio::test]
async fn the_pictures_of_a_page_are_those_of_a_report() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let (file, report) = (valid(folder.path()), folder.path().join("report.html"));
    let reporting = [file.as_os_str(), "--out".as_ref(), report.as_os_str()];
    assert!(program("talea").arg("report").args(reporting).status().unwrap().success());
    let browser = Browser::open(1280).await;
    browser.go(&site.address("/#verify")).await;
    verdict_of(&browser, &file).await;
    let report = Value::from(std::fs::read_to_string(report).unwrap()).to_string();
    let pictures = browser.run(&PICTURES.replace("REPORT", &report)).await;
    assert!(pictures[0].as_array().unwrap().len() > 3, "{pictures}");
    assert_eq!(pictures[0], pictures[1]);
    browser.close().await;
}

#[tokio::test]
async fn a_file_that_is_no_transcript_is_said_to_be_none() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let file = folder.path().join("photograph.jpg");
    std::fs::write(&file, [0xff; 5_000]).unwrap();
    let browser = Browser::open(390).await;
    browser.go(&site.address("/#verify")).await;
    let verdict = verdict_of(&browser, &file).await;
    assert!(verdict.contains("This file is not a transcript"), "{verdict}");
    browser.close().await;
}

#[tokio::test]
async fn a_page_that_was_opened_once_verifies_without_a_line() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let file = valid(folder.path());
    let browser = Browser::open(390).await;
    let address = site.address("/#verify");
    browser.go(&address).await;
    // The first visit installs the cache, and the second one fills it.
    browser.run_async("await navigator.serviceWorker.ready; return null").await;
    browser.go(&site.address("/?again#verify")).await;
    verdict_of(&browser, &file).await;
    drop(site);
    browser.go("about:blank").await;
    browser.go(&address).await;
    let verdict = verdict_of(&browser, &file).await;
    assert!(verdict.starts_with("VALID"), "{verdict}");
    browser.close().await;
}

/// Nothing that the page shows is wider than a telephone.
#[tokio::test]
async fn a_report_fits_a_narrow_screen() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let file = valid(folder.path());
    let browser = Browser::open(390).await;
    browser.go(&site.address("/#verify")).await;
    verdict_of(&browser, &file).await;
    let over = browser.run("return document.documentElement.scrollWidth - innerWidth").await;
    assert!(over.as_f64().unwrap() <= 0.0, "{over}");
    browser.close().await;
}
