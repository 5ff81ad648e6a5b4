//! One signature: reading it from its armor, and whether it is one of the plan.

use super::{NAMESPACE, message, rsa};
use crate::model::approval::SshKey;
use ssh_key::public::KeyData;
use ssh_key::{LineEnding, PublicKey, SshSig};

const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";

/// The width of the lines that ssh-keygen writes, which is the only one that is read.
const WIDTH: usize = 70;

/// The most bytes of a block that is looked at; an RSA key of 16384 bits takes less than half.
const LONGEST: usize = 16 * 1024;

/// A signature that could be read. Nothing of it is known to be true before [`Signature::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature(SshSig);

impl Signature {
    /// From its armored block.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn read(block: &str) -> Result<Self, String> {
        let bad = || "it is not a signature as ssh-keygen writes it: it is cut off or was altered".to_owned();
        if block.len() > LONGEST {
            return Err(bad());
        }
        let body = block.trim().strip_prefix(BEGIN).and_then(|b| b.strip_suffix(END));
        let letters: Vec<char> = body
            .ok_or_else(bad)?
            .chars()
            .filter(|c| !c.is_whitespace())
            .collect();
        // Mail and forms break lines elsewhere.
        let lines: Vec<String> = letters.chunks(WIDTH).map(|line| line.iter().collect()).collect();
        let block = format!("{BEGIN}\n{}\n{END}\n", lines.join("\n"));
        let signature = SshSig::from_pem(&block).map_err(|_| bad())?;
        // Lengths that do not fit are read all the same; what was altered anywhere is not ssh-keygen's.
        let written = signature.to_pem(LineEnding::LF).map_err(|_| bad())?;
        if written.trim_end() != block.trim_end() {
            return Err(bad());
        }
        Ok(Self(signature))
    }

    pub(super) fn of(signature: SshSig) -> Self {
        Self(signature)
    }

    /// Its armored block, as ssh-keygen writes it.
    ///
    /// # Errors
    /// When it cannot be written, which would be a defect.
    pub fn armored(&self) -> Result<String, String> {
        let block = self.0.to_pem(LineEnding::LF).map_err(|e| e.to_string())?;
        Ok(format!("{}\n", block.trim_end()))
    }

    /// The key that it says to be by.
    pub fn claims(&self) -> &KeyData {
        self.0.public_key()
    }

    /// The key that made it, when it is a signature of the plan with this digest.
    ///
    /// # Errors
    /// Why it is none, as a part of a sentence.
    pub fn verify(&self, digest: &str) -> Result<SshKey, String> {
        let signature = &self.0;
        if signature.namespace() != NAMESPACE {
            return Err(format!(
                "it was made for something else: its namespace is \"{}\" and not \"{NAMESPACE}\"",
                signature.namespace()
            ));
        }
        if signature.version() != SshSig::VERSION {
            return Err(format!("it has the version {}", signature.version()));
        }
        let key = SshKey::of_data(signature.public_key().clone())?;
        let message = message(digest);
        match key.data() {
            KeyData::Rsa(public) => {
                let data = SshSig::signed_data(NAMESPACE, signature.hash_alg(), message.as_bytes())
                    .map_err(|e| e.to_string())?;
                rsa::verify(public, &data, signature.signature())?;
            }
            other => PublicKey::new(other.clone(), "")
                .verify(NAMESPACE, message.as_bytes(), signature)
                .map_err(|_| {
                    "it does not fit the plan: another plan was signed, or it was altered".to_owned()
                })?,
        }
        Ok(key)
    }
}

/// The armored blocks of a text, in their order; one that does not end goes up to the next one or
/// the end. What stands between them is for people.
pub fn blocks(text: &str) -> Vec<String> {
    let mut blocks: Vec<String> = Vec::new();
    let mut open = false;
    for line in text.lines().map(str::trim_end) {
        if line == BEGIN {
            blocks.push(String::new());
            open = true;
        }
        if open && let Some(block) = blocks.last_mut() {
            block.push_str(line);
            block.push('\n');
        }
        if line == END {
            open = false;
        }
    }
    blocks
}
