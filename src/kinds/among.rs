//! What only the rest of a posture tells of a change: whose accounts it spans, and what its backup plans
//! select by tags. Each kind judges its own resource; here the judgement may only become worse.

use super::AnyKind;
use crate::access::glob;
use crate::diag::Diagnostic;
use crate::model::change::{AttributeChange, Diff, Direction};
use crate::model::fact::{Coverage, Facts, TagMatch};
use crate::model::{AccountId, Arn, Observed, Place, Region};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

type Tags = BTreeMap<String, String>;

/// Something that says which resources of its account and region are backed up.
#[derive(Debug, Clone, PartialEq)]
struct Selecting {
    account: AccountId,
    region: Region,
    name: String,
    /// What it takes in today, or why nobody knows.
    covers: Result<Vec<Coverage>, String>,
}

/// The rest of a posture, as far as judgements need it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Among {
    accounts: BTreeSet<AccountId>,
    selecting: Vec<Selecting>,
}

/// A resource with what is wanted of it and what was seen.
#[derive(Debug, Clone, Copy)]
pub struct Resource<'a> {
    /// Where it lives.
    pub place: &'a Place,
    /// How the cloud names it.
    pub ident: &'a str,
    /// Its spec, as data; absent for what is let go.
    pub want: Option<&'a Json>,
    /// What was seen of it, as data; absent for what is created.
    pub have: Option<&'a Json>,
}

impl Among {
    /// The accounts that the posture spans, and what was seen of everything in it that
    /// [selects](super::Kind::SELECTS): kind, place, identity, live state.
    ///
    /// # Errors
    /// When a live state is not its kind's.
    pub fn new<'a>(
        accounts: impl IntoIterator<Item = &'a AccountId>,
        seen: impl IntoIterator<Item = (&'a dyn AnyKind, &'a Place, &'a str, &'a Observed<Json>)>,
    ) -> Result<Self, Diagnostic> {
        let mut selecting = Vec::new();
        for (kind, place, ident, live) in seen {
            let covers = match live {
                Observed::Absent => continue,
                Observed::Unreadable(why) => Err(why.why.clone()),
                Observed::Present(live) => match kind.facts(None, live, place)? {
                    Facts::Schedule(schedule) => match schedule.covers.known() {
                        Ok(covers) => Ok(covers.cloned().unwrap_or_default()),
                        Err(why) => Err(why.why.clone()),
                    },
                    _ => continue,
                },
            };
            selecting.push(Selecting {
                account: place.account_id.clone(),
                region: place.region.clone(),
                name: ident.to_owned(),
                covers,
            });
        }
        Ok(Self {
            accounts: accounts.into_iter().cloned().collect(),
            selecting,
        })
    }

    /// Judges again what the kind has judged by its resource alone.
    ///
    /// # Errors
    /// When the spec or the live state is not the kind's.
    pub fn judge(
        &self,
        kind: &dyn AnyKind,
        resource: Resource<'_>,
        diff: &mut Diff<Json>,
    ) -> Result<(), Diagnostic> {
        if let Some(want) = resource.want
            && let Some((path, why)) = kind.lets_in(want, resource.have, resource.place, &self.accounts)?
        {
            let attributes = diff.changes.iter_mut().flat_map(|c| &mut c.attributes);
            attributes
                .filter(|a| a.path == path)
                .for_each(|a| worsen(a, &why));
        }
        match resource.have {
            Some(have) if diff.changes.iter().flat_map(|c| &c.attributes).any(sets_tag) => {
                self.judge_tags(kind, resource, have, diff)
            }
            _ => Ok(()),
        }
    }

    fn judge_tags(
        &self,
        kind: &dyn AnyKind,
        resource: Resource<'_>,
        have: &Json,
        diff: &mut Diff<Json>,
    ) -> Result<(), Diagnostic> {
        let is_data = matches!(
            kind.facts(None, have, resource.place)?,
            Facts::ObjectStore(_) | Facts::Database(_)
        );
        let (true, Some(arn)) = (is_data, kind.arn(resource.ident, resource.place)) else {
            return Ok(());
        };
        let before = kind.tags(have)?.present().cloned();
        let mut attributes: Vec<&mut AttributeChange> = diff
            .changes
            .iter_mut()
            .flat_map(|c| &mut c.attributes)
            .filter(|a| sets_tag(a))
            .collect();
        let after = before.as_ref().map(|tags| changed(tags, &attributes));
        let near =
            |s: &&Selecting| (&s.account, &s.region) == (&resource.place.account_id, &resource.place.region);
        for selecting in self.selecting.iter().filter(near) {
            for attribute in &mut attributes {
                let key = tag_of(&attribute.path).unwrap_or_default();
                let why = match (&selecting.covers, &before, &after) {
                    (Ok(all), Some(before), Some(after)) => lost(all, &key, &arn, before, after)
                        .map(|by| format!("the selection \"{by}\" of the backup plan \"{}\" goes by this tag and no longer takes it in, so that no more recovery points of it are made by it", selecting.name)),
                    (Ok(all), ..) => all.iter().any(|c| goes_by(c, &key)).then(|| {
                        format!("the backup plan \"{}\" goes by this tag, and the tags that are there could not be read", selecting.name)
                    }),
                    (Err(why), ..) => Some(format!(
                        "whether the backup plan \"{}\" goes by this tag could not be read: {why}",
                        selecting.name
                    )),
                };
                if let Some(why) = why {
                    worsen(attribute, &why);
                }
            }
        }
        Ok(())
    }
}

/// One reason more to call a change weaker.
fn worsen(attribute: &mut AttributeChange, why: &str) {
    let before = attribute
        .reason
        .take()
        .filter(|_| attribute.direction == Direction::Weakens);
    attribute.direction = Direction::Weakens;
    attribute.reason = Some(match before {
        Some(before) => format!("{before}; {why}"),
        None => why.to_owned(),
    });
}

/// The tag that an attribute is about, by its path: `tags["tier"]`.
fn tag_of(path: &str) -> Option<String> {
    let key = path.strip_prefix("tags[")?.strip_suffix(']')?;
    serde_json::from_str(key).ok()
}

fn sets_tag(attribute: &AttributeChange) -> bool {
    tag_of(&attribute.path).is_some()
}

fn changed(before: &Tags, attributes: &[&mut AttributeChange]) -> Tags {
    let mut after = before.clone();
    for attribute in attributes {
        let Some(key) = tag_of(&attribute.path) else {
            continue;
        };
        match attribute.after.as_str() {
            Some(value) => drop(after.insert(key, value.to_owned())),
            None => drop(after.remove(&key)),
        }
    }
    after
}

/// The first selection that goes by a tag and took the resource in, where none that acts as the same role
/// does afterwards.
fn lost<'a>(all: &'a [Coverage], key: &str, arn: &Arn, before: &Tags, after: &Tags) -> Option<&'a str> {
    let fell = all
        .iter()
        .find(|c| goes_by(c, key) && takes_in(c, arn, before) && !takes_in(c, arn, after))?;
    let still = all.iter().any(|c| c.role == fell.role && takes_in(c, arn, after));
    (!still).then_some(fell.name.as_str())
}

fn goes_by(coverage: &Coverage, key: &str) -> bool {
    let mut all = coverage.any_tag.iter().chain(&coverage.all_conditions);
    all.any(|tag| tag.key == key)
}

/// Whether a selection takes in a resource with these tags. One that has conditions alone takes in whatever
/// fulfils them.
fn takes_in(coverage: &Coverage, arn: &Arn, tags: &Tags) -> bool {
    let named = |patterns: &[String]| patterns.iter().any(|p| glob::covers(p, arn.as_str()));
    let by_conditions = coverage.resources.is_empty() && coverage.any_tag.is_empty();
    (named(&coverage.resources) || coverage.any_tag.iter().any(|t| holds(t, tags)) || by_conditions)
        && !named(&coverage.not_resources)
        && coverage.all_conditions.iter().all(|t| holds(t, tags))
}

/// Whether tags are as a selection asks; one that is missing is another one.
fn holds(asked: &TagMatch, tags: &Tags) -> bool {
    let is = tags
        .get(&asked.key)
        .is_some_and(|value| match asked.test.as_str() {
            "StringLike" | "StringNotLike" => glob::covers(&asked.value, value),
            _ => *value == asked.value,
        });
    is != matches!(asked.test.as_str(), "StringNotEquals" | "StringNotLike")
}
