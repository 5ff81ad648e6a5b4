//! What every journey needs: a cloud, a folder with a posture, the program, a look at the outcome.

mod clients;
mod estate;
pub(crate) mod forgery;
mod protection;
mod relay;
mod run;
mod schema;
mod signatory;

pub(crate) use clients::{Clients, code};
pub(crate) use estate::Estate;
pub(crate) use protection::{Protection, dips, strays};
pub(crate) use relay::Relay;
pub(crate) use run::Run;
pub(crate) use schema::validate;
pub(crate) use signatory::Signatory;
