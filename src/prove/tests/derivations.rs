//! Why a copy is left: every way that is asked about is told of, and nothing is called out of reach that is not.

use super::destroying::{may, theft};
use super::policies::doc;
use super::*;
use crate::model::objective::Extent;
use crate::model::{Level, Membership};
use crate::prove::attack::graph::{May, Node};
use crate::prove::derivation::{Attacked, Could, Derivation, Missing, Refuted, Way};
use proptest::prelude::*;

fn attack_of(input: &Input<'_>, proof: &Proof) -> Attack {
    let copies = proof.assets.iter().flat_map(|asset| &asset.copies);
    let all: Vec<Copy> = copies
        .flat_map(|copy| std::iter::once(copy.clone()).chain(copy.unlocked()))
        .collect();
    let everybody = Everybody {
        principals: input.principals,
        memberships: input.memberships,
    };
    Attack::new(input.evidence, everybody, &all)
}

/// Holds the derivation of a cell against the graph by which it was judged.
pub(super) fn is_sound(input: &Input<'_>, proof: &Proof, address: &Address, scenario: &Scenario) {
    let mut explained = explained(input, address, &scenario.name);
    let derivation = explained.derivation.take();
    assert_eq!(explained, *proof, "asking why changes nothing");
    let asset = proof.assets.iter().find(|a| a.address == *address).unwrap();
    let Some(cell) = asset.cells.iter().find(|c| c.scenario == scenario.name) else {
        assert_eq!(derivation, None);
        return;
    };
    let attack = attack_of(input, proof);
    let derivation = derivation.unwrap();
    let told = derivation.copies.iter().map(|derived| &derived.copy);
    assert!(told.eq(asset.copies.iter().map(|copy| &copy.id)));
    for (derived, state) in derivation.copies.iter().zip(&cell.copies) {
        let survives = state.survival == Survival::Survives;
        assert!(!survives || derived.outlives.is_some(), "{derived:#?}");
        assert!(scenario.has_attacker() || derived.attacked.is_empty());
        assert!(!(survives && scenario.has_attacker() && derived.attacked.is_empty()));
        for attacked in &derived.attacked {
            assert_eq!(
                attacked.taken.is_none(),
                !attacked.refuted.is_empty(),
                "{attacked:#?}"
            );
            assert!(!survives || attacked.taken.is_none(), "{attacked:#?}");
            leads_there(attacked, &attack);
            for refuted in &attacked.refuted {
                is_refuted(refuted, &attacked.state, &attack);
            }
        }
    }
}

/// Each step needs what is held or was given before it, and the last gives the end of the copy.
fn leads_there(attacked: &Attacked, attack: &Attack) {
    let Some(taken) = &attacked.taken else { return };
    let mut have: BTreeSet<&Node> = taken.holding.iter().collect();
    for done in &taken.steps {
        let step = &done.step;
        assert!(step.needs.iter().all(|need| have.contains(need)), "{step:#?}");
        assert!(attack.graph().steps().contains(step));
        have.insert(&step.gives);
    }
    assert!(have.contains(&Node::Gone(attacked.state.clone())));
}

fn is_refuted(refuted: &Refuted, state: &str, attack: &Attack) {
    let graph = attack.graph();
    let reached = graph.reach(&refuted.holding, May::ANY);
    let missing: Vec<&Node> = refuted.missing.iter().map(|missing| &missing.node).collect();
    assert_eq!(missing[0], &Node::Gone(state.to_owned()));
    let once: BTreeSet<&Node> = missing.iter().copied().collect();
    assert_eq!(once.len(), missing.len(), "each once");
    for Missing { node, ways } in &refuted.missing {
        assert!(!graph.has(&reached, node), "{node:?} is within reach");
        let lacking = |needs: &[Node]| -> BTreeSet<Node> {
            let lacks = needs.iter().filter(|need| !graph.has(&reached, need));
            lacks.cloned().collect()
        };
        let steps = graph.steps().iter().filter(|step| step.gives == *node);
        let steps: BTreeSet<(String, BTreeSet<Node>)> = steps
            .map(|step| (step.because.clone(), lacking(&step.needs)))
            .collect();
        let could = |way: &Way| -> Vec<(String, BTreeSet<Node>)> {
            let all = way.could.iter();
            all.map(|could| (because(way, could), could.lacks.iter().cloned().collect()))
                .collect()
        };
        let told: BTreeSet<(String, BTreeSet<Node>)> = ways.iter().flat_map(could).collect();
        assert_eq!(told, steps, "the ways to {node:?}");
        for lacks in ways.iter().flat_map(|way| &way.could).map(|could| &could.lacks) {
            assert!(!lacks.is_empty(), "{node:?} is one step away");
            assert!(lacks.iter().all(|node| once.contains(node)), "{lacks:?}");
        }
    }
}

fn because(way: &Way, could: &Could) -> String {
    // Two ways of doing the same are one reason.
    let does = way.does.split(", with ").next().unwrap();
    let does = match &could.who {
        Some(who) => format!("{who} {does}"),
        None => does.to_owned(),
    };
    match could.by.is_empty() {
        true => does,
        false => format!("{does} ({})", could.by),
    }
}

/// That each of these actions is named as a way that is not taken.
pub(super) fn names<'a>(
    seen: &[Evidence],
    extent: Extent,
    mechanism: Mechanism,
    actions: impl Iterator<Item = &'a &'a str>,
) {
    let idle = vec![may(&["sts:GetCallerIdentity"])];
    let scenario = theft(&idle, extent);
    let principals = staffed(&Principals::from([
        (account(PROD), Observed::Present(idle)),
        (account(VAULT), Observed::Present(Vec::new())),
    ]));
    let input = Input {
        evidence: seen,
        principals: &principals,
        memberships: &Memberships::new(),
        objectives: &[],
        scenarios: std::slice::from_ref(&scenario),
        read_at: READ_AT,
    };
    let address = &prove(&input).assets[0].address;
    let proof = explained(&input, address, &scenario.name);
    let copies = &proof.assets[0].copies;
    let id = &copies.iter().find(|c| c.mechanism == mechanism).unwrap().id;
    let derivation = proof.derivation.unwrap();
    let derived = derivation.copies.iter().find(|d| d.copy == *id).unwrap();
    let refuted = derived.attacked.iter().flat_map(|attacked| &attacked.refuted);
    let ways = refuted.flat_map(|r| &r.missing).flat_map(|missing| &missing.ways);
    let told: Vec<&str> = ways.map(|way| way.does.as_str()).collect();
    for action in actions {
        let names = |does: &&str| does.split([' ', ',']).any(|word| word == *action);
        assert!(told.iter().any(names), "{action} is not among {told:#?}");
    }
}

const READ_AT: &str = "2026-03-01T12:00:00Z";

/// Every cell of an estate.
fn every_cell(evidence: &[Evidence], principals: &Principals, memberships: &Memberships) {
    let principals = staffed(principals);
    let all = scenarios();
    let input = Input {
        evidence,
        principals: &principals,
        memberships,
        objectives: &[],
        scenarios: &all,
        read_at: READ_AT,
    };
    let proof = prove(&input);
    for asset in &proof.assets {
        for scenario in &all {
            is_sound(&input, &proof, &asset.address, scenario);
        }
    }
}

fn complied() -> ObjectStore {
    let mut target = bucket("dr", VAULT);
    target.lock = locked(LockMode::Compliance);
    target
}

#[test]
fn every_cell_is_derived() {
    let nobody_bound = Memberships::new();
    let mut governed = bucket("dr", VAULT);
    governed.lock = locked(LockMode::Governance);
    for target in [bucket("dr", VAULT), governed, complied(), bucket("dr", PROD)] {
        every_cell(&replicated(target), &everybody(), &nobody_bound);
    }
    let vaults = [
        served(database()),
        vault(PROD, "us-west-2", vault_lock(LockMode::Governance, None)),
        daily(PROD, "us-west-2"),
    ];
    every_cell(&vaults, &everybody(), &nobody_bound);
}

/// One of the organization's accounts, in which this is denied.
fn bound(statement: &str) -> Memberships {
    let document = |text: &str| Observed::Present(doc(text));
    let everything = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
    let level = Level {
        target: VAULT.into(),
        policies: vec![
            ("FullAWSAccess".into(), document(everything)),
            ("keep".into(), document(statement)),
        ],
    };
    let membership = Membership {
        organization: "o-acme".into(),
        management: account("999999999999"),
        levels: vec![level],
        delegation: Observed::Absent,
    };
    Memberships::from([(account(VAULT), Observed::Present(membership))])
}

/// A replica in another account, with roles there that production may not become, or that may not destroy.
fn guarded() -> (Vec<Evidence>, Principals, Memberships) {
    let mut target = bucket("dr", VAULT);
    let mut policy = lets_copy("dr");
    let denied = r#"{"Sid":"NoDeletes","Effect":"Deny","Principal":"*","Action":"s3:DeleteObjectVersion","Resource":"arn:aws:s3:::dr/*","Condition":{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::222222222222:role/deploy"}}}"#;
    policy.statements.extend(doc(denied).statements);
    target.policy = Observed::Present(policy);
    let deploy = role(
        VAULT,
        "deploy",
        &["s3:DeleteObjectVersion"],
        &["arn:aws:iam::111111111111:role/operator"],
    );
    let breakglass = role(
        VAULT,
        "breakglass",
        &["s3:*"],
        &["arn:aws:iam::222222222222:role/ceo"],
    );
    let bounded = Principal {
        boundary: Observed::Present(doc(r#"{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}"#)),
        ..role(
            VAULT,
            "bounded",
            &["s3:DeleteObjectVersion"],
            &["arn:aws:iam::111111111111:role/operator"],
        )
    };
    let mut people = everybody();
    people.insert(
        account(VAULT),
        Observed::Present(vec![deploy, breakglass, bounded]),
    );
    people.insert(account("999999999999"), Observed::Present(Vec::new()));
    let keeps = r#"{"Sid":"NoRules","Effect":"Deny","Action":"s3:PutLifecycleConfiguration","Resource":"*"}"#;
    (replicated(target), people, bound(keeps))
}

/// The copy of `up` in the other account when production is in the hands of an attacker.
fn replica_of(
    evidence: &[Evidence],
    principals: &Principals,
    memberships: &Memberships,
) -> (Proof, Attacked) {
    let principals = staffed(principals);
    let all = scenarios();
    let input = Input {
        evidence,
        principals: &principals,
        memberships,
        objectives: &[],
        scenarios: &all,
        read_at: READ_AT,
    };
    let proof = explained(&input, &"s3_bucket.up".parse().unwrap(), "credential_compromise");
    let Derivation { copies, .. } = proof.derivation.clone().unwrap();
    let replica = copies.into_iter().find(|d| d.copy.contains("replica")).unwrap();
    let held = replica.attacked.into_iter().find(|a| a.state == replica.copy);
    (proof, held.unwrap())
}

fn ways_to<'a>(attacked: &'a Attacked, node: &Node) -> Vec<&'a Way> {
    let missing = attacked.refuted.iter().flat_map(|refuted| &refuted.missing);
    let found = missing.filter(|missing| missing.node == *node);
    found.flat_map(|missing| &missing.ways).collect()
}

/// Whoever could and is out of reach is named with the statement, and whoever is denied it with the one that denies.
#[test]
fn a_refusal_names_what_refuses() {
    let (seen, people, memberships) = guarded();
    every_cell(&seen, &people, &memberships);
    let (_, attacked) = replica_of(&seen, &people, &memberships);
    let gone = Node::Gone(attacked.state.clone());
    let way = |does: &str| {
        let ways = ways_to(&attacked, &gone);
        let found = ways.into_iter().find(|way| way.does == does);
        found.unwrap_or_else(|| panic!("{does}: {attacked:#?}")).clone()
    };
    let deletes = way("may s3:DeleteObjectVersion on dr/*");
    let could: Vec<&str> = deletes.could.iter().filter_map(|c| c.who.as_deref()).collect();
    assert!(could.contains(&"222222222222:role/breakglass"), "{could:?}");
    assert!(!could.contains(&"222222222222:role/deploy"), "{could:?}");
    let refused: BTreeMap<&str, Vec<&str>> = deletes
        .refused
        .iter()
        .map(|r| (r.who.as_str(), r.by.iter().map(String::as_str).collect()))
        .collect();
    assert_eq!(
        refused["222222222222:role/deploy"],
        ["its policy, statement NoDeletes, denies it"]
    );
    assert_eq!(
        refused["222222222222:role/bounded"],
        ["nothing in the permission boundary allows it"]
    );
    let rules = way("may s3:PutLifecycleConfiguration on dr");
    let breakglass = rules
        .refused
        .iter()
        .find(|r| r.who.ends_with("breakglass"))
        .unwrap();
    let statement = "service control policy keep of 222222222222, statement NoRules, denies it";
    assert_eq!(breakglass.by, [statement]);
    let read: Vec<&str> = breakglass.rests_on.iter().map(|s| s.what.as_str()).collect();
    let wanted = [
        "iam:GetAccountAuthorizationDetails of 222222222222",
        "organizations:ListPoliciesForTarget up from 222222222222",
        "arn:aws:s3:::dr",
    ];
    assert_eq!(read, wanted);
    assert!(breakglass.rests_on.iter().all(|source| source.read_at == READ_AT));
    // The same once nothing of the organization binds it.
    let unbound = Node::Unbound(VAULT.to_owned());
    assert!(
        rules.could.iter().any(|c| c.lacks.contains(&unbound)),
        "{rules:#?}"
    );
    let becomes = Node::Acts("arn:aws:iam::222222222222:role/breakglass".into());
    let assumed = ways_to(&attacked, &becomes);
    assert!(
        assumed.iter().any(|way| way.does.starts_with("assumes ")),
        "{assumed:#?}"
    );
}

/// What a lock and versions keep from everybody is told of, too.
#[test]
fn what_settings_close_is_named() {
    let (_, attacked) = replica_of(&replicated(complied()), &everybody(), &Memberships::new());
    let [lock, versions] = attacked.closed.as_slice() else {
        panic!("{:#?}", attacked.closed)
    };
    assert!(lock.by.contains("compliance"), "{}", lock.by);
    let all = |ways: &[String]| ways.join("; ");
    for action in [
        "s3:DeleteObjectVersion on dr/*",
        "s3:PutLifecycleConfiguration on dr",
        "s3:UpdateObjectEncryption on dr/*",
    ] {
        assert!(all(&lock.ways).contains(action), "{action}: {lock:#?}");
    }
    for action in ["s3:DeleteObject on dr/*", "s3:PutObject on dr/*"] {
        assert!(all(&versions.ways).contains(action), "{action}: {versions:#?}");
    }
    assert_eq!(lock.rests_on[0].what, "arn:aws:s3:::dr");
}

/// A replica that versions, the organization and other accounts keep, derived when production is lost.
pub(crate) fn guarded_replica() -> Proof {
    let (seen, people, memberships) = guarded();
    replica_of(&seen, &people, &memberships).0
}

/// The same under a lock in compliance mode.
pub(crate) fn locked_replica() -> Proof {
    replica_of(&replicated(complied()), &everybody(), &Memberships::new()).0
}

/// A replica in an account with so many who may destroy it, each with a policy of this name.
pub(crate) fn kept_by(keepers: usize, policy: &str) -> Proof {
    let all = (0..keepers).map(|i| {
        let mut keeper = role(VAULT, &format!("keeper{i}"), &["s3:*"], &[]);
        keeper.policies[0].0 = policy.to_owned();
        keeper
    });
    let mut people = everybody();
    people.insert(account(VAULT), Observed::Present(all.collect()));
    replica_of(&replicated(bucket("dr", VAULT)), &people, &Memberships::new()).0
}

fn any_role(of: &'static str, n: usize) -> impl Strategy<Value = Principal> {
    const ACTIONS: [&str; 12] = [
        "s3:GetObject",
        "s3:PutObject",
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:PutBucketPolicy",
        "s3:DeleteBucketPolicy",
        "s3:PutBucketVersioning",
        "s3:BypassGovernanceRetention",
        "s3:PutObjectRetention",
        "iam:PutRolePolicy",
        "iam:UpdateAssumeRolePolicy",
        "sts:AssumeRole",
    ];
    let actions = prop::sample::subsequence(ACTIONS.to_vec(), 0..4);
    let trusts = prop::sample::subsequence(
        vec![
            "arn:aws:iam::111111111111:root",
            "arn:aws:iam::222222222222:root",
            "arn:aws:iam::111111111111:role/p0",
            "arn:aws:iam::222222222222:role/v1",
        ],
        0..2,
    );
    let denied = prop::option::of(prop::sample::select(ACTIONS.to_vec()));
    (actions, trusts, denied).prop_map(move |(actions, trusts, denied)| {
        let name = format!("{}{n}", if of == PROD { "p" } else { "v" });
        let mut role = role(of, &name, &actions, &trusts);
        let deny = denied.map(|action| Document::new([Statement::new(Effect::Deny, [action], ["*"])]));
        role.policies
            .extend(deny.map(|document| ("denies".to_owned(), Observed::Present(document))));
        role
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whoever there is and whatever they may: what is derived is what was judged.
    #[test]
    fn derivations_agree_with_fates(
        prod in (any_role(PROD, 0), any_role(PROD, 1)),
        there in (any_role(VAULT, 0), any_role(VAULT, 1)),
        lock in prop::sample::select(vec![None, Some(LockMode::Governance), Some(LockMode::Compliance)]),
        bound_too in any::<bool>(),
    ) {
        let mut target = bucket("dr", VAULT);
        target.lock = lock.map_or(Observed::Absent, locked);
        let people = Principals::from([
            (account(PROD), Observed::Present(vec![prod.0, prod.1])),
            (account(VAULT), Observed::Present(vec![there.0, there.1])),
            (account("999999999999"), Observed::Present(Vec::new())),
        ]);
        let memberships = match bound_too {
            true => bound(r#"{"Effect":"Deny","Action":["s3:DeleteObjectVersion","iam:*"],"Resource":"*"}"#),
            false => Memberships::new(),
        };
        let people = staffed(&people);
        let all = scenarios();
        let input = Input {
            evidence: &replicated(target),
            principals: &people,
            memberships: &memberships,
            objectives: &[],
            scenarios: &all,
            read_at: READ_AT,
        };
        let proof = prove(&input);
        let address: Address = "s3_bucket.up".parse().unwrap();
        for scenario in all.iter().filter(|s| ["credential_compromise", "ransomware"].contains(&s.name.as_str())) {
            is_sound(&input, &proof, &address, scenario);
        }
    }
}
