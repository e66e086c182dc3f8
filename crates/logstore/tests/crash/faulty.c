/* Faults of a disk, for a process that this is preloaded into: FLOWLOGD_FAULT says which, FLOWLOGD_FAULT_DIR below
 * which directory.
 *
 *   sync:N       the Nth fsync or fdatasync fails with EIO
 *   short:N      every Nth write writes one byte of what it was given
 *   full:N:M     from the Nth write on, M writes fail with ENOSPC
 *
 * Every fault is told on the standard error, so that a test knows that it came. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long syncs, writes;

static int is_ours(int fd) {
    const char *directory = getenv("FLOWLOGD_FAULT_DIR");
    char link[64], path[4096];
    if (!directory) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return strncmp(path, directory, strlen(directory)) == 0;
}

static int plan(const char *kind, long *first, long *count) {
    const char *fault = getenv("FLOWLOGD_FAULT");
    size_t length = strlen(kind);
    if (!fault || strncmp(fault, kind, length) != 0 || fault[length] != ':') return 0;
    *count = 0;
    return sscanf(fault + length + 1, "%ld:%ld", first, count) >= 1;
}

static void tell(const char *what) {
    char text[64];
    int length = snprintf(text, sizeof text, "fault: %s\n", what);
    ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    if (real(2, text, (size_t)length) < 0) return;
}

static int sync_fails(int fd) {
    long first, count;
    if (!plan("sync", &first, &count) || !is_ours(fd)) return 0;
    if (atomic_fetch_add(&syncs, 1) + 1 != first) return 0;
    tell("sync");
    errno = EIO;
    return 1;
}

int fsync(int fd) {
    int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
    return sync_fails(fd) ? -1 : real(fd);
}

int fdatasync(int fd) {
    int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");
    return sync_fails(fd) ? -1 : real(fd);
}

/* Bytes that may be written, or -1 if none and errno is set. */
static ssize_t allowed(int fd, size_t length) {
    long first, count;
    if (plan("short", &first, &count) && length > 1 && is_ours(fd)) {
        if ((atomic_fetch_add(&writes, 1) + 1) % first) return (ssize_t)length;
        tell("short");
        return 1;
    }
    if (plan("full", &first, &count) && is_ours(fd)) {
        long number = atomic_fetch_add(&writes, 1) + 1;
        if (number < first || number >= first + count) return (ssize_t)length;
        tell("full");
        errno = ENOSPC;
        return -1;
    }
    return (ssize_t)length;
}

ssize_t write(int fd, const void *bytes, size_t length) {
    ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    ssize_t most = fd > 2 ? allowed(fd, length) : (ssize_t)length;
    return most < 0 ? -1 : real(fd, bytes, (size_t)most);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    ssize_t (*real)(int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, "pwrite");
    ssize_t most = allowed(fd, length);
    return most < 0 ? -1 : real(fd, bytes, (size_t)most, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
    ssize_t (*real)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");
    ssize_t most = allowed(fd, length);
    return most < 0 ? -1 : real(fd, bytes, (size_t)most, offset);
}
