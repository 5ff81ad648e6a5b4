//! Base64, CSV, JSON, URLs and text encodings. YAML has its own file.

use super::{CallError, Context, Function, Kind, Outcome, Returns, arg, blame, function, param, text_of};
use crate::model::number::Number;
use crate::model::types::Type;
use crate::model::value::{Value, View};
use crate::syntax::json::{self, Node, NodeKind};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;
use std::io::Read as _;

const TEXT: super::Param = param("str", Kind::String);

pub(super) const FUNCTIONS: &[Function] = &[
    function("base64decode", &[TEXT], Returns::String, |args, _| {
        let bytes = from_base64(text_of(args, 0))?;
        let text = String::from_utf8(bytes).map_err(|_| blame(0, "the decoded bytes are not UTF-8 text"))?;
        Ok(Value::string(text))
    }),
    function("base64encode", &[TEXT], Returns::String, |args, _| {
        Ok(Value::string(STANDARD.encode(text_of(args, 0))))
    }),
    function("base64gunzip", &[TEXT], Returns::String, base64gunzip),
    function("base64gzip", &[TEXT], Returns::String, base64gzip),
    function("csvdecode", &[TEXT], Returns::Any, csvdecode),
    function("jsondecode", &[TEXT], Returns::Any, |args, _| {
        json::parse(text_of(args, 0))
            .map(|node| from_node(&node))
            .map_err(|e| blame(0, format!("not JSON: {e}")))
    }),
    function(
        "jsonencode",
        &[param("val", Kind::Any).null()],
        Returns::String,
        |args, _| {
            let mut out = String::new();
            write_json(&arg(args, 0), &mut out);
            Ok(Value::string(out))
        },
    ),
    function(
        "textdecodebase64",
        &[param("source", Kind::String), param("encoding", Kind::String)],
        Returns::String,
        |args, _| {
            let bytes = from_base64(text_of(args, 0))?;
            decode_text(&bytes, text_of(args, 1)).map(Value::string)
        },
    ),
    function(
        "textencodebase64",
        &[param("string", Kind::String), param("encoding", Kind::String)],
        Returns::String,
        |args, _| {
            encode_text(text_of(args, 0), text_of(args, 1)).map(|bytes| Value::string(STANDARD.encode(bytes)))
        },
    ),
    function("urldecode", &[TEXT], Returns::String, urldecode),
    function("urlencode", &[TEXT], Returns::String, |args, _| {
        Ok(Value::string(urlencode(text_of(args, 0))))
    }),
];

/// Largest result of unpacking, in bytes: a small input may stand for a huge one.
const MAX_UNPACKED: u64 = 64 << 20;

fn from_base64(text: &str) -> Result<Vec<u8>, CallError> {
    let compact: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    STANDARD
        .decode(compact)
        .map_err(|error| blame(0, format!("not base64: {error}")))
}

/// Framed as Go frames it, flush included, so that the text is the one Terraform gives.
fn base64gzip(args: &[Value], _: &Context<'_>) -> Outcome {
    use flate2::{Compress, Compression, Crc, FlushCompress, Status};
    let text = text_of(args, 0).as_bytes();
    let mut packed = Vec::with_capacity(text.len() + 64);
    let mut compress = Compress::new(Compression::default(), false);
    loop {
        let consumed = usize::try_from(compress.total_in()).unwrap_or(usize::MAX);
        let rest = text.get(consumed..).unwrap_or(&[]);
        packed.reserve(1 << 15);
        let status = compress.compress_vec(rest, &mut packed, FlushCompress::Sync);
        let status = status.map_err(|error| CallError::from(error.to_string()))?;
        let done = usize::try_from(compress.total_in()).unwrap_or(usize::MAX) >= text.len();
        if status != Status::Ok || (done && packed.len() < packed.capacity()) {
            break;
        }
    }
    let mut crc = Crc::new();
    crc.update(text);
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    out.extend(packed);
    // The final, empty block.
    out.extend([0x01, 0x00, 0x00, 0xff, 0xff]);
    out.extend(crc.sum().to_le_bytes());
    out.extend(crc.amount().to_le_bytes());
    Ok(Value::string(STANDARD.encode(out)))
}

fn base64gunzip(args: &[Value], _: &Context<'_>) -> Outcome {
    let bytes = from_base64(text_of(args, 0))?;
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(bytes.as_slice())
        .take(MAX_UNPACKED + 1)
        .read_to_end(&mut unpacked)
        .map_err(|error| blame(0, format!("not gzip: {error}")))?;
    if unpacked.len() as u64 > MAX_UNPACKED {
        return Err(blame(0, "the unpacked text is larger than 64 MiB"));
    }
    String::from_utf8(unpacked)
        .map(Value::string)
        .map_err(|_| blame(0, "the unpacked bytes are not UTF-8 text"))
}

fn csvdecode(args: &[Value], _: &Context<'_>) -> Outcome {
    let bad = |error: csv::Error| blame(0, format!("not CSV: {error}"));
    let mut reader = csv::ReaderBuilder::new().from_reader(text_of(args, 0).as_bytes());
    let header = reader.headers().map_err(bad)?.clone();
    if header.is_empty() {
        return Err(blame(0, "a header line is required"));
    }
    let names: Vec<&str> = header.iter().collect();
    for (place, name) in names.iter().enumerate() {
        if names.iter().skip(place + 1).any(|n| n == name) {
            return Err(blame(
                0,
                format!("the column \"{name}\" stands twice in the header"),
            ));
        }
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(bad)?;
        let row = names
            .iter()
            .zip(record.iter())
            .map(|(n, v)| ((*n).to_owned(), Value::string(v)))
            .collect();
        rows.push(Value::object(row));
    }
    let ty = Type::object(names.iter().map(|n| ((*n).to_owned(), Type::String)));
    Ok(Value::list_of(ty, rows))
}

/// A JSON value as `jsondecode` gives it: arrays are tuples, objects objects.
pub(crate) fn from_node(node: &Node) -> Value {
    match &node.kind {
        NodeKind::Null => Value::null(),
        NodeKind::Bool(b) => Value::bool(*b),
        NodeKind::Number(text) => Number::parse(text).map_or_else(Value::null, Value::number),
        NodeKind::String(text) => Value::string(text),
        NodeKind::Array(elements) => Value::tuple(elements.iter().map(from_node).collect()),
        NodeKind::Object(entries) => Value::object(
            entries
                .iter()
                .map(|(k, _, v)| (k.clone(), from_node(v)))
                .collect::<BTreeMap<_, _>>(),
        ),
    }
}

/// Compact, keys in order, numbers with all digits, and `<`, `>`, `&` escaped as Terraform does.
pub(super) fn write_json(value: &Value, out: &mut String) {
    match value.view() {
        View::Null(_) | View::Unknown(_) => out.push_str("null"),
        View::Bool(b) => out.push_str(if b { "true" } else { "false" }),
        View::Number(n) => out.push_str(&n.to_string()),
        View::String(text) => write_json_text(text, out),
        View::List(_, e) | View::Set(_, e) | View::Tuple(e) => {
            out.push('[');
            for (place, element) in e.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write_json(element, out);
            }
            out.push(']');
        }
        View::Map(_, e) | View::Object(e) => {
            out.push('{');
            for (place, (key, element)) in e.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write_json_text(key, out);
                out.push(':');
                write_json(element, out);
            }
            out.push('}');
        }
    }
}

pub(super) fn write_json_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            _ => out.push(c),
        }
    }
    out.push('"');
}

/// How a form would send it: a space is `+`.
pub(super) fn urlencode(text: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'_')
        .remove(b'.')
        .remove(b'~')
        .remove(b' ');
    utf8_percent_encode(text, ESCAPED).to_string().replace(' ', "+")
}

fn urldecode(args: &[Value], _: &Context<'_>) -> Outcome {
    let text = text_of(args, 0);
    let mut parts = text.split('%');
    parts.next();
    if parts.any(|part| {
        !part
            .as_bytes()
            .get(..2)
            .is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
    }) {
        return Err(blame(0, "a % must be followed by two hexadecimal digits"));
    }
    let spaced = text.replace('+', " ");
    let decoded = percent_encoding::percent_decode_str(&spaced).decode_utf8();
    decoded
        .map(Value::string)
        .map_err(|_| blame(0, "the decoded bytes are not UTF-8 text"))
}

const ENCODINGS: &str =
    "UTF-8, UTF-16, UTF-16LE, UTF-16BE, US-ASCII, ISO-8859-1 and windows-1252 are supported";

/// The upper half of windows-1252 from 0x80 to 0x9f, where it differs from ISO-8859-1.
const WINDOWS_1252: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";

fn encode_text(text: &str, encoding: &str) -> Result<Vec<u8>, CallError> {
    let single = |table: fn(char) -> Option<u8>| -> Result<Vec<u8>, CallError> {
        text.chars()
            .map(|c| table(c).ok_or_else(|| blame(0, format!("{encoding} has no character \"{c}\""))))
            .collect()
    };
    match encoding.to_ascii_uppercase().as_str() {
        "UTF-8" | "UTF8" => Ok(text.as_bytes().to_vec()),
        "UTF-16LE" => Ok(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        "UTF-16BE" => Ok(text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        "UTF-16" => Ok([0xfe, 0xff]
            .into_iter()
            .chain(text.encode_utf16().flat_map(u16::to_be_bytes))
            .collect()),
        "US-ASCII" | "ASCII" => single(|c| u8::try_from(c).ok().filter(u8::is_ascii)),
        "ISO-8859-1" | "LATIN1" => single(|c| u8::try_from(c).ok()),
        "WINDOWS-1252" | "CP1252" => single(|c| {
            let special = WINDOWS_1252
                .chars()
                .position(|w| w == c)
                .and_then(|i| u8::try_from(0x80 + i).ok());
            special.or_else(|| u8::try_from(c).ok().filter(|b| !(0x80..0xa0).contains(b)))
        }),
        _ => Err(blame(
            1,
            format!("\"{encoding}\" is not a known encoding; {ENCODINGS}"),
        )),
    }
}

fn decode_text(bytes: &[u8], encoding: &str) -> Result<String, CallError> {
    let bad = || blame(0, format!("the bytes are not valid {encoding}"));
    let wide = |bytes: &[u8], read: fn([u8; 2]) -> u16| -> Result<String, CallError> {
        let units: Vec<u16> = bytes
            .chunks_exact(2)
            .filter_map(|c| c.try_into().ok().map(read))
            .collect();
        if !bytes.len().is_multiple_of(2) {
            return Err(bad());
        }
        String::from_utf16(&units).map_err(|_| bad())
    };
    match encoding.to_ascii_uppercase().as_str() {
        "UTF-8" | "UTF8" => String::from_utf8(bytes.to_vec()).map_err(|_| bad()),
        "UTF-16LE" => wide(bytes, u16::from_le_bytes),
        "UTF-16BE" => wide(bytes, u16::from_be_bytes),
        "UTF-16" => match bytes {
            [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
            [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
            _ => wide(bytes, u16::from_be_bytes),
        },
        "US-ASCII" | "ASCII" if !bytes.is_ascii() => Err(bad()),
        "US-ASCII" | "ASCII" | "ISO-8859-1" | "LATIN1" => Ok(bytes.iter().map(|b| char::from(*b)).collect()),
        "WINDOWS-1252" | "CP1252" => Ok(bytes
            .iter()
            .map(|b| match b {
                0x80..=0x9f => WINDOWS_1252
                    .chars()
                    .nth(usize::from(b - 0x80))
                    .unwrap_or('\u{fffd}'),
                _ => char::from(*b),
            })
            .collect()),
        _ => Err(blame(
            1,
            format!("\"{encoding}\" is not a known encoding; {ENCODINGS}"),
        )),
    }
}
