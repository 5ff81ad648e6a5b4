//! Who may destroy what a bucket holds, or change it.

use super::super::actor::Actor;
use super::super::ask::{Answer, Ask, Asker, Guard};
use super::super::graph::Node;
use super::stores::{Opening, guarded, on};
use super::{Maker, acts};
use crate::access::{Policies, Target};
use crate::model::fact::LockMode;
use crate::model::{AccountId, Arn, Observed};
use crate::prove::copy::{Copy, Mechanism};

const OPENING: Opening = Opening {
    replaces: "s3:PutBucketPolicy",
    removes: "s3:DeleteBucketPolicy",
};

const BYPASS: &str = "s3:BypassGovernanceRetention";

/// One way to destroy.
struct Way<'a> {
    action: &'static str,
    on: &'a Target<'a>,
    /// Whether a lock keeps it from working.
    is_held: bool,
}

/// A bucket, as its copies are attacked in it.
struct Store<'a> {
    arn: &'a Arn,
    owner: &'a AccountId,
    policy: Option<&'a Policies>,
    /// Everything that it holds.
    objects: Target<'a>,
    itself: Target<'a>,
}

impl Store<'_> {
    /// Its policy as it is, and once it is gone, with what has to be done for it.
    fn guards(&self) -> impl Iterator<Item = (Guard<'_>, Option<Node>)> {
        let gone = Node::Stripped(self.arn.to_string());
        let stripped = self.policy.map(|_| (Guard::None, Some(gone)));
        std::iter::once((guarded(self.policy), None)).chain(stripped)
    }

    fn asked<'a>(
        &'a self,
        who: &'a Actor,
        action: &'static str,
        on: &Target<'a>,
        guard: Guard<'a>,
    ) -> Ask<'a> {
        Ask {
            who,
            action,
            on: on.clone(),
            owner: self.owner,
            guard,
        }
    }

    fn named(&self, target: &Target<'_>) -> String {
        match target {
            Target::Within(_) => format!("{}/*", self.arn.resource()),
            Target::One(_) | Target::Nothing => self.arn.resource().to_owned(),
        }
    }
}

impl Maker {
    pub(super) fn bucket(
        &mut self,
        copy: &Copy,
        owner: &AccountId,
        arn: &Arn,
        overwritable: bool,
        asker: &Asker,
    ) {
        let objects = format!("{arn}/*");
        let policy = self.guard(arn);
        let store = Store {
            arn,
            owner,
            policy: policy.as_ref(),
            objects: Target::Within(&objects),
            itself: Target::One(arn.as_str()),
        };
        let live = copy.mechanism == Mechanism::Live;
        let way = |action, on, is_held| Way { action, on, is_held };
        let mut ways = Vec::new();
        if live || overwritable {
            ways.push(way("s3:DeleteObject", &store.objects, false));
            ways.push(way("s3:PutObject", &store.objects, false));
        }
        if !live {
            ways.push(way("s3:DeleteObjectVersion", &store.objects, true));
            ways.push(way("s3:PutLifecycleConfiguration", &store.itself, true));
        }
        if self.asked.insert(Node::Opened(arn.to_string())) {
            self.opening(&OPENING, arn, owner, policy.as_ref(), asker);
        }
        let governed = matches!(&copy.lock, Observed::Present(lock) if lock.mode == LockMode::Governance);
        if governed && self.asked.insert(Node::Unlocked(arn.to_string())) {
            self.clearing(&store, asker);
        }
        for way in &ways {
            self.destroyed(copy, &store, way, governed && way.is_held, asker);
        }
        if live {
            self.push(
                vec![Node::Opened(arn.to_string())],
                Node::Changes(copy.asset.to_string()),
                format!(
                    "whom its new policy lets in may s3:PutObject on {}",
                    store.named(&store.objects)
                ),
                Answer::Yes(String::new()),
            );
            let found = asker.each(
                asker.candidates("s3:PutObject", owner, guarded(store.policy)),
                |who| asker.ask(&store.asked(who, "s3:PutObject", &store.objects, guarded(store.policy))),
            );
            for (who, answer) in found {
                let because = on(who, "s3:PutObject", &store.named(&store.objects));
                let changes = Node::Changes(copy.asset.to_string());
                self.push(vec![acts(who)], changes, because, answer);
            }
        }
    }

    /// What is held by governance takes the bypass along, or that the lock is cleared first.
    fn destroyed(&mut self, copy: &Copy, store: &Store<'_>, way: &Way<'_>, held: bool, asker: &Asker) {
        let Way {
            action, on: target, ..
        } = way;
        let what = store.named(target);
        let gone = Node::Gone(copy.id.clone());
        let doubt = |answer: Answer| match &copy.lock {
            Observed::Unreadable(why) => {
                answer.and(Answer::Unknown(format!("the lock is not known: {}", why.why)))
            }
            Observed::Present(_) | Observed::Absent => answer,
        };
        // Whoever attacks has an account of its own too, where nothing denies it what the new policy grants.
        let opened = Node::Opened(store.arn.to_string());
        let because = format!("whom its new policy lets in may {action} on {what}");
        self.push(
            vec![opened],
            gone.clone(),
            because,
            doubt(Answer::Yes(String::new())),
        );
        let cleared = held.then(|| Node::Unlocked(store.arn.to_string()));
        let bypasses = held && *action == "s3:DeleteObjectVersion";
        for (guard, first) in store.guards() {
            let ask = |who, action| asker.ask(&store.asked(who, action, target, guard));
            let mut found: Vec<(&Actor, Answer, Option<&Node>)> = Vec::new();
            let plain = asker.each(asker.candidates(action, store.owner, guard), |who| {
                doubt(ask(who, action))
            });
            found.extend(
                plain
                    .into_iter()
                    .map(|(who, answer)| (who, answer, cleared.as_ref())),
            );
            if bypasses {
                let candidates = asker.candidates_with(action, &[BYPASS], store.owner, guard);
                let bypass = asker.each(candidates, |who| ask(who, action).and(ask(who, BYPASS)));
                found.extend(bypass.into_iter().map(|(who, answer)| (who, answer, None)));
            }
            for (who, answer, cleared) in found {
                let mut because = on(who, action, &what);
                if first.is_some() {
                    because.push_str(" once its policy is gone");
                }
                let needs = [first.as_ref(), cleared].into_iter().flatten().cloned();
                let needs = std::iter::once(acts(who)).chain(needs).collect();
                self.push(needs, gone.clone(), because, answer);
            }
        }
    }

    /// Who may take the locks of governance off what is there.
    fn clearing(&mut self, store: &Store<'_>, asker: &Asker) {
        const CLEARS: &str = "s3:PutObjectRetention";
        for (guard, first) in store.guards() {
            let candidates = asker.candidates_with(CLEARS, &[BYPASS], store.owner, guard);
            let found = asker.each(candidates, |who| {
                let clears = asker.ask(&store.asked(who, CLEARS, &store.objects, guard));
                clears.and(asker.ask(&store.asked(who, BYPASS, &store.objects, guard)))
            });
            for (who, answer) in found {
                let because = on(who, CLEARS, &store.named(&store.objects));
                let needs = std::iter::once(acts(who)).chain(first.clone()).collect();
                self.push(needs, Node::Unlocked(store.arn.to_string()), because, answer);
            }
        }
    }
}
