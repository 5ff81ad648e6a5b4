//! What a change of a resource's own policy means for protection.

use crate::model::Judgement;
use crate::model::policy::{Document, Effect, Match, Statement};
use std::collections::BTreeSet;

/// Fewer grants and more refusals are more protection. `dangerous` are the actions, in lower case, whose
/// grant can end in the loss of what the resource protects.
pub(super) fn judge(have: Option<&Document>, want: &Document, dangerous: &[&str]) -> Judgement {
    let set =
        |d: &Document| -> BTreeSet<Statement> { d.statements.iter().map(Statement::canonical).collect() };
    let before = have.map(set).unwrap_or_default();
    let after = set(want);
    let gone: Vec<_> = before.difference(&after).collect();
    let new: Vec<_> = after.difference(&before).collect();

    let lifted = gone
        .iter()
        .filter(|s| s.effect == Effect::Deny)
        .find(|old| !after.iter().any(|s| covers(s, old)));
    if let Some(old) = lifted {
        return Judgement::weakens(format!(
            "a refusal is lifted or narrowed: {}",
            actions(&old.actions)
        ));
    }
    let granted = new
        .iter()
        .filter(|s| s.effect == Effect::Allow && grants_any(&s.actions, dangerous))
        .find(|s| !before.iter().any(|old| covers(old, s)));
    if let Some(statement) = granted {
        return Judgement::weakens(format!(
            "it grants what can delete or unprotect: {}",
            actions(&statement.actions)
        ));
    }
    let stronger =
        new.iter().any(|s| s.effect == Effect::Deny) || gone.iter().any(|s| s.effect == Effect::Allow);
    match stronger {
        true => Judgement::strengthens(),
        false => Judgement::neutral(),
    }
}

/// Whether `wide` says at least what `narrow` says, as far as that can be seen without a list of all actions.
fn covers(wide: &Statement, narrow: &Statement) -> bool {
    let holds = |wide: &Match, narrow: &Match| match (wide, narrow) {
        (Match::Only(wide), Match::Only(narrow)) => narrow.iter().all(|n| wide.iter().any(|w| matches(w, n))),
        (Match::AllBut(wide), Match::AllBut(narrow)) => wide.is_subset(narrow),
        _ => false,
    };
    let resources = match (&wide.resources, &narrow.resources) {
        (Some(wide), Some(narrow)) => holds(wide, narrow),
        (wide, narrow) => wide == narrow,
    };
    // Fewer conditions make an Allow wider and a Deny wider alike.
    let conditions = wide.conditions.is_empty() || wide.conditions == narrow.conditions;
    wide.effect == narrow.effect
        && wide.principals == narrow.principals
        && conditions
        && resources
        && holds(&wide.actions, &narrow.actions)
}

/// Whether a pattern takes in a name or another pattern, both taken literally where they are the same.
fn matches(pattern: &str, name: &str) -> bool {
    pattern == "*"
        || pattern == name
        || globset::GlobBuilder::new(pattern)
            .literal_separator(false)
            .build()
            // A `?` or `*` in the name is matched as if it were one character: never more than it says
            // for a pattern that ends with `*`, and for others only when the texts agree elsewhere.
            .is_ok_and(|glob| pattern.ends_with('*') && glob.compile_matcher().is_match(name))
}

/// Whether an action list takes in one of these actions.
pub(super) fn grants_any(actions: &Match, dangerous: &[&str]) -> bool {
    match actions {
        Match::AllBut(_) => true,
        Match::Only(set) => set.iter().any(|pattern| {
            let glob = globset::GlobBuilder::new(pattern)
                .case_insensitive(true)
                .build()
                .map(|g| g.compile_matcher());
            match glob {
                Ok(glob) => dangerous.iter().any(|action| glob.is_match(action)),
                // Not a pattern that can be read: think the worst of it.
                Err(_) => true,
            }
        }),
    }
}

fn actions(actions: &Match) -> String {
    let list = |set: &BTreeSet<String>| set.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    match actions {
        Match::Only(set) => list(set),
        Match::AllBut(set) => format!("everything but {}", list(set)),
    }
}
