//! backstay plans, applies, checks and proves the backup and disaster-recovery
//! posture of a cloud estate.
//!
//! Data flows one way through the modules, in this order; each imports only from
//! those before it (`tests/tidy.rs` enforces it):
//!
//! 1. [`diag`]: diagnostics, source text, exit codes
//! 2. [`model`]: the vocabulary as plain data
//! 3. [`syntax`]: HCL text to blocks that keep their place
//! 4. [`config`]: variables, functions, references to evaluated blocks
//! 5. [`aws`]: sessions, clients, errors by class
//! 6. [`kinds`]: one file for each resource kind
//! 7. [`check`]: posture rules over facts
//! 8. [`report`]: every output format

pub mod aws;
pub mod check;
pub mod config;
pub mod diag;
pub mod kinds;
pub mod model;
pub mod report;
pub mod syntax;
