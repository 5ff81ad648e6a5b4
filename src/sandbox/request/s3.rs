//! Which S3 operation a method, a path and a query are.

use hyper::http::request::Parts;

use super::{Params, header};

pub(super) struct Understood {
    pub(super) operation: String,
    /// `bucket` or `bucket/key`, decoded.
    pub(super) resource: String,
}

/// Sub-resources of a bucket: query key, then what follows `Get`, `Put` and `Delete`.
const OF_BUCKET: &[(&str, &str)] = &[
    ("abac", "BucketAbac"),
    ("accelerate", "BucketAccelerateConfiguration"),
    ("acl", "BucketAcl"),
    ("analytics", "BucketAnalyticsConfiguration"),
    ("cors", "BucketCors"),
    ("encryption", "BucketEncryption"),
    ("intelligent-tiering", "BucketIntelligentTieringConfiguration"),
    ("inventory", "BucketInventoryConfiguration"),
    ("location", "BucketLocation"),
    ("logging", "BucketLogging"),
    ("metrics", "BucketMetricsConfiguration"),
    ("notification", "BucketNotificationConfiguration"),
    ("object-lock", "ObjectLockConfiguration"),
    ("ownershipControls", "BucketOwnershipControls"),
    ("policy", "BucketPolicy"),
    ("policyStatus", "BucketPolicyStatus"),
    ("publicAccessBlock", "PublicAccessBlock"),
    ("replication", "BucketReplication"),
    ("requestPayment", "BucketRequestPayment"),
    ("tagging", "BucketTagging"),
    ("versioning", "BucketVersioning"),
    ("website", "BucketWebsite"),
];

/// Sub-resources of an object, the same way.
const OF_OBJECT: &[(&str, &str)] = &[
    ("acl", "ObjectAcl"),
    ("attributes", "ObjectAttributes"),
    ("legal-hold", "ObjectLegalHold"),
    ("retention", "ObjectRetention"),
    ("tagging", "ObjectTagging"),
];

pub(super) fn understand(head: &Parts) -> Understood {
    let path = head.uri.path().trim_start_matches('/');
    let path = match bucket_of_host(header(head, "host").unwrap_or_default()) {
        Some(bucket) => format!("{bucket}/{path}"),
        None => path.to_owned(),
    };
    let (bucket, key) = path.split_once('/').unwrap_or((&path, ""));
    let query = Params::parse(head.uri.query().unwrap_or_default());
    let has = |name: &str| query.get(name).is_some();
    let method = head.method.as_str();
    let operation = if bucket.is_empty() {
        "ListBuckets".to_owned()
    } else if key.is_empty() {
        of_bucket(method, &has)
    } else {
        of_object(method, &has, head.headers.contains_key("x-amz-copy-source"))
    };
    let decoded = |text: &str| {
        percent_encoding::percent_decode_str(text)
            .decode_utf8_lossy()
            .into_owned()
    };
    let resource = if key.is_empty() {
        decoded(bucket)
    } else {
        format!("{}/{}", decoded(bucket), decoded(key))
    };
    Understood { operation, resource }
}

/// The bucket in a virtual-host style name, `None` for path style.
fn bucket_of_host(host: &str) -> Option<String> {
    let name = host.rsplit_once(':').map_or(host, |(name, _port)| name);
    let (bucket, rest) = name
        .split_once(".s3.")
        .or_else(|| name.split_once(".s3-"))
        .unwrap_or((name.strip_suffix(".localhost").unwrap_or_default(), "localhost"));
    (!bucket.is_empty() && !rest.is_empty()).then(|| bucket.trim_end_matches(".s3").to_owned())
}

fn of_bucket(method: &str, has: &dyn Fn(&str) -> bool) -> String {
    if let Some((key, thing)) = OF_BUCKET.iter().find(|(key, _)| has(key)) {
        return match (method, *key) {
            ("DELETE", "lifecycle") => "DeleteBucketLifecycle".to_owned(),
            ("GET", "analytics" | "inventory" | "metrics" | "intelligent-tiering") if !has("id") => {
                format!("List{thing}s")
            }
            _ => format!("{}{thing}", verb(method)),
        };
    }
    match method {
        "DELETE" if has("lifecycle") => "DeleteBucketLifecycle",
        "GET" if has("lifecycle") => "GetBucketLifecycleConfiguration",
        "PUT" if has("lifecycle") => "PutBucketLifecycleConfiguration",
        "GET" if has("versions") => "ListObjectVersions",
        "GET" if has("uploads") => "ListMultipartUploads",
        "GET" if has("session") => "CreateSession",
        "GET" if has("list-type") => "ListObjectsV2",
        "GET" => "ListObjects",
        "HEAD" => "HeadBucket",
        "PUT" => "CreateBucket",
        "DELETE" => "DeleteBucket",
        "POST" if has("delete") => "DeleteObjects",
        "POST" => "PostObject",
        other => return format!("{other} bucket"),
    }
    .to_owned()
}

fn of_object(method: &str, has: &dyn Fn(&str) -> bool, copies: bool) -> String {
    if let Some((_, thing)) = OF_OBJECT.iter().find(|(key, _)| has(key)) {
        return format!("{}{thing}", verb(method));
    }
    match (method, has("uploadId")) {
        ("GET", true) => "ListParts",
        ("PUT", true) if copies => "UploadPartCopy",
        ("PUT", true) => "UploadPart",
        ("POST", true) => "CompleteMultipartUpload",
        ("DELETE", true) => "AbortMultipartUpload",
        ("POST", _) if has("uploads") => "CreateMultipartUpload",
        ("POST", _) if has("restore") => "RestoreObject",
        ("POST", _) if has("select") => "SelectObjectContent",
        ("GET", _) => "GetObject",
        ("HEAD", _) => "HeadObject",
        ("PUT", _) if copies => "CopyObject",
        ("PUT", _) => "PutObject",
        ("DELETE", _) => "DeleteObject",
        (other, _) => return format!("{other} object"),
    }
    .to_owned()
}

fn verb(method: &str) -> &str {
    match method {
        "GET" | "HEAD" => "Get",
        "DELETE" => "Delete",
        _ => "Put",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::Request;

    fn named(method: &str, host: &str, uri: &str) -> (String, String) {
        let (head, ()) = Request::builder()
            .method(method)
            .uri(uri)
            .header("host", host)
            .body(())
            .unwrap()
            .into_parts();
        let understood = understand(&head);
        (understood.operation, understood.resource)
    }

    #[test]
    fn path_style() {
        for (method, uri, operation, resource) in [
            ("GET", "/?max-buckets=100", "ListBuckets", ""),
            ("HEAD", "/b", "HeadBucket", "b"),
            ("PUT", "/b/", "CreateBucket", "b"),
            ("GET", "/b?versioning", "GetBucketVersioning", "b"),
            ("PUT", "/b?lifecycle", "PutBucketLifecycleConfiguration", "b"),
            ("DELETE", "/b?lifecycle", "DeleteBucketLifecycle", "b"),
            ("PUT", "/b?object-lock", "PutObjectLockConfiguration", "b"),
            ("DELETE", "/b?publicAccessBlock", "DeletePublicAccessBlock", "b"),
            ("GET", "/b?list-type=2&prefix=a", "ListObjectsV2", "b"),
            ("GET", "/b?versions", "ListObjectVersions", "b"),
            ("PUT", "/b/a%20b/c?x-id=PutObject", "PutObject", "b/a b/c"),
            ("DELETE", "/b/k?versionId=1", "DeleteObject", "b/k"),
            ("PUT", "/b/k?retention", "PutObjectRetention", "b/k"),
            ("POST", "/b/k?uploads", "CreateMultipartUpload", "b/k"),
        ] {
            assert_eq!(
                named(method, "127.0.0.1:4566", uri),
                (operation.to_owned(), resource.to_owned()),
                "{method} {uri}"
            );
        }
    }

    #[test]
    fn virtual_host_style() {
        for host in [
            "b.localhost:4566",
            "b.s3.localhost:4566",
            "b.s3.eu-central-1.amazonaws.com",
            "b.s3-eu-west-1.amazonaws.com",
        ] {
            assert_eq!(
                named("PUT", host, "/k"),
                ("PutObject".to_owned(), "b/k".to_owned()),
                "{host}"
            );
        }
        assert_eq!(named("GET", "localhost:4566", "/b").1, "b");
    }
}
