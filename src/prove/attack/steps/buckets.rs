//! Who may destroy what a bucket holds, or change it.

use super::super::actor::Actor;
use super::super::ask::{Answer, Ask, Asker, Guard};
use super::super::graph::Node;
use super::super::ledger::Doing;
use super::stores::{Opening, guarded, on};
use super::{Maker, Permission, own};
use crate::access::{Policies, Target};
use crate::model::fact::LockMode;
use crate::model::{AccountId, Arn, Observed};
use crate::prove::copy::{Copy, Mechanism};

const OPENING: Opening = Opening {
    replaces: "s3:PutBucketPolicy",
    removes: "s3:DeleteBucketPolicy",
};

const TAGS: [&str; 2] = ["s3:PutObjectTagging", "s3:PutObjectVersionTagging"];

const BYPASS: &str = "s3:BypassGovernanceRetention";

/// Puts objects under another key of the bucket's account; what a lock holds is refused (S3 API, `UpdateObjectEncryption`).
const REWRAPS: &str = "s3:UpdateObjectEncryption";

/// What has to be so where whoever rewraps may not make a key for it.
const ENDABLE: &str = "whoever rewraps it can also end a key of the bucket's account";

/// One way to destroy.
struct Way<'a> {
    action: &'static str,
    on: &'a Target<'a>,
    /// Whether a lock keeps it from working.
    is_held: bool,
    /// What else has to be so.
    only_if: Option<&'static str>,
}

/// Somebody else's rule deletes what bears a tag.
const TAGGED: &str = "a lifecycle rule of the bucket deletes what bears a tag";

/// Without the block of public access, a policy lets in whom it means, to do what it says.
const LETS_IN: &str = "the policy lets others do harm once public access is not blocked";

/// Older objects have a version that is overwritten and deleted like an object without one.
const UNVERSIONED: &str = "some of it is older than the bucket's versioning";

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

    /// Whether somebody may make a key of the bucket's account, and so may end it.
    fn makes_key(&self, who: &Actor, asker: &Asker) -> bool {
        let makes = || asker.ask(&own(who, "kms:CreateKey", Target::Within("*")));
        who.account == *self.owner && matches!(makes(), Answer::Yes(_))
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
        let way = |action, on, is_held| Way {
            action,
            on,
            is_held,
            only_if: None,
        };
        let mut ways = Vec::new();
        if live || overwritable {
            ways.push(way("s3:DeleteObject", &store.objects, false));
            ways.push(way("s3:PutObject", &store.objects, false));
        }
        match self.versions.get(&copy.asset).filter(|_| live && !overwritable) {
            Some(versions) => {
                let versions = Node::Gone(versions.clone());
                let because = Doing::itself("what destroys every version destroys the newest");
                let live = Node::Gone(copy.id.clone());
                self.push(vec![versions], live, because, Answer::Yes(String::new()));
            }
            // A rule expires what is current, and without versions takes it away; the version of what has none is "null".
            None => {
                ways.push(way("s3:DeleteObjectVersion", &store.objects, true));
                ways.push(way("s3:PutLifecycleConfiguration", &store.itself, true));
                ways.push(Way {
                    only_if: Some(ENDABLE),
                    ..way(REWRAPS, &store.objects, true)
                });
            }
        }
        if overwritable {
            // Of versions it is known how soon any rule deletes them, by a tag or without.
            ways.extend(TAGS.map(|action| Way {
                only_if: Some(TAGGED),
                ..way(action, &store.objects, false)
            }));
        }
        if self.asked.insert(Node::Opened(arn.to_string())) {
            self.opening(&OPENING, arn, owner, policy.as_ref(), asker);
            self.unblocking(&store, asker);
        }
        let governed = matches!(&copy.lock, Observed::Present(lock) if lock.mode == LockMode::Governance);
        if governed && self.asked.insert(Node::Unlocked(arn.to_string())) {
            self.clearing(&store, asker);
        }
        for way in &ways {
            self.destroyed(copy, &store, way, governed && way.is_held, asker);
        }
        if !live && !overwritable {
            self.suspended(copy, &store, asker);
        }
        if live {
            self.push(
                vec![Node::Opened(arn.to_string())],
                Node::Changes(copy.asset.to_string()),
                Doing::itself(format!(
                    "whom its new policy lets in may s3:PutObject on {}",
                    store.named(&store.objects)
                )),
                Answer::Yes(String::new()),
            );
            const PUTS: &str = "s3:PutObject";
            let guard = guarded(store.policy);
            let does = on(PUTS, &store.named(&store.objects));
            let changes = Node::Changes(copy.asset.to_string());
            self.each(
                asker,
                &Permission::to(PUTS, owner, guard),
                (&[], &changes, &does),
                |who| asker.ask(&store.asked(who, PUTS, &store.objects, guard)),
            );
        }
    }

    /// What is held by governance takes the bypass along, or that the lock is cleared first.
    fn destroyed(&mut self, copy: &Copy, store: &Store<'_>, way: &Way<'_>, held: bool, asker: &Asker) {
        let Way {
            action, on: target, ..
        } = way;
        let what = store.named(target);
        let gone = Node::Gone(copy.id.clone());
        let doubt = |answer: Answer, only_if: Option<&str>| {
            let answer = answer.only_if(only_if);
            match &copy.lock {
                Observed::Unreadable(why) => {
                    answer.and(Answer::Unknown(format!("the lock is not known: {}", why.why)))
                }
                Observed::Present(_) | Observed::Absent => answer,
            }
        };
        // Whoever attacks has an account of its own too, where nothing denies it what the new policy grants.
        let opened = Node::Opened(store.arn.to_string());
        let because = Doing::itself(format!("whom its new policy lets in may {action} on {what}"));
        self.push(
            vec![opened],
            gone.clone(),
            because,
            doubt(Answer::Yes(String::new()), way.only_if),
        );
        let cleared = held.then(|| Node::Unlocked(store.arn.to_string()));
        let bypasses = held && *action == "s3:DeleteObjectVersion";
        for (guard, first) in store.guards() {
            let ask = |who, action| asker.ask(&store.asked(who, action, target, guard));
            let mut does = on(action, &what);
            if first.is_some() {
                does.push_str(" once its policy is gone");
            }
            let may = Permission::to(action, store.owner, guard);
            let also: Vec<Node> = first.iter().chain(&cleared).cloned().collect();
            self.each(asker, &may, (&also, &gone, &does), |who| {
                let only_if = way
                    .only_if
                    .filter(|_| !(*action == REWRAPS && store.makes_key(who, asker)));
                doubt(ask(who, action), only_if)
            });
            if bypasses {
                let may = may.with(&[BYPASS]);
                let also: Vec<Node> = first.into_iter().collect();
                self.each(asker, &may, (&also, &gone, &does), |who| {
                    ask(who, action).and(ask(who, BYPASS))
                });
            }
        }
    }

    /// Where versioning is suspended, an overwrite or a deletion destroys what was there before versioning was on. It cannot
    /// be suspended where objects can be locked, and whoever destroys the data as it serves does so in one of these ways.
    fn suspended(&mut self, copy: &Copy, store: &Store<'_>, asker: &Asker) {
        const SUSPENDS: &str = "s3:PutBucketVersioning";
        let Some(live) = self.suspendable.get(store.arn).cloned() else {
            return;
        };
        let suspended = Node::Suspended(store.arn.to_string());
        self.push(
            vec![Node::Gone(live), suspended.clone()],
            Node::Gone(copy.id.clone()),
            Doing::itself(format!(
                "what {} held before it kept versions goes with it",
                store.arn.resource()
            )),
            Answer::If(UNVERSIONED.to_owned(), String::new()),
        );
        if !self.asked.insert(suspended.clone()) {
            return;
        }
        for (guard, first) in store.guards() {
            let also: Vec<Node> = first.into_iter().collect();
            let does = on(SUSPENDS, store.arn.resource());
            let may = Permission::to(SUSPENDS, store.owner, guard);
            self.each(asker, &may, (&also, &suspended, &does), |who| {
                asker.ask(&store.asked(who, SUSPENDS, &store.itself, guard))
            });
        }
    }

    /// Who may take off the block that keeps a public policy from letting others in.
    fn unblocking(&mut self, store: &Store<'_>, asker: &Asker) {
        const UNBLOCKS: &str = "s3:PutBucketPublicAccessBlock";
        if !self.restricted.contains(store.arn) {
            return;
        }
        let guard = guarded(store.policy);
        let opened = Node::Opened(store.arn.to_string());
        let does = on(UNBLOCKS, store.arn.resource());
        let may = Permission::to(UNBLOCKS, store.owner, guard).only_if(Some(LETS_IN));
        self.each(asker, &may, (&[], &opened, &does), |who| {
            asker.ask(&store.asked(who, UNBLOCKS, &store.itself, guard))
        });
    }

    /// Who may take the locks of governance off what is there.
    fn clearing(&mut self, store: &Store<'_>, asker: &Asker) {
        const CLEARS: &str = "s3:PutObjectRetention";
        for (guard, first) in store.guards() {
            let also: Vec<Node> = first.into_iter().collect();
            let unlocked = Node::Unlocked(store.arn.to_string());
            let does = on(CLEARS, &store.named(&store.objects));
            let may = Permission::to(CLEARS, store.owner, guard).with(&[BYPASS]);
            self.each(asker, &may, (&also, &unlocked, &does), |who| {
                let clears = asker.ask(&store.asked(who, CLEARS, &store.objects, guard));
                clears.and(asker.ask(&store.asked(who, BYPASS, &store.objects, guard)))
            });
        }
    }
}
