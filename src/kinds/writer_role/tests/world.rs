//! A writer that does what it is told: what IAM shows after our writes.

use crate::kinds::iam::INLINE;
use crate::kinds::iam::live::LivePolicy;
use crate::kinds::marked::CREATING_TAG;
use crate::kinds::testing::place;
use crate::kinds::tests::roles::{created, settled};
use crate::kinds::tests::world::World;
use crate::kinds::writer_role::live::LiveWriter;
use crate::kinds::writer_role::spec::boundary_arn;
use crate::kinds::writer_role::{Op, WriterRole};
use crate::model::Observed;

/// The name of the one writer.
pub(super) const NAME: &str = "backstay-acme-pgdump";

impl World for WriterRole {
    fn write(live: Option<LiveWriter>, op: &Op) -> LiveWriter {
        let mut live = live.unwrap_or(LiveWriter {
            role: None,
            boundary: None,
        });
        let own = boundary_arn(NAME, &place()).to_string();
        match op.clone() {
            Op::PutLimit(document) => {
                live.boundary = Some(LivePolicy {
                    arn: own.clone(),
                    document: Some(Observed::Present(document)),
                });
            }
            Op::Create(new) => live.role = Some(created(live.role.take(), NAME, &new)),
            op => {
                let role = live.role.as_mut().expect("a role that was created");
                match op {
                    Op::AttachLimit => role.boundary = live.boundary.clone(),
                    Op::PutTrust(trust) => role.trust = Observed::Present(trust),
                    Op::PutPolicy(policy) => {
                        role.inline.insert(INLINE.to_owned(), Observed::Present(policy));
                    }
                    Op::DeletePolicy(name) => drop(role.inline.remove(&name)),
                    Op::Detach(arn) => role.attached.retain(|p| p.arn != arn),
                    Op::PutSettings {
                        description,
                        max_session,
                    } => settled(role, description, max_session),
                    Op::Tag(tags) => role.tags.extend(tags),
                    Op::Finish => drop(role.tags.remove(CREATING_TAG)),
                    Op::PutLimit(_) | Op::Create(_) | Op::Remove => panic!("{op:?} is no write to a role"),
                }
            }
        }
        // A role is within the text that its boundary has now.
        if let Some(role) = &mut live.role
            && role.boundary.as_ref().is_some_and(|b| b.arn == own)
        {
            role.boundary = live.boundary.clone();
        }
        live
    }
}
