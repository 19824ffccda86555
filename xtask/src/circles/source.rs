//! [`Source`]: the names that one file of Rust defines, the modules that it declares, and the paths that it uses.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemUse, Macro, Meta, UseTree, Visibility};

/// A path as it is written: `["crate", "link", "Link"]`.
pub(super) type Path = Vec<String>;

/// The contents of one module, without those of its children.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// The names that the module defines.
    pub(super) items: BTreeSet<String>,
    /// The imports: the local name, and its path.
    pub(super) imports: Vec<(String, Path)>,
    /// The modules whose whole contents `use` imports.
    pub(super) globs: Vec<Path>,
    /// Every other path of two segments or more.
    pub(super) paths: BTreeSet<Path>,
    /// The modules that the module declares.
    pub(super) children: Vec<Child>,
    /// The words inside macros among the items: a macro may declare modules with them.
    pub(super) macro_words: BTreeSet<String>,
    /// Whether a macro here declares modules whose names it receives, as `$(mod $stem;)*` does.
    pub(super) declares_by_macro: bool,
    /// The modules that are declared for tests only.
    pub(super) test_modules: BTreeSet<String>,
}

/// A module that another one declares.
#[derive(Debug)]
pub(super) struct Child {
    pub(super) name: String,
    /// The value of `#[path]`.
    pub(super) path: Option<String>,
    /// The content, where it stands in the same file.
    pub(super) inline: Option<Source>,
}

impl Source {
    /// Reads a file. Items that are compiled for tests only are left out.
    ///
    /// # Errors
    /// The text is not Rust.
    pub(super) fn parse(text: &str) -> syn::Result<Self> {
        Ok(Self::of(&syn::parse_file(text)?.items))
    }

    fn of(items: &[Item]) -> Self {
        let mut source = Self::default();
        for item in items {
            source.add(item);
        }
        source
    }

    fn add(&mut self, item: &Item) {
        if attributes(item).iter().any(is_for_tests) {
            if let Item::Mod(module) = item {
                self.test_modules.insert(module.ident.to_string());
            }
            return;
        }
        match item {
            Item::Mod(module) => {
                let inline = module.content.as_ref().map(|(_, items)| Self::of(items));
                let path = module.attrs.iter().find_map(path_attribute);
                self.children.push(Child { name: module.ident.to_string(), path, inline });
                return;
            }
            Item::Macro(item) => {
                self.items.extend(item.ident.iter().map(ToString::to_string));
                self.items.extend(definitions(item.mac.tokens.clone()));
                words(item.mac.tokens.clone(), &mut self.macro_words);
                self.declares_by_macro |= declares_received_module(item.mac.tokens.clone());
            }
            _ => self.items.extend(name(item)),
        }
        self.visit_item(item);
    }

    fn add_use(&mut self, tree: &UseTree, before: &[String]) {
        let with = |name: String| [before, &[name]].concat();
        match tree {
            UseTree::Path(path) => self.add_use(&path.tree, &with(path.ident.to_string())),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_use(tree, before)),
            UseTree::Glob(_) => self.globs.push(before.to_vec()),
            UseTree::Name(name) if name.ident == "self" => {
                self.imports.extend(before.last().map(|name| (name.clone(), before.to_vec())));
            }
            UseTree::Name(name) => {
                self.imports.push((name.ident.to_string(), with(name.ident.to_string())));
            }
            UseTree::Rename(rename) => {
                let path =
                    if rename.ident == "self" { before.to_vec() } else { with(rename.ident.to_string()) };
                self.imports.push((rename.rename.to_string(), path));
            }
        }
    }
}

impl<'ast> Visit<'ast> for Source {
    fn visit_item(&mut self, item: &'ast Item) {
        if !attributes(item).iter().any(is_for_tests) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.add_use(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Path = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if segments.len() > 1 {
            self.paths.insert(segments);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        paths(call.tokens.clone(), &mut self.paths);
        visit::visit_macro(self, call);
    }

    /// `pub(in crate::name)` names a module and uses nothing of it.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn name(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::TraitAlias(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

/// Returns whether an attribute is `#[cfg(test)]`, or a longer condition that requires tests.
fn is_for_tests(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else { return false };
    let mut conditions = BTreeSet::new();
    words(list.tokens.clone(), &mut conditions);
    list.path.is_ident("cfg") && conditions.contains("test") && !conditions.contains("not")
}

fn path_attribute(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else { return None };
    let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &pair.value else { return None };
    pair.path.is_ident("path").then(|| text.value())
}

/// Every word in tokens.
fn words(tokens: TokenStream, into: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(word) => _ = into.insert(word.to_string()),
            TokenTree::Group(group) => words(group.stream(), into),
            _ => {}
        }
    }
}

/// Whether tokens have `mod $`: the name of the module comes from the caller of the macro.
fn declares_received_module(tokens: TokenStream) -> bool {
    let mut after_mod = false;
    for token in tokens {
        match token {
            TokenTree::Punct(punct) if after_mod && punct.as_char() == '$' => return true,
            TokenTree::Group(group) if declares_received_module(group.stream()) => return true,
            TokenTree::Ident(word) => after_mod = word == "mod",
            _ => after_mod = false,
        }
    }
    false
}

/// Returns the names of items among the tokens of a macro, such as `Dialect` of `pub enum Dialect`.
fn definitions(tokens: TokenStream) -> BTreeSet<String> {
    const KEYWORDS: [&str; 8] = ["const", "enum", "fn", "static", "struct", "trait", "type", "union"];
    let mut found = BTreeSet::new();
    let mut after_keyword = false;
    for token in tokens {
        match token {
            TokenTree::Ident(word) if after_keyword => after_keyword = !found.insert(word.to_string()),
            TokenTree::Ident(word) => after_keyword = KEYWORDS.iter().any(|keyword| word == keyword),
            TokenTree::Group(group) => found.extend(definitions(group.stream())),
            _ => after_keyword = false,
        }
    }
    found
}

/// Every path of two segments or more among the tokens of a macro.
fn paths(tokens: TokenStream, into: &mut BTreeSet<Path>) {
    let mut path: Path = Vec::new();
    let mut colons = 0;
    for token in tokens {
        match token {
            TokenTree::Ident(word) => {
                if colons != 2 {
                    keep(&mut path, into);
                }
                path.push(word.to_string());
                colons = 0;
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
            TokenTree::Group(group) => {
                keep(&mut path, into);
                paths(group.stream(), into);
            }
            _ => keep(&mut path, into),
        }
    }
    keep(&mut path, into);
}

fn keep(path: &mut Path, into: &mut BTreeSet<Path>) {
    let path = std::mem::take(path);
    if path.len() > 1 {
        into.insert(path);
    }
}
