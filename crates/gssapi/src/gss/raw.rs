//! The C interface: types, constants and signatures of RFC 2744, and of the extensions that both libraries have.
//!
//! No header is needed, because the interface is fixed: `OM_uint32` has 32 bits, and a length is a `size_t`. Only macOS
//! on x86-64 packs the structures, to two bytes.

use std::ffi::{c_char, c_int, c_void};

/// A buffer (`gss_buffer_desc`).
#[cfg_attr(not(all(target_os = "macos", target_arch = "x86_64")), repr(C))]
#[cfg_attr(all(target_os = "macos", target_arch = "x86_64"), repr(C, packed(2)))]
#[derive(Clone, Copy)]
pub(crate) struct Buffer {
    pub(crate) length: usize,
    pub(crate) value: *mut c_void,
}

/// An object identifier (`gss_OID_desc`): the contents of its DER form.
#[cfg_attr(not(all(target_os = "macos", target_arch = "x86_64")), repr(C))]
#[cfg_attr(all(target_os = "macos", target_arch = "x86_64"), repr(C, packed(2)))]
#[derive(Clone, Copy)]
pub(crate) struct Oid {
    length: u32,
    elements: *const c_void,
}

// SAFETY: an Oid is made by `Oid::new` alone, from bytes that live as long as the program and never change.
unsafe impl Sync for Oid {}

impl Oid {
    const fn new(elements: &'static [u8], length: u32) -> Self {
        Self { length, elements: elements.as_ptr().cast() }
    }
}

/// A set of object identifiers (`gss_OID_set_desc`).
#[cfg_attr(not(all(target_os = "macos", target_arch = "x86_64")), repr(C))]
#[cfg_attr(all(target_os = "macos", target_arch = "x86_64"), repr(C, packed(2)))]
pub(crate) struct OidSet {
    pub(crate) count: usize,
    pub(crate) elements: *const Oid,
}

// SAFETY: the one set is a constant, and points to a constant.
unsafe impl Sync for OidSet {}

/// A set of buffers (`gss_buffer_set_desc`).
#[cfg_attr(not(all(target_os = "macos", target_arch = "x86_64")), repr(C))]
#[cfg_attr(all(target_os = "macos", target_arch = "x86_64"), repr(C, packed(2)))]
pub(crate) struct BufferSet {
    pub(crate) count: usize,
    pub(crate) elements: *const Buffer,
}

/// A setting of [`AcquireCredFrom`] (`gss_key_value_element_desc`).
#[repr(C)]
pub(crate) struct KeyValue {
    pub(crate) key: *const c_char,
    pub(crate) value: *const c_char,
}

/// The settings of [`AcquireCredFrom`] (`gss_key_value_set_desc`).
#[repr(C)]
pub(crate) struct KeyValueSet {
    pub(crate) count: u32,
    pub(crate) elements: *const KeyValue,
}

/// The mechanism Kerberos 5: 1.2.840.113554.1.2.2.
pub(crate) static KRB5: Oid = Oid::new(b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02", 9);
/// A set that contains only [`KRB5`].
pub(crate) static KRB5_ONLY: OidSet = OidSet { count: 1, elements: &raw const KRB5 };
/// A name `user` or `user@REALM` (GSS_C_NT_USER_NAME): 1.2.840.113554.1.2.1.1.
pub(crate) static USER_NAME: Oid = Oid::new(b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x01\x01", 10);
/// A name `service@host` (GSS_C_NT_HOSTBASED_SERVICE): 1.2.840.113554.1.2.1.4.
pub(crate) static HOST_BASED_SERVICE: Oid = Oid::new(b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x01\x04", 10);
/// An enterprise name `user@suffix`, whose realm the KDC finds: 1.2.840.113554.1.2.2.6 (MIT only).
pub(crate) static ENTERPRISE_NAME: Oid = Oid::new(b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x06", 10);
/// What a context is asked for to get its session key: 1.2.840.113554.1.2.2.5.5.
pub(crate) static SESSION_KEY: Oid = Oid::new(b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x05\x05", 11);

pub(crate) const INITIATE: c_int = 1;
pub(crate) const ACCEPT: c_int = 2;

pub(crate) const MUTUAL: u32 = 2;
pub(crate) const REPLAY: u32 = 4;
pub(crate) const SEQUENCE: u32 = 8;
pub(crate) const INTEGRITY: u32 = 32;

/// A context needs another token of its peer.
pub(crate) const CONTINUE_NEEDED: u32 = 1;
/// GSS_C_INDEFINITE.
pub(crate) const INDEFINITE: u32 = u32::MAX;

pub(crate) const GSS_CODE: c_int = 1;
pub(crate) const MECHANISM_CODE: c_int = 2;

/// The opaque structures behind the handles.
pub(crate) enum NameBody {}
pub(crate) enum CredBody {}
pub(crate) enum ContextBody {}

pub(crate) type NamePtr = *mut NameBody;
pub(crate) type CredPtr = *mut CredBody;
pub(crate) type ContextPtr = *mut ContextBody;

pub(crate) type ImportName = unsafe extern "C" fn(*mut u32, *mut Buffer, *const Oid, *mut NamePtr) -> u32;
pub(crate) type DisplayName = unsafe extern "C" fn(*mut u32, NamePtr, *mut Buffer, *mut *const Oid) -> u32;
pub(crate) type CanonicalizeName = unsafe extern "C" fn(*mut u32, NamePtr, *const Oid, *mut NamePtr) -> u32;
pub(crate) type ReleaseName = unsafe extern "C" fn(*mut u32, *mut NamePtr) -> u32;
pub(crate) type ReleaseBuffer = unsafe extern "C" fn(*mut u32, *mut Buffer) -> u32;
pub(crate) type ReleaseBufferSet = unsafe extern "C" fn(*mut u32, *mut *mut BufferSet) -> u32;
pub(crate) type ReleaseCred = unsafe extern "C" fn(*mut u32, *mut CredPtr) -> u32;
pub(crate) type DisplayStatus =
    unsafe extern "C" fn(*mut u32, u32, c_int, *const Oid, *mut u32, *mut Buffer) -> u32;
pub(crate) type AcquireCred = unsafe extern "C" fn(
    *mut u32,
    NamePtr,
    u32,
    *const OidSet,
    c_int,
    *mut CredPtr,
    *mut *mut OidSet,
    *mut u32,
) -> u32;
pub(crate) type AcquireCredWithPassword = unsafe extern "C" fn(
    *mut u32,
    NamePtr,
    *const Buffer,
    u32,
    *const OidSet,
    c_int,
    *mut CredPtr,
    *mut *mut OidSet,
    *mut u32,
) -> u32;
pub(crate) type AcquireCredFrom = unsafe extern "C" fn(
    *mut u32,
    NamePtr,
    u32,
    *const OidSet,
    c_int,
    *const KeyValueSet,
    *mut CredPtr,
    *mut *mut OidSet,
    *mut u32,
) -> u32;
/// Heimdal's way to name a keytab, for the whole process.
pub(crate) type RegisterKeytab = unsafe extern "C" fn(*const c_char) -> u32;
pub(crate) type InquireCred =
    unsafe extern "C" fn(*mut u32, CredPtr, *mut NamePtr, *mut u32, *mut c_int, *mut *mut OidSet) -> u32;
pub(crate) type InitSecContext = unsafe extern "C" fn(
    *mut u32,
    CredPtr,
    *mut ContextPtr,
    NamePtr,
    *const Oid,
    u32,
    u32,
    *const c_void,
    *const Buffer,
    *mut *const Oid,
    *mut Buffer,
    *mut u32,
    *mut u32,
) -> u32;
pub(crate) type AcceptSecContext = unsafe extern "C" fn(
    *mut u32,
    *mut ContextPtr,
    CredPtr,
    *const Buffer,
    *const c_void,
    *mut NamePtr,
    *mut *const Oid,
    *mut Buffer,
    *mut u32,
    *mut u32,
    *mut CredPtr,
) -> u32;
pub(crate) type DeleteSecContext = unsafe extern "C" fn(*mut u32, *mut ContextPtr, *mut Buffer) -> u32;
pub(crate) type InquireContext = unsafe extern "C" fn(
    *mut u32,
    ContextPtr,
    *mut NamePtr,
    *mut NamePtr,
    *mut u32,
    *mut *const Oid,
    *mut u32,
    *mut c_int,
    *mut c_int,
) -> u32;
pub(crate) type InquireSecContextByOid =
    unsafe extern "C" fn(*mut u32, ContextPtr, *const Oid, *mut *mut BufferSet) -> u32;
pub(crate) type GetMic = unsafe extern "C" fn(*mut u32, ContextPtr, u32, *const Buffer, *mut Buffer) -> u32;
pub(crate) type VerifyMic =
    unsafe extern "C" fn(*mut u32, ContextPtr, *const Buffer, *const Buffer, *mut u32) -> u32;

/// Declares [`Functions`], and finds each of them by its name.
macro_rules! functions {
    (
        required: { $($name:ident: $type:ty,)* }
        optional: { $($(#[$doc:meta])* $extension:ident: $extension_type:ty = $symbol:literal,)* }
    ) => {
        /// The functions of the library that has been loaded.
        pub(crate) struct Functions {
            $(pub(crate) $name: $type,)*
            $($(#[$doc])* pub(crate) $extension: Option<$extension_type>,)*
        }

        impl Functions {
            /// Finds the functions in a library, which must stay loaded. None if it lacks a required one.
            pub(crate) fn find(library: &libloading::Library) -> Option<Self> {
                Some(Self {
                    // SAFETY: each field has the type of the function of this name.
                    $($name: *unsafe { library.get(concat!("gss_", stringify!($name), "\0").as_bytes()) }.ok()?,)*
                    // SAFETY: as above.
                    $($extension: unsafe { library.get($symbol) }.ok().map(|symbol| *symbol),)*
                })
            }
        }
    };
}

functions! {
    required: {
        import_name: ImportName,
        display_name: DisplayName,
        canonicalize_name: CanonicalizeName,
        release_name: ReleaseName,
        release_buffer: ReleaseBuffer,
        release_buffer_set: ReleaseBufferSet,
        release_cred: ReleaseCred,
        display_status: DisplayStatus,
        acquire_cred: AcquireCred,
        acquire_cred_with_password: AcquireCredWithPassword,
        inquire_cred: InquireCred,
        init_sec_context: InitSecContext,
        accept_sec_context: AcceptSecContext,
        delete_sec_context: DeleteSecContext,
        inquire_context: InquireContext,
        inquire_sec_context_by_oid: InquireSecContextByOid,
        get_mic: GetMic,
        verify_mic: VerifyMic,
    }
    optional: {
        /// MIT only.
        acquire_cred_from: AcquireCredFrom = b"gss_acquire_cred_from\0",
        /// Heimdal only.
        register_keytab: RegisterKeytab = b"gsskrb5_register_acceptor_identity\0",
    }
}
