//! Who may become a writer.

use super::{Line, Proving, decided, line};
use crate::access::assume::{Graph, Member};
use crate::access::{Caller, Context, Decision, Guardrails, Over, Policies, Truth};
use crate::model::policy::{Document, Effect, Statement};
use crate::prove::attack;
use crate::prove::verdict::Verdict;

impl Proving<'_> {
    /// Nobody may become it but those whom its block declares.
    pub(super) fn trust(&self) -> Line {
        let (asks, claim) = ("trust", "nobody else can assume it".to_owned());
        let Some(trust) = &self.identity.trust else {
            return match self.identity.unknown.first() {
                Some(why) => line(asks, claim, Verdict::Unknown, why.said()),
                None => line(asks, claim, Verdict::Holds, "there is no trust policy".into()),
            };
        };
        let nobody = Document::new([]);
        let declared = self.identity.declared_trust.as_ref().unwrap_or(&nobody);
        let is_declared = |s: &Statement| {
            let meant = |d: &Statement| {
                Statement {
                    sid: None,
                    ..d.clone()
                } == Statement {
                    sid: None,
                    ..s.clone()
                }
            };
            declared.statements.iter().any(meant)
        };
        if trust
            .statements
            .iter()
            .all(|s| s.effect == Effect::Deny || is_declared(s))
        {
            let why = "every statement of its trust that allows is as declared";
            return line(asks, claim, Verdict::Holds, why.into());
        }
        match self
            .enters(trust)
            .into_iter()
            .find(|(who, found)| !self.is_meant(declared, who, found))
        {
            Some((who, found)) => {
                let why = format!("{}: {}", named(&who), decided(&found));
                line(asks, claim, Verdict::Fails, why)
            }
            None => match self.unread_people() {
                Some(why) => line(asks, claim, Verdict::Unknown, why),
                None => line(
                    asks,
                    claim,
                    Verdict::Holds,
                    "nobody whom its trust lets in is undeclared".into(),
                ),
            },
        }
    }

    fn enters(&self, trust: &Document) -> Vec<(Caller, Decision)> {
        let me = self.holder.caller();
        let mut members = attack::callers(self.principals);
        members.retain(|m| m.caller != *me);
        members.push(Member {
            caller: me.clone(),
            identity: Policies::none(),
            boundary: None,
            trust: Some(Policies::none().with("its trust", trust)),
            scps: Guardrails::None,
        });
        let graph = Graph::new(&members, &Context::open());
        let into = graph.into_role::<Over>(me);
        into.into_iter()
            .map(|edge| (edge.from.clone(), edge.decision.clone()))
            .collect()
    }

    /// Whether the declared trust lets the same one in, under conditions at most as wide.
    fn is_meant(&self, declared: &Document, who: &Caller, found: &Decision) -> bool {
        let opens = |decision: &Decision| -> Vec<_> {
            let open = decision.reasons.iter().filter(|r| r.effect == Effect::Allow);
            open.map(|r| r.open.clone()).collect()
        };
        self.enters(declared)
            .iter()
            .any(|(one, meant)| one == who && (meant.allowed() == Truth::Yes || opens(meant) == opens(found)))
    }
}

fn named(caller: &Caller) -> String {
    match caller {
        Caller::User(arn) | Caller::Role { arn, .. } | Caller::FederatedUser { session: arn, .. } => {
            arn.to_string()
        }
        Caller::Root(account) => format!("the root of {account}"),
        Caller::Someone(Some(account)) => format!("somebody of {account}"),
        Caller::Someone(None) => "somebody of any account".into(),
        Caller::Federated(name) => format!("whoever {name} vouches for"),
        Caller::Service(name) => name.clone(),
        Caller::Anonymous => "anybody".into(),
    }
}
