//! Policy statements as blocks, with the names of Terraform's `aws_iam_policy_document`.

use crate::model::policy::{Effect, Match, Principals, Statement};
use crate::{block, word};
use std::collections::{BTreeMap, BTreeSet};

word! {
    /// What a statement does.
    pub enum EffectWord {
        /// Grants.
        Allow = "Allow",
        /// Forbids, whatever else allows.
        Deny = "Deny",
    }
}

block! {
    /// Who a statement is about.
    pub struct PrincipalBlock {
        /// `AWS`, `Service`, `Federated`, `CanonicalUser`, or `*`.
        pub r#type: String,
        /// ARNs, account ids, service names or provider ARNs.
        pub identifiers: Vec<String>,
    }
}

block! {
    /// When a statement applies; several conditions must all hold.
    pub struct ConditionBlock {
        /// The operator, such as `StringEquals`.
        pub test: String,
        /// The condition key, such as `aws:SourceAccount`.
        pub variable: String,
        /// One of these has to match.
        pub values: Vec<String>,
    }
}

block! {
    /// One statement of a policy.
    pub struct StatementBlock {
        /// A name without meaning for the evaluation.
        pub sid: Option<String>,
        /// `Allow` (the default) or `Deny`.
        pub effect: Option<EffectWord>,
        /// Actions, with wildcards.
        pub actions: Vec<String>,
        /// All actions but these; instead of `actions`.
        pub not_actions: Vec<String>,
        /// ARNs, with wildcards. In the policy of a bucket, the bucket and its objects when left out.
        pub resources: Vec<String>,
        /// All resources but these; instead of `resources`.
        pub not_resources: Vec<String>,
        /// Who it is about; only in policies of resources and in trust policies.
        pub principals: Vec<PrincipalBlock>,
        /// All principals but these; instead of `principals`.
        pub not_principals: Vec<PrincipalBlock>,
        /// When it applies.
        pub condition: Vec<ConditionBlock>,
    }
}

impl StatementBlock {
    /// The statement that the block says.
    pub fn statement(&self) -> Statement {
        let set = |list: &[String]| list.iter().cloned().collect::<BTreeSet<_>>();
        let mut conditions: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
        for condition in &self.condition {
            conditions
                .entry(condition.test.clone())
                .or_default()
                .entry(condition.variable.clone())
                .or_default()
                .extend(condition.values.iter().cloned());
        }
        Statement {
            sid: self.sid.clone(),
            effect: match self.effect {
                Some(EffectWord::Deny) => Effect::Deny,
                Some(EffectWord::Allow) | None => Effect::Allow,
            },
            principals: match (&self.principals[..], &self.not_principals[..]) {
                ([], []) => None,
                ([], not) => Some(Principals::AllBut(by_type(not))),
                (only, _) => Some(Principals::Only(by_type(only))),
            },
            actions: if self.not_actions.is_empty() {
                Match::Only(set(&self.actions))
            } else {
                Match::AllBut(set(&self.not_actions))
            },
            resources: match (&self.resources[..], &self.not_resources[..]) {
                ([], []) => None,
                ([], not) => Some(Match::AllBut(set(not))),
                (only, _) => Some(Match::Only(set(only))),
            },
            conditions,
        }
    }
}

/// `type = "*"` means everybody, which AWS writes as `AWS: *`.
fn by_type(blocks: &[PrincipalBlock]) -> BTreeMap<String, BTreeSet<String>> {
    let mut map: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for block in blocks {
        let kind = if block.r#type == "*" {
            "AWS"
        } else {
            block.r#type.as_str()
        };
        map.entry(kind.to_owned())
            .or_default()
            .extend(block.identifiers.iter().cloned());
    }
    map
}

impl From<&Statement> for StatementBlock {
    fn from(statement: &Statement) -> Self {
        let list = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>();
        let principals = |map: &BTreeMap<String, BTreeSet<String>>| {
            map.iter()
                .map(|(kind, names)| PrincipalBlock {
                    r#type: kind.clone(),
                    identifiers: list(names),
                })
                .collect::<Vec<_>>()
        };
        let (actions, not_actions) = match &statement.actions {
            Match::Only(set) => (list(set), Vec::new()),
            Match::AllBut(set) => (Vec::new(), list(set)),
        };
        let (resources, not_resources) = match &statement.resources {
            Some(Match::Only(set)) => (list(set), Vec::new()),
            Some(Match::AllBut(set)) => (Vec::new(), list(set)),
            None => (Vec::new(), Vec::new()),
        };
        let (only, all_but) = match &statement.principals {
            Some(Principals::Only(map)) => (principals(map), Vec::new()),
            Some(Principals::AllBut(map)) => (Vec::new(), principals(map)),
            None => (Vec::new(), Vec::new()),
        };
        Self {
            sid: statement.sid.clone(),
            effect: Some(match statement.effect {
                Effect::Allow => EffectWord::Allow,
                Effect::Deny => EffectWord::Deny,
            }),
            actions,
            not_actions,
            resources,
            not_resources,
            principals: only,
            not_principals: all_but,
            condition: statement
                .conditions
                .iter()
                .flat_map(|(test, keys)| {
                    keys.iter().map(|(variable, values)| ConditionBlock {
                        test: test.clone(),
                        variable: variable.clone(),
                        values: list(values),
                    })
                })
                .collect(),
        }
    }
}
