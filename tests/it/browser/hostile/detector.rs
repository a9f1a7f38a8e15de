//! What sees that a page runs something: in the browser, and at a listener that nobody has a reason to call.

use std::sync::{Arc, Mutex, PoisonError};

use fantoccini::wd::WebDriverCompatibleCommand;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use super::super::driver::Browser;

/// A server of a few lines: it notes what it is asked for, and answers with what `page` gives for that.
pub struct Listener {
    pub address: String,
    asked: Arc<Mutex<Vec<String>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Listener {
    pub async fn new(page: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (noted, page) = (Arc::clone(&asked), Arc::new(page));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, Arc::clone(&noted), Arc::clone(&page)));
            }
        });
        Self { address, asked, task }
    }

    /// What it was asked for since this was last looked at.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(mut stream: TcpStream, asked: Arc<Mutex<Vec<String>>>, page: Arc<impl Fn(&str) -> String>) {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read_buf(&mut head).await {
            Ok(read) if read > 0 => {}
            _ => return,
        }
    }
    let head = String::from_utf8_lossy(&head);
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let answer = page(&path);
    asked.lock().unwrap_or_else(PoisonError::into_inner).push(path);
    // The browser may be gone already.
    let _ = stream.write_all(answer.as_bytes()).await;
}

/// A browser that is watched.
pub struct Watched<'b> {
    pub browser: &'b Browser,
}

impl<'b> Watched<'b> {
    /// Watches all that `browser` opens from now on. Without a policy, nothing but our own care is between a payload and
    /// its effect.
    pub async fn new(browser: &'b Browser, has_policy: bool) -> Self {
        let hook = json!({ "source": include_str!("hook.js") });
        for command in [
            Devtools("Page.addScriptToEvaluateOnNewDocument", hook),
            Devtools("Page.setBypassCSP", json!({ "enabled": !has_policy })),
        ] {
            browser.client.issue_cmd(command).await.expect("the browser's own tools");
        }
        Self { browser }
    }

    /// What is wrong with the page that is open; it must show all of `texts`, letter by letter.
    pub async fn findings(&self, texts: &[String]) -> Vec<String> {
        let Seen { mut found, missing } = self.look(texts).await;
        found.extend(missing.into_iter().map(|place| format!("it does not show {:.200}", texts[place])));
        found
    }

    /// Those of `texts` that the page does not show.
    pub async fn not_shown(&self, texts: Vec<String>) -> Vec<String> {
        self.look(&texts).await.missing.into_iter().map(|place| texts[place].clone()).collect()
    }

    async fn look(&self, texts: &[String]) -> Seen {
        let texts: Vec<String> = texts.iter().map(|text| letters(text)).collect();
        match self.browser.client.execute(include_str!("find.js"), vec![json!(texts)]).await {
            Ok(seen) => serde_json::from_value(seen).expect("what find.js gives"),
            // A dialog, or a page that is going elsewhere.
            Err(error) => Seen { found: vec![format!("it cannot be looked at: {error}")], missing: Vec::new() },
        }
    }

    /// Nothing is wrong with the page that is open, which shows all of `texts`.
    pub async fn assert_inert(&self, texts: &[String]) {
        let mut found = self.findings(texts).await;
        found.extend(self.browser.log().await.into_iter().filter(|line| is_complaint(line)));
        assert!(found.is_empty(), "{}\non {:.300}", found.join("\n"), self.browser.place().await);
    }
}

/// Whether a line of the browser's log, an address and what is said of it, is a complaint about a page. That an address
/// was refused is none; nor is what the documentation's scripts advise, nor that a part of a page, opened on its own, has
/// no style; nor that Chromium cannot dress a picture up.
fn is_complaint(line: &str) -> bool {
    let (address, said) = line.split_once(' ').unwrap_or((line, ""));
    let path = Url::parse(address).map(|address| address.path().to_owned()).unwrap_or_default();
    let is_ours = path.starts_with("/docs/") || path.ends_with("/picture") || path.ends_with("/prefetch.json");
    let is_known = said.starts_with("- Failed to load resource: the server responded with a status of")
        || said.ends_with("ViewTransition opt-in disabled");
    !is_ours && !is_known
}

/// What `find.js` gives.
#[derive(serde::Deserialize)]
struct Seen {
    found: Vec<String>,
    /// The places of the texts that are not shown.
    missing: Vec<usize>,
}

/// `text` without what a browser may show otherwise or not at all; `find.js` does the same.
fn letters(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !c.is_control() && !matches!(c, '\u{fffd}' | '\u{feff}')).collect()
}

/// A command of the browser's own tools.
#[derive(Debug)]
struct Devtools(&'static str, Value);

impl WebDriverCompatibleCommand for Devtools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({ "cmd": self.0, "params": self.1 }).to_string()))
    }
}
