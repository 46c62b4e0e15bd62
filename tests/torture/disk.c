/* A disk that fails on demand, for one directory. Loaded before libc (LD_PRELOAD).
 *
 * While the file that TORTURE_FAULT_FILE names holds a number, calls that write
 * below TORTURE_FAULT_HOME fail with that errno; reading goes on. With "-N" only
 * fsync and fdatasync fail. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int fault(void) {
    const char *path = getenv("TORTURE_FAULT_FILE");
    char text[16] = {0};
    if (!path) return 0;
    int fd = NEXT(open)(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    ssize_t got = NEXT(read)(fd, text, sizeof text - 1);
    NEXT(close)(fd);
    return got > 0 ? atoi(text) : 0;
}

static int is_ours(const char *path) {
    const char *home = getenv("TORTURE_FAULT_HOME");
    return home && path && !strncmp(path, home, strlen(home));
}

static int is_our_file(int fd) {
    char link[40], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t got = readlink(link, path, sizeof path - 1);
    if (got <= 0) return 0;
    path[got] = 0;
    return is_ours(path);
}

/* 0 where the call is to be made, else errno is set. */
static int fails(int fd, int is_sync) {
    int number = fault();
    if (!number || (number < 0 && !is_sync) || !is_our_file(fd)) return 0;
    errno = abs(number);
    return 1;
}

ssize_t write(int fd, const void *data, size_t size) {
    return fails(fd, 0) ? -1 : NEXT(write)(fd, data, size);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    return fails(fd, 0) ? -1 : NEXT(pwrite)(fd, data, size, at);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    return fails(fd, 0) ? -1 : NEXT(pwrite64)(fd, data, size, at);
}
int fsync(int fd) { return fails(fd, 1) ? -1 : NEXT(fsync)(fd); }
int fdatasync(int fd) { return fails(fd, 1) ? -1 : NEXT(fdatasync)(fd); }
int ftruncate(int fd, off_t size) {
    return fails(fd, 0) ? -1 : NEXT(ftruncate)(fd, size);
}
int ftruncate64(int fd, off64_t size) {
    return fails(fd, 0) ? -1 : NEXT(ftruncate64)(fd, size);
}

static int open_fails(const char *path, int flags) {
    int number = fault();
    int writes = flags & (O_WRONLY | O_RDWR | O_CREAT);
    /* A full disk still has its files; a read-only or a broken one opens none. */
    if (number <= 0 || number == ENOSPC || !writes || !is_ours(path)) return 0;
    errno = number;
    return 1;
}

#define OPEN(name)                                                        \
    int name(const char *path, int flags, ...) {                          \
        mode_t mode = 0;                                                  \
        if (flags & (O_CREAT | O_TMPFILE)) {                              \
            va_list rest;                                                 \
            va_start(rest, flags);                                        \
            mode = va_arg(rest, mode_t);                                  \
            va_end(rest);                                                 \
        }                                                                 \
        return open_fails(path, flags) ? -1 : NEXT(name)(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

int mkdir(const char *path, mode_t mode) {
    int number = fault();
    if (number > 0 && is_ours(path)) {
        errno = number;
        return -1;
    }
    return NEXT(mkdir)(path, mode);
}
