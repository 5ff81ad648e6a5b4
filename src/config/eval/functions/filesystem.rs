//! Files and paths. Relative paths start at the folder of the configuration.

use super::{
    CallError, Context, Function, Kind, Outcome, Returns, blame, digest, function, param, text_of,
    text_template,
};
use crate::model::types::Type;
use crate::model::value::Value;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::path::{Path, PathBuf};

const PATH: super::Param = param("path", Kind::String);

pub(super) const FUNCTIONS: &[Function] = &[
    function("abspath", &[PATH], Returns::String, |args, _| {
        let path = std::path::absolute(text_of(args, 0)).map_err(|e| blame(0, e.to_string()))?;
        Ok(Value::string(clean(&path.to_string_lossy())))
    }),
    function("basename", &[PATH], Returns::String, |args, _| {
        Ok(Value::string(basename(text_of(args, 0))))
    }),
    function("dirname", &[PATH], Returns::String, |args, _| {
        Ok(Value::string(dirname(text_of(args, 0))))
    }),
    function("file", &[PATH], Returns::String, |args, context| {
        read_text(args, context).map(Value::string)
    }),
    function("filebase64", &[PATH], Returns::String, |args, context| {
        Ok(Value::string(STANDARD.encode(read(args, context)?)))
    }),
    function("filebase64sha256", &[PATH], Returns::String, |args, context| {
        Ok(Value::string(digest::base64sha256(&read(args, context)?)))
    }),
    function("filebase64sha512", &[PATH], Returns::String, |args, context| {
        Ok(Value::string(digest::base64sha512(&read(args, context)?)))
    }),
    function("fileexists", &[PATH], Returns::Bool, fileexists),
    function("filemd5", &[PATH], Returns::String, |args, context| {
        Ok(Value::string(digest::md5(&read(args, context)?)))
    }),
    function(
        "fileset",
        &[PATH, param("pattern", Kind::String)],
        Returns::Any,
        fileset,
    ),
    function("filesha1", &[PATH], Returns::String, |args, context| {
        Ok(Value::string(digest::sha1(&read(args, context)?)))
    }),
    function("filesha256", &[PATH], Returns::String, |args, context| {
        Ok(Value::string(digest::sha256(&read(args, context)?)))
    }),
    function("filesha512", &[PATH], Returns::String, |args, context| {
        Ok(Value::string(digest::sha512(&read(args, context)?)))
    }),
    function("pathexpand", &[PATH], Returns::String, |args, context| {
        Ok(Value::string(expand(text_of(args, 0), context).to_string_lossy()))
    }),
    function(
        "templatefile",
        &[PATH, param("vars", Kind::Any).shallow()],
        Returns::Any,
        |args, context| {
            let text = read_text(args, context)?;
            text_template::render(&text, args.get(1), context)
        },
    ),
];

/// Most bytes of a file that a function reads.
const MAX_FILE: u64 = 64 << 20;

fn expand(path: &str, context: &Context<'_>) -> PathBuf {
    match (path.strip_prefix('~'), &context.scope.env.home) {
        (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => {
            home.join(rest.trim_start_matches('/'))
        }
        _ => PathBuf::from(path),
    }
}

fn resolve(args: &[Value], context: &Context<'_>) -> PathBuf {
    let env = context.scope.env;
    let path = expand(text_of(args, 0), context);
    let beside = env.folder.join(&path);
    if beside.exists() {
        beside
    } else {
        env.root.join(path)
    }
}

fn read(args: &[Value], context: &Context<'_>) -> Result<Vec<u8>, CallError> {
    let path = resolve(args, context);
    let failed =
        |error: std::io::Error| blame(0, format!("the file {} cannot be read: {error}", path.display()));
    let metadata = std::fs::metadata(&path).map_err(failed)?;
    if metadata.len() > MAX_FILE {
        return Err(blame(
            0,
            format!("the file {} is larger than 64 MiB", path.display()),
        ));
    }
    // A pipe or a device might never end.
    if !metadata.is_file() {
        return Err(blame(0, format!("{} is not a regular file", path.display())));
    }
    std::fs::read(&path).map_err(failed)
}

fn read_text(args: &[Value], context: &Context<'_>) -> Result<String, CallError> {
    String::from_utf8(read(args, context)?)
        .map_err(|_| blame(0, "the file is not UTF-8 text; filebase64() reads other files"))
}

fn fileexists(args: &[Value], context: &Context<'_>) -> Outcome {
    let path = resolve(args, context);
    match std::fs::metadata(&path) {
        Ok(metadata) if metadata.is_file() => Ok(Value::bool(true)),
        Ok(_) => Err(blame(0, format!("{} is not a regular file", path.display()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Value::bool(false)),
        Err(error) => Err(blame(
            0,
            format!("{} cannot be looked at: {error}", path.display()),
        )),
    }
}

/// The files under a folder whose relative path matches; `**` crosses folders.
fn fileset(args: &[Value], context: &Context<'_>) -> Outcome {
    let root = resolve(args, context);
    let pattern = text_of(args, 1);
    let glob = globset::GlobBuilder::new(pattern)
        .literal_separator(true)
        .build()
        .map_err(|error| blame(1, format!("the pattern is not valid: {}", error.kind())))?
        .compile_matcher();
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                folders.push(path);
            } else if path.is_file()
                && let Ok(relative) = path.strip_prefix(&root)
                && glob.is_match(relative)
            {
                found.push(Value::string(relative.to_string_lossy()));
            }
        }
    }
    Ok(Value::set_of(Type::String, found))
}

/// The shortest path that means the same, without looking at the disk.
fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&"..") | None if !rooted => parts.push(".."),
                Some(_) => {
                    parts.pop();
                }
                None => {}
            },
            other => parts.push(other),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

fn basename(path: &str) -> String {
    if path.is_empty() {
        return ".".to_owned();
    }
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() {
        return "/".to_owned();
    }
    Path::new(trimmed).file_name().map_or_else(
        || trimmed.rsplit('/').next().unwrap_or(trimmed).to_owned(),
        |n| n.to_string_lossy().into_owned(),
    )
}

fn dirname(path: &str) -> String {
    match path.rfind('/') {
        Some(at) => clean(path.get(..=at).unwrap_or("")),
        None => ".".to_owned(),
    }
}
