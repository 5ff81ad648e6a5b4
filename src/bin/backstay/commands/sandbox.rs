//! `backstay sandbox`: a local AWS to try things on.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use backstay::diag::{Diagnostic, code};
use backstay::sandbox::seed::Seed;
use backstay::sandbox::{Options, Sandbox, detached, environment, routes};
use clap::{Args, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

type Result<T> = std::result::Result<T, Box<Diagnostic>>;

/// Start a local AWS, run a backstay command against it, stop it
///
/// The first time it installs two emulators into the user's cache folder, which needs
/// Python 3.10 or newer and the package index. It listens on 127.0.0.1 only and never
/// talks to AWS.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Example: backstay sandbox -- plan examples/saas"
)]
pub(crate) struct SandboxArgs {
    #[command(subcommand)]
    command: Option<SandboxCommand>,

    #[command(flatten)]
    start: StartArgs,

    /// The command to run, as it would follow `backstay`
    #[arg(last = true)]
    arguments: Vec<OsString>,
}

#[derive(Debug, Args)]
struct StartArgs {
    /// Enforce signatures and IAM policies
    #[arg(long)]
    auth: bool,

    /// What exists at the start; otherwise sandbox/seed.hcl of the folder that the command names
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum SandboxCommand {
    /// Start one that keeps running and print its environment, for `eval "$(backstay sandbox up)"`
    Up(StartArgs),
    /// End the one that keeps running
    Down,
    /// Create in the one that keeps running what a seed file describes
    Seed {
        /// The seed file
        file: PathBuf,
    },
    /// Print who answers which operation
    Operations,
    /// What `up` leaves running
    #[command(hide = true)]
    Serve {
        /// Enforce signatures and IAM policies
        #[arg(long)]
        auth: bool,
    },
}

/// Runs it and returns the exit code: that of the command after `--`, else 0.
///
/// # Errors
/// The sandbox cannot be installed, started, seeded or stopped.
pub(crate) fn run(arguments: SandboxArgs) -> Result<u8> {
    match arguments.command {
        None => within(&arguments.start, &arguments.arguments),
        Some(SandboxCommand::Up(start)) => up(&start),
        Some(SandboxCommand::Down) => {
            let ended = detached::down()?;
            tell(if ended {
                "The sandbox has ended."
            } else {
                "No sandbox is running."
            });
            Ok(0)
        }
        Some(SandboxCommand::Seed { file }) => seed(&file),
        Some(SandboxCommand::Operations) => print(&routes::table()),
        Some(SandboxCommand::Serve { auth }) => {
            detached::serve(&Options { auth }, &mut io::stdout().lock())?;
            Ok(0)
        }
    }
}

fn up(start: &StartArgs) -> Result<u8> {
    let seed = start.seed.as_deref().map(Seed::read).transpose()?;
    let program = this_program()?;
    let arguments: &[&str] = if start.auth {
        &["sandbox", "serve", "--auth"]
    } else {
        &["sandbox", "serve"]
    };
    let remote = detached::up(&program, arguments, &Options { auth: start.auth }, &mut |line| {
        tell(line)
    })?;
    if let Some(seed) = seed {
        runtime()?.block_on(seed.apply(&remote.endpoint()))?;
    }
    let lines: String = environment(&remote.endpoint())
        .iter()
        .map(|(name, value)| format!("export {name}='{value}'\n"))
        .collect();
    print(&lines)
}

fn seed(file: &Path) -> Result<u8> {
    let seed = Seed::read(file)?;
    let Some(remote) = detached::current()? else {
        return Err(Box::new(
            Diagnostic::error(code::SANDBOX, "No sandbox is running.")
                .remedy("Start one with `eval \"$(backstay sandbox up)\"`."),
        ));
    };
    runtime()?.block_on(seed.apply(&remote.endpoint()))?;
    tell("Seeded.");
    Ok(0)
}

/// A sandbox for the time of one command.
fn within(start: &StartArgs, arguments: &[OsString]) -> Result<u8> {
    if arguments.is_empty() {
        return Err(Box::new(
            Diagnostic::error(code::USAGE, "There is no command to run in the sandbox.")
                .remedy("Write it behind `--`, as in `backstay sandbox -- plan examples/saas`, or keep one running with `backstay sandbox up`."),
        ));
    }
    // Read first: a bad seed should not cost a start.
    let seed = start
        .seed
        .clone()
        .or_else(|| seed_beside(arguments))
        .map(|file| Seed::read(&file))
        .transpose()?;
    let program = this_program()?;
    let sandbox = Sandbox::start(&Options { auth: start.auth }, &mut |line| tell(line))?;
    let runtime = runtime()?;
    runtime.block_on(async {
        if let Some(seed) = seed {
            seed.apply(&sandbox.endpoint()).await?;
            sandbox.remote().clear_requests()?;
        }
        let mut command = tokio::process::Command::new(program);
        command
            .args(arguments)
            .envs(sandbox.environment())
            .kill_on_drop(true);
        for name in ["AWS_PROFILE", "AWS_SESSION_TOKEN"] {
            command.env_remove(name);
        }
        let status = wait(command).await.map_err(|error| broken(&error))?;
        Ok(exit_code(status))
    })
}

/// The command's end. An interrupt from the terminal reaches the command as well, and how
/// it ends is its own affair: the emulators must be there until it has.
async fn wait(mut command: tokio::process::Command) -> io::Result<ExitStatus> {
    let mut interrupts = signal(SignalKind::interrupt())?;
    let mut terminations = signal(SignalKind::terminate())?;
    let mut child = command.spawn()?;
    loop {
        tokio::select! {
            status = child.wait() => return status,
            _ = interrupts.recv() => {}
            _ = terminations.recv() => child.start_kill()?,
        }
    }
}

fn exit_code(status: ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt;
    let signalled = || status.signal().map(|signal| 128 + signal);
    status
        .code()
        .or_else(signalled)
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(1)
}

/// `sandbox/seed.hcl` in the folder that an argument names, or here when none is a folder.
fn seed_beside(arguments: &[OsString]) -> Option<PathBuf> {
    let folders: Vec<_> = arguments
        .iter()
        .skip(1)
        .map(Path::new)
        .filter(|path| path.is_dir())
        .collect();
    let here = [Path::new(".")];
    let looked_in = if folders.is_empty() {
        here.as_slice()
    } else {
        folders.as_slice()
    };
    looked_in
        .iter()
        .map(|folder| folder.join("sandbox").join("seed.hcl"))
        .find(|file| file.is_file())
}

fn this_program() -> Result<PathBuf> {
    std::env::current_exe().map_err(|error| broken(&error))
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| broken(&error))
}

fn broken(error: &io::Error) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(
        code::SANDBOX,
        format!("The command could not be run in the sandbox: {error}."),
    ))
}

/// To standard error, which a shell's `eval` leaves alone.
fn tell(line: &str) {
    // Nobody to tell: nothing to do.
    drop(writeln!(io::stderr(), "{line}"));
}

fn print(text: &str) -> Result<u8> {
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => Ok(0),
        // The reader of a pipe has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(0),
        Err(error) => Err(broken(&error)),
    }
}
