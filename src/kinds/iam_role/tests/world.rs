//! A role that does what it is told: what IAM shows after our writes.

use crate::kinds::iam::INLINE;
use crate::kinds::iam::live::LiveRole;
use crate::kinds::iam_role::{IamRole, Op};
use crate::kinds::marked::CREATING_TAG;
use crate::kinds::tests::roles::{created, managed, settled};
use crate::kinds::tests::world::World;
use crate::model::Observed;

impl World for IamRole {
    fn write(live: Option<LiveRole>, op: &Op) -> LiveRole {
        if let Op::Create(new) = op {
            return created(live, "restore", new);
        }
        let mut live = live.expect("a role that was created");
        match op.clone() {
            Op::Create(_) => {}
            Op::PutBoundary(arn) => live.boundary = Some(managed(&arn)),
            Op::PutTrust(trust) => live.trust = Observed::Present(trust),
            Op::PutPolicy(policy) => {
                live.inline.insert(INLINE.to_owned(), Observed::Present(policy));
            }
            Op::DeletePolicy => drop(live.inline.remove(INLINE)),
            Op::Attach(arn) => {
                live.attached.retain(|p| p.arn != arn);
                live.attached.push(managed(&arn));
                live.attached.sort_by(|a, b| a.arn.cmp(&b.arn));
            }
            Op::Detach(arn) => live.attached.retain(|p| p.arn != arn),
            Op::PutSettings {
                description,
                max_session,
            } => settled(&mut live, description, max_session),
            Op::Tag(tags) => live.tags.extend(tags),
            Op::Finish => drop(live.tags.remove(CREATING_TAG)),
            Op::Remove => panic!("what is declared is not removed"),
        }
        live
    }
}
