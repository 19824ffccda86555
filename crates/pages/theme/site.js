// What the pages do in a browser. Without it they are whole: every language is shown, one below the other.
"use strict";

const page = document.documentElement;
const stored = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
const store = (name, value) => { try { localStorage.setItem(name, value); } catch { /* private window */ } };
const asked = new URLSearchParams(location.search);
const say = (text) => { document.getElementById("said").textContent = text; };

// Before anything is drawn: the colours, the language, and whether it is for paper.
page.classList.add("js");
page.dataset.lang = asked.get("lang") || stored("lang") || "c";
const THEMES = ["auto", "light", "dark"];
const setTheme = (name) => { if (name === "light" || name === "dark") page.dataset.theme = name; else delete page.dataset.theme; };
setTheme(stored("theme"));

document.addEventListener("DOMContentLoaded", () => {
  themes();
  showPlace();
  languages();
  document.querySelectorAll(".copy").forEach((button) => button.addEventListener("click", () => copy(button)));
  document.querySelectorAll("[data-print]").forEach((link) => link.addEventListener("click", (event) => { event.preventDefault(); print(); }));
  if (asked.has("print")) document.getElementById("print-style").media = "all";
  finder();
  menu();
});

// The list of all pages is longer than most windows: it begins where it shows this page.
function showPlace() {
  const list = document.getElementById("nav");
  const here = list.querySelector("[aria-current]");
  if (here && here.offsetTop > list.clientHeight / 2) list.scrollTop = here.offsetTop - list.clientHeight / 2;
}

// In a narrow window, the list of all pages covers the page while the address ends with #nav.
function menu() {
  const list = document.getElementById("nav");
  const opener = document.querySelector(".menu");
  const rest = ["header", "main", "footer"].map((name) => document.querySelector(name));
  let wasOpen = false;
  const follow = () => {
    const isOpen = location.hash === "#nav" && getComputedStyle(list).position === "fixed";
    rest.forEach((part) => { part.inert = isOpen; });
    if (isOpen) showPlace();
    if (wasOpen && !isOpen) opener.focus({ preventScroll: true });
    wasOpen = isOpen;
  };
  addEventListener("hashchange", follow);
  addEventListener("resize", follow);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && wasOpen) list.querySelector(".close").click(); });
  follow();
}

function themes() {
  const button = document.querySelector(".theme");
  const label = button.querySelector("span");
  let now = stored("theme");
  if (!THEMES.includes(now)) now = "auto";
  const names = { auto: "automatic", light: "light", dark: "dark" };
  const show = () => { label.textContent = `Colours: ${names[now]}`; button.title = label.textContent; };
  button.hidden = false;
  show();
  button.addEventListener("click", () => {
    now = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length];
    store("theme", now);
    setTheme(now);
    show();
    say(label.textContent);
  });
}

// Every group of panels gets tabs. Choosing one chooses it in all groups, on this page and on those opened after it.
function languages() {
  const groups = [...document.querySelectorAll(".tabs")];
  if (groups.length === 0) return;
  const panelsOf = (group) => [...group.querySelectorAll(":scope > .panel")];
  const known = panelsOf(groups[0]).map((panel) => panel.dataset.lang);
  if (!known.includes(page.dataset.lang)) page.dataset.lang = "c";
  const tabs = [];
  const choose = (lang) => {
    page.dataset.lang = lang;
    for (const tab of tabs) {
      const chosen = tab.dataset.lang === lang;
      tab.setAttribute("aria-selected", chosen);
      tab.tabIndex = chosen ? 0 : -1;
    }
  };
  groups.forEach((group, number) => {
    const list = document.createElement("div");
    list.setAttribute("role", "tablist");
    list.setAttribute("aria-label", group.getAttribute("aria-label") || "Language");
    group.removeAttribute("aria-label");
    const mine = panelsOf(group).map((panel, place) => {
      const tab = document.createElement("button");
      tab.type = "button";
      tab.id = `tab-${number}-${place}`;
      tab.dataset.lang = panel.dataset.lang;
      tab.textContent = panel.querySelector("h3").textContent;
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", panel.id);
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", tab.id);
      tab.addEventListener("click", () => {
        // What is read stays where it is, though what stands above it changes its height.
        const before = list.getBoundingClientRect().top;
        choose(tab.dataset.lang);
        store("lang", tab.dataset.lang);
        scrollBy({ top: list.getBoundingClientRect().top - before, behavior: "instant" });
      });
      list.append(tab);
      return tab;
    });
    list.addEventListener("keydown", (event) => {
      const at = mine.indexOf(document.activeElement);
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: mine.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      const tab = mine[(to + mine.length) % mine.length];
      tab.click();
      tab.focus();
    });
    group.prepend(list);
    tabs.push(...mine);
  });
  choose(page.dataset.lang);
}

// What a button copies. Of command lines, it leaves out explanations and output, and the end of the last line, which would run it.
function copied(figure) {
  const code = figure.querySelector("code");
  if (!figure.classList.contains("bare")) return code.textContent;
  const commands = code.cloneNode(true);
  commands.querySelectorAll(".e, .o").forEach((part) => part.remove());
  return commands.textContent.split("\n").map((line) => line.trimEnd()).join("\n").trim();
}

async function copy(button) {
  const text = copied(button.closest("figure"));
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // A page opened from a file, or without permission.
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
  const name = button.textContent;
  button.textContent = "Copied";
  button.classList.add("done");
  say("Copied");
  setTimeout(() => { button.textContent = name; button.classList.remove("done"); }, 1600);
}

// Finding pages. The index is loaded when somebody first looks for something; `crates/site/src/search.rs` ranks alike.
const KINDS = ["function", "task", "command", "structure", "return code", "constant", "page"];
// The score of a part of a name.
const PART = 50;
// The least score of a word in the title or among the key words of a page.
const SUBJECT = 25;
// The score of a word in the text of a page.
const TEXT = 5;
// Words of a question that say nothing about its subject.
const EMPTY = new Set(("a an and are at be by can cannot do does for from has have how i in is it me my of on or our smb somebody "
  + "someone that the their this to was we what when where which who why with you your").split(" "));
// Words beside a number that only say that it is an error.
const BESIDE_NUMBER = new Set(["code", "error", "occurred", "return", "status", "system"]);
let index = null;

function load() {
  index ??= new Promise((done) => {
    const script = document.createElement("script");
    script.src = "search-index.js";
    script.addEventListener("load", () => done(window.searchIndex));
    document.head.append(script);
  });
  return index;
}

const parts = (title) => title.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase().split(/[ _]/);

// How many letters to insert, remove, replace or swap with their neighbour.
function edits(a, b) {
  let above = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      let best = Math.min(next[j] + 1, row[j + 1] + 1, row[j] + Number(a[i] !== b[j]));
      if (i > 0 && j > 0 && a[i - 1] === b[j] && a[i] === b[j - 1]) best = Math.min(best, above[j - 1] + 1);
      next.push(best);
    }
    above = row;
    row = next;
  }
  return row[b.length];
}

// What English adds to a word.
const ENDINGS = ["s", "es", "d", "ed", "er", "ing"];

// Whether one word is another with a different ending: user and users, block and blocking.
function isForm(word, term) {
  const [short, long] = word.length < term.length ? [word, term] : [term, word];
  return short.length >= 4 && long.startsWith(short) && ENDINGS.includes(long.slice(short.length));
}

const split = (words) => words.toLowerCase().split(" ").filter(Boolean);

// A word with typing errors: one in four letters, two in eight.
function similarity(entry, term) {
  if (term.length < 4) return 0;
  const words = entry.kind === "task" || entry.kind === "page" ? split(entry.words) : [];
  const least = Math.min(...[entry.title.toLowerCase(), ...parts(entry.title), ...words].map((name) => edits(term, name)));
  if (least > (term.length < 8 ? 1 : 2)) return 0;
  return least <= 1 ? 4 : 3;
}

function score(entry, term) {
  const title = entry.title.toLowerCase();
  // A section of a page is not the subject that it is named after.
  if (title === term && !(entry.kind === "page" && entry.url.includes("#"))) return 100;
  const words = split(entry.words);
  if (words.includes(term)) return 90;
  const pieces = parts(entry.title);
  if (title.startsWith(term) || pieces.some((part) => part.startsWith(term) || isForm(part, term))) return PART;
  if (title.includes(term)) return 40;
  if (words.some((word) => isForm(word, term))) return 30;
  if (words.some((word) => word.startsWith(term))) return 25;
  if (entry.text.toLowerCase().includes(term)) return 10;
  return split(entry.full ?? "").some((word) => word.startsWith(term) || isForm(word, term)) ? TEXT : 0;
}

function rank(entries, query) {
  const all = query.toLowerCase().split(/\s+/).filter(Boolean);
  const hasNumber = all.some((term) => /^([-+]?\d+|0x[\da-f]+)$/.test(term));
  const telling = all.filter((term) => !EMPTY.has(term) && !(hasNumber && BESIDE_NUMBER.has(term)));
  const terms = telling.length > 0 ? telling : all;
  if (terms.length === 0) return [];
  const every = (scoreOf) => entries.flatMap((entry) => {
    const scores = terms.map((term) => scoreOf(entry, term));
    // A question of several words is about a task, rather than about a function with a part of them in its name.
    const isQuestion = entry.kind === "task" && scores.length > 1 && scores.every((one) => one >= SUBJECT);
    if (!scores.every((one) => one > 0)) return [];
    // A single word finds the functions with this word in their name before the tasks about it.
    if (entry.kind === "task" && scores.length === 1) return [{ entry, total: Math.min(scores[0], PART) }];
    return [{ entry, total: scores.reduce((a, b) => a + b, isQuestion ? 100 : 0) }];
  });
  const near = (entry, term) => score(entry, term) || similarity(entry, term);
  let found = every(score);
  // A typing error can stand in the text of a page, too.
  const isOnlyText = (one) => one.total <= TEXT * terms.length;
  if (found.every(isOnlyText)) found = every(near);
  // A whole sentence: the entries that are about half of its words.
  const about = (some) => some.flatMap((entry) => {
    const scores = terms.map((term) => score(entry, term)).filter((one) => one >= SUBJECT);
    return scores.length * 2 >= terms.length ? [{ entry, total: scores.reduce((a, b) => a + b, 0) }] : [];
  });
  if (found.every(isOnlyText)) {
    const tasks = about(entries.filter((entry) => entry.kind === "task"));
    found = found.filter((one) => !tasks.some((task) => task.entry === one.entry)).concat(tasks);
  }
  if (found.length === 0) found = about(entries);
  const byName = (a, b) => (a < b ? -1 : Number(a > b));
  found.sort((a, b) => b.total - a.total || KINDS.indexOf(a.entry.kind) - KINDS.indexOf(b.entry.kind)
    || a.entry.title.length - b.entry.title.length || byName(a.entry.title, b.entry.title));
  return found.map((one) => one.entry);
}

function row(entry) {
  const link = document.createElement("a");
  link.href = entry.url;
  const [name, kind, text] = ["b", "i", "span"].map((tag) => document.createElement(tag));
  // A name that is wider than a telephone breaks between its words.
  name.append(...entry.title.split(/(?<=_)/).flatMap((word) => [document.createElement("wbr"), word]));
  kind.textContent = entry.number === undefined ? entry.kind : `${entry.kind} ${entry.number}`;
  text.textContent = entry.text;
  link.append(name, kind, text);
  return link;
}

// What a reader can do whose query finds nothing.
function nothingFound(query) {
  const link = (url, text) => Object.assign(document.createElement("a"), { href: url, textContent: text });
  return [`Nothing matches “${query}”. Try one English word, a part of a name, or an error number; or see the `,
    link("tasks.html", "tasks"), ", the ", link("directory.html", "functions"), " and the ", link("errors.html", "return codes"), "."];
}

function finder() {
  const field = document.getElementById("q");
  const list = document.getElementById("found");
  const whole = document.getElementById("results");
  let at = -1;
  const rows = () => [...list.querySelectorAll(":scope > a")];
  const mark = (to) => {
    const all = rows();
    at = all.length === 0 ? -1 : (to + all.length) % all.length;
    all.forEach((link, place) => link.setAttribute("aria-selected", place === at));
    if (at >= 0) { field.setAttribute("aria-activedescendant", all[at].id); all[at].scrollIntoView({ block: "nearest" }); }
    else field.removeAttribute("aria-activedescendant");
  };
  const close = () => { list.hidden = true; field.setAttribute("aria-expanded", "false"); mark(-1); at = -1; };
  const show = async () => {
    const query = field.value.trim();
    if (query === "") return close();
    const all = rank(await load(), query);
    if (query !== field.value.trim()) return;
    const links = all.slice(0, 12).map((entry, place) => {
      const link = row(entry);
      link.id = `found-${place}`;
      link.tabIndex = -1;
      link.setAttribute("role", "option");
      return link;
    });
    list.replaceChildren(...links);
    if (links.length === 0) {
      const nothing = document.createElement("p");
      nothing.append(...nothingFound(query));
      list.append(nothing);
    }
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
    mark(links.length > 0 ? 0 : -1);
    say(all.length === 1 ? "1 found" : `${all.length} found`);
  };
  field.addEventListener("focus", load, { once: true });
  field.addEventListener("input", show);
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") { event.preventDefault(); if (list.hidden) show(); else mark(at + 1); }
    else if (event.key === "ArrowUp") { event.preventDefault(); mark(at - 1); }
    else if (event.key === "Escape") {
      // Browsers would empty the field.
      event.preventDefault();
      if (list.hidden) field.blur(); else close();
    }
    else if (event.key === "Enter" && !list.hidden && at >= 0) { event.preventDefault(); rows()[at].click(); }
  });
  document.addEventListener("click", (event) => { if (!event.target.closest(".search")) close(); });
  // A list that scrolls would take the focus itself.
  list.tabIndex = -1;
  field.form.addEventListener("focusout", (event) => { if (event.relatedTarget && !field.form.contains(event.relatedTarget)) close(); });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); field.focus(); field.select(); }
  });
  if (whole) searchPage(whole, field);
}

// search.html?q=…: everything that is found.
async function searchPage(whole, field) {
  const query = asked.get("q") || "";
  field.value = query;
  const all = rank(await load(), query);
  const heading = document.createElement("p");
  if (query === "") heading.textContent = "Type into the field at the top.";
  else if (all.length === 0) heading.append(...nothingFound(query));
  else heading.textContent = `${all.length} found for “${query}”.`;
  const list = document.createElement("ul");
  list.append(...all.map((entry) => { const item = document.createElement("li"); item.append(row(entry)); return item; }));
  whole.replaceChildren(heading, list);
}
