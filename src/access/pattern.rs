//! Texts of a policy: wildcards and policy variables, matched against what is asked.

use super::glob::{covers, intersects};
use super::request::{Known, Request, Target};
use super::truth::Truth;
use std::borrow::Cow;

/// Stand for a `*` and a `?` that mean themselves; both are private characters of Unicode.
const STAR: char = '\u{F0000}';
const MARK: char = '\u{F0001}';

/// The text as a pattern that matches nothing but itself.
pub(super) fn literal(text: &str) -> Cow<'_, str> {
    if text.contains(['*', '?']) {
        Cow::Owned(
            text.replace('*', &STAR.to_string())
                .replace('?', &MARK.to_string()),
        )
    } else {
        Cow::Borrowed(text)
    }
}

/// A text of a policy.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    text: String,
    variables: bool,
}

/// A text with its variables filled in.
pub(super) struct Filled<'a> {
    /// What stands there, with `*` where a value is not known.
    pub(super) text: Cow<'a, str>,
    /// False when it holds a value that is not known.
    pub(super) certain: bool,
}

impl Pattern {
    /// Whether it takes in whatever there is.
    pub(super) fn is_everything(&self) -> bool {
        self.text == "*"
    }

    pub(super) fn new(text: &str, variables: bool) -> Self {
        Self {
            text: text.to_owned(),
            variables: variables && text.contains("${"),
        }
    }

    /// Without wildcards: for operators in which `*` means itself.
    pub(super) fn plain(text: &str, variables: bool) -> Self {
        let mut out = String::new();
        let mut rest = text;
        if variables {
            // `${*}` and `${?}` are read by `fill`, so that only what is outside of braces is changed here.
            while let Some((before, inside)) = rest.split_once("${") {
                let Some((name, after)) = inside.split_once('}') else {
                    break;
                };
                out.push_str(&literal(before));
                out.push_str("${");
                out.push_str(name);
                out.push('}');
                rest = after;
            }
        }
        out.push_str(&literal(rest));
        Self::new(&out, variables)
    }

    /// As the policy writes it.
    pub(super) fn written(&self) -> &str {
        &self.text
    }

    /// Fills in the variables; `None` when one of them is not in the request and has no default.
    pub(super) fn fill(&self, request: &Request<'_>) -> Option<Filled<'_>> {
        if !self.variables {
            return Some(Filled {
                text: Cow::Borrowed(&self.text),
                certain: true,
            });
        }
        let mut out = String::new();
        let mut certain = true;
        let mut rest = self.text.as_str();
        while let Some((before, inside)) = rest.split_once("${") {
            out.push_str(before);
            let Some((name, after)) = inside.split_once('}') else {
                out.push_str("${");
                rest = inside;
                continue;
            };
            rest = after;
            match name {
                "*" => out.push(STAR),
                "?" => out.push(MARK),
                "$" => out.push('$'),
                _ => {
                    let (key, default) = match name.split_once(',') {
                        Some((key, text)) => (key.trim(), Some(text.trim().trim_matches('\''))),
                        None => (name.trim(), None),
                    };
                    match &*request.known(&key.to_ascii_lowercase()) {
                        Known::Values(values) if values.len() == 1 => {
                            out.push_str(&literal(values.first()?));
                        }
                        Known::Values(values) if !values.is_empty() => return None,
                        Known::Values(_) | Known::Absent => out.push_str(&literal(default?)),
                        Known::Matching(_) | Known::Unknown => {
                            certain = false;
                            out.push('*');
                        }
                    }
                }
            }
        }
        out.push_str(rest);
        Some(Filled {
            text: Cow::Owned(out),
            certain,
        })
    }

    /// Whether it matches the text as a whole.
    pub(super) fn matches(&self, text: &str, request: &Request<'_>) -> Truth {
        let Some(filled) = self.fill(request) else {
            return Truth::No;
        };
        tempered(&filled, one(&filled.text, &literal(text)))
    }

    /// Whether it matches whatever `wider` matches.
    pub(super) fn matches_all(&self, wider: &str, request: &Request<'_>) -> Truth {
        let Some(filled) = self.fill(request) else {
            return Truth::No;
        };
        tempered(&filled, within(&filled.text, wider))
    }

    /// Whether it matches the ARN, segment by segment.
    pub(super) fn matches_arn(&self, text: &str, request: &Request<'_>) -> Truth {
        let Some(filled) = self.fill(request) else {
            return Truth::No;
        };
        tempered(&filled, arn(&filled.text, &literal(text), true))
    }

    /// Whether it takes in the target of a request where a `*` that ends a segment stands for colons too, as it does in the
    /// resources of a statement (IAM User Guide, "IAM JSON policy elements: Resource").
    pub(super) fn takes_in_beyond_colons(&self, target: &Target<'_>, request: &Request<'_>) -> Truth {
        let (Target::One(text) | Target::Within(text)) = target else {
            return Truth::No;
        };
        let Some(filled) = self.fill(request) else {
            return Truth::No;
        };
        let exact = matches!(target, Target::One(_));
        if !ends_a_segment_in_a_star(&filled.text) && (exact || !ends_a_segment_in_a_star(text)) {
            return Truth::No;
        }
        tempered(
            &filled,
            match exact {
                true => one(&filled.text, &literal(text)),
                false => within(&filled.text, text),
            },
        )
    }

    /// Whether it takes in the target of a request, segment by segment.
    pub(super) fn takes_in(&self, target: &Target<'_>, request: &Request<'_>) -> Truth {
        let Some(filled) = self.fill(request) else {
            return Truth::No;
        };
        tempered(
            &filled,
            match target {
                Target::One(text) => arn(&filled.text, &literal(text), true),
                Target::Within(text) => arn(&filled.text, text, false),
                Target::Nothing => Truth::from(filled.text.chars().all(|c| c == '*')),
            },
        )
    }
}

fn tempered(filled: &Filled<'_>, matched: Truth) -> Truth {
    if filled.certain {
        matched
    } else {
        matched.min(Truth::Maybe)
    }
}

/// An exact text against a pattern.
fn one(pattern: &str, text: &str) -> Truth {
    Truth::from(if pattern.contains(['*', '?']) {
        intersects(pattern, text)
    } else {
        pattern == text
    })
}

fn within(pattern: &str, wider: &str) -> Truth {
    if covers(pattern, wider) {
        Truth::Yes
    } else if intersects(pattern, wider) {
        Truth::Maybe
    } else {
        Truth::No
    }
}

/// Whether a segment of an ARN before that of the resource ends in a `*`.
fn ends_a_segment_in_a_star(arn: &str) -> bool {
    let mut segments = arn.splitn(6, ':').take(5);
    arn.starts_with("arn:") && segments.any(|segment| segment.ends_with('*'))
}

/// Wildcards stay within a segment of an ARN; a pattern that ends early goes on as `*`.
fn arn(pattern: &str, text: &str, exact: bool) -> Truth {
    if pattern == "*" {
        return Truth::Yes;
    }
    let compare = |p: &str, t: &str| if exact { one(p, t) } else { within(p, t) };
    if !text.starts_with("arn:") {
        // Not an ARN, or a pattern wider than one (`*`): compared as it stands.
        return compare(pattern, text);
    }
    let mut asked: Vec<&str> = text.splitn(6, ':').collect();
    if !exact && asked.last().is_some_and(|last| last.ends_with('*')) {
        asked.resize(6, "*");
    }
    let mut out = Truth::Yes;
    let mut parts = pattern.splitn(6, ':');
    for asked in asked {
        out = out.and(compare(parts.next().unwrap_or("*"), asked));
        if out == Truth::No {
            return out;
        }
    }
    // A pattern of more segments than the text has.
    if parts.next().is_some() { Truth::No } else { out }
}
