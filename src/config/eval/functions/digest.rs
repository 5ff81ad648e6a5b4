//! Hashes, passwords and UUIDs.

use super::{CallError, Context, Function, Kind, Outcome, Returns, blame, function, param, text_of, whole};
use crate::model::value::Value;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};

const TEXT: super::Param = param("str", Kind::String);

pub(super) const FUNCTIONS: &[Function] = &[
    function("base64sha256", &[TEXT], Returns::String, |args, _| {
        Ok(Value::string(base64sha256(text_of(args, 0).as_bytes())))
    }),
    function("base64sha512", &[TEXT], Returns::String, |args, _| {
        Ok(Value::string(base64sha512(text_of(args, 0).as_bytes())))
    }),
    function("bcrypt", &[TEXT], Returns::String, bcrypt_hash).rest(param("cost", Kind::Number)),
    function("md5", &[TEXT], Returns::String, |args, _| {
        Ok(Value::string(md5(text_of(args, 0).as_bytes())))
    }),
    function("sha1", &[TEXT], Returns::String, |args, _| {
        Ok(Value::string(sha1(text_of(args, 0).as_bytes())))
    }),
    function("sha256", &[TEXT], Returns::String, |args, _| {
        Ok(Value::string(sha256(text_of(args, 0).as_bytes())))
    }),
    function("sha512", &[TEXT], Returns::String, |args, _| {
        Ok(Value::string(sha512(text_of(args, 0).as_bytes())))
    }),
    function("uuid", &[], Returns::String, |_, _| {
        Ok(Value::string(uuid::Uuid::new_v4().to_string()))
    }),
    function(
        "uuidv5",
        &[param("namespace", Kind::String), param("name", Kind::String)],
        Returns::String,
        uuidv5,
    ),
];

/// Hexadecimal MD5.
pub(super) fn md5(bytes: &[u8]) -> String {
    hex::encode(Md5::digest(bytes))
}

/// Hexadecimal SHA-1.
pub(super) fn sha1(bytes: &[u8]) -> String {
    hex::encode(Sha1::digest(bytes))
}

/// Hexadecimal SHA-256.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Hexadecimal SHA-512.
pub(super) fn sha512(bytes: &[u8]) -> String {
    hex::encode(Sha512::digest(bytes))
}

/// Base64 of the raw SHA-256.
pub(super) fn base64sha256(bytes: &[u8]) -> String {
    STANDARD.encode(Sha256::digest(bytes))
}

/// Base64 of the raw SHA-512.
pub(super) fn base64sha512(bytes: &[u8]) -> String {
    STANDARD.encode(Sha512::digest(bytes))
}

fn bcrypt_hash(args: &[Value], _: &Context<'_>) -> Outcome {
    let cost = match args.len() {
        1 => 10,
        2 => whole(args, 1)?,
        _ => return Err(blame(2, "at most one cost is accepted")),
    };
    let cost = u32::try_from(cost).ok().filter(|c| (4..=16).contains(c));
    let cost = cost.ok_or_else(|| blame(1, "the cost must be from 4 to 16"))?;
    let parts =
        bcrypt::hash_with_result(text_of(args, 0), cost).map_err(|e| CallError::from(e.to_string()))?;
    Ok(Value::string(parts.format_for_version(bcrypt::Version::TwoA)))
}

fn uuidv5(args: &[Value], _: &Context<'_>) -> Outcome {
    use uuid::Uuid;
    let namespace = match text_of(args, 0) {
        "dns" => Uuid::NAMESPACE_DNS,
        "url" => Uuid::NAMESPACE_URL,
        "oid" => Uuid::NAMESPACE_OID,
        "x500" => Uuid::NAMESPACE_X500,
        other => Uuid::parse_str(other).map_err(|_| {
            blame(
                0,
                format!("\"{other}\" is neither a UUID nor one of dns, url, oid, x500"),
            )
        })?,
    };
    Ok(Value::string(
        Uuid::new_v5(&namespace, text_of(args, 1).as_bytes()).to_string(),
    ))
}
