//! `lifecycle { prevent_release = … }`: a resource that must not be given up, even when its block is gone.
//!
//! There is no state file, so what a block said is remembered where it takes effect: in a tag of the
//! resource. Who wants to give it up writes `prevent_release = false` first.

use crate::diag::{Diagnostic, code};
use crate::model::{Address, Desired};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The tag; `true` forbids to give the resource up.
pub const KEEPING_TAG: &str = "backstay:prevent-release";

/// Adds the tag to what is wanted of the resources that say one way or the other.
pub fn declare(kept: &BTreeMap<&Address, bool>, desired: &mut [Desired]) {
    for resource in desired {
        let Some(keep) = kept.get(&resource.address) else {
            continue;
        };
        for spec in std::iter::once(&mut resource.spec).chain(&mut resource.kept_spec) {
            // Every kind that can be given up has tags; what has none is left alone in any case.
            if let Some(tags) = spec.get_mut("tags") {
                if tags.is_null() {
                    *tags = Json::Object(serde_json::Map::new());
                }
                if let Some(tags) = tags.as_object_mut() {
                    tags.insert(KEEPING_TAG.to_owned(), keep.to_string().into());
                }
            }
        }
    }
}

/// Refuses to give up something whose tag forbids it, wherever in its live state the kind keeps tags.
pub fn refusal(kind: &str, ident: &str, live: &Json) -> Option<Diagnostic> {
    carries(live).then(|| {
        Diagnostic::error(
            code::REFUSED,
            format!(
                "No block declares the {kind} \"{ident}\" any more, and its tag {KEEPING_TAG} forbids to give it up."
            ),
        )
        .remedy(
            "Put its block back. To give it up, write lifecycle { prevent_release = false } in the block, apply, and \
             remove the block then.",
        )
    })
}

fn carries(live: &Json) -> bool {
    match live {
        Json::Object(entries) => entries
            .iter()
            .any(|(key, value)| (key == KEEPING_TAG && value.as_str() == Some("true")) || carries(value)),
        Json::Array(items) => items.iter().any(carries),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_tag_is_found_where_a_kind_keeps_it() {
        let tagged = |value: &str| json!({"tags": {"present": {KEEPING_TAG: value, "a": "true"}}, "x": [1]});
        assert!(refusal("s3_bucket", "b", &tagged("true")).is_some());
        assert!(refusal("s3_bucket", "b", &tagged("false")).is_none());
        assert!(refusal("s3_bucket", "b", &json!({"tags": null})).is_none());
    }
}
