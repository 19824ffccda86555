const SERVER_TRANSPORT_INFO_3 = koffi.struct('SERVER_TRANSPORT_INFO_3', {
  svti3_numberofvcs: 'uint32_t',
  svti3_transportname: 'str16',
  svti3_transportaddress: 'void *',
  svti3_transportaddresslength: 'uint32_t',
  svti3_networkaddress: 'str16',
  svti3_domain: 'str16',
  svti3_flags: 'uint32_t',
  svti3_passwordlength: 'uint32_t',
  svti3_password: koffi.array('uint8_t', 256),
});
