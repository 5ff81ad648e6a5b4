//! Which keys an account can end.

use super::graph::Node;
use super::smallest::Smallest;
use super::{Attack, Destroying};
use crate::model::{AccountId, Arn, Observed, Unreadable};

impl Destroying {
    /// Of what no copy is known.
    pub(in crate::prove) fn nothing() -> Self {
        Self {
            set: Smallest::None,
            path: Vec::new(),
            raised_by: Vec::new(),
            maybe: None,
            out_of_reach: Vec::new(),
        }
    }
}

impl Attack {
    /// Whether everybody of an account together can make a key unusable.
    pub(in crate::prove) fn ends(&self, account: Option<&AccountId>, key: &Arn) -> Observed<bool> {
        let goal = Node::KeyGone(key.to_string());
        let unknown = |why: String| {
            Observed::Unreadable(Unreadable {
                action: String::new(),
                why,
                denied: false,
            })
        };
        let Some((account, [sure, any])) = account.and_then(|a| self.accounts.get_key_value(a)) else {
            return unknown("whose it is is not known".into());
        };
        if self.graph.has(sure, &goal) {
            return Observed::Present(true);
        }
        if self.graph.has(any, &goal) {
            return unknown(format!(
                "whether {account} can end {} is not known",
                key.resource()
            ));
        }
        match self.unread.get(account) {
            Some(why) => unknown(format!("who can act in {account} is not known: {why}")),
            None => Observed::Present(false),
        }
    }
}
