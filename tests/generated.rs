//! Pages and schemas that are made from the code and committed, so that they can be read and linked to
//! without running anything. `UPDATE=1 cargo test --test generated` writes them anew.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on should panic"
)]

use backstay::{check, config, evidence, kinds, report};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What stands between these two lines of `docs/language.md` is generated.
const MARKS: (&str, &str) = ("<!-- generated: blocks -->\n", "<!-- end of generated -->\n");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn generated() -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    for kind in kinds::ALL {
        files.insert(
            format!("docs/reference/{}.md", kind.name()),
            report::reference::kind(*kind),
        );
    }
    files.insert(
        "docs/reference/policy.md".to_owned(),
        report::reference::block(
            config::policy_schema(),
            "[Approvals](../approvals.md) shows how it is used.",
        ),
    );
    files.insert("docs/controls.md".to_owned(), check::docs::markdown());
    files.insert("docs/errors.md".to_owned(), report::reference::errors());
    files.insert(
        "docs/reference/functions.md".to_owned(),
        report::reference::functions(),
    );
    files.insert("docs/language.md".to_owned(), language());
    for (name, schema) in [
        ("plan", report::plan::json::schema()),
        ("check", check::schema()),
        ("prove", report::proof::schema()),
        ("audit", evidence::record::schema()),
        ("apply", report::apply::json::schema()),
        ("check", check::schema()),
        ("plan", report::plan::json::schema()),
    ] {
        files.insert(
            format!("schemas/{name}.schema.json"),
            format!("{:#}\n", schema.as_value()),
        );
    }
    files.insert(
        "schemas/language.schema.json".to_owned(),
        format!("{:#}\n", report::language::schema()),
    );
    files
        .into_iter()
        .map(|(path, text)| (root().join(path), text))
        .collect()
}

/// The page as it is, with the part between the marks made anew.
fn language() -> String {
    let page = fs::read_to_string(root().join("docs/language.md")).unwrap();
    let (before, rest) = page.split_once(MARKS.0).unwrap();
    let (_, after) = rest.split_once(MARKS.1).unwrap();
    let blocks = report::reference::blocks(&config::schemas());
    format!("{before}{}\n{blocks}{}{after}", MARKS.0, MARKS.1)
}

#[test]
fn what_is_generated_is_fresh() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut stale = Vec::new();
    for (path, wanted) in generated() {
        if fs::read_to_string(&path).is_ok_and(|text| text == wanted) {
            continue;
        }
        if update {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, wanted).unwrap();
        } else {
            stale.push(path.display().to_string());
        }
    }
    assert!(
        stale.is_empty(),
        "stale, so run `UPDATE=1 cargo test --test generated`:\n{}",
        stale.join("\n")
    );
}

/// A page of a kind that is gone, or a schema of a format that is.
#[test]
fn nothing_generated_is_left_over() {
    let wanted: BTreeSet<_> = generated().into_keys().collect();
    for folder in ["docs/reference", "schemas"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            assert!(wanted.contains(&path), "{} is made from nothing", path.display());
        }
    }
}

/// Links between pages, and to headings in them, lead somewhere.
#[test]
fn links_in_the_documentation_lead_somewhere() {
    let link = regex::Regex::new(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)").unwrap();
    let heading = regex::Regex::new(r"(?m)^#+ (.*)$").unwrap();
    let mut pages = vec![root().to_owned()];
    pages.extend(["docs", "docs/reference", "examples"].map(|folder| root().join(folder)));
    pages.extend(
        fs::read_dir(root().join("examples"))
            .unwrap()
            .map(|e| e.unwrap().path()),
    );
    let mut broken = Vec::new();
    for folder in pages.iter().filter(|p| p.is_dir()) {
        for entry in fs::read_dir(folder).unwrap() {
            let page = entry.unwrap().path();
            if page.extension().is_none_or(|e| e != "md") {
                continue;
            }
            let text = fs::read_to_string(&page).unwrap();
            for found in link.captures_iter(&text) {
                let (target, anchor) = (&found[1], found.get(2).map(|m| m.as_str()));
                if target.contains("://") || target.starts_with("mailto:") {
                    continue;
                }
                let file = if target.is_empty() {
                    page.clone()
                } else {
                    folder.join(target)
                };
                let there = file.exists();
                let anchored = there
                    && anchor.is_none_or(|anchor| {
                        let text = fs::read_to_string(&file).unwrap_or_default();
                        heading.captures_iter(&text).any(|h| slug(&h[1]) == anchor)
                    });
                if !anchored {
                    broken.push(format!("{}: {}", page.display(), &found[0]));
                }
            }
        }
    }
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

/// As GitHub makes anchors.
fn slug(heading: &str) -> String {
    heading
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || "-_ ".contains(*c))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}
