//! HCL's numbers: binary floating point with 512 bits of mantissa.
//!
//! HCL leaves the precision to the implementation and Terraform uses 512 bits
//! with rounding to nearest even. Doing the same, and not a decimal type, is
//! what makes `1 / 3 * 3 == 1` and printed digits agree with Terraform.
//! Integers of up to 512 bits are exact.

use num_bigint::{BigInt, BigUint, Sign};
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// Bits of mantissa that every result is rounded to.
const PRECISION: u64 = 512;
/// Largest magnitude of a binary exponent; about 1e19728. Without a bound one
/// short literal could ask for gigabytes of digits.
const MAX_EXPONENT: i64 = 65_536;
/// Longest numeral that is parsed.
const MAX_NUMERAL: usize = 20_000;

/// A finite number. Equal numbers have one representation.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Number(Repr);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Repr {
    Small(i64),
    /// Never a value that `Small` can hold.
    Big(Arc<Big>),
}

/// `mantissa * 2^exponent` with an odd mantissa.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Big {
    mantissa: BigInt,
    exponent: i64,
}

/// Why an operation on numbers has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Division or remainder by zero.
    #[error("division by zero")]
    DivisionByZero,
    /// The result is beyond about 1e19728.
    #[error("the result is too large to represent")]
    OutOfRange,
}

impl Number {
    /// Zero.
    pub const ZERO: Number = Number(Repr::Small(0));

    /// Reads a decimal numeral such as `-12`, `0.5` or `1e3`. `None` when the text
    /// is no numeral or the number is beyond about 1e19728.
    pub fn parse(text: &str) -> Option<Number> {
        if text.len() > MAX_NUMERAL {
            return None;
        }
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (numeral, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((numeral, exponent)) => (numeral, parse_exponent(exponent)?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = numeral.split_once('.').unwrap_or((numeral, ""));
        let digits = [whole, fraction].concat();
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let mut mantissa = BigInt::parse_bytes(digits.as_bytes(), 10)?;
        if negative {
            mantissa = -mantissa;
        }
        if mantissa.is_zero() {
            return Some(Self::ZERO);
        }
        let scale = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
        if scale.unsigned_abs() > 2 * MAX_NUMERAL as u64 {
            return None;
        }
        let power = BigInt::from(10).pow(u32::try_from(scale.unsigned_abs()).ok()?);
        if scale >= 0 {
            Self::from_parts(mantissa * power, 0).ok()
        } else {
            Self::from_ratio(&mantissa, &power, 0).ok()
        }
    }

    /// The number with the shortest decimal text that a 64-bit float has; `None` for NaN and infinities.
    pub fn from_f64(value: f64) -> Option<Number> {
        value.is_finite().then(|| Self::parse(&format!("{value:e}")))?
    }

    /// An exact integer, rounded only beyond 512 bits.
    ///
    /// # Errors
    /// `OutOfRange` beyond about 1e19728.
    pub fn from_bigint(value: BigInt) -> Result<Number, NumberError> {
        Self::from_parts(value, 0)
    }

    /// The value as an `i64` when it is a whole number that fits.
    pub fn to_i64(&self) -> Option<i64> {
        match &self.0 {
            Repr::Small(n) => Some(*n),
            Repr::Big(_) => None,
        }
    }

    /// The value as a list index or count: whole, from 0, and fitting.
    pub fn to_usize(&self) -> Option<usize> {
        self.to_i64().and_then(|n| usize::try_from(n).ok())
    }

    /// The nearest 64-bit float.
    pub fn to_f64(&self) -> f64 {
        match &self.0 {
            #[expect(
                clippy::cast_precision_loss,
                reason = "the nearest float is what is asked for"
            )]
            Repr::Small(n) => *n as f64,
            Repr::Big(_) => self.to_string().parse().unwrap_or(f64::INFINITY),
        }
    }

    /// The whole part, toward zero, exact.
    pub fn trunc_to_bigint(&self) -> BigInt {
        match &self.0 {
            Repr::Small(n) => BigInt::from(*n),
            Repr::Big(big) if big.exponent >= 0 => &big.mantissa << big.exponent.unsigned_abs(),
            Repr::Big(big) => {
                let magnitude = big.mantissa.magnitude() >> big.exponent.unsigned_abs();
                BigInt::from_biguint(big.mantissa.sign(), magnitude)
            }
        }
    }

    /// True for a whole number of any size.
    pub fn is_integer(&self) -> bool {
        match &self.0 {
            Repr::Small(_) => true,
            Repr::Big(big) => big.exponent >= 0,
        }
    }

    /// True below zero.
    pub fn is_negative(&self) -> bool {
        match &self.0 {
            Repr::Small(n) => *n < 0,
            Repr::Big(big) => big.mantissa.is_negative(),
        }
    }

    /// True for zero.
    pub fn is_zero(&self) -> bool {
        matches!(self.0, Repr::Small(0))
    }

    /// The sum.
    ///
    /// # Errors
    /// `OutOfRange` beyond about 1e19728.
    pub fn add(&self, other: &Number) -> Result<Number, NumberError> {
        if let (Repr::Small(a), Repr::Small(b)) = (&self.0, &other.0)
            && let Some(sum) = a.checked_add(*b)
        {
            return Ok(Number::from(sum));
        }
        let ((a, a_exp), (b, b_exp)) = (self.parts(), other.parts());
        let exponent = a_exp.min(b_exp);
        let a = a << (a_exp - exponent).unsigned_abs();
        let b = b << (b_exp - exponent).unsigned_abs();
        Self::from_parts(a + b, exponent)
    }

    /// The difference.
    ///
    /// # Errors
    /// `OutOfRange` beyond about 1e19728.
    pub fn sub(&self, other: &Number) -> Result<Number, NumberError> {
        self.add(&other.neg())
    }

    /// The product.
    ///
    /// # Errors
    /// `OutOfRange` beyond about 1e19728.
    pub fn mul(&self, other: &Number) -> Result<Number, NumberError> {
        if let (Repr::Small(a), Repr::Small(b)) = (&self.0, &other.0)
            && let Some(product) = a.checked_mul(*b)
        {
            return Ok(Number::from(product));
        }
        let ((a, a_exp), (b, b_exp)) = (self.parts(), other.parts());
        Self::from_parts(a * b, a_exp + b_exp)
    }

    /// The quotient.
    ///
    /// # Errors
    /// `DivisionByZero`, or `OutOfRange` beyond about 1e19728.
    pub fn div(&self, other: &Number) -> Result<Number, NumberError> {
        if other.is_zero() {
            return Err(NumberError::DivisionByZero);
        }
        let ((a, a_exp), (b, b_exp)) = (self.parts(), other.parts());
        Self::from_ratio(&a, &b, a_exp - b_exp)
    }

    /// The remainder of division toward zero; it has the sign of `self`.
    ///
    /// # Errors
    /// `DivisionByZero`, or `OutOfRange` beyond about 1e19728.
    pub fn rem(&self, other: &Number) -> Result<Number, NumberError> {
        if other.is_zero() {
            return Err(NumberError::DivisionByZero);
        }
        let ((a, a_exp), (b, b_exp)) = (self.parts(), other.parts());
        let exponent = a_exp.min(b_exp);
        let a = a << (a_exp - exponent).unsigned_abs();
        let b = b << (b_exp - exponent).unsigned_abs();
        Self::from_parts(a % b, exponent)
    }

    /// The same magnitude with the other sign.
    #[must_use]
    pub fn neg(&self) -> Number {
        let (mantissa, exponent) = self.parts();
        Self::canonical(-mantissa, exponent)
    }

    /// The magnitude.
    #[must_use]
    pub fn abs(&self) -> Number {
        if self.is_negative() {
            self.neg()
        } else {
            self.clone()
        }
    }

    /// The largest whole number that is not larger.
    #[must_use]
    pub fn floor(&self) -> Number {
        let whole = self.trunc_to_bigint();
        if self.is_negative() && !self.is_integer() {
            Self::canonical(whole - 1, 0)
        } else {
            Self::canonical(whole, 0)
        }
    }

    /// The smallest whole number that is not smaller.
    #[must_use]
    pub fn ceil(&self) -> Number {
        self.neg().floor().neg()
    }

    /// Decimal text with exactly `places` digits after the point, half to even.
    pub fn to_fixed(&self, places: usize) -> String {
        let (mut decimal, sign) = self.exact();
        let index = decimal.point + i64::try_from(places).unwrap_or(i64::MAX / 2) - 1;
        let point = decimal.point;
        if index < -1 {
            decimal = Decimal {
                digits: Vec::new(),
                point: 0,
            };
        } else if index < i64::try_from(decimal.digits.len()).unwrap_or(i64::MAX) - 1 {
            let up = decimal.rounds_up(index, point);
            decimal.cut(index, point, up);
        }
        let text = decimal.text();
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let sign = if self.is_negative() { sign } else { "" };
        match places {
            0 => format!("{sign}{whole}"),
            _ => format!("{sign}{whole}.{fraction:0<places$}"),
        }
    }

    /// Text such as `1.5e+06`; as few digits as needed, or exactly `places` after the point.
    pub fn to_scientific(&self, places: Option<usize>) -> String {
        let (mut decimal, sign) = self.exact();
        if self.is_zero() {
            let zeros = places.map_or_else(String::new, |p| {
                if p > 0 {
                    format!(".{}", "0".repeat(p))
                } else {
                    String::new()
                }
            });
            return format!("0{zeros}e+00");
        }
        match places {
            None => {
                let text = self.abs().to_string();
                let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
                let count = |text: &str| i64::try_from(text.len()).unwrap_or(0);
                let exponent = if whole == "0" {
                    count(fraction.trim_start_matches('0')) - count(fraction) - 1
                } else {
                    count(whole) - 1
                };
                let digits = [whole, fraction].concat();
                let digits = digits.trim_start_matches('0').trim_end_matches('0');
                let (first, rest) = digits.split_at(digits.len().min(1));
                let point = if rest.is_empty() { "" } else { "." };
                let mark = if exponent < 0 { '-' } else { '+' };
                format!("{sign}{first}{point}{rest}e{mark}{:02}", exponent.abs())
            }
            Some(places) => {
                let index = i64::try_from(places).unwrap_or(i64::MAX / 2);
                let point = decimal.point;
                if index < i64::try_from(decimal.digits.len()).unwrap_or(i64::MAX) - 1 {
                    let up = decimal.rounds_up(index, point);
                    decimal.cut(index, point, up);
                }
                let exponent = decimal.point - 1;
                let mut digits = decimal.digits.iter().map(|d| char::from(b'0' + *d));
                let first = digits.next().unwrap_or('0');
                let rest: String = digits.take(places).collect();
                let tail = if places == 0 {
                    String::new()
                } else {
                    format!(".{rest:0<places$}")
                };
                format!(
                    "{sign}{first}{tail}e{}{:02}",
                    if exponent < 0 { '-' } else { '+' },
                    exponent.abs()
                )
            }
        }
    }

    /// All decimal digits, and the sign.
    fn exact(&self) -> (Decimal, &'static str) {
        let (mantissa, exponent) = self.parts();
        let sign = if mantissa.is_negative() { "-" } else { "" };
        (Decimal::new(mantissa.magnitude(), exponent), sign)
    }

    fn parts(&self) -> (BigInt, i64) {
        match &self.0 {
            Repr::Small(n) => (BigInt::from(*n), 0),
            Repr::Big(big) => (big.mantissa.clone(), big.exponent),
        }
    }

    /// `numerator / denominator * 2^exponent`, rounded once.
    fn from_ratio(numerator: &BigInt, denominator: &BigInt, exponent: i64) -> Result<Number, NumberError> {
        // Two bits more than the precision and a sticky bit decide every rounding.
        let wanted = PRECISION + 2 + denominator.bits();
        let shift = wanted.saturating_sub(numerator.bits());
        let shifted = numerator << shift;
        let quotient = &shifted / denominator;
        let exact = (&quotient * denominator) == shifted;
        let sticky = if exact {
            BigInt::zero()
        } else {
            BigInt::from_biguint(sign_of_ratio(numerator, denominator), BigUint::one())
        };
        let mantissa = (quotient << 1) + sticky;
        let exponent = exponent - i64::try_from(shift).map_err(|_| NumberError::OutOfRange)? - 1;
        Self::from_parts(mantissa, exponent)
    }

    /// Rounds to the precision, half to even.
    fn from_parts(mantissa: BigInt, exponent: i64) -> Result<Number, NumberError> {
        let bits = mantissa.bits();
        let (mantissa, exponent) = if bits > PRECISION {
            let drop = bits - PRECISION;
            let magnitude = mantissa.magnitude();
            let mut kept = magnitude >> drop;
            let half = magnitude.bit(drop - 1);
            let below_half = magnitude.trailing_zeros().is_some_and(|zeros| zeros < drop - 1);
            if half && (below_half || kept.bit(0)) {
                kept += 1u8;
            }
            let drop = i64::try_from(drop).map_err(|_| NumberError::OutOfRange)?;
            (BigInt::from_biguint(mantissa.sign(), kept), exponent + drop)
        } else {
            (mantissa, exponent)
        };
        let top = exponent + i64::try_from(mantissa.bits()).unwrap_or(i64::MAX / 2);
        if mantissa.is_zero() || top < -MAX_EXPONENT {
            return Ok(Self::ZERO);
        }
        if top > MAX_EXPONENT {
            return Err(NumberError::OutOfRange);
        }
        Ok(Self::canonical(mantissa, exponent))
    }

    fn canonical(mantissa: BigInt, exponent: i64) -> Number {
        let zeros = mantissa.trailing_zeros().unwrap_or(0);
        let mantissa = mantissa >> zeros;
        let exponent = exponent + i64::try_from(zeros).unwrap_or(0);
        if mantissa.is_zero() {
            return Self::ZERO;
        }
        if (0..64).contains(&exponent)
            && let Some(small) = (&mantissa << exponent.unsigned_abs()).to_i64()
        {
            return Number(Repr::Small(small));
        }
        Number(Repr::Big(Arc::new(Big { mantissa, exponent })))
    }
}

fn sign_of_ratio(numerator: &BigInt, denominator: &BigInt) -> Sign {
    if numerator.is_negative() == denominator.is_negative() {
        Sign::Plus
    } else {
        Sign::Minus
    }
}

fn parse_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Number(Repr::Small(value))
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        if let (Repr::Small(a), Repr::Small(b)) = (&self.0, &other.0) {
            return a.cmp(b);
        }
        let ((a, a_exp), (b, b_exp)) = (self.parts(), other.parts());
        let exponent = a_exp.min(b_exp);
        (a << (a_exp - exponent).unsigned_abs()).cmp(&(b << (b_exp - exponent).unsigned_abs()))
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The shortest plain decimal text that reads back as the same number.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Small(n) => write!(f, "{n}"),
            Repr::Big(big) => f.write_str(&big.shortest()),
        }
    }
}

impl Big {
    fn shortest(&self) -> String {
        let bits = self.mantissa.bits();
        let top = self.exponent + i64::try_from(bits).unwrap_or(0);
        if self.exponent >= 0 && top <= i64::try_from(PRECISION).unwrap_or(0) {
            return (&self.mantissa << self.exponent.unsigned_abs()).to_string();
        }
        // The mantissa with one bit more than the precision, so that 1 is half a unit in the last place.
        let shift = (PRECISION + 1).saturating_sub(bits);
        let mantissa = self.mantissa.magnitude() << shift;
        let exponent = self.exponent - i64::try_from(shift).unwrap_or(0);
        let inclusive = !mantissa.bit(1);
        let lower = Decimal::new(&(&mantissa - 1u8), exponent);
        let upper = Decimal::new(&(&mantissa + 1u8), exponent);
        let digits = Decimal::new(&mantissa, exponent).shortest_between(&lower, &upper, inclusive);
        let sign = if self.mantissa.is_negative() { "-" } else { "" };
        format!("{sign}{digits}")
    }
}

/// `0.DIGITS * 10^point`.
struct Decimal {
    digits: Vec<u8>,
    point: i64,
}

impl Decimal {
    fn new(mantissa: &BigUint, exponent: i64) -> Self {
        let power = u32::try_from(exponent.unsigned_abs()).unwrap_or(u32::MAX);
        let (scaled, places) = if exponent >= 0 {
            (mantissa << exponent.unsigned_abs(), 0)
        } else {
            (mantissa * BigUint::from(5u8).pow(power), -exponent)
        };
        let digits: Vec<u8> = scaled.to_radix_be(10);
        let point = i64::try_from(digits.len()).unwrap_or(0) - places;
        Decimal { digits, point }
    }

    /// The digit at a position counted from `point`.
    fn at(&self, index: i64, point: i64) -> u8 {
        usize::try_from(index - (point - self.point))
            .ok()
            .and_then(|i| self.digits.get(i).copied())
            .unwrap_or(0)
    }

    /// True when every digit after position `index` is zero.
    fn ends_at(&self, index: i64, point: i64) -> bool {
        let from = usize::try_from(index + 1 - (point - self.point)).unwrap_or(0);
        self.digits.iter().skip(from).all(|d| *d == 0)
    }

    fn shortest_between(mut self, lower: &Decimal, upper: &Decimal, inclusive: bool) -> String {
        let point = upper.point.max(self.point);
        let count = i64::try_from(self.digits.len()).unwrap_or(0) + (point - self.point);
        for index in 0..count {
            let digit = self.at(index, point);
            let (low, high) = (lower.at(index, point), upper.at(index, point));
            let down = low != digit || (inclusive && lower.ends_at(index, point));
            let up = digit != high && (inclusive || digit + 1 < high || !upper.ends_at(index, point));
            if down || up {
                let round_up = if down && up {
                    self.rounds_up(index, point)
                } else {
                    up
                };
                self.cut(index, point, round_up);
                break;
            }
        }
        self.text()
    }

    fn rounds_up(&self, index: i64, point: i64) -> bool {
        let next = self.at(index + 1, point);
        let exactly_half = next == 5 && self.ends_at(index + 1, point);
        if exactly_half {
            self.at(index, point) % 2 == 1
        } else {
            next >= 5
        }
    }

    /// Keeps the digits up to and with `index`.
    fn cut(&mut self, index: i64, point: i64, round_up: bool) {
        let mut kept: Vec<u8> = (0..=index).map(|i| self.at(i, point)).collect();
        self.point = point;
        if round_up {
            let mut carry = true;
            for digit in kept.iter_mut().rev() {
                if *digit == 9 {
                    *digit = 0;
                } else {
                    *digit += 1;
                    carry = false;
                    break;
                }
            }
            if carry {
                kept.insert(0, 1);
                self.point += 1;
            }
        }
        self.digits = kept;
    }

    fn text(&self) -> String {
        let significant = self.digits.iter().rposition(|d| *d != 0).map_or(0, |i| i + 1);
        let digits = self
            .digits
            .iter()
            .take(significant)
            .map(|d| char::from(b'0' + *d));
        let zeros = |n: i64| "0".repeat(usize::try_from(n).unwrap_or(0));
        let length = i64::try_from(significant).unwrap_or(0);
        let text: String = digits.collect();
        let text = if self.point <= 0 {
            format!("0.{}{text}", zeros(-self.point))
        } else if self.point >= length {
            format!("{text}{}", zeros(self.point - length))
        } else {
            let (whole, fraction) = text.split_at(usize::try_from(self.point).unwrap_or(0));
            format!("{whole}.{fraction}")
        };
        let trimmed = text.trim_start_matches('0');
        if trimmed.is_empty() || trimmed.starts_with('.') {
            format!("0{trimmed}")
        } else {
            trimmed.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(text: &str) -> Number {
        Number::parse(text).expect("a numeral")
    }

    #[test]
    fn text_is_shortest() {
        for (text, want) in [
            ("0", "0"),
            ("-0.0", "0"),
            ("1.50", "1.5"),
            ("0.1", "0.1"),
            ("-12.25", "-12.25"),
            ("1e3", "1000"),
            ("1e-3", "0.001"),
            ("18446744073709551616", "18446744073709551616"),
            ("99999999999999999999.5", "99999999999999999999.5"),
            ("0.0001", "0.0001"),
            ("9.99", "9.99"),
        ] {
            assert_eq!(n(text).to_string(), want);
        }
        assert_eq!(n("1e400").to_string().len(), 401);
    }

    #[test]
    fn arithmetic_is_that_of_512_bit_floats() {
        assert_eq!(n("0.1").add(&n("0.2")).unwrap(), n("0.3"));
        assert_eq!(n("1").div(&n("3")).unwrap().mul(&n("3")).unwrap(), n("1"));
        assert_eq!(n("1").div(&n("3")).unwrap().to_string().len(), 157);
        assert_eq!(
            n("18446744073709551615").add(&n("1")).unwrap().to_string(),
            "18446744073709551616"
        );
        assert_eq!(n("-5").rem(&n("3")).unwrap(), n("-2"));
        assert_eq!(n("5.5").rem(&n("2")).unwrap(), n("1.5"));
        assert_eq!(n("1").div(&Number::ZERO), Err(NumberError::DivisionByZero));
        assert_eq!(n("1e15000").mul(&n("1e15000")), Err(NumberError::OutOfRange));
    }

    #[test]
    fn fixed_and_scientific_text() {
        for (text, places, want) in [
            ("2.5", 0, "2"),
            ("3.5", 0, "4"),
            ("0.05", 1, "0.1"),
            ("0.049", 1, "0.0"),
            ("9.999", 2, "10.00"),
            ("-1.5", 3, "-1.500"),
            ("12", 0, "12"),
            ("0.001", 0, "0"),
        ] {
            assert_eq!(n(text).to_fixed(places), want, "{text}");
        }
        assert_eq!(n("1500000").to_scientific(None), "1.5e+06");
        assert_eq!(n("0.00001").to_scientific(None), "1e-05");
        assert_eq!(n("0.00012").to_scientific(Some(3)), "1.200e-04");
        assert_eq!(n("9.99").to_scientific(Some(1)), "1.0e+01");
    }

    #[test]
    fn rounding_goes_the_right_way() {
        assert_eq!(n("-1.5").floor(), n("-2"));
        assert_eq!(n("-1.5").ceil(), n("-1"));
        assert_eq!(n("1.5").ceil(), n("2"));
        assert_eq!(n("1e30").floor(), n("1e30"));
    }

    #[test]
    fn numerals_are_strict() {
        for bad in [
            "",
            "-",
            "1e",
            "e1",
            "0x1",
            "1_0",
            " 1",
            "1e99999999999",
            "NaN",
            ".",
        ] {
            assert!(Number::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn order_is_numeric() {
        let mut list = [n("1e30"), n("-1e30"), n("0.5"), n("0"), n("2")];
        list.sort();
        let text: Vec<_> = list.iter().map(ToString::to_string).collect();
        assert_eq!(text.join(" "), format!("-1{0} 0 0.5 2 1{0}", "0".repeat(30)));
    }
}
