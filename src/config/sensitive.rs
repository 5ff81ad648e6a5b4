//! Sensitive values stop at the arguments of blocks: what is declared is compared with the cloud, and shows in
//! plans, records and reports.

use crate::diag::{Diagnostic, Diagnostics, Span, code};
use crate::model::value::Value;

/// Refuses a value that is sensitive, or holds something that is. True when it was refused. `what` names where it
/// stands: `The argument "tags"`.
pub(super) fn refused(value: &Value, what: &str, span: Span, diagnostics: &mut Diagnostics) -> bool {
    let is_sensitive = value.contains_sensitive();
    if is_sensitive {
        let detail = format!(
            "{what} is sensitive. It would show: in plans and records of applies, and in the cloud itself."
        );
        diagnostics.push(Diagnostic::error(code::SENSITIVE, detail).at(span).remedy(
            "Write nonsensitive(…) around the part of it that is no secret, and keep secrets out of blocks.",
        ));
    }
    is_sensitive
}
