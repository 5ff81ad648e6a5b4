//! `backstay approve`: signs a saved plan.

use super::{approving, asking, failed, read_file};
use crate::terminal::Terminal;
use backstay::approve::{self, Agent, Signature, Signer};
use backstay::diag::{Diagnostic, Diagnostics, Exit, Sources, code, escape};
use backstay::model::approval::{Danger, SshKey};
use backstay::plan::{self, Plan};
use backstay::report;
use clap::Args;
use ssh_key::PrivateKey;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

/// Approve a saved plan, by signing it with an SSH key
///
/// Shows what the plan does and signs it. The signature is added to PLAN.approvals, beside the
/// plan; `apply PLAN` counts those of the keys that the policy lists. On a terminal it asks first.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    backstay approve tonight.plan                            with the key that ssh-agent holds\n  \
    backstay approve tonight.plan --key ~/.ssh/id_ed25519    with a private key\n  \
    backstay approve tonight.plan --key ~/.ssh/id.pub        with this key, which ssh-agent holds\n  \
    backstay approve tonight.plan --list                     who has approved\n\n\
    Without backstay's help, and to take over the signature:\n  \
    backstay approve tonight.plan --print | ssh-keygen -Y sign -n backstay-plan -f KEY > alice.sig\n  \
    backstay approve tonight.plan --add alice.sig\n\n\
    Exit codes: 0 done, 1 nothing was signed.")]
pub(crate) struct ApproveArgs {
    /// The file that `plan -out` wrote
    #[arg(value_name = "PLAN")]
    plan: PathBuf,

    /// A private key; or a public one (.pub) whose private half ssh-agent holds
    #[arg(long, value_name = "FILE", conflicts_with_all = ["print", "add", "list"])]
    key: Option<PathBuf>,

    /// Sign even with a key that no rule of the policy lists, which counts for nothing
    #[arg(long, conflicts_with_all = ["print", "list"])]
    unlisted: bool,

    /// Print what is signed, and nothing else
    #[arg(long, conflicts_with_all = ["add", "list"])]
    print: bool,

    /// Add a signature that `ssh-keygen -Y sign -n backstay-plan` made
    #[arg(long, value_name = "FILE", conflicts_with = "list")]
    add: Option<PathBuf>,

    /// Show who has approved, and what is missing
    #[arg(long)]
    list: bool,
}

pub(crate) async fn run(args: ApproveArgs, terminal: Terminal) -> Exit {
    match approve(&args, terminal).await {
        Ok(exit) => exit,
        Err(diagnostic) => failed(terminal, diagnostic),
    }
}

async fn approve(args: &ApproveArgs, terminal: Terminal) -> Result<Exit, Diagnostic> {
    let (plan, digest) = plan::load_with_digest(&read_file(&args.plan)?)?;
    if args.print {
        terminal.print(&approve::message(&digest));
        return Ok(Exit::Clean);
    }
    if args.list {
        state(args, &plan, &digest, terminal)?;
        return Ok(Exit::Clean);
    }
    // What can never be applied need not be approved.
    plan::timely(&plan, jiff::Timestamp::now())?;
    show(&plan, &digest, terminal);
    let mut named = None;
    let signature = match &args.add {
        Some(file) => {
            let text = read_file(file)?;
            let blocks = approve::blocks(&text);
            let [block] = blocks.as_slice() else {
                return Err(Diagnostic::error(
                    code::CANNOT_SIGN,
                    format!(
                        "{} holds {} signatures instead of one.",
                        file.display(),
                        blocks.len()
                    ),
                )
                .remedy("It is what `ssh-keygen -Y sign -n backstay-plan -f KEY` writes."));
            };
            Signature::read(block).map_err(|why| not_of_it(file, &why))?
        }
        None => {
            let mut signer = signer(args, &plan)?;
            listed(args, &plan, &signer.public()?, terminal)?;
            if asks()
                && asking::yes(
                    &format!(
                        "Do you approve this, as {}?",
                        escape::line(&signer.public()?.shown())
                    ),
                    terminal,
                )
                .await
                    != Some(true)
            {
                terminal.tell("Nothing was signed.");
                return Ok(Exit::Error);
            }
            named = Some(signer.public()?);
            signer.sign(&digest)?
        }
    };
    let key = signature.verify(&digest).map_err(|why| {
        let file = args.add.as_deref().unwrap_or(&args.plan);
        not_of_it(file, &why)
    })?;
    // A signature holds no comment; the file of its key does.
    let key = match named {
        Some(named) => named,
        None => {
            listed(args, &plan, &key, terminal)?;
            key
        }
    };
    add(args, &plan, &digest, &signature, &key, terminal)?;
    state(args, &plan, &digest, terminal)?;
    Ok(Exit::Clean)
}

/// What is about to be approved.
fn show(plan: &Plan, digest: &str, terminal: Terminal) {
    terminal.print(&report::plan::text::plan(plan, terminal.style()));
    let until = plan.validity.map_or_else(String::new, |v| {
        format!(" It can be applied until {:.0}.", v.until)
    });
    terminal.print(&format!(
        "\nProject {}, read at {:.0}, sha256:{digest}.{until}\n",
        escape::quoted(&plan.project),
        plan.read_at
    ));
}

fn asks() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

fn not_of_it(file: &Path, why: &str) -> Diagnostic {
    Diagnostic::error(
        code::CANNOT_SIGN,
        format!("{} is no approval of this plan: {why}.", file.display()),
    )
    .remedy("Nothing was written. Sign exactly what `backstay approve PLAN --print` prints, with `ssh-keygen -Y sign -n backstay-plan`.")
}

/// Who signs: a private key, else a key of the agent.
fn signer(args: &ApproveArgs, plan: &Plan) -> Result<Signer, Diagnostic> {
    let Some(file) = &args.key else {
        return of_agent(None, plan);
    };
    let text = read_file(file)?;
    if let Ok(key) = text.trim().parse::<SshKey>() {
        return of_agent(Some(&key), plan);
    }
    let ask = || {
        let prompt = format!("Passphrase for {}: ", escape::line(&file.display().to_string()));
        rpassword::prompt_password(prompt).map_err(|error| {
            Diagnostic::error(
                code::CANNOT_SIGN,
                format!(
                    "{} needs a passphrase, and there is no terminal to ask on: {error}.",
                    file.display()
                ),
            )
            .remedy("Run the command on a terminal; or `ssh-add` the key and name its .pub file, or none.")
        })
    };
    let key: PrivateKey = approve::unlocked(file, &text, ask)?;
    Ok(Signer::Key(Box::new(key)))
}

/// A key of the agent: the one that is named, else the only one that the policy lists.
fn of_agent(wanted: Option<&SshKey>, plan: &Plan) -> Result<Signer, Diagnostic> {
    let socket = std::env::var_os("SSH_AUTH_SOCK").filter(|s| !s.is_empty());
    let socket = socket.map(PathBuf::from).ok_or_else(|| {
        Diagnostic::error(
            code::CANNOT_SIGN,
            "No private key is named, and SSH_AUTH_SOCK, which leads to ssh-agent, is not set.",
        )
        .remedy("Name a private key with --key, or start ssh-agent and `ssh-add` the key.")
    })?;
    let mut agent = Agent::connect(&socket)?;
    let identities = agent.identities()?;
    let usable: Vec<SshKey> = identities.iter().filter_map(|i| i.key.clone().ok()).collect();
    let listed = plan.policies.keys();
    let fitting: Vec<&SshKey> = match wanted {
        Some(wanted) => usable.iter().filter(|key| *key == wanted).collect(),
        None => usable.iter().filter(|key| listed.contains(key)).collect(),
    };
    if let [one] = fitting.as_slice() {
        let key = (*one).clone();
        return Ok(Signer::Agent(agent, key));
    }
    let held: Vec<String> = identities
        .iter()
        .map(|i| match &i.key {
            Ok(key) => key.shown(),
            Err(why) => format!("{} ({why})", i.comment),
        })
        .collect();
    let held = if held.is_empty() {
        "It holds none.".to_owned()
    } else {
        format!("It holds: {}.", held.join(", "))
    };
    let (detail, remedy) = match (wanted, fitting.len()) {
        (Some(key), _) => (
            format!("ssh-agent does not hold the key {}. {held}", key.fingerprint()),
            "Add it with `ssh-add`, or name the private key.",
        ),
        (None, 0) => (
            format!("ssh-agent holds no key that the policy lists. {held}"),
            "Add one with `ssh-add`, or name a key with --key.",
        ),
        (None, _) => (
            format!("ssh-agent holds several keys that the policy lists. {held}"),
            "Say which with --key and its .pub file.",
        ),
    };
    Err(Diagnostic::error(code::CANNOT_SIGN, detail).remedy(remedy))
}

/// Whether a key counts. One that does not is a warning when that is known, and else ends here.
fn listed(args: &ApproveArgs, plan: &Plan, key: &SshKey, terminal: Terminal) -> Result<(), Diagnostic> {
    let keys = plan.policies.keys();
    if keys.contains(key) {
        return Ok(());
    }
    let names: Vec<String> = keys.iter().map(SshKey::shown).collect();
    let (whose, counted) = match names.is_empty() {
        true => (
            String::new(),
            "no policy of the plan asks for signatures".to_owned(),
        ),
        false => (
            " of this plan".to_owned(),
            format!("those that count are {}", names.join(", ")),
        ),
    };
    let detail = format!(
        "The key {} approves nothing{whose}: no rule of the policy lists it; {counted}.",
        key.shown()
    );
    if args.unlisted {
        let warning = Diagnostic::warning(code::UNCOUNTED, detail);
        terminal.diagnose(&Diagnostics::from(warning), &Sources::new());
        return Ok(());
    }
    Err(Diagnostic::error(code::UNCOUNTED, detail).remedy(
        "Nothing was signed. Use a key that counts; --unlisted signs all the same. The public keys that count stand in `from` \
         in the posture's policy block.",
    ))
}

/// Adds a signature to those beside the plan, unless its key is there already.
fn add(
    args: &ApproveArgs,
    plan: &Plan,
    digest: &str,
    signature: &Signature,
    key: &SshKey,
    terminal: Terminal,
) -> Result<(), Diagnostic> {
    let listed = plan.policies.keys();
    let known = listed.iter().find(|k| *k == key);
    let shown = known.unwrap_or(key).shown();
    let path = approve::beside(&args.plan);
    let there = approving::beside(&args.plan)?;
    let has = approve::blocks(&there).iter().any(|block| {
        let by = Signature::read(block).and_then(|s| s.verify(digest));
        by.is_ok_and(|by| by == *key)
    });
    if has {
        terminal.print(&format!(
            "\n{} has approved this plan already.\n",
            escape::line(&shown)
        ));
        return Ok(());
    }
    let armored = signature.armored().map_err(|why| {
        Diagnostic::error(code::INTERNAL, format!("the signature cannot be written: {why}."))
    })?;
    // A file that was cut off ends without a line end.
    let gap = if there.is_empty() || there.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    let at = jiff::Timestamp::now();
    // In one piece, so that two who approve at once keep both.
    let block = format!("{gap}{armored}# {} at {at:.0}\n", escape::line(&shown));
    let written = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .and_then(|mut file| file.write_all(block.as_bytes()));
    written.map_err(|error| {
        Diagnostic::error(
            code::FILE_UNREADABLE,
            format!("{} cannot be written: {error}.", path.display()),
        )
    })?;
    terminal.print(&format!(
        "\n{} {}, in {}.\n",
        if known.is_some() {
            "Approved by"
        } else {
            "Signed, without counting, by"
        },
        escape::line(&shown),
        escape::line(&path.display().to_string())
    ));
    Ok(())
}

/// How many approvals there are and how many it takes.
fn state(args: &ApproveArgs, plan: &Plan, digest: &str, terminal: Terminal) -> Result<(), Diagnostic> {
    let tally = approving::signers(&args.plan, plan, digest)?;
    terminal.diagnose(&tally.uncounted, &Sources::new());
    let signers = tally.signers;
    let mut asked = false;
    let mut missing = false;
    for demand in plan.demands().into_iter().filter(|d| d.rule.approvals > 0) {
        asked = true;
        let counted = demand.rule.counted(&signers);
        let names: Vec<String> = counted.iter().map(|key| key.shown()).collect();
        missing |= counted.len() < usize::try_from(demand.rule.approvals).unwrap_or(usize::MAX);
        let what = match demand.danger {
            Danger::Weaken => "what weakens protection",
            Danger::Irreversible => "what can never be undone",
            Danger::Disruptive => "what interrupts something",
        };
        terminal.print(&format!(
            "{} of {} approvals for {what}{}{}\n",
            counted.len(),
            demand.rule.approvals,
            if names.is_empty() { "." } else { ": " },
            escape::line(&names.join(", "))
        ));
    }
    if !asked {
        terminal.print("Nothing in this plan needs an approval by signature.\n");
    } else if !missing {
        terminal.print(&format!(
            "To run it: backstay apply {}\n",
            escape::line(&args.plan.display().to_string())
        ));
    }
    Ok(())
}
