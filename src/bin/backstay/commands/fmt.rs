//! `backstay fmt`: the canonical style.

use super::{failed, read_file, write_file};
use crate::terminal::Terminal;
use backstay::diag::{Diagnostic, Exit, Sources, code};
use backstay::syntax::format;
use clap::Args;
use similar::TextDiff;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Write configuration files in the canonical style
///
/// Names the files it changes. A file with a syntax error is left alone.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    backstay fmt                  this folder\n  \
    backstay fmt -check -diff     for CI: ends with 3 when a file is not formatted\n  \
    backstay fmt -                standard input to standard output")]
pub(crate) struct FmtArgs {
    /// Files or folders; - for standard input
    #[arg(default_value = ".", value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Change nothing; end with 3 when a file is not formatted
    #[arg(long)]
    check: bool,

    /// Show what differs
    #[arg(long)]
    diff: bool,

    /// Folders inside folders too
    #[arg(long)]
    recursive: bool,
}

pub(crate) fn run(args: FmtArgs, terminal: Terminal) -> Exit {
    if args.paths.iter().any(|p| p.as_os_str() == "-") {
        return stream(&args, terminal);
    }
    let mut files = Vec::new();
    for path in &args.paths {
        if let Err(diagnostic) = collect(path, args.recursive, true, &mut files) {
            return failed(terminal, diagnostic);
        }
    }
    let mut exit = Exit::Clean;
    for file in files {
        let text = match read_file(&file) {
            Ok(text) => text,
            Err(diagnostic) => {
                failed(terminal, diagnostic);
                exit = Exit::Error;
                continue;
            }
        };
        let name = file.display().to_string();
        let Some(formatted) = formatted(&name, &text, terminal) else {
            exit = Exit::Error;
            continue;
        };
        if formatted == text {
            continue;
        }
        terminal.print(&format!("{name}\n"));
        if args.diff {
            terminal.print(&difference(&name, &text, &formatted));
        }
        if args.check {
            exit = exit.max_with(Exit::CheckFailed);
        } else if let Err(diagnostic) = write_file(&file, &formatted) {
            failed(terminal, diagnostic);
            exit = Exit::Error;
        }
    }
    exit
}

fn stream(args: &FmtArgs, terminal: Terminal) -> Exit {
    let mut text = String::new();
    if let Err(error) = std::io::stdin().lock().read_to_string(&mut text) {
        return failed(
            terminal,
            Diagnostic::error(code::FILE_UNREADABLE, format!("standard input: {error}.")),
        );
    }
    let Some(formatted) = formatted("<stdin>", &text, terminal) else {
        return Exit::Error;
    };
    if args.diff {
        terminal.print(&difference("<stdin>", &text, &formatted));
    }
    if args.check {
        return if formatted == text {
            Exit::Clean
        } else {
            Exit::CheckFailed
        };
    }
    if !args.diff {
        terminal.print(&formatted);
    }
    Exit::Clean
}

fn formatted(name: &str, text: &str, terminal: Terminal) -> Option<String> {
    let mut sources = Sources::new();
    let file = sources.add(name, text);
    match format::format(file, text) {
        Ok(formatted) => Some(formatted),
        Err(diagnostics) => {
            terminal.diagnose(&diagnostics, &sources);
            None
        }
    }
}

fn difference(name: &str, before: &str, after: &str) -> String {
    TextDiff::from_lines(before, after)
        .unified_diff()
        .header(&format!("old/{name}"), &format!("new/{name}"))
        .to_string()
}

/// Files that are named are always taken; in folders those with our endings.
fn collect(path: &Path, recursive: bool, named: bool, files: &mut Vec<PathBuf>) -> Result<(), Diagnostic> {
    let broken = |error: std::io::Error| {
        Diagnostic::error(code::FILE_UNREADABLE, format!("{}: {error}.", path.display()))
    };
    if !path.is_dir() {
        let ours = path.extension().is_some_and(|e| e == "hcl" || e == "bsvars");
        if named && !path.exists() {
            return Err(broken(std::io::ErrorKind::NotFound.into()));
        }
        if named || ours {
            files.push(path.to_owned());
        }
        return Ok(());
    }
    let mut inside: Vec<_> = std::fs::read_dir(path)
        .and_then(|entries| entries.map(|e| e.map(|e| e.path())).collect())
        .map_err(broken)?;
    inside.sort();
    for entry in inside {
        let hidden = entry
            .file_name()
            .is_some_and(|n| n.to_string_lossy().starts_with('.'));
        if !hidden && (recursive || !entry.is_dir()) {
            collect(&entry, recursive, false, files)?;
        }
    }
    Ok(())
}
