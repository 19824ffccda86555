use netsession_wire::{DecodeError, Reader, open_enum};

use super::{OID, Oid, der};

/// The most mechanisms in a list: more than any peer has.
const MAX_MECH_TYPES: usize = 32;
/// The most bytes of an object identifier: those of mechanisms have about ten.
const MAX_OID: usize = 32;

open_enum! {
    /// negState ([RFC 4178] 4.2.2).
    pub struct NegState(u8) {
        /// The exchange is over and has succeeded.
        ACCEPT_COMPLETED = 0,
        /// The exchange continues.
        ACCEPT_INCOMPLETE = 1,
        /// The exchange is over and has failed.
        REJECT = 2,
        /// The exchange continues, and both sides must send a mechListMIC.
        REQUEST_MIC = 3,
    }
}

/// NegTokenInit, the first token ([RFC 4178] 4.2.1); also NegTokenInit2, which a server sends first ([MS-SPNG] 2.2.1).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NegTokenInit<'a> {
    /// mechTypes, the preferred one first.
    pub mech_types: Vec<Oid<'a>>,
    /// mechToken: the first token of the preferred mechanism.
    pub mech_token: Option<&'a [u8]>,
    /// mechListMIC.
    pub mech_list_mic: Option<&'a [u8]>,
    /// mechTypes as received: a mechListMIC covers these bytes. Empty in a token that this side made.
    pub mech_types_der: &'a [u8],
}

impl<'a> NegTokenInit<'a> {
    /// Reads a token of either form; ignores hints and flags.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(der::only(bytes, der::APPLICATION_0, "GSS token")?);
        if Oid(der::expect(&mut reader, der::OID, "GSS mechanism")?) != OID {
            return Err(DecodeError::invalid("GSS mechanism"));
        }
        let mut token = Self::default();
        fields(der::only(reader.rest(), der::context(0), "NegTokenInit")?, |number, contents| {
            match (number, contents.first()) {
                (0, _) => (token.mech_types, token.mech_types_der) = (mech_types(contents)?, contents),
                (2, _) => token.mech_token = Some(der::only(contents, der::OCTET_STRING, "mechToken")?),
                (3, Some(&der::OCTET_STRING)) | (4, _) => {
                    token.mech_list_mic = Some(der::only(contents, der::OCTET_STRING, "mechListMIC")?);
                }
                _ => {}
            }
            Ok(())
        })?;
        Ok(token)
    }

    /// Writes a client's token, without a mechListMIC.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.encode_with(&[])
    }

    /// Writes the token of a server that sends first, with this hint.
    #[must_use]
    pub fn encode_hint(&self) -> Vec<u8> {
        const GENERAL_STRING: u8 = 0x1b;
        let name = der::element(GENERAL_STRING, b"not_defined_in_RFC4178@please_ignore");
        let hints = der::element(der::SEQUENCE, &der::element(der::context(0), &name));
        self.encode_with(&der::element(der::context(3), &hints))
    }

    fn encode_with(&self, last: &[u8]) -> Vec<u8> {
        let mut fields = der::element(der::context(0), &encode_mech_types(&self.mech_types));
        if let Some(mech_token) = self.mech_token {
            fields.extend(der::element(der::context(2), &der::element(der::OCTET_STRING, mech_token)));
        }
        fields.extend_from_slice(last);
        let token = der::element(der::context(0), &der::element(der::SEQUENCE, &fields));
        der::element(der::APPLICATION_0, &[der::element(der::OID, OID.0), token].concat())
    }
}

/// MechTypeList, the bytes that a mechListMIC covers.
pub(super) fn encode_mech_types(mech_types: &[Oid<'_>]) -> Vec<u8> {
    let list: Vec<u8> = mech_types.iter().flat_map(|oid| der::element(der::OID, oid.0)).collect();
    der::element(der::SEQUENCE, &list)
}

fn mech_types(contents: &[u8]) -> Result<Vec<Oid<'_>>, DecodeError> {
    let mut reader = Reader::new(der::only(contents, der::SEQUENCE, "mechTypes")?);
    let mut mech_types = Vec::new();
    while reader.remaining() > 0 {
        if mech_types.len() == MAX_MECH_TYPES {
            return Err(DecodeError::invalid("mechTypes"));
        }
        let oid = der::expect(&mut reader, der::OID, "mechType")?;
        if oid.len() > MAX_OID {
            return Err(DecodeError::invalid("mechType"));
        }
        mech_types.push(Oid(oid));
    }
    Ok(mech_types)
}

/// Visits the context-specific fields of a SEQUENCE, whose tags must ascend.
fn fields<'a>(
    contents: &'a [u8],
    mut field: impl FnMut(u8, &'a [u8]) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    let mut reader = Reader::new(der::only(contents, der::SEQUENCE, "negotiation token")?);
    let mut least = der::context(0);
    while reader.remaining() > 0 {
        let element = der::read(&mut reader, "negotiation token")?;
        if element.tag < least || element.tag > der::context(30) {
            return Err(DecodeError::invalid("negotiation token field"));
        }
        least = element.tag.saturating_add(1);
        field(element.tag & 0x1f, element.contents)?;
    }
    Ok(())
}

/// NegTokenResp, every later token ([RFC 4178] 4.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NegTokenResp<'a> {
    /// negState; clients may omit it.
    pub neg_state: Option<NegState>,
    /// supportedMech, in the server's first token.
    pub supported_mech: Option<Oid<'a>>,
    /// responseToken: the mechanism's token.
    pub response_token: Option<&'a [u8]>,
    /// mechListMIC.
    pub mech_list_mic: Option<&'a [u8]>,
}

impl<'a> NegTokenResp<'a> {
    /// Reads a token.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut token = Self::default();
        fields(der::only(bytes, der::context(1), "NegTokenResp")?, |number, contents| {
            match number {
                0 => token.neg_state = Some(neg_state(contents)?),
                1 => token.supported_mech = Some(Oid(der::only(contents, der::OID, "supportedMech")?)),
                2 => token.response_token = Some(der::only(contents, der::OCTET_STRING, "responseToken")?),
                3 => token.mech_list_mic = Some(der::only(contents, der::OCTET_STRING, "mechListMIC")?),
                _ => {}
            }
            Ok(())
        })?;
        Ok(token)
    }

    /// Writes the token.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut fields = Vec::new();
        if let Some(NegState(state)) = self.neg_state {
            fields.extend(der::element(der::context(0), &der::element(der::ENUMERATED, &[state])));
        }
        if let Some(oid) = self.supported_mech {
            fields.extend(der::element(der::context(1), &der::element(der::OID, oid.0)));
        }
        if let Some(token) = self.response_token {
            fields.extend(der::element(der::context(2), &der::element(der::OCTET_STRING, token)));
        }
        if let Some(mic) = self.mech_list_mic {
            fields.extend(der::element(der::context(3), &der::element(der::OCTET_STRING, mic)));
        }
        der::element(der::context(1), &der::element(der::SEQUENCE, &fields))
    }
}

fn neg_state(contents: &[u8]) -> Result<NegState, DecodeError> {
    match der::only(contents, der::ENUMERATED, "negState")? {
        [state] => Ok(NegState(*state)),
        _ => Err(DecodeError::invalid("negState")),
    }
}
