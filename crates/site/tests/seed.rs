//! The page with which this reference began, line by line: our page of the same function has the same contents, fills
//! the empty sections and corrects the faults.
#![allow(clippy::expect_used, clippy::panic, reason = "what is not there fails the test")]

use netsession_site::file;

fn html(path: &str) -> String {
    let file = file(path).unwrap_or_else(|| panic!("there is no {path}"));
    String::from_utf8(file.content().to_vec()).expect("pages are UTF-8")
}

/// Returns the page's text, with one space for any number of spaces.
fn text(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            c if !inside => text.push(c),
            _ => {}
        }
    }
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns a section of the page, from its heading to the next.
fn section(page: &str, id: &str) -> String {
    let (_, after) =
        page.split_once(&format!("<h2 id=\"{id}\">")).unwrap_or_else(|| panic!("no section {id}"));
    after.split("<h2 ").next().unwrap_or_default().to_owned()
}

/// Returns a language's panel within a section.
fn panel(section: &str, language: &str) -> String {
    let begin = format!("data-lang=\"{language}\"");
    let (_, after) = section.split_once(&begin).unwrap_or_else(|| panic!("no panel {language}"));
    after.split("<section ").next().unwrap_or_default().to_owned()
}

fn holds(place: &str, what: &str, parts: &[&str]) {
    let (lower, tight) = (place.to_lowercase(), text(place).replace(' ', "").to_lowercase());
    for part in parts {
        let found =
            lower.contains(&part.to_lowercase()) || tight.contains(&part.replace(' ', "").to_lowercase());
        assert!(found, "{what}: `{part}` is not in {}", text(place));
    }
}

/// A failure here would take something away from readers who know the old page.
#[test]
fn what_stood_around_the_page_is_there() {
    let page = html("NetSessionDel.html");
    for (line, part) in [
        ("Search", "role=\"search\""),
        ("Module:", "<dt>Module</dt>"),
        ("Directory", "href=\"directory.html\""),
        ("Show Recent Changes", "href=\"changes.html\""),
        ("Subscribe (RSS)", "type=\"application/atom+xml\""),
        ("Comments", "href=\"#comments\""),
        ("FAQ", "href=\"faq.html\""),
        ("Helpful Tools", "href=\"tools.html\""),
        ("Playground", "href=\"playground.html\""),
        ("Suggested Reading", "href=\"reading.html\""),
        ("Website TODO List", "href=\"missing.html\""),
        ("Documentation", "href=\"https://learn.microsoft.com/"),
        ("Please edit this page!", "<h3 id=\"edit\">"),
        ("Terms of Use", "href=\"faq.html#licence\""),
        ("Edit This Page", "href=\"#edit\""),
        ("Find References", "href=\"#find-references\""),
        ("Show Printable Version", "href=\"NetSessionDel.html?print\""),
        ("Revisions", "href=\"#revisions\""),
    ] {
        assert!(page.contains(part), "{line}: {part}");
    }
    // The directory is by module; the functions of the module are in it by what they are about.
    let directory = html("directory.html");
    holds(&directory, "Directory", &["netapi32.dll", "Sessions", "NetSessionDel"]);
    // "Access PInvoke.net directly from VS", "Download Visual Studio Add-In": editors and scripts.
    holds(
        &html("tools.html"),
        "editors and scripts",
        &["/api/signature/NetSessionDel?lang=vb", "netsession signature"],
    );
}

/// A failure here would make the page say less about the function than the old one did.
#[test]
fn what_the_page_said_is_there() {
    let page = html("NetSessionDel.html");
    holds(&page, "the title", &["NetSessionDel (netapi32)"]);
    // Summary: ends a session; who copies files gets an error; nobody is kept from coming back.
    let lead = page
        .split_once("class=\"lead\"")
        .expect("a lead")
        .1
        .split("</p>")
        .next()
        .unwrap_or_default()
        .to_owned();
    holds(&lead, "Summary", &["session"]);
    holds(&section(&page, "notes"), "Summary", &["copying", "error", "connect again"]);
    // MSDN Signature.
    let native = section(&page, "native-signature");
    holds(
        &native,
        "MSDN Signature",
        &["NET_API_STATUS", "NetSessionDel(", "LPWSTR servername", "LPWSTR UncClientName", "LPWSTR username"],
    );
    // VB Signature: the comments of each parameter, what is returned, and the remarks.
    let parameters = section(&page, "parameters");
    for name in ["servername", "UncClientName", "username"] {
        holds(&parameters, "<param>", &[name]);
    }
    holds(&parameters, "<param>", &["NULL is this computer", "means every client", "NULL means every user"]);
    holds(
        &section(&page, "return-codes"),
        "<returns>",
        &[
            "NERR_Success",
            "ERROR_ACCESS_DENIED",
            "ERROR_INVALID_PARAMETER",
            "ERROR_NOT_ENOUGH_MEMORY",
            "NERR_ClientNameNotFound",
            "2312",
            "What to do",
        ],
    );
    holds(&section(&page, "notes"), "<remarks>", &["Administrators or Server Operators"]);
    // User-Defined Types: None.
    holds(&section(&page, "types"), "User-Defined Types", &["None"]);
}

/// A failure here would bring back a fault of the old page.
#[test]
fn its_faults_are_mended() {
    let page = html("NetSessionDel.html");
    let declarations = section(&page, "declarations");
    // The C# stub with a TODO type, and SetLastError on a function that returns its status.
    let (csharp, vb) = (panel(&declarations, "csharp"), panel(&declarations, "vb"));
    holds(
        &csharp,
        "C# Signature",
        &["DllImport", "NetSessionDel", "servername", "UncClientName", "username"],
    );
    holds(&vb, "VB Signature", &["NetSessionDel", "servername", "UncClientName", "username"]);
    assert!(!text(&declarations).contains("TODO"), "{}", text(&declarations));
    for language in [&csharp, &vb] {
        let code = text(language).replace(' ', "");
        assert!(!code.contains("SetLastError=true") && !code.contains("SetLastError:=True"), "{code}");
        assert!(code.contains("CharSet.Unicode") || code.contains("LPWStr"), "no character set: {code}");
    }
    // "I don't know about the LPWStr's, they might not need to be there": now it is said.
    let notes = section(&page, "notes");
    holds(&notes, "Notes", &["UTF-16 text with a terminating zero (LPWSTR)", "no ANSI form"]);
    assert!(!text(&page).contains("I don't know"));
    // "Alternative Managed API: Do you know one?", "Tips & Tricks: Please add some!"
    for (id, least) in [("alternative-api", 2), ("tips", 3)] {
        assert!(section(&page, id).matches("<li>").count() >= least, "{id} is nearly empty");
    }
    // Sample Code: one line of VB, none in C#. Now a program in each.
    let sample = section(&page, "sample-code");
    for language in ["csharp", "vb", "c", "python", "powershell", "fsharp", "rust", "go", "java", "node"] {
        let program = panel(&sample, language);
        assert!(
            program.contains("<code>") && text(&program).contains("NetSessionDel"),
            "no sample in {language}"
        );
    }
    // "additional languages you want to include".
    for language in netsession_reference::Language::ALL {
        assert!(declarations.contains(&format!("data-lang=\"{}\"", language.id())));
    }
}
