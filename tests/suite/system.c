/* Stands between the program and the system (LD_PRELOAD), for tests: a clock that jumps, and a record of what reaches
 * the disk.
 *   TEST_CLOCK=FILE   FILE has the seconds to add to the time of day; it is read anew each time.
 *   TEST_RECORD=FILE  Every write, cut and sync of the database and its journal is appended to FILE: a letter for what
 *                     (W, T, S), one for the file (d, w), the offset (8 bytes) and the length (8 bytes), then the bytes.
 * A write is noted before it is done, a sync after: what is in the record and not yet synced may be lost. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *time) {
    int result = (int)syscall(SYS_clock_gettime, clock, time);
    const char *file = getenv("TEST_CLOCK");
    if (result == 0 && file && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        char text[32] = {0};
        int fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDONLY | O_CLOEXEC);
        if (fd >= 0) {
            if (syscall(SYS_read, fd, text, sizeof text - 1) > 0) time->tv_sec += atoll(text);
            syscall(SYS_close, fd);
        }
    }
    return result;
}

/* d for the database, w for its journal, 0 for anything else. */
static char which(int fd) {
    char link[32] = "/proc/self/fd/", path[4096] = {0}, digits[12];
    int count = 0, at = (int)strlen(link);
    do digits[count++] = (char)('0' + fd % 10); while ((fd /= 10) > 0);
    while (count > 0) link[at++] = digits[--count];
    if (readlink(link, path, sizeof path - 1) < 0) return 0;
    const char *name = strrchr(path, '/');
    if (name && strcmp(name, "/hamzaban.db") == 0) return 'd';
    if (name && strcmp(name, "/hamzaban.db-wal") == 0) return 'w';
    return 0;
}

static void note(char what, int fd, uint64_t offset, const void *bytes, uint64_t length) {
    static int record = -1;
    const char *to = getenv("TEST_RECORD");
    char file = to ? which(fd) : 0;
    if (!file) return;
    if (record < 0) record = open(to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    char head[18] = {what, file};
    memcpy(head + 2, &offset, 8);
    memcpy(head + 10, &length, 8);
    struct iovec parts[2] = {{head, sizeof head}, {(void *)bytes, what == 'W' ? length : 0}};
    if (syscall(SYS_writev, record, parts, 2) < 0) abort();
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
    note('W', fd, (uint64_t)offset, bytes, length);
    return syscall(SYS_pwrite64, fd, bytes, length, offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return pwrite64(fd, bytes, length, offset); }

int ftruncate64(int fd, off64_t length) {
    note('T', fd, (uint64_t)length, "", 0);
    return (int)syscall(SYS_ftruncate, fd, length);
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

int fdatasync(int fd) {
    int result = (int)syscall(SYS_fdatasync, fd);
    if (result == 0) note('S', fd, 0, "", 0);
    return result;
}

int fsync(int fd) {
    int result = (int)syscall(SYS_fsync, fd);
    if (result == 0) note('S', fd, 0, "", 0);
    return result;
}
