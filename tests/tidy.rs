//! What keeps the source tidy: the way of the data through the modules, who may write and print, sizes of
//! files, and tables that must agree with folders. Reads the source as text and runs nothing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a test that cannot go on should panic"
)]

use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Lines of a file before its unit tests.
const MOST_LINES: usize = 450;

/// Files that are longer, and why that is better than splitting them.
const LONGER: &[(&str, &str)] = &[
    (
        "src/model/number.rs",
        "one type, whose parsing, printing and arithmetic share its representation",
    ),
    (
        "src/model/value.rs",
        "one type, its marks and what can be asked of it",
    ),
    ("src/syntax/body.rs", "one recursive-descent parser"),
];

/// Names of modules that say nothing and collect everything.
const SAY_NOTHING: &[&str] = &[
    "base", "common", "core", "helper", "helpers", "manager", "misc", "shared", "stuff", "types_", "util",
    "utils",
];

/// A module of the library, a file in it or the name of a folder.
struct Source {
    /// From the repository's root, with `/`.
    path: String,
    text: String,
}

impl Source {
    /// The top-level module that it belongs to; `lib` for the crate's root.
    fn module(&self) -> &str {
        let inner = self.path.strip_prefix("src/").unwrap_or(&self.path);
        inner.split(['/', '.']).next().unwrap_or_default()
    }

    fn is_program(&self) -> bool {
        self.path.starts_with("src/bin/")
    }

    /// Whether the whole file is compiled for tests only.
    fn is_test(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        self.path.contains("/tests/") || ["tests.rs", "testing.rs", "cases.rs"].contains(&name)
    }

    /// The lines before the unit tests, numbered from 1.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines: Vec<_> = self.text.lines().collect();
        let end = lines
            .windows(2)
            .position(|pair| {
                pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod ") && pair[1].ends_with('{')
            })
            .unwrap_or(lines.len());
        lines
            .into_iter()
            .take(end)
            .enumerate()
            .map(|(i, line)| (i + 1, line))
    }

    /// The same without what only comments say.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines()
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &str, extensions: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|e| extensions.iter().any(|x| e == *x))
            {
                found.push(Source {
                    path: relative(&path),
                    text: fs::read_to_string(&path).unwrap(),
                });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root())
        .unwrap()
        .to_str()
        .unwrap()
        .replace('\\', "/")
}

fn sources() -> Vec<Source> {
    files("src", &["rs"])
}

fn lib() -> String {
    fs::read_to_string(root().join("src/lib.rs")).unwrap()
}

/// Fails with every complaint, not with the first.
fn none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// The modules in the order in which the crate's documentation lists them.
fn order() -> Vec<String> {
    let row = Regex::new(r"(?m)^//! \d+\. \[`(\w+)`\]").unwrap();
    row.captures_iter(&lib()).map(|c| c[1].to_owned()).collect()
}

/// `crate::x` for everything that a line names of the crate, groups in braces included.
fn imports(text: &str) -> Vec<String> {
    let single = Regex::new(r"\bcrate::(\w+)").unwrap();
    let group = Regex::new(r"\bcrate::\{").unwrap();
    let mut names: Vec<_> = single.captures_iter(text).map(|c| c[1].to_owned()).collect();
    for start in group.find_iter(text) {
        let mut depth = 1;
        let mut word = String::new();
        let mut first = true;
        for letter in text[start.end()..].chars() {
            match letter {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 1 && (letter.is_alphanumeric() || letter == '_') && first {
                word.push(letter);
            } else if !word.is_empty() {
                names.push(std::mem::take(&mut word));
                first = false;
            }
            if depth == 1 && letter == ',' {
                first = true;
            }
            if depth == 0 {
                break;
            }
        }
    }
    names
}

#[test]
fn imports_are_found() {
    assert_eq!(imports("use crate::diag::{Code, code};"), ["diag"]);
    assert_eq!(
        imports("use crate::{block, diag::{a, b}, word};"),
        ["block", "diag", "word"]
    );
    assert_eq!(imports("$crate::model::x(crate::plan::y)"), ["model", "plan"]);
}

#[test]
fn the_crates_documentation_lists_every_module() {
    let declared = Regex::new(r"(?m)^pub mod (\w+);").unwrap();
    let declared: BTreeSet<_> = declared.captures_iter(&lib()).map(|c| c[1].to_owned()).collect();
    let mut listed: BTreeSet<_> = order().into_iter().collect();
    listed.insert("sandbox".to_owned());
    assert_eq!(declared, listed);
}

#[test]
fn a_module_imports_only_from_those_before_it() {
    let order = order();
    let place = |module: &str| order.iter().position(|m| m == module);
    // Macros are exported at the crate's root, wherever they are written.
    let exported = Regex::new(r"#\[macro_export\]\s*macro_rules! (\w+)").unwrap();
    let sources = sources();
    let macros: BTreeMap<String, String> = sources
        .iter()
        .flat_map(|s| {
            exported
                .captures_iter(&s.text)
                .map(|c| (c[1].to_owned(), s.module().to_owned()))
        })
        .collect();
    let mut complaints = Vec::new();
    for source in sources.iter().filter(|s| !s.is_program() && s.module() != "lib") {
        let code: String = source.code().map(|(_, line)| format!("{line}\n")).collect();
        let own = source.module();
        for name in imports(&code) {
            let from = macros.get(&name).unwrap_or(&name).as_str();
            let allowed = match (place(own), place(from)) {
                _ if from == own => true,
                // The sandbox is AWS as far as a client can tell: it knows nothing of the product.
                _ if own == "sandbox" => from == "diag",
                (Some(own), Some(from)) => from < own,
                _ => false,
            };
            if !allowed {
                complaints.push(format!("{}: `{own}` must not import from `{from}`", source.path));
            }
        }
    }
    none(&complaints);
}

/// Complains about every line of code that `pattern` matches in a file that is not `allowed`.
fn only(pattern: &str, allowed: impl Fn(&Source) -> bool, why: &str) {
    let pattern = Regex::new(pattern).unwrap();
    let mut complaints = Vec::new();
    for source in sources().iter().filter(|s| !allowed(s) && !s.is_test()) {
        for (number, line) in source.code().filter(|(_, line)| pattern.is_match(line)) {
            complaints.push(format!("{}:{number}: {why}: {}", source.path, line.trim()));
        }
    }
    none(&complaints);
}

#[test]
fn only_kinds_and_sessions_know_the_sdk() {
    only(
        r"\baws_sdk_\w+",
        |s| ["aws", "kinds", "sandbox"].contains(&s.module()),
        "the SDK belongs to aws, kinds and sandbox",
    );
}

#[test]
fn only_apply_obtains_the_writing_half() {
    only(
        r"\.writer\(|Cloud::writer|Writer::new",
        |s| ["apply", "aws"].contains(&s.module()),
        "only apply may write to the cloud",
    );
    only(
        r"StoreWriter::(bucket|folder)",
        |s| s.module() == "apply",
        "only apply may write what is kept",
    );
    // The kinds are handed one, and have no way to make one.
    let kinds = sources()
        .into_iter()
        .filter(|s| s.module() == "kinds" && !s.is_test());
    let cloud = Regex::new(r"\bCloud\b").unwrap();
    for source in kinds {
        for (number, line) in source.code() {
            assert!(!cloud.is_match(line), "{}:{number}: {line}", source.path);
        }
    }
}

#[test]
fn only_the_program_prints_and_exits() {
    only(
        r"\be?print(ln)?!\(|process::exit|std::io::std(out|err)\(",
        Source::is_program,
        "printing and exiting belong to src/bin",
    );
    only(
        r"allow\(.*clippy::(print_std|exit|unwrap|expect_used|panic|indexing|string_slice)",
        |s| s.is_test(),
        "use `expect` with a reason",
    );
}

#[test]
fn files_are_short_enough_to_read() {
    let allowed: BTreeMap<_, _> = LONGER.iter().copied().collect();
    let mut complaints = Vec::new();
    for source in sources().iter().filter(|s| !s.is_test()) {
        let lines = source.lines().count();
        let listed = allowed.contains_key(source.path.as_str());
        if lines > MOST_LINES && !listed {
            complaints.push(format!(
                "{}: {lines} lines, more than {MOST_LINES}: split it",
                source.path
            ));
        }
        if lines <= MOST_LINES && listed {
            complaints.push(format!(
                "{}: {lines} lines, so its row in LONGER can go",
                source.path
            ));
        }
    }
    for path in allowed.keys().filter(|p| !root().join(p).is_file()) {
        complaints.push(format!("{path}: is in LONGER and does not exist"));
    }
    none(&complaints);
}

#[test]
fn names_of_modules_say_something() {
    let complaints: Vec<_> = sources()
        .iter()
        .filter(|s| {
            let path = s.path.trim_end_matches(".rs");
            path.split('/').any(|part| SAY_NOTHING.contains(&part))
        })
        .map(|s| format!("{}: name it for what it holds", s.path))
        .collect();
    none(&complaints);
}

#[test]
fn every_file_says_what_it_is() {
    let complaints: Vec<_> = sources()
        .iter()
        .chain(&files("tests", &["rs"]))
        .filter(|s| !s.text.starts_with("//!") && !s.is_test())
        .map(|s| format!("{}: has no `//!` at its top", s.path))
        .collect();
    none(&complaints);
}

/// Folders and files of kinds, their `mod` lines and the table agree, so that forgetting one fails.
#[test]
fn the_table_of_kinds_is_complete_and_sorted() {
    let name = Regex::new(r#"const NAME: &'static str = "(\w+)";"#).unwrap();
    let mut kinds = BTreeMap::new();
    for source in sources().iter().filter(|s| s.module() == "kinds") {
        if let Some(found) = name.captures(&source.text) {
            let module = source
                .path
                .trim_start_matches("src/kinds/")
                .split(['/', '.'])
                .next();
            kinds.insert(found[1].to_owned(), module.unwrap_or_default().to_owned());
        }
    }
    for (name, module) in &kinds {
        assert_eq!(name, module, "a kind's module is named as its block");
    }
    let declared = fs::read_to_string(root().join("src/kinds/mod.rs")).unwrap();
    for name in kinds.keys() {
        assert!(
            declared.contains(&format!("pub mod {name};\n")),
            "{name} has no `pub mod` line"
        );
    }
    let registry = fs::read_to_string(root().join("src/kinds/registry.rs")).unwrap();
    let table = Regex::new(r"(?s)pub static ALL: &\[&dyn AnyKind\] = &\[(.*?)\];").unwrap();
    let table = table.captures(&registry).unwrap()[1].to_owned();
    let row = Regex::new(r"&(\w+)").unwrap();
    let rows: Vec<_> = row.captures_iter(&table).map(|c| c[1].to_lowercase()).collect();
    let names: Vec<_> = kinds.into_keys().collect();
    assert_eq!(
        rows, names,
        "the table in src/kinds/registry.rs against the modules that are kinds"
    );
}

/// The map names every test binary, so a newcomer finds the one to extend.
#[test]
fn every_test_stands_on_the_map() {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let named = Regex::new(r"`(tests/\w+(?:/main)?\.rs)`").unwrap();
    let named: BTreeSet<_> = named.captures_iter(&map).map(|c| c[1].to_owned()).collect();
    let there: BTreeSet<_> = fs::read_dir(root().join("tests"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| if path.is_dir() { path.join("main.rs") } else { path })
        .filter(|path| path.extension().is_some_and(|e| e == "rs") && path.is_file())
        .map(|path| relative(&path))
        .collect();
    assert_eq!(named, there, "ARCHITECTURE.md against the folder tests");
}

#[test]
fn nothing_names_a_place_on_somebodys_machine() {
    // Written in pieces, as this file is read as well.
    let places = ["work", "tmp", "root", "Users"].map(|folder| format!("/{folder}/"));
    let mut read: Vec<Source> = [
        "src", "tests", "docs", "examples", "schemas", "scripts", "benches",
    ]
    .iter()
    .filter(|folder| root().join(folder).is_dir())
    .flat_map(|folder| files(folder, &["rs", "md", "hcl", "json", "py", "txt", "toml", "yml"]))
    .collect();
    let single: Vec<PathBuf> = fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "md" || e == "toml"))
        .collect();
    read.extend(single.iter().map(|path| Source {
        path: relative(path),
        text: fs::read_to_string(path).unwrap(),
    }));
    let mut complaints = Vec::new();
    for source in &read {
        for (number, line) in source.text.lines().enumerate() {
            for place in &places {
                let absolute = line.match_indices(place.as_str()).any(|(at, _)| {
                    // `a/tmp/` is somewhere else.
                    !line[..at].ends_with(|c: char| c.is_alphanumeric() || ".-_}*~)".contains(c))
                });
                if absolute {
                    complaints.push(format!("{}:{}: {}", source.path, number + 1, line.trim()));
                }
            }
        }
    }
    none(&complaints);
}
