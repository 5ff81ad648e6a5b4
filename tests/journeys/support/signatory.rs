//! Somebody with an SSH key.

use ssh_key::rand_core::{CryptoRng, RngCore};
use ssh_key::{Algorithm, HashAlg, LineEnding, PrivateKey};

/// A person, and a key of theirs that is used in one test alone.
#[derive(Debug)]
pub(crate) struct Signatory {
    /// The name of the file for the private key, and the key's comment.
    pub(crate) file: &'static str,
    /// The private key, as OpenSSH writes it.
    pub(crate) private: String,
    /// The public key, on one line.
    pub(crate) public: String,
    /// `SHA256:…`.
    pub(crate) fingerprint: String,
}

impl Signatory {
    pub(crate) fn new(name: &'static str) -> Self {
        let mut key = PrivateKey::random(&mut Random, Algorithm::Ed25519).unwrap();
        key.set_comment(name);
        Self {
            file: name,
            private: key.to_openssh(LineEnding::LF).unwrap().to_string(),
            public: key.public_key().to_openssh().unwrap(),
            fingerprint: key.fingerprint(HashAlg::Sha256).to_string(),
        }
    }
}

/// Numbers that are random enough for keys that protect nothing.
struct Random;

impl RngCore for Random {
    fn next_u32(&mut self) -> u32 {
        uuid::Uuid::new_v4().as_fields().0
    }
    fn next_u64(&mut self) -> u64 {
        uuid::Uuid::new_v4().as_u64_pair().0
    }
    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = uuid::Uuid::new_v4().as_bytes()[0];
        }
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), ssh_key::rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Random {}
