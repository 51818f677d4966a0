/* GFP/1, the device's side of the framed link (docs/framed-link.md), for firmware in C99.
 *
 * No malloc, no clock, no I/O: the board calls gfp_receive with what its UART brought, gfp_step with its millisecond
 * counter, and carries away what gfp_output shows. One `struct gfp` is all the memory; its size is checked below.
 */
#ifndef GFP_H
#define GFP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GFP_PROTOCOL 1
#define GFP_MAX_PAYLOAD 240 /* a packet is then 248 bytes, coded 249, a frame 251 */
#define GFP_MAX_PACKET (4 + GFP_MAX_PAYLOAD + 4)
#define GFP_MAX_CODED 252 /* what a receiver keeps between two zeros; longer is noise */
#define GFP_MAX_WIRE (GFP_MAX_PACKET + 1 + 2)

#define GFP_EVENTS 8      /* inputs kept while the line is down; the oldest goes first */
#define GFP_EVENT_ARGS 64 /* bytes of CBOR of one input: a scanned code of 62 characters */
#define GFP_MIDS 8        /* actions remembered, so that a repeat is not carried out */

enum gfp_kind {
    GFP_HELLO = 0x10, GFP_HELLO_ACK, GFP_DATA, GFP_ACK, GFP_NAK, GFP_TELE, GFP_PING, GFP_PONG, GFP_RESET, GFP_LOG
};

enum gfp_op {
    GFP_KEY = 0x01, GFP_BUTTON, GFP_SCAN,         /* inputs: [.., number, age_ms] */
    GFP_DRAWER = 0x10, GFP_BUZZER, GFP_PAGER,     /* actions 0x10..0x17: [mid, ..] */
    GFP_LEDS = 0x18, GFP_TEXT,                    /* states 0x18..0x1f: the last value holds */
    GFP_SCALE = 0x20                              /* measured values, unreliable */
};

/* --- CBOR: as much as these bodies need. A writer that has run out of room writes nothing more and is not `ok`. --- */

struct gfp_writer { uint8_t *at, *end; bool ok; };
struct gfp_reader { const uint8_t *at, *end; bool ok; };

/* The head of an item: major 0 number, 2 bytes, 3 text, 4 array, 5 map, and its number or length. */
void gfp_put_head(struct gfp_writer *w, uint8_t major, uint32_t value);
uint32_t gfp_get_head(struct gfp_reader *r, uint8_t major);
void gfp_put_uint(struct gfp_writer *w, uint32_t value);
void gfp_put_text(struct gfp_writer *w, const char *text);
void gfp_put_bytes(struct gfp_writer *w, const uint8_t *bytes, size_t n);
/* The next item as an unsigned number. Anything else, or the end, makes the reader not `ok` and gives 0. */
uint32_t gfp_get_uint(struct gfp_reader *r);
/* The next item as text of at most `room` - 1 bytes, with a zero behind it. */
void gfp_get_text(struct gfp_reader *r, char *text, size_t room);

/* --- frames --- */

struct gfp_frame { uint8_t kind, seq; uint16_t sid; const uint8_t *payload; uint8_t n; };

uint32_t gfp_crc32(const uint8_t *bytes, size_t n);
/* The bytes of a whole frame, zeros on both sides; `wire` has room for GFP_MAX_WIRE. */
size_t gfp_encode(const struct gfp_frame *frame, uint8_t *wire);

struct gfp_decoder { uint8_t coded[GFP_MAX_CODED]; uint16_t n; bool skips; uint32_t damaged; };

/* One byte. True when it completes a frame; `frame` then points into the decoder, until the next call. */
bool gfp_decode(struct gfp_decoder *d, uint8_t byte, struct gfp_frame *frame);

/* --- the link --- */

struct gfp_identity {
    const char *model, *firmware;
    const uint8_t *uid;
    uint8_t uid_n;
    uint32_t boot_nonce; /* drawn anew at each start, from a counter in flash or a noise source */
    const char *const *caps;
    uint8_t caps_n;
};

/* Called from gfp_receive. `args` stands behind the mid of an action. */
typedef void gfp_do(void *board, uint8_t op, struct gfp_reader *args);

struct gfp_event { uint32_t number, at_ms; uint8_t op, args_n, items; uint8_t args[GFP_EVENT_ARGS]; };

struct gfp {
    const struct gfp_identity *identity;
    gfp_do *act, *show; /* an action, once; a state */
    void *board;
    uint8_t max_tries;   /* 6; 0 = without end, and without the limit of silence: for soaks */
    uint32_t give_ups;   /* sessions that ended because nothing was answered */

    bool up;
    uint16_t sid; /* of this session, or of the one that ended: that is not taken up again */
    uint8_t expects, seq, tries;
    bool flying, asked, waiting; /* a DATA is not acknowledged; it is to leave now; its last byte has left */
    uint32_t due_ms, heard_ms, now_ms;
    uint16_t reset_sid;          /* answers that are to leave, one of a kind */
    uint8_t answer, answer_seq;
    bool says_hello, pongs;
    uint8_t peer_max;

    struct gfp_event events[GFP_EVENTS]; /* a ring; the first one is under way while `flying` */
    uint8_t first, count;
    uint32_t numbered;
    uint32_t mids[GFP_MIDS];
    uint8_t mids_n, mids_next;

    struct gfp_decoder decoder;
    uint8_t loose_kind, loose_n; /* the latest TELE or LOG that waits */
    uint8_t loose[GFP_MAX_PAYLOAD];
    uint8_t wire[GFP_MAX_WIRE];
    uint16_t wire_n, wire_at;
    uint8_t wire_seq; /* of the DATA on the wire, else 0 */
};

/* C99 has no static_assert: an array of -1 elements does not compile. */
typedef char gfp_fits_into_4_KB[sizeof(struct gfp) <= 4096 ? 1 : -1];

void gfp_init(struct gfp *g, const struct gfp_identity *identity, gfp_do *act, gfp_do *show, void *board,
              uint32_t now_ms);
void gfp_receive(struct gfp *g, const uint8_t *bytes, size_t n, uint32_t now_ms);
/* Does what is due; milliseconds until it next wants to be called. */
uint32_t gfp_step(struct gfp *g, uint32_t now_ms);
/* What is to leave now, `*n` bytes; gfp_sent says how many of them did. Call until `*n` is 0 or the UART is full. */
const uint8_t *gfp_output(struct gfp *g, size_t *n);
void gfp_sent(struct gfp *g, size_t n, uint32_t now_ms);

/* A key, button or scan: `items` CBOR items in `args`. Kept until the host has it. False: too long, nothing kept. */
bool gfp_event(struct gfp *g, uint8_t op, const uint8_t *args, size_t n, uint8_t items, uint32_t now_ms);
/* A key or a button: two numbers. */
bool gfp_event2(struct gfp *g, uint8_t op, uint32_t a, uint32_t b, uint32_t now_ms);
/* A measured value or words for the log: the newest one leaves when the line is free, none is repeated. */
bool gfp_tele(struct gfp *g, uint8_t op, const uint8_t *args, size_t n, uint8_t items);
bool gfp_log(struct gfp *g, const char *text);

#endif
