//! `backstay graph`: what depends on what, as a picture.

use super::opening;
use crate::options::PostureArgs;
use crate::terminal::Terminal;
use backstay::diag::Exit;
use backstay::graph::picture;
use clap::{Args, ValueEnum};

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// Graphviz
    Dot,
    /// Mermaid, as GitHub renders it
    Mermaid,
    /// A self-contained picture
    Svg,
}

/// Draw what depends on what
#[derive(Debug, Args)]
#[command(after_help = "Example: backstay graph --format svg > posture.svg")]
pub(crate) struct GraphArgs {
    #[command(flatten)]
    posture: PostureArgs,

    /// What to draw
    #[arg(long, value_enum, default_value = "dot")]
    format: Format,
}

pub(crate) fn run(args: GraphArgs, terminal: Terminal) -> Exit {
    let Some(posture) = opening::offline(&args.posture, terminal) else {
        return Exit::Error;
    };
    terminal.print(&match args.format {
        Format::Dot => picture::dot(&posture.graph),
        Format::Mermaid => picture::mermaid(&posture.graph),
        Format::Svg => picture::svg(&posture.graph),
    });
    Exit::Clean
}
