/* Records what a process does to the files below $RECORD_ROOT, into the file $RECORD_LOG; loaded with LD_PRELOAD.
 *
 * Each record: kind, length of path, length of second path (4 bytes each), inode, offset, length of data
 * (8 bytes each), then path, second path, data. See powercut.py for what is made of it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { CREATE = 1, WRITE, TRUNCATE, SYNC, RENAME, UNLINK, MKDIR, RMDIR, LINK };

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define MOST 65536
#define KEPT 32

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char watched[MOST];
static int out = -1;
static const char *root;

__attribute__((constructor)) static void begin(void) {
    root = getenv("RECORD_ROOT");
    const char *log = getenv("RECORD_LOG");
    if (root && log)
        out = REAL(open)(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
}

static int is_watched(int fd) { return out >= 0 && fd >= 0 && fd < MOST && watched[fd]; }

static void put(enum kind kind, const char *path, const char *second, uint64_t inode, uint64_t offset,
                const void *data, uint64_t length) {
    uint32_t head[3] = {kind, path ? strlen(path) : 0, second ? strlen(second) : 0};
    uint64_t numbers[3] = {inode, offset, length};
    struct iovec parts[5] = {{head, sizeof head}, {numbers, sizeof numbers}, {(void *)path, head[1]},
                             {(void *)second, head[2]}, {(void *)data, data ? length : 0}};
    ssize_t wanted = 0;
    for (int at = 0; at < 5; at++) wanted += parts[at].iov_len;
    if (writev(out, parts, 5) != wanted) abort();
}

/* The absolute path of what is named relative to a folder, if it lies below the root. */
static int resolved(int folder, const char *path, char *whole) {
    if (out < 0) return 0;
    if (path[0] == '/') {
        snprintf(whole, PATH_MAX, "%s", path);
    } else {
        char link[64], base[PATH_MAX];
        ssize_t length;
        if (folder == AT_FDCWD) snprintf(link, sizeof link, "/proc/self/cwd");
        else snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        if ((length = readlink(link, base, sizeof base - 1)) < 0) return 0;
        base[length] = 0;
        snprintf(whole, PATH_MAX, "%s/%s", base, path);
    }
    return strncmp(whole, root, strlen(root)) == 0;
}

static uint64_t inode_of(int fd) {
    struct stat about;
    return fstat(fd, &about) ? 0 : about.st_ino;
}

/* The newest files by inode, to notice a rename that did not go through the C library when one is opened again. */
static struct { uint64_t inode; char path[PATH_MAX]; } made[KEPT];
static unsigned count;

static void remember(uint64_t inode, const char *path) {
    made[count % KEPT].inode = inode;
    strcpy(made[count++ % KEPT].path, path);
}

static void notice(uint64_t inode, const char *path) {
    for (unsigned at = 0; at < KEPT; at++) {
        if (made[at].inode != inode || strcmp(made[at].path, path) == 0 || access(made[at].path, F_OK) == 0) continue;
        put(RENAME, made[at].path, path, 0, 0, 0, 0);
        strcpy(made[at].path, path);
        return;
    }
}

/* What is called so is known by that name no more, nor what lies in it. */
static void forget(unsigned at, const char *path) {
    size_t length = strlen(path);
    if (strncmp(made[at].path, path, length) == 0 && (made[at].path[length] == 0 || made[at].path[length] == '/'))
        made[at].inode = 0;
}

static int opened(int folder, const char *path, int flags, mode_t mode) {
    char whole[PATH_MAX];
    int ours = resolved(folder, path, whole);
    if (!ours) return REAL(openat)(folder, path, flags, mode);
    pthread_mutex_lock(&lock);
    struct stat about;
    int there = fstatat(folder, path, &about, 0) == 0;
    int fd = REAL(openat)(folder, path, flags, mode);
    if (fd >= 0 && fd < MOST) {
        watched[fd] = 1;
        uint64_t inode = inode_of(fd);
        if (!there && (flags & O_CREAT)) {
            put(CREATE, whole, 0, inode, 0, 0, 0);
            remember(inode, whole);
        } else {
            notice(inode, whole);
            if (flags & O_TRUNC) put(TRUNCATE, 0, 0, inode, 0, 0, 0);
        }
    }
    pthread_mutex_unlock(&lock);
    return fd;
}

static mode_t mode_of(int flags, va_list more) { return flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0; }

#define OPEN(name)                                            \
    int name(const char *path, int flags, ...) {              \
        va_list more;                                         \
        va_start(more, flags);                                \
        mode_t mode = mode_of(flags, more);                   \
        va_end(more);                                         \
        return opened(AT_FDCWD, path, flags, mode);           \
    }
#define OPENAT(name)                                          \
    int name(int folder, const char *path, int flags, ...) {  \
        va_list more;                                         \
        va_start(more, flags);                                \
        mode_t mode = mode_of(flags, more);                   \
        va_end(more);                                         \
        return opened(folder, path, flags, mode);             \
    }
OPEN(open)
OPEN(open64)
OPENAT(openat64)

int close(int fd) {
    if (fd >= 0 && fd < MOST) watched[fd] = 0;
    return REAL(close)(fd);
}

ssize_t write(int fd, const void *data, size_t length) {
    ssize_t done = REAL(write)(fd, data, length);
    if (done > 0 && is_watched(fd)) {
        pthread_mutex_lock(&lock);
        put(WRITE, 0, 0, inode_of(fd), lseek(fd, 0, SEEK_CUR) - done, data, done);
        pthread_mutex_unlock(&lock);
    }
    return done;
}

#define PWRITE(name, kind)                                                   \
    ssize_t name(int fd, const void *data, size_t length, kind offset) {     \
        ssize_t done = REAL(name)(fd, data, length, offset);                 \
        if (done > 0 && is_watched(fd)) {                                    \
            pthread_mutex_lock(&lock);                                       \
            put(WRITE, 0, 0, inode_of(fd), offset, data, done);              \
            pthread_mutex_unlock(&lock);                                     \
        }                                                                    \
        return done;                                                         \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define AFTER(fd, kind, offset)                                              \
    if (done == 0 && is_watched(fd)) {                                       \
        int before = errno;                                                  \
        pthread_mutex_lock(&lock);                                           \
        put(kind, 0, 0, inode_of(fd), offset, 0, 0);                         \
        pthread_mutex_unlock(&lock);                                         \
        errno = before;                                                      \
    }                                                                        \
    return done;
int ftruncate(int fd, off_t size) { int done = REAL(ftruncate)(fd, size); AFTER(fd, TRUNCATE, size) }
int ftruncate64(int fd, off64_t size) { int done = REAL(ftruncate64)(fd, size); AFTER(fd, TRUNCATE, size) }
int fsync(int fd) { int done = REAL(fsync)(fd); AFTER(fd, SYNC, 0) }
int fdatasync(int fd) { int done = REAL(fdatasync)(fd); AFTER(fd, SYNC, 0) }

static int named(enum kind kind, int done, int folder, const char *path, int second_folder, const char *second) {
    char whole[PATH_MAX], other[PATH_MAX];
    if (done == 0 && resolved(folder, path, whole) && (!second || resolved(second_folder, second, other))) {
        int before = errno;
        struct stat about = {0};
        if (kind == MKDIR) stat(whole, &about);
        pthread_mutex_lock(&lock);
        put(kind, whole, second ? other : 0, about.st_ino, 0, 0, 0);
        for (unsigned at = 0; at < KEPT; at++)
            if (kind == RENAME || kind == UNLINK) forget(at, whole);
        pthread_mutex_unlock(&lock);
        errno = before;
    }
    return done;
}

int rename(const char *from, const char *to) {
    return named(RENAME, REAL(rename)(from, to), AT_FDCWD, from, AT_FDCWD, to);
}
int renameat(int here, const char *from, int there, const char *to) {
    return named(RENAME, REAL(renameat)(here, from, there, to), here, from, there, to);
}
int link(const char *from, const char *to) {
    return named(LINK, REAL(link)(from, to), AT_FDCWD, from, AT_FDCWD, to);
}
int linkat(int here, const char *from, int there, const char *to, int flags) {
    return named(LINK, REAL(linkat)(here, from, there, to, flags), here, from, there, to);
}
int unlink(const char *path) { return named(UNLINK, REAL(unlink)(path), AT_FDCWD, path, 0, 0); }
int unlinkat(int folder, const char *path, int flags) {
    enum kind kind = flags & AT_REMOVEDIR ? RMDIR : UNLINK;
    return named(kind, REAL(unlinkat)(folder, path, flags), folder, path, 0, 0);
}
int rmdir(const char *path) { return named(RMDIR, REAL(rmdir)(path), AT_FDCWD, path, 0, 0); }
int mkdir(const char *path, mode_t mode) { return named(MKDIR, REAL(mkdir)(path, mode), AT_FDCWD, path, 0, 0); }
int mkdirat(int folder, const char *path, mode_t mode) {
    return named(MKDIR, REAL(mkdirat)(folder, path, mode), folder, path, 0, 0);
}
