//! IP networks: `cidrhost`, `cidrnetmask`, `cidrsubnet`, `cidrsubnets`, `cidrcontains`.

use super::{CallError, Context, Function, Kind, Outcome, Returns, blame, function, param, text_of, whole};
use crate::model::types::Type;
use crate::model::value::Value;
use num_traits::ToPrimitive;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const PREFIX: super::Param = param("prefix", Kind::String);

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "cidrcontains",
        &[
            param("containing_prefix", Kind::String),
            param("contained_ip_or_prefix", Kind::String),
        ],
        Returns::Bool,
        cidrcontains,
    ),
    function(
        "cidrhost",
        &[PREFIX, param("hostnum", Kind::Number)],
        Returns::String,
        cidrhost,
    ),
    function("cidrnetmask", &[PREFIX], Returns::String, cidrnetmask),
    function(
        "cidrsubnet",
        &[
            PREFIX,
            param("newbits", Kind::Number),
            param("netnum", Kind::Number),
        ],
        Returns::String,
        cidrsubnet,
    ),
    function("cidrsubnets", &[PREFIX], Returns::Strings, cidrsubnets).rest(param("newbits", Kind::Number)),
];

/// Addresses that share their first `length` bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    /// The first address; IPv4 uses the low 32 bits.
    first: u128,
    length: u32,
    /// 32 or 128.
    bits: u32,
}

impl Network {
    fn new(address: u128, length: u32, bits: u32) -> Self {
        let free = Self {
            first: 0,
            length,
            bits,
        }
        .free_mask();
        Self {
            first: address & !free,
            length,
            bits,
        }
    }

    /// Ones where addresses of the network differ.
    fn free_mask(self) -> u128 {
        let free = self.bits - self.length;
        if free == 128 {
            u128::MAX
        } else {
            (1u128 << free) - 1
        }
    }

    fn last(self) -> u128 {
        self.first | self.free_mask()
    }

    fn text(self) -> String {
        format!("{}/{}", address_text(self.first, self.bits), self.length)
    }
}

fn address_text(address: u128, bits: u32) -> String {
    if bits == 32 {
        Ipv4Addr::from(u32::try_from(address & u128::from(u32::MAX)).unwrap_or(0)).to_string()
    } else {
        Ipv6Addr::from(address).to_string()
    }
}

/// Leading zeros of IPv4 parts are read as decimal, as Terraform has always done.
fn address(text: &str) -> Option<(u128, u32)> {
    let parts: Vec<&str> = text.split('.').collect();
    if parts.len() == 4 && !text.contains(':') {
        let mut address = 0u128;
        for part in parts {
            if part.is_empty() || part.len() > 10 || !part.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            let value: u32 = part.parse().ok().filter(|n| *n <= 255)?;
            address = address << 8 | u128::from(value);
        }
        return Some((address, 32));
    }
    match text.parse::<IpAddr>().ok()? {
        IpAddr::V6(v6) => Some((v6.to_bits(), 128)),
        IpAddr::V4(_) => None,
    }
}

fn network(text: &str, argument: usize) -> Result<Network, CallError> {
    let parsed = (|| {
        let (address_part, length) = text.split_once('/')?;
        let (address, bits) = address(address_part)?;
        if length.is_empty() || !length.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let length: u32 = length.parse().ok().filter(|l| *l <= bits)?;
        Some(Network::new(address, length, bits))
    })();
    parsed.ok_or_else(|| {
        blame(
            argument,
            format!("\"{text}\" is not a network such as 10.0.0.0/16"),
        )
    })
}

fn cidrhost(args: &[Value], _: &Context<'_>) -> Outcome {
    let network = network(text_of(args, 0), 0)?;
    let number = args.get(1).and_then(Value::as_number).filter(|n| n.is_integer());
    let number = number.ok_or_else(|| blame(1, "a whole number is required"))?;
    let magnitude = number.abs().trunc_to_bigint().to_u128();
    let room = network.free_mask();
    let too_far = || {
        blame(
            1,
            format!("the network {} has no host number {number}", network.text()),
        )
    };
    let magnitude = magnitude.ok_or_else(too_far)?;
    let host = if number.is_negative() {
        // -1 is the last address.
        network
            .last()
            .checked_sub(magnitude - 1)
            .filter(|_| magnitude - 1 <= room)
    } else {
        Some(network.first | magnitude).filter(|_| magnitude <= room)
    };
    Ok(Value::string(address_text(
        host.ok_or_else(too_far)?,
        network.bits,
    )))
}

fn cidrnetmask(args: &[Value], _: &Context<'_>) -> Outcome {
    let network = network(text_of(args, 0), 0)?;
    if network.bits != 32 {
        return Err(blame(0, "IPv6 networks have no netmask"));
    }
    Ok(Value::string(address_text(!network.free_mask(), 32)))
}

fn longer(network: Network, new_bits: i64, argument: usize) -> Result<u32, CallError> {
    let length = i64::from(network.length).checked_add(new_bits);
    length
        .and_then(|l| u32::try_from(l).ok())
        .filter(|l| *l <= network.bits && new_bits >= 0)
        .ok_or_else(|| {
            blame(
                argument,
                format!(
                    "a prefix of {} bits cannot be extended by {new_bits}",
                    network.length
                ),
            )
        })
}

fn cidrsubnet(args: &[Value], _: &Context<'_>) -> Outcome {
    let network = network(text_of(args, 0), 0)?;
    let new_bits = whole(args, 1)?;
    let length = longer(network, new_bits, 1)?;
    let number = args.get(2).and_then(Value::as_number).filter(|n| n.is_integer());
    let number = number
        .and_then(|n| n.trunc_to_bigint().to_u128())
        .ok_or_else(|| blame(2, "a whole number from 0 is required"))?;
    let shift = network.bits - length;
    let fits = if new_bits >= 128 {
        true
    } else {
        number < 1u128 << new_bits
    };
    if !fits {
        return Err(blame(
            2,
            format!("{new_bits} bits have no room for network number {number}"),
        ));
    }
    let offset = if shift == 128 { 0 } else { number << shift };
    Ok(Value::string(
        Network::new(network.first | offset, length, network.bits).text(),
    ))
}

fn cidrsubnets(args: &[Value], _: &Context<'_>) -> Outcome {
    let base = network(text_of(args, 0), 0)?;
    let mut subnets = Vec::new();
    let mut next = Some(base.first);
    for place in 1..args.len() {
        let new_bits = whole(args, place)?;
        if new_bits < 1 {
            return Err(blame(place, "each prefix must be extended by at least one bit"));
        }
        if new_bits > 32 {
            return Err(blame(place, "a prefix may not be extended by more than 32 bits"));
        }
        let length = longer(base, new_bits, place)?;
        let full = || blame(place, format!("the network {} has no room left", base.text()));
        let start = next.ok_or_else(full)?;
        let step = Network::new(0, length, base.bits).free_mask();
        // Up to the next multiple of the size.
        let aligned = start.checked_add(step).map(|s| s & !step).ok_or_else(full)?;
        if aligned > base.last() {
            return Err(full());
        }
        let subnet = Network::new(aligned, length, base.bits);
        next = subnet.last().checked_add(1);
        subnets.push(Value::string(subnet.text()));
    }
    Ok(Value::list_of(Type::String, subnets))
}

fn cidrcontains(args: &[Value], _: &Context<'_>) -> Outcome {
    let outer = network(text_of(args, 0), 0)?;
    let text = text_of(args, 1);
    let (first, last, bits) = match address(text) {
        Some((address, bits)) => (address, address, bits),
        None => {
            let inner = network(text, 1)?;
            (inner.first, inner.last(), inner.bits)
        }
    };
    if bits != outer.bits {
        return Err(blame(1, "an IPv4 and an IPv6 address cannot be compared"));
    }
    Ok(Value::bool(outer.first <= first && last <= outer.last()))
}
