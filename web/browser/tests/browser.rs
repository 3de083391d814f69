//! Chromium, driven by Debian's `chromedriver`: one driver and one profile for each person.

use fantoccini::{
    Client, ClientBuilder, Locator,
    elements::Element,
    wd::{WebDriverCompatibleCommand, WindowHandle},
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::{
    io::{BufRead as _, BufReader},
    os::unix::process::CommandExt as _,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// How long anything may take on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often a driver is started that ends at once.
const STARTS: usize = 5;

/// One person's browser.
pub struct Browser {
    client: Client,
    driver: Child,
}

/// A command of Chromium's own, beyond WebDriver.
#[derive(Debug)]
struct DevTools(Value);

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.0.to_string()))
    }
}

/// A driver of its own, and its port; nothing if it ends before it says one.
fn start_driver() -> Option<(Child, u16)> {
    let mut driver = Command::new("chromedriver")
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("chromedriver is there: web/test installs it");
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines().map_while(Result::ok);
    let port = lines.find_map(|line| {
        line.split("successfully on port ").nth(1)?.trim_end_matches('.').parse().ok()
    });
    if port.is_none() {
        driver.wait().unwrap();
    }
    Some((driver, port?))
}

impl Browser {
    /// A new browser with a profile of its own. So wide is its window.
    pub async fn open(width: u32) -> Self {
        // A driver takes a free port of IPv4, and ends if somebody else has just taken the same of IPv6.
        let started = (0..STARTS).find_map(|_| start_driver());
        let (driver, port) = started.expect("a driver starts and says its port");
        let mut capabilities = serde_json::Map::new();
        let arguments = [
            "--headless=new".to_owned(),
            // In a container the tests are run by root.
            "--no-sandbox".into(),
            "--disable-gpu".into(),
            format!("--window-size={width},900"),
        ];
        capabilities.insert("goog:chromeOptions".into(), json!({ "args": arguments }));
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("Chromium starts");
        Self { client, driver }
    }

    /// From the next page on its clock is wrong by so much.
    pub async fn set_clock(&self, wrong_by: i64) {
        let source = format!(
            "const now = Date.now; Date.now = () => now() + {wrong_by};
             Date = class extends Date {{ constructor(...a) {{ a.length ? super(...a) : super(Date.now()); }} }};"
        );
        let command = json!({
            "cmd": "Page.addScriptToEvaluateOnNewDocument", "params": { "source": source },
        });
        self.client.issue_cmd(DevTools(command)).await.unwrap();
    }

    /// Goes to an address.
    pub async fn go(&self, address: &str) {
        self.client.goto(address).await.unwrap();
    }

    /// Loads the page again. Whatever it asks about leaving is answered with yes.
    pub async fn reload(&self) {
        self.run("window.onbeforeunload = null").await;
        let _ = self.client.refresh().await;
        let _ = self.client.accept_alert().await;
    }

    /// What this selector finds, once it does.
    pub async fn find(&self, selector: &str) -> Element {
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::Css(selector)).await;
        match found {
            Ok(element) => element,
            Err(error) => {
                let shown = self.run("return document.body.innerText").await;
                panic!(
                    "{selector}: {error}; the page shows: {}",
                    shown.as_str().unwrap_or_default()
                );
            }
        }
    }

    /// Whether this selector finds anything now.
    pub async fn has(&self, selector: &str) -> bool {
        self.client.find(Locator::Css(selector)).await.is_ok()
    }

    /// The text of what this selector finds.
    pub async fn text(&self, selector: &str) -> String {
        self.find(selector).await.text().await.unwrap()
    }

    /// Clicks on what this selector finds. What is drawn anew just then is looked for again.
    pub async fn click(&self, selector: &str) {
        let until = Instant::now() + PATIENCE;
        while let Err(error) = self.find(selector).await.click().await {
            assert!(Instant::now() < until, "{selector}: {error}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Types, or chooses a file.
    pub async fn type_into(&self, selector: &str, text: &str) {
        self.find(selector).await.send_keys(text).await.unwrap();
    }

    /// Runs a function's body in the page.
    pub async fn run(&self, body: &str) -> Value {
        self.client.execute(body, Vec::new()).await.unwrap()
    }

    /// Runs the body of an asynchronous function in the page; what it returns.
    pub async fn run_async(&self, body: &str) -> Value {
        let script = format!(
            "const done = arguments[0]; (async () => {{ {body} }})().then(done, (error) => done({{ error: String(error) }}));"
        );
        self.client.execute_async(&script, Vec::new()).await.unwrap()
    }

    /// Opens an address in another tab, and stays in this one.
    pub async fn open_tab(&self, address: &str) -> WindowHandle {
        let here = self.client.window().await.unwrap();
        let tab = self.client.new_window(true).await.unwrap().handle;
        self.client.switch_to_window(tab.clone()).await.unwrap();
        self.go(address).await;
        self.client.switch_to_window(here).await.unwrap();
        tab
    }

    /// Turns to another tab; which it was before.
    pub async fn switch_to(&self, tab: WindowHandle) -> WindowHandle {
        let here = self.client.window().await.unwrap();
        self.client.switch_to_window(tab).await.unwrap();
        here
    }

    /// Closes it.
    pub async fn close(self) {
        let _ = self.client.clone().close().await;
    }
}

/// Also where a test fails: the browser is in the driver's group of processes.
impl Drop for Browser {
    fn drop(&mut self) {
        let group = format!("-{}", self.driver.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.driver.wait();
    }
}
