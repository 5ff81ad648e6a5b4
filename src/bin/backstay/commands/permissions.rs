//! `backstay permissions`: the least IAM policy that a posture needs.

use super::opening;
use crate::options::PostureArgs;
use crate::terminal::Terminal;
use backstay::diag::{Diagnostics, Exit, Sources};
use backstay::evidence::permissions::Kept;
use backstay::kinds::{self, Purpose};
use backstay::report;
use clap::{Args, ValueEnum};
use std::collections::BTreeMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum For {
    /// Read what is declared
    Plan,
    /// Read all that controls look at
    Check,
    /// Read and write
    Apply,
}

/// Why what reads the keys of objects is left out.
const SEALED: &str = "# Left out is s3:GetObjectVersion: with it the keys of single objects are read as well, and with it their \
                      contents can be.";

/// Print the least IAM policy that this posture needs
///
/// One policy for each account of the posture. An auditor needs the one for `check`, in
/// which no action changes anything.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    backstay permissions -for check\n  \
    backstay permissions -for apply -account vault")]
pub(crate) struct PermissionsArgs {
    #[command(flatten)]
    posture: PostureArgs,

    /// What the identity is to do
    #[arg(long = "for", value_enum, default_value = "plan", value_name = "WHAT")]
    purpose: For,

    /// Only this account, and its policy alone
    #[arg(long, value_name = "LABEL")]
    account: Option<String>,
}

pub(crate) async fn run(args: PermissionsArgs, terminal: Terminal) -> Exit {
    let Some(posture) = opening::offline(&args.posture, terminal) else {
        return Exit::Error;
    };
    let purpose = match args.purpose {
        For::Plan => Purpose::Plan,
        For::Check if posture.objectives.is_empty() => Purpose::Check,
        For::Check => Purpose::Prove,
        For::Apply => Purpose::Apply,
    };
    let mut by_account: BTreeMap<String, Vec<kinds::Permission>> = BTreeMap::new();
    let mut diagnostics = Diagnostics::new();
    for resource in &posture.desired {
        let Some(kind) = kinds::find(&resource.kind) else {
            continue;
        };
        match kind.permissions(&resource.spec, &resource.place, purpose) {
            Ok(needed) => by_account
                .entry(resource.place.account.clone())
                .or_default()
                .extend(needed),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    for account in &posture.accounts {
        let Some(assume) = &account.assume_role else {
            continue;
        };
        // The caller's own credentials lead into the others.
        for entrance in posture
            .accounts
            .iter()
            .filter(|a| a.assume_role.is_none() && a.profile == account.profile)
        {
            by_account
                .entry(entrance.label.clone())
                .or_default()
                .push(kinds::Permission {
                    action: "sts:AssumeRole",
                    resource: assume.role.to_string(),
                });
        }
    }
    if purpose == Purpose::Prove {
        // Whether an objective holds depends on everybody who is in the accounts.
        for home in &posture.homes {
            let actions = [kinds::iam::account::ACTION]
                .into_iter()
                .chain(kinds::iam::organization::ACTIONS)
                .chain(kinds::keys::ACTIONS);
            by_account
                .entry(home.account.clone())
                .or_default()
                .extend(actions.map(|action| kinds::Permission {
                    action,
                    resource: "*".to_owned(),
                }));
        }
    }
    let kept = Kept {
        project: &posture.project,
        lock: posture.lock.as_ref(),
        evidence: posture.evidence.as_ref(),
        partition: posture.homes.first().map_or("aws", |home| home.partition()),
    };
    let kept = match args.purpose {
        For::Apply => kept.to_apply(),
        For::Plan => kept.to_plan(),
        For::Check => Vec::new(),
    };
    for (account, needed) in kept {
        by_account.entry(account).or_default().push(needed);
    }
    terminal.diagnose(&diagnostics, &Sources::new());
    if purpose == Purpose::Prove {
        terminal.tell(SEALED);
    }
    for (account, needed) in by_account {
        if args.account.as_ref().is_some_and(|a| *a != account) {
            continue;
        }
        if args.account.is_none() {
            terminal.tell(&format!("# account \"{account}\""));
        }
        let document = report::permissions::document(&needed).to_json();
        terminal.print(&format!("{document:#}\n"));
    }
    if diagnostics.has_errors() {
        Exit::Error
    } else {
        Exit::Clean
    }
}
