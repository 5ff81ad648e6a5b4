//! Signatures that `ssh-keygen -Y sign` (OpenSSH 9.2) made, our own ones, hostile ones, and a scripted agent.

use super::*;
use crate::model::approval::SshKey;
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use ssh_key::rand_core::{CryptoRng, RngCore};
use ssh_key::{Algorithm, EcdsaCurve, PrivateKey};

const KEYS: &str = include_str!("recorded/keys.pub");

/// Signatures of the plan, each by another key, with the key's comment.
const RECORDED: [(&str, &str); 5] = [
    ("ed25519", include_str!("recorded/ed25519.sig")),
    ("p256", include_str!("recorded/p256.sig")),
    ("p384", include_str!("recorded/p384.sig")),
    ("p521", include_str!("recorded/p521.sig")),
    ("rsa", include_str!("recorded/rsa.sig")),
];

fn digest(of: &str) -> String {
    hex::encode(Sha256::digest(of))
}

fn listed() -> Vec<SshKey> {
    KEYS.lines().map(|line| line.parse().unwrap()).collect()
}

fn counted(text: &str, of: &str) -> (Vec<String>, Vec<String>) {
    let tally = tally(text, "x.approvals", &digest(of), &listed());
    (
        tally.signers.iter().map(|k| k.comment().to_owned()).collect(),
        tally.uncounted.iter().map(|d| d.detail.clone()).collect(),
    )
}

#[test]
fn what_is_signed_is_one_line() {
    let digest = digest("a plan");
    assert_eq!(message(&digest), format!("backstay-plan {digest}\n"));
    assert_eq!(beside(Path::new("d/x.plan")), Path::new("d/x.plan.approvals"));
}

#[test]
fn signatures_of_ssh_keygen_count() {
    let all: String = RECORDED.iter().map(|(_, text)| *text).collect();
    let (signers, uncounted) = counted(&all, "a plan");
    assert_eq!(signers, ["ed25519", "p256", "p384", "p521", "rsa"]);
    assert!(uncounted.is_empty(), "{uncounted:?}");
    for text in [
        include_str!("recorded/rsa_sha256.sig"),
        include_str!("recorded/ed25519_sha256.sig"),
    ] {
        assert_eq!(counted(text, "a plan").0.len(), 1);
    }
}

#[test]
fn a_signature_counts_for_its_plan_alone() {
    let all: String = RECORDED.iter().map(|(_, text)| *text).collect();
    let (signers, uncounted) = counted(&all, "a plan.");
    assert!(signers.is_empty());
    assert_eq!(uncounted.len(), 5);
    assert!(
        uncounted.iter().all(|why| why.contains("does not fit the plan")),
        "{uncounted:?}"
    );
    assert_eq!(
        counted(include_str!("recorded/other_plan.sig"), "a plan").0.len(),
        0
    );
    assert_eq!(
        counted(include_str!("recorded/other_plan_rsa.sig"), "a plan")
            .0
            .len(),
        0
    );
    assert_eq!(
        counted(include_str!("recorded/other_plan.sig"), "another plan")
            .0
            .len(),
        1
    );
}

#[test]
fn a_signature_in_another_namespace_does_not_count() {
    let (signers, uncounted) = counted(include_str!("recorded/other_namespace.sig"), "a plan");
    assert!(signers.is_empty());
    assert_eq!(
        uncounted,
        [
            "Signature 1 of x.approvals: it was made for something else: its namespace is \"file\" and not \"backstay-plan\"."
        ]
    );
}

#[test]
fn a_key_counts_once_and_a_stranger_never() {
    let ed25519 = include_str!("recorded/ed25519.sig");
    // Two signatures that differ are still by one key.
    let twice = format!("{ed25519}{}", include_str!("recorded/ed25519_sha256.sig"));
    let (signers, uncounted) = counted(&twice, "a plan");
    assert_eq!(signers, ["ed25519"]);
    assert!(
        uncounted[0].contains("Signature 2") && uncounted[0].contains("counts once"),
        "{uncounted:?}"
    );

    let without: Vec<SshKey> = listed().into_iter().skip(1).collect();
    let tally = tally(ed25519, "x", &digest("a plan"), &without);
    assert!(tally.signers.is_empty());
    let said = &tally.uncounted.iter().next().unwrap().detail;
    assert!(
        said.contains("a key that the policy does not list, SHA256:"),
        "{said}"
    );
}

#[test]
fn what_is_cut_off_does_not_take_the_next_one_with_it() {
    let (_, first) = RECORDED[0];
    let (_, second) = RECORDED[1];
    let (half, _) = first.split_at(first.len() / 2);
    let (signers, uncounted) = counted(&format!("{half}\n{second}"), "a plan");
    assert_eq!((signers, uncounted.len()), (vec!["p256".to_owned()], 1));
    // Notes for people, other line ends and other widths.
    let noted = format!("hello\n{}# by alice\n\n", first.replace('\n', "\r\n"));
    assert_eq!(counted(&noted, "a plan").0, ["ed25519"]);
    let mut lines = first.lines();
    let (begin, rest): (_, Vec<_>) = (lines.next().unwrap(), lines.collect());
    let (end, body) = rest.split_last().unwrap();
    let one_line = format!("{begin}\n{}\n{end}\n", body.concat());
    assert_eq!(counted(&one_line, "a plan").0, ["ed25519"]);
}

/// Numbers for keys that are used here alone.
struct Numbers(u64);

impl RngCore for Numbers {
    fn next_u32(&mut self) -> u32 {
        u32::try_from(self.next_u64() >> 32).unwrap()
    }
    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        self.0
    }
    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.next_u64().to_be_bytes()[0];
        }
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), ssh_key::rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Numbers {}

fn key(algorithm: Algorithm) -> PrivateKey {
    PrivateKey::random(&mut Numbers(7), algorithm).unwrap()
}

fn ecdsa(curve: EcdsaCurve) -> Algorithm {
    Algorithm::Ecdsa { curve }
}

#[test]
fn our_own_signatures_count() {
    let digest = digest("a plan");
    for algorithm in [
        Algorithm::Ed25519,
        ecdsa(EcdsaCurve::NistP256),
        ecdsa(EcdsaCurve::NistP384),
        ecdsa(EcdsaCurve::NistP521),
    ] {
        let mut signer = Signer::Key(Box::new(key(algorithm)));
        let public = signer.public().unwrap();
        let signature = signer.sign(&digest).unwrap();
        assert_eq!(signature.verify(&digest).unwrap(), public);
        let armored = signature.armored().unwrap();
        assert_eq!(Signature::read(&armored).unwrap(), signature);
        assert!(
            armored.starts_with("-----BEGIN SSH SIGNATURE-----\n") && armored.ends_with("SIGNATURE-----\n")
        );
    }
}

#[test]
fn an_encrypted_key_asks_for_its_passphrase() {
    let plain = key(Algorithm::Ed25519);
    let file = Path::new("id");
    let text = plain.encrypt(&mut Numbers(9), "secret").unwrap();
    let text = text.to_openssh(ssh_key::LineEnding::LF).unwrap();
    let opened = unlocked(file, &text, || Ok("secret".to_owned())).unwrap();
    assert_eq!(opened.public_key(), plain.public_key());
    let wrong = unlocked(file, &text, || Ok("wrong".to_owned())).unwrap_err();
    assert!(
        wrong.detail.contains("passphrase does not open id"),
        "{}",
        wrong.detail
    );
    let nobody = || Err(crate::diag::Diagnostic::error(crate::diag::code::USAGE, "nobody"));
    assert_eq!(unlocked(file, &text, nobody).unwrap_err().detail, "nobody");
    // Nobody is asked for what needs none.
    let text = plain.to_openssh(ssh_key::LineEnding::LF).unwrap();
    assert!(unlocked(file, &text, || panic!("asked")).is_ok());
}

#[test]
fn what_is_no_private_key_is_told_apart() {
    let said = |text: &str| {
        unlocked(Path::new("id"), text, || panic!("asked"))
            .unwrap_err()
            .detail
    };
    assert!(said("-----BEGIN RSA PRIVATE KEY-----\nx\n").contains("old format"));
    assert!(said(KEYS).contains("is not a private key"));
    assert!(said("").contains("is not a private key"));
}

#[cfg(unix)]
mod agents {
    use super::*;
    use std::io::{Read, Write};
    use std::os::unix::net::UnixListener;

    /// An agent that answers each request with the next of these, whatever was asked, and then hangs up.
    fn scripted(answers: Vec<Vec<u8>>) -> (tempfile::TempDir, Agent, std::thread::JoinHandle<Vec<Vec<u8>>>) {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("agent");
        let listener = UnixListener::bind(&socket).unwrap();
        let serving = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = Vec::new();
            for answer in answers {
                let mut length = [0; 4];
                stream.read_exact(&mut length).unwrap();
                let mut request = vec![0; u32::from_be_bytes(length) as usize];
                stream.read_exact(&mut request).unwrap();
                asked.push(request);
                stream.write_all(&answer).unwrap();
            }
            asked
        });
        let agent = Agent::connect(&socket).unwrap();
        (folder, agent, serving)
    }

    fn framed(body: &[u8]) -> Vec<u8> {
        [&u32::try_from(body.len()).unwrap().to_be_bytes(), body].concat()
    }

    fn string(bytes: &[u8]) -> Vec<u8> {
        framed(bytes)
    }

    fn holding(key: &PrivateKey, comment: &str) -> Vec<u8> {
        let blob = key.public_key().to_bytes().unwrap();
        framed(&[&[12, 0, 0, 0, 1][..], &string(&blob), &string(comment.as_bytes())].concat())
    }

    #[test]
    fn an_agent_lists_and_signs() {
        let digest = digest("a plan");
        let key = key(Algorithm::Ed25519);
        let data =
            ssh_key::SshSig::signed_data(NAMESPACE, ssh_key::HashAlg::Sha512, message(&digest).as_bytes())
                .unwrap();
        let hash = ssh_key::HashAlg::Sha512;
        let made = key.sign(NAMESPACE, hash, message(&digest).as_bytes()).unwrap();
        let made = made.signature().clone();
        let raw: Vec<u8> = made.try_into().unwrap();
        let answer = framed(&[&[14][..], &string(&raw)].concat());
        let (_folder, mut agent, serving) = scripted(vec![holding(&key, "laptop"), answer]);
        let identities = agent.identities().unwrap();
        assert_eq!(identities.len(), 1);
        assert_eq!(identities[0].comment, "laptop");
        let public = identities[0].key.clone().unwrap();
        assert_eq!(public.shown(), format!("laptop ({})", public.fingerprint()));
        let mut signer = Signer::Agent(agent, public.clone());
        assert_eq!(signer.sign(&digest).unwrap().verify(&digest).unwrap(), public);
        let asked = serving.join().unwrap();
        assert_eq!(asked[0], [11]);
        assert_eq!(asked[1][0], 13);
        assert!(asked[1].ends_with(&[0, 0, 0, 4]) && asked[1].windows(data.len()).any(|w| w == data));
    }

    #[test]
    fn an_agent_that_answers_otherwise_is_no_agent() {
        let key = key(Algorithm::Ed25519);
        for (answer, why) in [
            (framed(&[5]), "refused"),
            (framed(&[6]), "does not answer like an ssh-agent"),
            (framed(&[12, 0, 0, 0, 1]), "does not answer like an ssh-agent"),
            (
                framed(&[12, 255, 255, 255, 255]),
                "does not answer like an ssh-agent",
            ),
            (vec![255, 255, 255, 255], "does not answer like an ssh-agent"),
            (vec![0, 0, 0, 0], "does not answer like an ssh-agent"),
            (vec![0, 0, 0, 9, 12], "closed the connection"),
        ] {
            let (_folder, mut agent, serving) = scripted(vec![answer]);
            let said = agent.identities().unwrap_err().detail;
            assert!(said.contains(why), "{said}");
            serving.join().unwrap();
        }
        // It holds the key, and does not sign, or signs something else.
        let public = SshKey::new(key.public_key().clone()).unwrap();
        let other = key.sign(NAMESPACE, ssh_key::HashAlg::Sha512, b"other").unwrap();
        let other: Vec<u8> = other.signature().clone().try_into().unwrap();
        for (answer, why) in [
            (framed(&[5]), "refused to sign"),
            (framed(&[&[14][..], &string(&other)].concat()), "is not valid"),
            (framed(&[14, 0, 0]), "does not answer like an ssh-agent"),
        ] {
            let (_folder, agent, serving) = scripted(vec![answer]);
            let said = Signer::Agent(agent, public.clone())
                .sign(&digest("a plan"))
                .unwrap_err()
                .detail;
            assert!(said.contains(why), "{said}");
            serving.join().unwrap();
        }
    }

    #[test]
    fn nobody_at_the_socket_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let said = Agent::connect(&folder.path().join("none")).unwrap_err();
        assert!(
            said.detail.contains("ssh-agent does not answer at"),
            "{}",
            said.detail
        );
    }
}

proptest! {
    /// A signature in which one byte is another one is by nobody, or at least not by its key.
    #[test]
    fn an_altered_signature_never_counts(which in 0..RECORDED.len(), at in 0usize..4096, flip in 1u8..=255) {
        use base64::Engine as _;
        let (_, text) = RECORDED[which];
        let body: String = text.lines().filter(|l| !l.starts_with('-')).collect();
        let mut bytes = base64::engine::general_purpose::STANDARD.decode(body).unwrap();
        let at = at % bytes.len();
        bytes[at] ^= flip;
        let body = base64::engine::general_purpose::STANDARD.encode(bytes);
        let text = format!("-----BEGIN SSH SIGNATURE-----\n{body}\n-----END SSH SIGNATURE-----\n");
        prop_assert!(counted(&text, "a plan").0.is_empty());
    }

    #[test]
    fn no_text_makes_counting_fail(text in "\\PC{0,200}", cut in 0usize..2000) {
        let (_, recorded) = RECORDED[0];
        let cut = cut.min(recorded.len());
        let (before, after) = recorded.split_at(cut);
        let mixed = format!("{before}{text}{after}");
        prop_assert!(counted(&mixed, "a plan").0.len() <= 1);
    }
}

/// Keys that `ssh-keygen -t ecdsa -b 521` has made, whose number begins with zeros as every second one does.
#[test]
fn a_key_whose_number_begins_with_zeros_signs_too() {
    let open = |text: &str, passphrase: &str| {
        unlocked(std::path::Path::new("key"), text, || Ok(passphrase.to_owned()))
    };
    let plain = open(include_str!("recorded/short_p521"), "").unwrap();
    let locked = include_str!("recorded/short_p521_encrypted");
    let opened = open(locked, "a passphrase").unwrap();
    assert!(open(locked, "another").is_err());
    for key in [plain, opened] {
        let digest = "0".repeat(64);
        let made = Signer::Key(Box::new(key)).sign(&digest).unwrap();
        made.verify(&digest).unwrap();
    }
}
