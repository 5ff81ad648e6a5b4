//! The texts that are open, those beside them on disk, and what they declare.

use super::document::Document;
use crate::kinds;
use crate::syntax::outline::{Bytes, Section};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// Whether a file is one of a posture in HCL.
pub(super) fn is_posture(path: &Path) -> bool {
    let name = path.file_name().map(|n| n.to_string_lossy()).unwrap_or_default();
    name.ends_with(".hcl") && !name.starts_with(['.', '#'])
}

/// Changes when a file does.
type Stamp = (Option<SystemTime>, u64);

#[derive(Debug, Default)]
pub(super) struct Workspace {
    open: BTreeMap<PathBuf, Arc<Document>>,
    on_disk: HashMap<PathBuf, (Stamp, Arc<Document>)>,
}

/// Something that has a name.
#[derive(Debug, Clone)]
pub(super) struct Declared {
    pub document: Arc<Document>,
    /// `var`, `local`, `module`, `account`, `output` or a kind.
    pub root: String,
    /// What follows it in a reference.
    pub name: String,
    /// Where the name stands.
    pub name_at: Bytes,
    /// All of it.
    pub span: Bytes,
}

impl Workspace {
    pub(super) fn put(&mut self, document: Document) {
        self.open.insert(document.path.clone(), Arc::new(document));
    }

    pub(super) fn close(&mut self, path: &Path) {
        self.open.remove(path);
    }

    pub(super) fn opened(&self, path: &Path) -> Option<Arc<Document>> {
        self.open.get(path).cloned()
    }

    /// The texts that may differ from what is on disk.
    pub(super) fn unsaved(&self) -> BTreeMap<PathBuf, Arc<str>> {
        let texts = self.open.iter();
        texts
            .map(|(path, d)| (path.clone(), Arc::clone(&d.text)))
            .collect()
    }

    /// The HCL files of a folder, by name; open ones as they are in the editor.
    pub(super) fn folder(&mut self, folder: &Path) -> Vec<Arc<Document>> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = entries.map(|e| e.path()).filter(|p| is_posture(p)).collect();
        paths.extend(
            self.open
                .keys()
                .filter(|p| p.parent() == Some(folder) && is_posture(p))
                .cloned(),
        );
        paths.sort();
        paths.dedup();
        paths.iter().filter_map(|path| self.document(path)).collect()
    }

    fn document(&mut self, path: &Path) -> Option<Arc<Document>> {
        if let Some(open) = self.open.get(path) {
            return Some(Arc::clone(open));
        }
        let metadata = std::fs::metadata(path).ok()?;
        let stamp = (metadata.modified().ok(), metadata.len());
        if let Some((known, document)) = self.on_disk.get(path)
            && *known == stamp
        {
            return Some(Arc::clone(document));
        }
        if metadata.len() > crate::syntax::text::MAX_FILE as u64 {
            return None;
        }
        let text = std::fs::read_to_string(path).ok()?;
        let document = Arc::new(Document::new(path.to_owned(), text));
        self.on_disk
            .insert(path.to_owned(), (stamp, Arc::clone(&document)));
        Some(document)
    }

    /// Everything in a folder that has a name.
    pub(super) fn declared(&mut self, folder: &Path) -> Vec<Declared> {
        let mut out = Vec::new();
        for document in self.folder(folder) {
            for section in &document.outline.file.blocks {
                declare(&document, section, &mut out);
            }
        }
        out
    }

    /// The folder that a call of a module in `folder` names.
    pub(super) fn module_folder(&mut self, folder: &Path, name: &str) -> Option<PathBuf> {
        let call = self
            .declared(folder)
            .into_iter()
            .find(|d| d.root == "module" && d.name == name)?;
        let blocks = &call.document.outline.file.blocks;
        let block = blocks.iter().find(|b| b.span == call.span)?;
        let source = argument_text(&call.document, block, "source")?;
        Some(joined(folder, source.trim_matches('"')))
    }
}

/// The text of an argument's value as it is written.
pub(super) fn argument_text<'a>(document: &'a Document, section: &Section, name: &str) -> Option<&'a str> {
    let found = section.arguments.iter().find(|a| document.slice(&a.name) == name);
    found.map(|a| document.slice(&a.value).trim())
}

/// A path from a folder, without `.` and `..`.
pub(super) fn joined(folder: &Path, path: &str) -> PathBuf {
    use std::path::Component;
    let mut out = folder.to_owned();
    for part in Path::new(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

fn declare(document: &Arc<Document>, section: &Section, out: &mut Vec<Declared>) {
    let mut declare = |root: &str, name_at: &Bytes, span: &Bytes| {
        out.push(Declared {
            document: Arc::clone(document),
            root: root.to_owned(),
            name: document.slice(name_at).to_owned(),
            name_at: name_at.clone(),
            span: span.clone(),
        });
    };
    let kind = document.slice(&section.kind);
    let root = match kind {
        "locals" => {
            for argument in &section.arguments {
                declare(
                    "local",
                    &argument.name,
                    &(argument.name.start..argument.value.end),
                );
            }
            return;
        }
        "variable" => "var",
        "module" | "account" | "output" => kind,
        _ if kinds::find(kind).is_some() => kind,
        _ => return,
    };
    if let [label] = section.labels.as_slice() {
        declare(root, label, &section.span);
    }
}
