//! The blocks `objective` and `scenario`.

use super::body::evaluate_body;
use super::eval::{Scope, did_you_mean};
use super::posture::{Declared, Exemption};
use crate::diag::{Diagnostic, Diagnostics, Span, code};
use crate::model::objective::{
    Bound, CopiesRule, Extent, Holds, Objective, Origin, Preset, Published, Scenario, scenarios,
};
use crate::model::schema::{Block as _, BlockSchema, EvaluatedBlock, Reference};
use crate::model::{Address, Duration};
use crate::syntax::ast::Block;
use std::sync::LazyLock;

crate::block! {
    /// How much loss and downtime is acceptable for some data, and which disasters it has to survive.
    /// `backstay prove` answers whether it holds, from what is live.
    #[labels(label)]
    struct ObjectiveBlock {
        /// An objective to start from; what is written beside it takes precedence.
        preset: Option<Preset>,
        /// The databases and buckets that it is for, by reference.
        protects: Vec<Reference>,
        /// Recovery point objective: at most so much may be lost.
        rpo: Option<Bound>,
        /// Recovery time objective: serving again after at most so long. Only a drill can show it.
        rto: Option<Bound>,
        /// How far back one must be able to go.
        reach: Option<Duration>,
        /// The disasters, by name. `backstay prove --scenarios` lists them.
        survives: Option<Vec<String>>,
        /// How often a restore has to be rehearsed; 90 days unless written.
        tested_every: Option<Duration>,
        /// How many copies there have to be, and how far apart.
        copies: Option<CopiesBlock>,
        /// What customers are told. It may never be tighter than the objective itself.
        publish: Option<PublishBlock>,
    }
}

crate::block! {
    /// How many copies, the data itself included. The 3-2-1-1-0 rule is
    /// `total = 3`, `mechanisms = 2`, `accounts = 2`, `immutable = 1`, `tested = 1`.
    struct CopiesBlock {
        /// Copies in all.
        total: Option<u32>,
        /// Different ways of keeping them.
        mechanisms: Option<u32>,
        /// Different regions.
        regions: Option<u32>,
        /// Different accounts.
        accounts: Option<u32>,
        /// Different providers.
        clouds: Option<u32>,
        /// Copies that nobody can shorten or delete for now.
        immutable: Option<u32>,
        /// Copies that a drill has restored.
        tested: Option<u32>,
    }
}

crate::block! {
    /// What customers are told.
    struct PublishBlock {
        /// At most so much is lost.
        rpo: Option<Bound>,
        /// Back after at most so long.
        rto: Option<Bound>,
    }
}

crate::block! {
    /// A disaster of your own, beside those that every posture knows.
    #[labels(label)]
    struct ScenarioBlock {
        /// One sentence for reports.
        summary: String,
        /// What it destroys of its own accord.
        destroys: Extent,
        /// Whose credentials an attacker holds; leave it out for an accident.
        holds: Option<Holds>,
        /// Further roles or users that the attacker holds, by reference or ARN.
        identities: Option<Vec<Reference>>,
        /// How long until somebody notices; at once unless written.
        noticed_after: Option<Duration>,
    }
}

static OBJECTIVE: LazyLock<BlockSchema> = LazyLock::new(|| ObjectiveBlock::schema("objective"));
static SCENARIO: LazyLock<BlockSchema> = LazyLock::new(|| ScenarioBlock::schema("scenario"));

/// The schemas of these blocks.
pub(super) fn schemas() -> [&'static BlockSchema; 2] {
    [&OBJECTIVE, &SCENARIO]
}

fn body(
    block: &Block,
    schema: &BlockSchema,
    scope: &Scope<'_>,
    diagnostics: &mut Diagnostics,
) -> EvaluatedBlock {
    evaluate_body(
        &block.body,
        block.header,
        &block.labels,
        schema,
        &[],
        scope,
        diagnostics,
    )
}

fn place(body: &EvaluatedBlock, attribute: &str) -> Span {
    body.attributes.get(attribute).map_or(body.span, |a| a.span)
}

pub(super) fn objective(
    block: &Block,
    scope: &Scope<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Declared<Objective>> {
    let body = body(block, &OBJECTIVE, scope, diagnostics);
    let decoded = ObjectiveBlock::decode(&body, diagnostics)?;
    let mut objective = match decoded.preset {
        Some(preset) => preset.objective(),
        None => Objective {
            name: String::new(),
            protects: Vec::new(),
            rpo: None,
            rto: None,
            reach: None,
            survives: Vec::new(),
            copies: CopiesRule::default(),
            publish: None,
            tested_every: None,
            location: None,
        },
    };
    objective.name = decoded.label;
    objective.protects = protected(&decoded.protects, place(&body, "protects"), diagnostics);
    objective.rpo = decoded.rpo.or(objective.rpo);
    objective.rto = decoded.rto.or(objective.rto);
    objective.reach = decoded.reach.or(objective.reach);
    // An absent list reads as an empty one; only what is written takes the preset's place.
    if body.attributes.contains_key("survives") {
        objective.survives = decoded.survives.unwrap_or_default();
    }
    objective.tested_every = decoded.tested_every.or(objective.tested_every);
    if let Some(copies) = &decoded.copies {
        fill(&mut objective.copies, copies);
    }
    objective.publish = decoded.publish.map(|p| Published {
        rpo: p.rpo,
        rto: p.rto,
    });
    published_is_weaker(&objective, block.header, diagnostics);
    if objective.survives.is_empty() && objective.copies == CopiesRule::default() {
        diagnostics.push(
            Diagnostic::error(
                code::MISSING_ATTRIBUTE,
                format!(
                    "objective \"{}\" names no disaster and asks for no copies: there is nothing to prove.",
                    objective.name
                ),
            )
            .at(block.header)
            .remedy("Add survives = [\"region_outage\", …], or start from preset = \"b2b_saas\"."),
        );
    }
    Some(Declared {
        what: objective,
        span: block.header,
    })
}

fn protected(references: &[Reference], place: Span, diagnostics: &mut Diagnostics) -> Vec<Address> {
    if references.is_empty() {
        diagnostics.push(
            Diagnostic::error(code::INVALID_VALUE, "protects names nothing.")
                .at(place)
                .remedy("Name the databases and buckets: protects = [rds_instance.app]."),
        );
    }
    let mut all = Vec::new();
    for reference in references {
        match &reference.address {
            Some(address) => all.push(address.clone()),
            None => diagnostics.push(
                Diagnostic::error(
                    code::INVALID_VALUE,
                    format!(
                        "\"{}\" is no resource of this posture.",
                        reference.name.as_deref().unwrap_or("This")
                    ),
                )
                .at(place)
                .remedy("Declare it as a block, and refer to the block without quotes."),
            ),
        }
    }
    all
}

fn fill(rule: &mut CopiesRule, written: &CopiesBlock) {
    let pairs = [
        (&mut rule.total, written.total),
        (&mut rule.mechanisms, written.mechanisms),
        (&mut rule.regions, written.regions),
        (&mut rule.accounts, written.accounts),
        (&mut rule.clouds, written.clouds),
        (&mut rule.immutable, written.immutable),
        (&mut rule.tested, written.tested),
    ];
    for (into, value) in pairs {
        if let Some(value) = value {
            *into = value;
        }
    }
}

/// A promise to customers that is tighter than what is built for will be broken.
fn published_is_weaker(objective: &Objective, place: Span, diagnostics: &mut Diagnostics) {
    let Some(publish) = objective.publish else { return };
    for (name, engineered, published) in [
        ("rpo", objective.rpo, publish.rpo),
        ("rto", objective.rto, publish.rto),
    ] {
        let Some(published) = published else { continue };
        if engineered.is_some_and(|ours| ours.implies(published)) {
            continue;
        }
        let ours = engineered.map_or("nothing".to_owned(), |b| format!("\"{b}\""));
        diagnostics.push(
            Diagnostic::error(
                code::CONFLICT,
                format!(
                    "objective \"{}\" publishes {name} = \"{published}\", but is built for {ours}.",
                    objective.name
                ),
            )
            .at(place)
            .remedy(format!(
                "Set {name} of the objective to the published value or tighter."
            )),
        );
    }
}

pub(super) fn scenario(
    block: &Block,
    scope: &Scope<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Declared<Scenario>> {
    let body = body(block, &SCENARIO, scope, diagnostics);
    let decoded = ScenarioBlock::decode(&body, diagnostics)?;
    if scenarios().iter().any(|s| s.name == decoded.label) {
        diagnostics.push(
            Diagnostic::error(
                code::DUPLICATE,
                format!("Every posture knows a scenario \"{}\" already.", decoded.label),
            )
            .at(block.header)
            .remedy("Give it another name, so that nobody takes one for the other."),
        );
    }
    let mut identities = Vec::new();
    for reference in decoded.identities.iter().flatten() {
        match &reference.arn {
            Some(arn) => identities.push(arn.clone()),
            None => diagnostics.push(
                Diagnostic::error(
                    code::INVALID_VALUE,
                    "This is neither a role of the posture nor the ARN of one.",
                )
                .at(place(&body, "identities")),
            ),
        }
    }
    Some(Declared {
        what: Scenario {
            name: decoded.label,
            summary: decoded.summary,
            destroys: decoded.destroys,
            holds: decoded.holds,
            identities,
            noticed_after: decoded.noticed_after.unwrap_or(Duration::from_secs(0)),
            origin: Origin::Declared,
        },
        span: block.header,
    })
}

/// Says which names in `survives` and of exemptions no scenario has.
pub(super) fn check(
    objectives: &[Declared<Objective>],
    declared: &[Declared<Scenario>],
    exemptions: &[Exemption],
    diagnostics: &mut Diagnostics,
) {
    let built_in = scenarios();
    let known: Vec<&str> = built_in
        .iter()
        .chain(declared.iter().map(|s| &s.what))
        .map(|s| s.name.as_str())
        .collect();
    let survived = objectives.iter().flat_map(|objective| {
        let name = &objective.what.name;
        let says = move |scenario: &str| format!("objective \"{name}\" is to survive \"{scenario}\"");
        objective
            .what
            .survives
            .iter()
            .map(move |s| (s, says(s), objective.span))
    });
    let exempted = exemptions.iter().filter_map(|exemption| {
        let scenario = exemption.scenario.as_ref()?;
        let says = format!("exempt \"{}\" is for \"{scenario}\"", exemption.name);
        Some((scenario, says, exemption.span))
    });
    for (name, says, span) in survived.chain(exempted) {
        if known.contains(&name.as_str()) {
            continue;
        }
        let remedy = did_you_mean(name, known.iter().copied()).unwrap_or_else(|| {
            "Run `backstay prove --scenarios` for the list, or declare a scenario block.".to_owned()
        });
        diagnostics.push(
            Diagnostic::error(code::UNKNOWN_REFERENCE, format!("{says}, which is no scenario."))
                .at(span)
                .remedy(remedy),
        );
    }
}
