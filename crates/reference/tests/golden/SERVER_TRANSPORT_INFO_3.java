static final StructLayout SERVER_TRANSPORT_INFO_3 = MemoryLayout.structLayout(
    ValueLayout.JAVA_INT.withName("svti3_numberofvcs"),
    MemoryLayout.paddingLayout(4),
    ValueLayout.ADDRESS.withName("svti3_transportname"),
    ValueLayout.ADDRESS.withName("svti3_transportaddress"),
    ValueLayout.JAVA_INT.withName("svti3_transportaddresslength"),
    MemoryLayout.paddingLayout(4),
    ValueLayout.ADDRESS.withName("svti3_networkaddress"),
    ValueLayout.ADDRESS.withName("svti3_domain"),
    ValueLayout.JAVA_INT.withName("svti3_flags"),
    ValueLayout.JAVA_INT.withName("svti3_passwordlength"),
    MemoryLayout.sequenceLayout(256, ValueLayout.JAVA_BYTE).withName("svti3_password"));
