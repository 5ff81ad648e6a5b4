//! Which account an access key belongs to.

use std::collections::HashMap;

use super::answers::xml::Element;

/// Access keys handed out so far. Root keys need no entry: they are the account's digits.
#[derive(Debug, Default)]
pub struct Accounts {
    keys: HashMap<String, Owner>,
}

/// Whose an access key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The account's digits.
    pub account: String,
    /// The role or user whose policies apply.
    pub principal: String,
}

impl Accounts {
    /// The account of `key`, `None` for a key that was not made here.
    pub fn of_key(&self, key: &str) -> Option<String> {
        is_account(key)
            .then(|| key.to_owned())
            .or_else(|| self.keys.get(key).map(|owner| owner.account.clone()))
    }

    /// Whose `key` is; `None` for root keys and for keys that were not made here.
    pub fn owner(&self, key: &str) -> Option<&Owner> {
        self.keys.get(key)
    }

    /// Remembers the credentials in an answer of `sts:AssumeRole*`, `sts:GetSessionToken` or
    /// `iam:CreateAccessKey` that `account` asked for.
    pub fn learn(&mut self, answer: &Element, account: &str) {
        let Some(key) = answer.find("AccessKeyId").map(Element::text) else {
            return;
        };
        let assumed = answer
            .find("AssumedRoleUser")
            .and_then(|user| user.find("Arn"))
            .map(Element::text);
        let owner = match assumed {
            // arn:aws:sts::222222222222:assumed-role/NAME/SESSION
            Some(arn) => {
                let account = arn.split(':').nth(4).unwrap_or(account).to_owned();
                let role = arn.split('/').nth(1).unwrap_or_default();
                Owner {
                    principal: format!("arn:aws:iam::{account}:role/{role}"),
                    account,
                }
            }
            None => Owner {
                account: account.to_owned(),
                principal: answer.find("UserName").map_or_else(String::new, |user| {
                    format!("arn:aws:iam::{account}:user/{}", user.text())
                }),
            },
        };
        self.keys.insert(key, owner);
    }
}

/// True for twelve digits.
pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assumed_role_leads_into_its_own_account() {
        let answer = Element::parse(
            "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA1</AccessKeyId></Credentials>\
             <AssumedRoleUser><Arn>arn:aws:sts::222222222222:assumed-role/backstay/s</Arn></AssumedRoleUser>\
             </AssumeRoleResult></AssumeRoleResponse>",
        )
        .unwrap();
        let mut accounts = Accounts::default();
        accounts.learn(&answer, "111111111111");
        assert_eq!(accounts.of_key("ASIA1").as_deref(), Some("222222222222"));
        assert_eq!(
            accounts.owner("ASIA1").unwrap().principal,
            "arn:aws:iam::222222222222:role/backstay"
        );
        assert_eq!(accounts.of_key("333333333333").as_deref(), Some("333333333333"));
        assert_eq!(accounts.of_key("AKIAUNKNOWN"), None);
    }
}
