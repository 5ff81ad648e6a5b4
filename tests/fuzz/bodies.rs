//! What the fuzz targets do with some bytes. `fuzz/` feeds them without end, `tests/fuzz.rs` with the
//! corpus and with bytes drawn at random.

use backstay::config::console::{self, Mode};
use backstay::config::eval::{Env, NoNames, Scope, evaluate as value_of};
use backstay::diag::{Diagnostics, FileId};
use backstay::model::value::Value;
use backstay::syntax::ast::Body;
use backstay::syntax::{self, format as canonical};
use std::collections::HashMap;

fn env() -> Env {
    // A folder that is not there: functions of files find nothing to read.
    Env::new("/nonexistent", jiff::Timestamp::UNIX_EPOCH)
}

/// Any text is answered, as an expression, as a template and as a file.
pub(crate) fn evaluate(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    for mode in [Mode::Expression, Mode::Template, Mode::Body] {
        drop(console::run(mode, text, &HashMap::new(), &env()));
    }
}

/// Formatted text holds the same values, and formatting it again changes nothing.
pub(crate) fn format(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(once) = canonical::format(FileId::NONE, text) else {
        return;
    };
    let twice = canonical::format(FileId::NONE, &once);
    assert_eq!(
        twice.ok().as_deref(),
        Some(once.as_str()),
        "formatting again changed {text:?}"
    );
    let same = syntax::on_deep_stack(|| {
        let (before, _) = syntax::parse_body(text, FileId::NONE);
        let (after, _) = syntax::parse_body(&once, FileId::NONE);
        same_body(&before, &after)
    });
    assert!(same.unwrap_or(true), "formatting changed what {text:?} says");
}

fn same_body(a: &Body, b: &Body) -> bool {
    let attributes = a.attributes.len() == b.attributes.len()
        && a.attributes
            .iter()
            .zip(&b.attributes)
            .all(|(a, b)| a.name.text == b.name.text && given(&a.expr) == given(&b.expr));
    let labels = |body: &Body, n: usize| -> Vec<String> {
        let labels = body.blocks.get(n).map(|block| &block.labels);
        labels.into_iter().flatten().map(|l| l.text.clone()).collect()
    };
    attributes
        && a.blocks.len() == b.blocks.len()
        && a.blocks.iter().zip(&b.blocks).enumerate().all(|(n, (x, y))| {
            x.kind.text == y.kind.text && labels(a, n) == labels(b, n) && same_body(&x.body, &y.body)
        })
}

/// The value; nothing when there is none, whatever the reason.
fn given(expr: &backstay::syntax::ast::Expr) -> Option<Value> {
    let mut said = Diagnostics::new();
    let value = value_of(expr, &Scope::new(&NoNames, &env()), &mut said);
    (!said.has_errors()).then_some(value)
}
