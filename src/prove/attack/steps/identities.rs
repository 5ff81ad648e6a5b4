//! Who becomes whom, and who becomes an administrator.

use super::super::actor::{Actor, Standing};
use super::super::ask::{Answer, Asker, read};
use super::super::graph::Node;
use super::{Maker, acts, administrator_of, name, own};
use crate::access::assume::{Graph, Member};
use crate::access::{Caller, Environment, Policies, Request, Target, Truth, evaluate};
use crate::model::{AccountId, PrincipalKind};
use std::collections::{BTreeMap, BTreeSet};

/// Services that run code under a role that is passed to them, with the action that starts it.
const RUNNERS: &[(&str, &str)] = &[
    ("lambda.amazonaws.com", "lambda:CreateFunction"),
    ("ec2.amazonaws.com", "ec2:RunInstances"),
    ("ecs-tasks.amazonaws.com", "ecs:RunTask"),
    ("glue.amazonaws.com", "glue:CreateJob"),
    ("cloudformation.amazonaws.com", "cloudformation:CreateStack"),
    ("codebuild.amazonaws.com", "codebuild:CreateProject"),
    ("ssm.amazonaws.com", "ssm:StartAutomationExecution"),
    ("states.amazonaws.com", "states:CreateStateMachine"),
    ("sagemaker.amazonaws.com", "sagemaker:CreateNotebookInstance"),
    ("batchoperations.s3.amazonaws.com", "s3:CreateJob"),
    ("backup.amazonaws.com", "backup:StartRestoreJob"),
];

/// Services where whoever may change what already runs acts as the role that it runs under.
const TAKEOVERS: &[(&str, &str)] = &[
    ("lambda.amazonaws.com", "lambda:UpdateFunctionCode"),
    ("ec2.amazonaws.com", "ssm:SendCommand"),
    ("ec2.amazonaws.com", "ssm:StartSession"),
    ("ecs-tasks.amazonaws.com", "ecs:ExecuteCommand"),
    ("glue.amazonaws.com", "glue:UpdateJob"),
    ("cloudformation.amazonaws.com", "cloudformation:UpdateStack"),
    ("codebuild.amazonaws.com", "codebuild:StartBuild"),
    ("states.amazonaws.com", "states:UpdateStateMachine"),
    (
        "sagemaker.amazonaws.com",
        "sagemaker:CreatePresignedNotebookInstanceUrl",
    ),
];

/// Making somebody new with any permission takes all of these.
const MAKES: &[&[&str]] = &[
    &["iam:CreateRole", "iam:PutRolePolicy"],
    &["iam:CreateRole", "iam:AttachRolePolicy"],
    &["iam:CreateUser", "iam:CreateAccessKey", "iam:PutUserPolicy"],
    &["iam:CreateUser", "iam:CreateAccessKey", "iam:AttachUserPolicy"],
];

/// What gives the caller, or somebody it then acts as, any permission it likes.
pub(super) const REWRITES_ROLE: &[&str] = &[
    "iam:PutRolePolicy",
    "iam:AttachRolePolicy",
    "iam:DeleteRolePermissionsBoundary",
];
pub(super) const REWRITES_USER: &[&str] = &[
    "iam:PutUserPolicy",
    "iam:AttachUserPolicy",
    "iam:DeleteUserPermissionsBoundary",
];
pub(super) const REWRITES_POLICY: &[&str] = &["iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"];
pub(super) const REWRITES_GROUP: &[&str] = &[
    "iam:PutGroupPolicy",
    "iam:AttachGroupPolicy",
    "iam:AddUserToGroup",
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
    /// `roles`.
    plural: &'static str,
    kind: PrincipalKind,
    /// Everybody of the kind and account.
    targets: Vec<&'a Actor>,
    takes: &'static [&'static str],
    rewrites: &'static [&'static str],
}

fn is_known(who: &&Actor) -> bool {
    who.standing == Standing::Known
}

impl Maker {
    /// Role assumption, by trust.
    pub(super) fn becoming(&mut self, asker: &Asker) {
        let known: Vec<Member> = asker.actors.iter().filter(is_known).map(Actor::member).collect();
        let by_caller: BTreeMap<&Caller, &Actor> = asker
            .actors
            .iter()
            .filter(is_known)
            .map(|a| (&a.caller, a))
            .collect();
        self.edges(
            &Graph::between(&known, &known, &asker.context),
            &by_caller,
            &by_caller,
        );
        // Inside its account an administrator acts as every role anyway; who has rewritten policies may do in
        // another account what trusts there say.
        let accounts: BTreeSet<&AccountId> = asker.actors.iter().map(|a| &a.account).collect();
        for account in accounts {
            let above =
                |a: &&Actor| a.account == *account && a.is_all_powerful() && a.standing != Standing::Root;
            let from: Vec<&Actor> = asker.actors.iter().filter(above).collect();
            let members: Vec<Member> = from.iter().map(|a| a.member()).collect();
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
            );
        }
    }

    fn edges(&mut self, graph: &Graph, from: &BTreeMap<&Caller, &Actor>, into: &BTreeMap<&Caller, &Actor>) {
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
                format!("{} assumes {}", name(&who.arn), name(&role.arn)),
                answer,
            );
        }
    }

    /// Who may change what others in the account may do is an administrator of it, whatever the
    /// documents say today.
    pub(super) fn escalating(&mut self, asker: &Asker) {
        let mut by_account: BTreeMap<&AccountId, Vec<&Actor>> = BTreeMap::new();
        for who in asker.actors.iter().filter(is_known) {
            by_account.entry(&who.account).or_default().push(who);
        }
        for (account, all) in by_account {
            let of = |kind| all.iter().filter(|a| a.kind == kind).copied().collect();
            let over = [
                Over {
                    account,
                    plural: "roles",
                    kind: PrincipalKind::Role,
                    targets: of(PrincipalKind::Role),
                    takes: TAKES_ROLE,
                    rewrites: REWRITES_ROLE,
                },
                Over {
                    account,
                    plural: "users",
                    kind: PrincipalKind::User,
                    targets: of(PrincipalKind::User),
                    takes: TAKES_USER,
                    rewrites: REWRITES_USER,
                },
            ];
            for over in &over {
                self.shared(over);
            }
            let trusting = self.trusting(&of(PrincipalKind::Role), asker);
            for who in &all {
                self.policies_and_groups(who, asker);
                self.making(who, asker);
                for over in &over {
                    self.taking(who, over, asker);
                    self.rewriting(who, over, asker);
                }
                self.passing(who, &trusting, asker);
            }
        }
    }

    /// What a power over a whole account leads to.
    fn shared(&mut self, over: &Over<'_>) {
        let above = Node::Acts(administrator_of(over.account));
        for target in &over.targets {
            let because = format!("so it acts as {}", name(&target.arn));
            self.push(
                vec![over.takes_all()],
                acts(target),
                because,
                Answer::Yes(String::new()),
            );
            let because = format!("so it gives {} every permission", name(&target.arn));
            self.push(
                vec![over.rewrites_all(target.boundary.is_some()), acts(target)],
                above.clone(),
                because,
                Answer::Yes(String::new()),
            );
        }
    }

    fn policies_and_groups(&mut self, who: &Actor, asker: &Asker) {
        let above = Node::Acts(administrator_of(&who.account));
        let policies = format!("arn:aws:iam::{}:policy/*", who.account);
        let groups = format!("arn:aws:iam::{}:group/*", who.account);
        for (actions, on) in [(REWRITES_POLICY, &policies), (REWRITES_GROUP, &groups)] {
            for action in actions {
                let answer = asker.ask(&own(who, action, Target::Within(on)));
                let because = format!("{} may {action}", name(&who.arn));
                self.push(vec![acts(who)], above.clone(), because, answer);
            }
        }
    }

    fn making(&mut self, who: &Actor, asker: &Asker) {
        for together in MAKES {
            let mut all = Answer::Yes(String::new());
            for action in *together {
                let made = if action.contains("Role") { "role" } else { "user" };
                let made = format!("arn:aws:iam::{}:{made}/*", who.account);
                all = asker.ask(&own(who, action, Target::Within(&made))).and(all);
                if all == Answer::No {
                    break;
                }
            }
            let because = format!("{} may {}", name(&who.arn), together.join(" and "));
            let above = Node::Acts(administrator_of(&who.account));
            self.push(vec![acts(who)], above, because, all);
        }
    }

    fn taking(&mut self, who: &Actor, over: &Over<'_>, asker: &Asker) {
        for action in over.takes {
            match asker.alike(&own(who, action, Target::Within(&over.pattern()))) {
                Some(answer) => {
                    let because = format!("{} may {action} on all {}", name(&who.arn), over.of());
                    self.push(vec![acts(who)], over.takes_all(), because, answer);
                }
                None => {
                    for target in over.targets.iter().filter(|t| t.arn != who.arn) {
                        let answer = asker.ask(&own(who, action, Target::One(target.arn.as_str())));
                        let because = format!("{} may {action} on {}", name(&who.arn), name(&target.arn));
                        self.push(vec![acts(who)], acts(target), because, answer);
                    }
                }
            }
        }
    }

    fn rewriting(&mut self, who: &Actor, over: &Over<'_>, asker: &Asker) {
        let above = Node::Acts(administrator_of(over.account));
        for action in over.rewrites {
            // A boundary caps whatever the policy is rewritten to, unless it can be taken off.
            let takes_boundary = action.ends_with("Boundary");
            let meant = |target: &Actor| target.boundary.is_some() == takes_boundary;
            let alike = asker.alike(&own(who, action, Target::Within(&over.pattern())));
            if let Some(answer) = alike {
                let because = format!("{} may {action} on all {}", name(&who.arn), over.of());
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
            for target in over.targets.iter().filter(|t| meant(t)) {
                let answer = asker.ask(&own(who, action, Target::One(target.arn.as_str())));
                let because = format!("{} may {action} on {}", name(&who.arn), name(&target.arn));
                self.push(vec![acts(who), acts(target)], above.clone(), because, answer);
            }
        }
    }

    /// The roles that let a service act as them, by service, and that a service which already does leads there.
    fn trusting<'a>(
        &mut self,
        roles: &Vec<&'a Actor>,
        asker: &Asker,
    ) -> BTreeMap<&'static str, Vec<&'a Actor>> {
        let mut out: BTreeMap<&'static str, Vec<&Actor>> = BTreeMap::new();
        let services: BTreeSet<&'static str> = RUNNERS.iter().chain(TAKEOVERS).map(|(s, _)| *s).collect();
        for service in services {
            let caller = Caller::Service(service.to_owned());
            let trusts = |role: &&&Actor| lets_in(role, &caller, asker);
            let trusting: Vec<&Actor> = roles.iter().filter(trusts).copied().collect();
            for role in &trusting {
                self.push(
                    vec![passes(&role.account, service)],
                    acts(role),
                    format!("so it runs as {}", name(&role.arn)),
                    Answer::Yes(String::new()),
                );
                let runs = format!("something already runs as {} there", name(&role.arn));
                self.push(
                    vec![runs_already(&role.account, service)],
                    acts(role),
                    format!("so it takes over what runs as {}", name(&role.arn)),
                    Answer::If(runs, String::new()),
                );
            }
            out.insert(service, trusting);
        }
        out
    }

    /// A role that may be passed to a service that runs the caller's code under it, or runs already.
    fn passing(&mut self, who: &Actor, trusting: &BTreeMap<&'static str, Vec<&Actor>>, asker: &Asker) {
        let some = |service: &str| trusting.get(service).is_some_and(|roles| !roles.is_empty());
        for (service, action) in TAKEOVERS.iter().filter(|(service, _)| some(service)) {
            let answer = asker.ask(&own(who, action, Target::Within("*")));
            let because = format!("{} may {action}", name(&who.arn));
            self.push(
                vec![acts(who)],
                runs_already(&who.account, service),
                because,
                answer,
            );
        }
        let every = format!("arn:aws:iam::{}:role/*", who.account);
        let all = asker.alike(&own(who, "iam:PassRole", Target::Within(&every)));
        if all == Some(Answer::No) {
            return;
        }
        for (service, action) in RUNNERS.iter().filter(|(service, _)| some(service)) {
            let run = asker.ask(&own(who, action, Target::Within("*")));
            if run == Answer::No {
                continue;
            }
            if let Some(all) = &all {
                let because = format!("{} passes roles to {service} with {action}", name(&who.arn));
                self.push(
                    vec![acts(who)],
                    passes(&who.account, service),
                    because,
                    all.clone().and(run),
                );
                continue;
            }
            for role in trusting.get(service).into_iter().flatten() {
                let pass = asker.ask(&own(who, "iam:PassRole", Target::One(role.arn.as_str())));
                let because = format!(
                    "{} passes {} to {service} with {action}",
                    name(&who.arn),
                    name(&role.arn)
                );
                self.push(vec![acts(who)], acts(role), because, pass.and(run.clone()));
            }
        }
    }
}

/// Whether a service could act as the role.
fn lets_in(role: &Actor, service: &Caller, asker: &Asker) -> bool {
    let Some(trust) = &role.trust else { return false };
    if !trust.could_allow_to("sts:AssumeRole", service) {
        return false;
    }
    let request = Request {
        caller: service,
        action: "sts:AssumeRole",
        target: Target::One(role.arn.as_str()),
        owner: Some(role.account.clone()),
        context: &asker.context,
    };
    let nothing = Policies::none();
    let environment = Environment {
        resource: Some(trust),
        ..Environment::of(&nothing)
    };
    evaluate(&request, &environment).allowed() != Truth::No
}

fn passes(account: &AccountId, service: &str) -> Node {
    Node::Power(format!("passes every role of {account} to {service}"))
}

fn runs_already(account: &AccountId, service: &str) -> Node {
    Node::Power(format!("changes what runs on {service} in {account}"))
}

impl Over<'_> {
    fn of(&self) -> String {
        format!("{} of {}", self.plural, self.account)
    }

    fn pattern(&self) -> String {
        let kind = self.plural.trim_end_matches('s');
        format!("arn:aws:iam::{}:{kind}/*", self.account)
    }

    fn takes_all(&self) -> Node {
        Node::Power(format!("acts as all {}", self.of()))
    }

    fn rewrites_all(&self, bounded: bool) -> Node {
        let which = if bounded { "with" } else { "without" };
        Node::Power(format!("rewrites all {} {which} a boundary", self.of()))
    }
}
