typedef struct {
  uint32_t svti3_numberofvcs;
  uint16_t *svti3_transportname;
  uint8_t *svti3_transportaddress;
  uint32_t svti3_transportaddresslength;
  uint16_t *svti3_networkaddress;
  uint16_t *svti3_domain;
  uint32_t svti3_flags;
  uint32_t svti3_passwordlength;
  uint8_t svti3_password[256];
} SERVER_TRANSPORT_INFO_3;
