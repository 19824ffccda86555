//! Finds the circles in a graph of files: [`Graph::circles`].

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use super::tree::Use;

/// A file, as its place in [`Graph::files`].
type File = usize;

/// The files that each file uses, and the names by which it does.
#[derive(Debug, Default)]
pub(super) struct Graph {
    files: Vec<PathBuf>,
    edges: BTreeMap<File, BTreeMap<File, BTreeSet<String>>>,
    /// The file that declares each file.
    parents: BTreeMap<File, File>,
}

/// One file of a circle, and the names by which it uses the next one.
#[derive(Debug)]
pub(super) struct Tie<'a> {
    pub(super) from: &'a Path,
    pub(super) to: &'a Path,
    pub(super) names: Vec<&'a str>,
}

impl Graph {
    pub(super) fn new(uses: Vec<Use>, parents: BTreeMap<PathBuf, PathBuf>) -> Self {
        let mut graph = Self::default();
        let mut ids = BTreeMap::new();
        for Use { from, to, name } in uses {
            let (from, to) = (graph.id(from, &mut ids), graph.id(to, &mut ids));
            graph.edges.entry(from).or_default().entry(to).or_default().insert(name);
        }
        for (child, parent) in parents {
            let (child, parent) = (graph.id(child, &mut ids), graph.id(parent, &mut ids));
            graph.parents.insert(child, parent);
        }
        graph
    }

    fn id(&mut self, file: PathBuf, ids: &mut BTreeMap<PathBuf, File>) -> File {
        *ids.entry(file).or_insert_with_key(|file| {
            self.files.push(file.clone());
            self.files.len() - 1
        })
    }

    /// The shortest circles, each once. A circle through a module that declares all the other files of the circle,
    /// directly or through its children, does not count.
    pub(super) fn circles(&self) -> Vec<Vec<Tie<'_>>> {
        let mut circles = BTreeSet::new();
        for (from, targets) in &self.edges {
            for to in targets.keys() {
                if let Some(limit) = self.common_parent(*from, *to)
                    && let Some(mut circle) = self.path(*to, *from, limit)
                {
                    // Each circle begins with the same file, whichever of its edges led to it.
                    let smallest = circle.iter().min().copied();
                    let first = circle.iter().position(|file| Some(*file) == smallest);
                    circle.rotate_left(first.unwrap_or_default());
                    circles.insert(circle);
                }
            }
        }
        circles.iter().map(|circle| self.ties(circle)).collect()
    }

    fn ties(&self, circle: &[File]) -> Vec<Tie<'_>> {
        let pairs = circle.iter().zip(circle.iter().cycle().skip(1));
        let tie = |(from, to): (&File, &File)| {
            let names = self.edges.get(from).and_then(|targets| targets.get(to)).into_iter().flatten();
            Some(Tie {
                from: self.files.get(*from)?,
                to: self.files.get(*to)?,
                names: names.map(String::as_str).collect(),
            })
        };
        pairs.filter_map(tie).collect()
    }

    /// A file and all that declare it, the root last.
    fn line(&self, file: File) -> impl Iterator<Item = File> {
        std::iter::successors(Some(file), |file| self.parents.get(file).copied())
    }

    /// The nearest file that declares both; `None` where one of the two declares the other.
    fn common_parent(&self, one: File, other: File) -> Option<File> {
        let common = self.line(one).find(|file| self.line(other).any(|line| line == *file))?;
        (common != one && common != other).then_some(common)
    }

    /// The shortest way from one file to another through files that `limit` declares.
    fn path(&self, from: File, to: File, limit: File) -> Option<Vec<File>> {
        let mut before: BTreeMap<File, File> = BTreeMap::new();
        let mut queue = VecDeque::from([from]);
        while let Some(file) = queue.pop_front() {
            if file == to {
                let back = std::iter::successors(Some(file), |file| before.get(file).copied());
                let mut path: Vec<File> = back.collect();
                path.reverse();
                return Some(path);
            }
            for next in self.edges.get(&file).into_iter().flat_map(BTreeMap::keys).copied() {
                let is_inside = self.line(next).skip(1).any(|line| line == limit);
                if is_inside && next != from && !before.contains_key(&next) {
                    before.insert(next, file);
                    queue.push_back(next);
                }
            }
        }
        None
    }
}
