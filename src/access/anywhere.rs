//! Whether something is allowed on *any* part of what is asked about: what destroys a part destroys.

use super::decision::Decision;
use super::evaluate::{Environment, Guardrails, evaluate};
use super::glob::covers;
use super::policy::Policies;
use super::request::{Request, Target};
use std::collections::BTreeSet;

/// Stands for a name that no policy singles out.
const NOBODYS: &str = "zq9x7-unnamed";

/// The answer on the first part of what the target takes in that `enough` accepts, else on the whole.
///
/// [`evaluate`] answers about each resource alike, and so `Depends` wherever statements tell parts apart.
/// Here the parts that statements name, and one that none names, are tried too. A denial still means that
/// nothing of the target is allowed.
pub fn anywhere(
    request: &Request<'_>,
    environment: &Environment<'_>,
    enough: impl Fn(&Decision) -> bool,
) -> Decision {
    let whole = evaluate(request, environment);
    let Target::Within(wide) = request.target else {
        return whole;
    };
    if !whole.is_partial() || enough(&whole) {
        return whole;
    }
    for part in &parts(wide, request, environment) {
        let target = if part.contains(['*', '?']) {
            Target::Within(part)
        } else {
            Target::One(part)
        };
        let tried = evaluate(
            &Request {
                target,
                ..request.clone()
            },
            environment,
        );
        if enough(&tried) {
            return tried;
        }
    }
    whole
}

fn parts(wide: &str, request: &Request<'_>, environment: &Environment<'_>) -> BTreeSet<String> {
    let action = request.action.to_ascii_lowercase();
    let mut out = BTreeSet::from([unnamed(wide)]);
    for policies in layers(environment) {
        for rule in policies.rules.iter().filter(|r| r.speaks_of(&action)) {
            for filled in rule.named().filter_map(|p| p.fill(request)) {
                if filled.certain && &*filled.text != wide && covers(wide, &filled.text) {
                    out.insert(unnamed(&filled.text));
                    out.insert(filled.text.into_owned());
                }
            }
        }
    }
    out
}

fn unnamed(pattern: &str) -> String {
    pattern.replace('*', NOBODYS).replace('?', "q")
}

fn layers<'a>(environment: &Environment<'a>) -> Vec<&'a Policies> {
    let rails = [environment.scps, environment.rcps];
    let organization = rails.into_iter().flat_map(|rails| match rails {
        Guardrails::Levels(levels) => levels.as_slice(),
        Guardrails::None | Guardrails::Unknown => &[],
    });
    [
        Some(environment.identity),
        environment.boundary,
        environment.session,
        environment.resource,
    ]
    .into_iter()
    .flatten()
    .chain(organization)
    .collect()
}
