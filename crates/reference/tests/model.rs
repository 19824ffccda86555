//! The model is whole, and agrees with itself.
#![cfg(test)]

use netsession_reference::model::{Argument, Family, Function, Shape};
use netsession_reference::{Kind, Language, Model, Options, signature};

/// A failure here would publish a page with an empty section.
#[test]
fn every_function_is_explained() {
    for function in &Model::get().functions {
        let name = &function.name;
        assert!(function.summary.len() > 30 && function.summary.ends_with('.'), "{name}: summary");
        assert!(!function.notes.is_empty() || function.family == Family::Buffer, "{name}: notes");
        assert!(!function.privileges.is_empty(), "{name}: privileges");
        assert!(!function.tips.is_empty(), "{name}: tips");
        assert!(!function.traps.is_empty(), "{name}: traps");
        assert!(!function.alternatives.is_empty(), "{name}: alternatives");
        assert!(!function.header.is_empty() && !function.prose_file.is_empty(), "{name}: header");
        for parameter in &function.parameters {
            assert!(!parameter.notes.is_empty(), "{name}: {}", parameter.name);
        }
        assert!(function.codes.first().is_some_and(|code| code.number == 0), "{name}: codes");
        for code in &function.codes {
            assert!(!code.meaning.is_empty() && !code.remedy.is_empty(), "{name}: {}", code.name);
        }
    }
}

/// A failure here would publish a structure's page with an empty section, or without a link to it.
#[test]
fn every_structure_is_explained_and_used() {
    let model = Model::get();
    for structure in &model.structures {
        let name = &structure.name;
        assert!(!structure.summary.is_empty() && !structure.header.is_empty(), "{name}");
        assert!(!model.references(name).is_empty(), "{name} is used by nothing");
        for field in &structure.fields {
            assert!(!field.notes.is_empty(), "{name}: {}", field.name);
        }
    }
}

/// A failure here would publish a link that leads nowhere, or a sample that does not use what it names.
#[test]
fn whatever_is_named_is_there() {
    let model = Model::get();
    for function in &model.functions {
        let name = &function.name;
        for other in &function.see_also {
            assert!(model.function(other).is_some(), "{name} names {other}");
        }
        for level in &function.levels {
            assert!(model.structure(&level.structure).is_some(), "{name} names {}", level.structure);
        }
        for constant in &function.constants {
            let known =
                |it: &netsession_reference::model::Constant| it.name == *constant || it.group == *constant;
            assert!(model.constants.iter().any(known), "{name} names {constant}");
        }
        let Some(sample) = &function.sample else { continue };
        for (argument, value) in &sample.arguments {
            let parameter = function.parameter(argument);
            let field = sample.fields.contains(argument);
            assert!(parameter.is_some() || field, "{name}: no parameter or field {argument}");
            if let Some(parameter) = parameter {
                assert_eq!(
                    parameter.kind.is_text(),
                    matches!(value, Argument::Text(_)),
                    "{name}: {argument}"
                );
            }
        }
        let fields: Vec<&str> = model
            .structures_of(function)
            .flat_map(|it| &it.fields)
            .map(|field| field.name.as_str())
            .collect();
        for field in &sample.fields {
            assert!(fields.contains(&field.as_str()), "{name}: no field {field}");
        }
    }
}

/// A failure here would give NetFileEnum's resume handle 4 bytes in some language, so calls would overwrite memory.
#[test]
fn the_resume_handle_of_files_is_pointer_sized() {
    let function = Model::get().function("NetFileEnum").unwrap();
    for (language, text) in [
        (Language::C, "PDWORD_PTR resume_handle"),
        (Language::CSharp, "ref UIntPtr resume_handle"),
        (Language::Vb, "ByRef resume_handle As UIntPtr"),
        (Language::FSharp, "unativeint& resume_handle"),
        (Language::PowerShell, "ref UIntPtr resume_handle"),
        (Language::Python, "ctypes.POINTER(ctypes.c_size_t),  # resume_handle"),
        (Language::Rust, "resume_handle: *mut usize"),
        (Language::Go, "uintptr_t *resume_handle"),
        (Language::Java, "MemorySegment resume_handle"),
        (Language::Node, "_Inout_ size_t *resume_handle"),
    ] {
        let declaration = signature(function, language, &Options::default());
        assert!(declaration.contains(text), "{language}: {declaration}");
    }
}

/// A failure here would let a program pass the text itself where the function stores the address of one.
#[test]
fn a_text_that_comes_back_is_the_address_of_a_pointer() {
    let function = Model::get().function("NetGetJoinInformation").unwrap();
    for (language, text, status) in [
        (Language::C, "LPWSTR *              lpNameBuffer", "PNETSETUP_JOIN_STATUS BufferType"),
        (Language::CSharp, "out IntPtr lpNameBuffer", "out uint BufferType"),
        (Language::Vb, "<Out> ByRef lpNameBuffer As IntPtr", "<Out> ByRef BufferType As UInteger"),
        (Language::FSharp, "nativeint& lpNameBuffer", "uint32& BufferType"),
        (Language::PowerShell, "out IntPtr lpNameBuffer", "out uint BufferType"),
        (
            Language::Python,
            "ctypes.POINTER(ctypes.c_void_p),  # lpNameBuffer",
            "ctypes.POINTER(ctypes.c_uint32),  # BufferType",
        ),
        (Language::Rust, "lpNameBuffer: *mut *mut u16", "BufferType: *mut i32"),
        (Language::Go, "uint16_t **lpNameBuffer", "int32_t *BufferType"),
        (Language::Node, "_Out_ void **lpNameBuffer", "_Out_ uint32_t *BufferType"),
    ] {
        let declaration = signature(function, language, &Options::default());
        assert!(declaration.contains(text) && declaration.contains(status), "{language}: {declaration}");
    }
}

/// A failure here would tell .NET to read a last error that the function does not set.
#[test]
fn nothing_claims_to_set_the_last_error() {
    for function in &Model::get().functions {
        assert!(!function.sets_last_error, "{}", function.name);
        for language in [Language::CSharp, Language::Vb, Language::FSharp, Language::PowerShell] {
            let text = signature(function, language, &Options::default());
            assert!(!text.contains("SetLastError") && text.contains("CharSet.Unicode"), "{text}");
        }
    }
}

/// A failure here would give Java another layout than C's.
#[test]
fn structures_lie_as_c_lays_them() {
    let model = Model::get();
    let layout = |name: &str, pointer| model.structure(name).unwrap().layout(pointer);
    let offsets =
        |name: &str, pointer| layout(name, pointer).0.iter().map(|it| it.offset).collect::<Vec<_>>();
    assert_eq!(offsets("FILE_INFO_3", 8), [0, 4, 8, 16, 24]);
    assert_eq!(offsets("FILE_INFO_3", 4), [0, 4, 8, 12, 16]);
    assert_eq!((layout("SESSION_INFO_10", 4).1, layout("SESSION_INFO_10", 8).1), (16, 24));
    assert_eq!(layout("SERVER_TRANSPORT_INFO_3", 8).1, 312);
    assert_eq!((layout("SERVER_ALIAS_INFO_0", 4).1, layout("SERVER_ALIAS_INFO_0", 8).1), (16, 24));
    assert!(!model.structure("TIME_OF_DAY_INFO").unwrap().has_pointers());
}

/// A failure here would make the search miss what people look for.
#[test]
fn search_knows_names_fields_and_numbers() {
    let model = Model::get();
    let names = |text: &str| model.search(text).into_iter().map(|found| found.name).collect::<Vec<_>>();
    assert_eq!(names("2312"), ["NERR_ClientNameNotFound"]);
    assert_eq!(names("0x908"), ["NERR_ClientNameNotFound"]);
    assert!(names("sess").contains(&"NetSessionDel".to_owned()));
    assert!(names("sesi10_cname").contains(&"SESSION_INFO_10".to_owned()));
    assert!(names("").is_empty() && names("qqq").is_empty());
    let nearest = model.nearest("NetSesionEnumm", &[Kind::Function]);
    assert_eq!(nearest.first().map(String::as_str), Some("NetSessionEnum"));
    let frees = model.references("NetApiBufferFree");
    assert!(frees.iter().any(|function| function.name == "NetRemoteTOD"));
}

/// A failure here would leave a sample out by accident.
#[test]
fn every_function_that_the_library_has_comes_with_a_sample() {
    // Their answers are texts alone, which no sample prints.
    let has_sample = |function: &&Function| {
        function.exported && !["NetGetJoinInformation", "NetServerDiskEnum"].contains(&function.name.as_str())
    };
    for function in Model::get().functions.iter().filter(has_sample) {
        assert!(function.sample.is_some(), "{}", function.name);
        let structures = !matches!(function.shape(), Shape::Call | Shape::Memory);
        assert_eq!(
            structures,
            function.sample.as_ref().is_some_and(|it| !it.fields.is_empty()),
            "{}",
            function.name
        );
    }
}
