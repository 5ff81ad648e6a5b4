//! Statements at random, over a few principals, actions, resources and conditions.

use crate::kinds::statement::StatementBlock;
use crate::kinds::testing::evaluated;
use crate::model::policy::Document;
use crate::model::schema::Block;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value as Json, json};

/// What statements are made of.
pub(in crate::kinds) struct Words {
    /// Who; no statement names anybody when there are none.
    pub principals: &'static [&'static str],
    pub actions: &'static [&'static str],
    /// On what; left out when there are none.
    pub resources: &'static [&'static str],
    /// Operator, key and value.
    pub conditions: &'static [(&'static str, &'static str, &'static str)],
}

fn some(from: &'static [&'static str]) -> BoxedStrategy<Vec<&'static str>> {
    match from.is_empty() {
        true => Just(Vec::new()).boxed(),
        false => subsequence(from.to_vec(), 1..=from.len().min(2)).boxed(),
    }
}

/// A statement as a block says it; with `not_actions` and `not_resources` now and then.
pub(in crate::kinds) fn block(words: &'static Words) -> impl Strategy<Value = Json> {
    let condition: BoxedStrategy<Option<_>> = match words.conditions.is_empty() {
        true => Just(None).boxed(),
        false => of(select(words.conditions)).boxed(),
    };
    let not = || prop::bool::weighted(0.15);
    (
        prop::bool::weighted(0.35),
        some(words.principals),
        (some(words.actions), not()),
        (some(words.resources), not()),
        condition,
    )
        .prop_map(
            |(deny, who, (actions, not_actions), (resources, not_resources), condition)| {
                let mut block = Map::new();
                let mut set = |name: &str, value: Json| drop(block.insert(name.to_owned(), value));
                if deny {
                    set("effect", "Deny".into());
                }
                set(
                    if not_actions { "not_actions" } else { "actions" },
                    actions.into(),
                );
                if !resources.is_empty() {
                    set(
                        if not_resources {
                            "not_resources"
                        } else {
                            "resources"
                        },
                        resources.into(),
                    );
                }
                if !who.is_empty() {
                    set("principals", json!([{"type": "AWS", "identifiers": who}]));
                }
                if let Some((test, variable, value)) = condition {
                    set(
                        "condition",
                        json!([{"test": test, "variable": variable, "values": [value]}]),
                    );
                }
                block.into()
            },
        )
}

/// Up to three statements.
pub(in crate::kinds) fn blocks(words: &'static Words) -> impl Strategy<Value = Vec<Json>> {
    vec(block(words), 0..=3)
}

/// The document of such blocks.
pub(in crate::kinds) fn document(blocks: &[Json]) -> Document {
    let schema = StatementBlock::schema("statement");
    Document::new(blocks.iter().map(|json| {
        let mut diagnostics = crate::diag::Diagnostics::new();
        let block = StatementBlock::decode(&evaluated(json, &schema), &mut diagnostics);
        block.unwrap().statement()
    }))
}
