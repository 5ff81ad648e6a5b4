//! backstay plans, applies, checks and proves the backup and disaster-recovery
//! posture of a cloud estate.
//!
//! Data flows one way through the modules, in this order; each imports only from
//! those before it (`tests/tidy.rs` enforces it):
//!
//! 1. [`diag`]: diagnostics, source text, exit codes
//! 2. [`model`]: the vocabulary as plain data
//! 3. [`access`]: who may do what, by the policies of AWS
//! 4. [`syntax`]: HCL text to blocks that keep their place
//! 5. [`config`]: variables, functions, references to evaluated blocks
//! 6. [`aws`]: sessions, clients, errors by class
//! 7. [`kinds`]: one file for each resource kind
//! 8. [`graph`]: what depends on what
//! 9. [`live`]: bulk reads into a snapshot
//! 10. [`plan`]: differences, judged, as ordered steps
//! 11. [`approve`]: signatures of a plan
//! 12. [`prove`]: what survives which disaster
//! 13. [`evidence`]: what outlives a run, in a bucket or a local folder
//! 14. [`apply`]: runs the steps and decides nothing
//! 15. [`check`]: posture rules over facts
//! 16. [`report`]: every output format
//! 17. [`pipeline`]: the whole way in one page; read it first
//! 18. [`editor`]: the language server
//!
//! [`sandbox`] stands apart: it uses nothing of these but [`diag`].

pub mod access;
pub mod apply;
pub mod approve;
pub mod aws;
pub mod check;
pub mod config;
pub mod diag;
pub mod editor;
pub mod evidence;
pub mod graph;
pub mod kinds;
pub mod live;
pub mod model;
pub mod pipeline;
pub mod plan;
pub mod prove;
pub mod report;
pub mod sandbox;
pub mod syntax;
