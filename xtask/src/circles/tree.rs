//! [`Tree`]: the modules of one crate. It resolves a path to the file that defines what the path names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path as FilePath, PathBuf};

use anyhow::{Context, Result};

use super::source::{Child, Source};

/// The files of a crate.
pub(super) trait Files {
    /// Returns the text of a file; `None` if there is none.
    fn read(&self, file: &FilePath) -> Option<String>;

    /// Returns the files directly in a folder.
    fn list(&self, folder: &FilePath) -> Vec<PathBuf>;
}

/// The names that one search has looked for, with the module: circular imports end the search.
type Seen<'a> = BTreeSet<(usize, &'a str)>;

/// A crate, as the modules that its root declares.
#[derive(Debug, Default)]
pub(super) struct Tree {
    modules: Vec<Module>,
}

#[derive(Debug)]
struct Module {
    file: PathBuf,
    parent: Option<usize>,
    children: BTreeMap<String, usize>,
    source: Source,
}

/// One file's use of another.
#[derive(Debug)]
pub(super) struct Use {
    pub(super) from: PathBuf,
    pub(super) to: PathBuf,
    /// The path that `from` has.
    pub(super) name: String,
}

impl Tree {
    /// Reads the crate that begins with this file.
    ///
    /// # Errors
    /// The file does not exist, or a file is not Rust.
    pub(super) fn read(root: &FilePath, files: &dyn Files) -> Result<Self> {
        let mut tree = Self::default();
        let text = files.read(root).with_context(|| format!("there is no {}", root.display()))?;
        let folder = root.parent().unwrap_or(FilePath::new(""));
        tree.add(parse(root, &text)?, root, folder, None, files)?;
        Ok(tree)
    }

    /// Adds a module, then its children, whose files are in `folder`.
    fn add(
        &mut self,
        mut source: Source,
        file: &FilePath,
        folder: &FilePath,
        parent: Option<usize>,
        files: &dyn Files,
    ) -> Result<usize> {
        let id = self.modules.len();
        let mut children = std::mem::take(&mut source.children);
        children.extend(declared_by_macros(&source, &children, folder, files));
        let file = file.to_owned();
        self.modules.push(Module { file: file.clone(), parent, children: BTreeMap::new(), source });
        for child in children {
            let below = folder.join(&child.name);
            let added = match child.inline {
                Some(source) => Some(self.add(source, &file, &below, Some(id), files)?),
                None => match find(&child, &file, folder, files) {
                    // A module of another system has no file here, or a macro makes it.
                    None => None,
                    Some((path, text)) => {
                        Some(self.add(parse(&path, &text)?, &path, &below, Some(id), files)?)
                    }
                },
            };
            if let (Some(added), Some(module)) = (added, self.modules.get_mut(id)) {
                module.children.insert(child.name, added);
            }
        }
        Ok(id)
    }

    /// Every use of one file by another.
    pub(super) fn uses(&self) -> Vec<Use> {
        let mut uses = Vec::new();
        for (id, module) in self.modules.iter().enumerate() {
            let imported = module.source.imports.iter().map(|(_, path)| path);
            for path in imported.chain(&module.source.globs).chain(&module.source.paths) {
                let names: Vec<&str> = path.iter().map(String::as_str).collect();
                let to = self.resolve(id, &names, &mut Seen::new());
                let Some(to) = to.and_then(|to| self.modules.get(to)) else { continue };
                if to.file != module.file {
                    uses.push(Use { from: module.file.clone(), to: to.file.clone(), name: path.join("::") });
                }
            }
        }
        uses
    }

    /// The file that declares each file; the root has none.
    pub(super) fn parents(&self) -> BTreeMap<PathBuf, PathBuf> {
        let parent = |module: &Module| {
            let file = &self.modules.get(module.parent?)?.file;
            (*file != module.file).then(|| (module.file.clone(), file.clone()))
        };
        self.modules.iter().filter_map(parent).collect()
    }

    /// Returns the module that defines the item of a path, as seen from a module; `None` for an item of another crate.
    fn resolve<'a>(&'a self, from: usize, path: &[&'a str], seen: &mut Seen<'a>) -> Option<usize> {
        let (first, rest) = path.split_first()?;
        match *first {
            "crate" => self.descend(0, rest, seen),
            "self" => self.descend(from, rest, seen),
            "super" => {
                let parent = self.modules.get(from)?.parent?;
                match rest.first() {
                    Some(&"super") => self.resolve(parent, rest, seen),
                    _ => self.descend(parent, rest, seen),
                }
            }
            first => self.look_up(from, first, rest, seen),
        }
    }

    /// Returns the module that defines the item at a path below a module: the module itself if nothing else is known.
    fn descend<'a>(&'a self, module: usize, path: &[&'a str], seen: &mut Seen<'a>) -> Option<usize> {
        match path.split_first() {
            None => Some(module),
            Some((first, rest)) => self.look_up(module, first, rest, seen).or(Some(module)),
        }
    }

    /// Returns the module that defines `name` in a module, or the rest of the path.
    fn look_up<'a>(
        &'a self,
        id: usize,
        name: &'a str,
        rest: &[&'a str],
        seen: &mut Seen<'a>,
    ) -> Option<usize> {
        let module = self.modules.get(id)?;
        if !seen.insert((id, name)) {
            return None;
        }
        if let Some(child) = module.children.get(name) {
            return self.descend(*child, rest, seen);
        }
        if module.source.items.contains(name) {
            return Some(id);
        }
        if let Some((_, path)) = module.source.imports.iter().find(|(local, _)| local == name) {
            let path: Vec<&str> = path.iter().map(String::as_str).chain(rest.iter().copied()).collect();
            return self.resolve(id, &path, seen);
        }
        module.source.globs.iter().find_map(|glob| {
            let glob: Vec<&str> = glob.iter().map(String::as_str).collect();
            let other = self.resolve(id, &glob, seen).filter(|other| *other != id)?;
            self.look_up(other, name, rest, seen)
        })
    }
}

fn parse(file: &FilePath, text: &str) -> Result<Source> {
    Source::parse(text).with_context(|| format!("{} is not Rust", file.display()))
}

/// The file of a module, and its text.
fn find(child: &Child, file: &FilePath, folder: &FilePath, files: &dyn Files) -> Option<(PathBuf, String)> {
    let candidates = match &child.path {
        Some(path) => vec![file.parent()?.join(path)],
        None => vec![folder.join(format!("{}.rs", child.name)), folder.join(&child.name).join("mod.rs")],
    };
    candidates.into_iter().find_map(|path| files.read(&path).map(|text| (path, text)))
}

/// The children that a macro among the items declares: a word that is the name of a file. If the macro receives the names
/// from elsewhere, as from a build script, every file in the folder that nothing else declares is a child.
fn declared_by_macros(source: &Source, known: &[Child], folder: &FilePath, files: &dyn Files) -> Vec<Child> {
    let mut names = source.macro_words.clone();
    if source.declares_by_macro {
        names.extend(files.list(folder).iter().filter_map(|file| stem(file)));
    }
    let is_new =
        |name: &String| !source.test_modules.contains(name) && known.iter().all(|child| child.name != *name);
    let children = names.into_iter().filter(is_new).map(|name| Child { name, path: None, inline: None });
    children.filter(|child| find(child, folder, folder, files).is_some()).collect()
}

/// The name of the module in a file; `None` for the file of a crate or a folder.
fn stem(file: &FilePath) -> Option<String> {
    const ROOTS: [&str; 3] = ["lib", "main", "mod"];
    let stem = file.file_stem()?.to_str()?;
    (file.extension()? == "rs" && !ROOTS.contains(&stem)).then(|| stem.to_owned())
}
