//! What users and tools are shown, in every format. Data in, text out: nothing here
//! prints, reads a file or asks the cloud.
//!
//! - [`plan`]: a plan, for people and as a stream of JSON
//! - [`apply`]: how an apply ended
//! - [`findings`]: an assessment as text, JSON, SARIF, JUnit and markdown
//! - [`proof`]: what survives what
//! - [`history`]: what applies have done
//! - [`posture`], [`permissions`]: what is declared, and what it takes
//! - [`language`]: the JSON Schema of the language
//! - [`reference`]: pages made from what the code declares
//! - [`escape`](crate::diag::escape): everything that the cloud or the user says goes through it

pub mod apply;
pub mod findings;
pub mod history;
pub mod language;
pub mod permissions;
pub mod plan;
pub mod posture;
pub mod proof;
pub mod reference;
mod wrap;

pub use crate::diag::escape;
pub use crate::diag::render::Style;
