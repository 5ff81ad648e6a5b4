//! What has been said about each file, and saying it again when it changes.

use super::document::uri_of;
use super::position::{Encoding, Lines};
use crate::diag::{Diagnostic, Diagnostics, FileId, Severity, Sources, Span, code};
use lsp_server::{Message, Notification};
use lsp_types::notification::{Notification as _, PublishDiagnostics};
use lsp_types::{
    DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString, PublishDiagnosticsParams,
    Range,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// By file.
pub(super) type Found = BTreeMap<PathBuf, Vec<lsp_types::Diagnostic>>;

/// The versions of open files, as the editor counts them.
pub(super) type Versions = BTreeMap<PathBuf, i32>;

/// What is published; both threads that look at texts tell it what they find.
pub(super) struct Published {
    send: Box<dyn Fn(Message) + Send + Sync>,
    encoding: Encoding,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What evaluating a posture found, by its folder.
    postures: BTreeMap<PathBuf, Found>,
    /// What parsing one text found, with its version. It is told ahead of the evaluation, which
    /// finds the same again.
    texts: BTreeMap<PathBuf, (i32, Vec<lsp_types::Diagnostic>)>,
}

impl Published {
    pub(super) fn new(send: Box<dyn Fn(Message) + Send + Sync>, encoding: Encoding) -> Self {
        Self {
            send,
            encoding,
            state: Mutex::default(),
        }
    }

    /// Takes what an evaluation found in place of what the last one of the same posture did. The files of
    /// `looked_at` are told even when nothing is wrong with them.
    pub(super) fn posture(
        &self,
        root: &Path,
        found: Found,
        looked_at: impl Iterator<Item = PathBuf>,
        versions: &Versions,
    ) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut files: BTreeSet<PathBuf> = found.keys().cloned().chain(looked_at).collect();
        let old = state.postures.insert(root.to_owned(), found).unwrap_or_default();
        files.extend(old.into_keys());
        for path in &files {
            let now = versions.get(path).copied().unwrap_or(i32::MAX);
            if state.texts.get(path).is_some_and(|(version, _)| *version <= now) {
                state.texts.remove(path);
            }
            self.tell(&state, path, versions);
        }
    }

    /// Takes what parsing a text found. Nothing is told when nothing is wrong, as long as an evaluation is
    /// going to: what was wrong before may still be.
    pub(super) fn text(
        &self,
        path: &Path,
        found: Vec<lsp_types::Diagnostic>,
        belongs: bool,
        versions: &Versions,
    ) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let told = !found.is_empty() || !belongs;
        let version = versions.get(path).copied().unwrap_or(i32::MAX);
        if found.is_empty() {
            state.texts.remove(path);
        } else {
            state.texts.insert(path.to_owned(), (version, found));
        }
        if told {
            self.tell(&state, path, versions);
        }
    }

    fn tell(&self, state: &State, path: &Path, versions: &Versions) {
        let Some(uri) = uri_of(path) else { return };
        let mut diagnostics: Vec<lsp_types::Diagnostic> = Vec::new();
        let of_postures = state.postures.values().filter_map(|found| found.get(path));
        let of_text = state.texts.get(path).map(|(_, found)| found);
        for said in of_postures.chain(of_text).flatten() {
            if !diagnostics.contains(said) {
                diagnostics.push(said.clone());
            }
        }
        let params = PublishDiagnosticsParams {
            uri,
            diagnostics,
            version: versions.get(path).copied(),
        };
        let notification = Notification::new(PublishDiagnostics::METHOD.to_owned(), params);
        (self.send)(Message::Notification(notification));
    }

    /// Diagnostics as the protocol has them, by file. Those without a place stand at the first one's beginning.
    pub(super) fn by_file(&self, root: &Path, diagnostics: Diagnostics, sources: &Sources) -> Found {
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
