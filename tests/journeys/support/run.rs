//! One run of the program, and what it said.

use serde_json::Value as Json;
use std::process::Output;

/// How a run ended. Texts have the test's own numbers replaced, so that they can be compared.
#[derive(Debug)]
pub(crate) struct Run {
    /// As it was called, for messages.
    command: String,
    /// Exit code; `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Run {
    pub(super) fn new(command: String, output: &Output, redact: impl Fn(&str) -> String) -> Self {
        let text = |bytes: &[u8]| redact(std::str::from_utf8(bytes).expect("output is UTF-8"));
        Self {
            command,
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// Fails with everything that was said when the code is another one.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert!(
            self.code == Some(code),
            "{} ended with {:?} instead of {code}\n--- stdout\n{}\n--- stderr\n{}",
            self.command,
            self.code,
            self.stdout,
            self.stderr
        );
        self
    }

    /// Fails when standard output does not hold `text`.
    #[track_caller]
    pub(crate) fn prints(self, text: &str) -> Self {
        assert!(
            self.stdout.contains(text),
            "{} did not print {text:?}\n--- stdout\n{}\n--- stderr\n{}",
            self.command,
            self.stdout,
            self.stderr
        );
        self
    }

    /// Fails when standard error does not hold `text`; line breaks of wrapping count as blanks.
    #[track_caller]
    pub(crate) fn tells(self, text: &str) -> Self {
        let flat = |t: &str| {
            t.split_whitespace()
                .filter(|word| *word != "│")
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert!(
            flat(&self.stderr).contains(&flat(text)),
            "{} did not tell {text:?}\n--- stdout\n{}\n--- stderr\n{}",
            self.command,
            self.stdout,
            self.stderr
        );
        self
    }

    /// Standard output as one JSON value.
    #[track_caller]
    pub(crate) fn json(&self) -> Json {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}\n{}", self.stdout))
    }

    /// Standard output as one JSON value a line.
    #[track_caller]
    pub(crate) fn lines(&self) -> Vec<Json> {
        self.stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}\n{line}")))
            .collect()
    }

    /// The changes of `plan --json`, as `address: action attribute, attribute`.
    #[track_caller]
    pub(crate) fn changes(&self) -> Vec<String> {
        self.lines()
            .iter()
            .filter(|line| line["type"] == "planned_change")
            .map(|line| {
                let change = &line["change"];
                let paths: Vec<_> = change["attributes"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|a| a["path"].as_str().unwrap())
                    .collect();
                let (address, action) = (&change["address"], &change["action"]);
                format!(
                    "{}: {} {}",
                    address.as_str().unwrap(),
                    action.as_str().unwrap(),
                    paths.join(", ")
                )
            })
            .collect()
    }
}
