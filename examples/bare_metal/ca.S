/* ca.S - the CA in DER, read from CA_FILE, stays in flash */
    .section .rodata.ca, "a"
    .global ca_begin, ca_end
    .balign 4
ca_begin:
    .incbin CA_FILE
ca_end:
