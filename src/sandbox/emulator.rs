//! One emulator as a child process: started, ready, gone with its parent.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::install::Environment;
use super::{DEFAULT_ACCOUNT, DEFAULT_REGION, ROOT_SECRET, Result, failure};

const PROGRAM: &str = include_str!("emulator.py");
const LINES_KEPT: usize = 60;
/// A cold start on a loaded machine; it is under a second on an idle one.
const PATIENCE: Duration = Duration::from_secs(90);

/// Which emulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    /// <https://pypi.org/project/ministack/>
    Ministack,
    /// <https://pypi.org/project/moto/>
    Moto,
}

impl Name {
    /// As the package is called.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Name::Ministack => "ministack",
            Name::Moto => "moto",
        }
    }
}

/// A process that was started and has not yet said its port.
#[derive(Debug)]
pub(super) struct Starting {
    name: Name,
    child: Child,
    port: Receiver<u16>,
    log: Log,
}

/// A process that answers on `port`. Dropping it ends the process; so does the
/// end of this process, because the child reads a pipe that closes then.
#[derive(Debug)]
pub(super) struct Emulator {
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    child: Child,
}

type Log = Arc<Mutex<VecDeque<String>>>;

impl Emulator {
    /// Starts the process and returns at once, so that several can start side by side.
    ///
    /// # Errors
    /// The environment's interpreter cannot be run.
    pub(super) fn start(name: Name, environment: &Environment, auth: bool) -> Result<Starting> {
        let mut command = Command::new(environment.python());
        command
            .args(["-I", "-c", PROGRAM, name.as_str()])
            // An interrupt from the terminal is for the command, which stops us itself.
            .process_group(0)
            .env_clear()
            .envs(
                std::env::vars_os()
                    .filter(|(key, _)| key == "PATH" || key == "HOME" || key == "TMPDIR" || key == "LANG"),
            )
            .env("AWS_DEFAULT_REGION", DEFAULT_REGION)
            .env("PYTHONUNBUFFERED", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if name == Name::Ministack {
            command
                .env("BIND_HOST", "127.0.0.1")
                .env("MINISTACK_ACCOUNT_ID", DEFAULT_ACCOUNT)
                .env("MINISTACK_REGION", DEFAULT_REGION)
                .env("AWS_ACCESS_KEY_ID", DEFAULT_ACCOUNT)
                .env("AWS_SECRET_ACCESS_KEY", ROOT_SECRET)
                .env("AUTH", if auth { "true" } else { "false" })
                .env("LOG_LEVEL", "WARNING")
                .env("SFTP_ENABLED", "0")
                .env("IOT_MTLS_ENABLED", "0")
                // It would otherwise look for containers to clean up on the user's machine.
                .env("DOCKER_HOST", "unix:///nonexistent");
        }
        let mut child = command
            .spawn()
            .map_err(|error| broken(environment, &error.to_string()))?;
        let log = Log::default();
        let (said, port) = mpsc::channel();
        if let Some(stdout) = child.stdout.take() {
            let log = Arc::clone(&log);
            std::thread::spawn(move || {
                for line in BufReader::new(stdout).lines().map_while(std::io::Result::ok) {
                    match line.strip_prefix("port ").and_then(|p| p.parse().ok()) {
                        Some(port) => drop(said.send(port)),
                        None => keep(&log, line),
                    }
                }
            });
        }
        if let Some(stderr) = child.stderr.take() {
            let log = Arc::clone(&log);
            std::thread::spawn(move || drain(stderr, &log));
        }
        Ok(Starting {
            name,
            child,
            port,
            log,
        })
    }
}

impl Starting {
    /// Waits until it listens.
    ///
    /// # Errors
    /// It ended or said nothing for 90 seconds; the message has its last lines.
    pub(super) fn ready(mut self, environment: &Environment) -> Result<Emulator> {
        match self.port.recv_timeout(PATIENCE) {
            Ok(port) => Ok(Emulator {
                port,
                child: self.child,
            }),
            Err(_) => {
                drop(self.child.kill());
                drop(self.child.wait());
                let lines = self.log.lock().unwrap_or_else(PoisonError::into_inner);
                let last: Vec<_> = lines
                    .iter()
                    .skip(lines.len().saturating_sub(8))
                    .cloned()
                    .collect();
                Err(broken(
                    environment,
                    &format!(
                        "{} ended before it was ready:\n  {}",
                        self.name.as_str(),
                        last.join("\n  ")
                    ),
                ))
            }
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // Both fail only when it is gone already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn broken(environment: &Environment, why: &str) -> Box<crate::diag::Diagnostic> {
    failure(
        format!(
            "An emulator could not be started from {}: {why}",
            environment.root().display()
        ),
        format!(
            "Remove {} and run the command again; it is made anew.",
            environment.root().display()
        ),
    )
}

fn keep(log: &Log, line: String) {
    let mut lines = log.lock().unwrap_or_else(PoisonError::into_inner);
    if lines.len() == LINES_KEPT {
        lines.pop_front();
    }
    lines.push_back(line);
}

fn drain(from: impl Read, log: &Log) {
    for line in BufReader::new(from).lines().map_while(std::io::Result::ok) {
        keep(log, line);
    }
}
