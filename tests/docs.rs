//! The documentation is run. In a `console` block every line that begins with `$ ` is a command of a shell
//! session, and what stands below it has to be printed by it, in that order; `...` stands for anything.
//! A command is expected to end with 0, unless `$ echo $?` below it shows another code.
//!
//! Each page is one session in a copy of the repository's examples, with a sandbox of its own. What can't
//! be run here (installing, GitHub) stands in blocks of another kind.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stderr,
    reason = "a test that cannot go on should panic"
)]

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use backstay::sandbox::install;

/// One command, and what the page shows of its output.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    line: usize,
    command: String,
    shown: Vec<String>,
    code: i32,
}

/// The commands of a page.
fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    // Below `$ echo $?` stands the code of the command before it.
    let mut code_follows = false;
    for (number, line) in page.lines().enumerate() {
        if line.starts_with("```") {
            inside = line == "```console";
            code_follows = false;
        } else if !inside {
            // Prose.
        } else if line == "$ echo $?" {
            code_follows = true;
        } else if let Some(command) = line.strip_prefix("$ ") {
            code_follows = false;
            steps.push(Step {
                line: number + 1,
                command: command.to_owned(),
                shown: Vec::new(),
                code: 0,
            });
        } else if let Some(step) = steps.last_mut() {
            if code_follows {
                step.code = line.parse().unwrap();
            } else {
                step.shown.push(line.trim_end().to_owned());
            }
        }
    }
    steps
}

#[test]
fn pages_are_read() {
    let page = "x\n```console\n$ backstay plan\nNo changes.\n...\n$ echo $?\n2\n```\n```sh\n$ no\n```\n";
    let step = Step {
        line: 3,
        command: "backstay plan".into(),
        shown: vec!["No changes.".into(), "...".into()],
        code: 2,
    };
    assert_eq!(steps(page), [step]);
}

/// Whether the output has the lines that are shown, in order, with anything where `...` stands.
fn shows(output: &str, shown: &[String]) -> Result<(), String> {
    let mut lines = output.lines().map(str::trim_end);
    let mut anything = false;
    for wanted in shown {
        if wanted.trim() == "..." {
            anything = true;
            continue;
        }
        let found = if anything {
            lines.any(|line| line == wanted)
        } else {
            lines.next() == Some(wanted)
        };
        if !found {
            return Err(format!("does not print, at this place: {wanted}"));
        }
        anything = false;
    }
    match lines.next() {
        Some(more) if !anything && !shown.is_empty() => Err(format!("prints more than is shown: {more}")),
        _ => Ok(()),
    }
}

#[test]
fn output_is_compared_line_by_line() {
    let shown = |lines: &[&str]| lines.iter().map(|&l| l.to_owned()).collect::<Vec<_>>();
    assert!(shows("a\nb\nc\n", &shown(&["a", "...", "c"])).is_ok());
    assert!(shows("a\nb\nc\n", &shown(&["a", "..."])).is_ok());
    assert!(shows("a\nb\nc\n", &shown(&["a", "c"])).is_err());
    assert!(shows("a\nb\nc\n", &shown(&["a", "b"])).is_err());
    assert!(shows("a\nb\n", &[]).is_ok());
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// A folder to work in, a sandbox that nobody else sees, the program on the path.
struct Session {
    folder: tempfile::TempDir,
    script: String,
}

impl Session {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(
            &root().join("examples"),
            &folder.path().join("repository/examples"),
        );
        // The emulators are installed once for everybody, the note of a running sandbox is the session's.
        let installed = install::install(&mut |line| eprintln!("{line}")).unwrap();
        let cache = folder.path().join("cache");
        fs::create_dir(&cache).unwrap();
        symlink(
            installed.root(),
            cache.join(installed.root().file_name().unwrap()),
        )
        .unwrap();
        let mut script = String::new();
        for name in ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"] {
            let _ = writeln!(script, "unset {name}");
        }
        // However the session ends, nothing is left running.
        script.push_str("trap 'backstay sandbox down >/dev/null 2>&1' EXIT\n");
        Self { folder, script }
    }

    /// Runs commands before those of the page, which have to succeed.
    fn before(mut self, commands: &str) -> Self {
        let _ = writeln!(self.script, "set -e\n{commands}\nset +e");
        self
    }

    fn file(&self, at: usize, what: &str) -> PathBuf {
        self.folder.path().join(format!("{what}.{at}"))
    }

    /// Runs the commands of a page, all in one shell.
    fn run(mut self, page: &str) {
        let text = fs::read_to_string(root().join(page)).unwrap();
        let steps = steps(&text);
        assert!(
            steps.iter().any(|s| s.command.contains("backstay ")),
            "{page} has no command"
        );
        for (at, step) in steps.iter().enumerate() {
            // As on a terminal, where both streams are seen.
            let _ = writeln!(
                self.script,
                "{{ {}\n}} >'{}' 2>&1 <<< yes\necho $? >'{}'",
                step.command,
                self.file(at, "out").display(),
                self.file(at, "code").display()
            );
        }
        let program = Path::new(env!("CARGO_BIN_EXE_backstay"));
        let path = std::env::join_paths(
            [program.parent().unwrap().to_owned()]
                .into_iter()
                .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
        );
        let shell = Command::new("bash")
            .args(["-c", &self.script])
            .current_dir(self.folder.path().join("repository"))
            .env("PATH", path.unwrap())
            .env("BACKSTAY_CACHE", self.folder.path().join("cache"))
            .env("XDG_STATE_HOME", self.folder.path().join("state"))
            .env("SOURCE_DATE_EPOCH", "1796083200")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&shell.stderr);
        let mut complaints = Vec::new();
        for (at, step) in steps.iter().enumerate() {
            let read = |what| fs::read_to_string(self.file(at, what)).unwrap_or_default();
            let out = read("out");
            let code: Option<i32> = read("code").trim().parse().ok();
            let wrong = match code {
                None => Some("was not run".to_owned()),
                Some(code) if code != step.code => Some(format!("ended with {code}, not {}", step.code)),
                Some(_) => shows(&out, &step.shown).err(),
            };
            if let Some(wrong) = wrong {
                complaints.push(format!(
                    "{page}:{}: `{}` {wrong}\n--- it printed\n{out}",
                    step.line, step.command
                ));
            }
        }
        assert!(complaints.is_empty(), "\n{}\n{said}", complaints.join("\n\n"));
    }
}

/// A sandbox takes most of a gigabyte of memory, so there is one at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn page(page: &str, before: &str) {
    let _turn = ONE_AT_A_TIME
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    Session::new().before(before).run(page);
}

/// What an account looks like in which somebody has begun with the example.
const SEEDED: &str =
    "eval \"$(backstay sandbox up --seed examples/saas/sandbox/seed.hcl)\"\ncd examples/saas";

/// The same once it was applied, in the folder's own folder.
const APPLIED: &str = "eval \"$(backstay sandbox up --seed examples/saas/sandbox/seed.hcl)\"\n\
                       cd examples/saas\nbackstay apply --auto-approve\n\
                       backstay sandbox seed sandbox/rewritten.hcl";

#[test]
fn readme() {
    page("README.md", "true");
}

#[test]
fn laptop() {
    page("docs/laptop.md", "true");
}

/// The page has the posture in a folder beside the rest of a repository.
#[test]
fn ci() {
    let before = APPLIED.to_owned() + "\ncd ../..\nmv examples/saas posture";
    page("docs/ci.md", &before);
}

/// The workflow runs commands that the page itself runs.
#[test]
fn the_workflow_runs_what_the_page_runs() {
    let text = fs::read_to_string(root().join("docs/ci.md")).unwrap();
    let run: Vec<_> = steps(&text).into_iter().map(|s| s.command).collect();
    let (_, workflow) = text.split_once("```yaml\n").unwrap();
    let commands: Vec<_> = workflow
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("backstay "))
        .map(|line| line.split(['>', '|']).next().unwrap().trim())
        .collect();
    assert_eq!(commands.len(), 3, "{commands:?}");
    for command in commands {
        assert!(
            run.iter().any(|r| r.starts_with(command)),
            "`{command}` is not run by the page"
        );
    }
}

#[test]
fn audit() {
    page("docs/audit.md", APPLIED);
}

#[test]
fn prove() {
    page("docs/prove.md", "true");
}

#[test]
fn how_it_works() {
    page("docs/how-it-works.md", SEEDED);
}

/// What the page's own posture says, and the bucket that it keeps things in.
#[test]
fn shared_use() {
    let text = fs::read_to_string(root().join("docs/shared-use.md")).unwrap();
    let (_, rest) = text.split_once("```hcl\n").unwrap();
    let (posture, _) = rest.split_once("```").unwrap();
    let before = format!(
        "mkdir acme\ncd acme\ncat > main.hcl <<'END'\n{posture}END\n\
         echo 's3_bucket \"acme-backstay\" {{}}' > ../seed\n\
         eval \"$(backstay sandbox up --seed ../seed)\""
    );
    page("docs/shared-use.md", &before);
}

/// What the page's own posture says, and the keys of three people.
#[test]
fn approvals() {
    let text = fs::read_to_string(root().join("docs/approvals.md")).unwrap();
    let (_, rest) = text.split_once("```hcl\n").unwrap();
    let (posture, _) = rest.split_once("```").unwrap();
    // The reader's own key is Alice's.
    let before = format!(
        "eval \"$(backstay sandbox up)\"\nexport HOME=$PWD/home\nmkdir -p home/.ssh acme/approvers\n\
         ssh-keygen -q -t ed25519 -N '' -C alice -f home/.ssh/id_ed25519\n\
         cd acme\ncat > main.hcl <<'END'\n{posture}END\n\
         for name in bob carol; do ssh-keygen -q -t ed25519 -N '' -C $name -f ${{name}}s_key; done\n\
         mv bobs_key.pub approvers/bob.pub\nmv carols_key.pub approvers/carol.pub\n\
         cp ../home/.ssh/id_ed25519.pub approvers/alice.pub"
    );
    page("docs/approvals.md", &before);
}

/// A page that is not run is a page that rots.
#[test]
fn every_page_with_commands_is_run() {
    let run = [
        "README.md",
        "docs/laptop.md",
        "docs/ci.md",
        "docs/audit.md",
        "docs/how-it-works.md",
        "docs/prove.md",
        "docs/shared-use.md",
        "docs/approvals.md",
    ];
    let mut pages = vec![root().to_owned(), root().join("docs"), root().join("examples")];
    pages.extend(
        fs::read_dir(root().join("examples"))
            .unwrap()
            .map(|e| e.unwrap().path()),
    );
    for folder in pages.iter().filter(|p| p.is_dir()) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "md")
                && !steps(&fs::read_to_string(&path).unwrap()).is_empty()
            {
                let name = path.strip_prefix(root()).unwrap().to_str().unwrap();
                assert!(run.contains(&name), "{name} has commands that nothing runs");
            }
        }
    }
}
