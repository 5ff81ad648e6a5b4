//! The evaluated posture: every resource with its address, place and settings.

use super::{Style, escape};
use crate::model::Desired;
use owo_colors::OwoColorize;
use serde_json::{Value as Json, json};
use std::fmt::Write;

/// For people.
pub fn text(desired: &[Desired], style: Style) -> String {
    let mut out = String::new();
    for resource in desired {
        let address = escape::line(&resource.address.to_string());
        let address = if style.color {
            address.bold().to_string()
        } else {
            address
        };
        let _ = writeln!(out, "# {address} in {}", resource.place.scope());
        let _ = writeln!(out, "{} {} {{", resource.kind, escape::quoted(&resource.ident));
        if let Json::Object(map) = &resource.spec {
            for (name, value) in map.iter().filter(|(_, v)| !is_empty(v)) {
                let value = serde_json::to_string_pretty(value)
                    .unwrap_or_default()
                    .replace('\n', "\n  ");
                let lines: Vec<_> = value.split('\n').map(escape::line).collect();
                let _ = writeln!(out, "  {name} = {}", lines.join("\n"));
            }
        }
        out.push_str("}\n\n");
    }
    out
}

/// For programs.
pub fn json(desired: &[Desired]) -> String {
    let resources: Vec<Json> = desired
        .iter()
        .map(|r| {
            json!({
                "address": r.address,
                "kind": r.kind,
                "ident": r.ident,
                "account": r.place.account,
                "account_id": r.place.account_id,
                "region": r.place.region,
                "values": r.spec,
                "depends_on": r.depends_on,
                "location": r.location,
            })
        })
        .collect();
    escape::json(&format!(
        "{:#}\n",
        json!({ "format_version": 1, "resources": resources })
    ))
}

fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Array(items) => items.is_empty(),
        Json::Object(map) => map.is_empty(),
        _ => false,
    }
}
