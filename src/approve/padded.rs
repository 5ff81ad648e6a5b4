//! ECDSA keys whose secret number begins with zeros. OpenSSH leaves those out, as the encoding of numbers has it
//! (RFC 4251, 5), and ssh-key 0.6 reads no number that is shorter than its curve: every second key on P-521.
//! Here such a key is written anew with the zeros in place, without a cipher, for ssh-key to read.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ssh_key::PrivateKey;

const MAGIC: &[u8] = b"openssh-key-v1\0";

/// Reads a key that has no passphrase and that ssh-key does not read; `None` when that is not the reason.
pub(super) fn read(pem: &str) -> Option<PrivateKey> {
    let body: String = pem
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .map(str::trim)
        .collect();
    let container = STANDARD.decode(body).ok()?;
    let mut rest = container.strip_prefix(MAGIC)?;
    let [cipher, _kdf, _options] = [string(&mut rest)?, string(&mut rest)?, string(&mut rest)?];
    let one = number(&mut rest)? == 1;
    let (public, section) = (string(&mut rest)?, string(&mut rest)?);
    (cipher == b"none" && one)
        .then(|| rebuilt(public, section))
        .flatten()
}

/// Opens such a key with its passphrase; `None` when the passphrase is another one, too.
pub(super) fn decrypt(key: &PrivateKey, passphrase: &str) -> Option<PrivateKey> {
    let (secret, iv) = key.kdf().derive_key_and_iv(key.cipher(), passphrase).ok()?;
    let mut section = key.key_data().encrypted()?.to_vec();
    key.cipher().decrypt(&secret, &iv, &mut section, None).ok()?;
    rebuilt(&key.public_key().to_bytes().ok()?, &section)
}

/// The key of a section, with the zeros that its number lacks.
fn rebuilt(public: &[u8], section: &[u8]) -> Option<PrivateKey> {
    let mut rest = section;
    let checks = (number(&mut rest)?, number(&mut rest)?);
    let (algorithm, curve) = (string(&mut rest)?, string(&mut rest)?);
    let size: usize = match curve {
        b"nistp256" => 32,
        b"nistp384" => 48,
        b"nistp521" => 66,
        _ => return None,
    };
    let (point, secret, comment) = (string(&mut rest)?, string(&mut rest)?, string(&mut rest)?);
    let significant = secret.iter().skip_while(|byte| **byte == 0).count();
    if checks.0 != checks.1 || significant >= size {
        return None;
    }
    let mut padded = vec![0; size - significant];
    padded.extend(secret.iter().skip(secret.len() - significant));

    let mut inner = Vec::new();
    for check in [checks.0, checks.1] {
        inner.extend(check.to_be_bytes());
    }
    for part in [algorithm, curve, point, &padded, comment] {
        put(&mut inner, part)?;
    }
    inner.extend((1u8..).take((8 - inner.len() % 8) % 8));
    let mut outer = MAGIC.to_vec();
    for part in [&b"none"[..], b"none", b""] {
        put(&mut outer, part)?;
    }
    outer.extend(1u32.to_be_bytes());
    put(&mut outer, public)?;
    put(&mut outer, &inner)?;
    PrivateKey::from_bytes(&outer).ok()
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

fn put(out: &mut Vec<u8>, part: &[u8]) -> Option<()> {
    out.extend(u32::try_from(part.len()).ok()?.to_be_bytes());
    out.extend(part);
    Some(())
}
