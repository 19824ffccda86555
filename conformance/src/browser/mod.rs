//! [`Browser`]: Chromium without a window, which this module controls by chromedriver over WebDriver.

mod http;

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::wait_until;

pub use http::{Answer, request};

/// These arguments turn off what Chromium does by itself, and ignore the machine's settings.
const FLAGS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    // Nothing moves while a test clicks it.
    "--force-prefers-reduced-motion",
    "--window-size=1280,900",
];

/// Keys as WebDriver represents them.
pub mod keys {
    /// Enter.
    pub const ENTER: &str = "\u{e007}";
    /// Escape.
    pub const ESCAPE: &str = "\u{e00c}";
    /// Tab.
    pub const TAB: &str = "\u{e004}";
    /// The arrow to the right.
    pub const RIGHT: &str = "\u{e014}";
    /// The arrow to the left.
    pub const LEFT: &str = "\u{e012}";
    /// The arrow down.
    pub const DOWN: &str = "\u{e015}";
    /// End.
    pub const END: &str = "\u{e010}";
}

/// A running browser. Dropping it ends the browser.
#[derive(Debug)]
pub struct Browser {
    driver: Child,
    address: SocketAddr,
    session: String,
    _profile: TempDir,
}

impl Browser {
    /// Starts a browser with a new profile.
    ///
    /// # Errors
    /// Chromium or chromedriver is not installed, or does not start.
    pub fn start() -> Result<Self> {
        Self::start_with(&json!({}))
    }

    /// Starts a browser with preferences of Chromium, for example to run no scripts.
    ///
    /// # Errors
    /// As [`Browser::start`].
    pub fn start_with(preferences: &Value) -> Result<Self> {
        let profile = TempDir::new()?;
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .env("HOME", profile.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("starting chromedriver")?;
        let output = driver.stdout.take().context("no output")?;
        let mut browser = Self {
            driver,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            session: String::new(),
            _profile: profile,
        };
        // "ChromeDriver was started successfully on port 40261."
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let port = lines.find_map(|line| line.strip_suffix('.')?.rsplit_once("on port ")?.1.parse().ok());
        browser.address.set_port(port.context("chromedriver does not say where it listens")?);
        // Read its further output, so that it does not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let folder = format!("--user-data-dir={}", browser._profile.path().join("profile").display());
        let flags: Vec<&str> = FLAGS.iter().copied().chain([folder.as_str()]).collect();
        let answer = browser.send(
            "POST",
            "/session",
            &json!({"capabilities": {"alwaysMatch": {
                "browserName": "chrome",
                "goog:chromeOptions": {"args": flags, "prefs": preferences},
                "goog:loggingPrefs": {"performance": "ALL", "browser": "ALL"},
            }}}),
        )?;
        let session = answer.get("sessionId").and_then(Value::as_str).context("no session")?;
        browser.session = format!("/session/{session}");
        Ok(browser)
    }

    /// Opens a page and waits until it is loaded.
    ///
    /// # Errors
    /// The browser cannot open the page.
    pub fn open(&self, url: &str) -> Result<()> {
        self.post("/url", &json!({ "url": url })).map(drop)
    }

    /// Waits until the page whose path ends with `name` is loaded, for example after a click on a link.
    ///
    /// # Errors
    /// The browser does not get there.
    pub fn wait_for_page(&self, name: &str) -> Result<()> {
        let script =
            format!("return location.pathname.endsWith('/{name}') && document.readyState === 'complete'");
        wait_until(&format!("the page {name}"), || Ok(self.is(&script)?.then_some(())))
    }

    /// Runs the body of a function in the page and returns its result, awaiting a promise.
    ///
    /// # Errors
    /// The script throws.
    pub fn run(&self, script: &str) -> Result<Value> {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Runs a script, and returns its result as text.
    ///
    /// # Errors
    /// As [`Browser::run`], or the result is not text.
    pub fn text(&self, script: &str) -> Result<String> {
        let value = self.run(script)?;
        Ok(value.as_str().with_context(|| format!("{script} returned {value}"))?.to_owned())
    }

    /// Returns whether a script returns `true`.
    ///
    /// # Errors
    /// As [`Browser::run`].
    pub fn is(&self, script: &str) -> Result<bool> {
        Ok(self.run(script)? == Value::Bool(true))
    }

    /// Clicks the first element of a CSS selector, as a mouse does: it must be visible, and not covered.
    ///
    /// # Errors
    /// There is no such element, or the browser cannot click it.
    pub fn click(&self, selector: &str) -> Result<()> {
        let found = self.post("/element", &json!({ "using": "css selector", "value": selector }))?;
        let element = found.as_object().and_then(|found| found.values().next()).and_then(Value::as_str);
        let element = element.with_context(|| format!("no {selector}"))?;
        self.post(&format!("/element/{element}/click"), &json!({})).map(drop)
    }

    /// Types keys into the element with the focus.
    ///
    /// # Errors
    /// The browser refuses.
    pub fn keys(&self, text: &str) -> Result<()> {
        let strokes: Vec<Value> = text
            .chars()
            .flat_map(|c| [json!({"type": "keyDown", "value": c}), json!({"type": "keyUp", "value": c})])
            .collect();
        self.post("/actions", &json!({"actions": [{"type": "key", "id": "keys", "actions": strokes}]}))
            .map(drop)
    }

    /// Sends a command of the DevTools protocol.
    ///
    /// # Errors
    /// The browser refuses.
    pub fn devtools(&self, command: &str, parameters: &Value) -> Result<Value> {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    /// Returns the page as PDF, in base64.
    ///
    /// # Errors
    /// The browser refuses.
    pub fn pdf(&self) -> Result<String> {
        let pdf = self.post("/print", &json!({}))?;
        Ok(pdf.as_str().unwrap_or_default().to_owned())
    }

    /// Returns the addresses of all requests since the last call.
    ///
    /// # Errors
    /// The browser refuses.
    pub fn requests(&self) -> Result<Vec<String>> {
        let log = self.post("/se/log", &json!({ "type": "performance" }))?;
        let messages =
            log.as_array().into_iter().flatten().filter_map(|entry| entry.get("message")?.as_str());
        let messages = messages.filter_map(|text| serde_json::from_str::<Value>(text).ok());
        let url = |message: Value| {
            let message = message.get("message")?;
            let is_request = message.get("method")? == "Network.requestWillBeSent";
            let url = message.pointer("/params/request/url")?.as_str()?;
            is_request.then(|| url.to_owned())
        };
        Ok(messages.filter_map(url).collect())
    }

    /// Returns the errors of the page: those of scripts, and refused or missing files.
    ///
    /// # Errors
    /// The browser refuses.
    pub fn complaints(&self) -> Result<Vec<String>> {
        let log = self.post("/se/log", &json!({ "type": "browser" }))?;
        let text = |entry: &Value| Some(entry.get("message")?.as_str()?.to_owned());
        Ok(log.as_array().into_iter().flatten().filter_map(text).collect())
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.send("POST", &format!("{}{path}", self.session), body)
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = request(self.address, method, path, &[], &body)?;
        let value: Value = serde_json::from_slice(&answer.body).with_context(|| answer.text())?;
        let value = value.get("value").cloned().unwrap_or_default();
        if answer.status != 200 {
            let message = value.get("message").and_then(Value::as_str).unwrap_or_default();
            bail!("{method} {path}: {}", message.lines().next().unwrap_or_default());
        }
        ensure!(value.get("error").is_none(), "{method} {path}: {value}");
        Ok(value)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Ends Chromium with all its processes; chromedriver alone would leave them.
        let _ = request(self.address, "DELETE", &self.session, &[], "");
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
