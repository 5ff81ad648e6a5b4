//! `approve` and OpenSSH understand each other: `ssh-keygen` verifies our signatures, we take its own,
//! and `ssh-agent` signs for us.

use crate::support::Estate;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const POSTURE: &str = r#"
backstay {
  project = "signed"
}

account "prod" {
  id     = "ACCOUNT"
  region = "us-east-1"
}

s3_bucket "data" {
  name       = "data-ACCOUNT"
  versioning = true
}
"#;

/// A key of OpenSSH's: the arguments that make it, and the name of its files.
const KEYS: [(&str, &[&str]); 5] = [
    ("ed25519", &["-t", "ed25519"]),
    ("p256", &["-t", "ecdsa", "-b", "256"]),
    ("p384", &["-t", "ecdsa", "-b", "384"]),
    ("p521", &["-t", "ecdsa", "-b", "521"]),
    ("rsa", &["-t", "rsa", "-b", "2048"]),
];

/// Runs one of OpenSSH's programs to its end, with this on standard input.
#[track_caller]
fn openssh(program: &str, folder: &Path, arguments: &[&str], input: &str) -> String {
    let started = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = started.unwrap_or_else(|e| {
        panic!("this test needs OpenSSH's {program} (`scripts/require tests` says how to install it): {e}")
    });
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// A posture whose policy asks for a signature by every key, its policy in force, and a plan that
/// weakens, saved as `a.plan`.
fn estate() -> (Estate, PathBuf) {
    let estate = Estate::new(POSTURE);
    let folder = estate.path("");
    let mut from = Vec::new();
    for (name, made_by) in KEYS {
        let named = ["-q", "-N", "", "-C", name, "-f", name];
        openssh("ssh-keygen", &folder, &[&named, made_by].concat(), "");
        from.push(format!("\"{}\"", estate.read(&format!("{name}.pub")).trim()));
    }
    let policy = format!(
        "policy {{\n  weaken {{\n    approvals = {}\n    from = [{}]\n  }}\n}}\n",
        KEYS.len(),
        from.join(", ")
    );
    estate.write("policy.hcl", &policy);
    estate.settle();
    estate.edit("versioning = true", "versioning = false");
    estate.run(&["plan", "-out", "a.plan"]).exits(0);
    (estate, folder)
}

#[tokio::test]
async fn ssh_keygen_accepts_what_approve_signs() {
    let (estate, folder) = estate();
    let message = estate.run(&["approve", "a.plan", "--print"]).exits(0).stdout;
    let line = regex::Regex::new("^backstay-plan [0-9a-f]{64}\n$").unwrap();
    assert!(line.is_match(&message), "{message:?}");
    let mut all = String::new();
    for (name, _) in KEYS {
        estate.run(&["approve", "a.plan", "--key", name]).exits(0);
        // The only signature so far, which ssh-keygen reads from the file as it is.
        let signature = estate.read("a.plan.approvals");
        let public = estate.read(&format!("{name}.pub"));
        estate.write("allowed_signers", &format!("{name} {public}"));
        let verify = [
            "-Y",
            "verify",
            "-n",
            "backstay-plan",
            "-I",
            name,
            "-f",
            "allowed_signers",
            "-s",
            "a.plan.approvals",
        ];
        let said = openssh("ssh-keygen", &folder, &verify, &message);
        assert!(said.contains("Good \"backstay-plan\" signature"), "{said}");
        std::fs::remove_file(estate.path("a.plan.approvals")).unwrap();
        all.push_str(&signature);
    }
    estate.write("a.plan.approvals", &all);
    estate.run(&["apply", "--auto-approve", "a.plan"]).exits(0);
}

#[tokio::test]
async fn what_ssh_keygen_signs_is_added_and_counts() {
    let (estate, folder) = estate();
    let message = estate.run(&["approve", "a.plan", "--print"]).exits(0).stdout;
    for (at, (name, _)) in KEYS.into_iter().enumerate() {
        let sign = ["-q", "-Y", "sign", "-n", "backstay-plan", "-f", name];
        let signature = openssh("ssh-keygen", &folder, &sign, &message);
        estate.write("one.sig", &signature);
        estate
            .run(&["approve", "a.plan", "--add", "one.sig"])
            .exits(0)
            .prints(&format!("{} of 5 approvals for what weakens protection", at + 1));
    }
    // Of something else, or for something else, nothing is added.
    let before = estate.read("a.plan.approvals");
    for (namespace, text, why) in [
        ("backstay-plan", "hello\n", "does not fit the plan"),
        ("file", message.as_str(), "its namespace is \"file\""),
    ] {
        let sign = ["-q", "-Y", "sign", "-n", namespace, "-f", "ed25519"];
        estate.write("one.sig", &openssh("ssh-keygen", &folder, &sign, text));
        let add = ["approve", "a.plan", "--add", "one.sig"];
        estate.run(&add).exits(1).tells("BKS-E0623").tells(why);
    }
    estate.write("one.sig", "nothing\n");
    let add = ["approve", "a.plan", "--add", "one.sig"];
    estate
        .run(&add)
        .exits(1)
        .tells("holds 0 signatures instead of one");
    assert_eq!(estate.read("a.plan.approvals"), before);
    estate.run(&["apply", "--auto-approve", "a.plan"]).exits(0);
}

/// An agent that ends with the test.
struct Agent(Child);

impl Drop for Agent {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[tokio::test]
async fn ssh_agent_signs() {
    let (estate, folder) = estate();
    // Not in the posture's folder, as sockets may only have short names.
    let short = tempfile::tempdir().unwrap();
    let socket = short.path().join("s");
    let agent = Command::new("ssh-agent")
        .args(["-D", "-a"])
        .arg(&socket)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("this test needs OpenSSH's ssh-agent (`scripts/require tests` says how to install it)");
    let _agent = Agent(agent);
    let start = std::time::Instant::now();
    while !socket.exists() {
        assert!(start.elapsed().as_secs() < 30, "ssh-agent does not start");
        tokio::task::yield_now().await;
    }
    let socket = socket.to_str().unwrap().to_owned();
    let add = |name: &str| {
        let added = Command::new("ssh-add")
            .args(["-q", name])
            .env("SSH_AUTH_SOCK", &socket)
            .current_dir(&folder)
            .status();
        assert!(added.unwrap().success());
    };
    let without = estate;
    without
        .run(&["approve", "a.plan"])
        .exits(1)
        .tells("No private key is named, and SSH_AUTH_SOCK");
    let estate = without.with("SSH_AUTH_SOCK", &socket);
    estate
        .run(&["approve", "a.plan"])
        .exits(1)
        .tells("ssh-agent holds no key that the policy lists. It holds none.");
    add("rsa");
    // With one key there is no question which.
    estate
        .run(&["approve", "a.plan"])
        .exits(0)
        .prints("1 of 5 approvals for what weakens protection: rsa");
    add("ed25519");
    add("p384");
    estate
        .run(&["approve", "a.plan"])
        .exits(1)
        .tells("several keys that the policy lists");
    for name in ["ed25519.pub", "p384.pub"] {
        estate.run(&["approve", "a.plan", "--key", name]).exits(0);
    }
    estate
        .run(&["approve", "a.plan", "--key", "p256.pub"])
        .exits(1)
        .tells("ssh-agent does not hold the key SHA256:");
    estate
        .run(&["approve", "a.plan", "--list"])
        .exits(0)
        .prints("3 of 5 approvals");
    let nobody = estate.with("SSH_AUTH_SOCK", "nowhere");
    nobody
        .run(&["approve", "a.plan"])
        .exits(1)
        .tells("ssh-agent does not answer at nowhere");
}
