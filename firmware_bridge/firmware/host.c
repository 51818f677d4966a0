/* A board that is a process: its UART a tty or pty, its keys lines on standard input, its lamps and relays lines on
 * standard output.
 *
 *   bump_bar TTY NONCE UID [lockstep]      NONCE and UID in hexadecimal
 *
 * Standard input:  keys MASK | event OP A B | scan TEXT | tele OP A B | log TEXT | tries N (0: never gives up)
 *                  reboot NONCE | t NOW N
 * Standard output: leds ON BLINKING | drawer WHICH MS | pager WHICH SECONDS | ok WISH WROTE KEPT
 *
 * With `lockstep` the board has no clock of its own: `t` reads exactly N bytes of the line, lets the link do what is due
 * at NOW (ms), writes what is to leave, and answers `ok` with the ms to the next wish, the bytes it wrote and the inputs
 * that it still keeps. So a test of hours runs in seconds and every run is the same.
 */
#define _DEFAULT_SOURCE
#include "board.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static struct gfp gfp;
static struct gfp_identity identity;
static uint8_t uid[16];
static uint32_t keys, now_ms;
static int uart;

uint32_t board_keys(void) { return keys; }
void board_leds(uint32_t on, uint32_t blinking) { printf("leds %u %u\n", (unsigned)on, (unsigned)blinking); }
void board_drawer(uint32_t drawer, uint32_t ms) { printf("drawer %u %u\n", (unsigned)drawer, (unsigned)ms); }
void board_pager(uint32_t pager, uint32_t seconds) { printf("pager %u %u\n", (unsigned)pager, (unsigned)seconds); }

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static uint32_t clock_ms(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint32_t)((uint64_t)at.tv_sec * 1000u + (uint64_t)at.tv_nsec / 1000000u);
}

static void start(uint32_t nonce)
{
    identity.boot_nonce = nonce;
    gfp_init(&gfp, &identity, app_act, app_show, NULL, now_ms);
}

static unsigned long carry_away(void)
{
    unsigned long wrote = 0;
    for (;;) {
        size_t n;
        const uint8_t *bytes = gfp_output(&gfp, &n);
        ssize_t took = n ? write(uart, bytes, n) : 0;
        if (took < 0 && errno != EAGAIN)
            die("write");
        if (took <= 0)
            return wrote;
        gfp_sent(&gfp, (size_t)took, now_ms);
        wrote += (unsigned long)took;
    }
}

static void read_exactly(unsigned long n)
{
    uint8_t bytes[4096];
    while (n) {
        struct pollfd ready = { uart, POLLIN, 0 };
        ssize_t got;
        poll(&ready, 1, -1);
        got = read(uart, bytes, n < sizeof bytes ? n : sizeof bytes);
        if (got <= 0)
            die("read");
        gfp_receive(&gfp, bytes, (size_t)got, now_ms);
        n -= (unsigned long)got;
    }
}

static void tick(unsigned long now, unsigned long n)
{
    uint32_t wish;
    unsigned long wrote;
    now_ms = (uint32_t)now;
    read_exactly(n);
    app_loop(&gfp, now_ms);
    gfp_step(&gfp, now_ms);
    wrote = carry_away();
    wish = gfp_step(&gfp, now_ms); /* what left has begun to wait */
    printf("ok %u %lu %u\n", (unsigned)wish, wrote, (unsigned)gfp.count);
}

static void obey(char *line)
{
    unsigned long a, b, c;
    char text[GFP_MAX_PAYLOAD + 1];
    uint8_t args[GFP_MAX_PAYLOAD];
    struct gfp_writer w = { args, args + sizeof args, true };
    if (sscanf(line, "t %lu %lu", &a, &b) == 2) {
        tick(a, b);
    } else if (sscanf(line, "keys %lu", &a) == 1) {
        keys = (uint32_t)a;
    } else if (sscanf(line, "event %lu %lu %lu", &a, &b, &c) == 3) {
        gfp_event2(&gfp, (uint8_t)a, (uint32_t)b, (uint32_t)c, now_ms);
    } else if (sscanf(line, "scan %240[^\n]", text) == 1) {
        gfp_put_text(&w, text);
        if (!gfp_event(&gfp, GFP_SCAN, args, (size_t)(w.at - args), 1, now_ms))
            gfp_log(&gfp, "scan too long");
    } else if (sscanf(line, "tele %lu %lu %lu", &a, &b, &c) == 3) {
        gfp_put_uint(&w, (uint32_t)b);
        gfp_put_uint(&w, (uint32_t)c);
        gfp_tele(&gfp, (uint8_t)a, args, (size_t)(w.at - args), 2);
    } else if (sscanf(line, "log %240[^\n]", text) == 1) {
        gfp_log(&gfp, text);
    } else if (sscanf(line, "tries %lu", &a) == 1) {
        gfp.max_tries = (uint8_t)a;
    } else if (sscanf(line, "reboot %lx", &a) == 1) {
        start((uint32_t)a);
    } else {
        fprintf(stderr, "not understood: %s", line);
        exit(2);
    }
    fflush(stdout);
}

static void live(void)
{
    struct pollfd ready[2] = { { STDIN_FILENO, POLLIN, 0 }, { uart, POLLIN, 0 } };
    char line[512];
    uint8_t bytes[512];
    for (;;) {
        uint32_t wish = gfp_step(&gfp, now_ms);
        poll(ready, 2, wish < 10 ? (int)wish : 10); /* keys are looked at every 10 ms */
        now_ms = clock_ms();
        if (ready[0].revents && !fgets(line, sizeof line, stdin))
            return;
        if (ready[0].revents)
            obey(line);
        if (ready[1].revents) {
            ssize_t got = read(uart, bytes, sizeof bytes);
            if (got == 0 || (got < 0 && errno != EAGAIN))
                return; /* unplugged */
            if (got > 0)
                gfp_receive(&gfp, bytes, (size_t)got, now_ms);
        }
        app_loop(&gfp, now_ms);
        gfp_step(&gfp, now_ms);
        carry_away();
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    struct termios raw;
    char line[512];
    bool lockstep = argc == 5 && strcmp(argv[4], "lockstep") == 0;
    if (argc < 4) {
        fprintf(stderr, "usage: %s TTY NONCE UID [lockstep]\n", argv[0]);
        return 2;
    }
    uart = open(argv[1], O_RDWR | O_NOCTTY | (lockstep ? 0 : O_NONBLOCK));
    if (uart < 0 || tcgetattr(uart, &raw))
        die(argv[1]);
    cfmakeraw(&raw);
    tcsetattr(uart, TCSANOW, &raw);

    identity.model = app_model;
    identity.firmware = "1.0.3";
    identity.caps = app_caps;
    identity.caps_n = app_caps_n;
    identity.uid = uid;
    for (const char *hex = argv[3]; hex[0] && hex[1] && identity.uid_n < sizeof uid; hex += 2) {
        unsigned byte;
        if (sscanf(hex, "%2x", &byte) == 1)
            uid[identity.uid_n++] = (uint8_t)byte;
    }
    now_ms = lockstep ? 0 : clock_ms();
    setvbuf(stdin, NULL, lockstep ? _IOFBF : _IONBF, 4096); /* poll must see what fgets has not taken */
    start((uint32_t)strtoul(argv[2], NULL, 16));
    if (!lockstep)
        live();
    else
        while (fgets(line, sizeof line, stdin))
            obey(line);
    return 0;
}
