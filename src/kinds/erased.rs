//! The one place where kinds lose their types: specs, live states and writes as JSON.

use super::{Boxed, Depth, Kind, Output, Permission, Purpose, ReadContext, WriteContext};
use crate::aws::AwsError;
use crate::diag::{Diagnostic, Diagnostics, code};
use crate::model::change::{Change, Diff};
use crate::model::desired::Contribution;
use crate::model::fact::Facts;
use crate::model::policy::Statement;
use crate::model::schema::{Block, BlockSchema, EvaluatedBlock};
use crate::model::value::Value;
use crate::model::{AccountId, Arn, Observed, Place};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;
use std::sync::OnceLock;

/// A decoded block.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// How the cloud names it.
    pub ident: String,
    /// The spec, as data.
    pub spec: Json,
}

/// One resource to read; without a spec it is read as far as a release needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// How the cloud names it.
    pub ident: String,
    /// The spec, as data.
    pub spec: Option<Json>,
}

/// What reading one scope gave, by identity.
pub type ReadAnswer = BTreeMap<String, Observed<Json>>;

/// A [`Kind`] whose types are JSON. Data that does not fit the kind (an edited plan file or
/// snapshot) is an error, never a panic.
pub trait AnyKind: Send + Sync {
    /// See [`Kind::NAME`].
    fn name(&self) -> &'static str;
    /// See [`Kind::DOC`].
    fn doc(&self) -> &'static str;
    /// See [`Kind::GLOBAL`].
    fn is_global(&self) -> bool;
    /// See [`Kind::HOLDS_DATA`].
    fn holds_data(&self) -> bool;
    /// See [`Kind::DISCOVERS`].
    fn discovers(&self) -> &'static [&'static str];
    /// See [`Kind::SELECTS`].
    fn selects(&self) -> bool;
    /// The block's schema.
    fn schema(&self) -> &BlockSchema;
    /// See [`Kind::OUTPUTS`].
    fn output_names(&self) -> &'static [Output];
    /// The outputs of an evaluated block; `None` when it does not decode.
    fn outputs(&self, block: &EvaluatedBlock, place: &Place) -> Option<BTreeMap<&'static str, Value>>;
    /// Decodes and validates a block.
    fn decode(&self, block: &EvaluatedBlock, place: &Place, diagnostics: &mut Diagnostics)
    -> Option<Decoded>;
    /// See [`Kind::ident`].
    ///
    /// # Errors
    /// When `spec` is not this kind's.
    fn ident(&self, spec: &Json, place: &Place) -> Result<String, Diagnostic>;
    /// See [`Kind::arn`].
    fn arn(&self, ident: &str, place: &Place) -> Option<Arn>;
    /// See [`Kind::contributions`].
    ///
    /// # Errors
    /// When `spec` is not this kind's.
    fn contributions(&self, spec: &Json, label: &str, place: &Place)
    -> Result<Vec<Contribution>, Diagnostic>;
    /// See [`Kind::accept`]; gives the new spec, or `None` when the kind takes no statements.
    ///
    /// # Errors
    /// When `spec` is not this kind's.
    fn accept(&self, spec: &Json, statement: Statement) -> Result<Option<Json>, Diagnostic>;
    /// See [`Kind::look_into`]; gives the new spec, or `None` when the kind has no keys.
    ///
    /// # Errors
    /// When `spec` is not this kind's.
    fn look_into(&self, spec: &Json, prefix: String) -> Result<Option<Json>, Diagnostic>;
    /// See [`Kind::referred_to`]; gives the new spec, or `None` where that makes no difference.
    ///
    /// # Errors
    /// When `spec` is not this kind's.
    fn referred_to(&self, spec: &Json) -> Result<Option<Json>, Diagnostic>;
    /// See [`Kind::read`].
    fn read<'a>(
        &self,
        cx: ReadContext<'a>,
        wanted: &'a [Wanted],
    ) -> Boxed<'a, Result<ReadAnswer, Diagnostic>>;
    /// See [`Kind::diff`].
    ///
    /// # Errors
    /// When `want` or `have` is not this kind's.
    fn diff(&self, want: &Json, have: Option<&Json>, place: &Place) -> Result<Diff<Json>, Diagnostic>;
    /// See [`Kind::lets_in`].
    ///
    /// # Errors
    /// When `want` or `have` is not this kind's.
    fn lets_in(
        &self,
        want: &Json,
        have: Option<&Json>,
        place: &Place,
        ours: &BTreeSet<AccountId>,
    ) -> Result<Option<(String, String)>, Diagnostic>;
    /// See [`Kind::release`].
    ///
    /// # Errors
    /// When `have` is not this kind's.
    fn release(&self, ident: &str, have: &Json, place: &Place) -> Result<Diff<Json>, Diagnostic>;
    /// See [`Kind::tags`].
    ///
    /// # Errors
    /// When `have` is not this kind's.
    fn tags(&self, have: &Json) -> Result<Observed<BTreeMap<String, String>>, Diagnostic>;
    /// See [`Kind::apply`].
    fn apply<'a>(
        &self,
        cx: WriteContext<'a>,
        ident: &'a str,
        op: &'a Json,
    ) -> Boxed<'a, Result<(), AwsError>>;
    /// See [`Kind::describe`].
    ///
    /// # Errors
    /// When `op` is not this kind's.
    fn describe(&self, op: &Json) -> Result<String, Diagnostic>;
    /// See [`Kind::needs`].
    ///
    /// # Errors
    /// When `op` is not this kind's.
    fn needs(&self, op: &Json, ident: &str, place: &Place) -> Result<Vec<Permission>, Diagnostic>;
    /// See [`Kind::facts`].
    ///
    /// # Errors
    /// When `spec` or `have` is not this kind's.
    fn facts(&self, spec: Option<&Json>, have: &Json, place: &Place) -> Result<Facts, Diagnostic>;
    /// See [`Kind::declared`].
    ///
    /// # Errors
    /// When `spec` is not this kind's.
    fn declared(&self, spec: &Json, place: &Place) -> Result<Option<Facts>, Diagnostic>;
    /// See [`Kind::settled`].
    ///
    /// # Errors
    /// When `have` is not this kind's.
    fn settled(&self, have: &Json) -> Result<Json, Diagnostic>;
    /// See [`Kind::permissions`].
    ///
    /// # Errors
    /// When `spec` is not this kind's.
    fn permissions(
        &self,
        spec: &Json,
        place: &Place,
        purpose: Purpose,
    ) -> Result<Vec<Permission>, Diagnostic>;
}

/// A kind as a value.
pub(super) struct Erased<K> {
    schema: OnceLock<BlockSchema>,
    kind: PhantomData<fn() -> K>,
}

impl<K: Kind> Erased<K> {
    pub(super) const fn new() -> Self {
        Self {
            schema: OnceLock::new(),
            kind: PhantomData,
        }
    }
}

fn load<T: DeserializeOwned>(kind: &str, what: &str, json: &Json) -> Result<T, Diagnostic> {
    T::deserialize(json).map_err(|e| {
        Diagnostic::error(
            code::BAD_PLAN,
            format!("a stored {what} of {kind} does not fit: {e}."),
        )
        .remedy("Make the plan or snapshot again with this version.")
    })
}

fn store<T: Serialize>(kind: &str, value: &T) -> Result<Json, Diagnostic> {
    serde_json::to_value(value)
        .map_err(|e| Diagnostic::error(code::INTERNAL, format!("{kind} cannot be stored: {e}.")))
}

fn erase<K: Kind>(diff: Diff<K::Op>) -> Result<Diff<Json>, Diagnostic> {
    Ok(Diff {
        action: diff.action,
        missing: diff.missing,
        out_of_reach: diff.out_of_reach,
        unreadable: diff.unreadable,
        findings: diff.findings,
        changes: diff
            .changes
            .into_iter()
            .map(|change| {
                Ok(Change {
                    op: store(K::NAME, &change.op)?,
                    stage: change.stage,
                    attributes: change.attributes,
                })
            })
            .collect::<Result<_, Diagnostic>>()?,
    })
}

impl<K: Kind> AnyKind for Erased<K> {
    fn name(&self) -> &'static str {
        K::NAME
    }

    fn doc(&self) -> &'static str {
        K::DOC
    }

    fn is_global(&self) -> bool {
        K::GLOBAL
    }

    fn holds_data(&self) -> bool {
        K::HOLDS_DATA
    }

    fn discovers(&self) -> &'static [&'static str] {
        K::DISCOVERS
    }

    fn selects(&self) -> bool {
        K::SELECTS
    }

    fn schema(&self) -> &BlockSchema {
        self.schema.get_or_init(|| BlockSchema {
            labels: &["name"],
            ..K::Spec::schema(K::NAME)
        })
    }

    fn output_names(&self) -> &'static [Output] {
        K::OUTPUTS
    }

    fn outputs(&self, block: &EvaluatedBlock, place: &Place) -> Option<BTreeMap<&'static str, Value>> {
        let spec = K::Spec::decode(block, &mut Diagnostics::new())?;
        Some(K::outputs(&spec, place))
    }

    fn decode(
        &self,
        block: &EvaluatedBlock,
        place: &Place,
        diagnostics: &mut Diagnostics,
    ) -> Option<Decoded> {
        let spec = K::Spec::decode(block, diagnostics)?;
        K::validate(&spec, place, block, diagnostics);
        match store(K::NAME, &spec) {
            Ok(json) => Some(Decoded {
                ident: K::ident(&spec, place),
                spec: json,
            }),
            Err(diagnostic) => {
                diagnostics.push(diagnostic);
                None
            }
        }
    }

    fn ident(&self, spec: &Json, place: &Place) -> Result<String, Diagnostic> {
        Ok(K::ident(&load::<K::Spec>(K::NAME, "spec", spec)?, place))
    }

    fn arn(&self, ident: &str, place: &Place) -> Option<Arn> {
        K::arn(ident, place)
    }

    fn contributions(
        &self,
        spec: &Json,
        label: &str,
        place: &Place,
    ) -> Result<Vec<Contribution>, Diagnostic> {
        Ok(K::contributions(
            &load::<K::Spec>(K::NAME, "spec", spec)?,
            label,
            place,
        ))
    }

    fn accept(&self, spec: &Json, statement: Statement) -> Result<Option<Json>, Diagnostic> {
        let mut spec: K::Spec = load(K::NAME, "spec", spec)?;
        if K::accept(&mut spec, statement) {
            store(K::NAME, &spec).map(Some)
        } else {
            Ok(None)
        }
    }

    fn look_into(&self, spec: &Json, prefix: String) -> Result<Option<Json>, Diagnostic> {
        let mut spec: K::Spec = load(K::NAME, "spec", spec)?;
        if K::look_into(&mut spec, prefix) {
            store(K::NAME, &spec).map(Some)
        } else {
            Ok(None)
        }
    }

    fn referred_to(&self, spec: &Json) -> Result<Option<Json>, Diagnostic> {
        let mut spec: K::Spec = load(K::NAME, "spec", spec)?;
        let told = K::referred_to(&mut spec);
        told.then(|| store(K::NAME, &spec)).transpose()
    }

    fn read<'a>(
        &self,
        cx: ReadContext<'a>,
        wanted: &'a [Wanted],
    ) -> Boxed<'a, Result<ReadAnswer, Diagnostic>> {
        Box::pin(async move {
            let wanted: Vec<(String, Option<K::Spec>)> = wanted
                .iter()
                .map(|w| {
                    let spec = w.spec.as_ref().map(|s| load(K::NAME, "spec", s)).transpose()?;
                    Ok((w.ident.clone(), spec))
                })
                .collect::<Result<_, Diagnostic>>()?;
            let answer = K::read(cx, &wanted).await;
            answer
                .into_iter()
                .map(|(ident, observed)| {
                    let observed = match observed {
                        Observed::Present(live) => Observed::Present(store(K::NAME, &live)?),
                        Observed::Absent => Observed::Absent,
                        Observed::Unreadable(why) => Observed::Unreadable(why),
                    };
                    Ok((ident, observed))
                })
                .collect()
        })
    }

    fn diff(&self, want: &Json, have: Option<&Json>, place: &Place) -> Result<Diff<Json>, Diagnostic> {
        let want: K::Spec = load(K::NAME, "spec", want)?;
        let have: Option<K::Live> = have.map(|h| load(K::NAME, "live state", h)).transpose()?;
        erase::<K>(K::diff(&want, have.as_ref(), place))
    }

    fn lets_in(
        &self,
        want: &Json,
        have: Option<&Json>,
        place: &Place,
        ours: &BTreeSet<AccountId>,
    ) -> Result<Option<(String, String)>, Diagnostic> {
        let want: K::Spec = load(K::NAME, "spec", want)?;
        let have: Option<K::Live> = have.map(|h| load(K::NAME, "state", h)).transpose()?;
        Ok(K::lets_in(&want, have.as_ref(), place, ours))
    }

    fn release(&self, ident: &str, have: &Json, place: &Place) -> Result<Diff<Json>, Diagnostic> {
        let have: K::Live = load(K::NAME, "live state", have)?;
        erase::<K>(K::release(ident, &have, place))
    }

    fn tags(&self, have: &Json) -> Result<Observed<BTreeMap<String, String>>, Diagnostic> {
        let have: K::Live = load(K::NAME, "live state", have)?;
        Ok(match K::tags(&have) {
            Ok(Some(tags)) => Observed::Present(tags.clone()),
            Ok(None) => Observed::Absent,
            Err(why) => Observed::Unreadable(why.clone()),
        })
    }

    fn apply<'a>(
        &self,
        cx: WriteContext<'a>,
        ident: &'a str,
        op: &'a Json,
    ) -> Boxed<'a, Result<(), AwsError>> {
        Box::pin(async move {
            let op: K::Op = <K::Op as Deserialize>::deserialize(op).map_err(|e| {
                AwsError::new(
                    K::NAME,
                    crate::aws::Class::Refused,
                    "BadPlan",
                    format!("a stored step does not fit: {e}"),
                )
            })?;
            K::apply(cx, ident, &op).await
        })
    }

    fn describe(&self, op: &Json) -> Result<String, Diagnostic> {
        Ok(K::describe(&load::<K::Op>(K::NAME, "step", op)?))
    }

    fn needs(&self, op: &Json, ident: &str, place: &Place) -> Result<Vec<Permission>, Diagnostic> {
        Ok(K::needs(&load::<K::Op>(K::NAME, "step", op)?, ident, place))
    }

    fn facts(&self, spec: Option<&Json>, have: &Json, place: &Place) -> Result<Facts, Diagnostic> {
        let spec: Option<K::Spec> = spec.map(|s| load(K::NAME, "spec", s)).transpose()?;
        let have: K::Live = load(K::NAME, "live state", have)?;
        Ok(K::facts(spec.as_ref(), &have, place))
    }

    fn declared(&self, spec: &Json, place: &Place) -> Result<Option<Facts>, Diagnostic> {
        Ok(K::declared(&load::<K::Spec>(K::NAME, "spec", spec)?, place))
    }

    fn settled(&self, have: &Json) -> Result<Json, Diagnostic> {
        store(
            K::NAME,
            &K::settled(&load::<K::Live>(K::NAME, "live state", have)?),
        )
    }

    fn permissions(
        &self,
        spec: &Json,
        place: &Place,
        purpose: Purpose,
    ) -> Result<Vec<Permission>, Diagnostic> {
        Ok(K::permissions(
            &load::<K::Spec>(K::NAME, "spec", spec)?,
            place,
            purpose,
        ))
    }
}

impl Depth {
    /// True when everything is asked for.
    pub fn everything(self) -> bool {
        self == Depth::Everything
    }
}
