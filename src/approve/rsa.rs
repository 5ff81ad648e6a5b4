//! RSA with SHA-2, which OpenSSH calls rsa-sha2-256 and rsa-sha2-512. SHA-1 is not taken.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA512, RSA_PKCS1_SHA512};
use num_bigint::BigUint;
use ssh_key::private::RsaKeypair;
use ssh_key::public::RsaPublicKey;
use ssh_key::{Algorithm, HashAlg, Mpint, Signature};

/// Whether `signature` is the key's, over `data`.
pub(super) fn verify(key: &RsaPublicKey, data: &[u8], signature: &Signature) -> Result<(), String> {
    let parameters = match signature.algorithm() {
        Algorithm::Rsa {
            hash: Some(HashAlg::Sha256),
        } => &RSA_PKCS1_2048_8192_SHA256,
        Algorithm::Rsa {
            hash: Some(HashAlg::Sha512),
        } => &RSA_PKCS1_2048_8192_SHA512,
        other => {
            return Err(format!(
                "its algorithm is {}; with an RSA key it has to be rsa-sha2-512 or rsa-sha2-256",
                other.as_str()
            ));
        }
    };
    let (n, e) = public(key).ok_or("its key is not valid")?;
    PublicKeyComponents { n, e }
        .verify(parameters, data, signature.as_bytes())
        .map_err(|_| "it does not fit the plan: another plan was signed, or it was altered".to_owned())
}

/// Signs `data` with rsa-sha2-512.
pub(super) fn sign(pair: &RsaKeypair, data: &[u8]) -> Result<Signature, String> {
    let bad = || "the key is not a valid RSA key of 2048 to 8192 bits".to_owned();
    let bytes = |number: &Mpint| number.as_positive_bytes().map(<[u8]>::to_vec).ok_or_else(bad);
    let (n, e) = public(&pair.public).ok_or_else(bad)?;
    let (d, p, q) = (
        bytes(&pair.private.d)?,
        bytes(&pair.private.p)?,
        bytes(&pair.private.q)?,
    );
    // OpenSSH's format leaves these two out.
    let exponent = |prime: &[u8]| -> Result<Vec<u8>, String> {
        let prime = BigUint::from_bytes_be(prime);
        if prime.bits() < 2 {
            return Err(bad());
        }
        Ok((BigUint::from_bytes_be(&d) % (prime - 1u32)).to_bytes_be())
    };
    let components = KeyPairComponents {
        public_key: PublicKeyComponents { n, e },
        dP: exponent(&p)?,
        dQ: exponent(&q)?,
        qInv: bytes(&pair.private.iqmp)?,
        d: d.clone(),
        p,
        q,
    };
    let key = KeyPair::from_components(&components).map_err(|_| bad())?;
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA512, &SystemRandom::new(), data, &mut signature)
        .map_err(|_| bad())?;
    let algorithm = Algorithm::Rsa {
        hash: Some(HashAlg::Sha512),
    };
    Signature::new(algorithm, signature).map_err(|e| e.to_string())
}

fn public(key: &RsaPublicKey) -> Option<(Vec<u8>, Vec<u8>)> {
    let bytes = |number: &Mpint| number.as_positive_bytes().map(<[u8]>::to_vec);
    Some((bytes(&key.n)?, bytes(&key.e)?))
}
