//! Which saved plans were applied to their end. Each leaves a mark, under a key that is named after its digest and written
//! once: signatures are of a plan and not of a day, and without the mark it would run again as soon as somebody has put back
//! what it changed. One look-up tells, however many applies there were.

use super::record::encoded;
use super::{Put, Store, StoreWriter};
use crate::aws::Cloud;
use crate::diag::{Diagnostic, code};
use crate::plan::Plan;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The version of the object; raised when a field changes its meaning or goes.
const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Mark {
    format: u32,
    backstay: String,
    project: String,
    /// The SHA-256 of the plan, as its file holds it.
    plan: String,
    /// The apply that ended.
    apply: String,
    at: Timestamp,
}

/// The key of a plan's mark.
fn key(project: &str, digest: &str) -> String {
    format!("applied/{}/{digest}.json", encoded(project))
}

/// Whether a saved plan may still be applied: it was not applied to its end before, as far as its bucket knows, or `folder`
/// where it names none.
///
/// # Errors
/// It was applied, or nobody can say.
pub async fn unspent(
    plan: &Plan,
    digest: &str,
    cloud: &Cloud,
    folder: Option<&Path>,
) -> Result<(), Diagnostic> {
    let store = match (&plan.evidence, folder) {
        (Some(place), _) => Store::bucket(cloud, place).await.map_err(unknown)?,
        (None, Some(folder)) => Store::folder(folder),
        // Nothing can have been kept.
        (None, None) => return Ok(()),
    };
    look(&store, &plan.project, digest).await
}

async fn look(store: &Store, project: &str, digest: &str) -> Result<(), Diagnostic> {
    let key = key(project, digest);
    let place = format!("{}{key}", store.beginning());
    let Some(object) = store.get(&key).await.map_err(unknown)? else {
        return match store.had(&key).await.map_err(unknown)? {
            true => Err(spent(format!(
                "{place}, which said so, was deleted, and the bucket keeps an earlier version of it. backstay never deletes it."
            ))),
            false => Ok(()),
        };
    };
    // Whatever lies there: nothing else is ever written under this key.
    Err(spent(match serde_json::from_slice::<Mark>(&object.bytes) {
        Ok(mark) => format!(
            "It ended at {:.0}: `backstay history -id {}`.",
            mark.at, mark.apply
        ),
        Err(_) => format!("{place} stands for that, though this version cannot read it."),
    }))
}

fn spent(how: String) -> Diagnostic {
    Diagnostic::error(
        code::SPENT,
        format!("This very plan was applied to its end already. {how}"),
    )
    .remedy(
        "Nothing was changed. A saved plan runs to its end once, and so do its approvals. If what it did was put back and is \
         wanted again, make a new plan and have that approved.",
    )
}

/// What a failed look means.
fn unknown(why: Diagnostic) -> Diagnostic {
    let remedy = why.remedy.clone().map_or_else(String::new, |r| format!(" {r}"));
    let detail = format!(
        "Whether the plan was applied already is not known: {}",
        why.detail
    );
    Diagnostic { detail, ..why }.remedy(format!(
        "Nothing was changed. An apply of a saved plan reads applied/ beside its records.{remedy}"
    ))
}

/// Leaves the mark of a plan that was applied to its end.
///
/// # Errors
/// When it cannot be written.
pub async fn mark(writer: &StoreWriter, project: &str, digest: &str, apply: &str) -> Result<(), Diagnostic> {
    let mark = Mark {
        format: FORMAT,
        backstay: env!("CARGO_PKG_VERSION").to_owned(),
        project: project.to_owned(),
        plan: digest.to_owned(),
        apply: apply.to_owned(),
        at: writer.store().now(),
    };
    let text = serde_json::to_string_pretty(&mark)
        .map_err(|e| Diagnostic::error(code::INTERNAL, format!("the mark cannot be written: {e}.")))?;
    let put = writer
        .put_new(&key(project, digest), format!("{text}\n").as_bytes())
        .await;
    match put {
        // Another apply of the same plan, at the same time, was first; or a request was repeated.
        Ok(Put::Done(_) | Put::Overtaken) => Ok(()),
        Err(why) => Err(Diagnostic {
            code: code::NOT_KEPT,
            summary: code::NOT_KEPT.summary().into(),
            ..why
        }
        .remedy(
            "The changes were made. That this plan was applied is kept nowhere: until it is too old it could be applied again, \
             should somebody put back what it changed. Delete its file and its approvals.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_plan_is_spent_by_its_end_and_no_other_is() {
        let folder = tempfile::tempdir().unwrap();
        let writer = StoreWriter::folder(folder.path());
        let store = writer.store();
        assert!(look(store, "p/q", "aa").await.is_ok());
        mark(&writer, "p/q", "aa", "0123").await.unwrap();
        let said = look(store, "p/q", "aa").await.unwrap_err();
        assert_eq!(said.code, code::SPENT);
        assert!(said.detail.contains("history -id 0123"), "{}", said.detail);
        // Twice is as good as once.
        mark(&writer, "p/q", "aa", "4567").await.unwrap();
        assert!(look(store, "p/q", "ab").await.is_ok());
        assert!(look(store, "p", "aa").await.is_ok());
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_no_plan_that_was_never_applied() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(key("p", "aa"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "").unwrap();
        let store = Store::folder(folder.path());
        let said = look(&store, "p", "aa").await.unwrap_err();
        assert_eq!(said.code, code::SPENT);
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        let said = look(&store, "p", "aa").await.unwrap_err();
        assert_ne!(said.code, code::SPENT);
        assert!(said.detail.contains("is not known"), "{}", said.detail);
    }
}
