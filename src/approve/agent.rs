//! The part of ssh-agent's protocol that signing takes: list the keys, sign with one.

use crate::diag::{Diagnostic, code};
use crate::model::approval::SshKey;
use ssh_key::{PublicKey, Signature};
use std::io::{Read, Write};
use std::path::Path;

#[cfg(unix)]
use std::os::unix::net::UnixStream as Stream;
#[cfg(unix)]
use std::time::Duration;

/// How long an agent may take to list its keys.
#[cfg(unix)]
const LISTING: Duration = Duration::from_secs(10);

/// How long it may take to sign: it may ask somebody first.
#[cfg(unix)]
const SIGNING: Duration = Duration::from_secs(120);

/// The most bytes of an answer; OpenSSH's own limit.
const LONGEST: u32 = 256 * 1024;

const FAILURE: u8 = 5;
const REQUEST_IDENTITIES: u8 = 11;
const IDENTITIES_ANSWER: u8 = 12;
const SIGN_REQUEST: u8 = 13;
const SIGN_RESPONSE: u8 = 14;
/// Asks for rsa-sha2-512; other keys ignore it.
const RSA_SHA2_512: u32 = 4;

/// A connection to an agent.
#[derive(Debug)]
pub struct Agent {
    #[cfg(unix)]
    stream: Stream,
}

/// A key that an agent holds.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The key, or why it cannot approve.
    pub key: Result<SshKey, String>,
    /// What the agent calls it.
    pub comment: String,
}

impl Agent {
    /// Connects to the socket that `SSH_AUTH_SOCK` names.
    ///
    /// # Errors
    /// When nobody answers there.
    #[cfg(unix)]
    pub fn connect(socket: &Path) -> Result<Self, Diagnostic> {
        let stream = Stream::connect(socket).map_err(|error| {
            Diagnostic::error(
                code::CANNOT_SIGN,
                format!("ssh-agent does not answer at {}: {error}.", socket.display()),
            )
            .remedy("Start it (`eval \"$(ssh-agent)\"`, then `ssh-add`), or name a private key with --key.")
        })?;
        Ok(Self { stream })
    }

    /// There are no such sockets here.
    ///
    /// # Errors
    /// Always.
    #[cfg(not(unix))]
    pub fn connect(_: &Path) -> Result<Self, Diagnostic> {
        Err(
            Diagnostic::error(code::CANNOT_SIGN, "ssh-agent is not supported on this system.")
                .remedy("Name a private key with --key."),
        )
    }

    /// The keys that it holds.
    ///
    /// # Errors
    /// When it does not answer, or something else.
    pub fn identities(&mut self) -> Result<Vec<Identity>, Diagnostic> {
        self.patience(false)?;
        let answer = self.ask(&[REQUEST_IDENTITIES])?;
        let mut rest = expect(&answer, IDENTITIES_ANSWER)?;
        let count = number(&mut rest).ok_or_else(nonsense)?;
        let mut identities = Vec::new();
        for _ in 0..count {
            let blob = string(&mut rest).ok_or_else(nonsense)?;
            let comment = string(&mut rest).ok_or_else(nonsense)?;
            let comment = String::from_utf8_lossy(comment).into_owned();
            let key = PublicKey::from_bytes(blob).map_err(|e| e.to_string());
            let key = key.and_then(|key| SshKey::new(PublicKey::new(key.key_data().clone(), &*comment)));
            identities.push(Identity { key, comment });
        }
        Ok(identities)
    }

    /// Signs with one of its keys.
    ///
    /// # Errors
    /// When it does not have the key, or somebody said no.
    pub(super) fn sign(&mut self, key: &SshKey, data: &[u8]) -> Result<Signature, Diagnostic> {
        self.patience(true)?;
        let blob = PublicKey::new(key.data().clone(), "").to_bytes();
        let blob = blob.map_err(|_| nonsense())?;
        let mut request = vec![SIGN_REQUEST];
        for part in [blob.as_slice(), data] {
            let length = u32::try_from(part.len()).map_err(|_| nonsense())?;
            request.extend(length.to_be_bytes());
            request.extend(part);
        }
        request.extend(RSA_SHA2_512.to_be_bytes());
        let answer = self.ask(&request)?;
        if answer.first() == Some(&FAILURE) {
            return Err(Diagnostic::error(
                code::CANNOT_SIGN,
                format!("ssh-agent refused to sign with {}.", key.shown()),
            )
            .remedy("It does not hold the key (`ssh-add -l`), is locked, or the question that it asked was answered with no."));
        }
        let mut rest = expect(&answer, SIGN_RESPONSE)?;
        let signature = string(&mut rest).ok_or_else(nonsense)?;
        Signature::try_from(signature).map_err(|_| nonsense())
    }

    fn ask(&mut self, request: &[u8]) -> Result<Vec<u8>, Diagnostic> {
        let length = u32::try_from(request.len()).map_err(|_| nonsense())?;
        let mut framed = length.to_be_bytes().to_vec();
        framed.extend(request);
        self.write_all(&framed).map_err(|e| broken(&e))?;
        let mut length = [0; 4];
        self.read_exact(&mut length).map_err(|e| broken(&e))?;
        let length = u32::from_be_bytes(length);
        if length == 0 || length > LONGEST {
            return Err(nonsense());
        }
        let mut answer = vec![0; usize::try_from(length).map_err(|_| nonsense())?];
        self.read_exact(&mut answer).map_err(|e| broken(&e))?;
        Ok(answer)
    }
}

#[cfg(unix)]
impl Agent {
    fn patience(&mut self, signing: bool) -> Result<(), Diagnostic> {
        let wait = if signing { SIGNING } else { LISTING };
        let set = self.stream.set_read_timeout(Some(wait));
        set.and_then(|()| self.stream.set_write_timeout(Some(LISTING)))
            .map_err(|e| broken(&e))
    }
    fn write_all(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes)
    }
    fn read_exact(&mut self, bytes: &mut [u8]) -> std::io::Result<()> {
        self.stream.read_exact(bytes)
    }
}

#[cfg(not(unix))]
impl Agent {
    fn patience(&mut self, _: bool) -> Result<(), Diagnostic> {
        Err(nonsense())
    }
    fn write_all(&mut self, _: &[u8]) -> std::io::Result<()> {
        Err(std::io::ErrorKind::Unsupported.into())
    }
    fn read_exact(&mut self, _: &mut [u8]) -> std::io::Result<()> {
        Err(std::io::ErrorKind::Unsupported.into())
    }
}

/// What follows the type of an answer, when it is the expected one.
fn expect(answer: &[u8], kind: u8) -> Result<&[u8], Diagnostic> {
    match answer.split_first() {
        Some((first, rest)) if *first == kind => Ok(rest),
        Some((&FAILURE, _)) => Err(Diagnostic::error(code::CANNOT_SIGN, "ssh-agent refused.")
            .remedy("It may be locked (`ssh-add -X`).")),
        _ => Err(nonsense()),
    }
}

fn number(rest: &mut &[u8]) -> Option<u32> {
    let (head, tail) = rest.split_first_chunk::<4>()?;
    *rest = tail;
    Some(u32::from_be_bytes(*head))
}

fn string<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(number(rest)?).ok()?;
    let (head, tail) = rest.split_at_checked(length)?;
    *rest = tail;
    Some(head)
}

fn broken(error: &std::io::Error) -> Diagnostic {
    let why = match error.kind() {
        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut => "it took too long".to_owned(),
        std::io::ErrorKind::UnexpectedEof => "it closed the connection".to_owned(),
        _ => error.to_string(),
    };
    Diagnostic::error(code::CANNOT_SIGN, format!("ssh-agent did not answer: {why}."))
        .remedy("Look at it with `ssh-add -l`, or name a private key with --key.")
}

fn nonsense() -> Diagnostic {
    Diagnostic::error(
        code::CANNOT_SIGN,
        "What listens at SSH_AUTH_SOCK does not answer like an ssh-agent.",
    )
    .remedy("Set SSH_AUTH_SOCK to the socket of one, or name a private key with --key.")
}
