//! Making a signature: with a key in a file, or with one that ssh-agent holds.

use super::{Agent, NAMESPACE, Signature, message, padded, rsa};
use crate::diag::{Diagnostic, code};
use crate::model::approval::SshKey;
use ssh_key::private::KeypairData;
use ssh_key::{HashAlg, PrivateKey, SshSig};
use std::path::Path;

/// Something that can sign.
#[derive(Debug)]
pub enum Signer {
    /// A private key that is not encrypted (any more).
    Key(Box<PrivateKey>),
    /// A key that an agent holds.
    Agent(Agent, SshKey),
}

impl Signer {
    /// The public half.
    ///
    /// # Errors
    /// When keys of its type cannot approve.
    pub fn public(&self) -> Result<SshKey, Diagnostic> {
        match self {
            Signer::Key(key) => SshKey::new(key.public_key().clone()).map_err(unfit),
            Signer::Agent(_, key) => Ok(key.clone()),
        }
    }

    /// Signs the plan with this digest.
    ///
    /// # Errors
    /// When the agent refuses, or the key cannot sign.
    pub fn sign(&mut self, digest: &str) -> Result<Signature, Diagnostic> {
        let key = self.public()?;
        let message = message(digest);
        let hash = HashAlg::Sha512;
        let bad = |e: ssh_key::Error| unfit(e.to_string());
        let data = SshSig::signed_data(NAMESPACE, hash, message.as_bytes()).map_err(bad)?;
        let raw = match self {
            Signer::Key(private) => match private.key_data() {
                KeypairData::Rsa(pair) => rsa::sign(pair, &data).map_err(unfit)?,
                _ => {
                    let made = private.sign(NAMESPACE, hash, message.as_bytes()).map_err(bad)?;
                    made.signature().clone()
                }
            },
            Signer::Agent(agent, key) => agent.sign(key, &data)?,
        };
        let made = SshSig::new(key.data().clone(), NAMESPACE, hash, raw).map_err(bad)?;
        let made = Signature::of(made);
        // An agent may answer anything; what is written down counts later.
        match made.verify(digest) {
            Ok(by) if by == key => Ok(made),
            Ok(_) => Err(unfit("the signature is by another key".to_owned())),
            Err(why) => Err(unfit(format!("the signature that was made is not valid: {why}"))),
        }
    }
}

/// A private key from the text of its file. `ask` gives the passphrase when it needs one.
///
/// # Errors
/// When it is no private key, or the passphrase is wrong.
pub fn unlocked(
    file: &Path,
    text: &str,
    ask: impl FnOnce() -> Result<String, Diagnostic>,
) -> Result<PrivateKey, Diagnostic> {
    let shown = file.display();
    let old = text
        .lines()
        .next()
        .is_some_and(|first| first.contains("PRIVATE KEY") && !first.contains("OPENSSH"));
    if old {
        return Err(Diagnostic::error(
            code::CANNOT_SIGN,
            format!("{shown} is a private key in an old format."),
        )
        .remedy(format!(
            "`ssh-keygen -p -f {shown}` rewrites it in OpenSSH's own; or add it to ssh-agent and name its .pub file."
        )));
    }
    let key = PrivateKey::from_openssh(text).ok();
    let key = key.or_else(|| padded::read(text)).ok_or_else(|| {
        Diagnostic::error(
            code::CANNOT_SIGN,
            format!("{shown} is not a private key as OpenSSH writes it."),
        )
        .remedy("Name the private key, or for a key that ssh-agent holds its .pub file.")
    })?;
    // Before anybody is asked for a passphrase in vain.
    SshKey::new(key.public_key().clone()).map_err(unfit)?;
    if !key.is_encrypted() {
        return Ok(key);
    }
    let passphrase = ask()?;
    let opened = key.decrypt(&passphrase).ok();
    opened
        .or_else(|| padded::decrypt(&key, &passphrase))
        .ok_or_else(|| {
            Diagnostic::error(
                code::CANNOT_SIGN,
                format!("The passphrase does not open {shown}."),
            )
            .remedy("Run the command again. Nothing was signed.")
        })
}

fn unfit(why: String) -> Diagnostic {
    Diagnostic::error(code::CANNOT_SIGN, format!("The key cannot sign: {why}."))
        .remedy("Use another key; `ssh-keygen -t ed25519` makes one.")
}
