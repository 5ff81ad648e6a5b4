//! Options that several commands share.

use clap::Args;
use std::path::PathBuf;

/// Which posture, and the values of its variables.
#[derive(Debug, Clone, Args)]
pub(crate) struct PostureArgs {
    /// The folder that holds the posture's .hcl files
    #[arg(default_value = ".", value_name = "DIR")]
    pub(crate) dir: PathBuf,

    #[command(flatten)]
    pub(crate) variables: VariableArgs,
}

/// Values of variables.
#[derive(Debug, Clone, Args)]
pub(crate) struct VariableArgs {
    /// A variable's value
    #[arg(long = "var", value_name = "NAME=VALUE")]
    pub(crate) vars: Vec<String>,

    /// A file of variables' values
    #[arg(long = "var-file", value_name = "FILE")]
    pub(crate) var_files: Vec<PathBuf>,
}

/// Which part of the posture.
#[derive(Debug, Clone, Args)]
pub(crate) struct SelectionArgs {
    /// Only this resource and what it depends on; may be repeated
    #[arg(long = "target", value_name = "ADDRESS")]
    pub(crate) targets: Vec<String>,

    /// Not this resource, nor what depends on it; may be repeated
    #[arg(long = "exclude", value_name = "ADDRESS")]
    pub(crate) excludes: Vec<String>,
}
