//! Somebody with an SSH key.

use sha2::{Digest, Sha256};
use ssh_key::rand_core::{CryptoRng, RngCore};
use ssh_key::{Algorithm, LineEnding, PrivateKey};

/// A person, and a key of theirs that is the same in every run and protects nothing.
#[derive(Debug)]
pub(crate) struct Signatory {
    /// The name of the file for the private key, and the key's comment.
    pub(crate) file: &'static str,
    /// The private key, as OpenSSH writes it.
    pub(crate) private: String,
    /// The public key, on one line.
    pub(crate) public: String,
}

impl Signatory {
    pub(crate) fn new(name: &'static str) -> Self {
        let mut key = PrivateKey::random(&mut Named::new(name), Algorithm::Ed25519).unwrap();
        key.set_comment(name);
        Self {
            file: name,
            private: key.to_openssh(LineEnding::LF).unwrap().to_string(),
            public: key.public_key().to_openssh().unwrap(),
        }
    }
}

/// Numbers that a name decides, so that what is shown of keys can be compared.
struct Named {
    seed: [u8; 32],
    at: usize,
}

impl Named {
    fn new(name: &str) -> Self {
        Self {
            seed: Sha256::digest(name).into(),
            at: 0,
        }
    }
}

impl RngCore for Named {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill_bytes(&mut bytes);
        u32::from_be_bytes(bytes)
    }
    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill_bytes(&mut bytes);
        u64::from_be_bytes(bytes)
    }
    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.seed[self.at % 32];
            self.at += 1;
        }
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), ssh_key::rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Named {}
