//! As much of JSON Schema as our own schemas use. A keyword that is not known here fails, so
//! that nothing is taken for checked that is not.

use serde_json::Value as Json;

/// What does not fit, as `path: why`; nothing when `value` is valid.
pub(crate) fn validate(schema: &Json, value: &Json) -> Vec<String> {
    let mut wrong = Vec::new();
    check(schema, schema, value, "$", &mut wrong);
    wrong
}

/// Says nothing about what is valid.
const NOTES: &[&str] = &[
    "$schema",
    "title",
    "description",
    "$defs",
    "format",
    "default",
    "examples",
];

fn check(root: &Json, schema: &Json, value: &Json, path: &str, wrong: &mut Vec<String>) {
    let rules = match schema {
        Json::Bool(true) => return,
        Json::Bool(false) => return wrong.push(format!("{path}: nothing is allowed here")),
        Json::Object(rules) => rules,
        other => panic!("{other} is not a schema"),
    };
    let known = |name: &String| rules.get("properties").and_then(|p| p.get(name)).is_some();
    for (keyword, rule) in rules {
        let mut no = |why: String| wrong.push(format!("{path}: {why}"));
        match keyword.as_str() {
            "$ref" => {
                let pointer = rule.as_str().unwrap().trim_start_matches('#');
                let target = root.pointer(pointer).unwrap_or_else(|| panic!("no {pointer}"));
                check(root, target, value, path, wrong);
            }
            "type" => {
                let types: Vec<&str> = match rule {
                    Json::Array(types) => types.iter().filter_map(Json::as_str).collect(),
                    one => one.as_str().into_iter().collect(),
                };
                if !types.iter().any(|t| is_of(t, value)) {
                    no(format!("{value} is not {types:?}"));
                }
            }
            "const" if rule != value => no(format!("{value} is not {rule}")),
            "enum" if !rule.as_array().unwrap().contains(value) => {
                no(format!("{value} is not one of {rule}"))
            }
            "const" | "enum" => {}
            "minimum" => {
                if value.is_number() && value.as_f64() < rule.as_f64() {
                    no(format!("{value} is less than {rule}"));
                }
            }
            "maximum" => {
                if value.is_number() && value.as_f64() > rule.as_f64() {
                    no(format!("{value} is more than {rule}"));
                }
            }
            "required" => {
                for name in rule.as_array().unwrap().iter().filter_map(Json::as_str) {
                    if value.is_object() && value.get(name).is_none() {
                        no(format!("{name} is missing"));
                    }
                }
            }
            "properties" => {
                for (name, rule) in rule.as_object().unwrap() {
                    if let Some(inner) = value.get(name) {
                        check(root, rule, inner, &format!("{path}.{name}"), wrong);
                    }
                }
            }
            "additionalProperties" => {
                for (name, inner) in value.as_object().into_iter().flatten().filter(|(n, _)| !known(n)) {
                    check(root, rule, inner, &format!("{path}.{name}"), wrong);
                }
            }
            "pattern" => {
                let fits = value
                    .as_str()
                    .is_none_or(|text| regex::Regex::new(rule.as_str().unwrap()).unwrap().is_match(text));
                if !fits {
                    no(format!("{value} does not match {rule}"));
                }
            }
            "items" => {
                for (at, inner) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, rule, inner, &format!("{path}[{at}]"), wrong);
                }
            }
            "uniqueItems" => {
                let all = value.as_array().map_or(&[][..], Vec::as_slice);
                let twice = all.iter().enumerate().any(|(at, item)| all[..at].contains(item));
                if twice && *rule == Json::Bool(true) {
                    no(format!("{value} names something twice"));
                }
            }
            "oneOf" | "anyOf" | "allOf" => {
                let branches = rule.as_array().unwrap();
                let fits: Vec<Vec<String>> = branches
                    .iter()
                    .map(|branch| {
                        let mut inner = Vec::new();
                        check(root, branch, value, path, &mut inner);
                        inner
                    })
                    .collect();
                let good = fits.iter().filter(|f| f.is_empty()).count();
                let enough = match keyword.as_str() {
                    "oneOf" => good == 1,
                    "anyOf" => good > 0,
                    _ => good == branches.len(),
                };
                if !enough {
                    no(format!("{good} branches of {keyword} fit: {fits:?}"));
                }
            }
            note if NOTES.contains(&note) => {}
            other => panic!("the keyword {other} is not known here"),
        }
    }
}

fn is_of(name: &str, value: &Json) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("the type {other} is not known here"),
    }
}

#[test]
fn what_does_not_fit_is_named() {
    let schema = serde_json::json!({
        "type": "object",
        "required": ["a", "b"],
        "properties": { "a": { "$ref": "#/$defs/small" }, "b": { "type": ["string", "null"] } },
        "additionalProperties": false,
        "$defs": { "small": { "type": "integer", "maximum": 3 } },
    });
    assert!(validate(&schema, &serde_json::json!({ "a": 3, "b": null })).is_empty());
    let wrong = validate(&schema, &serde_json::json!({ "a": 4, "c": 1 }));
    assert_eq!(
        wrong,
        [
            "$.c: nothing is allowed here",
            "$.a: 4 is more than 3",
            "$: b is missing"
        ]
    );
}
