//! HCL text to blocks and expressions that keep their place.
//!
//! Structure is read from our own tokens, so that one bad item does not hide the errors
//! of the others; expressions are parsed by hcl-edit. Nothing outside this module sees either.

pub mod ast;
mod body;
mod expr;
pub mod format;
pub mod json;
pub mod lexer;
pub mod outline;
mod template;
pub mod text;

pub use ast::{Attribute, Block, Body, Expr, ExprKind, Name};

use crate::diag::{Diagnostic, Diagnostics, FileId, Span, code};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Bytes of stack for everything that recurses over a user's text. Parsing needs
/// up to 2 MiB in debug builds at the nesting that is allowed.
const STACK: usize = 64 << 20;

thread_local! {
    /// Whether this thread has such a stack.
    static IS_DEEP: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` on a stack that is large enough for the deepest text that is accepted: on this one when
/// it is, so that memory which one part has freed is there for the next, else on a thread of its own.
///
/// # Errors
/// When the system gives no thread, or `work` panicked.
pub fn on_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, Box<Diagnostic>> {
    let defect = || {
        let detail = "Reading the configuration was cut short.";
        let diagnostic = Diagnostic::error(code::INTERNAL, detail);
        Box::new(diagnostic.remedy("Report this with the files that led to it."))
    };
    if IS_DEEP.get() {
        // Nothing of what was half done is looked at afterwards.
        return catch_unwind(AssertUnwindSafe(work)).map_err(|_| defect());
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || {
                IS_DEEP.set(true);
                work()
            });
        thread.map_err(|_| defect())?.join().map_err(|_| defect())
    })
}

/// Parses a file. What can be read is in the body even when there are errors.
/// Call it through [`on_deep_stack`].
pub fn parse_body(text: &str, file: FileId) -> (Body, Diagnostics) {
    let tokens = lexer::lex(text);
    let mut parser = body::BodyParser {
        text,
        file,
        tokens: &tokens,
        at: 0,
        diagnostics: Diagnostics::new(),
    };
    let body = parser.body(0);
    (body, parser.diagnostics)
}

/// Parses a text that is one expression; newlines do not end it.
/// Call it through [`on_deep_stack`].
pub fn parse_expression(text: &str, file: FileId) -> (Expr, Diagnostics) {
    if let Some(flawed) = lexer::lex(text).iter().find(|t| t.flaw.is_some()) {
        let span = Span {
            file,
            start: flawed.start,
            end: flawed.end,
        };
        let detail =
            "The text is not an expression: it is cut short or holds a character that has no meaning.";
        return (
            body::placeholder(span),
            Diagnostic::error(code::SYNTAX, detail).at(span).into(),
        );
    }
    finish(body::parse_at(&format!("({text}\n)"), -1, file), file)
}

/// Parses a text that is a template without quotes, as `templatefile` reads one.
/// Call it through [`on_deep_stack`].
pub fn parse_template(text: &str, file: FileId) -> (Expr, Diagnostics) {
    parse_template_in(text, file, 0)
}

/// Parses a template that stands at byte `start` of a file.
/// Call it through [`on_deep_stack`].
pub fn parse_template_in(text: &str, file: FileId, start: usize) -> (Expr, Diagnostics) {
    let base = i64::try_from(start).unwrap_or(0);
    finish(body::parse_template_at(text, base, file), file)
}

fn finish(result: Result<(Expr, Diagnostics), Box<Diagnostic>>, file: FileId) -> (Expr, Diagnostics) {
    match result {
        Ok(done) => done,
        Err(diagnostic) => {
            let span = diagnostic.span.unwrap_or(Span {
                file,
                start: 0,
                end: 0,
            });
            (body::placeholder(span), (*diagnostic).into())
        }
    }
}
