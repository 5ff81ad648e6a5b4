//! `docs/controls.md`, generated from the table so that it can't go stale.

use super::rule::Rule;
use super::rules::RULES;
use std::fmt::Write;

const INTRODUCTION: &str = "\
# Controls

What `backstay check` judges, beside drift. Generated from the table in `src/check/rules/mod.rs`.

A control **passes** or **fails** by facts that were read. It is **unknown** when one of those facts could not
be read: an unknown is never counted as clean. It **cannot be met** when no change to what exists meets it. A
failure that somebody accepts, with a reason, an owner and an expiry, is **exempt**.

The requirements named with a control are those that it is evidence *for*. Evidence is not compliance.

| severity | meaning |
|---|---|
| critical | Data is lost by an everyday mistake, or anybody can destroy it. |
| high | One plausible incident loses data. |
| medium | Protection is thinner than it looks. |
| low | Advice: protection holds without it. |
";

/// The whole page.
pub fn markdown() -> String {
    let mut out = INTRODUCTION.to_owned();
    out.push_str("\n| id | severity | fails when |\n|---|---|---|\n");
    for rule in RULES {
        // Writing to a String can't fail.
        let _ = writeln!(
            out,
            "| [{}](#{}) | {} | {} |",
            rule.id,
            rule.id.to_ascii_lowercase(),
            rule.severity,
            rule.title
        );
    }
    for rule in RULES {
        out.push_str(&section(rule));
    }
    out
}

fn section(rule: &Rule) -> String {
    format!(
        "\n## {}\n\n**{}** ({})\n\n{}\n\n*What to do:* {}\n\n*Evidence for:* {}\n",
        rule.id,
        rule.title,
        rule.severity,
        rule.doc,
        rule.remedy,
        rule.controls().join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_control_has_its_section() {
        let page = markdown();
        for rule in RULES {
            assert!(page.contains(&format!("\n## {}\n\n**{}**", rule.id, rule.title)));
            assert!(page.contains(rule.remedy));
        }
    }
}
