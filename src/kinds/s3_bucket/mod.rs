//! `s3_bucket`: a bucket and how its objects are protected.
//!
//! | file | what is in it |
//! |---|---|
//! | `spec`, `validate/` | what a block can say, and what it must not |
//! | `live`, `read/` | what was seen, and how |
//! | `lifecycle/`, `replication/` | the two rule documents: model, meaning, wire form, difference |
//! | `policy`, `role` | whose statements are whose; the derived role |
//! | `order`, `diff` | what is more protection; what has to change |
//! | `op`, `write` | the writes as data, and how they are made |
//! | `facts`, `permissions` | what rules may know; the least policy |

mod diff;
mod facts;
mod keys;
mod lifecycle;
mod live;
mod names;
mod op;
mod order;
mod permissions;
mod policy;
mod read;
mod replication;
mod role;
pub mod spec;
#[cfg(test)]
mod tests;
mod validate;
mod write;

pub(in crate::kinds) use facts::is_one_zone;
pub use live::Live;
pub use op::Op;
pub use spec::Spec;

use super::{Boxed, Kind, Output, Permission, Purpose, ReadContext, WriteContext, marked};
use crate::aws::AwsError;
use crate::diag::Diagnostics;
use crate::model::change::Diff;
use crate::model::desired::Contribution;
use crate::model::fact::Facts;
use crate::model::policy::Statement;
use crate::model::schema::EvaluatedBlock;
use crate::model::value::Value;
use crate::model::{AccountId, Arn, Observed, Place, Unreadable};
use std::collections::{BTreeMap, BTreeSet};

/// The kind.
#[derive(Debug, Clone, Copy)]
pub struct S3Bucket;

impl Kind for S3Bucket {
    const NAME: &'static str = "s3_bucket";

    const DOC: &'static str = "\
A bucket and how its objects are protected.

## What it manages

Versioning, default encryption, the public access block, object ownership, object lock, lifecycle rules, the
bucket policy, replication and tags: each only when the block says it. A bucket that does not exist is created
and tagged `backstay:project`.

Lifecycle and replication rules that backstay did not write are kept as they are; its own have ids that begin
with `backstay-`. A rule of somebody else that does what is declared satisfies the declaration. Without a
`policy` block the bucket policy is left alone, but for statements that other blocks of the posture need there.

Its own rules that no argument asks for any more are removed while the block declares any rule of that document;
once it declares none, the document is no longer looked at.

What can delete counts as weakening: an expiration where there was none, or a sooner one. Not so where there is
nothing to lose yet: in a bucket that is being created, and for replaced versions of a bucket that never kept any.

A key may be named by reference, ARN, id or alias. An alias is the key that it points to when the plan is made: one
that has been made to point elsewhere is a difference, and one that points to nothing is an error. Ids and aliases
without an ARN are those of the bucket's account and region, and for copies of the destination's.

A key of the bucket's own account and S3's own keys cannot be compared: with the key, reading takes one more
permission, and whoever can delete it can destroy what it encrypts. Going from one to the other counts as weakening
in both ways. A key of another account that a `kms_key` block of the posture declares is more than either; one that no
block declares may be a stranger's, and going to it counts as weakening.

So does another `role` for copies, another `kms_key` for them, or another account as the destination's owner: whether
all is copied as before cannot be told. Of the derived role it can, as backstay writes its policy.

A `replicate` without `role` derives a role, which the plan shows as `s3_bucket.NAME.replication_role`.

## What it never does

It never deletes a bucket, an object or a version. A bucket whose block is removed is released: it loses the
`backstay:project` tag and nothing else. A bucket that existed before is not tagged, unless its block says
`prevent_release`, and a bucket never moves between regions.

## Example

```hcl
s3_bucket \"uploads\" {
  name          = \"acme-uploads\"
  public_access = false

  noncurrent {
    archive_after = \"30d\"
    to            = \"glacier_ir\"
    expire_after  = \"1y\"
  }

  replicate {
    to     = s3_bucket.uploads_dr
    within = \"15m\"
  }
}
```
";

    const OUTPUTS: &'static [Output] = &[
        Output {
            name: "arn",
            doc: "The bucket's ARN.",
        },
        Output {
            name: "objects_arn",
            doc: "The ARN of all its objects, as policies need it.",
        },
    ];

    const HOLDS_DATA: bool = true;
    const DISCOVERS: &'static [&'static str] = &[marked::ACTION];
    type Spec = Spec;
    type Live = Live;
    type Op = Op;

    fn ident(spec: &Spec, _: &Place) -> String {
        spec.name.clone()
    }

    fn arn(ident: &str, place: &Place) -> Option<Arn> {
        Some(Arn::bucket(place.partition(), ident))
    }

    fn outputs(spec: &Spec, place: &Place) -> BTreeMap<&'static str, Value> {
        let arn = Arn::bucket(place.partition(), &spec.name);
        BTreeMap::from([
            ("arn", Value::string(arn.as_str())),
            ("objects_arn", Value::string(format!("{arn}/*"))),
        ])
    }

    fn validate(spec: &Spec, _: &Place, block: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
        validate::validate(spec, block, diagnostics);
    }

    fn contributions(spec: &Spec, _: &str, place: &Place) -> Vec<Contribution> {
        let mut all = role::contributions(spec, place);
        // Who asks about keys here asks whether they arrive there.
        for to in spec
            .replicate
            .iter()
            .filter_map(|block| block.to.address.as_ref())
        {
            all.extend(spec.looked_into.0.iter().map(|prefix| Contribution::Contents {
                of: to.clone(),
                prefix: prefix.clone(),
            }));
        }
        all
    }

    fn accept(spec: &mut Spec, statement: Statement) -> bool {
        policy::accept(spec, statement);
        true
    }

    fn look_into(spec: &mut Spec, prefix: String) -> bool {
        spec.looked_into.0.insert(prefix);
        true
    }

    fn read<'a>(
        cx: ReadContext<'a>,
        wanted: &'a [(String, Option<Spec>)],
    ) -> Boxed<'a, BTreeMap<String, Observed<Live>>> {
        Box::pin(read::read(cx, wanted))
    }

    fn diff(want: &Spec, have: Option<&Live>, place: &Place) -> Diff<Op> {
        diff::diff(want, have, place)
    }

    fn lets_in(
        want: &Spec,
        have: Option<&Live>,
        place: &Place,
        ours: &BTreeSet<AccountId>,
    ) -> Option<(String, String)> {
        policy::lets_in(want, have?, place, ours)
    }

    fn release(_: &str, have: &Live, place: &Place) -> Diff<Op> {
        diff::release(have, place)
    }

    fn tags(have: &Live) -> Result<Option<&BTreeMap<String, String>>, &Unreadable> {
        have.tags.as_ref().map_or(Ok(None), Observed::known)
    }

    fn apply<'a>(cx: WriteContext<'a>, ident: &'a str, op: &'a Op) -> Boxed<'a, Result<(), AwsError>> {
        Box::pin(write::apply(cx, ident, op))
    }

    fn describe(op: &Op) -> String {
        op.describe()
    }

    fn needs(op: &Op, ident: &str, place: &Place) -> Vec<Permission> {
        permissions::needs(op, ident, place)
    }

    fn facts(spec: Option<&Spec>, have: &Live, place: &Place) -> Facts {
        facts::facts(spec, have, place)
    }

    fn settled(have: &Live) -> Live {
        Live {
            contents: BTreeMap::new(),
            ..have.clone()
        }
    }

    fn permissions(spec: &Spec, place: &Place, purpose: Purpose) -> Vec<Permission> {
        permissions::permissions(spec, place, purpose)
    }
}
