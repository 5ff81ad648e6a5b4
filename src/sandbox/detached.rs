//! A sandbox that stays when the command that started it has ended.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::control::Remote;
use super::install::{self, cache_folder};
use super::running::{Options, Sandbox};
use super::{Result, failure};

/// How long a stop may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is written down about it, in the cache folder.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    port: u16,
    pid: u32,
    auth: bool,
}

/// The sandbox that keeps running, if there is one.
///
/// # Errors
/// There is no cache folder.
pub fn current() -> Result<Option<Remote>> {
    Ok(read(&note()?)
        .map(|note| Remote::new(note.port))
        .filter(Remote::is_up))
}

/// Starts one that stays, or finds the one that runs. `program` with `arguments` must
/// end in [`serve`].
///
/// # Errors
/// It cannot be installed or started, or runs with the other `auth`.
pub fn up(
    program: &Path,
    arguments: &[&str],
    options: &Options,
    progress: &mut dyn FnMut(&str),
) -> Result<Remote> {
    if let (Some(remote), Some(noted)) = (current()?, read(&note()?)) {
        if noted.auth != options.auth {
            let (runs, wanted) = if noted.auth {
                ("with", "without")
            } else {
                ("without", "with")
            };
            return Err(failure(
                format!("A sandbox is running {runs} --auth, and it was asked for one {wanted}."),
                "End it with `backstay sandbox down` and start it again.",
            ));
        }
        return Ok(remote);
    }
    // Here rather than in the child, so that the progress is seen.
    install::install(progress)?;
    let log = cache_folder()?.join("sandbox.log");
    let unusable = |error: std::io::Error| {
        failure(
            format!("The sandbox could not be started: {error}."),
            format!("{} may say more.", log.display()),
        )
    };
    let mut child = Command::new(program)
        .args(arguments)
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(File::create(&log).map_err(unusable)?)
        .spawn()
        .map_err(unusable)?;
    let mut line = String::new();
    if let Some(stdout) = child.stdout.take() {
        BufReader::new(stdout).read_line(&mut line).map_err(unusable)?;
    }
    let Ok(port) = line.trim().parse() else {
        let said = fs::read_to_string(&log).unwrap_or_default();
        return Err(failure(
            format!("The sandbox could not be started:\n{}", said.trim_end()),
            format!("{} has all that it said.", log.display()),
        ));
    };
    let text = serde_json::to_string(&Note {
        port,
        pid: child.id(),
        auth: options.auth,
    })
    .unwrap_or_default();
    fs::write(note()?, text).map_err(unusable)?;
    Ok(Remote::new(port))
}

/// Ends the one that stays; false when there is none.
///
/// # Errors
/// It doesn't end.
pub fn down() -> Result<bool> {
    let Some(remote) = current()? else {
        // A note of a sandbox that is gone tells nothing.
        drop(fs::remove_file(note()?));
        return Ok(false);
    };
    remote.stop()?;
    let start = Instant::now();
    while remote.is_up() {
        if start.elapsed() > PATIENCE {
            let pid = read(&note()?).map_or(0, |note| note.pid);
            return Err(failure(
                format!("The sandbox at {} does not end.", remote.endpoint()),
                format!("End the process {pid}."),
            ));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(fs::remove_file(note()?));
    Ok(true)
}

/// The child's part: starts a sandbox, says its port on `out`, stays until it is stopped.
///
/// # Errors
/// It cannot be started.
pub fn serve(options: &Options, out: &mut dyn Write) -> Result<()> {
    let sandbox = Sandbox::start(options, &mut |_| {})?;
    let said = writeln!(out, "{}", sandbox.remote().port()).and_then(|()| out.flush());
    said.map_err(|error| {
        failure(
            format!("Nobody listens to the port: {error}."),
            "Use `backstay sandbox up`.",
        )
    })?;
    sandbox.wait();
    Ok(())
}

fn note() -> Result<PathBuf> {
    Ok(cache_folder()?.join("sandbox.json"))
}

fn read(path: &Path) -> Option<Note> {
    serde_json::from_str(&fs::read_to_string(path).ok()?).ok()
}
