//! Group elements and scalars within records, in their one encoding.
//!
//! For `serialize_with` and `deserialize_with` of fields whose types are those of the curve.

use crate::group::{decode_point, decode_scalar, encode_point, encode_scalar};
use alloc::vec::Vec;
use borsh::{
    BorshDeserialize as _, BorshSerialize as _,
    io::{Error, ErrorKind, Read, Result, Write},
};
use curve25519_dalek::{RistrettoPoint, Scalar};
use talea_protocol::bytes::{Point, Scalar as WireScalar};

pub(crate) fn malformed() -> Error {
    Error::new(ErrorKind::InvalidData, "an element of the group is not in its encoding")
}

/// An element.
pub(crate) mod point {
    use super::*;

    pub(crate) fn write<W: Write>(point: &RistrettoPoint, writer: &mut W) -> Result<()> {
        encode_point(point).serialize(writer)
    }

    pub(crate) fn read<R: Read>(reader: &mut R) -> Result<RistrettoPoint> {
        decode_point(&Point::deserialize_reader(reader)?).ok_or_else(malformed)
    }
}

/// A list of elements.
pub(crate) mod points {
    use super::*;

    pub(crate) fn write<W: Write>(points: &[RistrettoPoint], writer: &mut W) -> Result<()> {
        let encoded: Vec<Point> = points.iter().map(encode_point).collect();
        encoded.serialize(writer)
    }

    pub(crate) fn read<R: Read>(reader: &mut R) -> Result<Vec<RistrettoPoint>> {
        let encoded: Vec<Point> = Vec::deserialize_reader(reader)?;
        encoded.iter().map(decode_point).collect::<Option<_>>().ok_or_else(malformed)
    }
}

/// A scalar.
pub(crate) mod scalar {
    use super::*;

    pub(crate) fn write<W: Write>(scalar: &Scalar, writer: &mut W) -> Result<()> {
        encode_scalar(scalar).serialize(writer)
    }

    pub(crate) fn read<R: Read>(reader: &mut R) -> Result<Scalar> {
        decode_scalar(&WireScalar::deserialize_reader(reader)?).ok_or_else(malformed)
    }
}
