//! Who becomes whom, and who becomes everybody.

use super::super::ask::{Answer, Ask, trusts_service};
use super::super::graph::Node;
use super::{Maker, acts, administrator_of, is_rewritten, name, root_of};
use crate::model::{AccountId, Arn, Observed, Principal, PrincipalKind};

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
const REWRITES_ROLE: &[&str] = &[
    "iam:PutRolePolicy",
    "iam:AttachRolePolicy",
    "iam:DeleteRolePermissionsBoundary",
];
const REWRITES_USER: &[&str] = &[
    "iam:PutUserPolicy",
    "iam:AttachUserPolicy",
    "iam:DeleteUserPermissionsBoundary",
];
const REWRITES_POLICY: &[&str] = &["iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"];
const REWRITES_GROUP: &[&str] = &[
    "iam:PutGroupPolicy",
    "iam:AttachGroupPolicy",
    "iam:AddUserToGroup",
];

/// What makes the caller somebody else without changing what that one may do.
const TAKES_USER: &[&str] = &[
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:UpdateLoginProfile",
];

impl Maker<'_> {
    /// The root of an account may become anybody in it: it can reset every credential and rewrite
    /// every trust.
    pub(super) fn roots(&mut self) {
        let actors = std::mem::take(&mut self.actors);
        for (account, principal) in &actors {
            for above in [root_of(account), administrator_of(account)] {
                if principal.arn.to_string() == root_of(account) {
                    continue;
                }
                self.push(
                    vec![Node::Acts(above.clone())],
                    acts(principal),
                    format!("who administers {account} can act as {}", name(&principal.arn)),
                    Answer::Yes(String::new()),
                );
            }
        }
        self.actors = actors;
    }

    /// Role assumption, by trust.
    pub(super) fn becoming(&mut self) {
        let actors = std::mem::take(&mut self.actors);
        let roles = || {
            actors
                .iter()
                .filter(|(_, p)| p.kind == PrincipalKind::Role && !is_rewritten(p))
        };
        for (account, role) in roles() {
            for (from, who) in &actors {
                // A root user can assume no role; it acts through an administrator of its making.
                if who.arn == role.arn || who.arn.to_string() == root_of(from) {
                    continue;
                }
                let answer = self.asker.ask(&Ask {
                    who,
                    from,
                    action: "sts:AssumeRole",
                    resource: &role.arn,
                    owner: account,
                    policy: Some(&role.trust),
                    strict: true,
                });
                self.push(
                    vec![acts(who)],
                    acts(role),
                    format!("{} assumes {}", name(&who.arn), name(&role.arn)),
                    answer,
                );
            }
        }
        self.actors = actors;
    }

    /// Who may change what others in the account may do is an administrator of it, whatever the
    /// documents say today.
    pub(super) fn escalating(&mut self) {
        let actors = std::mem::take(&mut self.actors);
        for (account, who) in &actors {
            let is_above = [root_of(account), administrator_of(account)].contains(&who.arn.to_string());
            if is_above || is_rewritten(who) {
                continue;
            }
            let above = Node::Acts(administrator_of(account));
            let any: Option<Arn> = format!("arn:aws:iam::{account}:policy/any").parse().ok();
            let group: Option<Arn> = format!("arn:aws:iam::{account}:group/any").parse().ok();
            for (actions, resource) in [(REWRITES_POLICY, any), (REWRITES_GROUP, group)] {
                for (action, resource) in actions.iter().zip(std::iter::repeat(resource).flatten()) {
                    let answer = self.own(who, account, action, &resource);
                    let because = format!("{} may {action}", name(&who.arn));
                    self.push(vec![acts(who)], above.clone(), because, answer);
                }
            }
            self.making(who, account, &above);
            for (of, target) in actors.iter().filter(|(of, _)| of == account) {
                let is_above = [root_of(of), administrator_of(of)].contains(&target.arn.to_string());
                if is_above || is_rewritten(target) {
                    continue;
                }
                self.over(who, account, target, &above);
            }
        }
        self.actors = actors;
    }

    fn making(&mut self, who: &Principal, account: &AccountId, above: &Node) {
        for together in MAKES {
            let mut all = Answer::Yes(String::new());
            for action in *together {
                let made = if action.contains("Role") { "role" } else { "user" };
                let Ok(made) = format!("arn:aws:iam::{account}:{made}/any").parse::<Arn>() else {
                    continue;
                };
                all = self.own(who, account, action, &made).and(all);
            }
            let because = format!("{} may {}", name(&who.arn), together.join(" and "));
            self.push(vec![acts(who)], above.clone(), because, all);
        }
    }

    fn over(&mut self, who: &Principal, account: &AccountId, target: &Principal, above: &Node) {
        let (rewrites, takes): (&[&str], &[&str]) = match target.kind {
            PrincipalKind::Role => (REWRITES_ROLE, &["iam:UpdateAssumeRolePolicy"]),
            PrincipalKind::User => (REWRITES_USER, TAKES_USER),
        };
        for action in takes {
            if who.arn == target.arn {
                continue;
            }
            let answer = self.own(who, account, action, &target.arn);
            let because = format!("{} may {action} on {}", name(&who.arn), name(&target.arn));
            self.push(vec![acts(who)], acts(target), because, answer);
        }
        for action in rewrites {
            let answer = self.own(who, account, action, &target.arn);
            // A boundary caps whatever the policy is rewritten to, unless it can be taken off.
            let capped = !matches!(target.boundary, Observed::Absent) && !action.ends_with("Boundary");
            if capped || (matches!(target.boundary, Observed::Absent) && action.ends_with("Boundary")) {
                continue;
            }
            let because = format!("{} may {action} on {}", name(&who.arn), name(&target.arn));
            self.push(vec![acts(who), acts(target)], above.clone(), because, answer);
        }
        if target.kind == PrincipalKind::Role {
            self.passing(who, account, target);
        }
    }

    /// A role that may be passed to a service that runs the caller's code under it.
    fn passing(&mut self, who: &Principal, account: &AccountId, role: &Principal) {
        if who.arn == role.arn {
            return;
        }
        let trusted = |service: &str| match &role.trust {
            Observed::Present(trust) => trusts_service(trust, service),
            Observed::Absent => false,
            Observed::Unreadable(_) => true,
        };
        let Ok(anything) = format!("arn:aws:any::{account}:any").parse::<Arn>() else {
            return;
        };
        for (_, action) in TAKEOVERS.iter().filter(|(service, _)| trusted(service)) {
            let runs = format!("something already runs as {} there", name(&role.arn));
            let answer = self
                .own(who, account, action, &anything)
                .and(Answer::If(runs, String::new()));
            let because = format!(
                "{} takes over what runs as {} with {action}",
                name(&who.arn),
                name(&role.arn)
            );
            self.push(vec![acts(who)], acts(role), because, answer);
        }
        let pass = self.own(who, account, "iam:PassRole", &role.arn);
        if matches!(pass, Answer::No) {
            return;
        }
        for (service, action) in RUNNERS.iter().filter(|(service, _)| trusted(service)) {
            let run = self.own(who, account, action, &anything);
            let because = format!(
                "{} passes {} to {service} with {action}",
                name(&who.arn),
                name(&role.arn)
            );
            self.push(vec![acts(who)], acts(role), because, pass.clone().and(run));
        }
    }
}
