//! The blocks `backstay`, `account` and `exempt`.

use super::body::evaluate_body;
use super::eval::Scope;
use super::posture::{Exemption, Kept, LockSettings, Settings};
use crate::diag::{Diagnostic, Diagnostics, Span, code};
use crate::model::schema::{AccountLabel, Block as _, BlockSchema, Reference};
use crate::model::types::Type;
use crate::model::value::Value;
use crate::model::{Account, AccountId, Address, Arn, AssumeRole, Duration, Region};
use crate::syntax::ast::Block;
use std::collections::BTreeMap;
use std::sync::LazyLock;

crate::block! {
    /// Settings of the whole posture.
    struct SettingsBlock {
        /// Which versions of backstay may be used, such as `~> 0.1`.
        required_version: Option<String>,
        /// The posture's name: it marks what backstay creates, by the tag `backstay:project` and in IAM paths.
        project: String,
        /// Where the lease is kept that lets one apply run at a time.
        lock: Option<LockBlock>,
        /// Where the record of every apply is kept.
        evidence: Option<EvidenceBlock>,
    }
}

crate::block! {
    /// A lease that lets one apply run at a time.
    struct LockBlock {
        /// The bucket's name. It has to exist, in any region.
        bucket: String,
        /// What the lease's key begins with, such as `backstay/`.
        prefix: Option<String>,
        /// The lease's key below the prefix; `lock/PROJECT.json` unless it is given.
        key: Option<String>,
        /// The account that owns the bucket; that of resources which name none, unless it is given.
        account: Option<AccountLabel>,
        /// How long a lease is valid that nobody renews, from `30s` to `1h`; `5m` unless it is given. An apply renews
        /// its own all the time, so this is how long others wait after one was killed.
        ttl: Option<Duration>,
    }
}

crate::block! {
    /// A bucket for what is kept of every apply.
    struct EvidenceBlock {
        /// The bucket's name. It has to exist, in any region.
        bucket: String,
        /// What all keys begin with, such as `backstay/`.
        prefix: Option<String>,
        /// The account that owns the bucket; that of resources which name none, unless it is given.
        account: Option<AccountLabel>,
    }
}

crate::block! {
    /// An AWS account, and how to get in.
    #[labels(label)]
    struct AccountBlock {
        /// The account's number. It is checked before anything else is read.
        id: Option<AccountId>,
        /// Where its resources live unless they say otherwise.
        region: Option<Region>,
        /// A profile of the AWS configuration.
        profile: Option<String>,
        /// The ARN of a role to assume.
        assume_role: Option<Arn>,
        /// Sent when the role's trust policy asks for one.
        external_id: Option<String>,
        /// Whether resources that name no account belong to it.
        default: Option<bool>,
    }
}

crate::block! {
    /// A control that need not hold for a resource.
    #[labels(label)]
    struct ExemptBlock {
        /// The control's id, such as `BKS-S3-001`.
        control: String,
        /// The resource, by reference or address.
        resource: Reference,
        /// Of a control on an objective: the disaster that need not be survived, such as
        /// `credential_compromise`. All of them without it.
        scenario: Option<String>,
        /// Why it need not hold.
        reason: String,
        /// Who answers for it.
        owner: String,
        /// The last day it is valid, as `2026-12-31`.
        expires: String,
    }
}

static SETTINGS: LazyLock<BlockSchema> = LazyLock::new(|| SettingsBlock::schema("backstay"));
static ACCOUNT: LazyLock<BlockSchema> = LazyLock::new(|| AccountBlock::schema("account"));
static EXEMPT: LazyLock<BlockSchema> = LazyLock::new(|| ExemptBlock::schema("exempt"));

/// The schemas of the language's own blocks, for reference pages and editors.
pub fn schemas() -> Vec<&'static BlockSchema> {
    let mut all: Vec<&'static BlockSchema> =
        vec![&SETTINGS, &ACCOUNT, &EXEMPT, super::approvals::policy_schema()];
    all.extend(super::objectives::schemas());
    all
}

pub(super) fn settings(block: &Block, scope: &Scope<'_>, diagnostics: &mut Diagnostics) -> Option<Settings> {
    let body = evaluate_body(
        &block.body,
        block.header,
        &block.labels,
        &SETTINGS,
        &[],
        scope,
        diagnostics,
    );
    let place = body
        .attributes
        .get("required_version")
        .map_or(block.header, |a| a.span);
    let decoded = SettingsBlock::decode(&body, diagnostics)?;
    if let Some(required) = &decoded.required_version {
        check_version(required, env!("CARGO_PKG_VERSION"), place, diagnostics);
    }
    Some(Settings {
        project: decoded.project,
        lock: decoded.lock.and_then(|b| lock(b, block.header, diagnostics)),
        evidence: decoded.evidence.and_then(|b| {
            Some(Kept {
                prefix: prefix(b.prefix, block.header, diagnostics)?,
                bucket: b.bucket,
                account: b.account.map(|a| a.0),
            })
        }),
        span: Some(block.header),
    })
}

fn lock(lock: LockBlock, place: Span, diagnostics: &mut Diagnostics) -> Option<LockSettings> {
    let ttl = lock.ttl.unwrap_or(Duration::from_secs(300));
    let fits = (30..=3600).contains(&ttl.as_secs());
    if !fits {
        let detail = format!("lock.ttl is {ttl}; a lease is valid from 30s to 1h.");
        diagnostics.push(Diagnostic::error(code::INVALID_VALUE, detail).at(place));
    }
    let key = lock
        .key
        .map(|key| checked_key(key, "lock.key", place, diagnostics));
    let prefix = prefix(lock.prefix, place, diagnostics)?;
    fits.then_some(LockSettings {
        kept: Kept {
            account: lock.account.map(|a| a.0),
            bucket: lock.bucket,
            prefix,
        },
        key: match key {
            Some(key) => Some(key?),
            None => None,
        },
        ttl,
    })
}

/// What keys begin with: empty, or with a `/` at its end.
fn prefix(given: Option<String>, place: Span, diagnostics: &mut Diagnostics) -> Option<String> {
    let Some(text) = given.filter(|p| !p.is_empty()) else {
        return Some(String::new());
    };
    let text = checked_key(text, "prefix", place, diagnostics)?;
    Some(format!("{}/", text.trim_end_matches('/')))
}

/// A key of an object: printable, and without what other programs take for a way out of a folder.
fn checked_key(text: String, name: &str, place: Span, diagnostics: &mut Diagnostics) -> Option<String> {
    let bad = text.is_empty()
        || text.len() > 512
        || text.starts_with('/')
        || text.split('/').any(|part| part == "..")
        || text.chars().any(char::is_control);
    if bad {
        let detail = format!("{name} is no part of an object's key.");
        diagnostics.push(
            Diagnostic::error(code::INVALID_VALUE, detail)
                .at(place)
                .remedy("Write a text such as \"backstay/\", without a slash in front and without \"..\"."),
        );
        return None;
    }
    Some(text)
}

/// An account, what references to it give, and whether it asks to be the default.
pub(super) struct Evaluated {
    pub account: Account,
    pub value: Value,
    pub default: bool,
}

pub(super) fn account(
    block: &Block,
    found: &BTreeMap<String, AccountId>,
    scope: &Scope<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Evaluated> {
    let body = evaluate_body(
        &block.body,
        block.header,
        &block.labels,
        &ACCOUNT,
        &[],
        scope,
        diagnostics,
    );
    let decoded = AccountBlock::decode(&body, diagnostics)?;
    if decoded.external_id.is_some() && decoded.assume_role.is_none() {
        let place = body
            .attributes
            .get("external_id")
            .map_or(block.header, |a| a.name_span);
        let detail = "external_id is sent when a role is assumed, but there is no assume_role.";
        diagnostics.push(Diagnostic::error(code::CONFLICT, detail).at(place));
    }
    let id = decoded.id.or_else(|| found.get(&decoded.label).cloned());
    let external_id = decoded.external_id;
    let account = Account {
        label: decoded.label,
        id,
        region: decoded.region,
        profile: decoded.profile,
        assume_role: decoded.assume_role.map(|role| AssumeRole { role, external_id }),
    };
    Some(Evaluated {
        value: value_of(&account),
        default: decoded.default == Some(true),
        account,
    })
}

/// What `account.label` gives.
pub(super) fn value_of(account: &Account) -> Value {
    let id = account
        .id
        .as_ref()
        .map_or_else(|| Value::unknown(Type::String), |id| Value::string(id.as_str()));
    let region = account
        .region
        .as_ref()
        .map_or_else(|| Value::null_of(Type::String), |r| Value::string(r.as_str()));
    Value::object(BTreeMap::from([
        ("name".to_owned(), Value::string(&account.label)),
        ("id".to_owned(), id),
        ("region".to_owned(), region),
    ]))
}

/// The account of resources that name none: the one that says so, else the only one that is
/// entered without a role or profile, else the only one.
pub(super) fn default_account(accounts: &[(Account, bool)]) -> Option<String> {
    let only = |list: Vec<&Account>| match list.as_slice() {
        [one] => Some(one.label.clone()),
        _ => None,
    };
    let chosen: Vec<&Account> = accounts.iter().filter(|(_, d)| *d).map(|(a, _)| a).collect();
    if !chosen.is_empty() {
        return only(chosen);
    }
    let all = accounts.iter().map(|(a, _)| a);
    only(
        all.clone()
            .filter(|a| a.assume_role.is_none() && a.profile.is_none())
            .collect(),
    )
    .or_else(|| only(all.collect()))
}

pub(super) fn exemption(
    block: &Block,
    scope: &Scope<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Exemption> {
    let body = evaluate_body(
        &block.body,
        block.header,
        &block.labels,
        &EXEMPT,
        &[],
        scope,
        diagnostics,
    );
    let decoded = ExemptBlock::decode(&body, diagnostics)?;
    let place = |name: &str| body.attributes.get(name).map_or(block.header, |a| a.span);
    let resource: Option<Address> = decoded
        .resource
        .address
        .or_else(|| decoded.resource.name.and_then(|text| text.parse().ok()));
    let expires: Option<jiff::civil::Date> = decoded.expires.parse().ok();
    if resource.is_none() {
        diagnostics.push(
            Diagnostic::error(
                code::INVALID_VALUE,
                "The resource is neither a reference nor an address.",
            )
            .at(place("resource"))
            .remedy("Write s3_bucket.name, or \"s3_bucket.name\" for what may not be declared."),
        );
    }
    if expires.is_none() {
        let detail = format!("\"{}\" is not a day.", decoded.expires);
        diagnostics.push(
            Diagnostic::error(code::INVALID_VALUE, detail)
                .at(place("expires"))
                .remedy("Write it as year-month-day: \"2026-12-31\"."),
        );
    }
    Some(Exemption {
        name: decoded.label,
        control: decoded.control,
        resource: resource?,
        scenario: decoded.scenario,
        reason: decoded.reason,
        owner: decoded.owner,
        expires: expires?,
        span: block.header,
    })
}

/// Checks constraints such as `~> 0.1, != 0.1.3` against a version.
fn check_version(required: &str, version: &str, place: crate::diag::Span, diagnostics: &mut Diagnostics) {
    let parts = |text: &str| -> Option<Vec<u64>> {
        text.split('-')
            .next()?
            .split('.')
            .map(|p| p.trim().parse().ok())
            .collect()
    };
    let Some(have) = parts(version) else { return };
    for constraint in required.split(',').map(str::trim) {
        let operator: String = constraint.chars().take_while(|c| "<>=!~".contains(*c)).collect();
        let Some(wanted) =
            parts(constraint.trim_start_matches(['<', '>', '=', '!', '~'])).filter(|w| w.len() <= 3)
        else {
            diagnostics.push(
                Diagnostic::error(
                    code::INVALID_VALUE,
                    format!("\"{constraint}\" is not a version constraint."),
                )
                .at(place)
                .remedy("Write for example \"~> 0.1\" or \">= 0.1.0, < 0.3.0\"."),
            );
            continue;
        };
        let full: Vec<u64> = wanted
            .iter()
            .copied()
            .chain(std::iter::repeat(0))
            .take(3)
            .collect();
        let fits = match operator.as_str() {
            "" | "=" => have == full,
            "!=" => have != full,
            ">" => have > full,
            ">=" => have >= full,
            "<" => have < full,
            "<=" => have <= full,
            // All but the last part stay as they are.
            "~>" => {
                have >= full && have.starts_with(wanted.get(..wanted.len().saturating_sub(1)).unwrap_or(&[]))
            }
            _ => false,
        };
        if !fits {
            diagnostics.push(
                Diagnostic::error(
                    code::CONFLICT,
                    format!("The posture asks for backstay {constraint}, but this is {version}."),
                )
                .at(place)
                .remedy("Install a version that fits, or change required_version."),
            );
        }
    }
}
