/* Frames by hand, for the tests: `e KIND SEQ SID PAYLOAD` prints a frame's bytes, `d BYTES` the frames among them,
 * `s` the bytes of RAM that a link takes. All numbers are hexadecimal, `-` is an empty payload. What was decoded before stays: a frame may come in pieces. */
#include "gfp.h"

#include <stdio.h>
#include <string.h>

#define MOST 65536u /* bytes in a line */

static uint8_t bytes[MOST];
static char line[2 * MOST + 64];

static size_t unhex(const char *text)
{
    size_t n = 0;
    unsigned byte;
    while (n < MOST && sscanf(text + 2 * n, "%2x", &byte) == 1)
        bytes[n++] = (uint8_t)byte;
    return n;
}

static void hex(const uint8_t *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        printf("%02x", from[i]);
}

int main(void)
{
    static struct gfp_decoder decoder;
    static char payload[2 * GFP_MAX_PAYLOAD + 2];
    struct gfp_frame frame;
    while (fgets(line, sizeof line, stdin)) {
        unsigned kind, seq, sid;
        if (sscanf(line, "e %x %x %x %481s", &kind, &seq, &sid, payload) == 4) {
            uint8_t wire[GFP_MAX_WIRE];
            frame.kind = (uint8_t)kind;
            frame.seq = (uint8_t)seq;
            frame.sid = (uint16_t)sid;
            frame.n = (uint8_t)unhex(payload);
            frame.payload = bytes;
            hex(wire, gfp_encode(&frame, wire));
        } else if (line[0] == 'd') {
            size_t n = unhex(line + 2);
            for (size_t i = 0; i < n; i++)
                if (gfp_decode(&decoder, bytes[i], &frame)) {
                    printf("%x,%x,%x,", frame.kind, frame.seq, frame.sid);
                    hex(frame.payload, frame.n);
                    printf(" ");
                }
        } else if (line[0] == 's') {
            printf("%x", (unsigned)sizeof(struct gfp));
        }
        printf("\n");
        fflush(stdout);
    }
    return 0;
}
