//! Ground truth by attack: small estates where IAM is enforced, in which every pair of identities really tries to
//! destroy the data with its credentials. What is left then is what `prove` has said.
//!
//! The attackers know the estate as well as its owner does (names and versions), and try whatever may lead
//! further: deleting, shortening, opening bucket policies to themselves and to an account of their own, taking over roles,
//! taking off boundaries. The emulator differs from AWS in one thing that matters here: it does not run lifecycle
//! rules, so that setting one that expires the data counts as having destroyed it.

use crate::support::{Clients, Estate};
use aws_sdk_kms::types::KeyState;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, BucketVersioningStatus, ExpirationStatus, LifecycleExpiration,
    LifecycleRule, LifecycleRuleFilter, NoncurrentVersionExpiration, ObjectLockRetention,
    ObjectLockRetentionMode, VersioningConfiguration,
};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// A role of the estate.
struct Role {
    name: &'static str,
    /// Its statements: effect, actions, resources, with `Action` or `NotAction`.
    may: Vec<Json>,
    boundary: Option<Vec<Json>>,
    /// Statements of a second policy, which can be taken off by itself.
    never: Vec<Json>,
    /// Who may assume it; the account when it does not say. Nobody begins with what only others may assume.
    trusts: Option<&'static str>,
}

fn role(name: &'static str, may: Vec<Json>) -> Role {
    Role {
        name,
        may,
        boundary: None,
        never: Vec::new(),
        trusts: None,
    }
}

fn allow(actions: &[&str]) -> Json {
    json!({"Effect": "Allow", "Action": actions, "Resource": "*"})
}

fn allow_on(actions: &[&str], resources: &[&str]) -> Json {
    json!({"Effect": "Allow", "Action": actions, "Resource": resources})
}

fn deny(actions: &[&str]) -> Json {
    json!({"Effect": "Deny", "Action": actions, "Resource": "*"})
}

fn document(statements: &[Json]) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

/// How the data lies there.
#[derive(Clone, Copy, PartialEq)]
enum Data {
    /// With every version.
    Versioned,
    /// With every version, and some of it from before versioning was on.
    Older,
    /// With every version, and locks that have ended.
    LocksEnded,
    /// Without versions. The disaster destroys nothing by itself, so that the data as it serves is left until somebody does.
    Plain,
}

struct Case {
    name: &'static str,
    data: Data,
    /// Further lines of the bucket's block.
    settings: &'static str,
    replica: bool,
    /// Statements of the bucket's policy.
    policy: Vec<Json>,
    roles: Vec<Role>,
}

fn case(name: &'static str, roles: Vec<Role>) -> Case {
    Case {
        name,
        data: Data::Versioned,
        settings: "",
        replica: false,
        policy: Vec::new(),
        roles,
    }
}

/// The data.
const KEYS: &[&str] = &["k", "other/k"];

const DELETE: &[&str] = &["s3:DeleteObject", "s3:DeleteObjectVersion"];
/// Locks that last longer than what they hold is current.
const GOVERNANCE: &str = "  object_lock {
    mode      = \"governance\"
    retention = \"30d\"
  }
  expire \"old\" {
    after = \"15d\"
  }
";
const COMPLIANCE: &str = "  object_lock {
    mode      = \"compliance\"
    retention = \"3d\"
  }
  expire \"old\" {
    after = \"1d\"
  }
";

/// Locks that end before what they hold does.
const SHORT: &str = "  object_lock {
    mode      = \"governance\"
    retention = \"1d\"
  }
  expire \"old\" {
    after = \"15d\"
  }
";
/// A key of the account's own.
const KEYED: &str = "  encryption {
    kms_key = kms_key.data
  }
";

fn cases() -> Vec<Case> {
    let nothing = || vec![allow(&["s3:GetObject"])];
    let plain = |name, may: &[&str]| Case {
        data: Data::Plain,
        ..case(name, vec![role("a", vec![allow(may)])])
    };
    let keyed = |name, may: &[&str]| Case {
        settings: KEYED,
        ..case(name, vec![role("a", vec![allow(may)])])
    };
    let behind = |name, may| Role {
        trusts: Some("nobody"),
        ..role(name, may)
    };
    let bounded = |may| Role {
        boundary: Some(vec![allow(&["s3:Get*", "iam:DeleteRolePermissionsBoundary"])]),
        ..role("a", may)
    };
    let held_back = |may| Role {
        never: vec![deny(&[
            "s3:Delete*",
            "s3:PutLife*",
            "s3:PutBucketPolicy",
            "s3:PutBucketVersioning",
            "s3:UpdateObjectEncryption",
        ])],
        ..role("a", may)
    };
    vec![
        case("who only reads", vec![role("a", nothing())]),
        case(
            "who may do everything to buckets",
            vec![role("a", vec![allow(&["s3:*"])])],
        ),
        case(
            "deletions that leave versions",
            vec![role("a", vec![allow(&["s3:DeleteObject"])])],
        ),
        case("deleting versions", vec![role("a", vec![allow(DELETE)])]),
        case(
            "expiring",
            vec![role("a", vec![allow(&["s3:PutLifecycleConfiguration"])])],
        ),
        case(
            "opening the bucket's policy",
            vec![role("a", vec![allow(&["s3:PutBucketPolicy"])])],
        ),
        case(
            "opening the bucket's policy to strangers, when denied the rest",
            vec![role(
                "a",
                vec![
                    allow(&["s3:PutBucketPolicy"]),
                    deny(&["s3:Delete*", "s3:PutLife*"]),
                ],
            )],
        ),
        case(
            "suspending versioning",
            vec![role("a", vec![allow(&["s3:PutBucketVersioning"])])],
        ),
        case("writing", vec![role("a", vec![allow(&["s3:PutObject"])])]),
        case(
            "a part of the data",
            vec![role(
                "a",
                vec![allow_on(DELETE, &["arn:aws:s3:::data-ACCOUNT/other/*"])],
            )],
        ),
        case(
            "granted and denied",
            vec![role(
                "a",
                vec![
                    allow(&["s3:*"]),
                    deny(&["s3:Delete*", "s3:Put*", "s3:UpdateObjectEncryption"]),
                ],
            )],
        ),
        case(
            "everything but deletions, which is everything",
            vec![role(
                "a",
                vec![json!({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"})],
            )],
        ),
        case(
            "granting itself more",
            vec![role("a", vec![allow(&["iam:PutRolePolicy"])])],
        ),
        case(
            "granting another role more and becoming it",
            vec![
                role("a", vec![allow(&["iam:PutRolePolicy", "sts:AssumeRole"])]),
                role("b", nothing()),
            ],
        ),
        case(
            "a chain of roles",
            vec![
                role("a", vec![allow(&["sts:AssumeRole"])]),
                role("b", vec![allow(&["sts:AssumeRole"])]),
                role("c", vec![allow(DELETE)]),
            ],
        ),
        case(
            "a role whose trust names others",
            vec![
                role("a", vec![allow(&["sts:AssumeRole"])]),
                behind("b", vec![allow(DELETE)]),
            ],
        ),
        case(
            "a trust that can be edited",
            vec![
                role(
                    "a",
                    vec![allow(&["sts:AssumeRole", "iam:UpdateAssumeRolePolicy"])],
                ),
                behind("b", vec![allow(DELETE)]),
            ],
        ),
        case("held back", vec![held_back(vec![allow(&["s3:*"])])]),
        case(
            "held back by a policy that its bearer takes off",
            vec![held_back(vec![allow(&["s3:*", "iam:DeleteRolePolicy"])])],
        ),
        case(
            "held back by a policy that another takes off",
            vec![
                held_back(vec![allow(&["s3:*"])]),
                role("b", vec![allow(&["iam:DeleteRolePolicy"])]),
            ],
        ),
        Case {
            settings: GOVERNANCE,
            ..case(
                "a lock that is cleared, and data that expires then",
                vec![
                    role(
                        "a",
                        vec![allow(&["s3:PutObjectRetention", "s3:BypassGovernanceRetention"])],
                    ),
                    role("b", vec![allow(&["s3:PutLifecycleConfiguration"])]),
                    role("c", vec![allow(DELETE)]),
                ],
            )
        },
        case("a boundary", vec![bounded(vec![allow(DELETE)])]),
        case(
            "rewriting oneself within a boundary that leaves deletions",
            vec![Role {
                boundary: Some(vec![allow(&["s3:*", "iam:PutRolePolicy"])]),
                ..role("a", vec![allow(&["iam:PutRolePolicy"])])
            }],
        ),
        case(
            "a boundary that its bearer takes off",
            vec![bounded(vec![
                allow(DELETE),
                allow(&["iam:DeleteRolePermissionsBoundary"]),
            ])],
        ),
        Case {
            policy: vec![json!({
                "Effect": "Deny", "Principal": "*", "Action": DELETE,
                "Resource": "arn:aws:s3:::data-ACCOUNT/*",
            })],
            ..case(
                "a denial that another one takes away",
                vec![
                    role("a", vec![allow(DELETE)]),
                    role("b", vec![allow(&["s3:DeleteBucketPolicy"])]),
                ],
            )
        },
        Case {
            policy: vec![json!({
                "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::ACCOUNT:role/a"}, "Action": DELETE,
                "Resource": "arn:aws:s3:::data-ACCOUNT/*",
            })],
            ..case(
                "a grant of the bucket",
                vec![role("a", nothing()), role("b", nothing())],
            )
        },
        Case {
            settings: GOVERNANCE,
            ..case(
                "governance, and the parts of what lifts it with two",
                vec![
                    role("a", vec![allow(DELETE)]),
                    role("b", vec![allow(&["s3:BypassGovernanceRetention"])]),
                ],
            )
        },
        Case {
            settings: GOVERNANCE,
            ..case(
                "governance, and who may lift it",
                vec![role(
                    "a",
                    vec![allow(DELETE), allow(&["s3:BypassGovernanceRetention"])],
                )],
            )
        },
        Case {
            settings: COMPLIANCE,
            ..case("compliance", vec![role("a", vec![allow(&["s3:*"])])])
        },
        Case {
            settings: SHORT,
            data: Data::LocksEnded,
            ..case(
                "locks that have ended",
                vec![role("a", vec![allow(DELETE)]), role("b", nothing())],
            )
        },
        plain("no versions, and who only reads", &["s3:GetObject"]),
        plain(
            "no versions, and deleting what would be one",
            &["s3:DeleteObjectVersion"],
        ),
        plain("no versions, and writing over", &["s3:PutObject"]),
        plain("no versions, and expiring", &["s3:PutLifecycleConfiguration"]),
        Case {
            data: Data::Older,
            ..case(
                "what is older than versioning, which one suspends and another deletes in",
                vec![
                    role("a", vec![allow(&["s3:PutBucketVersioning"])]),
                    role("b", vec![allow(&["s3:DeleteObject"])]),
                ],
            )
        },
        keyed("disabling the key", &["kms:DisableKey"]),
        keyed("deleting the key", &["kms:ScheduleKeyDeletion"]),
        keyed("opening the key's policy", &["kms:PutKeyPolicy"]),
        keyed(
            "using the key and letting others use it",
            &["kms:CreateGrant", "kms:Decrypt", "kms:UpdateAlias"],
        ),
        Case {
            replica: true,
            ..case(
                "a copy in another bucket",
                vec![
                    role("a", vec![allow_on(DELETE, &["arn:aws:s3:::data-ACCOUNT/*"])]),
                    role("b", vec![allow_on(DELETE, &["arn:aws:s3:::copy-ACCOUNT/*"])]),
                ],
            )
        },
    ]
}

/// Sets of at most two of the roles that somebody can begin with.
fn subsets(case: &Case) -> Vec<Vec<&'static str>> {
    let names: Vec<&str> = case
        .roles
        .iter()
        .filter(|r| r.trusts.is_none())
        .map(|r| r.name)
        .collect();
    let mut all: Vec<Vec<&str>> = names.iter().map(|n| vec![*n]).collect();
    for (i, one) in names.iter().enumerate() {
        all.extend(names.iter().skip(i + 1).map(|other| vec![*one, *other]));
    }
    all
}

fn posture(case: &Case) -> String {
    let replicate = if case.replica {
        "  replicate {\n    to = s3_bucket.copy\n  }\n"
    } else {
        ""
    };
    let copy = match case.replica {
        true => {
            "s3_bucket \"copy\" {\n  region     = \"us-west-2\"\n  name       = \"copy-ACCOUNT\"\n  versioning = true\n}\n"
        }
        false => "",
    };
    let names: Vec<String> = subsets(case).iter().map(|s| s.join("_")).collect();
    let destroys = match case.data {
        Data::Plain => "zone",
        Data::Versioned | Data::Older | Data::LocksEnded => "data",
    };
    let versioning = match case.data {
        Data::Plain => "",
        Data::Versioned | Data::Older | Data::LocksEnded => "  versioning = true\n",
    };
    let key = match case.settings == KEYED {
        true => "kms_key \"data\" {\n  name = \"data-ACCOUNT\"\n}\n",
        false => "",
    };
    let scenarios: String = subsets(case)
        .iter()
        .map(|subset| {
            let held: Vec<String> = subset
                .iter()
                .map(|name| format!("\"arn:aws:iam::ACCOUNT:role/{name}\""))
                .collect();
            format!(
                "scenario \"{}\" {{\n  summary    = \"held\"\n  destroys   = \"{destroys}\"\n  identities = [{}]\n}}\n",
                subset.join("_"),
                held.join(", ")
            )
        })
        .collect();
    format!(
        "backstay {{\n  project = \"attack\"\n}}\naccount \"main\" {{\n  id     = \"ACCOUNT\"\n  region = \"us-east-1\"\n}}\n\
         s3_bucket \"data\" {{\n  name       = \"data-ACCOUNT\"\n{versioning}{}{replicate}}}\n{copy}{key}{scenarios}\
         objective \"o\" {{\n  protects = [s3_bucket.data]\n  survives = {names:?}\n}}\n",
        case.settings
    )
}

/// The estate with its roles and the data.
async fn built(case: &Case) -> Estate {
    let estate = Estate::strict(&posture(case));
    let root = estate.root();
    for role in &case.roles {
        let who = match role.trusts {
            None => estate.fill("arn:aws:iam::ACCOUNT:root"),
            // A role that nobody has made.
            Some(_) => estate.fill("arn:aws:iam::ACCOUNT:role/nobody"),
        };
        let trust = json!({"Effect": "Allow", "Principal": {"AWS": who}, "Action": "sts:AssumeRole"});
        let boundary = match &role.boundary {
            None => None,
            Some(statements) => {
                let made = root
                    .iam
                    .create_policy()
                    .policy_name(format!("{}-boundary", role.name))
                    .policy_document(estate.fill(&document(statements)))
                    .send()
                    .await
                    .unwrap();
                made.policy().unwrap().arn().map(str::to_owned)
            }
        };
        root.iam
            .create_role()
            .role_name(role.name)
            .assume_role_policy_document(document(&[trust]))
            .set_permissions_boundary(boundary)
            .send()
            .await
            .unwrap();
        root.iam
            .put_role_policy()
            .role_name(role.name)
            .policy_name("may")
            .policy_document(estate.fill(&document(&role.may)))
            .send()
            .await
            .unwrap();
        if !role.never.is_empty() {
            root.iam
                .put_role_policy()
                .role_name(role.name)
                .policy_name("never")
                .policy_document(estate.fill(&document(&role.never)))
                .send()
                .await
                .unwrap();
        }
    }
    let bucket = estate.fill("data-ACCOUNT");
    if case.data == Data::Older {
        let made = root.s3.create_bucket().bucket(&bucket).send().await;
        made.unwrap();
        put(&root, &bucket).await;
    }
    estate
        .run(&[
            "apply",
            "--auto-approve",
            "--allow-irreversible",
            "s3_bucket.data",
        ])
        .exits(0);
    if !case.policy.is_empty() {
        root.s3
            .put_bucket_policy()
            .bucket(&bucket)
            .policy(estate.fill(&document(&case.policy)))
            .send()
            .await
            .unwrap();
    }
    if case.data != Data::Older {
        put(&root, &bucket).await;
    }
    if case.data == Data::LocksEnded {
        clear(&root, &root, &bucket).await;
    }
    if case.replica {
        let copies = root.region("us-west-2");
        while versions(&copies, &estate.fill("copy-ACCOUNT")).await.len() < KEYS.len() {
            tokio::task::yield_now().await;
        }
    }
    estate
}

const PRECIOUS: &[u8] = b"precious";

async fn put(root: &Clients, bucket: &str) {
    for key in KEYS {
        let put = root.s3.put_object().bucket(bucket).key(*key);
        let body = ByteStream::from_static(PRECIOUS);
        put.body(body).send().await.unwrap();
    }
}

/// Key and version of all of the data that is there.
async fn versions(root: &Clients, bucket: &str) -> Vec<(String, String)> {
    let answer = root.s3.list_object_versions().bucket(bucket).send().await;
    let answer = answer.unwrap();
    let all = answer.versions().iter();
    all.filter(|v| v.size() == i64::try_from(PRECIOUS.len()).ok())
        .filter_map(|v| Some((v.key()?.to_owned(), v.version_id()?.to_owned())))
        .collect()
}

/// Somebody who tries everything.
struct Attack<'a> {
    estate: &'a Estate,
    case: &'a Case,
    held: BTreeMap<String, Clients>,
    /// Buckets whose data expires by a rule that the attacker has set.
    expiring: Vec<String>,
}

impl Attack<'_> {
    fn buckets(&self) -> Vec<(String, &'static str)> {
        let mut all = vec![(self.estate.fill("data-ACCOUNT"), "us-east-1")];
        if self.case.replica {
            all.push((self.estate.fill("copy-ACCOUNT"), "us-west-2"));
        }
        all
    }

    /// The key that the data is under.
    async fn sealing(&self) -> Option<String> {
        let alias = self.estate.fill("alias/data-ACCOUNT");
        let asked = self.estate.root().kms.describe_key().key_id(alias).send().await;
        let key = asked.ok()?.key_metadata?;
        (self.case.settings == KEYED).then_some(key.key_id)
    }

    /// Whether what is under the key can be read.
    async fn opens(&self) -> bool {
        let Some(key) = self.sealing().await else {
            return self.case.settings != KEYED;
        };
        let asked = self.estate.root().kms.describe_key().key_id(key).send().await;
        let state = asked.unwrap().key_metadata.and_then(|key| key.key_state);
        state == Some(KeyState::Enabled)
    }

    /// What one round opens the next one uses; no estate here takes more than one round for each role, and one more.
    async fn run(&mut self) {
        for _ in 0..=self.case.roles.len() {
            let held: Vec<Clients> = self.held.values().cloned().collect();
            for clients in &held {
                self.roles(clients).await;
                if let Some(key) = self.sealing().await {
                    self.key(clients, &key).await;
                }
                for (bucket, region) in self.buckets() {
                    self.bucket(&clients.region(region), &bucket, region).await;
                }
            }
        }
    }

    async fn bucket(&mut self, who: &Clients, bucket: &str, region: &str) {
        let root = self.estate.root().region(region);
        let s3 = &who.s3;
        drop(s3.delete_bucket_policy().bucket(bucket).send().await);
        self.delete(who, &root, bucket).await;
        let everybody = self
            .case
            .roles
            .iter()
            .map(|r| self.estate.fill(&format!("arn:aws:iam::ACCOUNT:role/{}", r.name)));
        // Whoever attacks has an account of its own, in which it is denied nothing.
        let stranger = self.estate.fill("arn:aws:iam::VAULT:root");
        let everybody: Vec<String> = everybody.chain([stranger]).collect();
        let open = json!({"Effect": "Allow", "Principal": {"AWS": everybody}, "Action": "s3:*", "Resource": [
            format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/*"),
        ]});
        let opened = s3.put_bucket_policy().bucket(bucket).policy(document(&[open]));
        if opened.send().await.is_ok() {
            self.delete(who, &root, bucket).await;
            let stranger = self.estate.root_of(&self.estate.vault).region(region);
            self.delete(&stranger, &root, bucket).await;
        }
        let rule = LifecycleRule::builder()
            .id("gone")
            .status(ExpirationStatus::Enabled)
            .filter(LifecycleRuleFilter::builder().prefix("").build())
            .expiration(LifecycleExpiration::builder().days(1).build())
            .noncurrent_version_expiration(NoncurrentVersionExpiration::builder().noncurrent_days(1).build())
            .build()
            .unwrap();
        let rules = BucketLifecycleConfiguration::builder()
            .rules(rule)
            .build()
            .unwrap();
        let set = s3.put_bucket_lifecycle_configuration().bucket(bucket);
        if set.lifecycle_configuration(rules).send().await.is_ok() {
            self.expiring.push(bucket.to_owned());
        }
        clear(who, &root, bucket).await;
        let suspended = VersioningConfiguration::builder().status(BucketVersioningStatus::Suspended);
        let suspends = s3.put_bucket_versioning().bucket(bucket);
        drop(suspends.versioning_configuration(suspended.build()).send().await);
        for key in KEYS {
            drop(s3.delete_object().bucket(bucket).key(*key).send().await);
            let empty = ByteStream::from_static(b"");
            drop(s3.put_object().bucket(bucket).key(*key).body(empty).send().await);
        }
    }

    /// Lets everybody use the key as they like, and ends it.
    async fn key(&self, who: &Clients, key: &str) {
        let kms = &who.kms;
        let open = json!({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"});
        let open = kms.put_key_policy().key_id(key).policy(document(&[open]));
        drop(open.policy_name("default").send().await);
        drop(kms.disable_key().key_id(key).send().await);
        drop(
            kms.schedule_key_deletion()
                .key_id(key)
                .pending_window_in_days(7)
                .send()
                .await,
        );
    }

    async fn delete(&self, who: &Clients, root: &Clients, bucket: &str) {
        for (key, version) in versions(root, bucket).await {
            for bypass in [None, Some(true)] {
                let delete = who.s3.delete_object().bucket(bucket).key(&key);
                let delete = delete
                    .version_id(&version)
                    .set_bypass_governance_retention(bypass);
                drop(delete.send().await);
            }
        }
    }

    async fn roles(&mut self, who: &Clients) {
        let everything = document(&[allow(&["*"])]);
        for role in &self.case.roles {
            let (iam, name) = (&who.iam, role.name);
            drop(
                iam.delete_role_permissions_boundary()
                    .role_name(name)
                    .send()
                    .await,
            );
            drop(
                iam.delete_role_policy()
                    .role_name(name)
                    .policy_name("never")
                    .send()
                    .await,
            );
            drop(
                iam.put_role_policy()
                    .role_name(name)
                    .policy_name("more")
                    .policy_document(&everything)
                    .send()
                    .await,
            );
            let trust = json!({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"});
            drop(
                iam.update_assume_role_policy()
                    .role_name(name)
                    .policy_document(document(&[trust]))
                    .send()
                    .await,
            );
            let arn = self.estate.fill(&format!("arn:aws:iam::ACCOUNT:role/{name}"));
            if !self.held.contains_key(name)
                && let Ok(session) = who.assume(&arn).await
            {
                self.held.insert(name.to_owned(), self.estate.clients(session));
            }
        }
    }

    /// Whether a bucket still has all of the data, and for good.
    async fn is_left(&self) -> bool {
        if !self.opens().await {
            return false;
        }
        for (bucket, region) in self.buckets() {
            let root = self.estate.root().region(region);
            let there = versions(&root, &bucket).await;
            let whole = KEYS.iter().all(|key| there.iter().any(|(k, _)| k == key));
            // A rule takes no version that is locked.
            let expires = self.expiring.contains(&bucket) && !locked(&root, &bucket, &there).await;
            if whole && !expires {
                return true;
            }
        }
        false
    }
}

/// Takes the locks off what is there. The emulator does not know the empty retention that does so in AWS, but takes a date
/// that has passed.
async fn clear(who: &Clients, root: &Clients, bucket: &str) {
    for (key, version) in versions(root, bucket).await {
        let clear = who.s3.put_object_retention().bucket(bucket).key(&key);
        let clear = clear.version_id(&version).bypass_governance_retention(true);
        let over = ObjectLockRetention::builder()
            .mode(ObjectLockRetentionMode::Governance)
            .retain_until_date(DateTime::from_secs(0))
            .build();
        drop(clear.retention(over).send().await);
    }
}

/// Whether all of these versions are locked.
async fn locked(root: &Clients, bucket: &str, versions: &[(String, String)]) -> bool {
    for (key, version) in versions {
        let ask = root.s3.get_object_retention().bucket(bucket).key(key);
        let answer = ask.version_id(version).send().await;
        let retention = answer.ok().and_then(|a| a.retention().cloned());
        let until = retention.and_then(|r| r.retain_until_date().copied());
        if until.is_none_or(|until| until.secs() == 0) {
            return false;
        }
    }
    true
}

/// Whether a copy is left in a scenario, by the proof.
fn proven(proof: &Json, scenario: &str) -> bool {
    let assets = proof["assets"].as_array().unwrap();
    let data = assets.iter().find(|a| a["address"] == "s3_bucket.data").unwrap();
    let cells = data["cells"].as_array().unwrap();
    let cell = cells.iter().find(|c| c["scenario"] == scenario).unwrap();
    let copies = cell["copies"].as_array().unwrap();
    copies.iter().any(|c| c["survival"] == "survives")
}

#[tokio::test]
async fn what_is_left_after_an_attack_is_what_was_proven() {
    let mut wrong = Vec::new();
    let mut attacks = 0;
    let told = format!("In {} small estates", cases().len());
    assert!(include_str!("../../docs/prove.md").contains(&told), "{told}");
    for case in cases() {
        for subset in subsets(&case) {
            let estate = built(&case).await;
            let proof = estate.run(&["prove", "--json"]).json();
            let mut attack = Attack {
                estate: &estate,
                case: &case,
                held: BTreeMap::new(),
                expiring: Vec::new(),
            };
            for name in &subset {
                let arn = estate.fill(&format!("arn:aws:iam::ACCOUNT:role/{name}"));
                let session = estate.root().assume(&arn).await.unwrap();
                attack.held.insert((*name).to_owned(), estate.clients(session));
            }
            attack.run().await;
            attacks += 1;
            let (said, is) = (proven(&proof, &subset.join("_")), attack.is_left().await);
            if said != is {
                let held: Vec<&String> = attack.held.keys().collect();
                wrong.push(format!(
                    "{} by {subset:?}: proven {said}, is {is}; held in the end: {held:?}",
                    case.name
                ));
            }
        }
    }
    assert!(attacks >= 30, "{attacks}");
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}
