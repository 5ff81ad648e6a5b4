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

impl PostureArgs {
    /// The first option that says something of the posture.
    pub(crate) fn given(&self) -> Option<&'static str> {
        match &self.variables {
            v if !v.vars.is_empty() => Some("-var"),
            v if !v.var_files.is_empty() => Some("-var-file"),
            _ => None,
        }
    }
}

impl SelectionArgs {
    /// The first option that leaves something out.
    pub(crate) fn given(&self) -> Option<&'static str> {
        match self {
            s if !s.targets.is_empty() => Some("-target"),
            s if !s.excludes.is_empty() => Some("-exclude"),
            _ => None,
        }
    }
}
