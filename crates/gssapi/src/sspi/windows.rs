//! [`Kerberos`]: the security package of this name, by secur32.dll.
//!
//! A credential and a context are handles of two numbers, which the package owns. Each is released once, by the value that
//! holds it.

use std::ffi::c_void;
use std::ptr;
use std::slice;
use std::time::Duration;

use windows_sys::Win32::Security::Authentication::Identity::{
    AcquireCredentialsHandleW, DeleteSecurityContext, FreeContextBuffer, FreeCredentialsHandle,
    ISC_REQ_ALLOCATE_MEMORY, InitializeSecurityContextW, MakeSignature, QueryContextAttributesW,
    QueryCredentialsAttributesW, SECBUFFER_DATA, SECBUFFER_TOKEN, SECBUFFER_VERSION,
    SECPKG_ATTR_NATIVE_NAMES, SECPKG_ATTR_SESSION_KEY, SECPKG_ATTR_SIZES, SECPKG_CRED_ATTR_NAMES,
    SECPKG_CRED_OUTBOUND, SECURITY_NATIVE_DREP, SecBuffer, SecBufferDesc, SecPkgContext_NativeNamesW,
    SecPkgContext_SessionKey, SecPkgContext_Sizes, SecPkgCredentials_NamesW, VerifySignature,
};
use windows_sys::Win32::Security::Credentials::SecHandle;
use windows_sys::Win32::System::Rpc::{SEC_WINNT_AUTH_IDENTITY_UNICODE, SEC_WINNT_AUTH_IDENTITY_W};
use zeroize::{Zeroize as _, Zeroizing};

use super::provider::{Identity, Initialized, Provider, SecurityStatus};

/// SEC_E_INTERNAL_ERROR: the package returned what it may not return, or a length is too large.
const INTERNAL_ERROR: SecurityStatus = 0x8009_0304;

/// The security package Kerberos. Never Negotiate, which could choose NTLM.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kerberos;

/// A handle of a credential.
pub(super) struct Credential(SecHandle);

impl Drop for Credential {
    fn drop(&mut self) {
        // SAFETY: the package returned the handle, and it is released here only.
        unsafe { FreeCredentialsHandle(&raw const self.0) };
    }
}

/// A handle of a context.
pub(super) struct Context(SecHandle);

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: the package returned the handle, and it is released here only.
        unsafe { DeleteSecurityContext(&raw const self.0) };
    }
}

/// Memory that the package allocated. Dropping releases it.
struct Allocated(*mut c_void);

impl Drop for Allocated {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: the package allocated the memory, and it is released here only.
            unsafe { FreeContextBuffer(self.0) };
        }
    }
}

impl Allocated {
    /// Returns a copy of `length` bytes, and wipes them where they are.
    fn take(&self, length: u32) -> Zeroizing<Vec<u8>> {
        if self.0.is_null() || length == 0 {
            return Zeroizing::default();
        }
        let Ok(length) = usize::try_from(length) else { return Zeroizing::default() };
        // SAFETY: the package wrote this pointer and length. The memory is ours until `drop`, and nothing else borrows it.
        let bytes = unsafe { slice::from_raw_parts_mut(self.0.cast::<u8>(), length) };
        let copy = Zeroizing::new(bytes.to_vec());
        bytes.zeroize();
        copy
    }

    /// Returns a text that ends with a NUL.
    fn text(&self) -> String {
        /// More than any name has: this limit only stops at a text without an end.
        const LONGEST: usize = 4_096;
        if self.0.is_null() {
            return String::new();
        }
        let start = self.0.cast::<u16>();
        let units = (0..LONGEST).map(|at| {
            // SAFETY: the package wrote a text that ends with a NUL. No unit after the NUL is read.
            unsafe { start.add(at).read_unaligned() }
        });
        let units: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
        String::from_utf16_lossy(&units)
    }
}

impl Provider for Kerberos {
    type Credential = Credential;
    type Context = Context;

    fn acquire(&self, identity: Option<&Identity<'_>>) -> Result<Credential, SecurityStatus> {
        let texts = identity.map(Texts::of).transpose()?;
        let identity = texts.as_ref().map(Texts::identity);
        let identity = identity.as_ref().map_or(ptr::null(), |it| ptr::from_ref(it).cast());
        let package = wide("Kerberos");
        let (mut handle, mut expiry) = (SecHandle::default(), 0);
        // SAFETY: the texts and the identity are borrowed for the call, which copies them. The other pointers are to live
        // local values, or null where the interface allows it.
        let status = unsafe {
            AcquireCredentialsHandleW(
                ptr::null(),
                package.as_ptr(),
                SECPKG_CRED_OUTBOUND,
                ptr::null(),
                identity,
                None,
                ptr::null(),
                &raw mut handle,
                &raw mut expiry,
            )
        };
        success(status)?;
        Ok(Credential(handle))
    }

    fn user(&self, credential: &Credential) -> Result<(String, Option<Duration>), SecurityStatus> {
        let mut names = SecPkgCredentials_NamesW::default();
        // SAFETY: the handle is live, and the attribute is written as this structure.
        let status = unsafe {
            QueryCredentialsAttributesW(
                &raw const credential.0,
                SECPKG_CRED_ATTR_NAMES,
                (&raw mut names).cast(),
            )
        };
        success(status)?;
        // Windows renews the ticket of a logged-on user by itself, and does not tell its end.
        Ok((Allocated(names.sUserName.cast()).text(), None))
    }

    fn initialize(
        &self,
        credential: &Credential,
        context: Option<Context>,
        target: &str,
        wanted: u32,
        token: Option<&[u8]>,
    ) -> Result<Initialized<Context>, SecurityStatus> {
        let target = wide(target);
        let mut input = token.map(|token| buffer(SECBUFFER_TOKEN, token)).transpose()?;
        let input = input.as_mut().map(|input| list(slice::from_mut(input)));
        let mut output = SecBuffer { cbBuffer: 0, BufferType: SECBUFFER_TOKEN, pvBuffer: ptr::null_mut() };
        let mut written = list(slice::from_mut(&mut output));
        let mut handle = context.as_ref().map_or_else(SecHandle::default, |context| context.0);
        let (mut flags, mut expiry) = (0, 0);
        // SAFETY: the handles are live, the target and the token are borrowed for the call, which does not write to the
        // token, and the other pointers are to live local values, or null where the interface allows it.
        let status = unsafe {
            InitializeSecurityContextW(
                &raw const credential.0,
                context.as_ref().map_or(ptr::null(), |context| &raw const context.0),
                target.as_ptr(),
                wanted | ISC_REQ_ALLOCATE_MEMORY,
                0,
                SECURITY_NATIVE_DREP,
                input.as_ref().map_or(ptr::null(), |input| ptr::from_ref(input)),
                0,
                &raw mut handle,
                &raw mut written,
                &raw mut flags,
                &raw mut expiry,
            )
        };
        let token = Allocated(output.pvBuffer);
        // A failed first step makes no context; a failed later one leaves `context`, which is dropped here.
        let status = success(status)?;
        // The handle of a later step is the one of the first.
        std::mem::forget(context);
        let context = Context(handle);
        let token = Some(token.take(output.cbBuffer)).filter(|token| !token.is_empty());
        Ok(Initialized { context, status, flags, token: token.map(|token| token.to_vec()) })
    }

    fn session_key(&self, context: &Context) -> Result<Zeroizing<Vec<u8>>, SecurityStatus> {
        let mut key = SecPkgContext_SessionKey::default();
        // SAFETY: the handle is live, and the attribute is written as this structure.
        let status = unsafe {
            QueryContextAttributesW(&raw const context.0, SECPKG_ATTR_SESSION_KEY, (&raw mut key).cast())
        };
        success(status)?;
        Ok(Allocated(key.SessionKey.cast()).take(key.SessionKeyLength))
    }

    fn names(&self, context: &Context) -> Result<(String, String), SecurityStatus> {
        let mut names = SecPkgContext_NativeNamesW::default();
        // SAFETY: the handle is live, and the attribute is written as this structure.
        let status = unsafe {
            QueryContextAttributesW(&raw const context.0, SECPKG_ATTR_NATIVE_NAMES, (&raw mut names).cast())
        };
        success(status)?;
        let (client, server) = (Allocated(names.sClientName.cast()), Allocated(names.sServerName.cast()));
        Ok((client.text(), server.text()))
    }

    fn sign(&self, context: &Context, message: &[u8]) -> Result<Vec<u8>, SecurityStatus> {
        let mut sizes = SecPkgContext_Sizes::default();
        // SAFETY: the handle is live, and the attribute is written as this structure.
        let status = unsafe {
            QueryContextAttributesW(&raw const context.0, SECPKG_ATTR_SIZES, (&raw mut sizes).cast())
        };
        success(status)?;
        let mut mic = vec![0; usize::try_from(sizes.cbMaxSignature).map_err(|_| INTERNAL_ERROR)?];
        let mut buffers = [buffer(SECBUFFER_DATA, message)?, buffer_for(SECBUFFER_TOKEN, &mut mic)?];
        let list = list(&mut buffers);
        // SAFETY: the handle is live. The package reads the message, and writes at most `cbMaxSignature` bytes to `mic`.
        let status = unsafe { MakeSignature(&raw const context.0, 0, &raw const list, 0) };
        success(status)?;
        let [_, written] = buffers;
        mic.truncate(usize::try_from(written.cbBuffer).unwrap_or_default());
        Ok(mic)
    }

    fn verify(&self, context: &Context, message: &[u8], mic: &[u8]) -> Result<(), SecurityStatus> {
        let mut buffers = [buffer(SECBUFFER_DATA, message)?, buffer(SECBUFFER_TOKEN, mic)?];
        let list = list(&mut buffers);
        let mut quality = 0;
        // SAFETY: the handle is live. The package reads both buffers, which are borrowed for the call.
        let status = unsafe { VerifySignature(&raw const context.0, &raw const list, 0, &raw mut quality) };
        match success(status)? {
            0 => Ok(()),
            other => Err(other),
        }
    }
}

/// The texts of an identity, in UTF-16. Dropping wipes them.
struct Texts {
    user: Zeroizing<Vec<u16>>,
    domain: Zeroizing<Vec<u16>>,
    password: Zeroizing<Vec<u16>>,
    /// Without the final NUL.
    lengths: [u32; 3],
}

impl Texts {
    fn of(identity: &Identity<'_>) -> Result<Self, SecurityStatus> {
        let texts = [identity.user, identity.domain, identity.password].map(wide);
        let length = |text: &Zeroizing<Vec<u16>>| {
            u32::try_from(text.len().saturating_sub(1)).map_err(|_| INTERNAL_ERROR)
        };
        let [user, domain, password] = texts;
        let lengths = [length(&user)?, length(&domain)?, length(&password)?];
        Ok(Self { user, domain, password, lengths })
    }

    /// Returns the structure of the interface, which points to these texts. The package does not write to them.
    fn identity(&self) -> SEC_WINNT_AUTH_IDENTITY_W {
        let [user, domain, password] = self.lengths;
        SEC_WINNT_AUTH_IDENTITY_W {
            User: self.user.as_ptr().cast_mut(),
            UserLength: user,
            Domain: self.domain.as_ptr().cast_mut(),
            DomainLength: domain,
            Password: self.password.as_ptr().cast_mut(),
            PasswordLength: password,
            Flags: SEC_WINNT_AUTH_IDENTITY_UNICODE,
        }
    }
}

/// Returns a text in UTF-16 with a final NUL. The capacity suffices from the start, so that no copy of a password stays.
fn wide(text: &str) -> Zeroizing<Vec<u16>> {
    let mut units = Zeroizing::new(Vec::with_capacity(text.len() + 1));
    units.extend(text.encode_utf16());
    units.push(0);
    units
}

/// Lends bytes to the package, which does not write to them.
fn buffer(kind: u32, bytes: &[u8]) -> Result<SecBuffer, SecurityStatus> {
    let length = u32::try_from(bytes.len()).map_err(|_| INTERNAL_ERROR)?;
    Ok(SecBuffer { cbBuffer: length, BufferType: kind, pvBuffer: bytes.as_ptr().cast_mut().cast() })
}

/// Lends bytes to the package, which writes to them.
fn buffer_for(kind: u32, bytes: &mut [u8]) -> Result<SecBuffer, SecurityStatus> {
    let length = u32::try_from(bytes.len()).map_err(|_| INTERNAL_ERROR)?;
    Ok(SecBuffer { cbBuffer: length, BufferType: kind, pvBuffer: bytes.as_mut_ptr().cast() })
}

/// Returns the list of buffers of a call. It points to `buffers`, which must outlive the call.
fn list(buffers: &mut [SecBuffer]) -> SecBufferDesc {
    let count = u32::try_from(buffers.len()).unwrap_or_default();
    SecBufferDesc { ulVersion: SECBUFFER_VERSION, cBuffers: count, pBuffers: buffers.as_mut_ptr() }
}

/// Returns the status of a success. The errors are the negative numbers.
const fn success(status: i32) -> Result<SecurityStatus, SecurityStatus> {
    if status < 0 { Err(status.cast_unsigned()) } else { Ok(status.cast_unsigned()) }
}
