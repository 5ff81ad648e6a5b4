//! From evaluated blocks to desired resources: each kind decodes its own, then what one
//! resource contributes to another is handed over.

use super::{AnyKind, find, governed, guarded};
use crate::diag::{Diagnostic, Diagnostics, Location, Span, code};
use crate::model::desired::Contribution;
use crate::model::policy::Statement;
use crate::model::schema::EvaluatedBlock;
use crate::model::{Address, Desired, Place, PolicyPlace};
use std::collections::{BTreeMap, BTreeSet};

/// One resource block, evaluated.
#[derive(Debug, Clone)]
pub struct Declared<'a> {
    /// Its address.
    pub address: Address,
    /// Where its resource lives, as declared.
    pub place: Place,
    /// The account's own region, where resources live that know no regions.
    pub home: crate::model::Region,
    /// Its arguments.
    pub body: &'a EvaluatedBlock,
    /// Arguments that are not compared once the resource exists; `all` for every one that
    /// can be left out.
    pub ignored: Vec<String>,
    /// Whether it must not be released.
    pub guarded: bool,
    /// Where the policy of approvals is kept under which it stands.
    pub governed: Option<PolicyPlace>,
    /// What its expressions refer to.
    pub depends_on: Vec<Address>,
    /// Where it is declared.
    pub span: Span,
    /// The same by line and column.
    pub location: Location,
}

/// The resources of a posture, and which of them wait for a contribution of another.
#[derive(Debug, Default)]
pub struct Resources {
    /// Sorted by address.
    pub desired: Vec<Desired>,
    /// (who waits, for whom)
    pub derived: Vec<(Address, Address)>,
}

/// Decodes every block. Goes on after errors, so that all of them are reported.
pub fn decode(declared: &[Declared<'_>], diagnostics: &mut Diagnostics) -> Resources {
    let mut resources = BTreeMap::new();
    let mut statements: Vec<(Address, Address, Statement)> = Vec::new();
    let mut looks: Vec<(Address, Address, String)> = Vec::new();
    let mut derived = Vec::new();
    for block in declared {
        let Some(kind) = find(&block.address.kind) else {
            continue;
        };
        let place = placed(kind, block);
        let Some(decoded) = kind.decode(block.body, &place, diagnostics) else {
            continue;
        };
        let mut spec = decoded.spec;
        let mut kept_spec = kept_spec(kind, block, &place, diagnostics);
        if block.guarded {
            for spec in std::iter::once(&mut spec).chain(&mut kept_spec) {
                guarded::mark(kind, spec, &place);
            }
        }
        if let Some(place) = &block.governed {
            for spec in std::iter::once(&mut spec).chain(&mut kept_spec) {
                governed::mark(spec, place);
            }
        }
        let base = Desired {
            address: block.address.clone(),
            kind: kind.name().to_owned(),
            place: place.clone(),
            ident: decoded.ident,
            spec,
            kept_spec,
            depends_on: block.depends_on.clone(),
            span: Some(block.span),
            location: Some(block.location.clone()),
        };
        let contributed = match kind.contributions(&base.spec, &block.address.name, &place) {
            Ok(contributed) => contributed,
            Err(diagnostic) => {
                diagnostics.push(diagnostic.at(block.span));
                continue;
            }
        };
        for contribution in contributed {
            match contribution {
                Contribution::Statement { on, statement } => {
                    statements.push((on, block.address.clone(), *statement));
                }
                Contribution::Contents { of, prefix } => {
                    looks.push((of, block.address.clone(), prefix));
                }
                Contribution::Resource { part, kind, spec } => {
                    match part_of(&base, part, kind, spec, block) {
                        Ok(resource) => {
                            derived.push((base.address.clone(), resource.address.clone()));
                            resources.insert(resource.address.clone(), resource);
                        }
                        Err(diagnostic) => diagnostics.push(diagnostic.at(block.span)),
                    }
                }
            }
        }
        resources.insert(base.address.clone(), base);
    }
    let mut looked = BTreeSet::new();
    while let Some((of, from, prefix)) = looks.pop() {
        if !looked.insert((of.clone(), prefix.clone())) {
            continue;
        }
        let told = hand_over(&mut resources, &of, |kind, spec| {
            kind.look_into(spec, prefix.clone())
        });
        match told {
            // Where it is copied to is of interest too.
            Ok(true) => looks.extend(contents_of(&resources, &of)),
            Ok(false) => {
                let why = format!("{from} needs to know what {of} holds, which has no keys.");
                diagnostics.push(Diagnostic::error(code::CONFLICT, why).at(span_of(&resources, &of)));
            }
            Err(diagnostic) => diagnostics.push(*diagnostic),
        }
    }
    for (on, from, statement) in statements {
        let told = hand_over(&mut resources, &on, |kind, spec| {
            kind.accept(spec, statement.clone())
        });
        match told {
            // A statement may name what the contributor derives (a replication role), so the
            // receiver waits for that too.
            Ok(true) => {
                // The parts of a block are sorted right behind it.
                let parts = resources
                    .range(&from..)
                    .map(|(address, _)| address)
                    .skip_while(|a| **a == from)
                    .take_while(|a| a.block() == from);
                derived.extend(parts.map(|part| (on.clone(), part.clone())));
                derived.push((on, from));
            }
            Ok(false) => {
                let why = format!("{from} needs a statement in the policy of {on}, which has no policy.");
                diagnostics.push(Diagnostic::error(code::CONFLICT, why).at(span_of(&resources, &on)));
            }
            Err(diagnostic) => diagnostics.push(*diagnostic),
        }
    }
    let all = resources.values().flat_map(|r| r.depends_on.iter().cloned());
    for referred in all.collect::<BTreeSet<Address>>() {
        if let Err(diagnostic) = hand_over(&mut resources, &referred, |kind, spec| kind.referred_to(spec)) {
            diagnostics.push(*diagnostic);
        }
    }
    let desired: Vec<Desired> = resources.into_values().collect();
    same_identity_twice(&desired, diagnostics);
    Resources { desired, derived }
}

fn placed(kind: &dyn AnyKind, block: &Declared) -> Place {
    let mut place = block.place.clone();
    if kind.is_global() {
        place.region = block.home.clone();
    }
    place
}

/// The spec without what is ignored; `None` when nothing is.
fn kept_spec(
    kind: &dyn AnyKind,
    block: &Declared,
    place: &Place,
    diagnostics: &mut Diagnostics,
) -> Option<serde_json::Value> {
    if block.ignored.is_empty() {
        return None;
    }
    let schema = kind.schema();
    let required = |name: &str| {
        schema.attribute(name).is_some_and(|a| a.required) || schema.block(name).is_some_and(|b| b.required)
    };
    let all = block.ignored.iter().any(|i| i == "all");
    let mut body = block.body.clone();
    body.attributes
        .retain(|name, _| required(name) || !all && !block.ignored.contains(name));
    body.blocks
        .retain(|name, _| required(name) || !all && !block.ignored.contains(name));
    for name in &block.ignored {
        let known = schema.attribute(name).is_some() || schema.block(name).is_some();
        if name != "all" && (!known || required(name)) {
            diagnostics.push(
                Diagnostic::error(
                    code::INVALID_VALUE,
                    format!(
                        "ignore_changes names \"{name}\", which {}.",
                        if known {
                            "says what the resource is and cannot be ignored"
                        } else {
                            "is no argument of this block"
                        }
                    ),
                )
                .at(block.span),
            );
        }
    }
    kind.decode(&body, place, &mut Diagnostics::new())
        .map(|decoded| decoded.spec)
}

fn part_of(
    base: &Desired,
    part: &str,
    kind: &str,
    spec: serde_json::Value,
    block: &Declared,
) -> Result<Desired, Diagnostic> {
    let kind = find(kind)
        .ok_or_else(|| Diagnostic::error(code::INTERNAL, format!("there is no kind named {kind}.")))?;
    let place = placed(kind, block);
    let mut spec = spec;
    if let Some(kept) = &block.governed {
        governed::mark(&mut spec, kept);
    }
    Ok(Desired {
        address: base.address.with_part(part),
        kind: kind.name().to_owned(),
        ident: kind.ident(&spec, &place)?,
        place,
        spec,
        kept_spec: None,
        depends_on: Vec::new(),
        span: base.span,
        location: base.location.clone(),
    })
}

/// What a resource wants known of others' contents.
fn contents_of(resources: &BTreeMap<Address, Desired>, of: &Address) -> Vec<(Address, Address, String)> {
    let Some(resource) = resources.get(of) else {
        return Vec::new();
    };
    let contributed = find(&resource.kind)
        .and_then(|kind| kind.contributions(&resource.spec, &of.name, &resource.place).ok());
    let wanted = |c: Contribution| match c {
        Contribution::Contents { of: other, prefix } => Some((other, of.clone(), prefix)),
        Contribution::Statement { .. } | Contribution::Resource { .. } => None,
    };
    contributed.into_iter().flatten().filter_map(wanted).collect()
}

fn span_of(resources: &BTreeMap<Address, Desired>, of: &Address) -> Option<Span> {
    resources.get(of).and_then(|receiver| receiver.span)
}

/// Gives a resource what another contributes to it; false when it does not take such a thing.
fn hand_over(
    resources: &mut BTreeMap<Address, Desired>,
    on: &Address,
    give: impl Fn(&dyn AnyKind, &serde_json::Value) -> Result<Option<serde_json::Value>, Diagnostic>,
) -> Result<bool, Box<Diagnostic>> {
    let Some(receiver) = resources.get_mut(on) else {
        // The reference was checked when it was evaluated; its target failed to decode.
        return Ok(true);
    };
    let kind = find(&receiver.kind).ok_or_else(|| {
        Box::new(Diagnostic::error(
            code::INTERNAL,
            format!("there is no kind named {}.", receiver.kind),
        ))
    })?;
    if let Some(kept) = &receiver.kept_spec {
        receiver.kept_spec = give(kind, kept).map_err(Box::new)?;
    }
    match give(kind, &receiver.spec).map_err(Box::new)? {
        Some(spec) => {
            receiver.spec = spec;
            Ok(true)
        }
        None => Ok(false),
    }
}

/// Two blocks for one thing in the cloud would undo each other's changes for ever.
fn same_identity_twice(desired: &[Desired], diagnostics: &mut Diagnostics) {
    let mut first: BTreeMap<(&str, &Place, &str), &Desired> = BTreeMap::new();
    let mut told: BTreeSet<&Address> = BTreeSet::new();
    for resource in desired {
        let key = (resource.kind.as_str(), &resource.place, resource.ident.as_str());
        let Some(other) = first.get(&key) else {
            first.insert(key, resource);
            continue;
        };
        if told.insert(&resource.address) {
            let mut diagnostic = Diagnostic::error(
                code::DUPLICATE,
                format!(
                    "{} and {} both declare \"{}\".",
                    other.address, resource.address, resource.ident
                ),
            )
            .at(resource.span)
            .remedy("Declare each bucket, database or role in one block.");
            if let Some(span) = other.span {
                diagnostic = diagnostic.related(span, format!("{} is declared here", other.address));
            }
            diagnostics.push(diagnostic);
        }
    }
}
