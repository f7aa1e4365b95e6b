/* mps2_an385.c - ARM's MPS2 board with image AN385: Cortex-M3, LAN9118 */
#include "board.h"
#include "cortex_m.h"
#include "fifo.h"

#include "lwip/pbuf.h"

#define CORE_HZ 25000000u
#define ETH_IRQ 13

#define LAN(offset) REGISTER(0x40200000 + (offset))
#define RX_DATA LAN(0x00)
#define TX_DATA LAN(0x20)
#define RX_STATUS LAN(0x40)
#define TX_STATUS LAN(0x48)
#define IRQ_CFG LAN(0x54)
#define INT_STS LAN(0x58)
#define INT_EN LAN(0x5c)
#define BYTE_TEST LAN(0x64)
#define FIFO_INT LAN(0x68)
#define TX_CFG LAN(0x70)
#define HW_CFG LAN(0x74)
#define RX_FIFO_INF LAN(0x7c)
#define TX_FIFO_INF LAN(0x80)
#define MAC_CMD LAN(0xa4)
#define MAC_DATA LAN(0xa8)

enum { MAC_CR = 1, MAC_ADDRH = 2, MAC_ADDRL = 3 };

#define RX_ARRIVED (1u << 3) /* in INT_STS and INT_EN */
#define FCS 4                /* the checksum that ends a received frame */

void board_init(void)
{
    clock_start(CORE_HZ);
}

/* A level interrupt: silent until board_eth_receive() has emptied the FIFO. */
void board_irq(void)
{
    INT_EN = 0;
}

static void mac_wait(void)
{
    while (MAC_CMD & 1u << 31)
        continue;
}

static uint32_t mac_read(uint32_t index)
{
    MAC_CMD = 1u << 31 | 1u << 30 | index;
    mac_wait();
    return MAC_DATA;
}

static void mac_write(uint32_t index, uint32_t value)
{
    MAC_DATA = value;
    MAC_CMD = 1u << 31 | index;
    mac_wait();
}

/* The address is the one that the controller loaded from its EEPROM. */
static void mac_address(uint8_t mac[6])
{
    uint32_t low = mac_read(MAC_ADDRL), high = mac_read(MAC_ADDRH);
    unsigned i;
    for (i = 0; i < 6; i++)
        mac[i] = (uint8_t)(i < 4 ? low >> 8 * i : high >> 8 * (i - 4));
}

int board_eth_init(uint8_t mac[6])
{
    uint32_t begun = board_ms();
    if (BYTE_TEST != 0x87654321)
        return -1;
    HW_CFG = 1; /* reset */
    while (HW_CFG & 1)
        if (board_ms() - begun > 100)
            return -1;
    HW_CFG = 1u << 20 | 5u << 16;     /* 5 kB of FIFO to send, as is usual */
    FIFO_INT = 0;                     /* an interrupt from the first frame on */
    IRQ_CFG = 1u << 8 | 1u << 4 | 1u; /* on, active high, push-pull */
    mac_address(mac);
    mac_write(MAC_CR, 1u << 3 | 1u << 2); /* send, receive */
    TX_CFG = 1u << 1;
    INT_STS = ~0u;
    INT_EN = RX_ARRIVED;
    irq_enable(ETH_IRQ);
    return 0;
}

/* A frame takes whole words of the FIFO; the rest of the last is dropped. */
struct pbuf *board_eth_receive(void)
{
    fifo in = {&RX_DATA, 0, 0};
    struct pbuf *frame;
    uint32_t status, size;
    if ((RX_FIFO_INF >> 16 & 0xff) == 0) {
        INT_STS = RX_ARRIVED;
        INT_EN = RX_ARRIVED;
        return NULL;
    }
    status = RX_STATUS;
    size = status >> 16 & 0x3fff;
    if (status & 1u << 15 || size < FCS) {
        fifo_skip(&in, size);
        return NULL;
    }
    frame = fifo_get_frame(&in, size - FCS);
    fifo_skip(&in, FCS);
    return frame;
}

int board_eth_send(const struct pbuf *frame)
{
    fifo out = {&TX_DATA, 0, 0};
    while (TX_FIFO_INF >> 16 & 0xff)
        (void)TX_STATUS; /* of frames that are out */
    if ((TX_FIFO_INF & 0xffff) < frame->tot_len + 16u)
        return -1;
    TX_DATA = 1u << 13 | 1u << 12 | frame->tot_len; /* first and last part */
    TX_DATA = frame->tot_len;
    fifo_put_frame(&out, frame);
    fifo_flush(&out);
    return 0;
}
