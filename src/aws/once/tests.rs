use super::*;
use crate::aws::client::Shared;
use crate::aws::{Class, Tally, Writer, classify};
use aws_credential_types::credential_fn::provide_credentials_fn;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_credential_types::provider::error::CredentialsError;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use wiremock::matchers::header;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// What appears is there at once or never.
const AT_ONCE: Patience = Patience {
    at_most: Duration::ZERO,
    first: Duration::ZERO,
    slowest: Duration::ZERO,
};

/// What a KMS answers to each CreateKey, in turn; the last one for ever.
async fn kms(answers: &[(u16, &str)]) -> (MockServer, Writer) {
    let server = MockServer::start().await;
    for (n, (status, body)) in answers.iter().enumerate() {
        let answer = ResponseTemplate::new(*status).set_body_raw(*body, "application/x-amz-json-1.1");
        let mut mock = Mock::given(header("x-amz-target", "TrentService.CreateKey"))
            .respond_with(answer)
            .with_priority(u8::try_from(n + 1).unwrap());
        if n + 1 < answers.len() {
            mock = mock.up_to_n_times(1);
        }
        mock.mount(&server).await;
    }
    let writer = writer(&server.uri());
    (server, writer)
}

fn writer(endpoint: &str) -> Writer {
    let root = aws_credential_types::Credentials::new("111111111111", "test", None, None, "test");
    with_credentials(endpoint, SharedCredentialsProvider::new(root))
}

fn with_credentials(endpoint: &str, credentials: SharedCredentialsProvider) -> Writer {
    let config = aws_config::SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(aws_config::Region::new("us-east-1"))
        .retry_config(
            aws_config::retry::RetryConfig::standard()
                .with_max_attempts(ATTEMPTS)
                .with_initial_backoff(Duration::from_millis(1)),
        )
        .credentials_provider(credentials)
        .http_client(
            aws_smithy_http_client::Builder::new()
                .tls_provider(aws_smithy_http_client::tls::Provider::Rustls(
                    aws_smithy_http_client::tls::rustls_provider::CryptoMode::AwsLc,
                ))
                .build_https(),
        )
        .build();
    Writer::new(config, Shared::default())
}

async fn create(writer: &Writer) -> Result<String, AwsError> {
    let kms = writer.clients().kms(&"us-east-1".parse().unwrap());
    let answer = kms.create_key().send().await;
    let made = answer.map_err(|e| classify("kms:CreateKey", e))?;
    Ok(made.key_metadata().unwrap().key_id().to_owned())
}

const MADE: (u16, &str) = (200, r#"{"KeyMetadata":{"KeyId":"made"}}"#);
const INTERNAL: (u16, &str) = (500, r#"{"__type":"KMSInternalException"}"#);
const THROTTLED: (u16, &str) = (400, r#"{"__type":"ThrottlingException"}"#);
const REFUSED: (u16, &str) = (400, r#"{"__type":"ValidationException"}"#);

/// What becomes of a creation, how often it was sent, and how often it was looked for. It is found from the `found`th
/// look on.
async fn tried(answers: &[(u16, &str)], found: u32) -> (Result<String, AwsError>, usize, u32) {
    let (server, writer) = kms(answers).await;
    let looks = AtomicU32::new(0);
    let look = || async {
        let now = looks.fetch_add(1, Ordering::Relaxed) + 1;
        Ok((now >= found).then(|| "found".to_owned()))
    };
    let became = once(AT_ONCE, look, || create(&writer)).await;
    let sent = server.received_requests().await.unwrap().len();
    (became, sent, looks.into_inner())
}

const NEVER: u32 = u32::MAX;

#[tokio::test]
async fn what_got_no_clear_answer_is_looked_for_before_it_is_sent_again() {
    for (answers, found, became, sent, looks) in [
        (&[MADE][..], 1, Ok("found"), 0, 1),
        (&[MADE], NEVER, Ok("made"), 1, 1),
        (&[INTERNAL, MADE], 2, Ok("found"), 1, 2),
        (&[INTERNAL, MADE], NEVER, Ok("made"), 2, 2),
        (&[INTERNAL], 4, Ok("found"), 3, 4),
        // Even after the last time.
        (&[INTERNAL], 6, Ok("found"), 5, 6),
        (&[INTERNAL], NEVER, Err(Class::Server), 5, 6),
        // A service that asks to slow down has done nothing.
        (&[THROTTLED, THROTTLED, MADE], NEVER, Ok("made"), 3, 1),
        (&[THROTTLED], NEVER, Err(Class::Throttled), 5, 1),
        (&[THROTTLED, INTERNAL, MADE], NEVER, Ok("made"), 3, 2),
        (&[INTERNAL, THROTTLED], NEVER, Err(Class::Throttled), 5, 2),
        (&[REFUSED], NEVER, Err(Class::Refused), 1, 1),
        (&[INTERNAL, REFUSED], NEVER, Err(Class::Refused), 2, 2),
        // An answer that cannot be read says nothing either.
        (&[(200, "no answer"), MADE], 2, Ok("found"), 1, 2),
    ] {
        let (is, was_sent, looked) = tried(answers, found).await;
        let is = is.map_err(|e| e.class);
        assert_eq!(
            (is.as_deref().map_err(|c| *c), was_sent, looked),
            (became, sent, looks),
            "{answers:?}, found at {found}"
        );
    }
}

#[tokio::test]
async fn what_is_sent_by_others_is_repeated_by_the_sdk() {
    let (server, writer) = kms(&[INTERNAL, MADE]).await;
    assert_eq!(create(&writer).await.unwrap(), "made");
    assert_eq!(server.received_requests().await.unwrap().len(), 2);
}

#[tokio::test]
async fn where_nothing_can_be_looked_up_nothing_is_sent_again() {
    let (server, writer) = kms(&[INTERNAL]).await;
    let denied = || AwsError::new("kms:ListKeys", Class::Denied, "AccessDenied", "no");
    let first = AtomicU32::new(0);
    let look = || async {
        match first.fetch_add(1, Ordering::Relaxed) {
            0 => Ok(None),
            _ => Err(denied()),
        }
    };
    let error = once(AT_ONCE, look, || create(&writer)).await.unwrap_err();
    assert_eq!(error.code, "KMSInternalException");
    assert!(error.message.contains("kms:ListKeys: AccessDenied"), "{error}");
    assert_eq!(server.received_requests().await.unwrap().len(), 1);

    let error = once(
        AT_ONCE,
        || async { Err::<Option<String>, _>(denied()) },
        || create(&writer),
    )
    .await;
    assert_eq!(error.unwrap_err().class, Class::Denied);
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_could_not_be_signed_was_not_sent() {
    let server = MockServer::start().await;
    let none = || async { Err(CredentialsError::not_loaded("none are there")) };
    let writer = with_credentials(
        &server.uri(),
        SharedCredentialsProvider::new(provide_credentials_fn(none)),
    );
    let looks = AtomicU32::new(0);
    let look = || async {
        looks.fetch_add(1, Ordering::Relaxed);
        Ok(None)
    };
    let error = once(AT_ONCE, look, || create(&writer)).await.unwrap_err();
    assert_eq!(
        (error.class, looks.into_inner()),
        (Class::Credentials, 1),
        "{error}"
    );
}

/// Answers each connection as `with` does, on a thread of its own.
fn listening(with: impl Fn(std::net::TcpStream) + Send + 'static) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || listener.incoming().flatten().for_each(with));
    address.to_string()
}

#[tokio::test]
async fn a_write_that_found_no_connection_is_not_done_and_one_without_an_answer_is_not_known() {
    use std::io::Read;
    // Nobody listens where somebody has just listened.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let refused = gone.local_addr().unwrap();
    drop(gone);
    let hangs_up = listening(drop);
    let reads_and_hangs_up = listening(|mut stream| drop(stream.read(&mut [0; 1024])));
    for (endpoint, code, writes) in [
        (format!("http://{refused}"), "NoConnection", 0),
        ("http://nobody.invalid".to_owned(), "NoConnection", 0),
        // TLS does not come about.
        (format!("https://{hangs_up}"), "NoConnection", 0),
        (format!("http://{reads_and_hangs_up}"), "NoAnswer", ATTEMPTS),
    ] {
        let writer = writer(&endpoint);
        let tally = Tally::default();
        let error = tally.over(create(&writer)).await.unwrap_err();
        assert_eq!(
            (error.code.as_str(), tally.trace().writes),
            (code, writes),
            "{endpoint}: {error}"
        );
    }
}
