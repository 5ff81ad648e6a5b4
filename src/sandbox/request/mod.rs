//! What a request asks: which service and operation, by whom, where, about what.

mod params;
mod rest;
mod s3;

use hyper::http::request::Parts;

use super::accounts::Accounts;
use super::{DEFAULT_ACCOUNT, DEFAULT_REGION};
pub(super) use params::Params;

/// How a service is spoken to, which decides how an error looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Form-encoded request, XML answer.
    Query,
    /// `X-Amz-Target` and JSON.
    Json,
    /// Method and path, JSON.
    RestJson,
    /// Method and path, XML.
    S3,
}

/// A request as far as the gateway understands it.
#[derive(Debug, Clone)]
pub struct Call {
    /// The signing name: `s3`, `rds`, `iam` …
    pub service: String,
    /// The API's operation name, or method and path where it is not known.
    pub operation: String,
    /// Whether the operation can change anything.
    pub write: bool,
    /// Whose credentials signed it; nobody's when it is unsigned.
    pub access_key: Option<String>,
    /// The account of those credentials.
    pub account: String,
    /// The region it was signed for.
    pub region: String,
    /// The bucket, the bucket and key, or the name or ARN that the parameters give; may be empty.
    pub resource: String,
    /// How to answer.
    pub protocol: Protocol,
    /// The parameters of a query request; empty for the other protocols.
    pub params: Params,
}

/// The part of a request that can be read before its body.
#[derive(Debug, Clone)]
pub struct Signed {
    /// The access key id.
    pub access_key: String,
    /// From the credential scope.
    pub region: String,
    /// From the credential scope.
    pub service: String,
}

impl Signed {
    /// Reads the credential scope from the `Authorization` header or, for a presigned
    /// address, from the query. `None` for an unsigned request.
    pub fn of(head: &Parts) -> Option<Self> {
        let header = head.headers.get("authorization").and_then(|v| v.to_str().ok());
        let scope = match header {
            Some(text) => text
                .split_once("Credential=")?
                .1
                .split([',', ' '])
                .next()?
                .to_owned(),
            None => Params::parse(head.uri.query().unwrap_or_default())
                .get("X-Amz-Credential")?
                .to_owned(),
        };
        let mut parts = scope.split('/');
        let access_key = parts.next()?.to_owned();
        let (_date, region, service) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self {
            access_key,
            region: region.to_owned(),
            service: service.to_ascii_lowercase(),
        })
    }
}

/// True when `head` alone says what is asked, so that the body can be passed on as it comes.
pub(super) fn streams(head: &Parts, signed: Option<&Signed>) -> bool {
    match signed {
        // The two whose bodies the gateway looks at.
        Some(signed) if signed.service == "s3" => !matches!(
            s3::understand(head).operation.as_str(),
            "CreateBucket" | "PutBucketVersioning"
        ),
        Some(_) => false,
        None => !is_form(head),
    }
}

fn is_form(head: &Parts) -> bool {
    header(head, "content-type").is_some_and(|v| v.starts_with("application/x-www-form-urlencoded"))
}

fn header<'a>(head: &'a Parts, name: &str) -> Option<&'a str> {
    head.headers.get(name).and_then(|value| value.to_str().ok())
}

impl Call {
    /// Understands a request. `body` is empty where [`streams`] is true.
    pub fn of(head: &Parts, body: &[u8], signed: Option<Signed>, accounts: &Accounts) -> Self {
        let access_key = signed.as_ref().map(|s| s.access_key.clone());
        let account = access_key
            .as_deref()
            .and_then(|key| accounts.of_key(key))
            .unwrap_or_else(|| DEFAULT_ACCOUNT.to_owned());
        let region = signed
            .as_ref()
            .map_or_else(|| DEFAULT_REGION.to_owned(), |s| s.region.clone());
        let unsigned_form = signed.is_none() && is_form(head);
        let service = match signed {
            Some(signed) => signed.service,
            // The web identity calls are the only ones made without a signature.
            None if unsigned_form => "sts".to_owned(),
            None => "s3".to_owned(),
        };
        let mut call = Self {
            service,
            operation: String::new(),
            write: true,
            access_key,
            account,
            region,
            resource: String::new(),
            protocol: Protocol::RestJson,
            params: Params::default(),
        };
        if call.service == "s3" {
            call.protocol = Protocol::S3;
            let understood = s3::understand(head);
            call.operation = understood.operation;
            call.resource = understood.resource;
        } else if let Some(target) = header(head, "x-amz-target") {
            call.protocol = Protocol::Json;
            call.operation = target.rsplit('.').next().unwrap_or(target).to_owned();
            call.resource = String::from_utf8_lossy(body).into_owned();
        } else if is_form(head) || head.uri.query().is_some_and(|q| q.contains("Action=")) {
            call.protocol = Protocol::Query;
            call.params = if body.is_empty() {
                Params::parse(head.uri.query().unwrap_or_default())
            } else {
                Params::parse(&String::from_utf8_lossy(body))
            };
            call.operation = call.params.get("Action").unwrap_or_default().to_owned();
            call.resource = call.params.resource();
        } else {
            call.operation = rest::operation(&call.service, head.method.as_str(), head.uri.path());
            call.resource = Params::decode(head.uri.path());
        }
        call.write = !is_read(&call.service, &call.operation);
        call
    }
}

/// By name: AWS is regular enough that the first word tells.
fn is_read(service: &str, operation: &str) -> bool {
    const READS: &[&str] = &[
        "Get", "List", "Describe", "Head", "Simulate", "Select", "Batch", "Query", "Scan", "Lookup", "Search",
    ];
    if service == "sts" {
        return true;
    }
    if service == "kms" {
        const USES: &[&str] = &[
            "Encrypt",
            "Decrypt",
            "GenerateDataKey",
            "ReEncrypt",
            "Sign",
            "Verify",
        ];
        if USES.iter().any(|word| operation.starts_with(word)) {
            return true;
        }
    }
    operation.starts_with("GET ")
        || operation == "GenerateCredentialReport"
        || operation == "BatchGetItem"
        || (READS.iter().any(|word| operation.starts_with(word)) && !operation.starts_with("BatchWrite"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::Request;

    fn call(request: Request<()>, body: &str) -> Call {
        let (head, ()) = request.into_parts();
        let signed = Signed::of(&head);
        Call::of(&head, body.as_bytes(), signed, &Accounts::default())
    }

    fn authorization(key: &str, region: &str, service: &str) -> String {
        format!(
            "AWS4-HMAC-SHA256 Credential={key}/20260101/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0"
        )
    }

    #[test]
    fn a_query_request_says_operation_account_region_and_resource() {
        let request = Request::post("/")
            .header(
                "authorization",
                authorization("222222222222", "eu-central-1", "rds"),
            )
            .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
            .body(())
            .unwrap();
        let call = call(
            request,
            "Action=ModifyDBInstance&Version=2014-10-31&DBInstanceIdentifier=a%2Fb+c",
        );
        assert_eq!(
            (
                call.service.as_str(),
                call.operation.as_str(),
                call.account.as_str(),
                call.region.as_str()
            ),
            ("rds", "ModifyDBInstance", "222222222222", "eu-central-1")
        );
        assert_eq!(call.resource, "a/b c");
        assert!(call.write);
    }

    #[test]
    fn a_presigned_address_is_read_from_its_query() {
        let request = Request::get("/b/k?X-Amz-Credential=AKIA1%2F20260101%2Feu-west-1%2Fs3%2Faws4_request")
            .body(())
            .unwrap();
        let call = call(request, "");
        assert_eq!(
            (
                call.operation.as_str(),
                call.region.as_str(),
                call.resource.as_str()
            ),
            ("GetObject", "eu-west-1", "b/k")
        );
        assert!(!call.write);
    }

    #[test]
    fn a_json_target_names_the_operation() {
        let request = Request::post("/")
            .header(
                "authorization",
                authorization("111111111111", "us-east-1", "dynamodb"),
            )
            .header("x-amz-target", "DynamoDB_20120810.DescribeTable")
            .body(())
            .unwrap();
        let call = call(request, "{}");
        assert_eq!(
            (call.operation.as_str(), call.protocol, call.write),
            ("DescribeTable", Protocol::Json, false)
        );
    }

    #[test]
    fn using_a_key_or_a_session_is_no_write() {
        for (service, operation, write) in [
            ("kms", "GenerateDataKey", false),
            ("kms", "ScheduleKeyDeletion", true),
            ("sts", "AssumeRole", false),
            ("dynamodb", "BatchWriteItem", true),
            ("iam", "SimulatePrincipalPolicy", false),
            ("rds", "StartDBInstanceAutomatedBackupsReplication", true),
        ] {
            assert_eq!(is_read(service, operation), !write, "{service}:{operation}");
        }
    }
}
