//! What looks at texts beside the first thread: evaluating postures and parsing single texts.

use super::document::Document;
use super::publish::{Published, Versions};
use super::workspace::is_posture;
use crate::config::Inputs;
use crate::diag::{Diagnostics, Sources};
use crate::model::value::Value;
use crate::{pipeline, syntax};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What the names of a posture's root give.
pub(super) type Names = HashMap<String, Value>;

/// The names of each posture, by its folder, for whoever hovers or completes.
pub(super) type Known = Arc<Mutex<HashMap<PathBuf, Arc<Names>>>>;

/// The files of each posture, by its folder, as of its last evaluation.
pub(super) type Members = Arc<Mutex<BTreeMap<PathBuf, BTreeSet<PathBuf>>>>;

/// Something has changed.
#[derive(Debug, Clone, Default)]
pub(super) struct Job {
    /// The files that are concerned.
    pub touched: BTreeSet<PathBuf>,
    /// The texts that are open.
    pub unsaved: BTreeMap<PathBuf, Arc<str>>,
    /// Their versions, as the editor counts them.
    pub versions: Versions,
}

/// Evaluates postures; the second thread.
pub(super) struct Examiner {
    pub published: Arc<Published>,
    pub known: Known,
    pub members: Members,
    /// The values of variables that the editor's environment gives.
    pub env: BTreeMap<String, String>,
    /// Folders in which postures are looked for.
    pub folders: Vec<PathBuf>,
}

impl Examiner {
    /// Works until the other end is gone. Of jobs that have piled up only the newest texts count.
    pub(super) fn run(self, jobs: &Receiver<Job>) {
        while let Ok(job) = newest(jobs) {
            for root in self.roots(&job) {
                self.posture(&root, &job);
            }
        }
    }

    /// The postures that the touched files may belong to.
    fn roots(&self, job: &Job) -> BTreeSet<PathBuf> {
        let members = lock(&self.members).clone();
        let mut out = BTreeSet::new();
        for path in &job.touched {
            let nearest = nearest(path, job);
            out.extend(nearest.map(Path::to_owned));
            let users = members.iter().filter(|(_, files)| files.contains(path));
            out.extend(users.map(|(root, _)| root.clone()));
            if nearest.is_none() {
                // A module: who calls it is known once every posture at hand has been read.
                let all = self.folders.iter().flat_map(|f| postures(f, job));
                out.extend(all.filter(|root| !members.contains_key(root)));
            }
        }
        out
    }

    fn posture(&self, root: &Path, job: &Job) {
        let inputs = Inputs {
            dir: root.to_owned(),
            env: self.env.clone(),
            unsaved: job.unsaved.clone(),
            ..Inputs::default()
        };
        let mut sources = Sources::new();
        let region = "us-east-1".parse().ok();
        let (names, diagnostics) = pipeline::examine(&inputs, &mut sources, region.as_ref());
        lock(&self.known).insert(root.to_owned(), Arc::new(names));
        let files: BTreeSet<PathBuf> = sources.ids().map(|id| PathBuf::from(sources.name(id))).collect();
        let found = self.published.by_file(root, diagnostics, &sources);
        let looked_at = job
            .touched
            .intersection(&files)
            .filter(|path| job.unsaved.contains_key(*path));
        self.published
            .posture(root, found, looked_at.cloned(), &job.versions);
        lock(&self.members).insert(root.to_owned(), files);
    }
}

/// Parses the texts that have changed, and nothing else; the third thread. In a large posture somebody
/// who mistypes a bracket hears of it long before the evaluation is through.
pub(super) struct Parser {
    pub published: Arc<Published>,
    pub members: Members,
}

impl Parser {
    /// Works until the other end is gone.
    pub(super) fn run(self, jobs: &Receiver<Job>) {
        while let Ok(job) = newest(jobs) {
            for path in job.touched.iter().filter(|path| is_posture(path)) {
                self.text(path, &job);
            }
        }
    }

    fn text(&self, path: &Path, job: &Job) {
        // Which modules a posture calls is only known once it has been evaluated.
        let is_called = lock(&self.members).values().any(|files| files.contains(path));
        let belongs = is_called || nearest(path, job).is_some();
        let Some(text) = job.unsaved.get(path) else {
            return self.published.text(path, Vec::new(), belongs, &job.versions);
        };
        let mut sources = Sources::new();
        let file = sources.add(path.display().to_string(), Arc::clone(text));
        let said = syntax::on_deep_stack(|| syntax::parse_body(text, file).1);
        let said = said.unwrap_or_else(|defect| Diagnostics::from(*defect));
        let found = self.published.by_file(path, said, &sources).remove(path);
        self.published
            .text(path, found.unwrap_or_default(), belongs, &job.versions);
    }
}

/// The next job, together with all that have come meanwhile: only the newest texts count.
fn newest(jobs: &Receiver<Job>) -> Result<Job, RecvError> {
    let mut job = jobs.recv()?;
    while let Ok(newer) = jobs.try_recv() {
        let touched = std::mem::replace(&mut job, newer).touched;
        job.touched.extend(touched);
    }
    Ok(job)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The posture in whose folder, or below it, a file is.
fn nearest<'a>(path: &'a Path, job: &Job) -> Option<&'a Path> {
    path.ancestors()
        .skip(1)
        .take(8)
        .find(|folder| is_root(folder, job))
}

/// Whether a folder is a posture: one of its files has a `backstay` block.
fn is_root(folder: &Path, job: &Job) -> bool {
    let open = job
        .unsaved
        .iter()
        .filter(|(path, _)| path.parent() == Some(folder));
    let mut open: BTreeMap<&Path, Arc<str>> = open.map(|(p, t)| (p.as_path(), Arc::clone(t))).collect();
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let paths: Vec<PathBuf> = entries.map(|e| e.path()).filter(|p| is_posture(p)).collect();
    for path in &paths {
        let known = open.contains_key(path.as_path());
        if !known && let Ok(text) = std::fs::read_to_string(path) {
            open.insert(path, text.into());
        }
    }
    open.into_iter().any(|(path, text)| {
        // Most files do not even hold the word.
        is_posture(path) && text.contains("backstay") && {
            let document = Document::new(path.to_owned(), text);
            let mut blocks = document.outline.file.blocks.iter();
            blocks.any(|b| document.slice(&b.kind) == "backstay")
        }
    })
}

/// The postures in and below a folder, as far as somebody may reasonably have put them.
fn postures(folder: &Path, job: &Job) -> Vec<PathBuf> {
    const MOST: usize = 2000;
    const DEEPEST: usize = 6;
    let mut out = Vec::new();
    let mut left = vec![(folder.to_owned(), 0)];
    let mut seen = 0;
    while let Some((folder, depth)) = left.pop() {
        seen += 1;
        if seen > MOST {
            break;
        }
        if is_root(&folder, job) {
            out.push(folder.clone());
        }
        if depth == DEEPEST {
            continue;
        }
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        let inner = entries
            .filter(|e| e.file_type().is_ok_and(|t| t.is_dir()))
            .filter(|e| {
                !matches!(
                    e.file_name().to_string_lossy().as_ref(),
                    "target" | "node_modules"
                )
            })
            .filter(|e| !e.file_name().to_string_lossy().starts_with('.'));
        left.extend(inner.map(|e| (e.path(), depth + 1)));
    }
    out
}
