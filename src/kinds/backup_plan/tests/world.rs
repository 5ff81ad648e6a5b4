//! A plan that does what it is told: what AWS Backup shows after our writes.

use crate::kinds::backup_plan::BackupPlan;
use crate::kinds::backup_plan::live::{LivePlan, Selection};
use crate::kinds::backup_plan::write::Op;
use crate::kinds::tests::world::{World, tags_of};
use crate::model::Observed;
use std::collections::BTreeMap;

/// Selections that were read, to be changed.
pub(super) fn selections_of(live: &mut LivePlan) -> &mut BTreeMap<String, Selection> {
    match &mut live.selections {
        Observed::Present(selections) => selections,
        other => panic!("they are always read: {other:?}"),
    }
}

impl World for BackupPlan {
    fn write(live: Option<LivePlan>, op: &Op) -> LivePlan {
        let mut live = match (live, op) {
            (Some(live), _) => live,
            (None, Op::Create { tags, .. }) => LivePlan {
                name: "daily".into(),
                id: "id".into(),
                arn: "arn:aws:backup:us-east-1:111111111111:backup-plan:id"
                    .parse()
                    .unwrap(),
                rules: Vec::new(),
                selections: Observed::Present(BTreeMap::new()),
                windows_vss: false,
                tags: Observed::Present(tags.clone()),
                opted_in: None,
            },
            (None, op) => panic!("{op:?} of a plan that is not there"),
        };
        match op.clone() {
            Op::Create { body, .. } | Op::Update { body } => {
                live.rules = body.rules;
                live.windows_vss = body.windows_vss;
            }
            Op::Select { selections, replaces } => {
                let all = selections_of(&mut live);
                let before = all.clone();
                for new in selections {
                    let there = before.iter().any(|(id, s)| *s == new && !replaces.contains(id));
                    if !there {
                        let free = (0..).map(|n| format!("s{n}"));
                        let mut free = free.filter(|id| !all.contains_key(id) && !replaces.contains(id));
                        let id = free.next().unwrap();
                        all.insert(id, new);
                    }
                }
                all.retain(|id, _| !replaces.contains(id));
            }
            Op::Tag { tags } => tags_of(&mut live.tags).extend(tags),
            Op::Remove => panic!("what is declared is not removed"),
        }
        live
    }
}
