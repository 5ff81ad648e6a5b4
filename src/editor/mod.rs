//! The language server: what an editor shows while somebody writes a posture.
//!
//! Three threads. The first ([`server`]) answers requests from the texts as they are: their outlines
//! ([`crate::syntax::outline`]) say what stands at a place ([`place`]) and what is declared
//! ([`workspace`]), and cost a few milliseconds however large the posture is. The others ([`examine`])
//! parse what has changed and evaluate whole postures, with the texts that are not saved yet; they
//! publish what is wrong ([`publish`]) and leave the values of names behind for hovers. They never
//! hold up the first.
//!
//! Nothing here reads the cloud or the environment.

mod complete;
mod document;
mod examine;
mod formatting;
mod grammar;
mod hover;
mod navigate;
mod place;
mod position;
mod publish;
mod server;
mod workspace;

pub use server::{Ended, serve};
