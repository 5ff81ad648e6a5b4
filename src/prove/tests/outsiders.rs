//! Whom policies let in of accounts that nobody read, named in a condition or taken in with everybody.

use super::policies::doc;
use super::*;

/// What becomes of a replica in another account where its bucket's policy grants this to these.
fn granted(principal: &str, condition: &str, blocked: bool) -> char {
    let mut dr = bucket("dr", VAULT);
    dr.public_access_blocked = Observed::Present(blocked);
    let grant = format!(
        r#"{{"Effect":"Allow",{principal},"Action":"s3:DeleteObjectVersion","Resource":"arn:aws:s3:::dr/*"{condition}}}"#
    );
    let copying = format!(
        r#"{{"Effect":"Allow","Principal":{{"AWS":"{COPIER}"}},"Action":["s3:ReplicateObject","s3:ObjectOwnerOverrideToBucketOwner"],"Resource":"arn:aws:s3:::dr/*"}}"#
    );
    dr.policy = Observed::Present(doc(&format!("{grant},{copying}")));
    compromised(&replicated(dr), &locked_down())
}

/// What becomes of it where the trust of a role there lets these in.
fn trusted(principal: &str, condition: &str) -> char {
    let mut keeper = role(VAULT, "keeper", &["s3:*"], &[]);
    keeper.trust = Observed::Present(doc(&format!(
        r#"{{"Effect":"Allow",{principal},"Action":"sts:AssumeRole"{condition}}}"#
    )));
    let mut everybody = locked_down();
    everybody.insert(account(VAULT), Observed::Present(vec![keeper]));
    compromised(&replicated(bucket("dr", VAULT)), &everybody)
}

/// Nobody who is attacked gets anywhere by what they have.
fn locked_down() -> Principals {
    let mut everybody = everybody();
    everybody.insert(account(VAULT), Observed::Present(Vec::new()));
    everybody
}

fn when(operator: &str, key: &str, value: &str) -> String {
    format!(r#","Condition":{{"{operator}":{{"{key}":{value}}}}}"#)
}

const ALL: &str = r#""Principal":"*""#;
const OURS: &str = r#"["111111111111","222222222222"]"#;

#[test]
fn who_is_named_by_a_condition_is_not_known() {
    let table = [
        when("StringEquals", "aws:PrincipalAccount", r#""999999999999""#),
        when("StringLike", "aws:PrincipalAccount", r#""9999*""#),
        when(
            "ArnLike",
            "aws:PrincipalArn",
            r#""arn:aws:iam::999999999999:role/*""#,
        ),
        when(
            "ArnEquals",
            "aws:PrincipalArn",
            r#""arn:aws:iam::999999999999:role/ci""#,
        ),
        when("ArnLike", "aws:PrincipalArn", r#""arn:aws:iam::9999*:role/ci""#),
    ];
    for condition in &table {
        assert_eq!(granted(ALL, condition, true), '?', "{condition}");
        assert_eq!(trusted(ALL, condition), '?', "{condition}");
    }
    // Of an account that was read, whoever is there is known.
    let ours = when("StringEquals", "aws:PrincipalAccount", r#""222222222222""#);
    assert_eq!(granted(ALL, &ours, true), 'Y');
    assert_eq!(trusted(ALL, &ours), 'Y');
}

/// Where everybody is let in, whom a denial leaves out is meant, and nobody may have read that account.
#[test]
fn who_is_left_out_of_a_denial_is_not_known() {
    let but = |principal: &str, action: &str, operator: &str, key: &str, values: &str| {
        let condition = when(operator, key, values);
        format!(r#",{{"Effect":"Deny",{principal},"Action":"{action}","Resource":"*"{condition}}}"#)
    };
    let trusted = |denial: &str| {
        let mut keeper = role(VAULT, "keeper", &["s3:*"], &[]);
        let denial = denial.replace(r#""Resource":"*""#, r#""Sid":"Others""#);
        keeper.trust = Observed::Present(doc(&format!(
            r#"{{"Effect":"Allow",{ALL},"Action":"sts:AssumeRole"}}{denial}"#
        )));
        let mut everybody = locked_down();
        everybody.insert(account(VAULT), Observed::Present(vec![keeper]));
        compromised(&replicated(bucket("dr", VAULT)), &everybody)
    };
    let two = r#"["222222222222","333333333333"]"#;
    let enter = |operator: &str, key: &str, values: &str| but(ALL, "sts:AssumeRole", operator, key, values);
    for denial in [
        enter("StringNotEquals", "aws:PrincipalAccount", two),
        enter("StringNotLike", "aws:PrincipalAccount", r#"["2222*","3333*"]"#),
        enter(
            "ArnNotLike",
            "aws:PrincipalArn",
            r#"["arn:aws:iam::222222222222:*","arn:aws:iam::333333333333:role/*"]"#,
        ),
    ] {
        assert_eq!(trusted(&denial), '?', "{denial}");
    }
    // Who is left out has been read, and may nothing.
    let own = enter("StringNotEquals", "aws:PrincipalAccount", r#""222222222222""#);
    assert_eq!(trusted(&own), 'Y');
    // Of a bucket the same, whether the block of public access is on or off.
    for blocked in [true, false] {
        let mut dr = bucket("dr", VAULT);
        dr.public_access_blocked = Observed::Present(blocked);
        let denial = but(
            ALL,
            "s3:DeleteObjectVersion",
            "StringNotEquals",
            "aws:PrincipalAccount",
            two,
        );
        let copying = format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":"{COPIER}"}},"Action":["s3:ReplicateObject","s3:ObjectOwnerOverrideToBucketOwner"],"Resource":"arn:aws:s3:::dr/*"}}"#
        );
        dr.policy = Observed::Present(doc(&format!(
            r#"{{"Effect":"Allow",{ALL},"Action":"s3:DeleteObjectVersion","Resource":"arn:aws:s3:::dr/*"}}{denial},{copying}"#
        )));
        assert_eq!(compromised(&replicated(dr), &locked_down()), '?', "{blocked}");
    }
}

#[test]
fn anybody_is_somebody_of_another_account() {
    let roots =
        r#""NotPrincipal":{"AWS":["arn:aws:iam::111111111111:root","arn:aws:iam::222222222222:root"]}"#;
    let others = when("StringNotEquals", "aws:PrincipalAccount", OURS);
    let unsigned = when("StringEquals", "aws:PrincipalType", r#""Anonymous""#);
    let named = when("ArnLike", "aws:PrincipalArn", r#""arn:aws:iam::*:role/ci""#);
    for (principal, condition) in [(roots, ""), (ALL, &others), (ALL, &unsigned)] {
        assert_eq!(
            granted(principal, condition, false),
            '-',
            "{principal}{condition}"
        );
        // What AWS calls public is closed to other accounts by the block.
        assert_eq!(granted(principal, condition, true), 'Y', "{principal}{condition}");
    }
    assert_eq!(granted(ALL, &named, false), '-');
    for (principal, condition) in [(roots, ""), (ALL, &others), (ALL, &named)] {
        assert_eq!(trusted(principal, condition), '-', "{principal}{condition}");
    }
    // An unsigned request takes on no role.
    assert_eq!(trusted(ALL, &unsigned), 'Y');
    // What is not public to AWS, the block leaves.
    let network = when("IpAddress", "aws:SourceIp", r#""203.0.113.0/24""#);
    assert_eq!(granted(ALL, &network, true), 'c');
}

/// Whoever takes the block off lets everybody in whom the policy means.
#[test]
fn the_block_of_public_access_can_be_taken_off() {
    let mut dr = bucket("dr", VAULT);
    dr.policy = Observed::Present(doc(&format!(
        r#"{{"Effect":"Allow",{ALL},"Action":"s3:DeleteObjectVersion","Resource":"arn:aws:s3:::dr/*"{}}}"#,
        when("StringNotEquals", "aws:PrincipalAccount", OURS)
    )));
    let mut everybody = locked_down();
    let opener = role(
        VAULT,
        "opener",
        &["s3:PutBucketPublicAccessBlock"],
        &["arn:aws:iam::111111111111:root"],
    );
    everybody.insert(account(VAULT), Observed::Present(vec![opener]));
    assert_eq!(compromised(&replicated(dr), &everybody), 'c');
}

/// No writer becomes somebody else because anybody may have an account.
#[test]
fn what_anybody_may_is_no_gain_of_a_writer() {
    let (mut seen, people) = super::writers::isolated();
    if let Observed::Present(Facts::ObjectStore(store)) = &mut seen[0].facts {
        store.policy = Observed::Present(doc(&format!(
            r#"{{"Effect":"Allow",{ALL},"Action":"s3:PutObject","Resource":"arn:aws:s3:::dumps/in/*"{}}}"#,
            when("StringNotEquals", "aws:PrincipalAccount", OURS)
        )));
    }
    let proof = proved(&seen, &people, &[]);
    let line = proof.writers[0]
        .lines
        .iter()
        .find(|l| l.asks == "become")
        .unwrap();
    assert_eq!(line.verdict, Verdict::Holds, "{}", line.why);
}

/// Nor because anybody has a token that a role takes.
#[test]
fn what_anybodys_token_opens_is_no_gain_of_a_writer() {
    let (seen, mut people) = super::writers::isolated();
    let mut open = role(PROD, "open", &["iam:PutRolePolicy"], &[]);
    open.trust = Observed::Present(doc(
        r#"{"Effect":"Allow","Action":"sts:AssumeRoleWithWebIdentity","Principal":{"Federated":"accounts.google.com"}}"#,
    ));
    if let Some(Observed::Present(known)) = people.get_mut(&account(PROD)) {
        known.push(open);
    }
    let proof = proved(&seen, &people, &[]);
    let mut lines = proof.writers[0].lines.iter();
    let line = lines.find(|l| l.asks == "become").unwrap();
    assert_eq!(line.verdict, Verdict::Holds, "{}", line.why);
}

/// A name that nobody bears is somebody's to give: whoever administers the account may make who bears it.
#[test]
fn who_is_named_and_not_there_can_be_made() {
    const GHOST: &str = "arn:aws:iam::111111111111:role/ghost";
    let seen = replicated(bucket("dr", VAULT));
    let trusting = |who: &str| {
        let mut all = everybody();
        all.insert(
            account(VAULT),
            Observed::Present(vec![role(VAULT, "keeper", &["s3:*"], &[who])]),
        );
        all
    };
    let both = |principals: &Principals| {
        let row = row(
            &proved(&seen, principals, &[]),
            "s3_bucket.up",
            Mechanism::ObjectReplica,
        );
        [3, 5].map(|column| row.chars().nth(column).unwrap())
    };
    // Of the attacked account somebody makes it. A credential that makes nobody does not.
    assert_eq!(both(&trusting(GHOST)), ['-', 'Y']);
    assert_eq!(
        both(&trusting("arn:aws:iam::111111111111:user/ghost")),
        ['-', 'Y']
    );
    // Its number says that it existed once: whoever takes its name is another one.
    assert_eq!(both(&trusting("AROAGHOSTGHOSTGHOST12")), ['Y', 'Y']);
    // The same by a bucket's policy.
    let mut target = bucket("dr", VAULT);
    if let Observed::Present(policy) = &mut target.policy {
        let deletes = Statement::new(Effect::Allow, ["s3:DeleteObjectVersion"], ["arn:aws:s3:::dr/*"]);
        policy.statements.push(deletes.principal("AWS", GHOST));
    }
    assert_eq!(compromised(&replicated(target), &everybody()), '-');
}

/// What a policy grants to another account, and the service lets nobody do from there.
#[test]
fn some_things_only_the_owning_account_can_do() {
    let grant = |action: &str, resource: &str| {
        doc(&format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{PROD}:root"}},"Action":"{action}","Resource":"{resource}"}}"#
        ))
    };
    let of_vault = |action: &str| {
        let mut vault = vault(VAULT, "us-west-2", Observed::Absent);
        if let Observed::Present(Facts::Vault(facts)) = &mut vault.facts {
            facts.policy = Observed::Present(grant(action, "*"));
        }
        let seen = [served(database()), vault, daily(VAULT, "us-west-2")];
        let proof = proved(&seen, &locked_down(), &[]);
        let row = row(&proof, "rds_instance.app", Mechanism::RecoveryPoints);
        row.chars().nth(3).unwrap()
    };
    for action in [
        "backup:DeleteRecoveryPoint",
        "backup:UpdateRecoveryPointLifecycle",
        "backup:DisassociateRecoveryPoint",
        "backup:PutBackupVaultAccessPolicy",
        "backup:DeleteBackupVaultAccessPolicy",
        "backup:*",
    ] {
        assert_eq!(of_vault(action), 'Y', "{action}");
    }
    let of_bucket = |action: &str| {
        let mut dr = bucket("dr", VAULT);
        let mut policy = lets_copy("dr");
        policy
            .statements
            .extend(grant(action, "arn:aws:s3:::dr").statements);
        dr.policy = Observed::Present(policy);
        compromised(&replicated(dr), &everybody())
    };
    assert_eq!(of_bucket("s3:PutBucketPolicy"), 'Y');
    assert_eq!(of_bucket("s3:DeleteBucketPolicy"), 'Y');
    // A bucket's settings can be another account's to change.
    assert_eq!(of_bucket("s3:PutLifecycleConfiguration"), '-');
    let of_key = |owner: &str, action: &str| {
        let arn = format!("arn:aws:kms:us-west-2:{owner}:key/k");
        let mut dr = bucket("dr", VAULT);
        dr.encryption = Observed::Present(arn.clone());
        let mut seen = replicated(dr);
        let mut key = key(KeyState::Enabled, grant(action, "*"));
        if let Observed::Present(Facts::Key(facts)) = &mut key.facts {
            facts.arn = arn.parse().unwrap();
            facts.account = account(owner);
        }
        seen.push(key);
        compromised(&seen, &locked_down())
    };
    for action in [
        "kms:ScheduleKeyDeletion",
        "kms:DisableKey",
        "kms:PutKeyPolicy",
        "kms:*",
    ] {
        assert_eq!(of_key(VAULT, action), 'Y', "{action}");
        assert_eq!(of_key(PROD, action), '-', "{action}");
    }
}
