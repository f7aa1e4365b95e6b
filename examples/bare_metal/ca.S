/* ca.S - the CA in DER, read from CA_FILE, stays in flash: in whole 32 bytes,
 * so that the size of an image does not hang on that of one signature */
    .section .rodata.ca, "a"
    .global ca_begin, ca_end
    .balign 32
ca_begin:
    .incbin CA_FILE
ca_end:
    .balign 32
