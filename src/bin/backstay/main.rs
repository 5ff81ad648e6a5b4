//! The command line: parses, calls the library, prints, exits. The only place that does.

mod arguments;
mod cli;
mod commands;
mod terminal;

use clap::Parser;
use std::process::ExitCode;

/// Evaluating hostile input recurses; the main thread's stack is not ours to choose.
const STACK: usize = 64 * 1024 * 1024;

fn main() -> ExitCode {
    let arguments = arguments::normalise(std::env::args_os());
    let cli = match cli::Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Clap's own code for wrong usage is 2, which here means that changes are pending.
            let code = u8::from(error.use_stderr());
            drop(error.print());
            return ExitCode::from(code);
        }
    };
    let worker = std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || commands::run(cli));
    match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => ExitCode::from(code),
        // A panic has printed its message; it is a defect, and nothing was decided.
        Ok(Err(_)) | Err(_) => ExitCode::from(1),
    }
}
