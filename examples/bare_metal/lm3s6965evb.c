/* lm3s6965evb.c - TI's LM3S6965: Cortex-M3, 256 kB of flash, 64 kB of RAM */
#include "board.h"
#include "cortex_m.h"
#include "fifo.h"

#include "lwip/pbuf.h"

/* As it leaves reset in QEMU.  On the part: set the PLL first, then say it. */
#define CORE_HZ 12500000u
#define ETH_IRQ 42

#define RCGC2 REGISTER(0x400fe108) /* clocks of the controller and its PHY */
#define MAC(offset) REGISTER(0x40048000 + (offset))
#define MAC_RIS MAC(0x00) /* write 1s: acknowledge */
#define MAC_IM MAC(0x04)
#define MAC_RCTL MAC(0x08)
#define MAC_TCTL MAC(0x0c)
#define MAC_DATA MAC(0x10)
#define MAC_IA0 MAC(0x14)
#define MAC_IA1 MAC(0x18)
#define MAC_NP MAC(0x34) /* frames that wait */
#define MAC_TR MAC(0x38) /* 1: a frame is being sent */

#define RX_ARRIVED 1u
#define HEADER 14 /* bytes of a frame that its length does not count */
#define FCS 4

void board_init(void)
{
    RCGC2 |= 1u << 30 | 1u << 28;
    clock_start(CORE_HZ);
}

/* A level interrupt: silent until board_eth_receive() has emptied the FIFO. */
void board_irq(void)
{
    MAC_IM = 0;
}

/* QEMU sets the address; on the part it must be written here first. */
static void mac_address(uint8_t mac[6])
{
    uint32_t low = MAC_IA0, high = MAC_IA1;
    unsigned i;
    for (i = 0; i < 6; i++)
        mac[i] = (uint8_t)(i < 4 ? low >> 8 * i : high >> 8 * (i - 4));
}

int board_eth_init(uint8_t mac[6])
{
    mac_address(mac);
    MAC_RCTL = 1u << 4;      /* reset the FIFO */
    MAC_RCTL = 1u << 3 | 1u; /* receive, reject damaged frames */
    MAC_TCTL = 1u << 4 | 1u << 2 | 1u << 1 | 1u; /* duplex, FCS, pad, send */
    MAC_RIS = MAC_RIS;
    MAC_IM = RX_ARRIVED;
    irq_enable(ETH_IRQ);
    return 0;
}

/* In the FIFO a frame follows its length, 16 bits, which counts both. */
struct pbuf *board_eth_receive(void)
{
    fifo in = {&MAC_DATA, 0, 0};
    struct pbuf *frame;
    uint8_t length[2];
    size_t size;
    if ((MAC_NP & 0x3f) == 0) {
        MAC_RIS = RX_ARRIVED;
        MAC_IM = RX_ARRIVED;
        return NULL;
    }
    fifo_get(&in, length, 2);
    size = (size_t)length[1] << 8 | length[0];
    if (size < 2 + FCS)
        return NULL;
    frame = fifo_get_frame(&in, size - 2 - FCS);
    fifo_skip(&in, FCS);
    return frame;
}

int board_eth_send(const struct pbuf *frame)
{
    fifo out = {&MAC_DATA, 0, 0};
    uint16_t size = (uint16_t)(frame->tot_len - HEADER);
    uint8_t length[2] = {(uint8_t)size, (uint8_t)(size >> 8)};
    if (MAC_TR & 1)
        return -1;
    fifo_put(&out, length, 2);
    fifo_put_frame(&out, frame);
    fifo_flush(&out);
    MAC_TR = 1;
    return 0;
}
