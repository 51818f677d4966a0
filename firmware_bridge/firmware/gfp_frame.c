/* GFP/1: frames and the CBOR inside them. */
#include "gfp.h"

#include <string.h>

uint32_t gfp_crc32(const uint8_t *bytes, size_t n)
{
    /* zlib's polynomial, four bits at a time: 64 bytes of table instead of 1 KB, for the small AVRs. */
    static const uint32_t table[16] = {
        0x00000000u, 0x1db71064u, 0x3b6e20c8u, 0x26d930acu, 0x76dc4190u, 0x6b6b51f4u, 0x4db26158u, 0x5005713cu,
        0xedb88320u, 0xf00f9344u, 0xd6d6a3e8u, 0xcb61b38cu, 0x9b64c2b0u, 0x86d3d2d4u, 0xa00ae278u, 0xbdbdf21cu,
    };
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < n; i++) {
        crc ^= bytes[i];
        crc = (crc >> 4) ^ table[crc & 15u];
        crc = (crc >> 4) ^ table[crc & 15u];
    }
    return ~crc;
}

size_t gfp_encode(const struct gfp_frame *frame, uint8_t *wire)
{
    uint8_t packet[GFP_MAX_PACKET];
    size_t n = 4;
    packet[0] = frame->kind;
    packet[1] = frame->seq;
    packet[2] = (uint8_t)(frame->sid & 0xff);
    packet[3] = (uint8_t)(frame->sid >> 8);
    if (frame->n)
        memcpy(packet + n, frame->payload, frame->n);
    n += frame->n;
    uint32_t crc = gfp_crc32(packet, n);
    for (int i = 0; i < 4; i++)
        packet[n++] = (uint8_t)(crc >> (8 * i));

    /* COBS: each run of bytes that are not zero, with its length before it. No run of 254 fits into a packet. */
    size_t out = 0, code;
    wire[out++] = 0;
    code = out++;
    for (size_t i = 0; i < n; i++) {
        if (packet[i]) {
            wire[out++] = packet[i];
        } else {
            wire[code] = (uint8_t)(out - code);
            code = out++;
        }
    }
    wire[code] = (uint8_t)(out - code);
    wire[out++] = 0;
    return out;
}

/* In place: what is decoded is never longer than what it is decoded from. */
static size_t uncob(uint8_t *coded, size_t n)
{
    size_t in = 0, out = 0;
    while (in < n) {
        uint8_t run = coded[in++];
        if (run == 0 || in + run - 1 > n)
            return 0;
        for (uint8_t i = 1; i < run; i++)
            coded[out++] = coded[in++];
        if (run < 0xff && in < n)
            coded[out++] = 0;
    }
    return out;
}

static bool closes(struct gfp_decoder *d, struct gfp_frame *frame)
{
    size_t n = uncob(d->coded, d->n);
    const uint8_t *p = d->coded;
    if (n < 8 || n > GFP_MAX_PACKET || p[0] < GFP_HELLO || p[0] > GFP_LOG)
        return false;
    uint32_t check = 0;
    for (int i = 3; i >= 0; i--)
        check = check << 8 | p[n - 4 + (size_t)i];
    if (check != gfp_crc32(p, n - 4))
        return false;
    frame->kind = p[0];
    frame->seq = p[1];
    frame->sid = (uint16_t)(p[2] | p[3] << 8);
    frame->payload = p + 4;
    frame->n = (uint8_t)(n - 8);
    return true;
}

bool gfp_decode(struct gfp_decoder *d, uint8_t byte, struct gfp_frame *frame)
{
    bool found = false;
    if (byte) {
        if (d->n == GFP_MAX_CODED)
            d->skips = true;
        else
            d->coded[d->n++] = byte;
        return false;
    }
    if (d->n) {
        found = !d->skips && closes(d, frame);
        d->damaged += !found;
    }
    d->n = 0;
    d->skips = false;
    return found;
}

/* --- CBOR --- */

static void put(struct gfp_writer *w, const uint8_t *bytes, size_t n)
{
    w->ok = w->ok && n <= (size_t)(w->end - w->at);
    if (w->ok) {
        memcpy(w->at, bytes, n);
        w->at += n;
    }
}

/* Canonical: the shortest head, as cbor2 writes it too. */
void gfp_put_head(struct gfp_writer *w, uint8_t major, uint32_t value)
{
    uint8_t head[5];
    uint8_t n = value < 24 ? 1 : value < 0x100 ? 2 : value < 0x10000 ? 3 : 5;
    head[0] = (uint8_t)((uint32_t)major << 5 | (n == 1 ? value : n == 2 ? 24 : n == 3 ? 25 : 26));
    for (uint8_t i = 1; i < n; i++)
        head[i] = (uint8_t)(value >> (8 * (n - 1 - i)));
    put(w, head, n);
}

void gfp_put_uint(struct gfp_writer *w, uint32_t value) { gfp_put_head(w, 0, value); }

void gfp_put_bytes(struct gfp_writer *w, const uint8_t *bytes, size_t n)
{
    gfp_put_head(w, 2, (uint32_t)n);
    put(w, bytes, n);
}

void gfp_put_text(struct gfp_writer *w, const char *text)
{
    gfp_put_head(w, 3, (uint32_t)strlen(text));
    put(w, (const uint8_t *)text, strlen(text));
}

uint32_t gfp_get_head(struct gfp_reader *r, uint8_t major)
{
    uint32_t value = 0;
    uint8_t more;
    if (!r->ok || r->at == r->end || *r->at >> 5 != major) {
        r->ok = false;
        return 0;
    }
    value = *r->at++ & 31;
    if (value < 24)
        return value;
    more = value == 24 ? 1 : value == 25 ? 2 : value == 26 ? 4 : 0; /* 64 bits are not for us */
    if (!more || r->end - r->at < more) {
        r->ok = false;
        return 0;
    }
    for (value = 0; more; more--)
        value = value << 8 | *r->at++;
    return value;
}

uint32_t gfp_get_uint(struct gfp_reader *r) { return gfp_get_head(r, 0); }

void gfp_get_text(struct gfp_reader *r, char *text, size_t room)
{
    uint32_t n = gfp_get_head(r, 3);
    r->ok = r->ok && n < room && n <= (size_t)(r->end - r->at);
    if (!r->ok) {
        text[0] = 0;
        return;
    }
    memcpy(text, r->at, n);
    text[n] = 0;
    r->at += n;
}
