//! Who becomes whom, and who becomes an administrator.

use super::super::actor::{Actor, Denying, Standing};
use super::super::ask::{Answer, Ask, Asker, Guard, read};
use super::super::graph::Node;
use super::super::ledger::Doing;
use super::{Maker, acts, administrator_of, capped, every, loosened, name, own};
use crate::access::assume::{Graph, Member};
use crate::access::{Caller, Target};
use crate::model::{AccountId, Arn, PrincipalKind};
use std::collections::{BTreeMap, BTreeSet};

/// What gives the caller, or somebody it then acts as, any permission it likes.
pub(super) const REWRITES_ROLE: &[&str] = &[
    "iam:PutRolePolicy",
    "iam:AttachRolePolicy",
    "iam:DeleteRolePermissionsBoundary",
    "iam:PutRolePermissionsBoundary",
];
pub(super) const REWRITES_USER: &[&str] = &[
    "iam:PutUserPolicy",
    "iam:AttachUserPolicy",
    "iam:DeleteUserPermissionsBoundary",
    "iam:PutUserPermissionsBoundary",
];
pub(super) const REWRITES_POLICY: &[&str] = &["iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"];
pub(super) const REWRITES_GROUP: &[&str] = &[
    "iam:PutGroupPolicy",
    "iam:AttachGroupPolicy",
    "iam:AddUserToGroup",
];

/// What takes off somebody a policy that lies in it, or one that is attached.
pub(super) const LOOSENS_ROLE: [&str; 2] = ["iam:DeleteRolePolicy", "iam:DetachRolePolicy"];
pub(super) const LOOSENS_USER: [&str; 2] = ["iam:DeleteUserPolicy", "iam:DetachUserPolicy"];
/// The same for what a user has of its groups, which lies in them or is attached to them.
pub(super) const LOOSENS_GROUP: &[&str] = &[
    "iam:RemoveUserFromGroup",
    "iam:DeleteGroupPolicy",
    "iam:DetachGroupPolicy",
];

/// What makes the caller somebody else without changing what that one may do.
pub(super) const TAKES_ROLE: &[&str] = &["iam:UpdateAssumeRolePolicy"];
pub(super) const TAKES_USER: &[&str] = &[
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:UpdateLoginProfile",
];

/// What is done to others of one kind in an account.
struct Over<'a> {
    account: &'a AccountId,
    /// `role`.
    word: &'static str,
    kind: PrincipalKind,
    /// Everybody of the kind and account.
    targets: Vec<&'a Actor>,
    takes: &'static [&'static str],
    rewrites: &'static [&'static str],
}

/// Whoever may change what everybody in somebody's account may do.
pub(super) fn above(who: &Actor) -> Node {
    Node::Acts(administrator_of(who.arn.partition(), &who.account))
}

fn is_known(who: &&Actor) -> bool {
    who.standing == Standing::Known
}

impl Maker {
    /// Role assumption, by trust.
    pub(super) fn becoming(&mut self, asker: &Asker) {
        let member = |who: &Actor| who.member(asker.rails(who));
        let anew = |who: &&Actor| asker.is_new(who, "sts:AssumeRole");
        let known: Vec<Member> = asker.actors.iter().filter(is_known).map(member).collect();
        let from: Vec<Member> = asker
            .actors
            .iter()
            .filter(is_known)
            .filter(anew)
            .map(member)
            .collect();
        let by_caller: BTreeMap<&Caller, &Actor> = asker
            .actors
            .iter()
            .filter(is_known)
            .map(|a| (&a.caller, a))
            .collect();
        self.edges(
            &Graph::between(&from, &known, &asker.context),
            &by_caller,
            &by_caller,
            asker,
        );
        let changed = asker
            .actors
            .iter()
            .filter(|a| a.stands_alone() && a.takes_on_roles() && a.standing != Standing::Known);
        // Two who are renamed may bear the same name, one after the other.
        let mut groups: BTreeMap<(Standing, Option<&Arn>), Vec<&Actor>> = BTreeMap::new();
        for who in changed.filter(anew) {
            let apart = (who.standing == Standing::Renamed).then_some(&who.arn);
            groups.entry((who.standing, apart)).or_default().push(who);
        }
        for changed in groups.into_values() {
            let members: Vec<Member> = changed.iter().map(|a| member(a)).collect();
            let names = changed.iter().map(|a| (&a.caller, *a)).collect();
            self.edges(
                &Graph::between(&members, &known, &asker.context),
                &names,
                &by_caller,
                asker,
            );
        }
        // Inside its account an administrator acts as every role anyway; who has rewritten policies may do in
        // another account what trusts there say.
        let accounts: BTreeSet<&AccountId> = asker.actors.iter().map(|a| &a.account).collect();
        for account in accounts {
            let above =
                |a: &&Actor| a.account == *account && a.is_all_powerful() && a.standing != Standing::Root;
            let from = asker.actors.iter().filter(above).filter(|a| a.takes_on_roles());
            let from: Vec<&Actor> = from.filter(anew).collect();
            let members: Vec<Member> = from.iter().map(|a| member(a)).collect();
            let elsewhere: Vec<Member> = known
                .iter()
                .filter(|m| m.caller.account().as_ref() != Some(account))
                .cloned()
                .collect();
            let names = from.iter().map(|a| (&a.caller, *a)).collect();
            self.edges(
                &Graph::between(&members, &elsewhere, &asker.context),
                &names,
                &by_caller,
                asker,
            );
        }
    }

    fn edges(
        &mut self,
        graph: &Graph,
        from: &BTreeMap<&Caller, &Actor>,
        into: &BTreeMap<&Caller, &Actor>,
        asker: &Asker,
    ) {
        self.no_edges(graph, from, into, asker);
        // What the administrator may assume, it need not rewrite anybody's policies for.
        let mut above: BTreeSet<&Caller> = BTreeSet::new();
        for edge in graph.edges() {
            let (Some(who), Some(role)) = (from.get(&edge.from), into.get(&edge.to)) else {
                continue;
            };
            let answer = read(&edge.decision, who);
            let sure = matches!(answer, Answer::Yes(_));
            if who.is_of_an_administrator() && above.contains(&edge.to) {
                continue;
            }
            if who.standing == Standing::Administrator && sure {
                above.insert(&edge.to);
            }
            self.push(
                vec![acts(who)],
                acts(role),
                Doing::by(who, format!("assumes {}", name(&role.arn))),
                answer,
            );
        }
    }

    /// Who takes on which role in vain, where somebody wants to know.
    fn no_edges(
        &mut self,
        graph: &Graph,
        from: &BTreeMap<&Caller, &Actor>,
        into: &BTreeMap<&Caller, &Actor>,
        asker: &Asker,
    ) {
        let wanted = into.values().filter(|role| self.wants(&acts(role)));
        let wanted: Vec<&Actor> = wanted.copied().collect();
        if wanted.is_empty() {
            return;
        }
        let taken: BTreeSet<(&Caller, &Caller)> = graph.edges().iter().map(|e| (&e.from, &e.to)).collect();
        for role in wanted {
            let Some(trust) = &role.trust else { continue };
            self.asks(&acts(role), Doing::itself(format!("assumes {}", name(&role.arn))));
            let tried = |who: &&&Actor| trust.could_allow_to("sts:AssumeRole", &who.caller);
            for who in from.values().filter(|who| who.arn != role.arn).filter(tried) {
                let ask = Ask {
                    guard: Guard::Policy(trust),
                    owner: &role.account,
                    ..own(who, "sts:AssumeRole", Target::One(role.arn.as_str()))
                };
                if !taken.contains(&(&who.caller, &role.caller))
                    && let Answer::No(denials) = asker.ask(&ask)
                {
                    let does = Doing::by(who, format!("assumes {}", name(&role.arn)));
                    self.push(vec![acts(who)], acts(role), does, Answer::No(denials));
                }
            }
        }
    }

    /// Who may change what others in the account may do is an administrator of it, whatever the
    /// documents say today.
    pub(super) fn escalating(&mut self, asker: &Asker) {
        let mut by_account: BTreeMap<&AccountId, Vec<&Actor>> = BTreeMap::new();
        // Who has no permission of its own changes nobody's.
        let acting = asker.actors.iter().filter(|a| a.standing != Standing::Bare);
        for who in acting.filter(|a| a.stands_alone()) {
            by_account.entry(&who.account).or_default().push(who);
        }
        for (account, all) in by_account {
            let known = || all.iter().filter(|a| a.standing == Standing::Known);
            let of = |kind| -> Vec<&Actor> { known().filter(|a| a.kind == kind).copied().collect() };
            let over = [
                Over {
                    account,
                    word: "role",
                    kind: PrincipalKind::Role,
                    targets: of(PrincipalKind::Role),
                    takes: TAKES_ROLE,
                    rewrites: REWRITES_ROLE,
                },
                Over {
                    account,
                    word: "user",
                    kind: PrincipalKind::User,
                    targets: of(PrincipalKind::User),
                    takes: TAKES_USER,
                    rewrites: REWRITES_USER,
                },
            ];
            for over in &over {
                self.shared(over);
            }
            self.renamed(account, asker);
            let roles = of(PrincipalKind::Role);
            let trusting = self.trusting(&roles, asker);
            let denied: Vec<&Actor> = known()
                .filter(|a| a.denying != Denying::default())
                .copied()
                .collect();
            for who in &all {
                self.policies_and_groups(who, asker);
                self.making(who, asker);
                self.making_bare(who, asker);
                self.renaming(who, asker);
                self.federating(who, asker);
                for over in &over {
                    self.taking(who, over, asker);
                    self.rewriting(who, over, asker);
                }
                self.passing(who, &trusting, asker);
                self.vouching(who, &roles, asker);
                self.loosening(who, &denied, asker);
            }
        }
    }

    /// What a power over a whole account leads to.
    fn shared(&mut self, over: &Over<'_>) {
        for target in &over.targets {
            let above = above(target);
            let because = Doing::itself(format!("so it acts as {}", name(&target.arn)));
            self.push(
                vec![over.takes_all()],
                acts(target),
                because,
                Answer::Yes(String::new()),
            );
            let yes = Answer::Yes(String::new());
            let because = Doing::itself(format!("so it gives {} every permission", name(&target.arn)));
            let bounded = target.boundary.is_some();
            let needs = vec![over.rewrites_all(bounded), acts(target)];
            self.push(needs, above, because, yes.clone());
            if bounded {
                let because = format!("so {} has all that its boundary leaves", name(&target.arn));
                let because = Doing::itself(because);
                let needs = vec![over.rewrites_all(false), acts(target)];
                self.push(needs, capped(&target.arn), because, yes);
            }
        }
    }

    fn policies_and_groups(&mut self, who: &Actor, asker: &Asker) {
        let (policies, groups) = (every("policy", who), every("group", who));
        for (actions, on) in [(REWRITES_POLICY, &policies), (REWRITES_GROUP, &groups)] {
            for action in actions.iter().filter(|action| asker.is_new(who, action)) {
                let answer = asker.ask(&own(who, action, Target::Within(on)));
                let because = Doing::by(who, format!("may {action}"));
                self.push(vec![acts(who)], above(who), because, answer);
            }
        }
    }

    fn taking(&mut self, who: &Actor, over: &Over<'_>, asker: &Asker) {
        for action in over.takes.iter().filter(|action| asker.is_new(who, action)) {
            match asker.alike(&own(who, action, Target::Within(&every(over.word, who)))) {
                Some(answer) => {
                    let because = Doing::by(who, format!("may {action} on all {}", over.of()));
                    self.push(vec![acts(who)], over.takes_all(), because, answer);
                }
                None => {
                    for target in over.targets.iter().filter(|t| t.arn != who.arn) {
                        let answer = asker.ask(&own(who, action, Target::One(target.arn.as_str())));
                        let because = Doing::by(who, format!("may {action} on {}", name(&target.arn)));
                        self.push(vec![acts(who)], acts(target), because, answer);
                    }
                }
            }
        }
    }

    fn rewriting(&mut self, who: &Actor, over: &Over<'_>, asker: &Asker) {
        let above = above(who);
        for action in over.rewrites.iter().filter(|action| asker.is_new(who, action)) {
            // A boundary caps whatever the policy is rewritten to, unless it can be taken off.
            let takes_boundary = action.ends_with("Boundary");
            let meant = |target: &Actor| target.boundary.is_some() == takes_boundary;
            let alike = asker.alike(&own(who, action, Target::Within(&every(over.word, who))));
            if let Some(answer) = alike {
                let because = Doing::by(who, format!("may {action} on all {}", over.of()));
                if who.kind == over.kind && meant(who) {
                    self.push(vec![acts(who)], above.clone(), because.clone(), answer.clone());
                }
                self.push(
                    vec![acts(who)],
                    over.rewrites_all(takes_boundary),
                    because,
                    answer,
                );
                continue;
            }
            for target in &over.targets {
                let gives = match (meant(target), takes_boundary) {
                    (true, _) => above.clone(),
                    (false, false) => capped(&target.arn),
                    (false, true) => continue,
                };
                let answer = asker.ask(&own(who, action, Target::One(target.arn.as_str())));
                let because = Doing::by(who, format!("may {action} on {}", name(&target.arn)));
                self.push(vec![acts(who), acts(target)], gives, because, answer);
            }
        }
    }

    /// A denial that is taken off denies nothing any more.
    fn loosening(&mut self, who: &Actor, denied: &[&Actor], asker: &Asker) {
        for target in denied {
            for (action, answer) in loosens(who, target, asker) {
                let because = Doing::by(who, format!("may {action} on {}", name(&target.arn)));
                let needs = vec![acts(who), acts(target)];
                self.push(needs, loosened(&target.arn), because, answer);
            }
        }
    }
}

/// How somebody may take off what denies another one something. Nothing for who may write that one's policies: that leads
/// to more.
fn loosens(who: &Actor, target: &Actor, asker: &Asker) -> Vec<(&'static str, Answer)> {
    let one = Target::One(target.arn.as_str());
    let groups = every("group", who);
    let ([inline, attached], of_groups, writes) = match target.kind {
        PrincipalKind::Role => (LOOSENS_ROLE, &[][..], REWRITES_ROLE),
        PrincipalKind::User => (LOOSENS_USER, LOOSENS_GROUP, REWRITES_USER),
    };
    let inline = target.denying.inline.then_some(inline);
    let attached = target.denying.attached.then_some(attached);
    let ways = inline
        .into_iter()
        .chain(attached)
        .map(|action| (action, one.clone()));
    let ways = ways.chain(of_groups.iter().map(|action| (*action, Target::Within(&groups))));
    let found: Vec<(&'static str, Answer)> = ways
        .map(|(action, on)| (action, asker.ask(&own(who, action, on))))
        .filter(|(_, answer)| asker.tells_why || !answer.is_no())
        .collect();
    let writes = || {
        let mut writes = writes.iter().filter(|action| !action.ends_with("Boundary"));
        writes.any(|action| matches!(asker.ask(&own(who, action, one.clone())), Answer::Yes(_)))
    };
    if found.iter().all(|(_, answer)| answer.is_no()) {
        return found;
    }
    if writes() { Vec::new() } else { found }
}

/// Whether anybody may take off what denies anybody something.
pub(super) fn may_loosen(asker: &Asker) -> bool {
    let denied = asker.actors.iter().filter(|a| a.denying != Denying::default());
    denied.into_iter().any(|target| {
        let others = asker.actors.iter().filter(|a| a.account == target.account);
        others.filter(|who| who.stands_alone()).any(|who| {
            loosens(who, target, asker)
                .iter()
                .any(|(_, answer)| !answer.is_no())
        })
    })
}

impl Over<'_> {
    fn of(&self) -> String {
        format!("{}s of {}", self.word, self.account)
    }

    fn takes_all(&self) -> Node {
        Node::Power(format!("acts as all {}", self.of()))
    }

    fn rewrites_all(&self, boundaries: bool) -> Node {
        let what = match boundaries {
            true => "takes the boundaries off",
            false => "rewrites the policies of",
        };
        Node::Power(format!("{what} all {}", self.of()))
    }
}
