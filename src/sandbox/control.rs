//! Steering a sandbox from outside: what was asked, faults, reset, stop.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::faults::Fault;
use super::record::Record;
use super::{Result, failure};

/// Where the paths begin that are not AWS's.
pub(super) const PREFIX: &str = "/_backstay/";

/// Emptying both emulators takes about a second.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running sandbox, in this process or another. Its calls block for some milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    port: u16,
}

impl Remote {
    /// The sandbox that listens on this port of 127.0.0.1.
    pub fn new(port: u16) -> Self {
        Self { port }
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address for `AWS_ENDPOINT_URL`.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// True when a sandbox answers there.
    pub fn is_up(&self) -> bool {
        self.send("GET", "health", "").is_ok()
    }

    /// Every request since the start or the last clearing, oldest first.
    ///
    /// # Errors
    /// Nothing answers there.
    pub fn requests(&self) -> Result<Vec<Record>> {
        self.read("requests")
    }

    /// Starts counting anew.
    ///
    /// # Errors
    /// Nothing answers there.
    pub fn clear_requests(&self) -> Result<()> {
        self.send("DELETE", "requests", "").map(drop)
    }

    /// Puts a fault in force, until [`Remote::clear_faults`] or [`Remote::reset`].
    ///
    /// # Errors
    /// Nothing answers there.
    pub fn fault(&self, fault: &Fault) -> Result<()> {
        let body =
            serde_json::to_string(fault).map_err(|error| failure(error.to_string(), "Report this."))?;
        self.send("POST", "faults", &body).map(drop)
    }

    /// Ends all faults.
    ///
    /// # Errors
    /// Nothing answers there.
    pub fn clear_faults(&self) -> Result<()> {
        self.send("DELETE", "faults", "").map(drop)
    }

    /// Ends the faults that are for one account, so that tests in other accounts keep theirs.
    ///
    /// # Errors
    /// Nothing answers there.
    pub fn clear_faults_of(&self, account: &str) -> Result<()> {
        self.send("DELETE", &format!("faults/{account}"), "").map(drop)
    }

    /// Makes a recovery point, named by its ARN, so many days old.
    ///
    /// # Errors
    /// Nothing answers there, or there is no such point.
    pub fn date_back(&self, point: &str, days: u32) -> Result<()> {
        let body = serde_json::json!({"point": point, "days": days}).to_string();
        self.send("POST", "recovery-points", &body).map(drop)
    }

    /// Back to empty: no resources, no sessions, no faults, no requests.
    ///
    /// # Errors
    /// Nothing answers there, or an emulator could not be emptied.
    pub fn reset(&self) -> Result<()> {
        self.send("POST", "reset", "").map(drop)
    }

    /// Ends it.
    ///
    /// # Errors
    /// Nothing answers there.
    pub fn stop(&self) -> Result<()> {
        self.send("POST", "stop", "").map(drop)
    }

    fn read<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let body = self.send("GET", path, "")?;
        serde_json::from_str(&body).map_err(|error| {
            failure(
                format!("{} answered something else: {error}.", self.endpoint()),
                "Is this a sandbox?",
            )
        })
    }

    /// One request on its own connection: an HTTP client and its runtime would be out of
    /// proportion here, and could not be used from inside another runtime.
    fn send(&self, method: &str, path: &str, body: &str) -> Result<String> {
        let unreachable = |error: std::io::Error| {
            failure(
                format!("The sandbox at {} does not answer: {error}.", self.endpoint()),
                "Start one with `backstay sandbox up`.",
            )
        };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).map_err(unreachable)?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(unreachable)?;
        let request = format!(
            "{method} {PREFIX}{path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).map_err(unreachable)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map_err(unreachable)?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        if head.split(' ').nth(1) == Some("200") {
            return Ok(body.to_owned());
        }
        let status = head.lines().next().unwrap_or_default();
        Err(failure(
            format!("The sandbox at {} answered {status}: {body}", self.endpoint()),
            "Stop it and start it again.",
        ))
    }
}
