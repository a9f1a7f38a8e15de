//! A real Chromium, led by its driver. Whatever its console complains of, a breach of the content security policy above
//! all, fails the test.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use fantoccini::actions::{InputSource as _, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use url::Url;

/// How long a page may take to show what is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a browser is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    pub width: u32,
    pub height: u32,
    pub dark: bool,
    pub scripts: bool,
}

pub const WIDE: Setup = Setup { width: 1440, height: 900, dark: false, scripts: true };
pub const NARROW: Setup = Setup { width: 390, height: 844, dark: false, scripts: true };

impl Setup {
    /// The same without scripts.
    pub fn without_scripts(self) -> Self {
        Self { scripts: false, ..self }
    }

    /// The same for eyes that like the dark.
    pub fn dark(self) -> Self {
        Self { dark: true, ..self }
    }

    fn capabilities(self) -> Capabilities {
        // Without scripts, the driver waits for ever for what it touched.
        let is_narrow = self.width < 600 && self.scripts;
        let metrics = json!({ "width": self.width, "height": self.height, "pixelRatio": 1, "mobile": is_narrow,
            "touch": is_narrow });
        let mut arguments = vec!["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"];
        if self.dark {
            arguments.push("--blink-settings=preferredColorScheme=0");
        }
        let scripts = if self.scripts { 1 } else { 2 };
        let all = json!({
            "browserName": "chrome",
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": {
                "args": arguments,
                "prefs": { "profile.managed_default_content_settings.javascript": scripts },
                "mobileEmulation": { "deviceMetrics": metrics },
            },
        });
        all.as_object().expect("an object").clone()
    }
}

/// A browser, gone with its driver when it is dropped.
pub struct Browser {
    pub client: Client,
    origin: String,
    setup: Setup,
    /// The driver's address, and what it calls the session.
    address: String,
    session: String,
    #[expect(dead_code, reason = "held for its drop, which kills it")]
    driver: Child,
}

impl Browser {
    /// A fresh browser that looks at the desk at `origin`.
    pub async fn open(origin: &str, setup: Setup) -> Self {
        for (program, package) in [("/usr/bin/chromium", "chromium"), ("/usr/bin/chromedriver", "chromium-driver")] {
            assert!(
                Path::new(program).exists(),
                "{program} is missing: `apt-get install {package}`, or run script/test"
            );
        }
        let (driver, port) = loop {
            // Of many that start at once, one may lose the port that it was given.
            if let Some(started) = start_driver().await {
                break started;
            }
        };
        let address = format!("127.0.0.1:{port}");
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let client = builder.capabilities(setup.capabilities()).connect(&format!("http://{address}")).await;
        let client = client.expect("a session of Chromium");
        let session = client.session_id().await.expect("an answer").expect("a session");
        Self { client, origin: origin.to_owned(), setup, address, session, driver }
    }

    /// Opens the page at `path`.
    pub async fn go(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.origin)).await.expect("a page");
    }

    /// Where the browser is, without the origin.
    pub async fn place(&self) -> String {
        let url = self.client.current_url().await.expect("an address");
        url.as_str().strip_prefix(&self.origin).expect("an address of the desk").to_owned()
    }

    /// The first element that `css` finds, once it is there.
    pub async fn find(&self, css: &str) -> Element {
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await;
        match found {
            Ok(element) => element,
            Err(error) => panic!("no {css} on {}: {error}\n{}", self.place().await, self.text("body").await),
        }
    }

    /// The first element that `css` finds, or nothing, as the page is now.
    pub async fn look_for(&self, css: &str) -> Option<Element> {
        self.client.find(Locator::Css(css)).await.ok()
    }

    /// What of the element a reader sees.
    pub async fn text(&self, css: &str) -> String {
        let element = self.client.find(Locator::Css(css)).await.expect("an element");
        element.text().await.expect("its text")
    }

    /// Clicks on it.
    pub async fn click(&self, css: &str) {
        self.find(css).await.click().await.unwrap_or_else(|error| panic!("{css} cannot be clicked on: {error}"));
    }

    /// Types into it.
    pub async fn write(&self, css: &str, text: &str) {
        self.find(css).await.send_keys(text).await.unwrap_or_else(|error| panic!("{css} takes no keys: {error}"));
    }

    /// Types where the keyboard is. Control is held until there is [`Key::Null`].
    pub async fn press(&self, keys: &str) {
        let mut actions = KeyActions::new("keyboard".to_owned());
        let control = char::from(Key::Control);
        for value in keys.chars() {
            if value == char::from(Key::Null) {
                actions = actions.then(KeyAction::Up { value: control });
                continue;
            }
            actions = actions.then(KeyAction::Down { value });
            if value != control {
                actions = actions.then(KeyAction::Up { value });
            }
        }
        self.client.perform_actions(actions).await.unwrap_or_else(|error| panic!("nothing takes {keys:?}: {error}"));
    }

    /// What the element that has the keyboard is about: its text, or its name.
    pub async fn focus(&self) -> String {
        let at = self.client.active_element().await.expect("an element");
        match at.attr("name").await.expect("an answer") {
            Some(name) => name,
            None => at.text().await.expect("its text"),
        }
    }

    /// Waits until `css` finds nothing that is seen.
    pub async fn wait_until_gone(&self, css: &str) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let seen = match self.look_for(css).await {
                Some(element) => element.is_displayed().await.unwrap_or(false),
                None => false,
            };
            if !seen {
                return;
            }
            assert!(tokio::time::Instant::now() < deadline, "{css} is still there");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What the field that `css` finds holds.
    pub async fn value(&self, css: &str) -> String {
        self.find(css).await.prop("value").await.expect("an answer").unwrap_or_default()
    }

    /// Waits until `css` finds something with `part` in its text.
    pub async fn wait_for_text(&self, css: &str, part: &str) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let text = match self.look_for(css).await {
                Some(element) => element.text().await.unwrap_or_default(),
                None => String::new(),
            };
            if text.contains(part) {
                return;
            }
            assert!(tokio::time::Instant::now() < deadline, "{css} has no \"{part}\" but: {text}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Holds the page against axe-core's rules, keeps a picture of it as `name`, and sees to it that nothing was logged.
    pub async fn check(&self, name: &str) {
        self.picture(name).await;
        self.assert_quiet().await;
        if self.setup.scripts {
            let found = self.findings().await;
            assert!(found.is_empty(), "{name}: axe-core finds\n{}", found.join("\n"));
        }
    }

    /// As [`Browser::check`], for a page whose status is `status`, which Chromium logs.
    pub async fn check_refused(&self, name: &str, status: u16) {
        let logged = self.log().await;
        let expected = format!("the server responded with a status of {status} ");
        assert!(matches!(&logged[..], [only] if only.contains(&expected)), "not just a {status}: {logged:?}");
        self.check(name).await;
    }

    /// Nothing was logged since this was last looked at.
    pub async fn assert_quiet(&self) {
        let logged = self.log().await;
        assert!(logged.is_empty(), "on {} Chromium complains:\n{}", self.place().await, logged.join("\n"));
    }

    /// What the browser's console has logged since it was last read, but what is only told in passing.
    pub async fn log(&self) -> Vec<String> {
        let entries = self.client.issue_cmd(BrowserLog).await.expect("a log");
        let worth_it = |entry: &&Value| matches!(entry["level"].as_str(), Some("SEVERE" | "WARNING"));
        let entries = entries.as_array().expect("a list").iter().filter(worth_it);
        entries.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// What axe-core finds wrong, a line each.
    async fn findings(&self) -> Vec<String> {
        let axe = std::fs::read_to_string(node_modules().join("axe-core/axe.min.js"));
        let axe = axe.expect("axe-core is missing: script/test installs it; or point TEST_NODE_MODULES at it");
        let run = "const done = arguments[arguments.length - 1];
            axe.run(document, { resultTypes: ['violations'] }).then(
                (found) => done(found.violations.flatMap((rule) => rule.nodes.map((node) =>
                    `${rule.id} (${rule.impact}): ${node.target.join(' ')}: ${node.failureSummary}`))),
                (error) => done([String(error)]));";
        let found = self.client.execute_async(&format!("{axe};\n{run}"), Vec::new()).await.expect("axe-core runs");
        found.as_array().expect("a list").iter().map(|line| line.as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Keeps a picture of the page, to be looked at.
    async fn picture(&self, name: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
        std::fs::create_dir_all(&folder).expect("a folder");
        let look = if self.setup.dark { "-dark" } else { "" };
        let png = self.client.screenshot().await.expect("a picture");
        std::fs::write(folder.join(format!("{name}-{}{look}.png", self.setup.width)), png).expect("a file");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Asked this way, Chromium leaves none of its processes behind. A test that is killed takes them along: they are in
        // its process group.
        let ended = || -> std::io::Result<()> {
            let mut driver = TcpStream::connect(&self.address)?;
            driver.set_read_timeout(Some(PATIENCE))?;
            write!(driver, "DELETE /session/{} HTTP/1.1\r\nHost: {}\r\n\r\n", self.session, self.address)?;
            driver.read_exact(&mut [0; 12])
        };
        if let Err(error) = ended() {
            eprintln!("Chromium's session does not end: {error}");
        }
    }
}

/// A driver and its port; nothing if it ended at once.
async fn start_driver() -> Option<(Child, String)> {
    let mut driver = Command::new("/usr/bin/chromedriver")
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("the driver starts");
    let mut lines = BufReader::new(driver.stdout.take().expect("its output")).lines();
    while let Some(line) = lines.next_line().await.expect("its output") {
        if let Some((_, port)) = line.split_once("successfully on port ") {
            return Some((driver, port.trim_end_matches('.').to_owned()));
        }
    }
    None
}

/// Where `script/test` puts what npm has.
fn node_modules() -> PathBuf {
    std::env::var_os("TEST_NODE_MODULES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/node_modules"), PathBuf::from)
}

/// The driver's own command for the log of the browser's console.
#[derive(Debug)]
struct BrowserLog;

impl WebDriverCompatibleCommand for BrowserLog {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({ "type": "browser" }).to_string()))
    }
}
