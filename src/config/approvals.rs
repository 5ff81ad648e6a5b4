//! The block `policy`: who has to agree to dangerous changes, and when they may be made.

use super::body::evaluate_body;
use super::eval::Scope;
use super::posture::Declared;
use crate::diag::{Diagnostic, Diagnostics, Span, code};
use crate::model::approval::{ApprovalPolicy, ApprovalRule, Danger, SshKey};
use crate::model::schema::{Block as _, BlockSchema, EvaluatedBlock};
use crate::model::window::Windows;
use crate::syntax::ast::Block;
use std::collections::BTreeMap;
use std::sync::LazyLock;

crate::block! {
    /// What dangerous changes need: approvals of several people, by their SSH keys, and windows of time.
    struct PolicyBlock {
        /// What weakens protection. Replaces `--allow-weaken` where it asks for approvals.
        weaken: Option<RuleBlock>,
        /// What can never be undone. Replaces `--allow-irreversible` where it asks for approvals.
        irreversible: Option<RuleBlock>,
        /// What interrupts something, such as a restart.
        disruptive: Option<RuleBlock>,
    }
}

crate::block! {
    /// What one kind of change needs.
    struct RuleBlock {
        /// How many different keys have to sign the saved plan with `backstay approve`, from 1.
        approvals: Option<u32>,
        /// The keys that count, one for each person, as in the file that ends in `.pub`: `ssh-ed25519`,
        /// `ecdsa-sha2-nistp256`, `-nistp384`, `-nistp521`, or `ssh-rsa` from 2048 bits on.
        from: Vec<SshKey>,
        /// When such a change may begin, every week, in UTC. It may run past its end.
        window: Option<Windows>,
    }
}

static POLICY: LazyLock<BlockSchema> = LazyLock::new(|| PolicyBlock::schema("policy"));

/// The block's schema, for its reference page.
pub fn policy_schema() -> &'static BlockSchema {
    &POLICY
}

pub(super) fn policy(
    block: &Block,
    scope: &Scope<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Declared<ApprovalPolicy>> {
    let labels = &block.labels;
    let body = evaluate_body(
        &block.body,
        block.header,
        labels,
        &POLICY,
        &[],
        scope,
        diagnostics,
    );
    let decoded = PolicyBlock::decode(&body, diagnostics);
    // Each rule that can be read is checked, whatever is wrong with the others.
    let bad = diagnostics.has_errors();
    let decoded = decoded?;
    let mut rule = |danger: Danger, written: Option<RuleBlock>| match written {
        None => Some(ApprovalRule::default()),
        Some(written) => {
            let name = danger.as_str();
            let evaluated = body.blocks.get(name).and_then(|blocks| blocks.first());
            checked(name, written, evaluated, block.header, diagnostics)
        }
    };
    let weaken = rule(Danger::Weaken, decoded.weaken);
    let irreversible = rule(Danger::Irreversible, decoded.irreversible);
    let disruptive = rule(Danger::Disruptive, decoded.disruptive);
    (!bad).then_some(())?;
    Some(Declared {
        what: ApprovalPolicy {
            weaken: weaken?,
            irreversible: irreversible?,
            disruptive: disruptive?,
        },
        span: block.header,
    })
}

/// Says all that is wrong with a rule; `None` when something is.
fn checked(
    name: &str,
    written: RuleBlock,
    evaluated: Option<&EvaluatedBlock>,
    header: Span,
    diagnostics: &mut Diagnostics,
) -> Option<ApprovalRule> {
    let place = |argument: &str| {
        let attribute = evaluated.and_then(|block| block.attributes.get(argument));
        attribute.map_or_else(|| evaluated.map_or(header, |block| block.span), |a| a.span)
    };
    let mut sound = true;
    let mut wrong = |code, detail: String, argument: &str, remedy: &str| {
        sound = false;
        diagnostics.push(
            Diagnostic::error(code, detail)
                .at(place(argument))
                .remedy(remedy.to_owned()),
        );
    };
    let mut seen: BTreeMap<&SshKey, usize> = BTreeMap::new();
    for (at, key) in written.from.iter().enumerate() {
        if let Some(first) = seen.insert(key, at) {
            wrong(
                code::DUPLICATE,
                format!(
                    "{name}.from holds the same key twice, as elements {first} and {at}: {}.",
                    key.fingerprint()
                ),
                "from",
                "Every key counts once; take one of them out.",
            );
        }
    }
    match written.approvals {
        Some(0) => wrong(
            code::INVALID_VALUE,
            format!("{name}.approvals is 0."),
            "approvals",
            "Write a whole number from 1, or leave approvals and from out to ask for none.",
        ),
        Some(wanted) if usize::try_from(wanted).is_ok_and(|wanted| wanted > seen.len()) => wrong(
            code::INVALID_VALUE,
            format!(
                "{name} asks for {wanted} approval{}, but only {} could ever be given: from holds {}.",
                if wanted == 1 { "" } else { "s" },
                seen.len(),
                match seen.len() {
                    0 => "no key".to_owned(),
                    1 => "one key".to_owned(),
                    many => format!("{many} keys"),
                }
            ),
            "approvals",
            "Add keys to from, or ask for fewer.",
        ),
        None if !written.from.is_empty() => wrong(
            code::MISSING_ATTRIBUTE,
            format!("{name}.from says who may approve, but not how many have to."),
            "from",
            "Add approvals = 1, or however many it takes.",
        ),
        _ => {}
    }
    sound.then_some(ApprovalRule {
        approvals: written.approvals.unwrap_or(0),
        from: written.from,
        window: written.window.unwrap_or_default(),
    })
}
