//! Who may lift what the organization forbids: who manages its policies, and who may take an account out of it.

use super::super::Everybody;
use super::super::actor::{Ids, add};
use super::super::ask::{Answer, Ask, Asker, Guard};
use super::super::graph::Node;
use super::super::ledger::Doing;
use super::{Maker, Permission, administrator_of, own, root_of};
use crate::access::{Policies, Target};
use crate::model::{AccountId, Membership, Observed};

/// Whatever makes a service control policy no longer bind an account, or lets others do that.
const LIFTS: &[&str] = &[
    "organizations:DetachPolicy",
    "organizations:UpdatePolicy",
    "organizations:DisablePolicyType",
    "organizations:MoveAccount",
    "organizations:RemoveAccountFromOrganization",
    "organizations:PutResourcePolicy",
];

impl Maker {
    pub(super) fn unbinding(&mut self, everybody: Everybody<'_>, asker: &Asker, ids: &Ids) {
        for (account, membership) in everybody.memberships {
            let Some(membership) = membership.present() else {
                continue;
            };
            self.managing(everybody, account, membership, asker, ids);
            self.leaving(account, asker);
            let management = &membership.management;
            if !matches!(everybody.principals.get(management), Some(Observed::Present(_))) {
                // Any of the identities that were read may lead there.
                let why =
                    format!("who can act in {management}, which manages the organization, is not known");
                self.push(
                    Vec::new(),
                    Node::Unbound(account.to_string()),
                    Doing::itself(format!("{management} may lift its policies off {account}")),
                    Answer::Unknown(why),
                );
            }
        }
    }

    fn managing(
        &mut self,
        everybody: Everybody<'_>,
        account: &AccountId,
        membership: &Membership,
        asker: &Asker,
        ids: &Ids,
    ) {
        let unbound = Node::Unbound(account.to_string());
        let management = &membership.management;
        let above = administrator_of(everybody.partition(management), management);
        for above in [
            root_of(everybody.partition(management), management),
            above.clone(),
        ] {
            self.push(
                vec![Node::Acts(above)],
                unbound.clone(),
                Doing::itself(format!(
                    "who administers {management} can detach the organization's policies from {account}"
                )),
                Answer::Yes(String::new()),
            );
        }
        // Whether any of these is set up, no policy of the account tells.
        let ways =
            "root sessions (sts:AssumeRoot), stack sets or Identity Center of the organization reach it"
                .to_owned();
        self.push(
            vec![Node::Acts(above)],
            Node::Acts(administrator_of(everybody.partition(account), account)),
            Doing::itself(format!("who administers {management} manages {account}")),
            Answer::If(ways, String::new()),
        );
        let mut delegation = Policies::none();
        add(
            &mut delegation,
            "the organization's own policy",
            &membership.delegation,
            ids,
        );
        let guard = match membership.delegation {
            Observed::Absent => Guard::None,
            Observed::Present(_) | Observed::Unreadable(_) => Guard::Policy(&delegation),
        };
        for action in LIFTS {
            let does = format!("may {action}");
            let may = Permission::to(action, management, guard);
            self.each(asker, &may, (&[], &unbound, &does), |who| {
                asker.ask(&Ask {
                    who,
                    action,
                    on: Target::Within("*"),
                    owner: management,
                    guard,
                })
            });
        }
    }

    /// An account that leaves is bound by nothing. It has to be able to stand alone, with a payment method of its own and the
    /// rest of what `LeaveOrganization` asks for, which no API tells; or another organization invites it, and to accept
    /// that (`AcceptHandshake`) takes the permission to leave as well.
    fn leaving(&mut self, account: &AccountId, asker: &Asker) {
        const LEAVES: &str = "organizations:LeaveOrganization";
        let unbound = Node::Unbound(account.to_string());
        let alone = format!("{account} could stand alone, or is invited elsewhere");
        let may = Permission::to(LEAVES, account, Guard::None).only_if(Some(&alone));
        let does = format!("may {LEAVES}");
        self.each(asker, &may, (&[], &unbound, &does), |who| {
            asker.ask(&own(who, LEAVES, Target::Nothing))
        });
    }
}
