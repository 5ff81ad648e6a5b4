//! The second thread: evaluates postures and publishes what is wrong with them.

use super::document::{Document, uri_of};
use super::position::{Encoding, Lines};
use super::workspace::is_posture;
use crate::config::Inputs;
use crate::diag::{Diagnostic, Diagnostics, FileId, Severity, Sources, Span, code};
use crate::model::value::Value;
use crate::{pipeline, syntax};
use lsp_server::{Message, Notification};
use lsp_types::notification::{Notification as _, PublishDiagnostics};
use lsp_types::{
    DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString, PublishDiagnosticsParams,
    Range,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What the names of a posture's root give.
pub(super) type Names = HashMap<String, Value>;

/// The names of each posture, by its folder, for whoever hovers or completes.
pub(super) type Known = Arc<Mutex<HashMap<PathBuf, Arc<Names>>>>;

/// How long an evaluation may take before syntax errors are told ahead of it.
const PATIENCE: Duration = Duration::from_millis(100);

/// Something has changed.
#[derive(Debug, Clone, Default)]
pub(super) struct Job {
    /// The files that are concerned.
    pub touched: BTreeSet<PathBuf>,
    /// The texts that are open.
    pub unsaved: BTreeMap<PathBuf, Arc<str>>,
    /// Their versions, as the editor counts them.
    pub versions: BTreeMap<PathBuf, i32>,
}

type Found = BTreeMap<PathBuf, Vec<lsp_types::Diagnostic>>;

pub(super) struct Examiner {
    pub publish: Box<dyn Fn(Message) + Send>,
    pub encoding: Encoding,
    pub known: Known,
    /// The values of variables that the editor's environment gives.
    pub env: BTreeMap<String, String>,
    /// Folders in which postures are looked for.
    pub folders: Vec<PathBuf>,
    /// By posture: its files as of the last evaluation.
    files: BTreeMap<PathBuf, BTreeSet<PathBuf>>,
    /// Postures whose evaluation takes longer than somebody who types wants to wait.
    slow: BTreeSet<PathBuf>,
    /// By posture (or by file, for files of none): what was published.
    found: BTreeMap<PathBuf, Found>,
}

impl Examiner {
    pub(super) fn new(
        publish: Box<dyn Fn(Message) + Send>,
        encoding: Encoding,
        known: Known,
        env: BTreeMap<String, String>,
        folders: Vec<PathBuf>,
    ) -> Self {
        Self {
            publish,
            encoding,
            known,
            env,
            folders,
            files: BTreeMap::new(),
            slow: BTreeSet::new(),
            found: BTreeMap::new(),
        }
    }

    /// Works until the other end is gone. Of jobs that have piled up only the newest texts count.
    pub(super) fn run(mut self, jobs: &Receiver<Job>) {
        while let Ok(mut job) = jobs.recv() {
            while let Ok(newer) = jobs.try_recv() {
                let touched = std::mem::take(&mut job.touched);
                job = newer;
                job.touched.extend(touched);
            }
            self.examine(&job);
        }
    }

    fn examine(&mut self, job: &Job) {
        for root in self.roots(job) {
            self.posture(&root, job);
        }
        for path in &job.touched {
            let belongs = self.files.values().any(|files| files.contains(path));
            match job.unsaved.get(path).filter(|_| !belongs) {
                Some(text) => self.replace(path, self.loose(path, text), job),
                // What was said of it alone is withdrawn once it belongs to a posture or is closed.
                None if self.found.contains_key(path) => self.replace(path, Found::new(), job),
                None => {}
            }
        }
    }

    /// The postures that the touched files may belong to.
    fn roots(&self, job: &Job) -> BTreeSet<PathBuf> {
        let mut out = BTreeSet::new();
        for path in &job.touched {
            let nearest = path.ancestors().skip(1).take(8).find(|f| is_root(f, job));
            out.extend(nearest.map(Path::to_owned));
            let users = self.files.iter().filter(|(_, files)| files.contains(path));
            out.extend(users.map(|(root, _)| root.clone()));
            if nearest.is_none() {
                // A module: who calls it is known once every posture at hand has been read.
                let all = self.folders.iter().flat_map(|f| postures(f, job));
                out.extend(all.filter(|root| !self.files.contains_key(root)));
            }
        }
        out
    }

    fn posture(&mut self, root: &Path, job: &Job) {
        if self.slow.contains(root) {
            self.at_once(root, job);
        }
        let began = Instant::now();
        let inputs = Inputs {
            dir: root.to_owned(),
            env: self.env.clone(),
            unsaved: job.unsaved.clone(),
            ..Inputs::default()
        };
        let mut sources = Sources::new();
        let region = "us-east-1".parse().ok();
        let (names, diagnostics) = pipeline::examine(&inputs, &mut sources, region.as_ref());
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(root.to_owned(), Arc::new(names));
        drop(known);
        let files = sources.ids().map(|id| PathBuf::from(sources.name(id)));
        self.files.insert(root.to_owned(), files.collect());
        let mut found = self.by_file(root, diagnostics, &sources);
        // An empty list tells that an open file was looked at.
        for path in job.touched.iter().filter(|path| job.unsaved.contains_key(*path)) {
            if self.files.get(root).is_some_and(|files| files.contains(path)) {
                found.entry(path.clone()).or_default();
            }
        }
        if began.elapsed() > PATIENCE {
            self.slow.insert(root.to_owned());
        } else {
            self.slow.remove(root);
        }
        self.replace(root, found, job);
    }

    /// Publishes what is wrong with the touched texts alone, before the whole posture is evaluated.
    fn at_once(&mut self, root: &Path, job: &Job) {
        let mut found = self.found.get(root).cloned().unwrap_or_default();
        for (path, text) in job.unsaved.iter().filter(|(path, _)| job.touched.contains(*path)) {
            let said = self.loose(path, text);
            if self.files.get(root).is_some_and(|files| files.contains(path)) && !said.is_empty() {
                found.extend(said);
            }
        }
        if Some(&found) != self.found.get(root) {
            self.replace(root, found, job);
        }
    }

    /// A file of no posture: what is wrong with its text alone.
    fn loose(&self, path: &Path, text: &Arc<str>) -> Found {
        if !is_posture(path) {
            return Found::new();
        }
        let mut sources = Sources::new();
        let file = sources.add(path.display().to_string(), Arc::clone(text));
        let said = syntax::on_deep_stack(|| syntax::parse_body(text, file).1);
        let said = said.unwrap_or_else(|defect| Diagnostics::from(*defect));
        self.by_file(path, said, &sources)
    }

    /// Publishes what has changed since the last time.
    fn replace(&mut self, owner: &Path, new: Found, job: &Job) {
        let old = self.found.insert(owner.to_owned(), new).unwrap_or_default();
        let mut files: BTreeSet<PathBuf> = old.into_keys().collect();
        if let Some(new) = self.found.get_mut(owner) {
            files.extend(new.keys().cloned());
            new.retain(|_, said| !said.is_empty());
        }
        for path in &files {
            let Some(uri) = uri_of(path) else { continue };
            let mut diagnostics: Vec<lsp_types::Diagnostic> = Vec::new();
            for said in self.found.values().filter_map(|found| found.get(path)).flatten() {
                if !diagnostics.contains(said) {
                    diagnostics.push(said.clone());
                }
            }
            let params = PublishDiagnosticsParams {
                uri,
                diagnostics,
                version: job.versions.get(path).copied(),
            };
            let notification = Notification::new(PublishDiagnostics::METHOD.to_owned(), params);
            (self.publish)(Message::Notification(notification));
        }
    }

    fn by_file(&self, root: &Path, diagnostics: Diagnostics, sources: &Sources) -> Found {
        let lacks_values = diagnostics.iter().any(|d| d.code == code::MISSING_VARIABLE);
        let first = sources.ids().next();
        let mut lines: HashMap<FileId, Lines> = HashMap::new();
        let mut out = Found::new();
        for diagnostic in diagnostics {
            // The values that a run is given are not here; what depends on them cannot be judged.
            if lacks_values && diagnostic.code == code::UNKNOWN_VALUE {
                continue;
            }
            let span = diagnostic
                .span
                .or_else(|| first.map(|file| Span::new(file, 0..0)));
            let path = span.map_or_else(|| root.to_owned(), |s| PathBuf::from(sources.name(s.file)));
            let made = self.diagnostic(&diagnostic, span, sources, &mut lines);
            out.entry(path).or_default().push(made);
        }
        out
    }

    fn diagnostic(
        &self,
        diagnostic: &Diagnostic,
        span: Option<Span>,
        sources: &Sources,
        lines: &mut HashMap<FileId, Lines>,
    ) -> lsp_types::Diagnostic {
        let mut range = |span: Span| -> Range {
            let text = sources.text(span.file);
            let lines = lines.entry(span.file).or_insert_with(|| Lines::of(&text));
            lines.range(&text, &(span.start as usize..span.end as usize), self.encoding)
        };
        let related = diagnostic.related.iter().filter_map(|(span, text)| {
            let location = Location {
                uri: uri_of(Path::new(sources.name(span.file)))?,
                range: range(*span),
            };
            Some(DiagnosticRelatedInformation {
                location,
                message: text.clone(),
            })
        });
        let related: Vec<_> = related.collect();
        let remedy = diagnostic.remedy.as_deref();
        let remedy = remedy.map_or_else(String::new, |remedy| format!("\n{remedy}"));
        lsp_types::Diagnostic {
            range: span.map(&mut range).unwrap_or_default(),
            severity: Some(severity(diagnostic)),
            code: Some(NumberOrString::String(diagnostic.code.id().to_owned())),
            source: Some("backstay".into()),
            message: format!("{}: {}{remedy}", diagnostic.summary, diagnostic.detail),
            related_information: (!related.is_empty()).then_some(related),
            ..lsp_types::Diagnostic::default()
        }
    }
}

fn severity(diagnostic: &Diagnostic) -> DiagnosticSeverity {
    match diagnostic.severity {
        // It is given when the posture is run, which is no fault of the text.
        _ if diagnostic.code == code::MISSING_VARIABLE => DiagnosticSeverity::INFORMATION,
        Severity::Error => DiagnosticSeverity::ERROR,
        Severity::Warning => DiagnosticSeverity::WARNING,
    }
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
