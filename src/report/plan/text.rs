//! A plan as Terraform's users know it, with what a change means beside each attribute.

use super::policy;
use crate::model::approval::Danger;
use crate::model::{Action, AttributeChange, Direction, Observed};
use crate::plan::{Plan, ResourceChange, Summary};
use crate::report::{Style, escape};
use owo_colors::{AnsiColors, OwoColorize};
use serde_json::Value as Json;
use similar::{ChangeTag, TextDiff};
use std::borrow::Cow;
use std::fmt::Write;

/// The whole plan, the summary line last.
pub fn plan(plan: &Plan, style: Style) -> String {
    let mut out = String::new();
    let summary = plan.summary();
    if summary.is_clean() {
        let _ = writeln!(
            out,
            "{} {} compared with the live cloud, nothing differs.",
            paint("No changes.", AnsiColors::Green, style),
            count(plan.unchanged, "resource"),
        );
        return out;
    }
    if !summary.differs() && summary.unreadable == 0 {
        let _ = writeln!(
            out,
            "{} {} compared with the live cloud, nothing of them differs. Whether the project owns what no block declares \
             is not known: {}.",
            paint("No changes known.", AnsiColors::Red, style),
            count(plan.unchanged, "resource"),
            undiscovered(plan),
        );
        return out;
    }
    if !plan.steps.is_empty() || summary.policy > 0 {
        out.push_str("backstay will perform the following actions:\n\n");
    }
    for change in &plan.changes {
        resource(&mut out, plan, change, style);
    }
    policy::changes(&mut out, plan, style);
    summary_lines(&mut out, plan, &summary, style);
    policy::demands(&mut out, plan, style);
    out
}

fn resource(out: &mut String, plan: &Plan, change: &ResourceChange, style: Style) {
    let (verdict, sign, color) = match change.action {
        Action::Create => ("will be created", "+", AnsiColors::Green),
        Action::Update => ("will be updated in-place", "~", AnsiColors::Yellow),
        Action::Remove => ("will be destroyed", "-", AnsiColors::Red),
        Action::Release => ("will be released and left alone", ".", AnsiColors::Cyan),
        Action::NoOp if matches!(change.saw, Observed::Unreadable(_)) => {
            ("could not be read", "?", AnsiColors::Red)
        }
        Action::NoOp => ("differs in what backstay cannot change", "!", AnsiColors::Red),
    };
    let address = escape::line(&change.address.to_string());
    let _ = writeln!(out, "  # {} {verdict}", address.bold_if(style));
    let reason = match change.action {
        Action::Remove => Some("no block declares it any more, and it holds no data"),
        Action::Release => Some("no block declares it any more; it holds data, so it is never deleted"),
        _ => None,
    };
    if let Some(reason) = reason {
        let _ = writeln!(out, "  # ({reason})");
    }
    let _ = writeln!(
        out,
        "  {} {} {} {{",
        paint(sign, color, style),
        change.kind,
        escape::quoted(&change.ident),
    );
    let attributes: Vec<&AttributeChange> = plan.attributes_of(&change.address).collect();
    let width = attributes
        .iter()
        .filter(|a| !is_document(a))
        .map(|a| a.path.chars().count())
        .max()
        .unwrap_or(0);
    for attribute in attributes {
        one(out, attribute, change.action, width, style);
    }
    for finding in &change.findings {
        let _ = writeln!(
            out,
            "      {} {} = {}, but live is {} {}",
            paint("!", AnsiColors::Red, style),
            escape::line(&finding.path),
            scalar(&finding.want),
            scalar(&finding.have),
            paint(
                &format!("# {}", escape::line(&escape::shortened(&finding.why))),
                AnsiColors::Red,
                style
            ),
        );
    }
    for unreadable in &change.unreadable {
        let _ = writeln!(
            out,
            "      {} {}",
            paint("?", AnsiColors::Red, style),
            paint(
                &format!("# unknown: {}", escape::line(&escape::shortened(&unreadable.why))),
                AnsiColors::Red,
                style
            ),
        );
    }
    out.push_str("    }\n\n");
}

pub(super) fn one(out: &mut String, attribute: &AttributeChange, action: Action, width: usize, style: Style) {
    // What is being created had nothing before, whatever "off" is compared with.
    let nothing = Json::Null;
    let before = if action == Action::Create {
        &nothing
    } else {
        &attribute.before
    };
    let (sign, color) = match (before, &attribute.after) {
        (Json::Null, _) => ("+", AnsiColors::Green),
        (_, Json::Null) => ("-", AnsiColors::Red),
        _ => ("~", AnsiColors::Yellow),
    };
    let sign = paint(sign, color, style);
    let path = escape::line(&attribute.path);
    if is_document(attribute) {
        let _ = writeln!(out, "      {sign} {path} = {{{}", notes(attribute, style));
        document(out, attribute, style);
        out.push_str("        }\n");
        return;
    }
    let value = match (before, &attribute.after) {
        (Json::Null, after) => scalar(after),
        (before, Json::Null) => format!("{} -> null", scalar(before)),
        (before, after) => format!("{} -> {}", scalar(before), scalar(after)),
    };
    let _ = writeln!(
        out,
        "      {sign} {path:<width$} = {value}{}",
        notes(attribute, style)
    );
}

/// What the change means, as a comment behind it.
fn notes(attribute: &AttributeChange, style: Style) -> String {
    let mut out = String::new();
    let mut note = |text: String, color| {
        let _ = write!(
            out,
            " {}",
            paint(
                &format!("# {}", escape::line(&escape::shortened(&text))),
                color,
                style
            )
        );
    };
    let because = |what: &str, why: Option<&str>| match why {
        Some(why) => format!("{what}: {why}"),
        None => what.to_owned(),
    };
    match attribute.direction {
        Direction::Strengthens => note("strengthens".into(), AnsiColors::Green),
        Direction::Weakens => note(because("weakens", attribute.reason.as_deref()), AnsiColors::Red),
        Direction::Neutral => {
            if let Some(reason) = &attribute.reason {
                note(reason.clone(), AnsiColors::BrightBlack);
            }
        }
    }
    if let Some(why) = &attribute.irreversible {
        note(because("irreversible", Some(why)), AnsiColors::Magenta);
    }
    if let Some(what) = &attribute.disruptive {
        note(because("disruptive", Some(what)), AnsiColors::Magenta);
    }
    out
}

fn is_document(attribute: &AttributeChange) -> bool {
    let nested = |v: &Json| match v {
        Json::Object(map) => !map.is_empty(),
        Json::Array(items) => items.iter().any(|i| i.is_object() || i.is_array()),
        _ => false,
    };
    nested(&attribute.before) || nested(&attribute.after)
}

/// A document line by line: what goes, what comes, and a little of what stays.
fn document(out: &mut String, attribute: &AttributeChange, style: Style) {
    let (before, after) = (pretty(&attribute.before), pretty(&attribute.after));
    let diff = TextDiff::from_lines(&before, &after);
    for (at, group) in diff.grouped_ops(2).iter().enumerate() {
        if at > 0 {
            out.push_str("            ...\n");
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let line = escape::line(&escape::shortened(change.value().trim_end_matches('\n')));
            let _ = match change.tag() {
                ChangeTag::Delete => {
                    writeln!(out, "          {} {line}", paint("-", AnsiColors::Red, style))
                }
                ChangeTag::Insert => {
                    writeln!(out, "          {} {line}", paint("+", AnsiColors::Green, style))
                }
                ChangeTag::Equal => writeln!(out, "            {line}"),
            };
        }
    }
}

fn pretty(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        value => serde_json::to_string_pretty(value).unwrap_or_default() + "\n",
    }
}

fn scalar(value: &Json) -> String {
    match value {
        Json::Null => "null".into(),
        Json::String(text) => match escape::shortened(text) {
            Cow::Borrowed(whole) => escape::quoted(whole),
            // Without quotes: nobody should take it for the value.
            Cow::Owned(shortened) => escape::line(&shortened),
        },
        value => escape::line(&escape::shortened(&value.to_string())),
    }
}

fn summary_lines(out: &mut String, plan: &Plan, summary: &Summary, style: Style) {
    let mut line = format!(
        "{} to add, {} to change, {} to destroy",
        summary.add, summary.change, summary.remove
    );
    if summary.release > 0 {
        let _ = write!(line, ", {} to release", summary.release);
    }
    let _ = writeln!(out, "{} {line}.", "Plan:".bold_if(style));
    let mut warn = |n: usize, text: String, color| {
        if n > 0 {
            let _ = writeln!(out, "{}", paint(&text, color, style));
        }
    };
    warn(
        summary.weakens,
        match plan.policies.asks_for_signatures(Danger::Weaken) {
            // What it takes instead is said below.
            true => says(
                summary.weakens,
                "change weakens protection.",
                "changes weaken protection.",
            ),
            false => format!(
                "{} --allow-weaken=ADDRESS.",
                says(
                    summary.weakens,
                    "change weakens protection and needs",
                    "changes weaken protection and need"
                )
            ),
        },
        AnsiColors::Red,
    );
    warn(
        summary.irreversible,
        match plan.policies.asks_for_signatures(Danger::Irreversible) {
            true => says(
                summary.irreversible,
                "change can never be undone.",
                "changes can never be undone.",
            ),
            false => format!(
                "{} --allow-irreversible=ADDRESS.",
                says(
                    summary.irreversible,
                    "change can never be undone and needs",
                    "changes can never be undone and need"
                )
            ),
        },
        AnsiColors::Magenta,
    );
    warn(
        summary.disruptive,
        format!(
            "{}.",
            says(
                summary.disruptive,
                "change interrupts something",
                "changes interrupt something"
            )
        ),
        AnsiColors::Magenta,
    );
    warn(
        summary.by_hand,
        format!(
            "{} only be changed by hand.",
            says(
                summary.by_hand,
                "setting differs and can",
                "settings differ and can"
            )
        ),
        AnsiColors::Red,
    );
    warn(
        summary.unreadable,
        format!(
            "{} could not be read: the plan is incomplete and cannot be applied.",
            count(summary.unreadable, "thing")
        ),
        AnsiColors::Red,
    );
    warn(
        summary.undiscovered,
        format!(
            "Whether the project owns more that no block declares is not known: {}.",
            undiscovered(plan)
        ),
        AnsiColors::Red,
    );
}

/// Where it could not be looked for.
fn undiscovered(plan: &Plan) -> String {
    let places = plan.undiscovered.iter();
    let places: Vec<String> = places
        .map(|u| format!("{} in {}", escape::line(&u.kind), u.place.scope()))
        .collect();
    places.join(", ")
}

fn count(n: usize, what: &str) -> String {
    if n == 1 {
        format!("1 {what}")
    } else {
        format!("{n} {what}s")
    }
}

fn says(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

pub(super) fn paint(text: &str, color: AnsiColors, style: Style) -> String {
    if style.color {
        text.color(color).to_string()
    } else {
        text.to_owned()
    }
}

trait BoldIf {
    fn bold_if(&self, style: Style) -> String;
}

impl<T: AsRef<str>> BoldIf for T {
    fn bold_if(&self, style: Style) -> String {
        if style.color {
            self.as_ref().bold().to_string()
        } else {
            self.as_ref().to_owned()
        }
    }
}
