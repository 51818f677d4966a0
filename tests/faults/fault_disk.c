/* A disk that fails on command, laid under one program by LD_PRELOAD.
 *
 * FAULT_FOLDER   files below this path are on the bad disk
 * FAULT_CONTROL  while this file exists, the calls that it names fail: "fsync", "write" or both, each with EIO; "full":
 *                there is no room for what is written
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int bad(int fd, const char *call) {
    const char *folder = getenv("FAULT_FOLDER"), *control = getenv("FAULT_CONTROL");
    char link[64], path[4096], words[64] = "";
    int file;
    ssize_t n;
    if (!folder || !control || (file = open(control, O_RDONLY | O_CLOEXEC)) < 0) return 0;
    n = read(file, words, sizeof words - 1);
    close(file);
    if (n <= 0 || !strstr(words, call)) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof path - 1);
    if (n <= 0) return 0;
    path[n] = 0;
    return strncmp(path, folder, strlen(folder)) == 0;
}

#define FAIL(call) do { if (bad(fd, call)) { errno = EIO; return -1; } } while (0)
#define FAIL_WRITE do { FAIL("write"); if (bad(fd, "full")) { errno = ENOSPC; return -1; } } while (0)
#define REAL(type, name, ...) static type (*real)(__VA_ARGS__); if (!real) real = dlsym(RTLD_NEXT, #name)

int fsync(int fd) { REAL(int, fsync, int); FAIL("fsync"); return real(fd); }
int fdatasync(int fd) { REAL(int, fdatasync, int); FAIL("fsync"); return real(fd); }
ssize_t write(int fd, const void *b, size_t n) { REAL(ssize_t, write, int, const void *, size_t); FAIL_WRITE; return real(fd, b, n); }
ssize_t pwrite(int fd, const void *b, size_t n, off_t o) { REAL(ssize_t, pwrite, int, const void *, size_t, off_t); FAIL_WRITE; return real(fd, b, n, o); }
ssize_t pwrite64(int fd, const void *b, size_t n, off_t o) { REAL(ssize_t, pwrite64, int, const void *, size_t, off_t); FAIL_WRITE; return real(fd, b, n, o); }
