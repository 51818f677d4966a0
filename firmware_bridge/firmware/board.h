/* What an application needs of its board, and a board of its application. One application is linked with one board. */
#ifndef BOARD_H
#define BOARD_H

#include "gfp.h"

/* --- the board's: pins, and on the host build lines of text (host.c) --- */

uint32_t board_keys(void); /* the pressed keys, one bit each, bouncing as contacts do */
void board_leds(uint32_t on, uint32_t blinking);
void board_drawer(uint32_t drawer, uint32_t ms);
void board_pager(uint32_t pager, uint32_t seconds);

/* --- the application's --- */

extern const char *const app_model, *const app_caps[];
extern const uint8_t app_caps_n;
void app_act(void *board, uint8_t op, struct gfp_reader *args);
void app_show(void *board, uint8_t op, struct gfp_reader *args);
/* Looks at the keys. Called at least every 10 ms. */
void app_loop(struct gfp *g, uint32_t now_ms);

#endif
