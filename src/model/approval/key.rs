//! The public half of an SSH key: who may approve.

use crate::model::schema::Attr;
use crate::model::types::Type;
use crate::model::value::Value;
use serde::{Deserialize, Serialize};
use ssh_key::public::KeyData;
use ssh_key::{Algorithm, HashAlg, PublicKey};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

/// The least bits of an RSA key's modulus.
const RSA_BITS: usize = 2048;

/// A public key as OpenSSH writes it on one line. Two are equal when the key is, whatever their comments say.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct SshKey {
    key: PublicKey,
    /// `ssh-ed25519 AAAA…`, without the comment: its identity.
    identity: String,
}

impl SshKey {
    /// From a key, when it is of a kind that can approve.
    ///
    /// # Errors
    /// Which kinds can.
    pub fn new(key: PublicKey) -> Result<Self, String> {
        match key.algorithm() {
            Algorithm::Ed25519 | Algorithm::Ecdsa { .. } => {}
            Algorithm::Rsa { .. } => rsa(key.key_data())?,
            other => {
                return Err(format!(
                    "a key of the type {} cannot approve; {}use ssh-ed25519, ecdsa-sha2-nistp256, -384, -521 or ssh-rsa",
                    other.as_str(),
                    // FIDO: what such a key signs holds a counter and flags besides.
                    if other.as_str().starts_with("sk-") {
                        "what security keys sign is not verified; "
                    } else {
                        ""
                    }
                ));
            }
        }
        let bare = PublicKey::new(key.key_data().clone(), "");
        let identity = bare.to_openssh().map_err(|e| e.to_string())?;
        Ok(Self {
            identity: identity.trim().to_owned(),
            key,
        })
    }

    /// From a key that stands without a comment, as in a signature.
    ///
    /// # Errors
    /// As [`SshKey::new`].
    pub fn of_data(data: KeyData) -> Result<Self, String> {
        Self::new(PublicKey::new(data, ""))
    }

    /// The key itself.
    pub fn data(&self) -> &KeyData {
        self.key.key_data()
    }

    /// `SHA256:…`, as ssh-keygen and ssh-add show it.
    pub fn fingerprint(&self) -> String {
        self.key.fingerprint(HashAlg::Sha256).to_string()
    }

    /// What was written behind the key; often whose it is.
    pub fn comment(&self) -> &str {
        self.key.comment()
    }

    /// For a person: the comment where there is one, and the fingerprint. The comment may hold anything.
    pub fn shown(&self) -> String {
        match self.comment().trim() {
            "" => self.fingerprint(),
            comment => format!("{comment} ({})", self.fingerprint()),
        }
    }
}

fn rsa(data: &KeyData) -> Result<(), String> {
    let bits = data
        .rsa()
        .and_then(|key| key.n.as_positive_bytes())
        .map_or(0, |n| {
            let top = n.first().map_or(0, |b| b.leading_zeros() as usize);
            n.len() * 8 - top
        });
    if bits < RSA_BITS {
        return Err(format!(
            "an RSA key needs at least {RSA_BITS} bits, and this one has {bits}"
        ));
    }
    Ok(())
}

impl PartialEq for SshKey {
    fn eq(&self, other: &Self) -> bool {
        self.identity == other.identity
    }
}

impl Eq for SshKey {}

impl Hash for SshKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity.hash(state);
    }
}

impl PartialOrd for SshKey {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SshKey {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.identity.cmp(&other.identity)
    }
}

impl FromStr for SshKey {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let shown: String = text.chars().take(40).collect();
        if text.contains("PRIVATE KEY") {
            // Of a secret nothing is repeated.
            return Err(
                "this is a private key; write the public one, from the file that ends in .pub".into(),
            );
        }
        if text.lines().count() > 1 {
            return Err(format!(
                "\"{shown}…\" has several lines; write one key an element"
            ));
        }
        let kind = text.split_whitespace().next().unwrap_or_default();
        if kind.ends_with("-cert-v01@openssh.com") {
            return Err(format!(
                "\"{shown}…\" is a certificate, and whoever signs certificates could make another; write the public key \
                 itself, from the .pub file without -cert"
            ));
        }
        let key = PublicKey::from_openssh(text).map_err(|_| {
            format!("\"{shown}\" is not a public key as OpenSSH writes it (`ssh-ed25519 AAAA… name`)")
        })?;
        Self::new(key)
    }
}

impl TryFrom<String> for SshKey {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<SshKey> for String {
    fn from(key: SshKey) -> Self {
        key.to_string()
    }
}

impl fmt::Display for SshKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.identity)?;
        match self.comment() {
            "" => Ok(()),
            comment => write!(f, " {comment}"),
        }
    }
}

impl Attr for SshKey {
    fn ty() -> Type {
        Type::String
    }
    fn accepts() -> String {
        "an SSH public key on one line, such as \"ssh-ed25519 AAAA… alice\"".into()
    }
    fn parse(value: &Value) -> Result<Self, String> {
        value.as_str().ok_or("it is not a text")?.parse()
    }
}
