//! Ages of lifecycle rules: each has to come after the one before it.

use crate::diag::{Diagnostics, code};
use crate::kinds::s3_bucket::spec::{Age, Spec, Tier};
use crate::model::schema::{EvaluatedBlock, about};
use std::collections::BTreeSet;

/// The most replaced versions that a rule can keep.
const MOST_KEPT: u32 = 100;

/// S3's limit for a rule's id.
const LONGEST_ID: usize = 255;

pub(super) fn noncurrent(spec: &Spec, block: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
    let Some(rule) = &spec.noncurrent else {
        return;
    };
    if rule.archive_after.is_none() && rule.expire_after.is_none() {
        diagnostics.push(
            about(
                block,
                "noncurrent",
                code::MISSING_ATTRIBUTE,
                "noncurrent does nothing without archive_after or expire_after.",
            )
            .remedy("Say when replaced versions are moved or deleted, or remove the block."),
        );
    }
    match rule.keep {
        Some(keep) if !(1..=MOST_KEPT).contains(&keep) => diagnostics.push(
            about(
                block,
                "noncurrent.keep",
                code::INVALID_VALUE,
                format!("keep is {keep}; S3 keeps 1 to {MOST_KEPT} replaced versions of an object."),
            )
            .remedy("Leave it out to keep versions by age alone."),
        ),
        Some(_) if rule.expire_after.is_none() => diagnostics.push(
            about(
                block,
                "noncurrent.keep",
                code::MISSING_ATTRIBUTE,
                "keep spares versions from being deleted, and without expire_after none is.",
            )
            .remedy("Add expire_after, or remove keep."),
        ),
        _ => {}
    }
    let ages = Ages {
        path: "noncurrent",
        archive: rule.archive_after,
        to: rule.to,
        delete: rule.expire_after.map(|age| ("expire_after", age)),
    };
    ages.check(block, diagnostics);
}

pub(super) fn expire(spec: &Spec, block: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
    let mut names = BTreeSet::new();
    let blocks = block.blocks.get("expire").map(Vec::as_slice).unwrap_or_default();
    for (rule, at) in spec.expire.iter().zip(blocks) {
        if !names.insert(rule.name.as_str()) {
            diagnostics.push(
                crate::diag::Diagnostic::error(
                    code::DUPLICATE,
                    format!("two expire blocks are named \"{}\".", rule.name),
                )
                .at(at.span)
                .remedy("Give each a name of its own: it is how the rule is found again."),
            );
        }
        if rule.name.is_empty() || rule.name.len() > LONGEST_ID - 32 {
            diagnostics.push(
                crate::diag::Diagnostic::error(
                    code::BAD_LABELS,
                    "the name of an expire block is empty or too long.",
                )
                .at(at.span)
                .remedy("Use a short word."),
            );
        }
        let ages = Ages {
            path: "",
            archive: rule.archive_after,
            to: rule.to,
            delete: Some(("after", rule.after)),
        };
        ages.check(at, diagnostics);
    }
}

/// One rule's ages.
struct Ages {
    path: &'static str,
    archive: Option<Age>,
    to: Option<Tier>,
    delete: Option<(&'static str, Age)>,
}

impl Ages {
    fn at(&self, name: &str) -> String {
        match self.path {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        }
    }

    fn check(&self, block: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
        let (archive, to) = match (self.archive, self.to) {
            (None, None) => return,
            (Some(_), None) => {
                diagnostics.push(
                    about(
                        block,
                        &self.at("archive_after"),
                        code::MISSING_ATTRIBUTE,
                        "archive_after says when, and nothing says where to.",
                    )
                    .remedy("Add to, such as to = \"glacier_ir\"."),
                );
                return;
            }
            (None, Some(_)) => {
                diagnostics.push(
                    about(
                        block,
                        &self.at("to"),
                        code::MISSING_ATTRIBUTE,
                        "to says where objects are moved, and nothing says when.",
                    )
                    .remedy("Add archive_after, such as archive_after = \"30d\"."),
                );
                return;
            }
            (Some(archive), Some(to)) => (archive.get(), to),
        };
        if archive < to.floor() {
            diagnostics.push(
                about(
                    block,
                    &self.at("archive_after"),
                    code::INVALID_VALUE,
                    format!(
                        "objects may be moved to {} only {} days after they were written, and archive_after is {archive}d.",
                        to.as_str(),
                        to.floor()
                    ),
                )
                .remedy(format!("Write archive_after = \"{}d\" or longer.", to.floor())),
            );
        }
        let Some((name, delete)) = self.delete else {
            return;
        };
        if delete.get() <= archive {
            diagnostics.push(
                about(
                    block,
                    &self.at(name),
                    code::CONFLICT,
                    format!(
                        "objects would be deleted after {delete}, before they are moved after {archive}d."
                    ),
                )
                .remedy(format!("Make {name} longer than archive_after.")),
            );
        } else if delete.get() - archive < to.billed() {
            diagnostics.push(
                super::warning(about(
                    block,
                    &self.at(name),
                    code::INVALID_VALUE,
                    format!(
                        "objects are deleted {} days after they are moved to {}, where at least {} days are billed.",
                        delete.get() - archive,
                        to.as_str(),
                        to.billed()
                    ),
                ))
                .remedy("Keep them longer, or move them elsewhere."),
            );
        }
    }
}
