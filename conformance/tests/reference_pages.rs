//! The reference's pages in a browser, as `netsession reference` serves them.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use netsession_conformance::browser::keys;
use netsession_conformance::{Browser, Netsession, Pages, wait_until};
use netsession_reference::{Language, Model};
use serde_json::json;

/// Pages of every kind.
const KINDS: [&str; 13] = [
    "index.html",
    "NetSessionDel.html",
    "NetServerGetInfo.html",
    "SESSION_INFO_502.html",
    "directory.html",
    "constants.html",
    "errors.html",
    "playground.html",
    "changes.html",
    "search.html?q=session",
    "commands.html",
    "netsession-serve.html",
    "who-is-connected.html",
];

/// Returns the selected and visible tab of a group.
const SHOWN: &str = "return [...document.querySelectorAll('.tabs .panel')].filter((panel) => panel.checkVisibility())\
                     .map((panel) => panel.dataset.lang).join(' ')";

/// A failure here would keep a reader from finding a function, choosing its declaration in a language and copying the
/// text that the command prints.
#[test]
fn a_found_and_copied_declaration_is_what_the_command_prints() -> Result<()> {
    let pages = Pages::start()?;
    let browser = Browser::start()?;
    let origin = json!({"origin": pages.url(""), "permissions": ["clipboardReadWrite"]});
    browser.devtools("Browser.grantPermissions", &origin)?;
    browser.open(&pages.url(""))?;
    browser.keys("/")?;
    browser.keys("sessiondel")?;
    wait_until("something found", || {
        Ok(browser
            .is("return document.querySelector('#found a b')?.textContent === 'NetSessionDel'")?
            .then_some(()))
    })?;
    browser.keys(keys::ENTER)?;
    browser.wait_for_page("NetSessionDel.html")?;
    browser.click("#declarations ~ .tabs [role=tab][data-lang=vb]")?;
    let mut before = String::new();
    for (panel, options) in [("#d-vb", &[][..]), ("#s-vb", &["--sample"])] {
        browser.click(&format!("{panel} .copy"))?;
        let copied = wait_until("a copy", || {
            let text = browser.text("return navigator.clipboard.readText()")?;
            Ok((text != before).then_some(text))
        })?;
        let printed =
            Netsession::bare()?.args(["signature", "NetSessionDel", "--lang", "vb"]).args(options).run()?;
        assert_eq!(copied, printed.expect_code(0)?.stdout, "{panel}");
        before = copied;
    }
    assert!(browser.is("return document.getElementById('said').textContent === 'Copied'")?);
    // The language stays chosen, in every group of tabs and on the next page.
    assert_eq!(browser.text(SHOWN)?, "vb vb");
    browser.open(&pages.url("NetSessionEnum.html"))?;
    assert_eq!(browser.text(SHOWN)?, "vb vb");
    browser.open(&pages.url("NetSessionEnum.html?lang=go"))?;
    assert_eq!(browser.text(SHOWN)?, "go go");
    assert_eq!(browser.complaints()?, Vec::<String>::new());
    Ok(())
}

/// A failure here would give scripts another declaration than the pages show, or none.
#[test]
fn scripts_get_the_bytes_that_the_command_prints() -> Result<()> {
    let pages = Pages::start()?;
    for (name, asked, options) in [
        ("NetSessionDel", "", &[][..]),
        ("NetSessionEnum", "&types", &["--with-types"]),
        ("NetShareEnum", "&sample", &["--sample"]),
        ("SESSION_INFO_10", "", &[]),
    ] {
        for language in Language::ALL.map(Language::id) {
            let answer = pages.ask("GET", &format!("/api/signature/{name}?lang={language}{asked}"), &[])?;
            let printed =
                Netsession::bare()?.args(["signature", name, "--lang", language]).args(options).run()?;
            assert_eq!((answer.status, answer.text()), (200, printed.stdout), "{name} {language}");
            assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
        }
    }
    assert!(pages.get("/api/signature/NetSesionDel")?.contains("NetSessionDel"));
    let status = |path: &str| Ok::<_, anyhow::Error>(pages.ask("GET", path, &[])?.status);
    assert_eq!(status("/api/signature/NetSesionDel")?, 404);
    assert_eq!(status("/api/signature/NetSessionDel?lang=cobol")?, 400);
    assert_eq!(status("/api/nothing")?, 404);
    let found: serde_json::Value = serde_json::from_str(&pages.get("/api/search?q=2312")?)?;
    assert_eq!(found.pointer("/0/title"), Some(&json!("NERR_ClientNameNotFound")));
    assert_eq!(found.pointer("/0/url"), Some(&json!("errors.html#NERR_ClientNameNotFound")));
    Ok(())
}

/// A failure here would make the search of the pages differ from that of scripts, or miss the page.
#[test]
fn a_browser_and_scripts_find_the_same() -> Result<()> {
    let pages = Pages::start()?;
    let browser = Browser::start()?;
    for (query, first) in [
        ("NetSessionDel", "NetSessionDel"),
        ("sess", "NetSessionDel"),
        ("sesion", "NetSessionDel"),
        ("netsessoindel", "NetSessionDel"),
        ("SESSION_INFO_10", "SESSION_INFO_10"),
        ("5", "ERROR_ACCESS_DENIED"),
        ("2312", "NERR_ClientNameNotFound"),
        ("0x908", "NERR_ClientNameNotFound"),
        ("error 2312", "NERR_ClientNameNotFound"),
        ("system error 2314 has occurred", "NERR_FileIdNotFound"),
        ("session enum", "NetSessionEnum"),
        ("sesi10_cname", "SESSION_INFO_10"),
        ("MAX_PREFERRED_LENGTH", "MAX_PREFERRED_LENGTH"),
        ("buffer free", "NetApiBufferFree"),
        ("playground", "Playground"),
        ("unlock", "A locked file"),
        ("who has the file open", "A locked file"),
        ("how do I unlock a file that my colleague left open", "A locked file"),
        ("kick", "Disconnect a user"),
        ("blocking users", "Disconnect a user"),
        ("disconect user", "Disconnect a user"),
        ("sessions", "NetSessionDel"),
        ("nosuchthing anywhere", ""),
    ] {
        let coded = query.replace(' ', "%20");
        browser.open(&pages.url(&format!("search.html?q={coded}")))?;
        wait_until("results", || {
            Ok(browser.is("return !!document.querySelector('#results ul')")?.then_some(()))
        })?;
        let shown = browser
            .run("return [...document.querySelectorAll('#results a b')].map((name) => name.textContent)")?;
        let found: serde_json::Value = serde_json::from_str(&pages.get(&format!("/api/search?q={coded}"))?)?;
        let titles: Vec<_> =
            found.as_array().into_iter().flatten().filter_map(|entry| entry.get("title")).collect();
        assert_eq!(json!(titles), shown, "{query}");
        assert_eq!(titles.first().and_then(|title| title.as_str()).unwrap_or_default(), first, "{query}");
    }
    Ok(())
}

/// A failure here would print no page on paper, or print parts that are useless there.
#[test]
fn the_printable_version_is_the_page_alone() -> Result<()> {
    let pages = Pages::start()?;
    let browser = Browser::start()?;
    let shown = |selector: &str| {
        browser.is(&format!("return document.querySelector('{selector}').checkVisibility()"))
    };
    let alone = || -> Result<()> {
        for gone in [".bar", "#nav", "aside.page", ".copy", "[role=tablist]"] {
            ensure!(!shown(gone)?, "{gone} is there");
        }
        for there in ["h1", "#declarations", "#d-c pre", "#d-c > h3", "#return-codes ~ div td"] {
            ensure!(shown(there)?, "{there} is not there");
        }
        ensure!(
            browser.is("return getComputedStyle(document.body).backgroundColor === 'rgb(255, 255, 255)'")?
        );
        ensure!(browser.is("return document.documentElement.scrollWidth <= innerWidth")?, "it is too wide");
        Ok(())
    };
    browser.open(&pages.url("NetSessionDel.html"))?;
    ensure!(shown(".bar")? && shown("aside.page")?);
    browser.run("localStorage.setItem('theme', 'dark')")?;
    browser.open(&browser.text("return document.querySelector('a[href$=\"?print\"]').href")?)?;
    wait_until("the style", || Ok((!shown(".bar")?).then_some(())))?;
    alone()?;
    browser.open(&pages.url("NetSessionDel.html"))?;
    browser.devtools("Emulation.setEmulatedMedia", &json!({"media": "print"}))?;
    alone()?;
    // A PDF in base64: %PDF-1.
    let pdf = browser.pdf()?;
    assert!(pdf.starts_with("JVBERi0x") && pdf.len() > 10_000, "{} bytes", pdf.len());
    Ok(())
}

/// A failure here would make feed readers refuse the feed, or link its entries to missing pages.
#[test]
fn the_feed_is_atom_and_its_entries_lead_to_the_changes() -> Result<()> {
    let pages = Pages::start()?;
    let answer = pages.ask("GET", "/feed.atom", &[])?;
    assert_eq!(answer.header("content-type"), "application/atom+xml; charset=utf-8");
    let feed = atom_syndication::Feed::read_from(answer.body.as_slice())?;
    // RFC 4287 requires these of every feed and entry.
    assert!(feed.id.starts_with("urn:uuid:") && !feed.title.value.is_empty());
    assert!(feed.authors.iter().all(|author| !author.name.is_empty()) && !feed.authors.is_empty());
    assert!(feed.links.iter().any(|link| link.rel == "self" && link.href == "feed.atom"));
    assert_eq!(feed.base.as_deref(), Some(pages.url("").as_str()));
    assert_eq!(Some(feed.updated), feed.entries.iter().map(|entry| entry.updated).max());
    assert!(!feed.entries.is_empty());
    let changes = pages.get("/changes.html")?;
    let mut ids = std::collections::BTreeSet::new();
    for entry in &feed.entries {
        assert!(ids.insert(entry.id.clone()) && entry.id.starts_with("urn:uuid:"), "{entry:?}");
        assert!(!entry.title.value.is_empty());
        let link = entry.links.iter().find(|link| link.rel == "alternate").context("no link")?;
        let anchor = link.href.strip_prefix("changes.html#").context("another page")?;
        assert!(changes.contains(&format!("id=\"{anchor}\"")), "{anchor}");
    }
    assert!(changes.contains("href=\"feed.atom\""));
    Ok(())
}

/// A failure here would lock out readers who use no mouse.
#[test]
fn everything_can_be_done_with_keys() -> Result<()> {
    let pages = Pages::start()?;
    let browser = Browser::start()?;
    browser.open(&pages.url("NetSessionDel.html"))?;
    browser.keys(keys::TAB)?;
    assert_eq!(browser.text("return document.activeElement.className")?, "skip");
    browser.keys(keys::ENTER)?;
    assert_eq!(browser.text("return document.activeElement.id")?, "content");
    // Tabs: the Tab key stops once, and arrows move among them.
    browser.run("document.querySelector('[role=tab][aria-selected=true]').focus()")?;
    browser.keys(keys::RIGHT)?;
    assert_eq!(browser.text(SHOWN)?, "csharp csharp");
    browser.keys(keys::LEFT)?;
    browser.keys(keys::LEFT)?;
    assert_eq!(browser.text(SHOWN)?, "node node");
    browser.keys(keys::RIGHT)?;
    browser.keys(keys::END)?;
    assert_eq!(browser.text("return document.activeElement.textContent")?, "Node");
    assert!(browser.is("return document.querySelectorAll('[role=tab][tabindex=\"0\"]').length === 2")?);
    browser.keys(keys::TAB)?;
    let inside = "return document.activeElement.closest('.panel')?.id === 'd-node'";
    assert!(browser.is(inside)?, "after the tabs comes their panel");
    // The search field: arrows move through its list, Escape closes it, and Enter opens a result.
    browser.keys("/")?;
    browser.keys("netfile")?;
    let marked = "return document.querySelector('#found [aria-selected=true] b')?.textContent ?? ''";
    wait_until("a list", || Ok((browser.text(marked)? == "NetFileEnum").then_some(())))?;
    browser.keys(keys::DOWN)?;
    assert_eq!(browser.text(marked)?, "NetFileClose");
    assert!(browser.is("const at = document.activeElement.getAttribute('aria-activedescendant');\
                        return document.getElementById(at).getAttribute('aria-selected') === 'true'")?);
    browser.keys(keys::ESCAPE)?;
    assert!(browser.is("return document.getElementById('found').hidden")?);
    browser.keys(keys::DOWN)?;
    wait_until("the list again", || Ok((browser.text(marked)? == "NetFileEnum").then_some(())))?;
    browser.keys(keys::ENTER)?;
    browser.wait_for_page("NetFileEnum.html")?;
    // The element with the focus is visible.
    browser.keys(keys::TAB)?;
    assert!(browser.is("return getComputedStyle(document.activeElement).outlineStyle !== 'none'")?);
    Ok(())
}

/// A failure here would break a name in its middle, cut the tabs or the name of the function on a telephone, or make a reader of
/// return codes scroll through screens of narrow columns.
#[test]
fn names_stay_whole_at_every_width() -> Result<()> {
    let pages = Pages::start()?;
    let browser = Browser::start()?;
    for (width, longest) in [(390, 11_000), (768, 7_500), (1280, 7_300), (1920, 7_200)] {
        let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500});
        browser.devtools("Emulation.setDeviceMetricsOverride", &size)?;
        for page in ["NetSessionDel.html", "errors.html", "index.html", "search.html?q=5"] {
            browser.open(&pages.url(page))?;
            if page.starts_with("search") {
                wait_until("results", || {
                    Ok(browser.is("return !!document.querySelector('#results a')")?.then_some(()))
                })?;
            }
            // A name is broken if its text has several lines, and cut if it does not fit. A longer result breaks between words.
            let broken = browser.text(
                "const lines = (one) => { if (one.matches('#results b') && one.textContent.length > 28) return 1; const text = document.createRange(); text.selectNodeContents(one);\
                 return new Set([...text.getClientRects()].map((line) => Math.round(line.bottom))).size; };\
                 const isName = (one) => /^\\S+$/.test(one.textContent.trim());\
                 return [...document.querySelectorAll('td code, h1, [role=tab], #results b')]\
                 .filter((one) => one.checkVisibility() && (isName(one) || one.matches('[role=tab]')))\
                 .filter((one) => lines(one) > 1 || one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0\
                 || one.getBoundingClientRect().right > innerWidth).map((one) => one.textContent).join(' ')",
            )?;
            assert_eq!(broken, "", "{page} at {width}");
            assert!(
                browser.is("return document.documentElement.scrollWidth <= innerWidth")?,
                "{page} at {width}"
            );
        }
        browser.open(&pages.url("NetSessionDel.html"))?;
        let is_whole = "const native = document.querySelector('.native pre');\
                        return native.scrollWidth <= native.clientWidth";
        assert!(browser.is(is_whole)?, "the native signature is cut at {width}");
        let height = browser
            .run("return document.querySelector('main').offsetHeight")?
            .as_u64()
            .context("no height")?;
        assert!(height < longest, "{height} pixels at {width}");
        let facts = "const all = [...document.querySelectorAll('.facts div')].map((one) => one.offsetTop);\
                     return new Set(all).size === 1";
        assert!(width < 700 || browser.is(facts)?, "the facts need a second row at {width}");
    }
    // The title and the heading of the first page do not repeat the site's name.
    browser.open(&pages.url("index.html"))?;
    assert_eq!(browser.text("return document.title")?, "netsession: manual and netapi32 reference");
    // Each result is a row: its name, its kind, and below them its summary.
    browser.open(&pages.url("search.html?q=session"))?;
    wait_until("results", || Ok(browser.is("return !!document.querySelector('#results a')")?.then_some(())))?;
    assert!(
        browser.is("const [name, , text] = document.querySelector('#results a').children;\
                        return text.getBoundingClientRect().top >= name.getBoundingClientRect().bottom - 1")?
    );
    // If nothing matches, a sentence with links says where else to look.
    browser.open(&pages.url("search.html?q=docker"))?;
    wait_until("links", || Ok(browser.is("return !!document.querySelector('#results p a')")?.then_some(())))?;
    let links = "return document.querySelectorAll('#results p a').length === 3 && \
                 getComputedStyle(document.querySelector('#results p a')).display === 'inline'";
    assert!(browser.is(links)?);
    Ok(())
}

/// A failure here would force a reader to scroll sideways on a telephone, or hide the list of pages there.
#[test]
fn narrow_screens_show_everything() -> Result<()> {
    let pages = Pages::start()?;
    let browser = Browser::start()?;
    for (width, height) in [(320, 640), (768, 1024), (1000, 800)] {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500});
        browser.devtools("Emulation.setDeviceMetricsOverride", &size)?;
        for page in KINDS {
            browser.open(&pages.url(page))?;
            let wide = browser.text(
                "const wide = [...document.querySelectorAll('main *')].filter((one) => !one.closest('pre, .wide, [role=tablist]')\
                 && one.checkVisibility() && one.getBoundingClientRect().right > innerWidth + 1);\
                 return wide.map((one) => one.outerHTML.slice(0, 80)).join('\\n')",
            )?;
            assert_eq!(wide, "", "{page} at {width}");
            assert!(
                browser.is("return document.documentElement.scrollWidth <= innerWidth")?,
                "{page} at {width}"
            );
        }
    }
    let size = json!({"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": true});
    browser.devtools("Emulation.setDeviceMetricsOverride", &size)?;
    browser.open(&pages.url("NetSessionDel.html"))?;
    browser.click(".menu")?;
    browser.click("#nav a[href=\"NetShareEnum.html\"]")?;
    browser.wait_for_page("NetShareEnum.html")?;
    Ok(())
}

/// Returns every visible text whose contrast with its background is below 4.5 to 1 (3 to 1 for large text), a line
/// each.
const FAINT: &str = r"
const light = (rgb) => { const [r, g, b] = rgb.map((c) => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const parse = (color) => color.match(/[\d.]+/g).map(Number);
const behind = (one) => { for (; one; one = one.parentElement) { const [r, g, b, a = 1] = parse(getComputedStyle(one).backgroundColor); if (a > 0) return [r, g, b]; } return [255, 255, 255]; };
const faint = new Set();
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
let texts = 0;
while (walk.nextNode()) {
  const one = walk.currentNode.parentElement;
  if (!walk.currentNode.textContent.trim() || !one.checkVisibility() || one.closest('.unseen, .skip, script')) continue;
  texts += 1;
  const style = getComputedStyle(one);
  const [a, b] = [light(parse(style.color).slice(0, 3)), light(behind(one))];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
  if (ratio < (large ? 3 : 4.5)) faint.add(`${ratio.toFixed(2)} ${one.outerHTML.slice(0, 90)}`);
}
return texts < 20 ? 'there is no text' : [...faint].join('\n');";

/// A failure here would make the pages unreadable in dark or light mode, or forget the reader's choice.
#[test]
fn light_and_dark_are_readable_and_can_be_chosen() -> Result<()> {
    let pages = Pages::start()?;
    let browser = Browser::start()?;
    let ground = "return getComputedStyle(document.body).backgroundColor";
    let system = |scheme: &str| {
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        browser.devtools("Emulation.setEmulatedMedia", &features)
    };
    let mut grounds = Vec::new();
    for scheme in ["light", "dark"] {
        system(scheme)?;
        for page in KINDS {
            browser.open(&pages.url(page))?;
            assert_eq!(browser.text(FAINT)?, "", "{page} in {scheme}");
        }
        // Every language has its own colours for words.
        for language in Language::ALL.map(Language::id) {
            browser.open(&pages.url(&format!("NetSessionEnum.html?lang={language}")))?;
            assert_eq!(browser.text(FAINT)?, "", "{language} in {scheme}");
        }
        grounds.push(browser.text(ground)?);
    }
    assert_ne!(grounds.first(), grounds.last());
    // The button selects automatic, light or dark, and the browser keeps the choice.
    system("dark")?;
    browser.open(&pages.url("index.html"))?;
    browser.click(".theme")?;
    assert_eq!(Some(&browser.text(ground)?), grounds.first());
    system("light")?;
    browser.click(".theme")?;
    assert_eq!(Some(&browser.text(ground)?), grounds.last());
    browser.open(&pages.url("faq.html"))?;
    assert_eq!(Some(&browser.text(ground)?), grounds.last());
    assert_eq!(browser.text("return document.querySelector('.theme').textContent.trim()")?, "Colours: dark");
    Ok(())
}

/// A failure here would reveal to other hosts which page somebody reads, and require a network.
#[test]
fn no_page_loads_from_another_host() -> Result<()> {
    let pages = Pages::start()?;
    let browser = Browser::start()?;
    browser.requests()?;
    let functions = Model::get().functions.iter().map(|function| format!("{}.html", function.name));
    for page in KINDS.into_iter().map(str::to_owned).chain(functions) {
        browser.open(&pages.url(&page))?;
    }
    let requests = browser.requests()?;
    assert!(requests.len() > 100, "{requests:?}");
    // The browser's own first page is not ours.
    let own = ["chrome://", "chrome-untrusted://", "data:", "about:"];
    let elsewhere: Vec<_> = requests
        .iter()
        .filter(|url| !url.starts_with(&pages.url("")) && !own.iter().any(|scheme| url.starts_with(scheme)))
        .collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
    assert_eq!(browser.complaints()?, Vec::<String>::new());
    // The policy refuses everything that an attacker could make a page load.
    browser.open(&pages.url("index.html"))?;
    let refused = browser.text(
        "return fetch('http://127.0.0.2:9/').then(() => 'fetched', (error) => error.name)\
         .then((name) => new Promise((done) => { const image = new Image(); image.onerror = () => done(name + ' refused');\
         image.onload = () => done('loaded'); image.src = 'http://127.0.0.2:9/a.png'; }))",
    )?;
    assert_eq!(refused, "TypeError refused");
    let asked = browser.requests()?;
    assert!(
        !asked.iter().any(|url| url.contains("127.0.0.2") && !browser_refused(&browser, url)),
        "{asked:?}"
    );
    Ok(())
}

/// Returns whether the console reports that the policy refused an address.
fn browser_refused(browser: &Browser, url: &str) -> bool {
    browser.complaints().is_ok_and(|lines| {
        lines.iter().any(|line| line.contains(url) && line.contains("Content Security Policy"))
    })
}

/// A failure here would hide content from readers without JavaScript.
#[test]
fn without_scripts_every_language_is_there() -> Result<()> {
    let pages = Pages::start()?;
    let browser = Browser::start()?;
    browser.devtools("Emulation.setScriptExecutionDisabled", &json!({"value": true}))?;
    // The browser can begin to load a page before it knows the setting.
    wait_until("a page whose scripts do not run", || {
        browser.open(&pages.url("NetSessionDel.html"))?;
        Ok(browser.is("return !document.documentElement.classList.contains('js')")?.then_some(()))
    })?;
    let shown = Language::ALL.map(Language::id).join(" ");
    assert_eq!(browser.text(SHOWN)?, format!("{shown} {shown}"));
    assert!(browser.is("return document.querySelector('#d-vb > h3').checkVisibility()")?);
    Ok(())
}

/// A failure here would mislead browsers and caches, or serve files of the disk.
#[test]
fn responses_follow_http() -> Result<()> {
    let pages = Pages::start()?;
    let page = pages.ask("GET", "/NetSessionDel.html", &[])?;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    let head = pages.ask("HEAD", "/NetSessionDel.html", &[])?;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), page.body.len().to_string());
    let tag = page.header("etag");
    let again = pages.ask("GET", "/NetSessionDel.html", &[("if-none-match", tag)])?;
    assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, tag));
    let zipped = pages.ask("GET", "/NetSessionDel.html", &[("accept-encoding", "br, gzip;q=0.8")])?;
    assert_eq!(zipped.header("content-encoding"), "gzip");
    assert!(zipped.body.len() * 3 < page.body.len() && zipped.header("etag") != tag);
    let refused = pages.ask("GET", "/NetSessionDel.html", &[("accept-encoding", "gzip;q=0")])?;
    assert_eq!(refused.header("content-encoding"), "");
    for path in [
        "/nothing.html",
        "/../Cargo.toml",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..%2fCargo.toml",
        "//etc/passwd",
        "/\\etc",
    ] {
        let answer = pages.ask("GET", path, &[])?;
        assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.status);
        assert!(!answer.text().contains("root:"), "{path}");
    }
    assert!(pages.get("/nothing.html")?.contains("Page not found"));
    let near = pages.ask("GET", "/netsessiondel", &[])?;
    assert_eq!((near.status, near.header("location")), (308, "/NetSessionDel.html"));
    let posted = pages.ask("POST", "/NetSessionDel.html", &[])?;
    assert_eq!((posted.status, posted.header("allow")), (405, "GET, HEAD"));
    Ok(())
}

/// A failure here would leave the program running after Ctrl-C, exit with a failure, or not report a wrong address.
#[test]
fn it_ends_on_ctrl_c() -> Result<()> {
    let mut pages = Pages::start()?;
    // A browser keeps its connection open; the server does not wait for it.
    let browser = Browser::start()?;
    browser.open(&pages.url("index.html"))?;
    let child = pages.process();
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status()?;
    ensure!(killed.success(), "no SIGINT could be sent");
    let status = wait_until("the end", || Ok(child.try_wait()?))?;
    assert!(status.success(), "{status}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    let outcome = Netsession::bare()?.args(["reference", "--listen", &address]).run()?.expect_code(1)?;
    assert!(outcome.stderr.contains("hint: another program uses this port"), "{}", outcome.stderr);
    Ok(())
}

/// A failure here would open no browser, or another address than the one that the command serves.
#[test]
fn a_browser_is_opened_at_the_served_address() -> Result<()> {
    let folder = tempfile::TempDir::new()?;
    let (program, opened) = (folder.path().join("xdg-open"), folder.path().join("opened"));
    std::fs::write(&program, format!("#!/bin/sh\necho \"$1\" > '{}'\n", opened.display()))?;
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755))?;
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap_or_default());
    let netsession = Netsession::bare()?.args(["reference", "--open"]).env("PATH", path);
    let (mut command, _home) = netsession.into_parts();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut printed = String::new();
    let read = BufReader::new(child.stdout.take().context("no stdout")?).read_line(&mut printed);
    let url = wait_until("the browser", || {
        let text = std::fs::read_to_string(&opened).unwrap_or_default();
        Ok(text.ends_with('\n').then_some(text))
    });
    child.kill()?;
    child.wait()?;
    read?;
    assert_eq!(url?, printed);
    Ok(())
}

/// A failure here would show the pages to a whole network without a warning.
#[test]
fn it_warns_if_others_can_read_it() -> Result<()> {
    let (mut command, _home) = Netsession::bare()?.args(["reference", "--listen", "0.0.0.0:0"]).into_parts();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let mut said = vec![0; 40];
    let read = child.stderr.take().context("no stderr")?.read_exact(&mut said);
    child.kill()?;
    child.wait()?;
    read?;
    assert!(String::from_utf8_lossy(&said).contains("other computers can read"), "{said:?}");
    Ok(())
}
