//! The emulators' private Python environment, made once for each list of requirements.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use sha2::{Digest, Sha256};

use super::{Result, failure};

/// Every package with its version; part of the environment's key.
const REQUIREMENTS: &str = include_str!("requirements.txt");

/// Interpreters to look for on `PATH`, in this order.
const INTERPRETERS: &[&str] = &["python3", "python3.13", "python3.12", "python3.11", "python3.10"];

/// An environment that holds both emulators.
#[derive(Debug, Clone)]
pub struct Environment {
    root: PathBuf,
}

impl Environment {
    /// The interpreter that has the emulators' packages.
    pub fn python(&self) -> PathBuf {
        self.root.join("bin").join("python")
    }

    /// The folder, to be named in messages and removed when it is broken.
    pub fn root(&self) -> &Path {
        &self.root
    }
}

/// Where backstay keeps what it can make again: `$BACKSTAY_CACHE`, else
/// `$XDG_CACHE_HOME/backstay`, else `~/.cache/backstay`.
///
/// # Errors
/// None of the three variables is set.
pub fn cache_folder() -> Result<PathBuf> {
    let set = |name: &str| {
        std::env::var_os(name)
            .filter(|v| !v.is_empty())
            .map(PathBuf::from)
    };
    set("BACKSTAY_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|p| p.join("backstay")))
        .or_else(|| set("HOME").map(|p| p.join(".cache").join("backstay")))
        .ok_or_else(|| {
            failure(
                "There is no place to keep the emulators: none of BACKSTAY_CACHE, XDG_CACHE_HOME and HOME is set.",
                "Set BACKSTAY_CACHE to a folder that can be written.",
            )
        })
}

/// The environment, made now if this is the first time. Safe to call from several
/// processes at once: one makes it, the others wait.
///
/// # Errors
/// No usable Python, no `venv` or `pip`, no way to the package index, or a cache
/// folder that cannot be written; the message says which.
pub fn install(progress: &mut dyn FnMut(&str)) -> Result<Environment> {
    let cache = cache_folder()?;
    let interpreter = interpreter()?;
    let root = cache.join(format!("sandbox-{}", key(&interpreter)));
    let environment = Environment { root };
    if environment.python().exists() {
        return Ok(environment);
    }
    let unwritable = |error: std::io::Error| {
        failure(
            format!("The folder {} cannot be written: {error}.", cache.display()),
            "Make it writable, or set BACKSTAY_CACHE to another folder.",
        )
    };
    fs::create_dir_all(&cache).map_err(unwritable)?;
    // The lock goes with the process, however it ends; the file stays.
    let lock = File::create(cache.join("sandbox.lock")).map_err(unwritable)?;
    lock.lock().map_err(unwritable)?;
    if environment.python().exists() {
        return Ok(environment);
    }
    progress("Installing the sandbox's emulators (once, about 170 MB) ...");
    let unfinished = environment.root.with_extension("unfinished");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(unwritable)?;
    }
    build(&interpreter, &unfinished)?;
    fs::rename(&unfinished, &environment.root).map_err(unwritable)?;
    progress("Installed.");
    Ok(environment)
}

fn key(interpreter: &Path) -> String {
    let mut hash = Sha256::new();
    hash.update(REQUIREMENTS);
    // A newer interpreter doesn't see the packages of an older one.
    hash.update(interpreter.as_os_str().as_encoded_bytes());
    hash.finalize()
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn interpreter() -> Result<PathBuf> {
    let wanted: Vec<PathBuf> = match std::env::var_os("BACKSTAY_PYTHON").filter(|v| !v.is_empty()) {
        Some(path) => vec![PathBuf::from(path)],
        None => INTERPRETERS.iter().filter_map(|name| on_path(name)).collect(),
    };
    let mut too_old = None;
    for path in &wanted {
        // The version is in the resolved name on most systems (`/usr/bin/python3.11`).
        let resolved = fs::canonicalize(path).unwrap_or_else(|_| path.clone());
        match minor_version(path) {
            Some(minor) if minor >= 10 => return Ok(resolved),
            Some(minor) => too_old = Some(format!("{} is Python 3.{minor}", path.display())),
            None => {}
        }
    }
    Err(failure(
        match too_old {
            Some(found) => format!("The emulators need Python 3.10 or newer, and {found}."),
            None => {
                "The emulators need Python 3.10 or newer, and there is no python3 on the PATH.".to_owned()
            }
        },
        "Install Python 3 (Debian and Ubuntu: `apt install python3 python3-venv`), or set BACKSTAY_PYTHON to an interpreter.",
    ))
}

fn on_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

fn minor_version(python: &Path) -> Option<u32> {
    // A resolved name carries the version, which saves starting the interpreter.
    let resolved = fs::canonicalize(python).ok()?;
    let from_name = resolved
        .file_name()
        .and_then(OsStr::to_str)
        .and_then(|n| n.strip_prefix("python3."));
    if let Some(minor) = from_name.and_then(|m| m.parse().ok()) {
        return Some(minor);
    }
    let output = run(
        python,
        [
            "-c",
            "import sys; print(sys.version_info[1] if sys.version_info[0] == 3 else 0)",
        ],
    )
    .ok()?;
    String::from_utf8_lossy(&output.stdout).trim().parse().ok()
}

fn run<S: AsRef<OsStr>>(program: &Path, arguments: impl IntoIterator<Item = S>) -> std::io::Result<Output> {
    // The user's Python settings must not reach into the private environment.
    Command::new(program)
        .args(arguments)
        .env_remove("PYTHONHOME")
        .env_remove("PYTHONPATH")
        .env_remove("PIP_TARGET")
        .env_remove("PIP_USER")
        .stdin(Stdio::null())
        .output()
}

fn build(interpreter: &Path, folder: &Path) -> Result<()> {
    let output = run(
        interpreter,
        [OsStr::new("-m"), OsStr::new("venv"), folder.as_os_str()],
    )
    .map_err(|error| {
        failure(
            format!("{} does not run: {error}.", interpreter.display()),
            "Install Python 3 again.",
        )
    })?;
    if !output.status.success() {
        return Err(failure(
            format!(
                "Python could not make a virtual environment:\n{}",
                last_lines(&output)
            ),
            "Install Python's venv module (Debian and Ubuntu: `apt install python3-venv`) and run the command again.",
        ));
    }
    let list = folder.join("requirements.txt");
    fs::write(&list, REQUIREMENTS).map_err(|error| {
        failure(
            format!("{} cannot be written: {error}.", list.display()),
            "Free some space.",
        )
    })?;
    // `--no-deps`: the list is complete, and leaves out what only other services need.
    let arguments = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
        "--no-deps",
    ];
    let python = folder.join("bin").join("python");
    let output = run(
        &python,
        arguments.into_iter().map(OsStr::new).chain([
            OsStr::new("--only-binary=:all:"),
            OsStr::new("--requirement"),
            list.as_os_str(),
        ]),
    )
    .map_err(|error| {
        failure(
            format!("{} does not run: {error}.", python.display()),
            "Install Python 3 again.",
        )
    })?;
    if output.status.success() {
        return Ok(());
    }
    Err(failure(
        format!("pip could not install the emulators:\n{}", last_lines(&output)),
        "Check the way to the package index (PIP_INDEX_URL, HTTPS_PROXY) and run the command again.",
    ))
}

fn last_lines(output: &Output) -> String {
    let text = String::from_utf8_lossy(if output.stderr.is_empty() {
        &output.stdout
    } else {
        &output.stderr
    });
    let lines: Vec<_> = text.lines().collect();
    lines
        .iter()
        .skip(lines.len().saturating_sub(8))
        .map(|line| format!("  {line}\n"))
        .collect()
}
