//! A local folder as a store. Paths are made of keys of our own, never of what a cloud said.

use crate::diag::{Diagnostic, code};
use sha2::{Digest, Sha256};
use std::io::{ErrorKind, Write};
use std::path::{Component, Path, PathBuf};

/// A key's path.
fn path(root: &Path, key: &str) -> Result<PathBuf, Diagnostic> {
    let relative = Path::new(key);
    let plain = relative.components().all(|c| matches!(c, Component::Normal(_)));
    if plain && !key.is_empty() {
        Ok(root.join(relative))
    } else {
        Err(Diagnostic::error(
            code::INTERNAL,
            format!("\"{key}\" cannot be the name of a file."),
        ))
    }
}

fn failed(path: &Path, what: &str, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(
        code::FILE_UNREADABLE,
        format!("{} cannot be {what}: {error}.", path.display()),
    )
    .remedy("Make the folder writable, or set XDG_STATE_HOME to one that is.")
}

/// What stands for the version of a file: the digest of its content.
pub(super) fn version(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

pub(super) fn get(root: &Path, key: &str) -> Result<Option<Vec<u8>>, Diagnostic> {
    let path = path(root, key)?;
    match std::fs::read(&path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(&path, "read", &error)),
    }
}

/// Keys below the folder that `prefix` names, sorted. The part of a prefix after its last `/`
/// filters names.
pub(super) fn list(root: &Path, prefix: &str) -> Result<Vec<String>, Diagnostic> {
    let start = match prefix.rsplit_once('/') {
        Some((folder, _)) => path(root, folder)?,
        None => root.to_owned(),
    };
    let mut keys = Vec::new();
    let mut folders = vec![start];
    while let Some(folder) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(failed(&folder, "read", &error)),
        };
        for entry in entries {
            let entry = entry.map_err(|e| failed(&folder, "read", &e))?;
            let kind = entry.file_type().map_err(|e| failed(&folder, "read", &e))?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if let Some(key) = key(root, &entry.path())
                && key.starts_with(prefix)
            {
                keys.push(key);
            }
        }
    }
    keys.sort_unstable();
    Ok(keys)
}

fn key(root: &Path, path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path
        .strip_prefix(root)
        .ok()?
        .components()
        .map(|c| c.as_os_str().to_str())
        .collect();
    // What is being written has a dot in front.
    parts
        .filter(|p| p.last().is_some_and(|name| !name.starts_with('.')))
        .map(|p| p.join("/"))
}

/// Writes a file that must not exist; `false` when it does. It appears whole or not at all.
pub(super) fn put_new(root: &Path, key: &str, bytes: &[u8]) -> Result<bool, Diagnostic> {
    let path = path(root, key)?;
    let draft = draft(&path, bytes)?;
    let linked = std::fs::hard_link(&draft, &path);
    drop(std::fs::remove_file(&draft));
    match linked {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(failed(&path, "written", &error)),
    }
}

/// Replaces a file whose content has the version `known`; `false` when it is another one. Two
/// processes that do so at the same moment are not kept apart: a folder is one person's.
pub(super) fn replace(root: &Path, key: &str, bytes: &[u8], known: &str) -> Result<bool, Diagnostic> {
    if get(root, key)?.is_none_or(|now| version(&now) != known) {
        return Ok(false);
    }
    let path = path(root, key)?;
    let draft = draft(&path, bytes)?;
    std::fs::rename(&draft, &path).map_err(|e| failed(&path, "written", &e))?;
    Ok(true)
}

/// Deletes a file whose content has the version `known`; `false` when it is another one.
pub(super) fn delete(root: &Path, key: &str, known: &str) -> Result<bool, Diagnostic> {
    if get(root, key)?.is_none_or(|now| version(&now) != known) {
        return Ok(false);
    }
    let path = path(root, key)?;
    std::fs::remove_file(&path).map_err(|e| failed(&path, "deleted", &e))?;
    Ok(true)
}

fn draft(path: &Path, bytes: &[u8]) -> Result<PathBuf, Diagnostic> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder).map_err(|e| failed(folder, "made", &e))?;
    let draft = folder.join(format!(".{}", uuid::Uuid::new_v4().simple()));
    let written = std::fs::File::create_new(&draft).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(|e| failed(&draft, "written", &e))?;
    Ok(draft)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_once_and_replaced_only_as_it_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        assert_eq!(get(root, "a/b").unwrap(), None);
        assert!(put_new(root, "a/b", b"one").unwrap());
        assert!(!put_new(root, "a/b", b"two").unwrap());
        assert_eq!(get(root, "a/b").unwrap().unwrap(), b"one");
        assert!(!replace(root, "a/b", b"two", &version(b"other")).unwrap());
        assert!(replace(root, "a/b", b"two", &version(b"one")).unwrap());
        assert!(!delete(root, "a/b", &version(b"one")).unwrap());
        assert_eq!(get(root, "a/b").unwrap().unwrap(), b"two");
        assert!(delete(root, "a/b", &version(b"two")).unwrap());
        assert_eq!(get(root, "a/b").unwrap(), None);
    }

    #[test]
    fn a_list_gives_what_begins_with_the_prefix_without_drafts() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for key in ["audit/x/2", "audit/x/1", "audit/xy/3", "policy/x"] {
            assert!(put_new(root, key, b"").unwrap());
        }
        std::fs::write(root.join("audit/x/.draft"), b"").unwrap();
        assert_eq!(list(root, "audit/x/").unwrap(), ["audit/x/1", "audit/x/2"]);
        assert_eq!(
            list(root, "audit/x").unwrap(),
            ["audit/x/1", "audit/x/2", "audit/xy/3"]
        );
        assert_eq!(list(root, "nothing/").unwrap(), [""; 0]);
    }

    #[test]
    fn a_key_never_leaves_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        for key in ["../x", "/x", "a/../../x", "", "a/./x/.."] {
            assert!(put_new(folder.path(), key, b"").is_err(), "{key}");
        }
    }
}
