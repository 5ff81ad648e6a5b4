//! Who becomes a role through a service that acts as it, or through whoever vouches for people.

use super::super::actor::Actor;
use super::super::ask::{Answer, Asker};
use super::super::graph::Node;
use super::super::ledger::Doing;
use super::{Maker, acts, every, name, own};
use crate::access::{Caller, Environment, Policies, Request, Target, Truth, evaluate};
use crate::model::{AccountId, Arn};
use std::collections::{BTreeMap, BTreeSet};

/// Services that run code under a role that is passed to them, with the actions each of which starts it.
const RUNNERS: &[(&str, &[&str])] = &[
    (
        "lambda.amazonaws.com",
        &["lambda:CreateFunction", "lambda:UpdateFunctionConfiguration"],
    ),
    (
        "ec2.amazonaws.com",
        &[
            "ec2:RunInstances",
            "ec2:RequestSpotInstances",
            "ec2:RequestSpotFleet",
            "ec2:CreateFleet",
            "ec2:CreateLaunchTemplate",
            "ec2:CreateLaunchTemplateVersion",
            "ec2:AssociateIamInstanceProfile",
            "ec2:ReplaceIamInstanceProfileAssociation",
            "autoscaling:CreateLaunchConfiguration",
            "autoscaling:CreateAutoScalingGroup",
            "elasticmapreduce:RunJobFlow",
        ],
    ),
    (
        "ecs-tasks.amazonaws.com",
        &[
            "ecs:RunTask",
            "ecs:StartTask",
            "ecs:CreateService",
            "ecs:UpdateService",
            "ecs:RegisterTaskDefinition",
            "batch:RegisterJobDefinition",
            "batch:SubmitJob",
        ],
    ),
    (
        "glue.amazonaws.com",
        &["glue:CreateJob", "glue:CreateDevEndpoint", "glue:CreateSession"],
    ),
    (
        "cloudformation.amazonaws.com",
        &[
            "cloudformation:CreateStack",
            "cloudformation:UpdateStack",
            "cloudformation:CreateChangeSet",
            "cloudformation:CreateStackSet",
            "cloudformation:UpdateStackSet",
        ],
    ),
    (
        "codebuild.amazonaws.com",
        &["codebuild:CreateProject", "codebuild:UpdateProject"],
    ),
    (
        "ssm.amazonaws.com",
        &[
            "ssm:StartAutomationExecution",
            "ssm:RegisterTaskWithMaintenanceWindow",
            "ssm:CreateAssociation",
        ],
    ),
    (
        "states.amazonaws.com",
        &["states:CreateStateMachine", "states:UpdateStateMachine"],
    ),
    (
        "scheduler.amazonaws.com",
        &["scheduler:CreateSchedule", "scheduler:UpdateSchedule"],
    ),
    (
        "sagemaker.amazonaws.com",
        &[
            "sagemaker:CreateNotebookInstance",
            "sagemaker:CreateTrainingJob",
            "sagemaker:CreateProcessingJob",
        ],
    ),
    ("batchoperations.s3.amazonaws.com", &["s3:CreateJob"]),
    ("backup.amazonaws.com", &["backup:StartRestoreJob"]),
    ("transfer.amazonaws.com", &["transfer:CreateUser"]),
];

/// Services where whoever may change what already runs acts as the role that it runs under.
const TAKEOVERS: &[(&str, &str)] = &[
    ("lambda.amazonaws.com", "lambda:UpdateFunctionCode"),
    ("lambda.amazonaws.com", "lambda:UpdateFunctionConfiguration"),
    ("ec2.amazonaws.com", "ssm:SendCommand"),
    ("ec2.amazonaws.com", "ssm:StartSession"),
    ("ec2.amazonaws.com", "ec2-instance-connect:SendSSHPublicKey"),
    ("ec2.amazonaws.com", "ec2:ModifyInstanceAttribute"),
    ("ec2.amazonaws.com", "elasticmapreduce:AddJobFlowSteps"),
    ("ecs-tasks.amazonaws.com", "ecs:ExecuteCommand"),
    ("glue.amazonaws.com", "glue:UpdateJob"),
    ("glue.amazonaws.com", "glue:UpdateDevEndpoint"),
    ("cloudformation.amazonaws.com", "cloudformation:UpdateStack"),
    ("cloudformation.amazonaws.com", "cloudformation:ExecuteChangeSet"),
    ("codebuild.amazonaws.com", "codebuild:StartBuild"),
    ("codebuild.amazonaws.com", "codebuild:StartBuildBatch"),
    (
        "ec2.amazonaws.com",
        "ec2-instance-connect:SendSerialConsoleSSHPublicKey",
    ),
    ("ec2.amazonaws.com", "ssm:CreateAssociation"),
    ("ec2.amazonaws.com", "codedeploy:CreateDeployment"),
    ("lambda.amazonaws.com", "codedeploy:CreateDeployment"),
    ("ecs-tasks.amazonaws.com", "ecs:UpdateService"),
    ("rolesanywhere.amazonaws.com", "rolesanywhere:UpdateTrustAnchor"),
    ("rolesanywhere.amazonaws.com", "rolesanywhere:CreateTrustAnchor"),
    ("codebuild.amazonaws.com", "codebuild:UpdateProject"),
    ("states.amazonaws.com", "states:UpdateStateMachine"),
    ("ssm.amazonaws.com", "ssm:UpdateDocument"),
    (
        "sagemaker.amazonaws.com",
        "sagemaker:CreatePresignedNotebookInstanceUrl",
    ),
];

/// The roles of an account that let a service act as them, by service.
pub(super) type Trusting<'a> = BTreeMap<&'a str, Vec<&'a Actor>>;

impl Maker {
    /// Finds the roles that let a service act as them, and says where a service that does so leads.
    pub(super) fn trusting<'a>(&mut self, roles: &[&'a Actor], asker: &Asker) -> Trusting<'a> {
        let mut out = Trusting::new();
        let listed = RUNNERS.iter().map(|(service, _)| *service);
        let listed = listed.chain(TAKEOVERS.iter().map(|(service, _)| *service));
        let named = roles.iter().flat_map(|role| &role.services).map(String::as_str);
        let services: BTreeSet<&'a str> = listed.chain(named).collect();
        for service in services {
            let caller = Caller::Service(service.to_owned());
            let trusts = |role: &&&Actor| lets_in(role, &caller, asker);
            let trusting: Vec<&Actor> = roles.iter().filter(trusts).copied().collect();
            for role in &trusting {
                // Of most services nobody has written down what they do for those who pass them a role.
                let chooses = format!(
                    "{service} lets its caller choose what it does as {}",
                    name(&role.arn)
                );
                let runs = match starts(service) {
                    Some(_) => Answer::Yes(String::new()),
                    None => Answer::If(chooses, String::new()),
                };
                self.push(
                    vec![passes(&role.account, service)],
                    acts(role),
                    Doing::itself(format!("so it runs as {}", name(&role.arn))),
                    runs,
                );
                let runs = format!("something already runs as {} there", name(&role.arn));
                self.push(
                    vec![runs_already(&role.account, service)],
                    acts(role),
                    Doing::itself(format!("so it takes over what runs as {}", name(&role.arn))),
                    Answer::If(runs, String::new()),
                );
            }
            if !trusting.is_empty() {
                out.insert(service, trusting);
            }
        }
        out
    }

    /// A role that may be passed to a service that runs the caller's code under it, or runs already.
    pub(super) fn passing(&mut self, who: &Actor, trusting: &Trusting<'_>, asker: &Asker) {
        for (service, action) in TAKEOVERS
            .iter()
            .filter(|(service, action)| trusting.contains_key(service) && asker.is_new(who, action))
        {
            let answer = asker.ask(&own(who, action, Target::Within("*")));
            let because = Doing::by(who, format!("may {action}"));
            let runs = runs_already(&who.account, service);
            self.push(vec![acts(who)], runs, because, answer);
        }
        let roles = every("role", who);
        let all = asker.alike(&own(who, "iam:PassRole", Target::Within(&roles)));
        // Where somebody wants to know, it is told of each service.
        if all.as_ref().is_some_and(Answer::is_no) && self.ledger.is_none() {
            return;
        }
        for (service, roles) in trusting {
            let with = |action: &str| match action {
                "" => format!("to {service}"),
                action => format!("to {service} with {action}"),
            };
            for action in starts(service).unwrap_or(&[""]) {
                if !asker.is_new(who, "iam:PassRole") && !asker.is_new(who, action) {
                    continue;
                }
                let run = match *action {
                    "" => Answer::Yes(String::new()),
                    action => asker.ask(&own(who, action, Target::Within("*"))),
                };
                if run.is_no() && self.ledger.is_none() {
                    continue;
                }
                let passed = passes(&who.account, service);
                if let Some(all) = &all {
                    let because = Doing::by(who, format!("passes roles {}", with(action)));
                    self.push(vec![acts(who)], passed, because, all.clone().and(run));
                    continue;
                }
                for role in roles {
                    let pass = asker.ask(&own(who, "iam:PassRole", Target::One(role.arn.as_str())));
                    let role_name = name(&role.arn);
                    let because = Doing::by(who, format!("passes {role_name} {}", with(action)));
                    let chooses = format!("{service} lets its caller choose what it does as {role_name}");
                    let run = match starts(service) {
                        Some(_) => run.clone(),
                        None => Answer::If(chooses, String::new()),
                    };
                    self.push(vec![acts(who)], acts(role), because, pass.and(run));
                }
            }
        }
    }

    /// Whoever may replace the certificate by which a provider vouches for people vouches for anybody.
    pub(super) fn vouching(&mut self, who: &Actor, roles: &[&Actor], asker: &Asker) {
        // Whoever makes a provider anew gives it the ARN that it had.
        const REPLACES: [&[&str]; 2] = [
            &["iam:UpdateSAMLProvider"],
            &["iam:DeleteSAMLProvider", "iam:CreateSAMLProvider"],
        ];
        for role in roles {
            for provider in role.providers.iter().filter(|p| is_saml(p, &who.account)) {
                for together in REPLACES {
                    let may = together
                        .iter()
                        .map(|action| asker.ask(&own(who, action, Target::One(provider))));
                    let may = may.fold(Answer::Yes(String::new()), |all, one| one.and(all));
                    let actions = together.join(" and ");
                    let does = format!("may {actions} on {provider}, which {} trusts", name(&role.arn));
                    self.push(vec![acts(who)], acts(role), Doing::by(who, does), may);
                }
            }
        }
    }
}

fn is_saml(provider: &str, account: &AccountId) -> bool {
    let arn = provider.parse::<Arn>();
    arn.is_ok_and(|arn| {
        arn.resource().starts_with("saml-provider/") && arn.account().as_ref() == Some(account)
    })
}

/// What starts something on a service under a role that is passed to it; `None` for services of which that is not
/// known.
fn starts(service: &str) -> Option<&'static [&'static str]> {
    let known = RUNNERS.iter().find(|(runner, _)| *runner == service);
    known.map(|(_, actions)| *actions)
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
