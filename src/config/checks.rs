//! The block `check`: assertions that warn in a plan and count as findings in a check.

use super::conditions;
use super::eval::evaluate;
use super::load::Loader;
use super::module::{Run, label};
use super::posture::{CheckSeverity, FailedCheck};
use super::sensitive;
use crate::diag::{Diagnostic, Severity, code};
use crate::model::schema::Attr;
use crate::syntax::ast::Block;

impl Run<'_> {
    /// Holds every assertion against what is known.
    pub(super) fn checks(&self, loader: &mut Loader<'_>) {
        for block in &self.instance.declarations.checks {
            let severity = self.severity_of(block, loader);
            for rule in block.body.blocks_of("assert") {
                let what = format!("The check \"{}\" fails", label(block));
                let before = loader.diagnostics.iter().count();
                self.scoped(loader, |scope, said| {
                    conditions::check(rule, &what, Severity::Warning, scope, said);
                });
                let said: Vec<String> = loader
                    .diagnostics
                    .iter()
                    .skip(before)
                    .filter(|d| d.code == code::CONDITION_FAILED)
                    .map(|d| d.detail.clone())
                    .collect();
                loader
                    .failed_checks
                    .extend(said.into_iter().map(|message| FailedCheck {
                        name: label(block).to_owned(),
                        severity,
                        message,
                        span: rule.header,
                    }));
            }
        }
    }

    /// How bad it is when a check fails: `severity`, else medium.
    fn severity_of(&self, block: &Block, loader: &mut Loader<'_>) -> CheckSeverity {
        let Some(written) = block.body.attribute("severity") else {
            return CheckSeverity::Medium;
        };
        let value = self.scoped(loader, |scope, said| evaluate(&written.expr, scope, said));
        let what = "The argument \"severity\" of the block \"check\"";
        if sensitive::refused(&value, what, written.expr.span, &mut loader.diagnostics) {
            return CheckSeverity::Medium;
        }
        match <CheckSeverity as Attr>::parse(&value) {
            Ok(severity) => severity,
            Err(why) => {
                let accepts = <CheckSeverity as Attr>::accepts();
                loader.diagnostics.push(
                    Diagnostic::error(code::INVALID_VALUE, format!("The severity is not valid: {why}."))
                        .at(written.expr.span)
                        .remedy(format!("Write {accepts}.")),
                );
                CheckSeverity::Medium
            }
        }
    }
}
