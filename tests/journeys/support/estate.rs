//! One test's world: a folder with a posture, and accounts that nobody else uses.

use super::{Clients, Run};
use aws_credential_types::Credentials;
use backstay::sandbox::{Fault, Options, ROOT_SECRET, Record, Sandbox, Seed};
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;

/// The sandbox that allows everything, and the one that enforces IAM. They end with the process.
fn sandbox(auth: bool) -> &'static Sandbox {
    static OPEN: OnceLock<Sandbox> = OnceLock::new();
    static STRICT: OnceLock<Sandbox> = OnceLock::new();
    let running = if auth { &STRICT } else { &OPEN };
    running.get_or_init(|| Sandbox::start(&Options { auth }, &mut |line| eprintln!("{line}")).unwrap())
}

/// A posture's folder and two fresh accounts. In every text that is written, `ACCOUNT` and
/// `VAULT` stand for their numbers; in every text that is read they stand there again.
#[derive(Debug)]
pub(crate) struct Estate {
    folder: TempDir,
    sandbox: &'static Sandbox,
    pub(crate) account: String,
    pub(crate) vault: String,
    /// What a run gets besides the usual environment; `None` removes a name.
    environment: Vec<(String, Option<String>)>,
}

impl Estate {
    /// With this `main.hcl`.
    pub(crate) fn new(posture: &str) -> Self {
        Self::within(sandbox(false), posture)
    }

    /// The same where IAM is enforced.
    pub(crate) fn strict(posture: &str) -> Self {
        Self::within(sandbox(true), posture)
    }

    fn within(sandbox: &'static Sandbox, posture: &str) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(300_000_000_000);
        let number = || NEXT.fetch_add(1, Ordering::Relaxed).to_string();
        let estate = Self {
            folder: TempDir::new().unwrap(),
            sandbox,
            account: number(),
            vault: number(),
            environment: Vec::new(),
        };
        estate.write("main.hcl", posture);
        estate
    }

    /// `ACCOUNT` and `VAULT` as numbers.
    pub(crate) fn fill(&self, text: &str) -> String {
        text.replace("ACCOUNT", &self.account)
            .replace("VAULT", &self.vault)
    }

    /// A file's place in the posture's folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file of the posture.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, self.fill(text)).unwrap();
    }

    /// Reads a file of the folder, as it is.
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Replaces a part of `main.hcl` that is there exactly once.
    #[track_caller]
    pub(crate) fn edit(&self, before: &str, after: &str) {
        let text = self.read("main.hcl");
        let before = self.fill(before);
        assert_eq!(text.matches(&before).count(), 1, "{before:?} in {text}");
        self.write("main.hcl", &text.replace(&before, after));
    }

    /// Creates what exists before backstay comes.
    pub(crate) async fn seed(&self, seed: &str) {
        let seed = Seed::parse(&self.fill(seed)).unwrap();
        seed.apply(&self.sandbox.endpoint()).await.unwrap();
    }

    /// The same estate for a run with another environment.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), Some(value.to_owned())));
        self
    }

    /// The same estate for a run in whose environment a name is missing.
    #[must_use]
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.environment.push((name.to_owned(), None));
        self
    }

    /// The same estate, whose runs have these credentials.
    #[must_use]
    pub(crate) fn signed_by(self, credentials: &Credentials) -> Self {
        self.with("AWS_ACCESS_KEY_ID", credentials.access_key_id())
            .with("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key())
            .with(
                "AWS_SESSION_TOKEN",
                credentials.session_token().unwrap_or_default(),
            )
    }

    /// Where the sandbox listens.
    pub(crate) fn endpoint(&self) -> String {
        self.sandbox.endpoint()
    }

    /// Takes back what was said about the environment.
    #[must_use]
    pub(crate) fn plain(mut self) -> Self {
        self.environment.clear();
        self
    }

    /// The program, ready to run in the posture's folder as the account's root.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_backstay"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(self.sandbox.environment())
            .env("AWS_ACCESS_KEY_ID", &self.account)
            .stdin(std::process::Stdio::null());
        for (name, value) in &self.environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }

    /// Runs the program to its end. Standard input is empty.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        let output = self.command(arguments).output().unwrap();
        self.ran(arguments, &output)
    }

    /// Runs the program with an answer on standard input.
    pub(crate) fn answer(&self, arguments: &[&str], answer: &str) -> Run {
        use std::io::Write;
        let mut child = self
            .command(arguments)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        // A run that ends before it asks closes the pipe.
        drop(child.stdin.take().unwrap().write_all(answer.as_bytes()));
        self.ran(arguments, &child.wait_with_output().unwrap())
    }

    fn ran(&self, arguments: &[&str], output: &std::process::Output) -> Run {
        let command = format!("backstay {}", arguments.join(" "));
        Run::new(command, output, |text| self.redact(text))
    }

    /// `plan --detailed-exitcode --json`.
    pub(crate) fn plan(&self) -> Run {
        self.run(&["plan", "--detailed-exitcode", "--json"])
    }

    /// `apply --auto-approve`, which has to succeed, after which nothing may be left to do.
    #[track_caller]
    pub(crate) fn settle(&self) -> Run {
        let applied = self.run(&["apply", "--auto-approve"]).exits(0);
        self.plan().exits(0);
        applied
    }

    /// Takes out of a text what differs from run to run.
    fn redact(&self, text: &str) -> String {
        let folder = self.folder.path().to_string_lossy().into_owned();
        let text = text
            .replace(&self.account, "ACCOUNT")
            .replace(&self.vault, "VAULT")
            .replace(&folder, "FOLDER")
            .replace(&self.sandbox.endpoint(), "ENDPOINT");
        // Of one width with what they stand for, where a line break may follow.
        let changing = [
            (r"\[request [^\]]*\]", "[request ID]"),
            (
                r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b",
                "00000000-0000-0000-0000-000000000000",
            ),
            (r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", "2000-01-01T00:00:00Z"),
            (r"(Applied on |removal is on )20\d\d-\d\d-\d\d", "${1}2000-01-01"),
            (r"\b(Backstay[A-Za-z]+?)[0-9a-f]{8}\b", "${1}00000000"),
        ];
        changing.iter().fold(text, |text, (pattern, instead)| {
            let pattern = regex::Regex::new(pattern).unwrap();
            pattern.replace_all(&text, *instead).into_owned()
        })
    }

    /// Clients of an account's root.
    pub(crate) fn root_of(&self, account: &str) -> Clients {
        self.clients(Credentials::new(account, ROOT_SECRET, None, None, "journey"))
    }

    /// Clients of the estate's own root.
    pub(crate) fn root(&self) -> Clients {
        self.root_of(&self.account)
    }

    /// Clients of somebody.
    pub(crate) fn clients(&self, credentials: Credentials) -> Clients {
        Clients::new(&self.sandbox.endpoint(), "us-east-1", credentials)
    }

    /// Makes a bucket in the first account, and gives its name.
    pub(crate) async fn bucket(&self, name: &str) -> String {
        let name = self.fill(name);
        let s3 = self.root().s3;
        s3.create_bucket().bucket(&name).send().await.unwrap();
        name
    }

    /// Makes requests of this estate fail.
    pub(crate) fn fault(&self, mut fault: Fault) {
        fault.account.get_or_insert_with(|| self.account.clone());
        self.sandbox.remote().fault(&fault).unwrap();
    }

    /// Ends this estate's faults.
    pub(crate) fn heal(&self) {
        for account in [&self.account, &self.vault] {
            self.sandbox.remote().clear_faults_of(account).unwrap();
        }
    }

    /// A place in the record of requests, to count from.
    pub(crate) fn mark(&self) -> u64 {
        self.sandbox
            .remote()
            .requests()
            .unwrap()
            .last()
            .map_or(0, |r| r.number)
    }

    /// What was asked in this estate's accounts after `mark`.
    pub(crate) fn asked(&self, mark: u64) -> Vec<Record> {
        let mut all = self.sandbox.remote().requests().unwrap();
        all.retain(|r| r.number > mark && (r.account == self.account || r.account == self.vault));
        all
    }

    /// The writes among them, as `service:operation resource`.
    pub(crate) fn written(&self, mark: u64) -> Vec<String> {
        self.asked(mark)
            .iter()
            .filter(|r| r.write)
            .map(|r| self.redact(&format!("{}:{} {}", r.service, r.operation, r.resource)))
            .collect()
    }
}
