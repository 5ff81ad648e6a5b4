//! Documents made ready for many questions.

use super::condition::Test;
use super::decision::Open;
use super::glob;
use super::pattern::Pattern;
use super::principal::{Matched, Names};
use super::request::{Caller, Request};
use super::truth::Truth;
use crate::model::policy::{BadPolicy, Document, Effect, Match, Statement, VERSION};
use std::sync::Arc;

/// Actions, in lower case.
#[derive(Debug, Clone)]
struct Actions {
    negated: bool,
    patterns: Vec<String>,
    written: Vec<String>,
}

impl Actions {
    fn new(actions: &Match) -> Self {
        let (negated, list) = match actions {
            Match::Only(list) => (false, list),
            Match::AllBut(list) => (true, list),
        };
        Self {
            negated,
            patterns: list.iter().map(|a| a.to_ascii_lowercase()).collect(),
            written: list.iter().cloned().collect(),
        }
    }

    fn takes_in(&self, action: &str) -> Truth {
        let set = action.contains(['*', '?']);
        let found = Truth::any(self.patterns.iter().map(|p| {
            if p == "*" || p == action || glob::covers(p, action) {
                Truth::Yes
            } else if set && glob::intersects(p, action) {
                Truth::Maybe
            } else {
                Truth::No
            }
        }));
        if self.negated { !found } else { found }
    }
}

/// One statement, made ready.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) document: Arc<str>,
    /// From 1.
    pub(super) index: usize,
    pub(super) sid: Option<String>,
    pub(super) effect: Effect,
    pub(super) names: Option<Names>,
    actions: Actions,
    resources: Option<(bool, Vec<Pattern>)>,
    conditions: Vec<Test>,
}

/// How far a statement applies, and what that hangs on.
pub(super) struct Applied {
    pub(super) truth: Truth,
    pub(super) matched: Matched,
    pub(super) open: Vec<Open>,
}

impl Rule {
    fn new(document: &Arc<str>, index: usize, statement: &Statement, variables: bool) -> Self {
        let resources = statement.resources.as_ref().map(|resources| {
            let (negated, list) = match resources {
                Match::Only(list) => (false, list),
                Match::AllBut(list) => (true, list),
            };
            (negated, list.iter().map(|r| Pattern::new(r, variables)).collect())
        });
        let conditions = statement
            .conditions
            .iter()
            .flat_map(|(op, keys)| {
                keys.iter()
                    .map(move |(key, values)| Test::new(op, key, values, variables))
            })
            .collect();
        Self {
            document: Arc::clone(document),
            index,
            sid: statement.sid.clone(),
            effect: statement.effect,
            names: statement.principals.as_ref().map(Names::new),
            actions: Actions::new(&statement.actions),
            resources,
            conditions,
        }
    }

    /// Whether it says anything about the action, in lower case.
    pub(super) fn speaks_of(&self, action: &str) -> bool {
        self.actions.takes_in(action) != Truth::No
    }

    /// Its actions as written; `None` for all but what a `NotAction` lists.
    pub(super) fn actions(&self) -> Vec<Option<&str>> {
        if self.actions.negated {
            return vec![None];
        }
        self.actions.written.iter().map(|a| Some(a.as_str())).collect()
    }

    /// Its resources; `None` for all but what a `NotResource` lists, and where none is named.
    pub(super) fn resources(&self) -> Vec<Option<&Pattern>> {
        match &self.resources {
            Some((false, list)) => list.iter().map(Some).collect(),
            Some((true, _)) | None => vec![None],
        }
    }

    /// Every resource that it names, to mean it or to leave it out.
    pub(super) fn named(&self) -> impl Iterator<Item = &Pattern> {
        self.resources.iter().flat_map(|(_, list)| list)
    }

    /// Whether it hangs on a condition.
    pub(super) fn is_conditional(&self) -> bool {
        !self.conditions.is_empty()
    }

    /// Whether it applies to the request, whose action is given in lower case.
    pub(super) fn applies(&self, action: &str, request: &Request<'_>) -> Option<Applied> {
        let mut truth = self.actions.takes_in(action);
        if truth == Truth::No {
            return None;
        }
        let mut open = Vec::new();
        if truth == Truth::Maybe {
            open.push(Open::Actions);
        }
        if let Some((negated, patterns)) = &self.resources {
            let found = self.found(*negated, patterns, request);
            // AWS does not say what a variable without a value means in a NotResource.
            let blank = *negated && patterns.iter().any(|p| p.fill(request).is_none());
            let found = if blank { found.max(Truth::Maybe) } else { found };
            let found = if *negated { !found } else { found };
            truth = truth.and(found);
            if truth == Truth::No {
                return None;
            }
            if found == Truth::Maybe {
                open.push(Open::Resources);
            }
        }
        let matched = self
            .names
            .as_ref()
            .map_or_else(Matched::default, |n| n.matched(request.caller, self.effect));
        if self.names.is_some() {
            let who = matched.any();
            truth = truth.and(who);
            if truth == Truth::No {
                return None;
            }
            if who == Truth::Maybe {
                open.push(Open::Caller);
            }
        }
        for test in &self.conditions {
            let holds = test.holds(request);
            truth = truth.and(holds);
            if truth == Truth::No {
                return None;
            }
            if holds == Truth::Maybe {
                open.push(test.open());
            }
        }
        Some(Applied { truth, matched, open })
    }

    /// Whether one of its resources takes in what is asked about. That a `*` goes on behind a colon is told of what a statement
    /// means: it may grant, and whether it also forbids or leaves out is not relied on.
    fn found(&self, negated: bool, patterns: &[Pattern], request: &Request<'_>) -> Truth {
        let target = &request.target;
        let within = Truth::any(patterns.iter().map(|p| p.takes_in(target, request)));
        if within == Truth::Yes {
            return within;
        }
        let beyond = Truth::any(patterns.iter().map(|p| p.takes_in_beyond_colons(target, request)));
        let grants = self.effect == Effect::Allow && !negated;
        within.or(if grants { beyond } else { beyond.min(Truth::Maybe) })
    }
}

/// Whether the actions of a statement take in this one, in any case and with wildcards.
pub fn takes_in(actions: &Match, action: &str) -> Truth {
    Actions::new(actions).takes_in(&action.to_ascii_lowercase())
}

/// Documents of one layer (all identity policies of a role, a bucket's policy), made ready.
///
/// What could not be read is counted in: it may allow and it may deny.
#[derive(Debug, Clone, Default)]
pub struct Policies {
    pub(super) rules: Vec<Rule>,
    pub(super) unread: Vec<String>,
    notes: Vec<String>,
}

impl Policies {
    /// No document at all.
    pub fn none() -> Self {
        Self::default()
    }

    /// Something that nobody could read, by a name for it.
    pub fn unread(name: impl Into<String>) -> Self {
        let mut out = Self::default();
        out.add_unread(name);
        out
    }

    /// Allows everything: the identity side of somebody who rules an account of their own.
    pub fn everything(name: &str) -> Self {
        Self::default().with(
            name,
            &Document::new([Statement::new(Effect::Allow, ["*"], ["*"])]),
        )
    }

    /// One more document, under a name for explanations.
    #[must_use]
    pub fn with(mut self, name: &str, document: &Document) -> Self {
        self.add(name, document);
        self
    }

    /// One more document, under a name for explanations.
    pub fn add(&mut self, name: &str, document: &Document) {
        let name: Arc<str> = name.into();
        let variables = document.version == VERSION;
        for (n, statement) in document.statements.iter().enumerate() {
            let rule = Rule::new(&name, n + 1, statement, variables);
            for test in rule.conditions.iter().filter(|t| t.is_unheard()) {
                self.notes.push(format!(
                    "{name}, statement {}: unknown operator in `{}`",
                    n + 1,
                    test.open()
                ));
            }
            if let Some(names) = &rule.names {
                self.notes.extend(
                    names
                        .notes()
                        .map(|note| format!("{name}, statement {}: {note}", n + 1)),
                );
            }
            self.rules.push(rule);
        }
    }

    /// One more document as the cloud returned it; a malformed one counts as unread.
    pub fn add_parsed(&mut self, name: &str, document: Result<&Document, &BadPolicy>) {
        match document {
            Ok(document) => self.add(name, document),
            Err(bad) => self.add_unread(format!("{name} ({bad})")),
        }
    }

    /// Something more that could not be read.
    pub fn add_unread(&mut self, name: impl Into<String>) {
        self.unread.push(name.into());
    }

    /// What a person should know of these documents: unknown operators, principals that are gone.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Whether the action (in any case) could be allowed on something to somebody; reads no condition.
    pub fn could_allow(&self, action: &str) -> bool {
        let action = action.to_ascii_lowercase();
        !self.unread.is_empty()
            || self
                .rules
                .iter()
                .any(|r| r.effect == Effect::Allow && r.speaks_of(&action))
    }

    /// The same of a resource policy, for one caller: false when nothing in it could mean that one.
    pub fn could_allow_to(&self, action: &str, caller: &Caller) -> bool {
        self.could_match(action, caller, Matched::any)
    }

    /// The same, for a caller whose own policies allow nothing: false when that one is meant at most as
    /// somebody of its account.
    pub fn could_allow_alone(&self, action: &str, caller: &Caller) -> bool {
        self.could_match(action, caller, |matched| matched.direct.or(matched.role))
    }

    fn could_match(&self, action: &str, caller: &Caller, by: impl Fn(Matched) -> Truth) -> bool {
        let action = action.to_ascii_lowercase();
        !self.unread.is_empty()
            || self.rules.iter().any(|r| {
                r.effect == Effect::Allow
                    && r.speaks_of(&action)
                    && r.names
                        .as_ref()
                        .is_some_and(|n| by(n.matched(caller, Effect::Allow)) != Truth::No)
            })
    }

    /// Whether it keeps nobody from the action (in any case) on anything: it allows it without exception, and denies it
    /// nowhere.
    pub fn leaves(&self, action: &str) -> bool {
        let action = action.to_ascii_lowercase();
        let allows = |rule: &Rule| {
            let everything =
                matches!(&rule.resources, Some((false, list)) if list.iter().any(Pattern::is_everything));
            rule.effect == Effect::Allow
                && everything
                && !rule.is_conditional()
                && rule.actions.takes_in(&action) == Truth::Yes
        };
        let denies = |rule: &Rule| rule.effect == Effect::Deny && rule.speaks_of(&action);
        self.unread.is_empty() && self.rules.iter().any(allows) && !self.rules.iter().any(denies)
    }

    /// What is left when nothing is denied.
    #[must_use]
    pub fn without_denials(&self) -> Self {
        let allows = |rule: &&Rule| rule.effect == Effect::Allow;
        Self {
            rules: self.rules.iter().filter(allows).cloned().collect(),
            ..self.clone()
        }
    }

    /// Only what says anything about one of these actions: the same answers, found faster.
    #[must_use]
    pub fn narrowed(&self, actions: &[&str]) -> Self {
        let actions: Vec<String> = actions.iter().map(|a| a.to_ascii_lowercase()).collect();
        let speaks = |rule: &&Rule| actions.iter().any(|a| rule.speaks_of(a));
        Self {
            rules: self.rules.iter().filter(speaks).cloned().collect(),
            unread: self.unread.clone(),
            notes: self.notes.clone(),
        }
    }
}
